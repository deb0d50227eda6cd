"""Judges how the resources of an ML stack work together: sources, builds, events, stores and their key, network, alarms."""

import json
import re

from event_patterns import fires, handed_over
from templates import hardened, same


def check_rule(rule, target, cases, expected):
    """Gives what the rule hands over for each event that it takes."""
    yield from same("state of a rule", rule.get("State", "ENABLED"), "ENABLED")
    for event, wanted in cases:
        yield from same(f"rule on {event}", fires(rule["EventPattern"], event), wanted)
    targets = [(t["Arn"], t["RoleArn"]) for t in rule["Targets"]]
    role = expected.arn("iam", f"role/{expected.role}-events-role", region="")
    yield from same("target of a rule", targets, [(expected.arn("codepipeline", target), role)])


def envelope(expected, source, kind, resources, detail):
    return {
        "id": "0a1b2c3d", "source": source, "detail-type": kind, "account": expected.account, "region": expected.region, "resources": resources, "detail": detail
    }


def model_event(expected, group, status):
    arn = expected.arn("sagemaker", f"model-package/{group}/7")
    detail = {"ModelPackageGroupName": group, "ModelPackageArn": arn, "ModelPackageVersion": 7, "ModelApprovalStatus": status, "ModelPackageStatus": "Completed"}
    return envelope(expected, "aws.sagemaker", "SageMaker Model Package State Change", [arn], detail)


def check_events(found, expected):
    phys = expected.phys
    approved = model_event(expected, f"{phys}-models", "Approved")
    cases = [
        (approved, True),
        (model_event(expected, f"{phys}-models", "Rejected"), False),
        (model_event(expected, f"{phys}-models", "PendingManualApproval"), False),
        (model_event(expected, f"{phys}-models-2", "Approved"), False),
    ]
    rule = found["AWS::Events::Rule", f"{phys}-approved"]
    yield from check_rule(rule, f"{phys}-deploy-pipeline", cases, expected)
    # What is deployed is what was approved, and not what was approved last.
    handed = {"variables": [{"name": "ModelPackageArn", "value": approved["detail"]["ModelPackageArn"]}]}
    yield from same("what an approval hands over", [handed_over(target, approved) for target in rule["Targets"]], [handed])
    cases = pushes(expected) if expected.codecommit else uploads(expected)
    yield from check_rule(found["AWS::Events::Rule", f"{phys}-source"], f"{phys}-build-pipeline", cases, expected)


def pushes(expected):
    def push(repository, branch, event="referenceUpdated", kind="branch"):
        detail = {"event": event, "referenceType": kind, "referenceName": branch, "repositoryName": repository}
        return envelope(expected, "aws.codecommit", "CodeCommit Repository State Change", [expected.arn("codecommit", repository)], detail)

    build = f"{expected.phys}-model-build"
    return [
        (push(build, "main"), True),
        (push(build, "main", "referenceCreated"), True),
        (push(build, "main", "referenceDeleted"), False),
        (push(build, "other"), False),
        (push(build, "main", kind="tag"), False),
        (push(f"{expected.phys}-model-deploy", "main"), False),
    ]


def uploads(expected):
    def upload(bucket, key, kind="Object Created"):
        detail = {"version": "0", "bucket": {"name": bucket}, "object": {"key": key, "version-id": "1"}, "reason": "PutObject"}
        return envelope(expected, "aws.s3", kind, [expected.arn("s3", bucket, region="", account="")], detail)

    bucket, key = archive(expected, "build")
    return [
        (upload(bucket, key), True),
        (upload(bucket, key, "Object Deleted"), False),
        (upload(bucket, key, "Object Tags Added"), False),
        (upload(bucket + "x", key), False),
        (upload(bucket, archive(expected, "deploy")[1]), False),
        (upload(bucket, f"x/{key}"), False),
        (upload(bucket, key + "x"), False),
    ]


def archive(expected, half):
    bucket, _, prefix = expected.source_prefix.partition("/")
    return bucket, "/".join([prefix, f"model-{half}.zip"] if prefix else [f"model-{half}.zip"])


def steps_of(pipeline):
    return [action for stage in pipeline["Stages"] for action in stage["Actions"]]


