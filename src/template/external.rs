//! Parts of a template that CloudFormation resolves outside of the template: macros, included and nested templates, modules,
//! dynamic references and parameters of SSM. Macros run, and values are read, as soon as a change set is created.

use serde::{Deserialize, Serialize};

use crate::config::{Node, NodeKind};

/// The one transform that reads nothing but the template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>
const LOCAL_TRANSFORM: &str = "AWS::LanguageExtensions";
/// Parameters that AWS publishes.
const PUBLIC_PREFIX: &str = "/aws/service/";
/// Characters of a place.
const MAX_PLACE: usize = 120;

/// What CloudFormation would read or run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExternalKind {
    /// A macro, `AWS::Include` among them.
    Transform,
    /// A template at a URL.
    NestedTemplate,
    /// A module of the registry.
    Module,
    /// A function or type whose name is computed.
    ComputedName,
    /// `{{resolve:…}}`.
    DynamicReference,
    /// A parameter of SSM, as the type of a template parameter.
    SsmParameter,
}

impl ExternalKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Transform => "transform",
            Self::NestedTemplate => "nested template",
            Self::Module => "module",
            Self::ComputedName => "computed name",
            Self::DynamicReference => "dynamic reference",
            Self::SsmParameter => "SSM parameter",
        }
    }

    /// Whether it adds to the template. The others add only values.
    pub fn adds_text(self) -> bool {
        match self {
            Self::Transform | Self::NestedTemplate | Self::Module | Self::ComputedName => true,
            Self::DynamicReference | Self::SsmParameter => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalReference {
    pub kind: ExternalKind,
    /// Keys and indexes from the root, such as `Resources/Queue/Properties`.
    pub place: String,
}

/// Everything in a template that refers out of it, in source order. An unknown transform counts. Parameters of SSM whose names begin
/// with one of the prefixes do not count.
pub fn external_references(template: &Node, ssm_prefixes: &[&str]) -> Vec<ExternalReference> {
    let mut search = ReferenceSearch {
        ssm_prefixes,
        path: Vec::new(),
        found: Vec::new(),
    };
    for entry in template.entries() {
        search.path.push(entry.key.clone());
        match entry.key.as_str() {
            "Transform" if !is_local(&entry.value) => search.add(ExternalKind::Transform),
            "Parameters" => search.parameters(&entry.value),
            _ => {}
        }
        search.path.pop();
    }
    search.node(template);
    search.found
}

/// Whether a `Transform` section names only the harmless transform.
fn is_local(section: &Node) -> bool {
    let local = |node: &Node| node.tag.is_none() && node.text() == Some(LOCAL_TRANSFORM);
    match &section.kind {
        NodeKind::Sequence(items) => section.tag.is_none() && items.iter().all(local),
        _ => local(section),
    }
}

struct ReferenceSearch<'a> {
    ssm_prefixes: &'a [&'a str],
    path: Vec<String>,
    found: Vec<ExternalReference>,
}

