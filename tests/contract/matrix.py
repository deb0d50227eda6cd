#!/usr/bin/env python3
"""Proof of the built-in S3 product over a matrix of configs.

    matrix.py generate DIR   write the configs to DIR/s3/configs/
    matrix.py check DIR      check what was rendered from them:
                             DIR/s3/templates/<config>-template.yaml
                             DIR/s3/policies/<config>-iam-policy.json
    matrix.py checkov DIR    run checkov over a few of the templates, if it is installed

Rendering comes in between and is not done here. `check` lints every template with cfn-lint and
compares it with what the config asks for. That expectation is computed here, from the documented
behaviour and never from the template sources, so that a slip in one does not hide in the other.

Needs Python 3.11 and cfn-lint 1.51.
"""

import fnmatch
import hashlib
import itertools
import json
import multiprocessing
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

# ---------------------------------------------------------------------------------- the matrix

SAMPLE = 240

REGIONS = [
    "us-east-1", "us-west-2", "ca-central-1", "sa-east-1", "eu-central-1", "eu-south-2",
    "ap-southeast-1", "af-south-1", "me-central-1",
    "cn-north-1", "cn-northwest-1", "us-gov-west-1", "us-gov-east-1",
]

AXES = {
    "versioning": [True, False],
    "lifecycle": ["ml-optimized", "compliance", "development", "none"],
    "vpc": ["no vpc", "no route table", "1 route table", "3 route tables"],
    "tags": [0, 2, 40],
    "solutions": [1, 3],
    "naming": ["shared", "shared with override", "dedicated"],
    "env": ["prod", "staging", "dev", "test"],
    "region": REGIONS,
}

PREFIXES = ["edge", "global-bank", "a", "x9--y"]
ACCOUNTS = ["123456789012", "000000000042"]
COMPANIES = ["Edge Corporation", "Müller & Söhne", "{% raw %} !Ref \"x\" # ${AWS::AccountId}"]
# Names whose PascalCase forms coincide, or that a hash put behind one might imitate.
SOLUTIONS = [
    ["master-solution", "demand-forecasting", "churn"],
    ["ab", "a-b", "a--b"],
    ["a1-2b", "a12b", "a-"],
    ["x-x", "x-x0", "xx"],
]
DEDICATED = ["churn", "demand-forecasting", "a-b", "s3"]

# Valid tags that YAML, Jinja or CloudFormation might take for something else.
AWKWARD_TAGS = {
    "Team": "forecasting", "CostCenter": "0042", "no": "yes", "on": "off", "1_000": "12:30:45",
    "0x1F": "1e3", "=": "= =", "Ref": "Fn::GetAtt", "Fn::Sub": "Custom::Thing",
    "key: with colon": "- dash", "@at": ": colon first", " leading": "trailing ",
    "Größe": "größer als 10", "部門": "機械学習", "e@mail": "a.b+c@d-e.f/g=h", "empty": "",
    "null": "null", "true": "false", "2001-01-01": "2001-01-01T00:00:00Z", ".": "-", "Environment": "live",
    "ManagedBy": "someone", "AWs": "awS", "aw": "a", "Provisioner": "provisioner:config", "k" * 128: "v" * 256,
}


def bucket_override(number):
    return [
        f"lake-{number:04}", f"my.data.lake.{number:04}", f"b{number % 90 + 10}", f"b-{number:04}".ljust(63, "z"),
        f"{number:04}--x", f"10.0.0.{number:04}",
    ][number % 6]


def tags(count):
    chosen = dict(itertools.islice(AWKWARD_TAGS.items(), count))
    for number in range(len(chosen), count):
        chosen[f"Extra{number}"] = f"value {number}"
    return chosen


