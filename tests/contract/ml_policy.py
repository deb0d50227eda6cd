"""Judges the operator's policy of the ML product: our own actions run with it, and nothing of anyone else is in reach."""

from ml_roles import Places, called
from operator_attacks import attacks
from policies import INLINE, MANAGED, granted, listed, load


def check_policy(path, expected):
    # Enterprise has more to operate than a managed policy can say; inside a role it fits.
    statements = load(path, INLINE if expected.enterprise else MANAGED)
    arn, phys, role = expected.arn, expected.phys, expected.role
    here = {"aws:RequestedRegion": expected.region, "aws:ResourceAccount": expected.account}
    away = {"aws:RequestedRegion": "xx-nowhere-1", "aws:ResourceAccount": "999999999999"}
    ours = {**here, "aws:ResourceTag/provisioner:config": expected.ml_name}
    theirs = {**here, "aws:ResourceTag/provisioner:config": "another"}
    stack = arn("cloudformation", f"stack/{expected.stack}/0a1b2c3d-guid")
    bucket = arn("s3", expected.bucket, region="", account="")
    parameter = arn("ssm", f"parameter/ml/{expected.ml_name}/ModelPackageGroupArn")
    execution = arn("iam", f"role/{role}-sagemaker-execution-role", region="")
    pipeline = arn("iam", f"role/{role}-codepipeline-role", region="")
    to_pipeline = {**here, "iam:PassedToService": "codepipeline.amazonaws.com"}
    cases = [
        *[
            (f"cloudformation:{action}", stack, here, True)
            for action in "CreateChangeSet DescribeChangeSet ExecuteChangeSet DeleteChangeSet DescribeStacks"
            " DescribeChangeSetHooks DescribeStackEvents ListChangeSets ListStackResources DetectStackDrift DescribeStackResourceDrifts GetTemplate"
            " DeleteStack TagResource".split()
        ],
        ("cloudformation:ValidateTemplate", "*", here, True),
        ("cloudformation:DescribeStackDriftDetectionStatus", "*", here, True),
        ("cloudformation:ValidateTemplate", "*", away, False),
        ("cloudformation:DeleteStack", stack.replace("-stack/", "-stack-2/"), here, False),
        ("cloudformation:DeleteStack", arn("cloudformation", f"stack/{expected.stack}/x", account="1"), here, False),
        ("cloudformation:CreateChangeSet", arn("cloudformation", f"stack/{expected.stack}/x", region="x"), here, False),
        ("ssm:PutParameter", parameter, here, True),
        ("ssm:DeleteParameter", parameter, here, True),
        ("ssm:PutParameter", arn("ssm", f"parameter/ml/{expected.ml_name}x/BucketName"), here, False),
        ("ssm:PutParameter", arn("ssm", "parameter/vpc/x"), here, False),
        *[("ssm:GetParameters", arn("ssm", f"parameter{path}"), here, True) for path in expected.inputs],
        *[("ssm:PutParameter", arn("ssm", f"parameter{path}"), here, False) for path in expected.inputs],
        ("sagemaker:CreateModelPackageGroup", arn("sagemaker", f"model-package-group/{phys}-models"), here, True),
        ("sagemaker:CreateModelPackageGroup", arn("sagemaker", "model-package-group/another"), here, False),
        ("s3:CreateBucket", bucket, here, True),
        ("s3:PutBucketPolicy", bucket, here, True),
        ("s3:PutBucketPolicy", bucket, away, False),
        ("s3:PutBucketPolicy", bucket + "x", here, False),
        ("s3:GetObject", f"{bucket}/model.tar.gz", here, False),
        *[("codecommit:CreateRepository", arn("codecommit", f"{phys}-model-{half}"), here, expected.codecommit) for half in ("build", "deploy")],
        *[("codebuild:CreateProject", arn("codebuild", f"project/{phys}-{half}"), here, True) for half in ("build", "deploy")],
        *[("codepipeline:CreatePipeline", arn("codepipeline", f"{phys}-{half}-pipeline"), here, True) for half in ("build", "deploy")],
        ("codepipeline:CreatePipeline", arn("codepipeline", "another"), here, False),
        ("events:PutRule", arn("events", f"rule/{phys}-approved"), here, True),
        ("iam:PassRole", pipeline, to_pipeline, True),
        ("iam:PassRole", pipeline, {**here, "iam:PassedToService": "lambda.amazonaws.com"}, False),
        ("iam:PassRole", arn("iam", "role/admin", region=""), to_pipeline, False),
        ("iam:CreateRole", arn("iam", "role/another", region=""), here, False),
        ("iam:AttachRolePolicy", execution, here, False),
        ("sns:CreateTopic", arn("sns", f"{phys}-alerts"), here, expected.paid),
        ("cloudwatch:PutMetricAlarm", arn("cloudwatch", f"alarm:{phys}-pipeline-failure"), here, expected.paid),
        ("cloudwatch:PutDashboard", arn("cloudwatch", f"dashboard/{phys}-dashboard", region=""), here, expected.paid),
        ("kms:PutKeyPolicy", arn("kms", "key/1"), ours, expected.enterprise),
        ("kms:PutKeyPolicy", arn("kms", "key/1"), theirs, False),
        ("kms:CreateAlias", arn("kms", f"alias/{expected.alias}"), here, expected.enterprise),
        ("logs:CreateLogGroup", arn("logs", f"log-group:/ml/{expected.ml_name}"), here, expected.enterprise),
        ("ec2:CreateVpcEndpoint", arn("ec2", "vpc-endpoint/vpce-1"), {**here, "ec2:VpceServiceName": "com.amazonaws.vpce.another"}, False),
        *[("ec2:CreateVpcEndpoint", arn("ec2", "vpc-endpoint/vpce-1"), {**here, "ec2:VpceServiceName": name}, True) for name in expected.endpoints],
        ("ec2:DeleteVpcEndpoints", arn("ec2", "vpc-endpoint/vpce-1"), ours, expected.enterprise if expected.endpoints else None),
        ("ec2:DeleteVpcEndpoints", arn("ec2", "vpc-endpoint/vpce-1"), theirs, False),
        ("ec2:CreateSecurityGroup", arn("ec2", "security-group/sg-1"), here, expected.standalone),
        ("ec2:DeleteSecurityGroup", arn("ec2", "security-group/sg-1"), theirs, False),
    ]
    boundary = expected.boundary and arn("iam", f"policy/{expected.boundary}", region="")
    ours_by_boundary = {**here, **({"iam:PermissionsBoundary": boundary} if boundary else {})}
    for half in ("codebuild", "codebuild-deploy", "codepipeline", "events", "sagemaker-execution"):
        made = arn("iam", f"role/{role}-{half}-role", region="")
        cases += [(f"iam:{action}", made, ours_by_boundary, True) for action in ("CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy", "DeleteRole")]
    cases += [(*call[:2], call.context, False) for _, call in attacks(Places(expected), boundary)]
    for action, resource, context, allowed in cases:
        if allowed is not None and granted(statements, action, resource, context) != allowed:
            yield f"policy: {action} on {resource} with {context}: allowed is {not allowed}, expected {allowed}"
    for statement in statements:
        if any(action == "*" or action.endswith(":*") for action in listed(statement["Action"])):
            yield f"policy: {statement['Sid']} allows whatever a service can do"
