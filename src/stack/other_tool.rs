//! Tools that own stacks, and what shows them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::LiveStack;

/// Another owner of a stack. It would undo changes, or fail at its next run.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum OtherTool {
    /// AWS CDK.
    Cdk,
    /// AWS SAM.
    Sam,
    /// CloudFormation StackSets.
    StackSets,
    /// AWS Service Catalog.
    ServiceCatalog,
    /// A stack that another stack contains.
    NestedStack,
    /// AWS Elastic Beanstalk.
    ElasticBeanstalk,
    /// eksctl.
    Eksctl,
    /// AWS Copilot.
    Copilot,
    /// Serverless Framework.
    ServerlessFramework,
}

/// A tool, and what shows that the stack belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct ToolMark {
    pub tool: OtherTool,
    /// Such as `tag aws-cdk:bootstrap-role`.
    pub mark: String,
}

/// Keys of tags, in any case.
const TAGS: &[(&str, OtherTool)] = &[
    // https://docs.aws.amazon.com/servicecatalog/latest/adminguide/autotags.html
    ("aws:servicecatalog:", OtherTool::ServiceCatalog),
    ("aws-cdk:", OtherTool::Cdk),
    ("aws:cdk:", OtherTool::Cdk),
    ("elasticbeanstalk:", OtherTool::ElasticBeanstalk),
    ("alpha.eksctl.io/", OtherTool::Eksctl),
    ("copilot-application", OtherTool::Copilot),
];

/// Beginnings of stacks' names that the tools choose.
const NAMES: &[(&str, OtherTool)] = &[
    ("StackSet-", OtherTool::StackSets),
    ("CDKToolkit", OtherTool::Cdk),
    ("aws-sam-cli-managed-", OtherTool::Sam),
    ("awseb-e-", OtherTool::ElasticBeanstalk),
];

/// Of parameters and of roles. <https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html>
const CDK_BOOTSTRAP: &str = "/cdk-bootstrap/";
const CDK_ROLE: &str = "role/cdk-";
const SAM_TAG: (&str, &str) = ("ManagedStackSource", "AwsSamCli");
const SERVERLESS_OUTPUT: &str = "ServerlessDeploymentBucketName";

impl OtherTool {
    /// The tool that a stack shows beside its template.
    pub fn of_stack(live: &LiveStack) -> Option<ToolMark> {
        let stack = &live.stack;
        let found = |tool: OtherTool, mark: String| Some(ToolMark { tool, mark });
        if let Some(parent) = live.parent.as_ref().or(live.root.as_ref()) {
            return found(Self::NestedStack, format!("parent {parent}"));
        }
        if is_service_catalog(&stack.name) {
            return found(Self::ServiceCatalog, format!("name {}", stack.name));
        }
        if let Some((_, tool)) = NAMES
            .iter()
            .find(|(start, _)| stack.name.starts_with(start))
        {
            return found(*tool, format!("name {}", stack.name));
        }
        for (key, value) in &stack.tags {
            let lower = key.to_ascii_lowercase();
            let tool = TAGS.iter().find(|(start, _)| lower.starts_with(start));
            let tool = match (key.as_str(), value.as_str()) == SAM_TAG {
                true => Some(Self::Sam),
                false => tool.map(|(_, tool)| *tool),
            };
            if let Some(tool) = tool {
                return found(tool, format!("tag {key}"));
            }
        }
        let mut parameters = live.parameters.iter();
        if let Some((name, _)) =
            parameters.find(|(_, parameter)| parameter.value.starts_with(CDK_BOOTSTRAP))
        {
            return found(Self::Cdk, format!("parameter {name}"));
        }
        if let Some(role) = live.role.as_ref().filter(|role| role.contains(CDK_ROLE)) {
            return found(Self::Cdk, format!("role {role}"));
        }
        let mut outputs = stack.outputs.iter();
        if outputs.any(|output| output.key == SERVERLESS_OUTPUT) {
            return found(
                Self::ServerlessFramework,
                format!("output {SERVERLESS_OUTPUT}"),
            );
        }
        None
    }