def cells():
    """The sampled cells: every pair of values of any two axes, then more until SAMPLE are reached."""
    names = list(AXES)
    everything = itertools.product(*AXES.values())
    # An order that looks random and is the same everywhere.
    order = sorted(everything, key=lambda cell: hashlib.sha256(repr(cell).encode()).digest())
    uncovered = {
        ((one, a), (two, b))
        for one, two in itertools.combinations(names, 2)
        for a in AXES[one]
        for b in AXES[two]
    }
    taken, spare = [], []
    for cell in order:
        pairs = set(itertools.combinations(zip(names, cell), 2))
        if uncovered & pairs:
            uncovered -= pairs
            taken.append(cell)
        else:
            spare.append(cell)
    assert not uncovered, "some pair of values is in no cell"
    taken += spare[: SAMPLE - len(taken)]
    return [dict(zip(names, cell)) for cell in taken]


def config_of(number, cell):
    """A config and its file name."""
    s3 = {"versioning": cell["versioning"]}
    # An optional key is left out, or written with its default, by turns: both must mean the same.
    terse = number % 2 == 0
    if cell["lifecycle"] != "none" or not terse:
        s3["lifecycle_policy"] = cell["lifecycle"]
    if cell["vpc"] != "no vpc":
        s3["vpc_id"] = ["vpc-0a1b2c3d", "vpc-0123456789abcdef0"][number % 2]
    elif not terse:
        s3["vpc_id"] = ""
    tables = {"1 route table": 1, "3 route tables": 3}.get(cell["vpc"], 0)
    if tables or not terse:
        separator = [",", ", ", " ,"][number % 3]
        s3["route_table_ids"] = separator.join(f"rtb-{n:08x}" if n % 2 else f"rtb-{n:017x}" for n in range(tables))
    if cell["tags"] or not terse:
        s3["tags"] = tags(cell["tags"])
    if cell["solutions"] == 3:
        s3["solutions"] = SOLUTIONS[number % len(SOLUTIONS)]
    elif not terse:
        s3["solutions"] = ["master-solution"]
    if cell["naming"] != "shared":
        s3["bucket_name_override"] = bucket_override(number)
    elif not terse:
        s3["bucket_name_override"] = ""
    client = {
        "company_name": COMPANIES[number % len(COMPANIES)],
        "company_prefix": PREFIXES[number % len(PREFIXES)],
        "account_id": ACCOUNTS[number % len(ACCOUNTS)],
        "tenant_id": f"{number:04}" if number % 2 else f"c{number:03}",
    }
    environment = {"env": cell["env"], "region": cell["region"]}
    parts = [client["company_prefix"], environment["env"], client["tenant_id"], environment["region"]]
    if cell["naming"] == "dedicated":
        parts.append(DEDICATED[number % len(DEDICATED)])
    return "-".join(parts + ["s3"]) + ".yaml", {"client": client, "environment": environment, "s3": s3}


def write_yaml(value, indent=0):
    """Block YAML in which every string is quoted, so that each version of YAML reads the same."""
    lines = []
    for key, item in value.items():
        key = key if re.fullmatch("[a-z][a-z0-9_]+", key) and indent < 2 else json.dumps(key, ensure_ascii=False)
        if isinstance(item, dict) and item:
            lines += ["  " * indent + f"{key}:", *write_yaml(item, indent + 1)]
        else:
            lines.append("  " * indent + f"{key}: {json.dumps(item, ensure_ascii=False)}")
    return lines


def generate(root):
    target = root / "s3" / "configs"
    target.mkdir(parents=True, exist_ok=True)
    written = set()
    for number, cell in enumerate(cells()):
        name, config = config_of(number, cell)
        text = "\n".join(write_yaml(config)) + "\n"
        assert yaml.safe_load(text) == config, name
        assert name not in written, name
        (target / name).write_text(text, encoding="utf-8")
        written.add(name)
    print(f"{len(written)} configs in {target}")
    return 0


# ----------------------------------------------------------------------------- the expectation


