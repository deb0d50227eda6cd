"""Judges a template of the ML product: what there is, what it is called, what outlives the stack, what is published."""

import ml_access
import ml_wiring
from names import wrong
from templates import AT_ALL, FEW_TAGS, IN_A_REQUEST, by_type, check_any, compact, evaluated, load, same, tag_map, waits_for

# By type: the property that holds the name, and what Ref (the empty attribute) and Fn::GetAtt return, with {} for the name.
KINDS = {
    "AWS::CloudWatch::Alarm": ("AlarmName", {}),
    "AWS::CloudWatch::Dashboard": ("DashboardName", {"": "{}"}),
    "AWS::CodeBuild::Project": ("Name", {"": "{}", "Arn": "codebuild project/{}"}),
    "AWS::CodeCommit::Repository": ("RepositoryName", {"Name": "{}", "Arn": "codecommit {}", "CloneUrlHttp": "https://{}"}),
    "AWS::CodePipeline::Pipeline": ("Name", {"": "{}"}),
    "AWS::EC2::SecurityGroup": ("GroupName", {"": "id of {}", "GroupId": "id of {}"}),
    "AWS::EC2::VPCEndpoint": ("ServiceName", {"": "id of {}"}),
    "AWS::Events::Rule": ("Name", {}),
    "AWS::IAM::Role": ("RoleName", {"": "{}", "Arn": "iam role/{}"}),
    "AWS::KMS::Alias": ("AliasName", {}),
    "AWS::KMS::Key": (None, {"": "the-key", "Arn": "kms key/the-key"}),
    "AWS::Logs::LogGroup": ("LogGroupName", {"": "{}", "Arn": "logs log-group:{}:*"}),
    "AWS::S3::Bucket": ("BucketName", {"": "{}", "Arn": "s3 {}"}),
    "AWS::SNS::Topic": ("TopicName", {"": "sns {}"}),
    "AWS::SSM::Parameter": ("Name", {}),
    "AWS::SageMaker::ModelPackageGroup": ("ModelPackageGroupName", {"ModelPackageGroupArn": "sagemaker model-package-group/{}"}),
}
NOT_NAMED = {"AWS::EC2::VPCEndpoint", "AWS::KMS::Key"}
WITHOUT_TAGS = {
    "AWS::CloudWatch::Dashboard", "AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress", "AWS::Events::Rule", "AWS::KMS::Alias",
    "AWS::S3::BucketPolicy", "AWS::SNS::Subscription", "AWS::SNS::TopicPolicy",
}
HOLDS_DATA = {
    "AWS::CodeCommit::Repository", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket", "AWS::SageMaker::ModelPackageGroup",
    # What stays must stay protected.
    "AWS::S3::BucketPolicy",
}


def name_of(resource):
    key = KINDS.get(resource["Type"], (None,))[0]
    return key and resource["Properties"][key]


def known_of(template, expected):
    """What every reference of the template stands for."""
    known = {"AWS::Partition": expected.partition, "AWS::Region": expected.region, "AWS::AccountId": expected.account}
    for name, parameter in template.get("Parameters", {}).items():
        known[name] = f"value of {parameter['Default']}"
    for name, resource in template["Resources"].items():
        for attribute, form in KINDS.get(resource["Type"], (None, {}))[1].items():
            value = form.format(name_of(resource))
            service, _, rest = value.partition(" ")
            if service in {"s3", "iam"}:
                value = expected.arn(service, rest, region="", account="" if service == "s3" else None)
            elif rest and service != "id":
                value = expected.arn(service, rest)
            known[f"{name}.{attribute}" if attribute else name] = value
        if resource["Type"] == "AWS::EC2::VPCEndpoint":
            known[f"{name}.DnsEntries"] = [f"Z1:dns-of.{name_of(resource)}", f"Z1:zonal-dns-of.{name_of(resource)}"]
    return known


class Found(dict):
    """Properties of the resources by type and name; where several have none, `all_of` has them."""

    def __init__(self, resources):
        super().__init__({(r["Type"], name_of(r)): r["Properties"] for r in resources.values()})
        self.resources = list(resources.values())

    def all_of(self, kind):
        return [r["Properties"] for r in self.resources if r["Type"] == kind]


def loaded(path, expected):
    """A template, and its resources with every reference resolved. Tells `expected` the prefix that builds are
    given, and how the deployment's source is called."""
    template = load(path)
    found = Found(evaluated(template["Resources"], known_of(template, expected)))
    variables = found["AWS::CodeBuild::Project", f"{expected.phys}-build"]["Environment"]["EnvironmentVariables"]
    (expected.made,) = {v["Value"] for v in variables if v["Name"] == "NAME_PREFIX"}
    (deploy,) = found["AWS::CodePipeline::Pipeline", f"{expected.phys}-deploy-pipeline"]["Stages"][0]["Actions"]
    (expected.deploy_source,) = (artifact["Name"] for artifact in deploy["OutputArtifacts"])
    return template, found


