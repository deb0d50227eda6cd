//! Deletions that AWS may refuse. The update then fails, and the resource keeps its data.

use serde_json::Value;

use crate::stack::ResourceChange;

/// Types that AWS deletes only if they are empty, with their noun:
/// <https://docs.aws.amazon.com/aws-backup/latest/devguide/API_DeleteBackupVault.html>,
/// <https://docs.aws.amazon.com/Route53/latest/APIReference/API_DeleteHostedZone.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-s3-bucket.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/directory-bucket-delete.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-namespace-delete.html>,
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/s3-tables-buckets-delete.html>.
const DELETED_ONLY_EMPTY: &[(&str, &str)] = &[
    ("AWS::Backup::BackupVault", "backup vault"),
    ("AWS::Route53::HostedZone", "hosted zone"),
    ("AWS::S3::Bucket", "bucket"),
    ("AWS::S3Express::DirectoryBucket", "bucket"),
    ("AWS::S3Tables::Namespace", "namespace"),
    ("AWS::S3Tables::TableBucket", "bucket"),
];

const REPOSITORY: &str = "AWS::ECR::Repository";

/// Properties that protect a resource from deletion, and their values if they do:
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-rds-dbcluster.html>,
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-cognito-userpool.html>.
const PROTECTIONS: [&str; 2] = ["DeletionProtection", "DeletionProtectionEnabled"];
const PROTECTED: [&str; 2] = ["true", "ACTIVE"];

/// Why AWS may refuse to delete the resource.
pub fn may_be_refused(change: &ResourceChange) -> Option<String> {
    if let Some(property) = PROTECTIONS.iter().find(|name| is_on(change, name)) {
        return Some(format!(
            "`{property}` is on, and AWS refuses to delete it until it is off"
        ));
    }
    if change.kind == REPOSITORY {
        return match change.property_before("EmptyOnDelete") {
            None => Some("whether `EmptyOnDelete` deletes its images is not known".to_owned()),
            Some(Value::Null | Value::Bool(false)) => Some(only_empty("repository")),
            Some(value) if value == "false" => Some(only_empty("repository")),
            Some(_) => None,
        };
    }
    let mut types = DELETED_ONLY_EMPTY.iter();
    let found = types.find(|(kind, _)| *kind == change.kind);
    found.map(|(_, noun)| only_empty(noun))
}

fn only_empty(noun: &str) -> String {
    format!("AWS deletes a {noun} only if it is empty, and fails otherwise")
}

fn is_on(change: &ResourceChange, property: &str) -> bool {
    match change.property_before(property) {
        Some(Value::Bool(is_on)) => is_on,
        Some(Value::String(text)) => PROTECTED.contains(&text.as_str()),
        _ => false,
    }
}