class Expected:
    """What a config asks for."""

    def __init__(self, path):
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.config = path.name.removesuffix(".yaml")
        self.region = raw["environment"]["region"]
        self.account = raw["client"]["account_id"]
        self.partition = {"cn-": "aws-cn", "us-gov-": "aws-us-gov"}.get(re.match("cn-|us-gov-|", self.region)[0], "aws")
        s3 = raw["s3"]
        self.versioning = s3["versioning"]
        self.lifecycle = s3.get("lifecycle_policy", "none")
        self.bucket = s3.get("bucket_name_override") or self.config
        self.vpc = s3.get("vpc_id") or None
        self.route_tables = re.findall("rtb-[0-9a-f]+", s3.get("route_table_ids") or "")
        self.tags = {
            "Environment": raw["environment"]["env"],
            "ManagedBy": "provisioner",
            "Tenant": raw["client"]["tenant_id"],
            **(s3.get("tags") or {}),
            "provisioner:config": self.config,
        }
        self.solutions = set(s3.get("solutions") or ["master-solution"])
        start = "-".join([raw["client"]["company_prefix"], raw["environment"]["env"], raw["client"]["tenant_id"], self.region])
        dedicated = re.fullmatch(re.escape(start) + "-(.+)-s3", self.config)
        if dedicated:
            self.solutions.add(dedicated[1])

    def parameters(self):
        """SSM parameters: name to value, a logical id for what only AWS knows."""
        found = {
            "BucketName": {"Ref": "AWS::S3::Bucket"},
            "BucketArn": {"Fn::GetAtt": ["AWS::S3::Bucket", "Arn"]},
            "SolutionsPrefix": "solutions/",
        }
        if self.vpc:
            found["VpcEndpointIdS3"] = {"Ref": "AWS::EC2::VPCEndpoint"}
        for solution in self.solutions:
            found[f"solutions/{solution}/Prefix"] = f"solutions/{solution}/"
        return {f"/s3/{self.config}/{name}": value for name, value in found.items()}

    def events(self):
        """Everything that happens to objects below solutions/: (what, days or yes, storage class)."""
        transitions, expiry = {
            "ml-optimized": ([(30, "STANDARD_IA"), (90, "GLACIER")], None),
            "compliance": ([(90, "GLACIER")], 2555),
            "development": ([], 90),
            "none": ([], None),
        }[self.lifecycle]
        happens = set()
        for state in ["current", "noncurrent"] if self.versioning else ["current"]:
            happens |= {(f"{state} moves", days, storage) for days, storage in transitions}
            if expiry:
                happens.add((f"{state} expires", expiry, None))
        if self.lifecycle != "none":
            happens.add(("upload aborted", 7, None))
            # With compliance, S3 removes them under the expiry of current versions.
            if self.versioning and self.lifecycle != "compliance":
                happens.add(("delete marker removed", True, None))
        return happens


# ---------------------------------------------------------------------------------- the checks


