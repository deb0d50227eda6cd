"""What CloudFormation calls, with the operator's own permissions, for each type of resource that our templates have.

ALWAYS it calls the actions of that line, and those of a property's line once a template sets the property; NOTHING lists the
properties that need no action of their own. A property in no line is an error, so that the author of a new property looks up what it
needs.

The actions are those that the type's schema in CloudFormation's registry publishes for its handlers, but for `list`, which only imports
call, and without names that IAM does not know. For four types no handlers were to be found, and theirs are the calls of the service that
make, read, change and delete the thing: AWS::CodeBuild::Project, AWS::EC2::SecurityGroup, AWS::Events::Rule, AWS::SNS::Subscription.

Tags are ALWAYS needed where a type can have some: those of the stack reach it.
"""

ALWAYS, NOTHING = "always", "nothing"

HANDLERS = {
    "AWS::CloudWatch::Alarm": {
        ALWAYS: "cloudwatch:DeleteAlarms cloudwatch:DescribeAlarms cloudwatch:ListTagsForResource cloudwatch:PutMetricAlarm"
        " cloudwatch:TagResource cloudwatch:UntagResource",
        NOTHING: "AlarmActions AlarmDescription AlarmName ComparisonOperator EvaluationPeriods Metrics Tags Threshold TreatMissingData",
    },
    "AWS::CloudWatch::Dashboard": {
        ALWAYS: "cloudwatch:DeleteDashboards cloudwatch:GetDashboard cloudwatch:PutDashboard",
        NOTHING: "DashboardBody DashboardName",
    },
    "AWS::CodeBuild::Project": {
        ALWAYS: "codebuild:BatchGetProjects codebuild:CreateProject codebuild:DeleteProject codebuild:UpdateProject",
        # Networks, keys and logs are the business of the role.
        NOTHING: "Artifacts Description EncryptionKey Environment LogsConfig Name ServiceRole Source Tags VpcConfig",
    },
    "AWS::CodeCommit::Repository": {
        # Deletion looks the repository up by its id, hence the list. The name never changes, for the stack's name has it.
        ALWAYS: "codecommit:CreateRepository codecommit:DeleteRepository codecommit:GetRepository codecommit:GetRepositoryTriggers"
        " codecommit:ListRepositories codecommit:ListTagsForResource codecommit:TagResource codecommit:UntagResource",
        "RepositoryDescription": "codecommit:UpdateRepositoryDescription",
        # CodeCommit tries the key in the name of the caller.
        "KmsKeyId": "codecommit:UpdateRepositoryEncryptionKey kms:Decrypt kms:DescribeKey kms:Encrypt kms:GenerateDataKey"
        " kms:GenerateDataKeyWithoutPlaintext kms:ReEncryptFrom kms:ReEncryptTo",
        NOTHING: "RepositoryName Tags",
    },
    "AWS::CodePipeline::Pipeline": {
        ALWAYS: "codepipeline:CreatePipeline codepipeline:DeletePipeline codepipeline:GetPipeline codepipeline:GetPipelineState"
        " codepipeline:ListTagsForResource codepipeline:TagResource codepipeline:UntagResource codepipeline:UpdatePipeline",
        # Only a test sets DisableInboundStageTransitions (operator_needs.py).
        NOTHING: "ArtifactStore DisableInboundStageTransitions ExecutionMode Name PipelineType RoleArn Stages Tags Variables",
    },
    "AWS::EC2::SecurityGroup": {
        ALWAYS: "ec2:CreateSecurityGroup ec2:CreateTags ec2:DeleteSecurityGroup ec2:DeleteTags ec2:DescribeSecurityGroups",
        # Of a new group the rule that lets everything out is removed.
        "SecurityGroupEgress": "ec2:AuthorizeSecurityGroupEgress ec2:RevokeSecurityGroupEgress",
        NOTHING: "GroupDescription GroupName Tags VpcId",
    },
    "AWS::EC2::SecurityGroupEgress": {
        ALWAYS: "ec2:AuthorizeSecurityGroupEgress ec2:DescribeSecurityGroupRules ec2:DescribeSecurityGroups ec2:RevokeSecurityGroupEgress",
        "Description": "ec2:UpdateSecurityGroupRuleDescriptionsEgress",
        NOTHING: "DestinationSecurityGroupId FromPort GroupId IpProtocol ToPort",
    },
    "AWS::EC2::SecurityGroupIngress": {
        ALWAYS: "ec2:AuthorizeSecurityGroupIngress ec2:DescribeSecurityGroupRules ec2:DescribeSecurityGroups"
        " ec2:RevokeSecurityGroupIngress",
        "Description": "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
        NOTHING: "CidrIp FromPort GroupId IpProtocol SourceSecurityGroupId ToPort",
    },
    "AWS::EC2::VPCEndpoint": {
        ALWAYS: "ec2:CreateTags ec2:CreateVpcEndpoint ec2:DeleteTags ec2:DeleteVpcEndpoints ec2:DescribeVpcEndpoints"
        " ec2:ModifyVpcEndpoint",
        # EC2 asks for these when it makes an endpoint, so the reference of CreateVpcEndpoint names them.
        "VpcId": "ec2:DescribeVpcs",
        "SubnetIds": "ec2:DescribeSubnets",
        "SecurityGroupIds": "ec2:DescribeSecurityGroups",
        "PrivateDnsEnabled": "route53:AssociateVPCWithHostedZone",
        NOTHING: "RouteTableIds ServiceName Tags VpcEndpointType",
    },
    "AWS::Events::Rule": {
        ALWAYS: "events:DeleteRule events:DescribeRule events:ListTagsForResource events:ListTargetsByRule events:PutRule"
        " events:TagResource events:UntagResource",
        "Targets": "events:PutTargets events:RemoveTargets",
        NOTHING: "Description EventPattern Name",
    },
    "AWS::IAM::Role": {
        ALWAYS: "iam:CreateRole iam:DeleteRole iam:GetRole iam:ListAttachedRolePolicies iam:ListRolePolicies iam:TagRole"
        " iam:UntagRole iam:UpdateAssumeRolePolicy",
        "Policies": "iam:DeleteRolePolicy iam:GetRolePolicy iam:PutRolePolicy",
        # Nothing takes the boundary away, for the roles must not be without it.
        "PermissionsBoundary": "iam:PutRolePermissionsBoundary",
        NOTHING: "AssumeRolePolicyDocument RoleName Tags",
    },
    "AWS::KMS::Alias": {
        ALWAYS: "kms:CreateAlias kms:DeleteAlias kms:ListAliases kms:UpdateAlias",
        NOTHING: "AliasName TargetKeyId",
    },
    "AWS::KMS::Key": {
        ALWAYS: "kms:CreateKey kms:DescribeKey kms:GetKeyPolicy kms:GetKeyRotationStatus kms:ListResourceTags kms:PutKeyPolicy"
        " kms:ScheduleKeyDeletion kms:TagResource kms:UntagResource",
        "Description": "kms:UpdateKeyDescription",
        "EnableKeyRotation": "kms:DisableKeyRotation kms:EnableKeyRotation",
        NOTHING: "KeyPolicy PendingWindowInDays Tags",
    },
    "AWS::Logs::LogGroup": {
        ALWAYS: "logs:CreateLogGroup logs:DeleteLogGroup logs:DescribeLogGroups logs:GetDataProtectionPolicy logs:ListTagsForResource"
        " logs:TagResource logs:UntagResource",
        # The key is the stack's own as long as the stack lives: nothing takes it away.
        "KmsKeyId": "logs:AssociateKmsKey",
        "RetentionInDays": "logs:PutRetentionPolicy",
        NOTHING: "LogGroupName Tags",
    },
    "AWS::S3::Bucket": {
        # Drift detection reads every setting, those that the template leaves alone as well.
        ALWAYS: "s3:CreateBucket s3:DeleteBucket s3:GetAccelerateConfiguration s3:GetAnalyticsConfiguration s3:GetBucketAbac"
        " s3:GetBucketAcl s3:GetBucketCORS s3:GetBucketLogging s3:GetBucketMetadataTableConfiguration s3:GetBucketNotification"
        " s3:GetBucketObjectLockConfiguration s3:GetBucketOwnershipControls s3:GetBucketPublicAccessBlock s3:GetBucketTagging"
        " s3:GetBucketVersioning s3:GetBucketWebsite s3:GetEncryptionConfiguration s3:GetIntelligentTieringConfiguration"
        " s3:GetInventoryConfiguration s3:GetLifecycleConfiguration s3:GetMetricsConfiguration s3:GetReplicationConfiguration"
        " s3:ListBucket s3:ListTagsForResource s3:PutBucketTagging s3:TagResource s3:UntagResource",
        "BucketEncryption": "s3:PutEncryptionConfiguration",
        "LifecycleConfiguration": "s3:PutLifecycleConfiguration",
        "OwnershipControls": "s3:PutBucketOwnershipControls",
        "PublicAccessBlockConfiguration": "s3:PutBucketPublicAccessBlock",
        "VersioningConfiguration": "s3:PutBucketVersioning",
        NOTHING: "BucketName Tags",
    },
    "AWS::S3::BucketPolicy": {
        ALWAYS: "s3:DeleteBucketPolicy s3:GetBucketPolicy s3:PutBucketPolicy",
        NOTHING: "Bucket PolicyDocument",
    },
    "AWS::SNS::Subscription": {
        # The endpoint makes a new subscription, so nothing sets attributes.
        ALWAYS: "sns:GetSubscriptionAttributes sns:Subscribe sns:Unsubscribe",
        NOTHING: "Endpoint Protocol TopicArn",
    },
    "AWS::SNS::Topic": {
        ALWAYS: "sns:CreateTopic sns:DeleteTopic sns:GetDataProtectionPolicy sns:GetTopicAttributes sns:ListSubscriptionsByTopic"
        " sns:ListTagsForResource sns:SetTopicAttributes sns:TagResource sns:UntagResource",
        NOTHING: "KmsMasterKeyId Tags TopicName",
    },
    "AWS::SNS::TopicPolicy": {
        ALWAYS: "sns:SetTopicAttributes",
        NOTHING: "PolicyDocument Topics",
    },
    "AWS::SSM::Parameter": {
        ALWAYS: "ssm:AddTagsToResource ssm:DeleteParameter ssm:GetParameters ssm:PutParameter ssm:RemoveTagsFromResource",
        NOTHING: "Description Name Tags Type Value",
    },
    "AWS::SageMaker::ModelPackageGroup": {
        ALWAYS: "sagemaker:AddTags sagemaker:CreateModelPackageGroup sagemaker:DeleteModelPackageGroup sagemaker:DeleteTags"
        " sagemaker:DescribeModelPackageGroup sagemaker:GetModelPackageGroupPolicy sagemaker:ListTags",
        NOTHING: "ModelPackageGroupDescription ModelPackageGroupName Tags",
    },
}

# Where a template passes a role to a service, which asks for iam:PassRole: type, property and the service.
PASSED = {
    "AWS::CodeBuild::Project": ("ServiceRole", "codebuild.amazonaws.com"),
    "AWS::CodePipeline::Pipeline": ("RoleArn", "codepipeline.amazonaws.com"),
    "AWS::Events::Rule": ("Targets", "events.amazonaws.com"),
}
