"""What each role of an ML stack has to be able to do, and what nobody may do who controls it.

A build runs code of the build repository, a job code that a build chose, a deployment code of the deploy repository. The gate is a
person who approves a model package; it stays shut whatever that code does.
"""

import re
from typing import NamedTuple

SAGEMAKER, LENT = "sagemaker.amazonaws.com", "ec2:AuthorizedService"
# By the verb's object in SageMaker's API: the kind in ARNs.
JOBS = {
    "HyperParameterTuningJob": "hyper-parameter-tuning-job", "ProcessingJob": "processing-job", "TrainingJob": "training-job",
    "TransformJob": "transform-job",
}
SERVED = {"Endpoint": "endpoint", "EndpointConfig": "endpoint-config", "Model": "model"}
LOGS_OF_JOBS = {
    "TrainingJobs": "training-job", "ProcessingJobs": "processing-job", "TransformJobs": "transform-job",
}
# What the services limit to no resource.
NO_RESOURCE_LEVEL = {
    "cloudwatch:PutMetricData", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ecr:GetAuthorizationToken",
}
WHO_ACTS = {
    "codepipeline": "codepipeline", "codebuild": "codebuild", "codebuild-deploy": "codebuild", "sagemaker-execution": "sagemaker",
    "events": "events",
}
# The roles in which code runs that people write.
RUN_CODE = ("codebuild", "codebuild-deploy", "sagemaker-execution")


# What SageMaker calls a step of a pipeline whose author does not choose a prefix, and not every step lets them choose.
STEP = "pipelines-abcdefghijkl-Train-0a1b2c3d4e"


class Call(NamedTuple):
    action: str
    resource: str
    context: dict = {}


class Places:
    """ARNs of one config's stack, and of what is next to it."""

    def __init__(self, expected):
        self.expected, arn, phys = expected, expected.arn, expected.phys
        self.key, self.other_key = arn("kms", "key/the-key"), arn("kms", "key/another")
        self.bucket = self.s3(expected.bucket)
        self.models, self.group = arn("sagemaker", f"model-package/{phys}-models/1"), arn("sagemaker", f"model-package-group/{phys}-models")
        self.sources = [self.s3(f"{expected.source_prefix}/model-{half}.zip") for half in ("build", "deploy")] if expected.source_prefix else []
        self.roles = {name: arn("iam", f"role/{expected.role}-{name}-role", region="") for name in WHO_ACTS}
        self.admin = arn("iam", "role/admin", region="")
        self.interface = arn("ec2", "network-interface/eni-1")
        self.vpc = arn("ec2", f"vpc/{expected.vpc}")
        self.attached = [self.interface, arn("ec2", "subnet/subnet-1"), arn("ec2", "security-group/sg-1")]
        self.repositories = {half: arn("codecommit", f"{phys}-model-{half}") for half in ("build", "deploy")}
        self.projects = {half: arn("codebuild", f"project/{phys}-{half}") for half in ("build", "deploy")}
        self.pipelines = {half: arn("codepipeline", f"{phys}-{half}-pipeline") for half in ("build", "deploy")}
        self.parameters = arn("ssm", f"parameter/ml/{expected.ml_name}/BucketName")
        self.rules = [arn("events", f"rule/{phys}-{name}") for name in ("approved", "source")]
        self.build_logs = {
            half: arn("logs", f"log-group:/ml/{expected.ml_name}" if expected.enterprise else f"log-group:/aws/codebuild/{phys}-{half}")
            for half in ("build", "deploy")
        }

    def s3(self, name):
        return self.expected.arn("s3", name, region="", account="")

    def made(self, kind, rest="x-2026-01-01-00-00-00-000"):
        return self.expected.arn("sagemaker", f"{kind}/{self.expected.made}-{rest}")

    def anothers(self, kind, steps_too=True):
        """Of use cases with names like this one's: the same prefix with another hash, the whole physical name, and no prefix at all."""
        made = self.expected.made
        for name in (f"{made[:-8]}00000000-x", f"{self.expected.phys}-x", f"{made}x", "x", *([STEP] if steps_too else [])):
            yield self.expected.arn("sagemaker", f"{kind}/{name}")


def at_work(actions, *resources, context=None):
    return [Call(action, resource, context or {}) for action in actions.split() for resource in resources]


