//! What a stack provides for other stacks, and what it needs of them: exports, and parameters of SSM.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::document::{DeletionBehavior, Document};
use super::resolve::{ResolvedTemplate, TemplateInputs};
use super::ssm_input::SsmInput;
use crate::product::Target;

/// The type whose physical ids are names of parameters.
pub const SSM_PARAMETER: &str = "AWS::SSM::Parameter";
/// Dynamic references to parameters, up to the name.
const SSM_REFERENCES: [&str; 2] = ["{{resolve:ssm:", "{{resolve:ssm-secure:"];

/// A name that one stack of an account and region may provide, and others may need.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    account: String,
    region: String,
    pub kind: LinkKind,
    pub name: String,
}

impl Link {
    pub fn new(target: &Target, kind: LinkKind, name: &str) -> Self {
        Self {
            account: target.account.clone(),
            region: target.region.clone(),
            kind,
            // Both forms name the same parameter.
            name: match kind {
                LinkKind::Parameter => name.trim_start_matches('/').to_owned(),
                LinkKind::Export => name.to_owned(),
            },
        }
    }

    /// The name as AWS writes it: that of a parameter in a hierarchy begins with a slash.
    pub fn full_name(&self) -> Cow<'_, str> {
        match self.kind {
            LinkKind::Parameter if self.name.contains('/') => format!("/{}", self.name).into(),
            _ => self.name.as_str().into(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LinkKind {
    /// The export of an output.
    Export,
    /// A parameter of SSM.
    Parameter,
}

/// The links of one stack. Names that only AWS can compute are absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StackLinks {
    pub provides: BTreeSet<Link>,
    /// The provided ones that a deletion of the stack retains.
    pub retained: BTreeSet<Link>,
    pub needs: BTreeSet<Link>,
}

impl StackLinks {
    /// `stack`: its name.
    pub fn new(document: &Document, target: &Target, stack: &str) -> Self {
        let pseudo = [
            ("AWS::AccountId", target.account.as_str()),
            ("AWS::Region", &target.region),
            ("AWS::StackName", stack),
        ];
        let pseudo = pseudo.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let inputs = TemplateInputs {
            parameters: BTreeMap::new(),
            pseudo: pseudo.into(),
            defaults: true,
        };
        let resolved = ResolvedTemplate::new(document, &inputs);
        let link = |kind, name: &str| Link::new(target, kind, name);
        let mut links = Self::default();
        // CloudFormation reads it for each change set, also if no resource uses it.
        for name in SsmInput::names(document) {
            links.needs.insert(link(LinkKind::Parameter, name));
        }
        for output in document.section("Outputs") {
            let value = resolved.value(&output.value);
            let name = value.pointer("/Export/Name").and_then(Value::as_str);
            links
                .provides
                .extend(name.map(|name| link(LinkKind::Export, name)));
            add_needs(&value, &mut |kind, name| {
                links.needs.insert(link(kind, name));
            });
        }
        for resource in document.resources() {
            let value = resolved.value(&resource.entry.value);
            let name = value.pointer("/Properties/Name").and_then(Value::as_str);
            let name = name.filter(|_| resource.kind == SSM_PARAMETER);
            let parameter = name.map(|name| link(LinkKind::Parameter, name));
            if resource.deletion_behavior == DeletionBehavior::Retained {
                links.retained.extend(parameter.clone());
            }
            links.provides.extend(parameter);
            add_needs(&value, &mut |kind, name| {
                links.needs.insert(link(kind, name));
            });
        }
        // A stack may read what it provides itself.
        let own = links.provides.clone();
        links.needs.retain(|need| !own.contains(need));
        links
    }

    /// What a deletion of the stack takes away.
    pub fn deleted(&self) -> BTreeSet<Link> {
        self.provides.difference(&self.retained).cloned().collect()
    }
}

fn add_needs(value: &Value, add: &mut impl FnMut(LinkKind, &str)) {
    match value {
        Value::String(text) => {
            for reference in SSM_REFERENCES {
                for rest in text.split(reference).skip(1) {
                    let name = rest.split("}}").next().unwrap_or_default();
                    // `name:version`
                    let name = name.split(':').next().unwrap_or_default();
                    add(LinkKind::Parameter, name);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| add_needs(item, add)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match (key.as_str(), value) {
                    ("Fn::ImportValue", Value::String(name)) => add(LinkKind::Export, name),
                    // A template parameter whose value is that of a parameter of SSM: its type and its name.
                    ("Parameter", Value::Array(of_ssm)) => {
                        if let [Value::String(_), Value::String(name)] = of_ssm.as_slice() {
                            add(LinkKind::Parameter, name);
                        }
                    }
                    _ => add_needs(value, add),
                }
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn links(text: &str) -> (Vec<String>, Vec<String>) {
        let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
        let target = Target {
            account: "123456789012".to_owned(),
            region: "us-west-2".to_owned(),
            environment: "prod".to_owned(),
        };
        let links = StackLinks::new(&document, &target, "acme");
        let shown = |links: BTreeSet<Link>| {
            let links = links.into_iter();
            links
                .map(|link| format!("{:?} {}", link.kind, link.name))
                .collect()
        };
        (shown(links.provides), shown(links.needs))
    }

    #[test]
    fn exports_and_parameters_link_stacks() {
        let (provides, needs) = links(
            "Parameters:\n  Vpc: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /vpc/id}\n  Unused: {Type: 'AWS::SSM::Parameter::Value<List<String>>', Default: /unused}\n  \
             Name: {Type: 'AWS::SSM::Parameter::Name', Default: /name}\n  Env: {Type: String, Default: prod}\n\
             Resources:\n  Name: {Type: 'AWS::SSM::Parameter', Properties: {Name: !Sub '/acme/${Env}/name', Type: String, Value: x}}\n  \
             Own: {Type: 'AWS::SSM::Parameter', Properties: {Name: /own, Type: String, Value: '{{resolve:ssm:/acme/prod/name:3}}'}}\n  \
             Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: !ImportValue shared-queue\n      KmsMasterKeyId: !Sub 'a-{{resolve:ssm-secure:key}}'\n      \
             Tags: [{Key: vpc, Value: !Ref Vpc}, {Key: dead, Value: {'Fn::ImportValue': !GetAtt Name.Value}}]\n\
             Outputs:\n  A: {Value: a, Export: {Name: !Sub '${AWS::StackName}-a'}}\n  B: {Value: !ImportValue other}\n",
        );
        assert_eq!(
            provides,
            ["Export acme-a", "Parameter acme/prod/name", "Parameter own"]
        );
        assert_eq!(
            needs,
            [
                "Export other",
                "Export shared-queue",
                "Parameter key",
                "Parameter unused",
                "Parameter vpc/id"
            ]
        );
    }
}
