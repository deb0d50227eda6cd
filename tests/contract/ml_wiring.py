"""Judges how the resources of an ML stack work together: sources, builds, events, stores and their key, network, alarms."""

import json

from policies import listed
from templates import hardened, same


def fires(pattern, event):
    """Whether EventBridge takes an event as one of the pattern."""
    return all(
        key in event and (fires(wanted, event[key]) if isinstance(wanted, dict) else bool({*wanted} & {*listed(event[key])}))
        for key, wanted in pattern.items()
    )


def check_rule(rule, target, cases, expected):
    yield from same("state of a rule", rule.get("State", "ENABLED"), "ENABLED")
    for event, wanted in cases:
        yield from same(f"rule on {event}", fires(rule["EventPattern"], event), wanted)
    targets = [(t["Arn"], t["RoleArn"]) for t in rule["Targets"]]
    role = expected.arn("iam", f"role/{expected.role}-events-role", region="")
    yield from same("target of a rule", targets, [(expected.arn("codepipeline", target), role)])


def check_events(found, expected):
    phys, region, account = expected.phys, expected.region, expected.account

    def model(group, status):
        return {
            "source": "aws.sagemaker", "detail-type": "SageMaker Model Package State Change", "account": account, "region": region,
            "detail": {"ModelPackageGroupName": group, "ModelApprovalStatus": status, "ModelPackageVersion": 1},
        }

    cases = [
        (model(f"{phys}-models", "Approved"), True),
        (model(f"{phys}-models", "Rejected"), False),
        (model(f"{phys}-models", "PendingManualApproval"), False),
        (model(f"{phys}-models-2", "Approved"), False),
    ]
    yield from check_rule(found["AWS::Events::Rule", f"{phys}-approved"], f"{phys}-deploy-pipeline", cases, expected)
    if not expected.codecommit:
        return

    def push(repository, branch, event="referenceUpdated", kind="branch"):
        return {
            "source": "aws.codecommit", "detail-type": "CodeCommit Repository State Change", "account": account, "region": region,
            "resources": [expected.arn("codecommit", repository)],
            "detail": {"event": event, "referenceType": kind, "referenceName": branch, "repositoryName": repository},
        }

    cases = [
        (push(f"{phys}-model-build", "main"), True),
        (push(f"{phys}-model-build", "main", "referenceCreated"), True),
        (push(f"{phys}-model-build", "main", "referenceDeleted"), False),
        (push(f"{phys}-model-build", "other"), False),
        (push(f"{phys}-model-build", "main", kind="tag"), False),
        (push(f"{phys}-model-deploy", "main"), False),
    ]
    yield from check_rule(found["AWS::Events::Rule", f"{phys}-source"], f"{phys}-build-pipeline", cases, expected)


def check_pipeline(found, half, expected):
    """Source and then the build of the same half, in the artifact store. Polling is for what sends no events."""
    phys = expected.phys
    pipeline = found["AWS::CodePipeline::Pipeline", f"{phys}-{half}-pipeline"]
    yield from same("role", pipeline["RoleArn"], expected.arn("iam", f"role/{expected.role}-codepipeline-role", region=""))
    store = {"Type": "S3", "Location": expected.bucket}
    if expected.enterprise:
        store["EncryptionKey"] = {"Type": "KMS", "Id": expected.arn("kms", "key/the-key")}
    yield from same("artifact store", pipeline["ArtifactStore"], store)
    actions = [action for stage in pipeline["Stages"] for action in stage["Actions"]]
    steps = [(a["ActionTypeId"]["Category"], a["ActionTypeId"]["Provider"], a["Configuration"]) for a in actions]
    if expected.codecommit:
        source = {"RepositoryName": f"{phys}-model-{half}", "BranchName": "main", "PollForSourceChanges": "false"}
    else:
        bucket, _, prefix = expected.source_prefix.partition("/")
        key = "/".join([prefix, f"model-{half}.zip"] if prefix else [f"model-{half}.zip"])
        source = {"S3Bucket": bucket, "S3ObjectKey": key, "PollForSourceChanges": "true" if half == "build" else "false"}
    provider = "CodeCommit" if expected.codecommit else "S3"
    yield from same("steps", steps, [("Source", provider, source), ("Build", "CodeBuild", {"ProjectName": f"{phys}-{half}"})])
    yield from same("what is built", actions[1]["InputArtifacts"], actions[0]["OutputArtifacts"])


