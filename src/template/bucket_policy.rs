//! The buckets of bucket policies. A bucket has one policy, and CloudFormation does not replace one that exists.

use super::document::{Document, Resource};
use super::import_types::BUCKET_POLICY;
use super::intrinsic::tag_of;
use super::naming::physical_names;
use crate::config::Node;

/// A policy of the template, and the bucket that it names.
#[derive(Clone, Debug)]
pub struct BucketPolicy<'a> {
    pub logical_id: &'a str,
    pub bucket: PolicyBucket<'a>,
}

/// How a policy names its bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyBucket<'a> {
    Named(&'a str),
    /// The logical id of a bucket of the template.
    OfTemplate(&'a str),
}

impl<'a> PolicyBucket<'a> {
    fn of(policy: &Resource<'a>) -> Option<Self> {
        let properties = policy.entry.value.get("Properties")?;
        let bucket = properties.get("Bucket")?;
        let referred = match tag_of(bucket) {
            Some("Ref") => bucket.text(),
            Some(_) => return None,
            None => bucket.get("Ref").and_then(Node::text),
        };
        match referred {
            Some(id) => Some(Self::OfTemplate(id)),
            None => bucket.literal().map(Self::Named),
        }
    }

    /// The name of the bucket, if the template writes it out.
    pub fn name(self, document: &'a Document) -> Option<&'a str> {
        match self {
            Self::Named(name) => Some(name),
            Self::OfTemplate(id) => {
                let mut names = physical_names(document);
                let named = names.find(|name| name.resource.logical_id == id)?;
                Some(named.name)
            }
        }
    }
}

/// The bucket policies whose bucket the template tells.
pub fn bucket_policies(document: &Document) -> impl Iterator<Item = BucketPolicy<'_>> {
    let policies = document
        .resources()
        .filter(|resource| resource.kind == BUCKET_POLICY);
    policies.filter_map(|policy| {
        Some(BucketPolicy {
            logical_id: policy.logical_id,
            bucket: PolicyBucket::of(&policy)?,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    #[test]
    fn a_policy_names_its_bucket_or_refers_to_it() {
        let text = "Resources:
  Data: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  A: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: {Ref: Data}}}
  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Ref Data}}
  C: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: shared}}
  D: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: !Sub '${Data}-x'}}
  E: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: {Ref: Name}}}
";
        let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
        let found = bucket_policies(&document)
            .map(|policy| (policy.logical_id, policy.bucket.name(&document)));
        assert_eq!(
            found.collect::<Vec<_>>(),
            [
                ("A", Some("data")),
                ("B", Some("data")),
                ("C", Some("shared")),
                ("E", None)
            ]
        );
    }
}
