//! A resource that exists and belongs to no stack.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An existing resource, and the resource of the template that it becomes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct NamedResource {
    /// The key in the template.
    pub id: String,
    /// The property that identifies the resource, such as `BucketName`.
    pub key: String,
    /// The value of this property.
    pub value: String,
}

impl NamedResource {
    /// Reads `Bucket=BucketName=acme-data`, as the command line has it. The value may contain `=`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '=').map(str::to_owned);
        let named = Self {
            id: parts.next()?,
            key: parts.next()?,
            value: parts.next()?,
        };
        let is_whole = ![&named.id, &named.key, &named.value]
            .iter()
            .any(|part| part.is_empty());
        is_whole.then_some(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resource_on_the_command_line_has_three_parts() {
        let named = NamedResource::parse("Queue=QueueUrl=https://sqs/?a=b").unwrap();
        assert_eq!(
            [&*named.id, &*named.key, &*named.value],
            ["Queue", "QueueUrl", "https://sqs/?a=b"]
        );
        for text in [
            "",
            "Bucket",
            "Bucket=acme",
            "=BucketName=acme",
            "Bucket=BucketName=",
        ] {
            assert_eq!(NamedResource::parse(text), None, "{text}");
        }
    }
}