def check_pipeline(found, half, expected):
    """Source and then the build of the same half, in the artifact store. Events start it, and nothing polls."""
    phys = expected.phys
    pipeline = found["AWS::CodePipeline::Pipeline", f"{phys}-{half}-pipeline"]
    yield from same("role", pipeline["RoleArn"], expected.arn("iam", f"role/{expected.role}-codepipeline-role", region=""))
    store = {"Type": "S3", "Location": expected.bucket}
    if expected.enterprise:
        store["EncryptionKey"] = {"Type": "KMS", "Id": expected.arn("kms", "key/the-key")}
    yield from same("artifact store", pipeline["ArtifactStore"], store)
    actions = steps_of(pipeline)
    kinds = [(a["ActionTypeId"]["Category"], a["ActionTypeId"]["Provider"]) for a in actions]
    yield from same("steps", kinds, [("Source", "CodeCommit" if expected.codecommit else "S3"), ("Build", "CodeBuild")])
    source = {"PollForSourceChanges": "false"}
    if expected.codecommit:
        source |= {"RepositoryName": f"{phys}-model-{half}", "BranchName": "main"}
    else:
        source["S3Bucket"], source["S3ObjectKey"] = archive(expected, half)
    yield from same("source", actions[0]["Configuration"], source)
    work = dict(actions[1]["Configuration"])
    variables = {v["name"]: v["value"] for v in json.loads(work.pop("EnvironmentVariables", "[]"))}
    yield from same("what is run", work, {"ProjectName": f"{phys}-{half}"})
    yield from same("what is built", actions[1]["InputArtifacts"], actions[0]["OutputArtifacts"])
    declared = {v["Name"]: v.get("DefaultValue") for v in pipeline.get("Variables", [])}
    if half == "build":
        # A build may wait for the first event, for creation starts a run as well.
        event = (pushes if expected.codecommit else uploads)(expected)[0][0]
        (target,) = found["AWS::Events::Rule", f"{phys}-source"]["Targets"]
        given = handed_over(target, event).get("variables", [])
        yield from same("entered on an event", entered(pipeline, declared | {v["name"]: v["value"] for v in given}), ["enter", "enter"])
        yield from same("variables that nothing declares", {v["name"] for v in given} - declared.keys(), set())
        return
    yield from same("type and mode", (pipeline["PipelineType"], pipeline["ExecutionMode"]), ("V2", "QUEUED"))
    yield from same("variables", declared, {"ModelPackageArn": "none"})
    yield from same("what a deployment is given", variables, {"MODEL_PACKAGE_ARN": "#{variables.ModelPackageArn}"})
    # A run that no approval started ends without a failure.
    yield from same("entered without a model", entered(pipeline, declared), ["enter", "SKIP"])
    model = expected.arn("sagemaker", f"model-package/{phys}-models/7")
    yield from same("entered with a model", entered(pipeline, {"ModelPackageArn": model}), ["enter", "enter"])


def entered(pipeline, variables):
    """What becomes of each stage with these values of the pipeline's variables: `enter`, or the result of a condition that does not hold."""
    outcomes = []
    for stage in pipeline["Stages"]:
        conditions = stage.get("BeforeEntry", {}).get("Conditions", [])
        results = [c["Result"] for c in conditions if not all(keeps(rule, variables) for rule in c["Rules"])]
        outcomes.append(results[0] if results else "enter")
    return outcomes


def keeps(rule, variables):
    kind, asked = rule["RuleTypeId"], rule["Configuration"]
    assert (kind["Category"], kind["Owner"], kind["Provider"]) == ("Rule", "AWS", "VariableCheck"), kind
    actual = re.sub(r"#\{variables\.(\w+)\}", lambda found: variables[found[1]], asked["Variable"])
    match asked["Operator"]:
        case "EQ":
            return actual == asked["Value"]
        case "NE":
            return actual != asked["Value"]
        case "CONTAINS":
            return asked["Value"] in actual
        case "MATCHES":
            return re.fullmatch(asked["Value"], actual) is not None
    raise ValueError(f"{asked['Operator']} is unknown here")


