//! The ARN of a stack: its full id. A stack that is deleted and created again has another one.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `arn:PARTITION:cloudformation:REGION:ACCOUNT:stack/NAME/UUID`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StackArn {
    text: String,
}

/// A text that is not the ARN of a stack.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the ARN of a stack: {0:?}")]
pub struct NotAStackArn(String);

impl StackArn {
    pub fn parse(text: &str) -> Result<Self, NotAStackArn> {
        Self::find(text).ok_or_else(|| NotAStackArn(text.to_owned()))
    }

    fn find(text: &str) -> Option<Self> {
        let word = |part: &str, more: &[u8]| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || more.contains(&byte);
            !part.is_empty() && part.len() <= 128 && part.bytes().all(allowed)
        };
        let mut parts = text.splitn(6, ':');
        let [arn, partition, service, region, account, resource] =
            std::array::from_fn(|_| parts.next().unwrap_or_default());
        let mut resource = resource.split('/');
        let [kind, name, uuid] = std::array::from_fn(|_| resource.next().unwrap_or_default());
        let is_arn = arn == "arn"
            && word(partition, b"-")
            && service == "cloudformation"
            && word(region, b"-")
            && account.len() == 12
            && account.bytes().all(|digit| digit.is_ascii_digit())
            && kind == "stack"
            && word(name, b"-")
            && word(uuid, b"-")
            && resource.next().is_none();
        is_arn.then(|| Self {
            text: text.to_owned(),
        })
    }

    /// A part between colons.
    fn part(&self, index: usize) -> &str {
        self.text.split(':').nth(index).unwrap_or_default()
    }

    /// Such as `aws-cn`.
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// Whether it ends with a UUID in lower case, as the id of each stack does. Ids are compared as texts.
    pub fn has_uuid(&self) -> bool {
        let uuid = self.text.rsplit('/').next().unwrap_or_default();
        let groups: Vec<&str> = uuid.split('-').collect();
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        let mut digits = groups.iter().flat_map(|group| group.bytes());
        lengths == [8, 4, 4, 4, 12]
            && digits.all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    }

    /// The values of CloudFormation's pseudo parameters that the ARN has.
    pub fn pseudo_parameters(&self) -> BTreeMap<String, String> {
        let partition = self.partition();
        let values = [
            ("AWS::AccountId", self.account()),
            ("AWS::Partition", partition),
            ("AWS::Region", self.region()),
            ("AWS::StackId", self.as_str()),
            ("AWS::StackName", self.name()),
        ];
        let values = values.into_iter();
        values
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// 12 digits.
    pub fn account(&self) -> &str {
        self.part(4)
    }

    pub fn name(&self) -> &str {
        self.text.split('/').nth(1).unwrap_or_default()
    }
}

impl TryFrom<String> for StackArn {
    type Error = NotAStackArn;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<StackArn> for String {
    fn from(arn: StackArn) -> Self {
        arn.text
    }
}

impl fmt::Display for StackArn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl JsonSchema for StackArn {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "StackArn".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str =
        "arn:aws-us-gov:cloudformation:us-gov-west-1:123456789012:stack/acme-stack/6a4c9a50-0f2e";

    #[test]
    fn parts_are_those_of_the_text() {
        let arn = StackArn::parse(ARN).unwrap();
        assert_eq!(arn.as_str(), ARN);
        let parts = [arn.region(), arn.account(), arn.name()];
        assert_eq!(parts, ["us-gov-west-1", "123456789012", "acme-stack"]);
    }

    #[test]
    fn attack_other_texts_are_no_arn() {
        for text in [
            "",
            "acme-stack",
            "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack",
            "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack/",
            "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack/id/more",
            "arn:aws:cloudformation:us-west-2:12345678901:stack/acme-stack/id",
            "arn:aws:cloudformation::123456789012:stack/acme-stack/id",
            "arn:aws:s3:us-west-2:123456789012:stack/acme-stack/id",
            "arn:aws:cloudformation:us-west-2:123456789012:changeSet/acme-stack/id",
            "arn:aws:cloudformation:us-west-2:123456789012:stack/acme stack/id",
            "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack/id\n",
            "arn:aws:cloudformation:us-west-2:123456789012:stack/аcme-stack/id",
        ] {
            assert!(StackArn::parse(text).is_err(), "{text:?}");
        }
    }
}
