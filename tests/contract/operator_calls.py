"""What the program itself asks AWS for, by action. sts:GetCallerIdentity is not here, because nobody can be denied it.

Each line: the actions of the program, what they are about (`about` in operator_needs.py says where that is), and what IAM calls the calls.
`test-deploy` does what deploying and deleting do, to a stack and names that end in `-t` and six characters.
"""

EVERY = [
    ("validate-prov-template", "anything", "cloudformation:ValidateTemplate"),
    # The change set of a killed run is found again and deleted.
    ("show-changes deploy", "stack", "cloudformation:CreateChangeSet cloudformation:DeleteChangeSet cloudformation:DescribeChangeSet"
     " cloudformation:DescribeStacks cloudformation:ListChangeSets"),
    # What a deletion would do, since there are no change sets for those. Nothing imports from our stacks: they export nothing.
    ("show-changes delete", "stack", "cloudformation:GetTemplate cloudformation:ListStackResources"),
    # The stack's tags say that it is ours.
    ("deploy", "stack", "cloudformation:ExecuteChangeSet cloudformation:TagResource cloudformation:UntagResource"),
    ("deploy delete", "stack", "cloudformation:DescribeEvents cloudformation:DescribeStackEvents"
     " cloudformation:UpdateTerminationProtection"),
    # Early validation reports its events by change set.
    ("show-changes deploy", "change sets", "cloudformation:DescribeEvents"),
    ("deploy", "own parameters", "ssm:GetParameter ssm:GetParameters"),
    ("delete", "stack", "cloudformation:DeleteStack"),
    # CloudFormation asks for the second and the last when it gets the first.
    ("check-drift", "stack", "cloudformation:DetectStackDrift cloudformation:DetectStackResourceDrift"
     " cloudformation:DescribeStackResourceDrifts"),
    ("check-drift", "anything", "cloudformation:BatchDescribeTypeConfigurations cloudformation:DescribeStackDriftDetectionStatus"),
    # How leftovers of killed runs are found.
    ("test-deploy", "anything", "cloudformation:ListStacks"),
    # CloudFormation reads the first when it resolves a parameter, preflight to say which one is missing.
    ("deploy preflight", "inputs", "ssm:GetParameter ssm:GetParameters"),
]

ML = [
    ("preflight", "network", "ec2:DescribeSubnets ec2:DescribeVpcs"),
    # Without the right to list, S3 does not tell a missing archive from a forbidden one.
    ("preflight", "source bucket", "s3:GetBucketVersioning s3:ListBucket"),
    ("preflight", "source archives", "s3:GetObject"),
    # A new pipeline runs at once and writes into the bucket, which can only be deleted when it is empty.
    ("test-deploy", "trial bucket", "s3:ListBucketVersions"),
    ("test-deploy", "contents of the trial bucket", "s3:DeleteObject s3:DeleteObjectVersion"),
]

S3 = [
    ("preflight", "network", "ec2:DescribeRouteTables ec2:DescribeVpcs"),
    ("preflight deploy-solution", "bucket", "s3:ListBucket"),
    ("deploy-solution", "folders", "s3:PutObject"),
    ("upload-template", "templates", "s3:PutObject"),
    ("tear-down", "bucket", "s3:ListBucketVersions"),
    ("tear-down", "contents", "s3:DeleteObject s3:DeleteObjectVersion"),
]