def check_project(found, half, expected):
    project = found["AWS::CodeBuild::Project", f"{expected.phys}-{half}"]
    name = {"build": "codebuild", "deploy": "codebuild-deploy"}[half]
    role = expected.arn("iam", f"role/{expected.role}-{name}-role", region="")
    yield from same("role", project["ServiceRole"], role)
    yield from same("ends", (project["Source"]["Type"], project["Artifacts"]["Type"]), ("CODEPIPELINE", "CODEPIPELINE"))
    yield from same("privileged", project["Environment"].get("PrivilegedMode", False), False)
    variables = {variable["Name"]: variable["Value"] for variable in project["Environment"]["EnvironmentVariables"]}
    wanted = {
        "MODEL_PACKAGE_GROUP_NAME": f"{expected.phys}-models",
        "ARTIFACTS_BUCKET": expected.bucket,
        "SAGEMAKER_EXECUTION_ROLE_ARN": expected.arn("iam", f"role/{expected.role}-sagemaker-execution-role", region=""),
        "NAME_PREFIX": expected.made,
        "PARAMETER_PATH": f"/ml/{expected.ml_name}/",
        **{source.variable: source.uri for source in expected.data},
        **addresses(expected),
    }
    for variable in expected.data:
        variables[variable.variable] = variables.get(variable.variable, "").rstrip("/")
    yield from same("variables", {name: variables.get(name) for name in wanted}, wanted)
    # A job needs all three to run in the network and under the key. The documentation says how they are called.
    rest = {name: value for name, value in variables.items() if name not in wanted}
    handed = {",".join(expected.subnets) if isinstance(expected.subnets, list) else expected.subnets, expected.security_group,
              expected.arn("kms", "key/the-key")} if expected.mode else set()
    yield from same("values for jobs in the network", set(rest.values()), handed)
    network = {"VpcId": expected.vpc, "Subnets": expected.subnets, "SecurityGroupIds": [expected.security_group]} if expected.mode else None
    yield from same("network of builds", project.get("VpcConfig"), network)
    logs = project.get("LogsConfig", {}).get("CloudWatchLogs", {})
    yield from same("logs of builds are on", logs.get("Status"), "ENABLED")
    yield from same("logs of builds", logs.get("GroupName"), f"/ml/{expected.ml_name}" if expected.enterprise else None)