impl ReferenceSearch<'_> {
    fn add(&mut self, kind: ExternalKind) {
        let place = self.path.join("/").chars().take(MAX_PLACE).collect();
        let reference = ExternalReference { kind, place };
        if !self.found.contains(&reference) {
            self.found.push(reference);
        }
    }

    fn node(&mut self, node: &Node) {
        match node.tag.as_deref().map(|tag| tag.trim_start_matches('!')) {
            Some("Transform") => self.add(ExternalKind::Transform),
            Some("Join") => self.joined(node),
            Some("Sub") => self.substituted(node),
            _ => {}
        }
        match &node.kind {
            NodeKind::Text(text) => self.text(text),
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    self.path.push(entry.key.clone());
                    self.key(&entry.key, &entry.value);
                    self.node(&entry.value);
                    self.path.pop();
                }
            }
            NodeKind::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    self.node(item);
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    fn key(&mut self, key: &str, value: &Node) {
        match key {
            "Fn::Transform" => self.add(ExternalKind::Transform),
            "Fn::Join" => self.joined(value),
            "Fn::Sub" => self.substituted(value),
            "TemplateURL" => self.add(ExternalKind::NestedTemplate),
            "Type" => match value.text() {
                Some("AWS::CloudFormation::Stack") => self.add(ExternalKind::NestedTemplate),
                Some(kind) if kind.ends_with("::MODULE") => self.add(ExternalKind::Module),
                Some(kind) if kind.contains("${") => self.add(ExternalKind::ComputedName),
                _ => {}
            },
            // `Fn::ForEach` replaces variables in keys too: in `${…}` and in `&{…}`.
            _ if key.starts_with("Fn::") && is_computed(key) => {
                self.add(ExternalKind::ComputedName)
            }
            _ => self.text(key),
        }
    }

    /// CloudFormation resolves a reference that `Fn::Join` puts together.
    fn joined(&mut self, argument: &Node) {
        let [delimiter, parts] = argument.items() else {
            return;
        };
        let texts: Vec<&str> = parts.items().iter().filter_map(Node::text).collect();
        self.text(&texts.join(delimiter.text().unwrap_or_default()));
    }

    /// And one that `Fn::Sub` puts together.
    fn substituted(&mut self, argument: &Node) {
        let [template, variables] = argument.items() else {
            return;
        };
        let mut text = template.text().unwrap_or_default().to_owned();
        for variable in variables.entries() {
            let value = variable.value.text().unwrap_or_default();
            text = text.replace(&format!("${{{}}}", variable.key), value);
        }
        self.text(&text);
    }

    fn text(&mut self, text: &str) {
        if has_dynamic_reference(text, |name| self.may_read(name)) {
            self.add(ExternalKind::DynamicReference);
        }
    }

    /// Parameters whose values CloudFormation reads from SSM.
    fn parameters(&mut self, section: &Node) {
        for parameter in section.entries() {
            let kind = parameter.value.get("Type").and_then(Node::text);
            let reads_value =
                kind.is_some_and(|kind| kind.starts_with("AWS::SSM::Parameter::Value"));
            let name = parameter.value.get("Default").and_then(Node::text);
            if reads_value && !name.is_some_and(|name| self.may_read(name)) {
                self.path.push(parameter.key.clone());
                self.add(ExternalKind::SsmParameter);
                self.path.pop();
            }
        }
    }

    fn may_read(&self, name: &str) -> bool {
        let mut prefixes = self.ssm_prefixes.iter();
        name.starts_with(PUBLIC_PREFIX) || prefixes.any(|prefix| name.starts_with(*prefix))
    }
}

fn is_computed(key: &str) -> bool {
    key.contains("${") || key.contains("&{")
}

