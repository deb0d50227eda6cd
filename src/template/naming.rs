//! Names that AWS accepts, and where they are unique. The table names its sources.

use std::collections::BTreeMap;
use std::sync::{LazyLock, OnceLock};

use regex::Regex;
use serde::Deserialize;

use super::data_kind::listed_types;
use super::document::{Document, Resource};
use super::table::read_table;
use crate::product::{Partition, Target};

/// The type under which the table has the rules of stacks' names.
pub const STACK_TYPE: &str = "AWS::CloudFormation::Stack";

/// Where no two resources of a type have one name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Uniqueness {
    Partition,
    Account,
    /// Of an account.
    Region,
    Vpc,
    EventBus,
}

/// The rules for the names of a resource type.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NameRule {
    pub property: String,
    pub unique: Uniqueness,
    /// The primary identifier of the type in the Cloud Control API, with `{name}` and parts of an ARN; `None` if the name does not give it.
    #[serde(default)]
    identifier: Option<String>,
    length: [usize; 2],
    pattern: String,
    /// The pattern in words.
    form: String,
    #[serde(default)]
    starts: Vec<String>,
    #[serde(default)]
    ends: Vec<String>,
    #[serde(default)]
    contains: Vec<String>,
    /// Whether the name may be an IPv4 address.
    #[serde(default = "allowed")]
    ip_address: bool,
    /// Whether reserved beginnings and endings are compared without case.
    #[serde(default)]
    ignore_case: bool,
    /// Whether names that differ in case only are different names although `ignore_case` is set.
    #[serde(default)]
    distinct_case: bool,
    /// The page of AWS's documentation.
    pub source: String,
    /// Compiled for the first name: a template has few types.
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

fn allowed() -> bool {
    true
}

/// How a name breaks its rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameProblem {
    pub text: String,
    pub part: NamePart,
}

/// Which part of a name a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamePart {
    Start,
    End,
    Whole,
}

type Rules = BTreeMap<String, NameRule>;

/// Compiled in. If the table did not load, no name would be checked; a test reads it.
fn read() -> anyhow::Result<Rules> {
    read_table(include_str!("../../templates/names.yaml"))
}

static RULES: LazyLock<Rules> = LazyLock::new(|| read().unwrap_or_default());

/// The rule of a type; `None` if the table does not list it.
pub fn name_rule(kind: &str) -> Option<&'static NameRule> {
    RULES.get(kind)
}

/// The resource types that the program knows. AWS has more.
pub fn known_types() -> impl Iterator<Item = &'static str> {
    RULES.keys().map(String::as_str).chain(listed_types())
}

impl NameRule {
    /// The first problem of a name.
    pub fn problem(&self, name: &str) -> Option<NameProblem> {
        let problem = |text: String, part: NamePart| Some(NameProblem { text, part });
        let [min, max] = self.length;
        let length = name.chars().count();
        if length < min {
            let text = format!("has {length} characters; {min} is the least");
            return problem(text, NamePart::Whole);
        }
        if length > max {
            let text = format!("has {length} characters; {max} is the most");
            return problem(text, NamePart::Whole);
        }
        let compared = match self.ignore_case {
            true => name.to_ascii_lowercase(),
            false => name.to_owned(),
        };
        if let Some(part) = self.starts.iter().find(|part| compared.starts_with(*part)) {
            let text = format!("begins with `{part}`, which AWS reserves");
            return problem(text, NamePart::Start);
        }
        if let Some(part) = self.ends.iter().find(|part| compared.ends_with(*part)) {
            let text = format!("ends with `{part}`, which AWS reserves");
            return problem(text, NamePart::End);
        }
        if let Some(part) = self.contains.iter().find(|part| compared.contains(*part)) {
            return problem(format!("contains `{part}`"), NamePart::Whole);
        }
        if !self.ip_address && is_ip_address(name) {
            return problem("is an IP address".to_owned(), NamePart::Whole);
        }
        let matches = self.regex().is_none_or(|regex| regex.is_match(name));
        if !matches {
            let text = format!("has another form than AWS allows: {}", self.form);
            return problem(text, NamePart::Whole);
        }
        None
    }

    /// The compiled pattern. A test compiles all.
    fn regex(&self) -> Option<&Regex> {
        let compile = || Regex::new(&format!(r"\A(?:{})\z", self.pattern)).ok();
        self.compiled.get_or_init(compile).as_ref()
    }

    /// The form of the name for comparisons.
    pub fn compared(&self, name: &str) -> String {
        match self.ignore_case && !self.distinct_case {
            true => name.to_ascii_lowercase(),
            false => name.to_owned(),
        }
    }
}

impl NameRule {
    /// The primary identifier of a resource with this name; `None` if the name does not give it.
    pub fn identifier(&self, name: &str, target: &Target) -> Option<String> {
        let partition = Partition::of_region(&target.region)?;
        let form = self.identifier.as_ref()?;
        let form = form.replace("{partition}", &partition.name);
        let form = form.replace("{region}", &target.region);
        let form = form.replace("{account}", &target.account);
        Some(form.replace("{name}", name))
    }

