"""Judges who may do what in an ML stack: its roles, its key, its bucket, its topic."""

from policies import applies, granted, listed, said_of
from templates import same

# What builds make, and under which name SageMaker knows it.
WORK = {
    "Endpoint": "endpoint", "EndpointConfig": "endpoint-config", "Model": "model", "Pipeline": "pipeline",
    "ProcessingJob": "processing-job", "TrainingJob": "training-job",
}
# What the services limit to no resource.
NO_RESOURCE_LEVEL = {
    "cloudwatch:PutMetricData", "ec2:DescribeDhcpOptions", "ec2:DescribeNetworkInterfaces", "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ecr:GetAuthorizationToken",
}


def cases_of(expected):
    """For each role, who may act in it, and calls that it may make or not: (action, resource, context, allowed)."""
    phys, enterprise, codecommit = expected.phys, expected.enterprise, expected.codecommit
    arn = expected.arn
    key, other_key = arn("kms", "key/the-key"), arn("kms", "key/another")
    bucket = arn("s3", expected.bucket, region="", account="")
    objects = [
        ("s3:GetObject", f"{bucket}/model.tar.gz", {}, True),
        ("s3:PutObject", f"{bucket}/model.tar.gz", {}, True),
        ("s3:DeleteObject", f"{bucket}/model.tar.gz", {}, False),
        ("s3:GetObject", f"{bucket}x/model.tar.gz", {}, False),
        ("s3:GetBucketLocation", bucket, {}, True),
        ("s3:PutBucketPolicy", bucket, {}, False),
    ]
    with_key = [(f"kms:{action}", key, {}, enterprise) for action in ("Decrypt", "GenerateDataKey", "DescribeKey")]
    with_key += [("kms:Decrypt", other_key, {}, False), ("kms:ScheduleKeyDeletion", key, {}, False)]
    source = f"arn:{expected.partition}:s3:::{expected.source_prefix}"
    from_source = [("s3:GetObject", f"{source}/model-{half}.zip", {}, True) for half in ("build", "deploy")]
    from_source += [
        ("s3:GetBucketVersioning", source.split("/")[0], {}, True),
        ("s3:GetObject", f"{source}/another.zip", {}, False),
        ("s3:PutObject", f"{source}/model-build.zip", {}, False),
    ]
    repositories = [
        (action, arn("codecommit", f"{phys}-model-{half}"), {}, codecommit)
        for half in ("build", "deploy")
        for action in map("codecommit:".__add__, "GetBranch GetCommit UploadArchive GetUploadArchiveStatus CancelUploadArchive".split())
    ]
    repositories += [("codecommit:GetBranch", arn("codecommit", "another"), {}, False)]
    builds = [("codebuild:StartBuild", arn("codebuild", f"project/{phys}-{half}"), {}, True) for half in ("build", "deploy")]
    builds += [("codebuild:BatchGetBuilds", arn("codebuild", f"project/{phys}-{half}"), {}, True) for half in ("build", "deploy")]
    builds += [("codebuild:StartBuild", arn("codebuild", f"project/{phys}-x"), {}, False)]

    models, group = arn("sagemaker", f"model-package/{phys}-models/1"), arn("sagemaker", f"model-package-group/{phys}-models")
    execution = arn("iam", f"role/{expected.role}-sagemaker-execution-role", region="")
    logs = f"/ml/{expected.ml_name}" if enterprise else f"/aws/codebuild/{phys}-build"
    interface = arn("ec2", "network-interface/eni-1")
    attached = [interface, arn("ec2", "subnet/subnet-1"), arn("ec2", "security-group/sg-1")]
    build = [
        *[(f"logs:{action}", arn("logs", f"log-group:{logs}:log-stream:x"), {}, True) for action in ("CreateLogStream", "PutLogEvents")],
        *[
            (f"sagemaker:{verb}{made}", arn("sagemaker", f"{kind}/{name}"), {}, name == f"{phys}-1")
            for made, kind in WORK.items()
            for verb in ("Create", "Describe")
            for name in (f"{phys}-1", "another")
        ],
        *[
            (f"sagemaker:{verb}", arn("sagemaker", f"{kind}/{phys}-1"), {}, True)
            for verb, kind in {"UpdateEndpoint": "endpoint", "UpdatePipeline": "pipeline", "StartPipelineExecution": "pipeline"}.items()
        ],
        ("logs:PutLogEvents", arn("logs", "log-group:another:log-stream:x"), {}, False),
        ("sagemaker:CreateModelPackage", models, {}, True),
        ("sagemaker:DescribeModelPackageGroup", group, {}, True),
        ("sagemaker:DescribeModelPackage", models.replace("-models/", "-models-2/"), {}, False),
        ("sagemaker:DeleteModelPackageGroup", group, {}, False),
        # Who builds a model does not approve it.
        ("sagemaker:UpdateModelPackage", models, {}, False),
        ("iam:PassRole", execution, {"iam:PassedToService": "sagemaker.amazonaws.com"}, True),
        ("iam:PassRole", execution, {"iam:PassedToService": "lambda.amazonaws.com"}, False),
        ("iam:PassRole", execution.replace("sagemaker-execution", "codebuild"), {"iam:PassedToService": "sagemaker.amazonaws.com"}, False),
        ("ssm:GetParameter", arn("ssm", f"parameter/ml/{expected.ml_name}/BucketName"), {}, True),
        ("ssm:GetParameter", arn("ssm", f"parameter/ml/{expected.ml_name}-2/BucketName"), {}, False),
        ("ssm:PutParameter", arn("ssm", f"parameter/ml/{expected.ml_name}/BucketName"), {}, False),
        *[("ec2:CreateNetworkInterface", resource, {}, enterprise) for resource in attached],
        ("ec2:DeleteNetworkInterface", interface, {}, enterprise),
        ("ec2:DescribeSubnets", "*", {}, enterprise),
        ("ec2:CreateNetworkInterfacePermission", interface, {"ec2:AuthorizedService": "codebuild.amazonaws.com"}, enterprise),
        ("ec2:CreateNetworkInterfacePermission", interface, {"ec2:AuthorizedService": "another"}, False),
        ("s3:ListBucket", bucket, {}, True),
    ]
    execute = [
        *[
            (f"ecr:{action}", arn("ecr", "repository/framework", account="763104351884"), {}, True)
            for action in ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
        ],
        ("ecr:GetAuthorizationToken", "*", {}, True),
        ("ecr:PutImage", arn("ecr", "repository/framework"), {}, False),
        ("logs:PutLogEvents", arn("logs", "log-group:/aws/sagemaker/TrainingJobs:log-stream:x"), {}, True),
        ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "/aws/sagemaker/TrainingJobs"}, True),
        ("cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/Billing"}, False),
        ("sagemaker:CreateModelPackage", models, {}, True),
        ("iam:PassRole", execution, {"iam:PassedToService": "sagemaker.amazonaws.com"}, False),
    ]
    start = [
        ("codepipeline:StartPipelineExecution", arn("codepipeline", f"{phys}-deploy-pipeline"), {}, True),
        ("codepipeline:StartPipelineExecution", arn("codepipeline", f"{phys}-build-pipeline"), {}, codecommit),
        ("codepipeline:StartPipelineExecution", arn("codepipeline", "another"), {}, False),
    ]
    return {
        "codepipeline": ("codepipeline", objects + with_key + builds + repositories + ([] if codecommit else from_source)),
        "codebuild": ("codebuild", objects + with_key + build),
        "sagemaker-execution": ("sagemaker", objects + with_key + execute),
        "events": ("events", start),
    }


