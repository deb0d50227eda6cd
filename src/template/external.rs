//! Parts of a template that CloudFormation resolves outside of the template: macros, included and nested templates, modules,
//! dynamic references, parameters of SSM and outputs of other stacks. Macros run, and values are read, as soon as a change set is
//! created.

use serde::{Deserialize, Serialize};

use super::assembled::{
    Cuts, can_become, delimiter_start, has_dynamic_reference, is_computed, joined, substituted,
    with_computed_parts,
};
use super::intrinsic::tag_of;
use super::loaded::{is_loaded_type, loading_keys, loads};
use crate::config::{Node, NodeKind};
use crate::product::Permissions;

/// The one transform that reads nothing but the template.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html>
const LOCAL_TRANSFORM: &str = "AWS::LanguageExtensions";
/// Keys that matter to the search. A key with placeholders may become one of them.
const COMPUTABLE_KEYS: &[&str] = &[
    "Fn::Transform",
    "Transform",
    "TemplateURL",
    "Type",
    "Fn::ImportValue",
    "Fn::GetStackOutput",
    "Fn::Join",
    "Fn::Split",
    "Fn::Sub",
];
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
    /// A template, code or document that a service loads when it creates a resource.
    LoadedFile,
    /// A function or type whose name is computed.
    ComputedName,
    /// `{{resolve:…}}`.
    DynamicReference,
    /// A parameter of SSM, as the type of a template parameter.
    SsmParameter,
    /// An output or export of another stack.
    StackOutput,
}

impl ExternalKind {
    pub fn word(self) -> &'static str {
        match self {
            Self::Transform => "transform",
            Self::NestedTemplate => "nested template",
            Self::Module => "module",
            Self::LoadedFile => "file loaded from elsewhere",
            Self::ComputedName => "computed name",
            Self::DynamicReference => "dynamic reference",
            Self::SsmParameter => "SSM parameter",
            Self::StackOutput => "output of another stack",
        }
    }

    /// Whether it adds to the template. The others add only values.
    pub fn adds_text(self) -> bool {
        match self {
            Self::Transform
            | Self::NestedTemplate
            | Self::Module
            | Self::LoadedFile
            | Self::ComputedName => true,
            Self::DynamicReference | Self::SsmParameter | Self::StackOutput => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalReference {
    pub kind: ExternalKind,
    /// Keys and indexes from the root, such as `Resources/Queue/Properties`.
    pub place: String,
}

/// Everything in a template that refers out of it, in source order. An unknown transform counts. Parameters of SSM that a plan
/// may read do not count.
pub fn external_references(template: &Node, permissions: &Permissions) -> Vec<ExternalReference> {
    let mut search = ReferenceSearch {
        permissions,
        cuts: Cuts::of_template(template),
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
    search.node(template, TextRole::Whole);
    search.found
}

/// Whether a `Transform` section names only the harmless transform.
fn is_local(section: &Node) -> bool {
    let local = |node: &Node| node.literal() == Some(LOCAL_TRANSFORM);
    match &section.kind {
        NodeKind::Sequence(items) => section.tag.is_none() && items.iter().all(local),
        _ => local(section),
    }
}

/// How a node's text reaches the template that AWS sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TextRole {
    /// By itself, or through a function that the search does not compute.
    Whole,
    /// As a part of a text that was searched as a whole.
    Part,
    JoinArgument,
    JoinedParts,
    SubArgument,
}

impl TextRole {
    /// The role of an item. `joined` and `substituted` search the same nodes as parts.
    fn of_item(self, index: usize, items: usize) -> Self {
        match (self, index, items) {
            (Self::JoinArgument, 0, 2) | (Self::SubArgument, 0, 2) | (Self::JoinedParts, ..) => {
                Self::Part
            }
            (Self::JoinArgument, 1, 2) => Self::JoinedParts,
            _ => Self::Whole,
        }
    }
}

struct ReferenceSearch<'a> {
    permissions: &'a Permissions,
    cuts: Cuts,
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

    fn node(&mut self, node: &Node, role: TextRole) {
        let role = match tag_of(node) {
            Some(name) => self.function(name, node, role),
            None => role,
        };
        match &node.kind {
            NodeKind::Text(text) if !matches!(role, TextRole::Part | TextRole::SubArgument) => {
                self.text(&with_computed_parts(text));
            }
            NodeKind::Mapping(entries) => {
                for entry in entries {
                    let is_loaded = loads(node, &entry.key, &entry.value, &self.path);
                    self.path.push(entry.key.clone());
                    if is_loaded {
                        self.add(ExternalKind::LoadedFile);
                    }
                    let is_only = entries.len() == 1;
                    let role = match role {
                        TextRole::Part if is_only => TextRole::Part,
                        _ => TextRole::Whole,
                    };
                    let role = self.key(&entry.key, &entry.value, role);
                    self.node(&entry.value, role);
                    self.path.pop();
                }
            }
            NodeKind::Sequence(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.path.push(index.to_string());
                    self.node(item, role.of_item(index, items.len()));
                    self.path.pop();
                }
            }
            _ => {}
        }
    }

    /// The role of the argument of a function, whose own text has the role `role`.
    fn function(&mut self, name: &str, argument: &Node, role: TextRole) -> TextRole {
        let is_part = role == TextRole::Part;
        match name {
            "Transform" => self.add(ExternalKind::Transform),
            "ImportValue" | "GetStackOutput" => self.add(ExternalKind::StackOutput),
            "Split" if delimiter_start(argument).is_none() => {
                self.add(ExternalKind::DynamicReference)
            }
            "Join" => {
                if !is_part {
                    self.text(&joined(argument));
                }
                return TextRole::JoinArgument;
            }
            "Sub" => {
                if !is_part {
                    self.text(&substituted(argument));
                }
                return TextRole::SubArgument;
            }
            _ => {}
        }
        TextRole::Whole
    }

    /// The role of the key's value. `role`: the role of the mapping's text, if the key is its only one.
    fn key(&mut self, key: &str, value: &Node, role: TextRole) -> TextRole {
        let mut names = COMPUTABLE_KEYS.iter().copied().chain(loading_keys());
        if is_computed(key) && names.any(|name| can_become(key, name)) {
            self.add(ExternalKind::ComputedName);
        }
        match key {
            "TemplateURL" => self.add(ExternalKind::NestedTemplate),
            "Type" => match value.text() {
                Some("AWS::CloudFormation::Stack") => self.add(ExternalKind::NestedTemplate),
                Some(kind) if is_loaded_type(kind) => self.add(ExternalKind::LoadedFile),
                Some(kind) if kind.ends_with("::MODULE") => self.add(ExternalKind::Module),
                Some(kind) if is_computed(kind) => self.add(ExternalKind::ComputedName),
                _ => {}
            },
            // The short form of `Fn::Transform`. The section of the template is searched before.
            "Transform" if self.path.len() > 1 && names_macro(value) => {
                self.add(ExternalKind::Transform)
            }
            _ => match key.strip_prefix("Fn::") {
                Some(_) if is_computed(key) => self.add(ExternalKind::ComputedName),
                Some(name) => return self.function(name, value, role),
                None => self.text(&with_computed_parts(key)),
            },
        }
        TextRole::Whole
    }

    fn text(&mut self, text: &str) {
        if has_dynamic_reference(text, &self.cuts, |name| self.permissions.may_read(name)) {
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
            if reads_value && !name.is_some_and(|name| self.permissions.may_read(name)) {
                self.path.push(parameter.key.clone());
                self.add(ExternalKind::SsmParameter);
                self.path.pop();
            }
        }
    }
}