    /// Whether the physical id of a resource is its name.
    pub fn is_named_by_id(&self) -> bool {
        self.identifier.as_deref() == Some("{name}")
    }
}

/// Whether a name is four numbers.
fn is_ip_address(name: &str) -> bool {
    let parts: Vec<&str> = name.split('.').collect();
    parts.len() == 4 && parts.iter().all(|part| part.parse::<u8>().is_ok())
}

/// A name that a template sets.
#[derive(Clone, Debug)]
pub struct PhysicalName<'a> {
    pub resource: Resource<'a>,
    pub rule: &'static NameRule,
    pub name: &'a str,
}

impl PhysicalName<'_> {
    /// The primary identifier that the resource has or would have; `None` if the name does not give it.
    pub fn identifier(&self, target: &Target) -> Option<String> {
        self.rule.identifier(self.name, target)
    }
}

/// The names that a template writes out. Computed names are not known.
pub fn physical_names(document: &Document) -> impl Iterator<Item = PhysicalName<'_>> {
    document.resources().filter_map(|resource| {
        let rule = name_rule(resource.kind)?;
        let properties = resource.entry.value.get("Properties")?;
        let name = properties.get(&rule.property)?.literal()?;
        Some(PhysicalName {
            resource,
            rule,
            name,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn problem(kind: &str, name: &str) -> Option<String> {
        let problem = name_rule(kind).unwrap().problem(name);
        problem.map(|problem| problem.text)
    }

    #[test]
    fn table_loads_and_names_its_sources() {
        let rules = read().unwrap();
        assert!(rules.len() > 25, "{}", rules.len());
        for (kind, rule) in &rules {
            assert!(kind.starts_with("AWS::"), "{kind}");
            assert!(
                rule.source.starts_with("https://docs.aws.amazon.com/"),
                "{kind}"
            );
            assert!(rule.length[0] <= rule.length[1], "{kind}");
            assert!(rule.regex().is_some(), "{kind}");
        }
    }

    /// Rules of S3, and of others where an instance was refused.
    #[test]
    fn reserved_and_malformed_names_have_a_problem() {
        for name in [
            "xn--a",
            "sthree-a",
            "amzn-s3-demo-a",
            "a-s3alias",
            "a--ol-s3",
            "a.mrap",
            "a--x-s3",
            "a--table-s3",
            "my-data-an",
            "a..b",
            "192.168.5.4",
            "-ab",
            "ab-",
            "Ab1",
            "ab",
            "a_b",
        ] {
            assert!(problem("AWS::S3::Bucket", name).is_some(), "{name}");
        }
        for (kind, name) in [
            ("AWS::EC2::SecurityGroup", "sg-prod-endpoints"),
            ("AWS::EC2::SecurityGroup", "SG-prod"),
            ("AWS::SSM::Parameter", "/AWS/x"),
            ("AWS::SSM::Parameter", "ssm-x"),
            (
                "AWS::SSM::Parameter",
                "/a/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15",
            ),
            ("AWS::SSM::Parameter", "a/b"),
            ("AWS::KMS::Alias", "alias/aws/x"),
            ("AWS::KMS::Alias", "x"),
            ("AWS::Logs::LogGroup", "aws/x"),
            ("AWS::IAM::Role", "a b"),
            ("AWS::CodeCommit::Repository", "a.git"),
            ("AWS::CodeBuild::Project", "-a"),
            ("AWS::SageMaker::ModelPackageGroup", "a-"),
            ("AWS::CloudFormation::Stack", "1a"),
            ("AWS::Events::Rule", "a/b"),
            ("AWS::SNS::Topic", "a.b"),
            ("AWS::CloudWatch::Dashboard", "a b"),
        ] {
            assert!(problem(kind, name).is_some(), "{kind} {name}");
        }
        for (kind, name) in [
            ("AWS::S3::Bucket", "my.data-1"),
            ("AWS::EC2::SecurityGroup", "msg-prod"),
            ("AWS::SSM::Parameter", "/a/1/2/3/4/5/6/7/8/9/10/11/12/13/14"),
            ("AWS::KMS::Alias", "alias/acme/aws/x"),
            ("AWS::Logs::LogGroup", "/aws/x"),
            ("AWS::CloudWatch::Alarm", "any thing"),
        ] {
            assert_eq!(problem(kind, name), None, "{kind} {name}");
        }
    }

    #[test]
    fn computed_names_are_not_known() {
        let text = "Resources:
  A: {Type: AWS::S3::Bucket, Properties: {BucketName: abc}}
  B: {Type: AWS::S3::Bucket, Properties: {BucketName: !Sub '${A}-x'}}
  C: {Type: AWS::S3::Bucket, Properties: {BucketName: {Ref: P}}}
  D: {Type: AWS::S3::Bucket}
  E: {Type: AWS::X::Y, Properties: {Name: abc}}
";
        let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
        let names = physical_names(&document).map(|name| name.resource.logical_id);
        assert_eq!(names.collect::<Vec<_>>(), ["A"]);
    }
}
