//! The types whose resources provisioner imports, and what identifies them.

/// The properties that identify resources for an import: the primary identifiers of the types' schemas.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/import-resources-manually.html>
///
/// Each type has "Import: Yes" in
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resource-import-supported-resources.html>. CodeCommit repositories
/// do not: <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1002>.
const IDENTIFIERS: &[(&str, &str)] = &[
    ("AWS::DynamoDB::Table", "TableName"),
    ("AWS::ECR::Repository", "RepositoryName"),
    ("AWS::IAM::Role", "RoleName"),
    ("AWS::KMS::Key", "KeyId"),
    ("AWS::Logs::LogGroup", "LogGroupName"),
    ("AWS::S3::Bucket", "BucketName"),
    (BUCKET_POLICY, "Bucket"),
    ("AWS::SNS::Topic", "TopicArn"),
    ("AWS::SQS::Queue", "QueueUrl"),
    ("AWS::SSM::Parameter", "Name"),
    ("AWS::SageMaker::ModelPackageGroup", "ModelPackageGroupArn"),
    ("AWS::SecretsManager::Secret", "Id"),
];

pub const BUCKET_POLICY: &str = "AWS::S3::BucketPolicy";

/// Whether provisioner can import resources of a type.
pub fn is_importable(kind: &str) -> bool {
    import_key(kind).is_some()
}

/// The property that identifies a resource of the type for an import; `None` if provisioner cannot import it.
pub fn import_key(kind: &str) -> Option<&'static str> {
    let mut known = IDENTIFIERS.iter();
    known.find(|(known, _)| *known == kind).map(|(_, key)| *key)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CloudFormation refuses to import them, or to import them with this identifier alone.
    #[test]
    fn attack_a_type_without_import_support() {
        for kind in [
            "AWS::CodeCommit::Repository",
            "AWS::CodeBuild::Project",
            "AWS::CodePipeline::Pipeline",
            "AWS::IAM::Policy",
            "AWS::CloudFormation::Stack",
            "Custom::Thing",
        ] {
            assert!(!is_importable(kind), "{kind}");
        }
        assert!(is_importable("AWS::S3::Bucket"));
    }
}