def check_roles(found, expected):
    for name, (service, cases) in cases_of(expected).items():
        role = found["AWS::IAM::Role", f"{expected.role}-{name}-role"]
        trust = [(s["Effect"], s["Principal"], s["Action"]) for s in role["AssumeRolePolicyDocument"]["Statement"]]
        yield from same(f"who acts as {name}", trust, [("Allow", {"Service": f"{service}.amazonaws.com"}, "sts:AssumeRole")])
        yield from same(f"managed policies of {name}", role.get("ManagedPolicyArns", []), [])
        statements = [s for policy in role["Policies"] for s in policy["PolicyDocument"]["Statement"]]
        for action, resource, context, allowed in cases:
            yield from same(f"{name}: {action} on {resource} with {context}", granted(statements, action, resource, context), allowed)
        for statement in statements:
            actions = listed(statement["Action"])
            yield from same(f"wildcards of {name}", [action for action in actions if "*" in action], [])
            if "*" in listed(statement["Resource"]):
                yield from same(f"{name} at every resource", {*actions} - NO_RESOURCE_LEVEL, set())


def check_bucket(found, expected):
    policy = found["AWS::S3::BucketPolicy", None]
    yield from same("bucket of the policy", policy["Bucket"], expected.bucket)
    statements = policy["PolicyDocument"]["Statement"]
    assert all(s["Effect"] == "Deny" and s["Principal"] == "*" for s in statements), "the policy may only deny"
    bucket = expected.arn("s3", expected.bucket, region="", account="")
    for resource in (bucket, f"{bucket}/a/b"):
        for secure in ("true", "false"):
            denied = any(applies(s, "s3:GetObject", resource, {"aws:SecureTransport": secure}) for s in statements)
            yield from same(f"denied at {resource}, with TLS {secure}", denied, secure == "false")