def artifacts(places):
    return [
        *at_work("s3:GetObject s3:PutObject", f"{places.bucket}/model.tar.gz"),
        *at_work("s3:GetBucketLocation", places.bucket),
    ]


def the_key(places):
    return at_work("kms:Decrypt kms:GenerateDataKey kms:DescribeKey", places.key) if places.expected.enterprise else []


def volumes(places):
    """SageMaker encrypts the disks of jobs and endpoints with the key, by a grant that its caller has to be allowed."""
    if not places.expected.enterprise:
        return []
    context = {"kms:GrantIsForAWSResource": "true", "kms:ViaService": f"sagemaker.{places.expected.region}.amazonaws.com"}
    return [Call("kms:CreateGrant", places.key, context)]


def network(places, service):
    if not places.expected.enterprise:
        return []
    there = {"ec2:Vpc": places.vpc}
    return [
        *at_work("ec2:CreateNetworkInterface", places.interface),
        *at_work("ec2:CreateNetworkInterface", *places.attached, context=there),
        *at_work("ec2:DeleteNetworkInterface", places.interface, context=there),
        *at_work(
            "ec2:DescribeDhcpOptions ec2:DescribeNetworkInterfaces ec2:DescribeSecurityGroups ec2:DescribeSubnets ec2:DescribeVpcs", "*"
        ),
        Call("ec2:CreateNetworkInterfacePermission", places.interface, there | {LENT: f"{service}.amazonaws.com"}),
    ]


def data(places):
    calls = []
    for source in places.expected.data:
        bucket = places.s3(source.bucket)
        below = f"{source.prefix}/" if source.prefix else ""
        calls += at_work("s3:GetObject", f"{bucket}/{below}x.csv", f"{bucket}/{below}a/b.csv")
        calls.append(Call("s3:ListBucket", bucket, {"s3:prefix": f"{below}a/"}))
    return calls


def jobs(places):
    """To train, process, tune and transform, below the prefix."""
    calls = []
    for made, kind in JOBS.items():
        calls += at_work(f"sagemaker:Create{made} sagemaker:Describe{made} sagemaker:Stop{made} sagemaker:AddTags", places.made(kind))
    calls += at_work("sagemaker:CreateModel sagemaker:DescribeModel", places.made("model"))
    return calls + volumes(places)


def register(places):
    pending = {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}
    return [
        *at_work("sagemaker:CreateModelPackage", places.group, places.models, context=pending),
        *at_work("sagemaker:DescribeModelPackage", places.models),
    ]


def pass_on(places):
    return [Call("iam:PassRole", places.roles["sagemaker-execution"], {"iam:PassedToService": SAGEMAKER})]


def follow(places):
    """The logs of jobs: what they wrote, and which streams there are."""
    arn = places.expected.arn
    calls = []
    for group in LOGS_OF_JOBS:
        log_group = arn("logs", f"log-group:/aws/sagemaker/{group}")
        calls.append(Call("logs:DescribeLogStreams", f"{log_group}:*"))
        calls.append(Call("logs:GetLogEvents", f"{log_group}:log-stream:{places.expected.made}-x/algo-1-1"))
    return calls


def any_build(places, half):
    """What CodeBuild does in the name of a build, and what a build looks up."""
    return [
        *artifacts(places), *the_key(places), *network(places, "codebuild"), *data(places), *pass_on(places), *follow(places),
        *at_work("s3:ListBucket", places.bucket),
        *at_work("logs:CreateLogStream logs:PutLogEvents", f"{places.build_logs[half]}:log-stream:x"),
        *at_work("ssm:GetParameter", places.parameters),
    ]


