"""Judges the operator's policy of the S3 product."""

import json

from policies import MANAGED, granted, load


def check_policy(path, expected):
    statements = load(path, MANAGED)
    text = path.read_text(encoding="utf-8")
    if text != json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n":
        yield "policy: not JSON as this project writes it, with two blanks of indentation"

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
            " DescribeChangeSetHooks DescribeStackEvents ListChangeSets ListStackResources DetectStackDrift DescribeStackResourceDrifts GetTemplate"
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
    for_endpoint = [
        ("ec2:CreateVpcEndpoint", vpc, here),
        ("ec2:CreateVpcEndpoint", endpoint, {**here, "ec2:VpceServiceName": f"com.amazonaws.{expected.region}.s3"}),
        ("ec2:CreateVpcEndpoint", table, here),
        ("ec2:ModifyVpcEndpoint", table, here),
        ("ec2:ModifyVpcEndpoint", endpoint, ours),
        ("ec2:DeleteVpcEndpoints", endpoint, ours),
        ("ec2:CreateTags", endpoint, ours),
        ("ec2:DeleteTags", endpoint, ours),
        ("ec2:CreateTags", endpoint, {**here, "ec2:CreateAction": "CreateVpcEndpoint"}),
    ]
    refused += [
        ("ec2:DeleteVpcEndpoints", endpoint, here),
        ("ec2:DeleteVpcEndpoints", endpoint, theirs),
        ("ec2:ModifyVpcEndpoint", endpoint, theirs),
        ("ec2:CreateTags", endpoint, here),
        ("ec2:CreateVpcEndpoint", arn("ec2", "vpc/vpc-2"), here),
    ]
    cases = [("ec2:DescribeVpcEndpoints", "*", here, bool(expected.vpc))]
    cases += [(action, resource, here, True) for action, resource in needed]
    cases += [(action, resource, context, bool(expected.endpoint)) for action, resource, context in for_endpoint]
    cases += [(action, resource, context, False) for action, resource, context in refused]
    for action, resource, context, allowed in cases:
        actual = granted(statements, action, resource, context)
        if actual != allowed:
            yield f"policy: {action} on {resource} with {context}: allowed is {actual}, expected {allowed}"
