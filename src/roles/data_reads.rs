//! Reads of data and of credentials. A plan compares settings, so the plan role gets none of these reads, also if an operator's
//! policy allows them. Every person with push permission can run a job with that role.

use super::pattern::overlap;

/// What an action returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataRead {
    /// For messages.
    pub reason: &'static str,
    /// Actions, some with wildcards.
    pub actions: &'static [&'static str],
}

/// S3 has one action for the contents and the size of an object, so a plan has it for the objects that `preflight` names.
pub const OBJECT: &str = "s3:GetObject";

/// Parameters whose names a plan knows. It has these actions below the prefixes of the manifest.
pub const PARAMETERS: &[&str] = &["ssm:GetParameter", "ssm:GetParameters"];

/// By what they return. `tests/contract/roles.py` compares the table with AWS's list of actions.
pub const DATA_READS: &[DataRead] = &[
    DataRead {
        reason: "secrets and passwords",
        actions: &[
            "cognito-idp:DescribeIdentityProvider",
            "cognito-idp:DescribeUserPoolClient",
            "cognito-idp:ListUserPoolClientSecrets",
            "directconnect:DescribeVirtualInterfaces",
            "ec2:DescribeVpnConnections",
            "ec2:GetPasswordData",
            "ec2:GetVpnConnectionDeviceSampleConfiguration",
            "geo:DescribeKey",
            "glue:GetConnection*",
            "iam:GetCredentialReport",
            "kms:Decrypt",
            "lightsail:GetInstanceAccessDetails",
            "lightsail:GetRelationalDatabaseMasterUserPassword",
            "pca-connector-scep:GetChallengePassword",
            "secretsmanager:BatchGetSecretValue",
            "secretsmanager:GetSecretValue",
            "storagegateway:DescribeChapCredentials",
        ],
    },
    DataRead {
        reason: "parameters, whose values can be secrets",
        actions: &[
            "ssm:GetParameter",
            "ssm:GetParameterHistory",
            "ssm:GetParameters",
            "ssm:GetParametersByPath",
        ],
    },
    DataRead {
        reason: "credentials and tokens for further access",
        actions: &[
            "amplifybackend:GetToken",
            "appsync:ListApiKeys",
            "athena:GetSessionEndpoint",
            "bedrock-agentcore:GetResource*",
            "bedrock-agentcore:GetWorkloadAccessToken*",
            "chime:ListApiKeys",
            "codeartifact:GetAuthorizationToken",
            "codeconnections:Get*Token",
            "codepipeline:Get*JobDetails",
            "codestar-connections:Get*Token",
            "cognito-identity:GetCredentialsForIdentity",
            "cognito-identity:GetId",
            "cognito-identity:GetOpenIdToken*",
            "cognito-idp:GetTokensFromRefreshToken",
            "connect:GetFederationToken*",
            "datazone:Get*Credentials",
            "datazone:GetIamPortalLoginUrl",
            "ecr-public:GetAuthorizationToken",
            "ecr:GetAuthorizationToken",
            "elasticmapreduce:Get*PresignedURL",
            "elasticmapreduce:GetClusterSessionCredentials",
            "emr-containers:GetManagedEndpointSessionCredentials",
            "emr-serverless:GetDashboardForJobRun",
            "finspace-api:GetProgrammaticAccessCredentials",
            "gamelift:GetComputeA*",
            "gamelift:GetInstanceAccess",
            "iq:GetChatToken",
            "lakeformation:GetDataAccess",
            "lakeformation:GetTemporary*",
            "license-manager:GetAccessToken",
            "quicksight:Get*EmbedUrl",
            "quicksight:GetAuthCode",
            "redshift-serverless:GetCredentials",
            "redshift-serverless:GetIdentityCenterAuthToken",
            "redshift:GetClusterCredentials*",
            "redshift:GetIdentityCenterAuthToken",
            "route53globalresolver:GetAccessToken",
            "s3:GetDataAccess",
            "ssm:GetAccessToken",
            "sts:Get*Token",
        ],
    },
    DataRead {
        reason: "contents of files, volumes and messages",
        actions: &[
            "appconfig:GetConfiguration",
            "appconfig:GetHostedConfigurationVersion",
            "appconfig:GetLatestConfiguration",
            "backup-storage:Get*",
            "cloudshell:GetFile*",
            "connect:GetAttachedFile",
            "connect:GetContactAttributes",
            "ebs:GetSnapshotBlock",
            // User data.
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:GetConsole*",
            "glacier:GetJobOutput",
            "kinesisvideo:Get*",
            "mediastore:GetObject",
            "medical-imaging:GetDICOM*",
            "medical-imaging:GetImage*",
            "omics:GetReadSet",
            "omics:GetReference",
            "s3-object-lambda:GetObject*",
            // Without a wildcard: `s3:Get*Configuration` reads settings only.
            "s3:GetObject",
            "s3:GetObjectTorrent",
            "s3:GetObjectVersion",
            "s3:GetObjectVersionForReplication",
            "s3:GetObjectVersionTorrent",
            "security-ir:GetCaseAttachment*",
            "social-messaging:GetWhatsAppMessageMedia",
            "support:DescribeAttachment",
            "support:DescribeCommunications",
            "workmailmessageflow:GetRawMessageContent",
        ],
    },
    DataRead {
        reason: "records of tables, streams and queries",
        actions: &[
            "athena:GetQueryResults*",
            "cassandra:Get*",
            "cloudfront-keyvaluestore:GetKey",
            "cloudfront-keyvaluestore:ListKeys",
            "cloudtrail:GetQueryResults",
            "cognito-idp:GetUser",
            "cognito-idp:ListUsers*",
            "dax:BatchGetItem",
            "dax:GetItem",
            "dynamodb:BatchGetItem",
            "dynamodb:GetItem",
            "dynamodb:GetRecords",
            "glue:GetEntityRecords",
            "iot:GetRetainedMessage",
            "iot:GetThingShadow",
            "kinesis:GetRecords",
            "lakeformation:GetWorkUnitResults",
            "logs:GetLogEvents",
            "logs:GetLogRecord",
            "logs:GetLookupTable",
            "logs:GetQueryResults",
            "redshift-data:GetStatementResult*",
            "s3tables:GetTableData",
            "sagemaker:BatchGetRecord",
            "sagemaker:GetRecord",
            "ssm:DescribeAutomationStepExecutions",
            "ssm:GetAutomationExecution",
            "ssm:GetCommandInvocation",
            "ssm:ListCommand*",
            "states:DescribeExecution",
            "states:GetActivityTask",
            "states:GetExecutionHistory",
        ],
    },
    DataRead {
        reason: "source code, packages and images",
        actions: &[
            "codeartifact:GetPackageVersionAsset",
            "codecommit:BatchDescribeMergeConflicts",
            "codecommit:BatchGetCommits",
            "codecommit:DescribeMergeConflicts",
            "codecommit:GetBlob",
            "codecommit:GetDifferences",
            "codecommit:GetFile",
            "codecommit:GetFolder",
            "codecommit:GetMergeConflicts",
            "codecommit:GetTree",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
            // With a link to the code.
            "lambda:GetFunction",
            "lambda:GetLayerVersion",
        ],
    },
];

