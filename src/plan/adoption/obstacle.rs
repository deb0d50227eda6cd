//! Why a stack cannot be adopted.

use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::input::AdoptionInput;
use super::tags::{AdoptionTags, TagClash};
use crate::config::{Node, NodeKind};
use crate::stack::{Health, LiveStack, OtherTool, StackArn, TEST_TAG, ToolMark};
use crate::template::{Document, is_import_template};

/// Tags of a stack. <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_CreateChangeSet.html>
const MAX_TAGS: usize = 50;

/// Why a stack cannot be adopted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[schemars(transform = describe_kind)]
pub enum Obstacle {
    /// The stack's id is not that of a stack.
    NoStackId {
        /// What AWS returned.
        id: String,
    },
    /// The stack is in another account.
    OtherAccount {
        /// The stack's.
        live: String,
        /// The config's.
        needed: String,
    },
    /// The stack is in another region.
    OtherRegion {
        /// The stack's.
        live: String,
        /// The config's.
        needed: String,
    },
    /// The config gives its stack another name.
    OtherName {
        /// The stack's.
        live: String,
        /// The config's.
        needed: String,
    },
    /// Another config, product or environment owns the stack, by its tags.
    OtherConfig {
        /// Key of the tag.
        tag: String,
        /// The stack's value.
        live: String,
        /// The value that the config's stack needs.
        needed: String,
    },
    /// Another tool owns the stack.
    OtherTool {
        tool: OtherTool,
        /// Such as `tag aws-cdk:bootstrap-role`.
        mark: String,
    },
    /// A test created the stack, and deletes it.
    TestStack {
        /// The name of the tested stack.
        tested: String,
    },
    /// An operation is running on the stack, or its status is not known.
    InProgress {
        /// The stack's status.
        status: String,
    },
    /// The last operation failed.
    Failed {
        /// The stack's status.
        status: String,
    },
    /// CloudFormation detects no drift of a stack in this state, so nothing shows what the change of tags would overwrite.
    NoDriftDetection {
        /// The stack's status.
        status: String,
    },
    /// The stack has imported resources, and its creation is not finished.
    Unfinished {
        /// The stack's status.
        status: String,
    },
    /// A change set would create the stack. It has no resources yet.
    NeverCreated {
        /// The stack's status.
        status: String,
    },
    /// The stack is deleted.
    Deleted {
        /// The stack's status.
        status: String,
    },
    /// The live template cannot be read.
    UnreadableTemplate,
    /// The stack would have too many tags.
    TooManyTags {
        /// Number of tags.
        count: usize,
    },
}

/// The tag of each variant has no doc comment to take a description from.
fn describe_kind(schema: &mut Schema) {
    let variants = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    for variant in variants.into_iter().flatten() {
        if let Some(Value::Object(kind)) = variant.pointer_mut("/properties/kind") {
            kind.insert("description".to_owned(), "What the obstacle is.".into());
        }
    }
}

pub(super) fn obstacles(
    input: &AdoptionInput<'_>,
    template: Option<&Document>,
    tags: &AdoptionTags,
) -> Vec<Obstacle> {
    let mut found = Vec::new();
    let live = &input.live.stack;
    let needed = |text: &str| text.to_owned();
    match StackArn::parse(&live.id) {
        Err(_) => found.push(Obstacle::NoStackId {
            id: live.id.clone(),
        }),
        Ok(arn) => {
            let target = &input.stack.target;
            if arn.account() != target.account {
                found.push(Obstacle::OtherAccount {
                    live: arn.account().to_owned(),
                    needed: needed(&target.account),
                });
            }
            if arn.region() != target.region {
                found.push(Obstacle::OtherRegion {
                    live: arn.region().to_owned(),
                    needed: needed(&target.region),
                });
            }
            if arn.name() != input.stack.name {
                found.push(Obstacle::OtherName {
                    live: arn.name().to_owned(),
                    needed: needed(&input.stack.name),
                });
            }
        }
    }
    let clashes = tags.clashing.iter().cloned();
    found.extend(
        clashes.map(|TagClash { key, live, needed }| Obstacle::OtherConfig {
            tag: key,
            live,
            needed,
        }),
    );
    let owner = owner_mark(input.live, template);
    found.extend(owner.map(|ToolMark { tool, mark }| Obstacle::OtherTool { tool, mark }));
    if let Some(tested) = live.tags.get(TEST_TAG) {
        found.push(Obstacle::TestStack {
            tested: tested.clone(),
        });
    }
    let status = live.status.to_string();
    found.extend(match live.status.health() {
        Health::Stable if is_import_template(input.template) => {
            Some(Obstacle::Unfinished { status })
        }
        Health::Stable if live.status.has_drift_detection() => None,
        Health::Stable => Some(Obstacle::NoDriftDetection { status }),
        Health::InProgress | Health::Unknown => Some(Obstacle::InProgress { status }),
        Health::Failed => Some(Obstacle::Failed { status }),
        Health::ReviewInProgress => Some(Obstacle::NeverCreated { status }),
        Health::Deleted => Some(Obstacle::Deleted { status }),
    });
    if template.is_none() {
        found.push(Obstacle::UnreadableTemplate);
    }
    let count = tags.count();
    if count > MAX_TAGS {
        found.push(Obstacle::TooManyTags { count });
    }
    found
}

/// The other tool that owns a stack, by the stack or by its template.
pub fn owner_mark(live: &LiveStack, template: Option<&Document>) -> Option<ToolMark> {
    OtherTool::of_stack(live).or_else(|| of_template(template?))
}

const SAM_TRANSFORM: &str = "AWS::Serverless-";
const CDK_METADATA: &str = "AWS::CDK::Metadata";
const CDK_PATH: &str = "aws:cdk:path";

fn of_template(template: &Document) -> Option<ToolMark> {
    let transforms =
        template
            .tree
            .get("Transform")
            .map_or(&[][..], |transform| match &transform.kind {
                NodeKind::Sequence(items) => items.as_slice(),
                _ => std::slice::from_ref(transform),
            });
    let mut transforms = transforms.iter().filter_map(Node::text);
    if let Some(transform) = transforms.find(|name| name.starts_with(SAM_TRANSFORM)) {
        return Some(ToolMark {
            tool: OtherTool::Sam,
            mark: format!("transform {transform}"),
        });
    }
    template.resources().find_map(|resource| {
        let metadata = resource.entry.value.get("Metadata");
        let is_cdk = resource.kind == CDK_METADATA
            || metadata.is_some_and(|metadata| metadata.get(CDK_PATH).is_some());
        is_cdk.then(|| ToolMark {
            tool: OtherTool::Cdk,
            mark: format!("resource {}", resource.logical_id),
        })
    })
}
