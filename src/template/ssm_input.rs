//! Parameters of a template whose values CloudFormation reads from SSM, and what they may hold.
//! Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-supplied-parameter-types.html>.

use super::Document;
use crate::config::Node;

/// The type of a value that CloudFormation reads from SSM, such as `List<AWS::EC2::Subnet::Id>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SsmInput {
    is_list: bool,
    /// Such as `AWS::EC2::Subnet::Id`, or `String`.
    element: String,
}

/// Why a parameter of SSM is no valid input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SsmMismatch {
    /// CloudFormation reads no secure parameters.
    Secure,
    /// The parameter holds a list, and the template takes one value.
    List,
    /// The template takes a list. AWS documents `StringList` for it.
    NotAList,
    /// A value is no id of this type.
    NoId {
        /// Such as `AWS::EC2::VPC::Id`.
        of: String,
    },
}

/// Types whose values CloudFormation checks, with the beginning of their ids.
const IDS: &[(&str, &str)] = &[
    ("AWS::EC2::Image::Id", "ami-"),
    ("AWS::EC2::Instance::Id", "i-"),
    ("AWS::EC2::SecurityGroup::Id", "sg-"),
    ("AWS::EC2::Subnet::Id", "subnet-"),
    ("AWS::EC2::VPC::Id", "vpc-"),
    ("AWS::EC2::Volume::Id", "vol-"),
];

impl SsmInput {
    /// The input that a template reads from the parameter of this name.
    pub fn of_parameter(document: &Document, name: &str) -> Option<Self> {
        let mut parameters = document.section("Parameters").iter();
        parameters.find_map(|parameter| {
            let reads = parameter.value.get("Default").and_then(Node::text) == Some(name);
            let kind = parameter.value.get("Type").and_then(Node::text)?;
            Self::parse(kind).filter(|_| reads)
        })
    }

    /// The names of the parameters whose values a template reads.
    pub fn names(document: &Document) -> impl Iterator<Item = &str> {
        let parameters = document.section("Parameters").iter();
        parameters.filter_map(|parameter| {
            Self::parse(parameter.value.get("Type").and_then(Node::text)?)?;
            parameter.value.get("Default").and_then(Node::text)
        })
    }

    /// `AWS::SSM::Parameter::Value<…>`.
    fn parse(kind: &str) -> Option<Self> {
        let inside = |text: &str, before: &str| {
            let inside = text.strip_prefix(before)?.strip_suffix('>')?;
            Some(inside.to_owned())
        };
        let value = inside(kind, "AWS::SSM::Parameter::Value<")?;
        Some(match inside(&value, "List<") {
            Some(element) => Self {
                is_list: true,
                element,
            },
            None => Self {
                is_list: value == "CommaDelimitedList",
                element: value,
            },
        })
    }

    /// What is wrong with a parameter of this kind and value as the input.
    pub fn mismatch(&self, kind: &str, value: &str) -> Option<SsmMismatch> {
        let is_list = match kind {
            "SecureString" => return Some(SsmMismatch::Secure),
            "StringList" => true,
            _ => false,
        };
        if is_list && !self.is_list {
            return Some(SsmMismatch::List);
        }
        let (_, start) = IDS
            .iter()
            .find(|(kind, _)| *kind == self.element)
            .unwrap_or(&("", ""));
        let mut values = value.split(',').map(str::trim);
        let all = match self.is_list {
            true => values.all(|value| is_id(value, start)),
            false => is_id(value, start),
        };
        if !all {
            return Some(SsmMismatch::NoId {
                of: self.element.clone(),
            });
        }
        (self.is_list && !is_list).then_some(SsmMismatch::NotAList)
    }
}

/// Whether a value is an id that begins so: 8 or 17 hexadecimal digits follow. An empty beginning admits every value.
fn is_id(value: &str, start: &str) -> bool {
    start.is_empty()
        || value.strip_prefix(start).is_some_and(|digits| {
            matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| b.is_ascii_hexdigit())
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mismatch(input: &str, kind: &str, value: &str) -> Option<SsmMismatch> {
        let input = SsmInput::parse(&format!("AWS::SSM::Parameter::Value<{input}>")).unwrap();
        input.mismatch(kind, value)
    }

    #[test]
    fn inputs_are_compared_with_the_type_of_the_template() {
        let of = |of: &str| Some(SsmMismatch::NoId { of: of.to_owned() });
        let (vpc, subnet) = ("AWS::EC2::VPC::Id", "AWS::EC2::Subnet::Id");
        let subnets = "List<AWS::EC2::Subnet::Id>";
        for (input, kind, value, expected) in [
            (vpc, "String", "vpc-0a1b2c3d", None),
            (vpc, "String", "vpc-0a1b2c3d4e5f60718", None),
            (vpc, "SecureString", "AQICAH", Some(SsmMismatch::Secure)),
            (vpc, "StringList", "vpc-0a1b2c3d", Some(SsmMismatch::List)),
            (vpc, "String", "subnet-0a1b2c3d", of(vpc)),
            (vpc, "String", "vpc-0a1b2c3d,vpc-0a1b2c3d", of(vpc)),
            (
                subnets,
                "StringList",
                "subnet-0a1b2c3d, subnet-0a1b2c3e",
                None,
            ),
            (
                subnets,
                "StringList",
                "subnet-0a1b2c3d,vpc-0a1b2c3e",
                of(subnet),
            ),
            (subnets, "StringList", "", of(subnet)),
            (
                subnets,
                "String",
                "subnet-0a1b2c3d",
                Some(SsmMismatch::NotAList),
            ),
            ("String", "String", "anything", None),
            ("CommaDelimitedList", "StringList", "a,b", None),
            (
                "AWS::EC2::Image::Id",
                "String",
                "ami-0a1b2c3d4e5f60718",
                None,
            ),
        ] {
            assert_eq!(
                mismatch(input, kind, value),
                expected,
                "{input} {kind} {value}"
            );
        }
        assert_eq!(SsmInput::parse("AWS::EC2::VPC::Id"), None);
    }
}