def check_names(template, expected):
    named = [resource for resource in template["Resources"].values() if resource["Type"] in KINDS.keys() - NOT_NAMED]
    names = {(resource["Type"], name_of(resource)) for resource in named}
    yield from same("names", names, expected.names())
    yield from same("names that are there once", len(names), len(named))
    for resource in named:
        yield from wrong(resource["Type"], name_of(resource))
    yield from wrong("stack", expected.stack)
    unnamed = {kind: len(ids) for kind, ids in by_type(template["Resources"]).items() if kind not in KINDS.keys() - NOT_NAMED}
    # One for each range that a group admits.
    for kind in ("AWS::EC2::SecurityGroupEgress", "AWS::EC2::SecurityGroupIngress"):
        unnamed.pop(kind, None)
    yield from same("resources without a name of ours", unnamed, expected.unnamed())


def check_every(template, expected):
    for name, resource in template["Resources"].items():
        kind = resource["Type"]
        policies = {resource.get(key) for key in ("DeletionPolicy", "UpdateReplacePolicy")}
        yield from same(f"policies of {name}", policies, {"Retain" if kind in HOLDS_DATA else None})
        if kind not in WITHOUT_TAGS:
            tags = resource["Properties"]["Tags"]
            # CloudFormation's schema of an alarm asks for a value.
            wanted = {key: value for key, value in expected.tags.items() if value or kind != "AWS::CloudWatch::Alarm"}
            yield from same(f"tags of {name}", tags if isinstance(tags, dict) else tag_map(tags), wanted)


def check_order(resources):
    """Roles come before all that works in them."""
    first = {"AWS::IAM::Role", "AWS::KMS::Key", "AWS::Logs::LogGroup", "AWS::S3::Bucket"}
    for name, wanted in waits_for(resources).items():
        if resources[name]["Type"] == "AWS::IAM::Role":
            yield from same(f"{name} waits for", {resources[other]["Type"] for other in wanted} - first, set())


def check_published(template, found, outputs, expected):
    endpoint_of = {service: f"id of {name}" for name, service in expected.endpoints.items()}
    values = {
        "ModelPackageGroupArn": expected.arn("sagemaker", f"model-package-group/{expected.phys}-models"),
        "RepositoryUrl": f"https://{expected.phys}-model-build",
        "BucketName": expected.bucket,
        "DashboardName": f"{expected.phys}-dashboard",
        "KmsKeyArn": expected.arn("kms", "key/the-key"),
        "LogGroupName": f"/ml/{expected.ml_name}",
        "VpcEndpointIdSagemakerApi": endpoint_of.get("sagemaker.api"),
        "VpcEndpointIdSagemakerRuntime": endpoint_of.get("sagemaker.runtime"),
        "VpcEndpointIdSts": endpoint_of.get("sts"),
        "VpcEndpointIdS3": endpoint_of.get("s3"),
        "SecurityGroupId": f"id of {expected.phys}-endpoints",
    }
    wanted = {name: values[name] for name in expected.published}
    parameters = found.all_of("AWS::SSM::Parameter")
    start = f"/ml/{expected.ml_name}/"
    yield from same("parameters", {p["Name"]: p["Value"] for p in parameters}, {start + name: v for name, v in wanted.items()})
    yield from same("types of parameters", {p["Type"] for p in parameters}, {"String"})
    yield from same("outputs", {name: output["Value"] for name, output in outputs.items()}, wanted)
    inputs = {parameter["Default"]: parameter["Type"] for parameter in template.get("Parameters", {}).values()}
    yield from same("inputs", inputs, expected.inputs)


def check_template(path, expected):
    template, found = loaded(path, expected)
    yield from check_any(template, {"Parameters"} if expected.inputs else set())
    most = IN_A_REQUEST if len(expected.tags) <= FEW_TAGS else AT_ALL
    if len(compact(template)) > most:
        yield f"{len(compact(template))} bytes, expected {most} at most"
    yield from check_names(template, expected)
    yield from check_every(template, expected)
    yield from check_order(template["Resources"])
    outputs = evaluated(template["Outputs"], known_of(template, expected))
    yield from check_published(template, found, outputs, expected)
    yield from ml_wiring.check(found, expected)
    yield from ml_access.check(found, expected)