def plain(node):
    """The nodes of cfn-lint's loader as plain values."""
    if isinstance(node, dict):
        return {str(key): plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [plain(value) for value in node]
    return str(node) if isinstance(node, str) else node


def listed(value):
    return value if isinstance(value, list) else [value]


def tag_map(entries):
    keys = [entry["Key"] for entry in entries]
    if len(set(keys)) != len(keys):
        raise ValueError(f"a tag appears twice: {keys}")
    return {entry["Key"]: entry["Value"] for entry in entries}


def lifecycle_events(bucket):
    happens = set()
    for rule in bucket.get("LifecycleConfiguration", {}).get("Rules", []):
        assert rule["Status"] == "Enabled" and rule["Prefix"] == "solutions/", rule
        for state, key in [("current", "Transitions"), ("noncurrent", "NoncurrentVersionTransitions")]:
            happens |= {(f"{state} moves", t["TransitionInDays"], t["StorageClass"]) for t in rule.get(key, [])}
        # The empty objects that are folders may age with the data only where that takes years.
        if rule.get("ExpirationInDays", 2555) < 2555:
            assert rule.get("ObjectSizeGreaterThan") == "0", "folders would expire"
        for what, value in [
            ("current expires", rule.get("ExpirationInDays")),
            ("noncurrent expires", rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")),
            ("upload aborted", rule.get("AbortIncompleteMultipartUpload", {}).get("DaysAfterInitiation")),
            ("delete marker removed", rule.get("ExpiredObjectDeleteMarker")),
        ]:
            if value is not None:
                happens.add((what, value, None))
    return happens


def applies(statement, action, resource, context):
    """Whether a policy statement matches a call. A key missing from `context` is absent from the call."""

    def matches(patterns, value):
        return any(fnmatch.fnmatchcase(value, pattern.replace("[", "[[]")) for pattern in listed(patterns))

    if not matches(statement["Action"], action):
        return False
    if "NotResource" in statement:
        if matches(statement["NotResource"], resource):
            return False
    elif not matches(statement["Resource"], resource):
        return False
    for operator, wanted in statement.get("Condition", {}).items():
        for key, values in wanted.items():
            actual = context.get(key)
            if operator.endswith("IfExists") and actual is None:
                continue
            match operator.removesuffix("IfExists"):
                case "StringNotEquals":
                    holds = actual not in listed(values)
                case "StringEquals" | "Bool" | "ArnEquals":
                    holds = actual is not None and actual in listed(values)
                case unknown:
                    raise ValueError(f"condition operator {unknown} is unknown here")
            if not holds:
                return False
    return True


def written_out(value, known):
    """An ARN with its intrinsic functions evaluated."""
    match value:
        case str():
            return value
        case {"Fn::Join": [separator, parts]}:
            return separator.join(written_out(part, known) for part in parts)
        case {"Ref": name}:
            return known[name]
        case {"Fn::GetAtt": [name, attribute]}:
            return known[f"{name}.{attribute}"]
    raise ValueError(f"not evaluated here: {value}")


def evaluated(node, known):
    if isinstance(node, dict) and len(node) == 1 and next(iter(node)) in {"Ref", "Fn::Join", "Fn::GetAtt"}:
        return written_out(node, known)
    if isinstance(node, dict):
        return {key: evaluated(value, known) for key, value in node.items()}
    if isinstance(node, list):
        return [evaluated(value, known) for value in node]
    return node


def check_bucket_policy(document, expected):
    arn = f"arn:{expected.partition}:s3:::{expected.bucket}"
    data, folder = f"{arn}/solutions/a/data/raw/x.csv", f"{arn}/solutions/a/data/raw/"
    template = f"{arn}/solutions/a/config/cloudformation/x-template.yaml"
    web = {"aws:SecureTransport": "true", "aws:PrincipalIsAWSService": "false", "aws:ViaAWSService": "false"}
    inside, outside = {**web, "aws:SourceVpce": "vpce-this"}, {**web, "aws:SourceVpce": "vpce-other"}
    insecure = {**inside, "aws:SecureTransport": "false"}
    anonymous = {"aws:SecureTransport": "true"}
    limited = expected.vpc is not None
    cases = [
        ("s3:GetObject", data, insecure, True),
        ("s3:ListBucket", arn, insecure, True),
        ("s3:PutBucketPolicy", arn, insecure, True),
        ("s3:GetObject", data, inside, False),
        ("s3:PutObject", data, inside, False),
        ("s3:PutObjectTagging", data, inside, False),
        # The data, from anywhere else.
        ("s3:GetObject", data, web, limited),
        ("s3:GetObject", data, outside, limited),
        ("s3:GetObject", data, anonymous, limited),
        ("s3:GetObjectVersion", data, web, limited),
        ("s3:PutObject", data, web, limited),
        ("s3:PutObjectTagging", data, web, limited),
        ("s3:PutObject", f"{arn}/elsewhere", web, limited),
        # What has to go on working from anywhere: administration, our own writes, AWS services.
        *[
            (f"s3:{action}", arn, web, False)
            for action in "PutBucketPolicy DeleteBucketPolicy GetBucketPolicy PutBucketTagging DeleteBucket"
            " PutLifecycleConfiguration GetLifecycleConfiguration ListBucket ListBucketVersions".split()
        ],
        ("s3:DeleteObject", data, web, False),
        ("s3:DeleteObjectVersion", data, web, False),
        ("s3:PutObject", folder, web, False),
        ("s3:PutObject", template, web, False),
        ("s3:GetObject", data, {**web, "aws:ViaAWSService": "true"}, False),
        ("s3:GetObject", data, {**web, "aws:PrincipalIsAWSService": "true"}, False),
    ]
    statements = document["Statement"]
    assert all(s["Effect"] == "Deny" and s["Principal"] == "*" for s in statements), "the policy may only deny"
    for action, resource, context, denied in cases:
        actual = any(applies(s, action, resource, context) for s in statements)
        if actual != denied:
            yield f"bucket policy: {action} on {resource} with {context}: denied is {actual}, expected {denied}"


def check_template(path, expected):
    from cfnlint.decode import cfn_yaml

    template = plain(cfn_yaml.load(str(path)))
    resources = template["Resources"]
    by_type = {}
    for name, resource in resources.items():
        assert re.fullmatch("[A-Z][A-Za-z0-9]{0,254}", name), f"logical id {name}"
        by_type.setdefault(resource["Type"], []).append(name)

    def same(what, actual, wanted):
        if actual != wanted:
            yield f"{what}: {actual!r}, expected {wanted!r}"

    counts = {"AWS::S3::Bucket": 1, "AWS::S3::BucketPolicy": 1, "AWS::SSM::Parameter": len(expected.parameters())}
    if expected.vpc:
        counts["AWS::EC2::VPCEndpoint"] = 1
    yield from same("resources", {kind: len(names) for kind, names in by_type.items()}, counts)
    yield from same("sections", set(template), {"AWSTemplateFormatVersion", "Description", "Resources", "Outputs"})
    if len(template["Description"].encode()) > 1024:
        yield "the description is longer than 1,024 bytes"
    if path.stat().st_size > 51_200:
        yield f"{path.stat().st_size} bytes, CloudFormation takes 51,200 in a request"

    (bucket_id,) = by_type["AWS::S3::Bucket"]
    bucket = resources[bucket_id]
    for key in ["DeletionPolicy", "UpdateReplacePolicy"]:
        yield from same(key, bucket.get(key), "Retain")
    properties = dict(bucket["Properties"])
    yield from same("lifecycle", lifecycle_events(properties), expected.events())
    sizes = properties.pop("LifecycleConfiguration", {}).get("TransitionDefaultMinimumObjectSize")
    yield from same("least size of a transition", sizes, None if expected.lifecycle == "none" else "all_storage_classes_128K")
    yield from same("bucket tags", tag_map(properties.pop("Tags")), expected.tags)
    wanted = {
        "BucketName": expected.bucket,
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": dict.fromkeys(
            ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"], True
        ),
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    }
    if expected.versioning:
        wanted["VersioningConfiguration"] = {"Status": "Enabled"}
    yield from same("bucket", properties, wanted)

    known = {
        bucket_id: expected.bucket,
        f"{bucket_id}.Arn": f"arn:{expected.partition}:s3:::{expected.bucket}",
        **{name: "vpce-this" for name in by_type.get("AWS::EC2::VPCEndpoint", [])},
    }
    (policy_id,) = by_type["AWS::S3::BucketPolicy"]
    policy = evaluated(resources[policy_id]["Properties"], known)
    yield from same("bucket of the policy", policy["Bucket"], expected.bucket)
    yield from check_bucket_policy(policy["PolicyDocument"], expected)

    for name in by_type.get("AWS::EC2::VPCEndpoint", []):
        endpoint = dict(resources[name]["Properties"])
        yield from same("endpoint tags", tag_map(endpoint.pop("Tags")), expected.tags)
        wanted = {
            "VpcEndpointType": "Gateway",
            "ServiceName": f"com.amazonaws.{expected.region}.s3",
            "VpcId": expected.vpc,
        }
        if expected.route_tables:
            wanted["RouteTableIds"] = expected.route_tables
        yield from same("endpoint", endpoint, wanted)

    def with_types(value):
        """A reference to a resource as one to its type, for ids are the template's own affair."""
        match value:
            case {"Ref": name}:
                return {"Ref": resources[name]["Type"]}
            case {"Fn::GetAtt": [name, attribute]}:
                return {"Fn::GetAtt": [resources[name]["Type"], attribute]}
        return value

    found = {}
    for name in by_type["AWS::SSM::Parameter"]:
        parameter = resources[name]["Properties"]
        found[parameter["Name"]] = with_types(parameter["Value"])
        yield from same(f"type of {name}", parameter["Type"], "String")
        yield from same(f"tags of {name}", parameter["Tags"], expected.tags)
    yield from same("parameters", found, expected.parameters())

    outputs = {name: with_types(output["Value"]) for name, output in template["Outputs"].items()}
    prefix = f"/s3/{expected.config}/"
    wanted = {name.removeprefix(prefix): value for name, value in expected.parameters().items()}
    yield from same("outputs", outputs, {name: value for name, value in wanted.items() if "/" not in name})


def check_policy(path, expected):
    text = path.read_text(encoding="utf-8")
    policy = json.loads(text)
    if text != json.dumps(policy, indent=2, ensure_ascii=False) + "\n":
        yield "policy: not JSON as this project writes it, with two blanks of indentation"
    size = len(re.sub(r"\s", "", text))
    if size > 6144:
        yield f"policy: {size} characters, a managed policy has at most 6,144"
    statements = policy["Statement"]
    assert all(s["Effect"] == "Allow" for s in statements)

    def arn(service, rest, partition=expected.partition, region=expected.region, account=expected.account):
        return f"arn:{partition}:{service}:{region}:{account}:{rest}"

    stack = arn("cloudformation", f"stack/{expected.config}-stack/0a1b2c3d-guid")
    bucket = f"arn:{expected.partition}:s3:::{expected.bucket}"
    parameter = arn("ssm", f"parameter/s3/{expected.config}/solutions/new/Prefix")
    here = {"aws:RequestedRegion": expected.region, "aws:ResourceAccount": expected.account}
    away = {"aws:RequestedRegion": "xx-nowhere-1", "aws:ResourceAccount": "999999999999"}
    needed = [
        *[
            (f"cloudformation:{action}", stack)
            for action in "CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet DescribeStacks"
            " DescribeStackEvents DescribeStackResources DetectStackDrift DescribeStackResourceDrifts GetTemplate"
            " DeleteStack TagResource".split()
        ],
        ("cloudformation:ValidateTemplate", "*"),
        ("cloudformation:DescribeStackDriftDetectionStatus", "*"),
        *[
            (f"s3:{action}", bucket)
            for action in "CreateBucket ListBucket ListBucketVersions PutBucketTagging GetBucketTagging"
            " PutBucketVersioning GetBucketVersioning PutEncryptionConfiguration GetEncryptionConfiguration"
            " PutLifecycleConfiguration GetLifecycleConfiguration PutBucketPublicAccessBlock"
            " GetBucketPublicAccessBlock PutBucketOwnershipControls GetBucketOwnershipControls PutBucketPolicy"
            " GetBucketPolicy DeleteBucketPolicy DeleteBucket".split()
        ],
        ("s3:PutObject", f"{bucket}/solutions/new/"),
        ("s3:PutObject", f"{bucket}/solutions/new/data/raw/dev/"),
        ("s3:PutObject", f"{bucket}/solutions/new/config/cloudformation/{expected.config}-template.yaml"),
        ("s3:DeleteObject", f"{bucket}/anything"),
        ("s3:DeleteObjectVersion", f"{bucket}/solutions/new/data/x"),
        *[
            (f"ssm:{action}", parameter)
            for action in "PutParameter DeleteParameter GetParameters AddTagsToResource RemoveTagsFromResource".split()
        ],
    ]
    refused = [
        ("cloudformation:DeleteStack", stack.replace("-stack/", "-stack-2/"), here),
        ("cloudformation:DeleteStack", arn("cloudformation", f"stack/{expected.config}-stack/x", account="1"), here),
        ("cloudformation:CreateChangeSet", arn("cloudformation", f"stack/{expected.config}-stack/x", region="x"), here),
        ("cloudformation:ValidateTemplate", "*", away),
        ("s3:GetObject", f"{bucket}/solutions/new/data/x.csv", here),
        ("s3:PutObject", f"{bucket}/solutions/new/data/x.csv", here),
        ("s3:PutObject", f"{bucket}/solutions/new/data/", away),
        ("s3:PutBucketPolicy", bucket, away),
        ("s3:PutBucketPolicy", bucket + "x", here),
        ("s3:DeleteObject", f"{bucket}x/a", here),
        ("s3:PutBucketAcl", bucket, here),
        ("ssm:PutParameter", arn("ssm", f"parameter/s3/{expected.config}x/BucketName"), here),
        ("ssm:PutParameter", arn("ssm", "parameter/vpc/x"), here),
        ("iam:PassRole", "*", here),
    ]
    endpoint, table = arn("ec2", "vpc-endpoint/vpce-1"), arn("ec2", "route-table/rtb-1")
    vpc = arn("ec2", f"vpc/{expected.vpc or 'vpc-1'}")
    ours = {**here, "aws:ResourceTag/provisioner:config": expected.config}
    theirs = {**here, "aws:ResourceTag/provisioner:config": "another"}
    routed, elsewhere = {**here, "ec2:Vpc": vpc}, {**here, "ec2:Vpc": arn("ec2", "vpc/vpc-2")}
    for_endpoint = [
        ("ec2:CreateVpcEndpoint", vpc, here),
        ("ec2:CreateVpcEndpoint", endpoint, here),
        ("ec2:CreateVpcEndpoint", table, routed),
        ("ec2:ModifyVpcEndpoint", table, routed),
        ("ec2:ModifyVpcEndpoint", endpoint, ours),
        ("ec2:DeleteVpcEndpoints", endpoint, ours),
        ("ec2:CreateTags", endpoint, ours),
        ("ec2:DeleteTags", endpoint, ours),
        ("ec2:CreateTags", endpoint, {**here, "ec2:CreateAction": "CreateVpcEndpoint"}),
        ("ec2:DescribeVpcEndpoints", "*", here),
    ]
    refused += [
        ("ec2:DeleteVpcEndpoints", endpoint, here),
        ("ec2:DeleteVpcEndpoints", endpoint, theirs),
        ("ec2:ModifyVpcEndpoint", endpoint, theirs),
        ("ec2:CreateTags", endpoint, here),
        ("ec2:ModifyVpcEndpoint", table, elsewhere),
        ("ec2:CreateVpcEndpoint", arn("ec2", "vpc/vpc-2"), here),
    ]
    cases = [(action, resource, here, True) for action, resource in needed]
    cases += [(action, resource, context, bool(expected.vpc)) for action, resource, context in for_endpoint]
    cases += [(action, resource, context, False) for action, resource, context in refused]
    for action, resource, context, allowed in cases:
        actual = any(applies(s, action, resource, context) for s in statements)
        if actual != allowed:
            yield f"policy: {action} on {resource} with {context}: allowed is {actual}, expected {allowed}"


def lint(path, region):
    from cfnlint import api
    from cfnlint.config import ManualArgs

    # Informational rules as well, experimental ones not.
    matches = api.lint_file(path, config=ManualArgs(regions=[region], include_checks=["I"]))
    return [f"cfn-lint {m.rule.id} at line {m.linenumber}: {m.message}" for m in matches]


def check_one(paths):
    config, template, policy = paths
    findings = []
    try:
        if not config.exists():
            return template.name, ["no config belongs to this template"]
        expected = Expected(config)
        if template.exists():
            findings += lint(template, expected.region)
            findings += check_template(template, expected)
        else:
            findings.append("not rendered")
        findings += check_policy(policy, expected) if policy.exists() else ["policy: not rendered"]
    except Exception as error:  # A check that cannot be made has failed.
        findings.append(f"{type(error).__name__}: {error}")
    return template.name, findings


def check(root):
    folder = root / "s3"
    stems = {path.stem for path in (folder / "configs").glob("*.yaml")}
    stems |= {path.name.removesuffix("-template.yaml") for path in (folder / "templates").glob("*-template.yaml")}
    jobs = [
        (
            folder / "configs" / f"{stem}.yaml",
            folder / "templates" / f"{stem}-template.yaml",
            folder / "policies" / f"{stem}-iam-policy.json",
        )
        for stem in sorted(stems)
    ]
    failed = 0
    with multiprocessing.Pool(2) as pool:
        for name, findings in pool.imap(check_one, jobs, chunksize=8):
            failed += bool(findings)
            for finding in findings:
                print(f"{name}: {finding}")
    print(f"{len(jobs) - failed} passed, {failed} failed")
    return 1 if failed or not jobs else 0


# ------------------------------------------------------------------------------------- checkov

# What checkov finds and this product does on purpose.
CHECKOV_ACCEPTED = {
    "CKV_AWS_18": "Access logs need a second bucket, which belongs to the account and not to each data lake;"
    " CloudTrail data events record the same and more.",
    "CKV_AWS_21": "Versioning is a choice of the config.",
}


def checkov(root):
    beside = Path(sys.executable).with_name("checkov")
    program = str(beside) if beside.exists() else shutil.which("checkov")
    if not program:
        print("checkov is not installed: nothing checked")
        return 0
    folder, chosen = root / "s3", {}
    for path in sorted((folder / "configs").glob("*.yaml")):
        expected = Expected(path)
        kind = (expected.lifecycle, expected.versioning, expected.vpc is not None)
        chosen.setdefault(kind, folder / "templates" / f"{expected.config}-template.yaml")
    command = [program, "--framework", "cloudformation", "--skip-download", "--output", "json", "--quiet"]
    for template in chosen.values():
        command += ["--file", str(template)]
    # Exit code 1 means findings; only its output tells them from a failure.
    result = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "LOG_LEVEL": "ERROR"})
    report = json.loads(result.stdout)
    unexpected, accepted, summary = 0, {}, report["summary"]
    for finding in report["results"]["failed_checks"]:
        rule = finding["check_id"]
        if rule in CHECKOV_ACCEPTED:
            accepted[rule] = accepted.get(rule, 0) + 1
        else:
            unexpected += 1
            print(f"{Path(finding['file_path']).name}: {rule} {finding['resource']}: {finding['check_name']}")
    for rule, reason in CHECKOV_ACCEPTED.items():
        print(f"accepted {accepted.get(rule, 0)} × {rule}: {reason}")
    broken = summary["parsing_errors"]
    print(f"{len(chosen)} templates, {summary['passed']} checks passed, {unexpected} failed, {broken} not parsed")
    return 1 if unexpected or broken or not summary["passed"] else 0


def main(arguments):
    commands = {"generate": generate, "check": check, "checkov": checkov}
    if len(arguments) != 2 or arguments[0] not in commands:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    return commands[arguments[0]](Path(arguments[1]))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