def needs_of(name, expected):
    """The calls that a role has to be allowed."""
    places, codecommit = Places(expected), expected.codecommit
    match name:
        case "codepipeline":
            calls = artifacts(places) + the_key(places)
            calls += at_work("codebuild:StartBuild codebuild:BatchGetBuilds", *places.projects.values())
            if codecommit:
                actions = "GetBranch GetCommit UploadArchive GetUploadArchiveStatus CancelUploadArchive".split()
                return calls + at_work(" ".join(map("codecommit:".__add__, actions)), *places.repositories.values())
            calls += at_work("s3:GetObject s3:GetObjectVersion", *places.sources)
            calls += at_work("s3:GetBucketVersioning s3:GetBucketAcl s3:GetBucketLocation", places.s3(expected.source_prefix.split("/")[0]))
            return calls + (at_work("kms:Decrypt", expected.source_key) if expected.source_key else [])
        case "codebuild":
            calls = any_build(places, "build") + jobs(places) + register(places)
            calls += at_work("sagemaker:DescribeModelPackageGroup", places.group)
            calls += at_work(
                "sagemaker:CreatePipeline sagemaker:DescribePipeline sagemaker:UpdatePipeline sagemaker:StartPipelineExecution",
                places.made("pipeline", "p"),
            )
            return calls + at_work(
                "sagemaker:DescribePipelineExecution sagemaker:ListPipelineExecutionSteps sagemaker:StopPipelineExecution",
                places.made("pipeline", "p/execution/abcdefghijkl"),
            )
        case "codebuild-deploy":
            calls = any_build(places, "deploy") + volumes(places) + at_work("sagemaker:DescribeModelPackage", places.models)
            for made, kind in SERVED.items():
                calls += at_work(f"sagemaker:Create{made} sagemaker:Describe{made} sagemaker:AddTags", places.made(kind))
            calls += at_work("sagemaker:UpdateEndpoint sagemaker:InvokeEndpoint", places.made("endpoint"))
            return calls + at_work(
                "sagemaker:CreateTransformJob sagemaker:DescribeTransformJob sagemaker:StopTransformJob", places.made("transform-job")
            )
        case "sagemaker-execution":
            # A step of a SageMaker pipeline runs in this role: it starts the job, and passes the role on to it.
            calls = artifacts(places) + the_key(places) + data(places) + jobs(places) + register(places) + pass_on(places)
            calls += [call._replace(resource=re.sub("/[^/]+$", f"/{STEP}", call.resource)) for call in jobs(places) if call.action.startswith("sagemaker:")]
            calls += network(places, "sagemaker")
            if expected.enterprise:
                calls += at_work("ec2:DeleteNetworkInterfacePermission", places.interface, context={"ec2:Vpc": places.vpc})
            calls += at_work("s3:ListBucket", places.bucket)
            image = expected.arn("ecr", "repository/framework", account="763104351884")
            calls += at_work("ecr:BatchCheckLayerAvailability ecr:BatchGetImage ecr:GetDownloadUrlForLayer", image)
            calls += at_work("ecr:GetAuthorizationToken", "*")
            stream = expected.arn("logs", "log-group:/aws/sagemaker/TrainingJobs:log-stream:x")
            calls += at_work("logs:CreateLogStream logs:PutLogEvents", stream)
            return calls + at_work("cloudwatch:PutMetricData", "*", context={"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"})
        case "events":
            return at_work("codepipeline:StartPipelineExecution", *places.pipelines.values())
    raise ValueError(f"{name} is unknown here")


