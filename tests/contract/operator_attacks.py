"""What somebody would try who controls the operator of ML stacks, or the role with which CI applies changes."""

from ml_roles import at_work

SERVICES = ("lambda", "ec2", "glue", "states", "cloudformation", "sagemaker")


def attacks(places, boundary=None):
    """`places` are those of one config. With a boundary, no role may be without it. Each with the words for it."""
    expected, arn = places.expected, places.expected.arn
    here = {"aws:RequestedRegion": expected.region, "aws:ResourceAccount": expected.account}

    def tries(what, actions, *resources, **context):
        for call in at_work(actions, *resources):
            yield what, call._replace(context=here | context)

    # The gate is for people, and a stack's operator is not the one who approves.
    yield from tries("approves a model", "sagemaker:UpdateModelPackage sagemaker:CreateModelPackage sagemaker:DeleteModelPackage", places.models)
    yield from tries("serves a model", "sagemaker:CreateEndpoint sagemaker:UpdateEndpoint sagemaker:InvokeEndpoint", arn("sagemaker", "endpoint/x"))
    yield from tries("runs a job", "sagemaker:CreateTrainingJob sagemaker:CreateProcessingJob", arn("sagemaker", "training-job/x"), arn("sagemaker", "processing-job/x"))
    yield from tries("starts a pipeline", "codepipeline:StartPipelineExecution codepipeline:RetryStageExecution codepipeline:PutApprovalResult"
                     " codepipeline:OverrideStageCondition codepipeline:RollbackStage", *places.pipelines.values(), *(f"{p}/Deploy" for p in places.pipelines.values()))
    yield from tries("starts a build", "codebuild:StartBuild codebuild:StartBuildBatch", *places.projects.values())
    yield from tries("writes or reads code", "codecommit:GitPush codecommit:GitPull codecommit:PutFile codecommit:GetFile", *places.repositories.values())
    yield from tries("reads artifacts", "s3:GetObject s3:PutObject", f"{places.bucket}/model.tar.gz")
    yield from tries("writes the source", "s3:PutObject s3:DeleteObject", *places.sources)
    yield from tries("forges an event", "events:PutEvents", arn("events", "event-bus/default"))
    yield from tries("takes another's rule", "events:PutRule events:PutTargets events:RemoveTargets", arn("events", "rule/another"))

    # More rights than it has.
    own = list(places.roles.values())
    another = arn("iam", "role/another", region="")
    for passed in (places.admin, another, *own):
        for service in SERVICES:
            yield from tries("passes a role", "iam:PassRole", passed, **{"iam:PassedToService": f"{service}.amazonaws.com"})
    for service in ("codebuild", "codepipeline", "events"):
        yield from tries("passes a role", "iam:PassRole", places.admin, another, places.roles["sagemaker-execution"], **{"iam:PassedToService": f"{service}.amazonaws.com"})
    yield from tries("passes a role", "iam:PassRole", *own)
    yield from tries("becomes another", "sts:AssumeRole", places.admin, *own)
    yield from tries("attaches a policy", "iam:AttachRolePolicy", another, *own, **{"iam:PermissionsBoundary": "another"})
    yield from tries("changes another's role", "iam:CreateRole iam:PutRolePolicy iam:UpdateAssumeRolePolicy iam:DeleteRole", places.admin, another)
    yield from tries("makes a person", "iam:CreateUser iam:CreateAccessKey iam:CreateLoginProfile iam:AddUserToGroup", arn("iam", "user/x", region=""))
    yield from tries("changes a policy", "iam:CreatePolicy iam:CreatePolicyVersion iam:SetDefaultPolicyVersion", arn("iam", "policy/x", region=""),
                     *([boundary] if boundary else []))
    if boundary:
        for role in own:
            for context in ({}, {"iam:PermissionsBoundary": arn("iam", "policy/another", region="")}):
                yield from tries("leaves the boundary", "iam:CreateRole iam:PutRolePolicy iam:PutRolePermissionsBoundary", role, **context)
            for context in ({}, {"iam:PermissionsBoundary": boundary}):
                yield from tries("leaves the boundary", "iam:DeleteRolePermissionsBoundary", role, **context)
    yield from tries("runs code", "lambda:CreateFunction lambda:InvokeFunction", arn("lambda", "function:x"))
    yield from tries("runs code", "ec2:RunInstances", arn("ec2", "instance/*"))
    yield from tries("reads secrets", "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:x"))
    yield from tries("reads another's parameter", "ssm:GetParameter ssm:GetParameters ssm:PutParameter", arn("ssm", "parameter/prod/password"))
    yield from tries("takes another's stack", "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet cloudformation:DeleteStack",
                     arn("cloudformation", "stack/another-stack/0a1b"), arn("cloudformation", f"stack/{expected.stack}-2/0a1b"))
    yield from tries("uses another key", "kms:Decrypt kms:PutKeyPolicy kms:ScheduleKeyDeletion kms:CreateGrant", places.other_key)
    yield from tries("uses another key", "kms:Decrypt kms:PutKeyPolicy kms:ScheduleKeyDeletion", places.other_key, **{"aws:ResourceTag/provisioner:config": "another"})
    # A tag makes a key ours.
    yield from tries("takes another key", "kms:TagResource", places.other_key)
    yield from tries("takes another key", "kms:TagResource", places.other_key, **{"aws:RequestTag/provisioner:config": expected.ml_name})
    yield from tries("takes another bucket", "s3:PutBucketPolicy s3:DeleteBucket s3:ListBucket", places.s3("another"))
    yield from tries("opens the network", "ec2:AuthorizeSecurityGroupIngress ec2:DeleteVpcEndpoints ec2:DeleteSecurityGroup",
                     arn("ec2", "security-group/sg-1"), arn("ec2", "vpc-endpoint/vpce-1"))