/// What an action, or some action that a pattern matches, returns. `None` for settings.
pub fn returned_data(action: &str) -> Option<&'static str> {
    let read = DATA_READS
        .iter()
        .find(|read| read.actions.iter().any(|data| overlap(data, action)));
    read.map(|read| read.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_no_spelling_of_a_data_read_is_a_setting() {
        for action in [
            "secretsmanager:GetSecretValue",
            "secretsmanager:getsecretvalue",
            "SecretsManager:GetSecretValue",
            "secretsmanager:Get*",
            "secretsmanager:GetSecretValu?",
            "secretsmanager:Get*Value",
            "secretsmanager:BatchGet*",
            "s3:GetObject",
            "s3:GetObjectVersion",
            "s3:Get*",
            "ssm:GetParametersByPath",
            "ssm:Get*History",
            "kms:De*",
            "lambda:GetFunction",
            "lambda:GetLayerVersion",
            "ec2:DescribeVpnConnections",
            "ec2:GetVpnConnectionDeviceSampleConfiguration",
            "ec2:DescribeInstanceAttribute",
            "ec2:DescribeLaunchTemplateVersions",
            "directconnect:DescribeVirtualInterfaces",
            "cognito-idp:DescribeIdentityProvider",
            "geo:DescribeKey",
            "ssm:DescribeAutomationStepExecutions",
            "codecommit:GetMergeConflicts",
            "codecommit:DescribeMergeConflicts",
            "codecommit:BatchDescribeMergeConflicts",
            "*",
        ] {
            assert!(returned_data(action).is_some(), "{action}");
        }
        for action in [
            "s3:GetBucketPolicy",
            "s3:Get*Configuration",
            "secretsmanager:DescribeSecret",
            "kms:DescribeKey",
            "ssm:DescribeParameters",
            "lambda:GetFunctionConfiguration",
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplates",
        ] {
            assert_eq!(returned_data(action), None, "{action}");
        }
    }
}