def attacks_on(name, expected):
    """What somebody who controls a role would try, each with the words for it."""
    places, arn = Places(expected), expected.arn
    phys = expected.phys

    def tries(what, actions, *resources):
        for call in at_work(actions, *resources):
            yield what, call

    status = lambda value: {"sagemaker:ModelApprovalStatus": value}
    for value in ("Approved", "Rejected"):
        for resource in (places.group, places.models):
            yield "registers a model as approved", Call("sagemaker:CreateModelPackage", resource, status(value))
    for value in ("Approved", "PendingManualApproval"):
        yield "approves a model", Call("sagemaker:UpdateModelPackage", places.models, status(value))
    yield from tries("approves a model", "sagemaker:UpdateModelPackage", places.models)
    yield from tries("removes registered models", "sagemaker:DeleteModelPackage", places.models)
    yield from tries("opens the group", "sagemaker:PutModelPackageGroupPolicy sagemaker:DeleteModelPackageGroup", places.group)
    for end in ("-models-2", "-2-models", ""):
        group, package = arn("sagemaker", f"model-package-group/{phys}{end}"), arn("sagemaker", f"model-package/{phys}{end}/1")
        for resource in (group, package):
            yield "registers a model of another use case", Call("sagemaker:CreateModelPackage", resource, status("PendingManualApproval"))
        yield from tries("reads another's models", "sagemaker:DescribeModelPackage sagemaker:DescribeModelPackageGroup sagemaker:ListModelPackages", group, package)

    # Past the gate: what an approval starts.
    if name != "events":
        yield from tries("starts a deployment", "codepipeline:StartPipelineExecution", *places.pipelines.values())
    if name != "codepipeline":
        yield from tries("starts a build", "codebuild:StartBuild codebuild:StartBuildBatch", *places.projects.values())
    stages = [f"{pipeline}/{stage}" for pipeline in places.pipelines.values() for stage in ("Source", "Deploy", "Deploy/Deploy")]
    yield from tries("forces a stage", "codepipeline:RetryStageExecution codepipeline:OverrideStageCondition codepipeline:PutApprovalResult"
                     " codepipeline:EnableStageTransition codepipeline:RollbackStage", *stages, *places.pipelines.values())
    yield from tries("changes a pipeline", "codepipeline:UpdatePipeline codepipeline:DeletePipeline", *places.pipelines.values())
    yield from tries("changes a project", "codebuild:UpdateProject codebuild:DeleteProject", *places.projects.values())
    # CodePipeline calls an artifact by the first characters of the pipeline's name and of the artifact's.
    if name in ("codebuild", "sagemaker-execution"):
        for artifact in {expected.deploy_source[:10]}:
            yield from tries("changes the code of a deployment", "s3:PutObject", f"{places.bucket}/{phys[:20]}/{artifact}/abcdefg")
    yield from tries("writes code", "codecommit:GitPush codecommit:PutFile codecommit:CreateCommit", *places.repositories.values())
    yield from tries("reads another's code", "codecommit:GitPull codecommit:GetBranch codecommit:UploadArchive", arn("codecommit", f"{phys}-2-model-build"))
    yield from tries("makes a rule", "events:PutRule events:PutTargets events:DeleteRule events:DisableRule", *places.rules)
    yield from tries("forges an event", "events:PutEvents", arn("events", "event-bus/default"))
    yield from tries("starts what is another's", "codepipeline:StartPipelineExecution", arn("codepipeline", f"{phys}-2-deploy-pipeline"))
    yield from tries("starts what is another's", "codebuild:StartBuild", arn("codebuild", f"project/{phys}-2-deploy"))
    if name != "codebuild-deploy":
        yield from tries("serves a model without an approval", "sagemaker:CreateEndpoint sagemaker:UpdateEndpoint"
                         " sagemaker:UpdateEndpointWeightsAndCapacities", places.made("endpoint"))
        yield from tries("serves a model without an approval", "sagemaker:CreateEndpoint sagemaker:UpdateEndpoint sagemaker:CreateEndpointConfig",
                         places.made("endpoint-config"))

    # Names of others.
    for made, kind in (JOBS | SERVED | {"Pipeline": "pipeline"}).items():
        verbs = f"sagemaker:Create{made} sagemaker:Describe{made} sagemaker:Delete{made} sagemaker:Update{made} sagemaker:Stop{made} sagemaker:AddTags"
        # The names of steps tell no pipeline from another, and the role of the steps has to create them.
        steps = name == "sagemaker-execution"
        yield from tries(f"takes another's {kind}", verbs, *places.anothers(kind, not steps))
    yield from tries("starts another's pipeline", "sagemaker:StartPipelineExecution sagemaker:StopPipelineExecution", *places.anothers("pipeline"))
    yield from tries("asks another's model", "sagemaker:InvokeEndpoint sagemaker:InvokeEndpointAsync", *places.anothers("endpoint"))
    for kind, actions in {
        "experiment": "sagemaker:CreateExperiment sagemaker:DeleteExperiment sagemaker:AddTags",
        "experiment-trial-component": "sagemaker:CreateTrialComponent sagemaker:UpdateTrialComponent sagemaker:DeleteTrialComponent sagemaker:AddTags",
    }.items():
        yield from tries(f"takes another's {kind}", actions, *places.anothers(kind, name != "sagemaker-execution"))
    yield from tries("has a notebook", "sagemaker:CreateNotebookInstance sagemaker:CreatePresignedNotebookInstanceUrl", arn("sagemaker", f"notebook-instance/{expected.made}-x"))
    yield from tries("reads another's logs", "logs:GetLogEvents", arn("logs", "log-group:/aws/sagemaker/TrainingJobs:log-stream:another-x/algo-1"),
                     arn("logs", "log-group:another:log-stream:x"), arn("logs", f"log-group:/aws/codebuild/{phys}-2-build:log-stream:x"))
    yield from tries("reads all logs", "logs:FilterLogEvents logs:StartQuery", arn("logs", "log-group:/aws/sagemaker/TrainingJobs"))
    yield from tries("covers its tracks", "logs:DeleteLogGroup logs:DeleteLogStream logs:PutRetentionPolicy", places.build_logs["build"], f"{places.build_logs['build']}:log-stream:x")
    if name != "sagemaker-execution":
        yield from tries("writes another's logs", "logs:PutLogEvents", arn("logs", "log-group:/aws/sagemaker/TrainingJobs:log-stream:x"))
    yield from tries("writes another's logs", "logs:PutLogEvents", arn("logs", "log-group:another:log-stream:x"),
                     arn("logs", f"log-group:/aws/codebuild/{phys}-2-build:log-stream:x"))

    # Rights of others.
    role = places.roles[name]
    yield from tries("gives itself rights", "iam:PutRolePolicy iam:AttachRolePolicy iam:UpdateAssumeRolePolicy iam:DeleteRolePolicy", role)
    yield from tries("leaves its boundary", "iam:DeleteRolePermissionsBoundary iam:PutRolePermissionsBoundary", role)
    yield from tries("makes an identity", "iam:CreateRole iam:CreateUser iam:CreateAccessKey iam:CreatePolicyVersion", role, arn("iam", "user/x", region=""), arn("iam", "policy/x", region=""))
    yield from tries("becomes another", "sts:AssumeRole", places.admin, *places.roles.values())
    for passed in (places.admin, *places.roles.values()):
        for service in ("sagemaker", "lambda", "ec2", "glue", "codebuild", "codepipeline", "cloudformation", "states"):
            if (passed, service) != (places.roles["sagemaker-execution"], "sagemaker") or name in ("codepipeline", "events"):
                yield "passes a role", Call("iam:PassRole", passed, {"iam:PassedToService": f"{service}.amazonaws.com"})
    yield from tries("passes a role", "iam:PassRole", places.roles["sagemaker-execution"], places.admin)
    function = arn("lambda", "function:x")
    yield from tries("runs code elsewhere", "lambda:CreateFunction lambda:InvokeFunction lambda:UpdateFunctionCode", function)
    yield from tries("runs code elsewhere", "ec2:RunInstances", arn("ec2", "instance/*"))
    yield from tries("changes the stack", "cloudformation:CreateChangeSet cloudformation:ExecuteChangeSet cloudformation:DeleteStack",
                     arn("cloudformation", f"stack/{expected.stack}/x"))
    yield from tries("reads a secret", "secretsmanager:GetSecretValue", arn("secretsmanager", "secret:x"))
    yield from tries("reads another's parameter", "ssm:GetParameter ssm:GetParametersByPath", arn("ssm", f"parameter/ml/{expected.ml_name}-2/BucketName"),
                     arn("ssm", "parameter/prod/password"))
    yield from tries("writes a parameter", "ssm:PutParameter ssm:DeleteParameter", places.parameters)

    # Stores.
    yield from tries("removes artifacts", "s3:DeleteObject s3:DeleteObjectVersion", f"{places.bucket}/model.tar.gz")
    yield from tries("opens the bucket", "s3:PutBucketPolicy s3:DeleteBucketPolicy s3:PutBucketAcl s3:PutLifecycleConfiguration s3:DeleteBucket"
                     " s3:PutBucketPublicAccessBlock s3:PutReplicationConfiguration s3:PutBucketVersioning", places.bucket)
    yield from tries("reads another bucket", "s3:GetObject s3:PutObject s3:GetObjectVersion", f"{places.bucket}x/model.tar.gz", places.s3("another/x"))
    yield from tries("looks at another bucket", "s3:ListBucket s3:GetBucketLocation s3:GetBucketVersioning s3:GetBucketAcl", f"{places.bucket}x", places.s3("another"))
    for archive in places.sources:
        yield from tries("changes the source", "s3:PutObject s3:DeleteObject", archive)
        if name != "codepipeline":
            yield from tries("reads the source", "s3:GetObject", archive)
    if places.sources:
        folder = places.sources[0].rpartition("/")[0]
        yield from tries("reads beside the source", "s3:GetObject s3:GetObjectVersion", f"{folder}/another.zip")
    for source in expected.data:
        bucket = places.s3(source.bucket)
        inside = f"{bucket}/{source.prefix}/x" if source.prefix else f"{bucket}/x"
        yield from tries("changes data", "s3:PutObject s3:DeleteObject s3:PutObjectTagging", inside)
        yield from tries("opens data", "s3:PutBucketPolicy s3:PutBucketAcl", bucket)
        if source.prefix:
            yield from tries("reads beside its data", "s3:GetObject", f"{bucket}/x.csv", f"{bucket}/{source.prefix}x/x.csv", f"{bucket}/another/x.csv")
            yield "lists another bucket", Call("s3:ListBucket", places.s3("another"), {"s3:prefix": f"{source.prefix}/"})
            for prefix in ("", "another/", f"{source.prefix}x/"):
                yield "lists beside its data", Call("s3:ListBucket", bucket, {"s3:prefix": prefix})
            yield from tries("lists beside its data", "s3:ListBucket", bucket)
        if name in ("codepipeline", "events"):
            yield from tries("reads data", "s3:GetObject", inside)
    yield from tries("uses another key", "kms:Decrypt kms:GenerateDataKey kms:CreateGrant", places.other_key)
    yield from tries("governs a key", "kms:PutKeyPolicy kms:ScheduleKeyDeletion kms:DisableKey kms:ReplicateKey", places.key, places.other_key)
    yield from tries("lends the key", "kms:CreateGrant", places.key)
    yield "lends the key", Call("kms:CreateGrant", places.key, {"kms:GrantIsForAWSResource": "false"})
    yield from (("lends another key", call._replace(resource=places.other_key)) for call in volumes(places))
    if expected.source_key and name != "codepipeline":
        yield from tries("reads the source", "kms:Decrypt", expected.source_key)
    yield from tries("changes an image", "ecr:PutImage ecr:BatchDeleteImage", arn("ecr", "repository/framework"))

    # Around. SageMaker asks for the permission of an interface without saying for whom.
    if name != "sagemaker-execution":
        for context in ({LENT: "another"}, {}):
            yield "lends a network interface", Call("ec2:CreateNetworkInterfacePermission", places.interface, context | {"ec2:Vpc": places.vpc})
    for context in ({"ec2:Vpc": arn("ec2", "vpc/another")}, {}):
        for resource in places.attached[1:]:
            yield "enters another network", Call("ec2:CreateNetworkInterface", resource, context)
        yield "leaves another network", Call("ec2:DeleteNetworkInterface", places.interface, context)
        for lent in ("codebuild", "sagemaker"):
            yield "lends an interface of another network", Call("ec2:CreateNetworkInterfacePermission", places.interface, context | {LENT: f"{lent}.amazonaws.com"})
    yield from tries("opens the network", "ec2:AuthorizeSecurityGroupIngress ec2:AuthorizeSecurityGroupEgress ec2:ModifyNetworkInterfaceAttribute",
                     arn("ec2", "security-group/sg-1"), places.interface)
    yield from tries("removes an endpoint", "ec2:DeleteVpcEndpoints ec2:ModifyVpcEndpoint", arn("ec2", "vpc-endpoint/vpce-1"))
    yield "forges a metric", Call("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/CodePipeline"})
    yield from tries("forges a metric", "cloudwatch:PutMetricData", "*")
    yield from tries("silences the alarm", "cloudwatch:DeleteAlarms cloudwatch:DisableAlarmActions cloudwatch:SetAlarmState",
                     arn("cloudwatch", f"alarm:{phys}-pipeline-failure"))
    yield from tries("takes the alerts", "sns:Publish sns:Subscribe sns:SetTopicAttributes", arn("sns", f"{phys}-alerts"))


def called(call):
    return f"{call.action} on {call.resource}" + (f" with {call.context}" if call.context else "")
