"""What the program itself asks AWS for, by action.

Each line: the actions of the program, what they are about (`about` in operator_needs.py says where that is), and operations of AWS's
APIs. IAM_NAMES says what IAM calls those that it calls otherwise. sdk_calls.py compares these tables with the program's source.

`test-deploy` does what deploying and deleting do, to a stack and names that end in `-t` and six characters.
"""

EVERY = [
    ("every action", "anything", "sts:GetCallerIdentity"),
    ("every action", "stack", "cloudformation:DescribeStacks"),
    ("validate-prov-template", "anything", "cloudformation:ValidateTemplate"),
    # The change set of a killed run is found again and deleted. With --real, so is the empty stack that a change set leaves.
    ("show-changes deploy", "stack", "cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DeleteStack"
     " cloudformation:DescribeChangeSet cloudformation:DescribeChangeSetHooks cloudformation:ListChangeSets"
     " cloudformation:ListStackResources"),
    # Of a stack whose drift was ever detected, what was found.
    ("show-changes", "stack", "cloudformation:DescribeStackResourceDrifts"),
    # Early validation reports its events by change set.
    ("show-changes deploy", "change sets", "cloudformation:DescribeEvents"),
    ("deploy", "stack", "cloudformation:DeleteStack cloudformation:DescribeStackEvents cloudformation:ExecuteChangeSet"
     " cloudformation:GetTemplate"),
    # Verified after a deployment. Before, whether the names of new parameters are free.
    ("show-changes deploy replace import validate-prov-template", "own parameters", "ssm:GetParameters"),
    # Whether the bucket of a new bucket policy has one.
    ("show-changes deploy replace import validate-prov-template", "bucket", "s3:GetBucketPolicy"),
    # Whether the name of a new bucket is free.
    ("show-changes", "bucket", "s3:GetBucketVersioning s3:HeadBucket"),
    ("deploy validate-prov-template", "inputs", "ssm:GetParameters"),
    # Before an import, a bucket's tags say which stack has it.
    ("deploy import", "bucket", "s3:GetBucketTagging s3:HeadBucket"),
    ("deploy validate-prov-template", "network", "cloudcontrol:GetResource"),
    ("delete", "stack", "cloudformation:DeleteStack cloudformation:DescribeStackEvents cloudformation:GetTemplate"
     " cloudformation:ListStackResources"),
    # Who deletes is told how much is in the bucket, whether or not it goes.
    ("delete", "bucket", "s3:ListObjectVersions"),
    ("check-drift", "stack", "cloudformation:DescribeStackResourceDrifts cloudformation:DetectStackDrift cloudformation:DetectStackResourceDrift"
     " cloudformation:GetTemplate cloudformation:ListStackResources"),
    # A change of tags updates resources, so drift is detected first.
    ("adopt unadopt deploy replace import", "stack",
     "cloudformation:DescribeStackResourceDrifts cloudformation:DetectStackDrift cloudformation:DetectStackResourceDrift"),
    ("adopt check-drift unadopt deploy replace import", "anything",
     "cloudformation:DescribeStackDriftDetectionStatus"),
    ("adopt unadopt restore", "stack", "cloudformation:CreateChangeSet cloudformation:DeleteChangeSet"
     " cloudformation:DescribeChangeSet cloudformation:DescribeStackEvents cloudformation:ExecuteChangeSet"
     " cloudformation:GetTemplate cloudformation:ListChangeSets"),
    ("continue-rollback", "stack", "cloudformation:ContinueUpdateRollback cloudformation:DescribeStackEvents"
     " cloudformation:ListStackResources"),
    # A stack that was adopted or edited can have exports, and whoever imports them keeps it from its deletion.
    ("delete", "anything", "cloudformation:ListImports"),
    # A creation takes back what the former stack retained: the deleted stack says what that is, and Cloud Control whether it is there.
    # Cloud Control also says whether the names of new resources are free.
    ("show-changes deploy replace import validate-prov-template", "anything", "cloudcontrol:GetResource cloudformation:ListStacks"),
    # An empty bucket of a creation that did not end is deleted before the next one. Its tags say whose it is.
    ("show-changes deploy import validate-prov-template", "bucket", "s3:GetBucketTagging s3:ListObjectVersions"),
    # Leftovers of killed tests are found by a tag, among all stacks.
    ("test-deploy", "anything", "cloudformation:DescribeStacks"),
]

ML = [
    # Without the right to list, S3 does not tell a missing archive from a forbidden one.
    ("deploy validate-prov-template", "source bucket", "s3:GetBucketNotificationConfiguration s3:GetBucketVersioning s3:HeadBucket"),
    ("deploy validate-prov-template", "source archives", "s3:HeadObject"),
    # A new pipeline runs at once and writes into the bucket, which can only be deleted when it is empty.
    ("test-deploy", "contents of the trial bucket", "s3:DeleteObject s3:DeleteObjects"),
]