def check_topic(found, expected):
    topic = expected.arn("sns", f"{expected.phys}-alerts")
    policy = found["AWS::SNS::TopicPolicy", None]
    yield from same("topic of the policy", policy["Topics"], [topic])
    statements = policy["PolicyDocument"]["Statement"]
    cloudwatch = {"Service": "cloudwatch.amazonaws.com"}
    for principal, account, secure, wanted in [
        (cloudwatch, expected.account, "true", True),
        (cloudwatch, "999999999999", "true", False),
        (cloudwatch, expected.account, "false", False),
        ({"Service": "another.amazonaws.com"}, expected.account, "true", False),
    ]:
        context = {"aws:SourceAccount": account, "aws:SecureTransport": secure}
        effects = {s["Effect"] for s in said_of(statements, principal) if applies(s, "sns:Publish", topic, context)}
        yield from same(f"{principal} publishes with {context}", effects == {"Allow"}, wanted)


def check_key(found, expected):
    statements = found["AWS::KMS::Key", None]["KeyPolicy"]["Statement"]
    root = {"AWS": expected.arn("iam", "root", region="")}
    logs, alarms = {"Service": f"logs.{expected.region}.amazonaws.com"}, {"Service": "cloudwatch.amazonaws.com"}
    group = {"kms:EncryptionContext:aws:logs:arn": expected.arn("logs", f"log-group:/ml/{expected.ml_name}")}
    other = {"kms:EncryptionContext:aws:logs:arn": expected.arn("logs", "log-group:another")}
    for principal, action, context, allowed in [
        (root, "kms:PutKeyPolicy", {}, True),
        (logs, "kms:GenerateDataKey", group, True),
        (logs, "kms:Encrypt", group, True),
        (logs, "kms:Decrypt", other, False),
        (logs, "kms:PutKeyPolicy", group, False),
        (alarms, "kms:GenerateDataKey", {"aws:SourceAccount": expected.account}, True),
        (alarms, "kms:Decrypt", {"aws:SourceAccount": expected.account}, True),
        (alarms, "kms:Decrypt", {"aws:SourceAccount": "999999999999"}, False),
    ]:
        actual = granted(said_of(statements, principal), action, "*", context)
        yield from same(f"key: {action} by {principal} with {context}", actual, allowed)
    strangers = [s["Principal"] for s in statements if s["Principal"] not in (root, logs, alarms)]
    yield from same("others who use the key", strangers, [])


def check(found, expected):
    yield from check_roles(found, expected)
    yield from check_bucket(found, expected)
    if expected.paid:
        yield from check_topic(found, expected)
    if expected.enterprise:
        yield from check_key(found, expected)