/// Whether the value of a key `Transform` below the root names a macro.
fn names_macro(value: &Node) -> bool {
    let is_name = |key: &str| key == "Name" || key.starts_with("Fn::") || is_computed(key);
    let mut entries = value.entries().iter();
    entries.any(|entry| is_name(&entry.key)) || value.items().iter().any(names_macro)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::config::{Tags, parse};
    use crate::model::RepoPath;

    pub fn found(text: &str) -> Vec<String> {
        let tree = parse(&RepoPath::typed("t.yaml"), text.as_bytes(), Tags::Keep).unwrap();
        let permissions = Permissions {
            parameters: vec!["/vpc/".to_owned().try_into().unwrap()],
            ..Permissions::default()
        };
        let references = external_references(&tree, &permissions);
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
            ("A: !ImportValue vpc", "output of another stack A"),
            (
                "A: {Fn::ImportValue: !Sub '${N}-vpc'}",
                "output of another stack A/Fn::ImportValue",
            ),
            (
                "A: !GetStackOutput {StackName: s, OutputName: o, RoleArn: r}",
                "output of another stack A",
            ),
            (
                "A: {Fn::GetStackOutput: {StackName: s, OutputName: o}}",
                "output of another stack A/Fn::GetStackOutput",
            ),
            (
                "Resources: {Q: {Transform: {Name: AWS::Include, Parameters: {Location: s3://a/b}}}}",
                "transform Resources/Q/Transform",
            ),
            (
                "Resources: {Transform: [{Name: Evil}]}",
                "transform Resources/Transform",
            ),
            (
                "Resources: {Transform: {'N${I}': Evil}}",
                "transform Resources/Transform",
            ),
            (
                "Fn::ForEach::L: [I, ['Fn::Transform'], {'${I}': {Name: Evil}}]",
                "computed name Fn::ForEach::L/2/${I}",
            ),
            (
                "Fn::ForEach::L: [I, [Fn], {'&{I}::Transform': {Name: Evil}}]",
                "computed name Fn::ForEach::L/2/&{I}::Transform",
            ),
            (
                "Fn::ForEach::L: [I, [URL], {'Template${I}': s3://a/b}]",
                "computed name Fn::ForEach::L/2/Template${I}",
            ),
            (
                "Fn::ForEach::L: [I, [n], {'F${I}::T${I}sform': {Name: Evil}}]",
                "computed name Fn::ForEach::L/2/F${I}::T${I}sform",
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
            "Parameters: {P: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /vpc/id}}",
            "Parameters: {P: {Type: 'AWS::SSM::Parameter::Name', Default: /a}}",
            "Fn::ForEach::Q: [I, [a, b], {'Q${I}': {Type: 'AWS::SQS::Queue'}}]",
            "Fn::ForEach::Q: [I, [a, b], {'${I}Topic': {TopicName: '${I}-x'}}]",
            "Resources: {Transform: {Type: 'AWS::SQS::Queue'}}",
            "A: {Ref: ImportValue}",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