S3 = [
    # Somebody may have written into the bucket of a test that was kept.
    ("test-deploy", "contents of the trial bucket", "s3:DeleteObject s3:DeleteObjects"),
    # Whether the name is free.
    ("deploy validate-prov-template", "bucket", "s3:GetBucketVersioning s3:HeadBucket"),
    # The stack says which bucket is its own.
    ("deploy deploy-solution upload-template", "stack", "cloudformation:ListStackResources"),
    ("deploy deploy-solution", "bucket", "s3:ListObjectsV2"),
    ("deploy deploy-solution", "folders", "s3:PutObject"),
    ("upload-template", "templates", "s3:PutObject"),
    # Whether a stack has the bucket already: a tag says so.
    ("import", "bucket", "s3:GetBucketTagging"),
    # When the stack is gone already, the deleted stack says which buckets it left, and a tag whether a bucket is still its own.
    # So does a creation that finds the bucket of a cancelled one.
    ("tear-down", "anything", "cloudformation:ListStacks"),
    ("tear-down", "stack", "cloudformation:DescribeStackEvents"),
    ("tear-down", "bucket", "s3:DeleteBucket s3:GetBucketTagging"),
    # One by one where a key has a character that XML cannot hold.
    ("tear-down", "contents", "s3:DeleteObject s3:DeleteObjects"),
]

# Operations that need no permission of the operator's.
NEVER = {
    # Asked without credentials: the trust of the role decides.
    "sts:AssumeRoleWithWebIdentity",
}

# Which of CI's two roles is for an operation; each is for one of them. What `plan` has only looks, or concerns change sets, which are no
# change before a person runs them. roles.py holds the roles that the program writes to it.
PLAN = set("""
    cloudcontrol:GetResource
    cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DescribeChangeSet cloudformation:DescribeChangeSetHooks
    cloudformation:DescribeEvents cloudformation:DescribeStackDriftDetectionStatus cloudformation:DescribeStackEvents
    cloudformation:DescribeStackResourceDrifts cloudformation:DescribeStacks cloudformation:DetectStackDrift cloudformation:DetectStackResourceDrift
    cloudformation:GetTemplate
    cloudformation:ListChangeSets cloudformation:ListImports cloudformation:ListStackResources cloudformation:ListStacks
    cloudformation:ValidateTemplate
    s3:GetBucketNotificationConfiguration s3:GetBucketPolicy s3:GetBucketTagging s3:GetBucketVersioning s3:HeadBucket s3:HeadObject
    s3:ListObjectVersions s3:ListObjectsV2
    ssm:GetParameters
    sts:AssumeRoleWithWebIdentity sts:GetCallerIdentity
""".split())
# `doctor` tries ExecuteChangeSet as well (src/cloud/aws/probe.rs), on a change set that does not exist: to be refused is what it is for.
APPLY = set("""
    cloudformation:ContinueUpdateRollback cloudformation:DeleteStack cloudformation:ExecuteChangeSet
    s3:DeleteBucket s3:DeleteObject s3:DeleteObjects s3:PutObject
""".split())

IAM_NAMES = {
    "cloudcontrol:GetResource": "cloudformation:GetResource",
    # The stack has tags.
    "cloudformation:CreateChangeSet": "cloudformation:CreateChangeSet cloudformation:TagResource cloudformation:UntagResource",
    # CloudFormation asks for the second when it gets the first.
    "cloudformation:DetectStackDrift": "cloudformation:DetectStackDrift cloudformation:DetectStackResourceDrift",
    "s3:GetBucketNotificationConfiguration": "s3:GetBucketNotification",
    "s3:DeleteObject": "s3:DeleteObject s3:DeleteObjectVersion",
    "s3:DeleteObjects": "s3:DeleteObject s3:DeleteObjectVersion",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    # AWS allows it to every caller.
    "sts:GetCallerIdentity": "",
}

# What else has to be allowed, by IAM's names: services ask for it when they get one of these calls.
IN_TURN = [
    ("adopt check-drift unadopt", "anything", "cloudformation:BatchDescribeTypeConfigurations"),
    # DescribeStacks without a stack.
    ("test-deploy", "anything", "cloudformation:ListStacks"),
    # CloudFormation resolves a parameter.
    ("deploy", "inputs", "ssm:GetParameter"),
    # Cloud Control runs the read handler of the type, whose schema says what it calls.
    ("deploy validate-prov-template", "named VPC", "ec2:DescribeNetworkAcls ec2:DescribeSecurityGroups ec2:DescribeVpcAttribute"
     " ec2:DescribeVpcEncryptionControls ec2:DescribeVpcs"),
    ("deploy validate-prov-template", "any VPC", "ec2:DescribeVpcAttribute"),
    ("deploy validate-prov-template", "neighbours", "ec2:DescribeNetworkInterfaces ec2:DescribeVpcEndpoints"),
    ("deploy validate-prov-template", "named subnets", "ec2:DescribeNetworkAcls ec2:DescribeSubnets"),
    ("deploy validate-prov-template", "named route tables", "ec2:DescribeRouteTables"),
]