def check_stores(found, expected):
    """Whatever stores something does so under the key of the stack, or of AWS where there is none."""
    phys = expected.phys
    key = expected.arn("kms", "key/the-key") if expected.enterprise else None
    keys = {f"{half} project": found["AWS::CodeBuild::Project", f"{phys}-{half}"].get("EncryptionKey") for half in ("build", "deploy")}
    for kind, name in found:
        if kind in {"AWS::CodeCommit::Repository", "AWS::Logs::LogGroup"}:
            keys[name] = found[kind, name].get("KmsKeyId")
        if kind == "AWS::SNS::Topic":
            keys[name] = found[kind, name].get("KmsMasterKeyId")
    yield from same("keys", keys, dict.fromkeys(keys, key))
    bucket = dict(found["AWS::S3::Bucket", expected.bucket])
    encryption = {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    if expected.enterprise:
        encryption = {"BucketKeyEnabled": True, "ServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}}
    yield from hardened(bucket, encryption)
    yield from same("versioning", bucket["VersioningConfiguration"], {"Status": "Enabled"})
    rules = bucket["LifecycleConfiguration"]["Rules"]
    yield from same("rules by which artifacts expire", [r for r in rules if {"ExpirationInDays", "ExpirationDate"} & r.keys()], [])
    aborted = [(r["Status"], r["AbortIncompleteMultipartUpload"]) for r in rules if "AbortIncompleteMultipartUpload" in r]
    yield from same("uploads", aborted, [("Enabled", {"DaysAfterInitiation": 7})])
    if expected.enterprise:
        settings = found.all_of("AWS::KMS::Key")[0]
        yield from same("rotation", settings["EnableKeyRotation"], expected.rotation)
        yield from same("deletion window", settings["PendingWindowInDays"], expected.window)
        yield from same("alias", found["AWS::KMS::Alias", f"alias/{expected.alias}"]["TargetKeyId"], "the-key")
        yield from same("retention", found["AWS::Logs::LogGroup", f"/ml/{expected.ml_name}"]["RetentionInDays"], expected.retention)


def addresses(expected):
    """Where builds find a service whose own name does not lead to its endpoint."""
    named = {"sagemaker.api": "SAGEMAKER", "sagemaker.runtime": "SAGEMAKER_RUNTIME", "sts": "STS"}
    return {
        f"AWS_ENDPOINT_URL_{named[service]}": f"https://dns-of.{name}"
        for name, service in expected.endpoints.items() if service in named and not expected.private_dns
    }


def check_network(found, expected):
    interface = {
        "VpcEndpointType": "Interface", "VpcId": expected.vpc, "SubnetIds": expected.subnets,
        "SecurityGroupIds": [expected.security_group], "PrivateDnsEnabled": expected.private_dns,
    }
    gateway = {"VpcEndpointType": "Gateway", "VpcId": expected.vpc}
    if expected.route_tables:
        gateway["RouteTableIds"] = expected.route_tables
    wanted = {name: gateway if service == "s3" else interface for name, service in expected.endpoints.items()}
    endpoints = {
        p["ServiceName"]: {key: value for key, value in p.items() if key not in {"ServiceName", "Tags"}}
        for p in found.all_of("AWS::EC2::VPCEndpoint")
    }
    yield from same("endpoints", endpoints, wanted)
    if expected.standalone:
        yield from check_group(found, expected)


def check_group(found, expected):
    """Its members reach one another, and with private DNS the VPC's other addresses reach them too: their names lead nowhere else."""
    group = found["AWS::EC2::SecurityGroup", f"{expected.phys}-endpoints"]
    own = expected.security_group
    yield from same("VPC of the group", group["VpcId"], expected.vpc)
    out = [{key: value for key, value in rule.items() if key != "Description"} for rule in group["SecurityGroupEgress"]]
    yield from same("group to outside", out, [{"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "CidrIp": "0.0.0.0/0"}])
    for rule in found.all_of("AWS::EC2::SecurityGroupEgress"):
        yield from same("group to its members", (rule["GroupId"], rule.get("DestinationSecurityGroupId")), (own, own))
    admitted = []
    for rule in group.get("SecurityGroupIngress", []) + found.all_of("AWS::EC2::SecurityGroupIngress"):
        # The instances of one job talk to one another on any port.
        among_members = rule["IpProtocol"] == "-1" and rule.get("SourceSecurityGroupId") == own
        https = (rule["IpProtocol"], rule.get("FromPort"), rule.get("ToPort")) == ("tcp", 443, 443)
        yield from same("admitted", (among_members or https, rule.get("GroupId", own)), (True, own))
        admitted.append(rule.get("CidrIp") or rule["SourceSecurityGroupId"])
    # Without an interface endpoint nobody beside the builds is led to the group.
    serves = {*expected.endpoints.values()} - {"s3"}
    if serves or sorted(admitted) != [own]:
        yield from same("who reaches the group", sorted(admitted), sorted([own, *expected.admitted]))


def check_monitoring(found, expected):
    phys = expected.phys
    pipelines = {f"{phys}-build-pipeline", f"{phys}-deploy-pipeline"}
    topic = expected.arn("sns", f"{phys}-alerts")
    alarm = found["AWS::CloudWatch::Alarm", f"{phys}-pipeline-failure"]
    yield from same("who is told", alarm["AlarmActions"], [topic])
    yield from same("from which count", (alarm["ComparisonOperator"], alarm["Threshold"]), ("GreaterThanOrEqualToThreshold", 1))
    yield from same("actions of the alarm", alarm.get("ActionsEnabled", True), True)
    for what, events, wanted in periods(expected):
        yield from same(f"told: {what}", rings(found, alarm, events), wanted)
    body = json.loads(found["AWS::CloudWatch::Dashboard", f"{phys}-dashboard"]["DashboardBody"])
    shown = {part for widget in body["widgets"] for metric in widget["properties"]["metrics"] for part in metric}
    yield from same("pipelines that are shown", shown & pipelines, pipelines)
    yield from same("regions that are shown", {widget["properties"]["region"] for widget in body["widgets"]}, {expected.region})
    if expected.email:
        subscription = {"TopicArn": topic, "Protocol": "email", "Endpoint": expected.email}
        yield from same("subscription", found.all_of("AWS::SNS::Subscription"), [subscription])


def periods(expected):
    """What happens within one period of the alarm, and whether somebody has to be told."""
    phys = expected.phys

    def ends(pipeline, state, trigger):
        detail = {
            "pipeline": pipeline, "execution-id": "0a1b", "state": state, "version": 1.0, "pipeline-execution-attempt": 1.0,
            "execution-trigger": {"trigger-type": trigger, "trigger-detail": "x"},
        }
        return envelope(expected, "aws.codepipeline", "CodePipeline Pipeline Execution State Change", [expected.arn("codepipeline", pipeline)], detail)

    def build(project, status):
        detail = {"build-status": status, "project-name": project}
        return envelope(expected, "aws.codebuild", "CodeBuild Build State Change", [expected.arn("codebuild", f"build/{project}:1")], detail)

    arrives = {"build": (pushes if expected.codecommit else uploads)(expected)[0][0], "deploy": model_event(expected, f"{phys}-models", "Approved")}
    # The run that creation starts finds no source yet, and nobody has done anything wrong.
    yield "creation", [ends(f"{phys}-{half}-pipeline", "FAILED", "CreatePipeline") for half in arrives], False
    yield "nothing", [], False
    for half, event in arrives.items():
        pipeline, project = f"{phys}-{half}-pipeline", f"{phys}-{half}"
        yield f"{half} succeeds", [event, build(project, "SUCCEEDED"), ends(pipeline, "SUCCEEDED", "CloudWatchEvent")], False
        yield f"{half} finds no source", [event, ends(pipeline, "FAILED", "CloudWatchEvent")], True
        yield f"{half} fails", [event, build(project, "FAILED"), ends(pipeline, "FAILED", "CloudWatchEvent")], True
        yield f"{half} fails, started by a person", [build(project, "FAILED"), ends(pipeline, "FAILED", "StartPipelineExecution")], True
        # A build may take longer than a period.
        yield f"{half} fails later", [build(project, "FAILED"), ends(pipeline, "FAILED", "CloudWatchEvent")], True
        yield f"another's {half} fails", [build(f"{phys}-2-{half}", "FAILED"), ends(f"{phys}-2-{half}-pipeline", "FAILED", "CloudWatchEvent")], False


def rings(found, alarm, events):
    """Whether the alarm's expression passes its threshold, by what CloudWatch counts of these events."""
    values = {query["Id"]: counted(found, query["MetricStat"]["Metric"], events) for query in alarm["Metrics"] if "MetricStat" in query}
    functions = {"SUM": sum, "IF": lambda condition, then, otherwise: then if condition else otherwise, "METRICS": lambda: list(values.values())}
    expressions = {query["Id"]: query["Expression"] for query in alarm["Metrics"] if "Expression" in query}
    results = {}
    while expressions:
        ready = {name: text for name, text in expressions.items() if not any(re.search(rf"\b{other}\b", text) for other in expressions)}
        results |= {name: eval(text, {"__builtins__": {}, **functions, **values, **results}) for name, text in ready.items()}
        expressions = {name: text for name, text in expressions.items() if name not in ready}
    (returned,) = [query["Id"] for query in alarm["Metrics"] if query["ReturnData"]]
    return (values | results)[returned] >= alarm["Threshold"]


def counted(found, metric, events):
    values = {dimension["Name"]: dimension["Value"] for dimension in metric["Dimensions"]}
    match metric["Namespace"], metric["MetricName"]:
        case "AWS/CodePipeline", "FailedPipelineExecutions":
            return sum(e["detail"].get("pipeline") == values["PipelineName"] and e["detail"]["state"] == "FAILED" for e in events)
        case "AWS/CodeBuild", "FailedBuilds":
            return sum(e["detail"].get("project-name") == values["ProjectName"] and e["detail"]["build-status"] == "FAILED" for e in events)
        case "AWS/Events", "TriggeredRules" | "MatchedEvents":
            return sum(fires(found["AWS::Events::Rule", values["RuleName"]]["EventPattern"], event) for event in events)
    raise ValueError(f"the metric {metric['Namespace']} {metric['MetricName']} is unknown here")


def check(found, expected):
    yield from check_events(found, expected)
    for half in ("build", "deploy"):
        yield from check_pipeline(found, half, expected)
        yield from check_project(found, half, expected)
    yield from check_stores(found, expected)
    if expected.enterprise:
        yield from check_network(found, expected)
    if expected.paid:
        yield from check_monitoring(found, expected)