    /// The tool's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cdk => "AWS CDK",
            Self::Sam => "AWS SAM",
            Self::StackSets => "CloudFormation StackSets",
            Self::ServiceCatalog => "AWS Service Catalog",
            Self::NestedStack => "another stack",
            Self::ElasticBeanstalk => "AWS Elastic Beanstalk",
            Self::Eksctl => "eksctl",
            Self::Copilot => "AWS Copilot",
            Self::ServerlessFramework => "Serverless Framework",
        }
    }
}

/// `SC-ACCOUNT-pp-ID`.
fn is_service_catalog(name: &str) -> bool {
    let Some((account, rest)) = name
        .strip_prefix("SC-")
        .and_then(|rest| rest.split_once('-'))
    else {
        return false;
    };
    account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit()) && rest.starts_with("pp-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::stack::{DriftCheck, Output, Stack, StackParameter, StackStatus};

    fn live(name: &str) -> LiveStack {
        LiveStack {
            stack: Stack {
                id: format!("arn:aws:cloudformation:us-west-2:123456789012:stack/{name}/1"),
                name: name.to_owned(),
                status: StackStatus("CREATE_COMPLETE".to_owned()),
                reason: None,
                protected: false,
                tags: BTreeMap::new(),
                outputs: Vec::new(),
                created: 0,
                updated: None,
                drift: DriftCheck::default(),
            },
            parameters: BTreeMap::new(),
            parent: None,
            root: None,
            role: None,
            capabilities: Vec::new(),
        }
    }

    fn tool(live: &LiveStack) -> Option<OtherTool> {
        OtherTool::of_stack(live).map(|found| found.tool)
    }

    #[test]
    fn tools_are_recognized_by_their_marks() {
        for (name, expected) in [
            ("acme-stack", None),
            ("StackSetup", None),
            ("SC-acme-pp-1", None),
            ("StackSet-audit-6a4c", Some(OtherTool::StackSets)),
            ("SC-123456789012-pp-abc", Some(OtherTool::ServiceCatalog)),
            ("CDKToolkit", Some(OtherTool::Cdk)),
            ("aws-sam-cli-managed-default", Some(OtherTool::Sam)),
        ] {
            assert_eq!(tool(&live(name)), expected, "{name}");
        }
        for (key, value, expected) in [
            ("Team", "ml", None),
            ("ManagedStackSource", "AwsSamCli", Some(OtherTool::Sam)),
            ("aws-cdk:bootstrap-role", "x", Some(OtherTool::Cdk)),
            ("AWS:CDK:path", "x", Some(OtherTool::Cdk)),
            (
                "aws:servicecatalog:productArn",
                "x",
                Some(OtherTool::ServiceCatalog),
            ),
        ] {
            let mut live = live("acme-stack");
            live.stack.tags.insert(key.to_owned(), value.to_owned());
            assert_eq!(tool(&live), expected, "{key}");
        }
        let mut parameter = live("a");
        let value = StackParameter {
            value: "/cdk-bootstrap/hnb659fds/version".to_owned(),
            resolved: None,
        };
        parameter
            .parameters
            .insert("BootstrapVersion".to_owned(), value);
        let mut role = live("a");
        role.role = Some("arn:aws:iam::123456789012:role/cdk-hnb659fds-cfn-exec-role".to_owned());
        let mut output = live("a");
        output.stack.outputs.push(Output {
            key: SERVERLESS_OUTPUT.to_owned(),
            value: String::new(),
            export: None,
        });
        let mut nested = live("a");
        nested.root = Some("arn".to_owned());
        let found = [&parameter, &role, &output, &nested].map(tool);
        use OtherTool::{Cdk, NestedStack, ServerlessFramework};
        let expected = [Cdk, Cdk, ServerlessFramework, NestedStack];
        assert_eq!(found, expected.map(Some));
    }
}