def check_project(found, half, expected):
    project = found["AWS::CodeBuild::Project", f"{expected.phys}-{half}"]
    role = expected.arn("iam", f"role/{expected.role}-codebuild-role", region="")
    yield from same("role", project["ServiceRole"], role)
    yield from same("ends", (project["Source"]["Type"], project["Artifacts"]["Type"]), ("CODEPIPELINE", "CODEPIPELINE"))
    yield from same("privileged", project["Environment"].get("PrivilegedMode", False), False)
    variables = {variable["Name"]: variable["Value"] for variable in project["Environment"]["EnvironmentVariables"]}
    wanted = {
        "MODEL_PACKAGE_GROUP_NAME": f"{expected.phys}-models",
        "ARTIFACTS_BUCKET": expected.bucket,
        "SAGEMAKER_EXECUTION_ROLE_ARN": expected.arn("iam", f"role/{expected.role}-sagemaker-execution-role", region=""),
        "NAME_PREFIX": expected.phys,
        "PARAMETER_PATH": f"/ml/{expected.ml_name}/",
    }
    yield from same("variables", variables, wanted)
    network = {"VpcId": expected.vpc, "Subnets": expected.subnets, "SecurityGroupIds": [expected.security_group]} if expected.mode else None
    yield from same("network of builds", project.get("VpcConfig"), network)
    logs = project.get("LogsConfig", {}).get("CloudWatchLogs", {})
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
        settings = found["AWS::KMS::Key", None]
        yield from same("rotation", settings["EnableKeyRotation"], expected.rotation)
        yield from same("deletion window", settings["PendingWindowInDays"], expected.window)
        yield from same("alias", found["AWS::KMS::Alias", f"alias/{expected.alias}"]["TargetKeyId"], "the-key")
        yield from same("retention", found["AWS::Logs::LogGroup", f"/ml/{expected.ml_name}"]["RetentionInDays"], expected.retention)


def check_network(found, expected):
    start = f"com.amazonaws.{expected.region}"
    interface = {
        "VpcEndpointType": "Interface", "VpcId": expected.vpc, "SubnetIds": expected.subnets,
        "SecurityGroupIds": [expected.security_group], "PrivateDnsEnabled": True,
    }
    gateway = {"VpcEndpointType": "Gateway", "VpcId": expected.vpc}
    if expected.route_tables:
        gateway["RouteTableIds"] = expected.route_tables
    wanted = {f"{start}.{service}": interface for service in ("sagemaker.api", "sagemaker.runtime", "sts")}
    wanted[f"{start}.s3"] = gateway
    endpoints = {
        name: {key: value for key, value in properties.items() if key not in {"ServiceName", "Tags"}}
        for (kind, name), properties in found.items()
        if kind == "AWS::EC2::VPCEndpoint"
    }
    yield from same("endpoints", endpoints, wanted)
    if expected.standalone:
        group = found["AWS::EC2::SecurityGroup", f"{expected.phys}-endpoints"]
        https = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443}
        yield from same("VPC of the group", group["VpcId"], expected.vpc)
        yield from same("group from outside", group.get("SecurityGroupIngress", []), [])
        out = [{key: value for key, value in rule.items() if key != "Description"} for rule in group["SecurityGroupEgress"]]
        yield from same("group to outside", out, [{**https, "CidrIp": "0.0.0.0/0"}])
        rule = dict(found["AWS::EC2::SecurityGroupIngress", None])
        del rule["Description"]
        own = expected.security_group
        yield from same("group within", rule, {**https, "GroupId": own, "SourceSecurityGroupId": own})


def check_monitoring(found, expected):
    phys = expected.phys
    pipelines = {f"{phys}-build-pipeline", f"{phys}-deploy-pipeline"}
    topic = expected.arn("sns", f"{phys}-alerts")
    alarm = found["AWS::CloudWatch::Alarm", f"{phys}-pipeline-failure"]
    yield from same("who is told", alarm["AlarmActions"], [topic])
    yield from same("from which count", (alarm["ComparisonOperator"], alarm["Threshold"]), ("GreaterThanOrEqualToThreshold", 1))
    yield from same("what counts", [(q["Expression"], q["ReturnData"]) for q in alarm["Metrics"] if "Expression" in q], [("SUM(METRICS())", True)])
    counted = [query for query in alarm["Metrics"] if "MetricStat" in query]
    yield from same("how it is counted", {(q["MetricStat"]["Stat"], q["ReturnData"]) for q in counted}, {("Sum", False)})
    metrics = [query["MetricStat"]["Metric"] for query in counted]
    yield from same("metrics", {(m["Namespace"], m["MetricName"]) for m in metrics}, {("AWS/CodePipeline", "FailedPipelineExecutions")})
    yield from same("pipelines that are watched", {(d["Name"], d["Value"]) for m in metrics for d in m["Dimensions"]}, {("PipelineName", p) for p in pipelines})
    body = json.loads(found["AWS::CloudWatch::Dashboard", f"{phys}-dashboard"]["DashboardBody"])
    shown = {part for widget in body["widgets"] for metric in widget["properties"]["metrics"] for part in metric}
    yield from same("pipelines that are shown", shown & pipelines, pipelines)
    yield from same("regions that are shown", {widget["properties"]["region"] for widget in body["widgets"]}, {expected.region})
    if expected.email:
        subscription = {"TopicArn": topic, "Protocol": "email", "Endpoint": expected.email}
        yield from same("subscription", found["AWS::SNS::Subscription", None], subscription)


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