/// Whether a text holds a dynamic reference to anything but a parameter that may be read, or a part of a reference.
fn has_dynamic_reference(text: &str, may_read: impl Fn(&str) -> bool) -> bool {
    let is_foreign = |(at, word): (usize, &str)| {
        let before = text[..at].trim_end();
        let is_open = before.is_empty() || before.ends_with('{');
        let reference = &text[at + word.len()..];
        let name = reference
            .strip_prefix("ssm:")
            .and_then(|rest| rest.split_once("}}"));
        let is_known = name.is_some_and(|(name, _)| !name.contains("${") && may_read(name));
        is_open && !is_known
    };
    let is_unclosed = text.rfind("{{") > text.rfind("}}");
    is_unclosed || text.match_indices("resolve:").any(is_foreign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Tags, parse};
    use crate::model::RepoPath;

    fn found(text: &str) -> Vec<String> {
        let tree = parse(&RepoPath::typed("t.yaml"), text.as_bytes(), Tags::Keep).unwrap();
        let references = external_references(&tree, &["/vpc/"]);
        let texts = references.iter().map(|reference| {
            let kind = reference.kind.word();
            format!("{kind} {}", reference.place)
        });
        texts.collect()
    }

    #[test]
    fn attack_every_reference_out_of_a_template_is_found() {
        for (text, expected) in [
            ("Transform: Evil", "transform Transform"),
            (
                "Transform: [AWS::LanguageExtensions, Evil]",
                "transform Transform",
            ),
            (
                "Transform: AWS::Serverless-2016-10-31",
                "transform Transform",
            ),
            ("Transform: aws::languageextensions", "transform Transform"),
            (
                "Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}",
                "transform Transform",
            ),
            (
                "Transform: [{Name: AWS::LanguageExtensions}]",
                "transform Transform",
            ),
            (
                "Transform: !Sub AWS::LanguageExtensions",
                "transform Transform",
            ),
            (
                "Resources: {Fn::Transform: {Name: AWS::Include}}",
                "transform Resources/Fn::Transform",
            ),
            ("Outputs: !Transform {Name: Evil}", "transform Outputs"),
            (
                "Mappings: {A: {Fn::Transform: {Name: AWS::LanguageExtensions}}}",
                "transform Mappings/A/Fn::Transform",
            ),
            (
                "Resources: {N: {Type: 'AWS::CloudFormation::Stack'}}",
                "nested template Resources/N/Type",
            ),
            (
                "Resources: {N: {Properties: {TemplateURL: !Ref U}}}",
                "nested template Resources/N/Properties/TemplateURL",
            ),
            (
                "Resources: {N: {Type: 'A::B::C::MODULE'}}",
                "module Resources/N/Type",
            ),
            ("A: '{{resolve:ssm:/a}}'", "dynamic reference A"),
            ("A: 'x{{ resolve:secretsmanager:a}}'", "dynamic reference A"),
            (
                "A: !Sub 'p-{{resolve:ssm-secure:${B}}}'",
                "dynamic reference A",
            ),
            (
                "A: [x, {B: '{{resolve:ssm:/a}}'}]",
                "dynamic reference A/1/B",
            ),
            (
                "'{{resolve:ssm:/a}}': 1",
                "dynamic reference {{resolve:ssm:/a}}",
            ),
            (
                "A: !Join [':', ['{{resolve', 'ssm:/a}}']]",
                "dynamic reference A",
            ),
            (
                "A: {Fn::Join: ['', ['{{res', 'olve:', !Ref B]]}",
                "dynamic reference A/Fn::Join",
            ),
            (
                "A: !Sub ['${B}${C}', {B: '{', C: '{resolve:ssm:/a}}'}]",
                "dynamic reference A",
            ),
            (
                "A: '{{resolve:ssm:/vpc/id}}{{resolve:ssm:/a}}'",
                "dynamic reference A",
            ),
            ("A: !Sub '{{resolve:ssm:/vpc/${B}}}'", "dynamic reference A"),
            ("A: '{{resolve:ssm-secure:/vpc/id}}'", "dynamic reference A"),
            (
                "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /a}}",
                "SSM parameter Parameters/P",
            ),
            (
                "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /vpcs}}",
                "SSM parameter Parameters/P",
            ),
            (
                "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>'}}",
                "SSM parameter Parameters/P",
            ),
            (
                "Fn::ForEach::L: [I, [Transform], {'Fn::${I}': {Name: Evil}}]",
                "computed name Fn::ForEach::L/2/Fn::${I}",
            ),
            (
                "R: [I, [Stack], {'N${I}': {Type: 'AWS::CloudFormation::${I}'}}]",
                "computed name R/2/N${I}/Type",
            ),
        ] {
            let found = found(text);
            assert_eq!(found.first().map(String::as_str), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_template_that_refers_only_to_itself_has_no_external_references() {
        for text in [
            "Transform: AWS::LanguageExtensions",
            "Transform: [AWS::LanguageExtensions]",
            "Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Sub '${A}-q'}}}",
            "Resources: {Q: {Type: 'AWS::Events::Rule', Properties: {Input: !Join ['', ['{\"a\":', !Ref A, '}']]}}}",
            "Description: 'could not resolve:the name'",
            "A: '{{resolve:ssm:/vpc/id}}, {{resolve:ssm:/aws/service/ami:3}}'",
            "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /vpc/id}}",
            "Parameters: {P: {Type: 'AWS::SSM::Parameter::Name', Default: /a}}",
            "Resources: {D: {Type: 'AWS::SSM::Document', Properties: {Content: '{{ Command }}'}}}",
            "Fn::ForEach::Q: [I, [a, b], {'Q${I}': {Type: 'AWS::SQS::Queue'}}]",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
