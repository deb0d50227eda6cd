//! A change set as `DescribeChangeSet` returns it: all pages together, nested change sets inside.
//!
//! Field names are the API's, so that the output of `aws cloudformation describe-change-set` can be assessed too.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", from = "RawChangeSet")]
pub struct ChangeSet {
    /// ARN.
    #[serde(rename = "ChangeSetId")]
    pub id: String,
    /// ARN of the stack.
    pub stack_id: String,
    /// `CREATE_COMPLETE`, `FAILED` and others.
    pub status: String,
    pub status_reason: Option<String>,
    /// `AVAILABLE`, `OBSOLETE` and others.
    pub execution_status: String,
    /// An entry that does not describe a resource counts as a change with an unknown action.
    pub changes: Vec<ResourceChange>,
    /// Whether changes are missing: AWS sent no list of them, or has a further page that was not read.
    #[serde(skip)]
    pub is_incomplete: bool,
}

/// The keys of the API. Any may be missing.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawChangeSet {
    change_set_id: Option<String>,
    stack_id: Option<String>,
    status: Option<String>,
    status_reason: Option<String>,
    execution_status: Option<String>,
    changes: Option<Vec<RawChange>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct RawChange {
    #[serde(rename = "Type")]
    entity: Option<String>,
    resource_change: Option<ResourceChange>,
}

impl From<RawChangeSet> for ChangeSet {
    fn from(raw: RawChangeSet) -> Self {
        let has_more = raw.next_token.is_some_and(|token| !token.is_empty());
        let entry = |change: RawChange| {
            ResourceChange::from_entry(change.entity.as_deref(), change.resource_change)
        };
        Self {
            id: raw.change_set_id.unwrap_or_default(),
            stack_id: raw.stack_id.unwrap_or_default(),
            status: raw.status.unwrap_or_default(),
            status_reason: raw.status_reason,
            execution_status: raw.execution_status.unwrap_or_default(),
            is_incomplete: raw.changes.is_none() || has_more,
            changes: raw.changes.into_iter().flatten().map(entry).collect(),
        }
    }
}

impl ChangeSet {
    /// What CloudFormation describes if there is nothing to change.
    pub fn without_changes() -> Self {
        Self {
            status: "FAILED".to_owned(),
            status_reason: Some("No updates are to be performed.".to_owned()),
            ..Self::default()
        }
    }

    /// Whether it failed only because there is nothing to change.
    pub fn is_empty(&self) -> bool {
        // Other failures may quote a text that contains these words.
        let reason = self.status_reason.as_deref().unwrap_or_default();
        self.status == "FAILED"
            && (reason.starts_with("The submitted information didn't contain changes")
                || reason.starts_with("No updates are to be performed"))
    }
}

/// `null` means the same as a missing key.
fn null_as_missing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChange {
    #[serde(default, deserialize_with = "null_as_missing")]
    pub action: ChangeAction,
    #[serde(
        default,
        rename = "LogicalResourceId",
        deserialize_with = "null_as_missing"
    )]
    pub logical_id: String,
    #[serde(default, rename = "PhysicalResourceId")]
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(default, rename = "ResourceType", deserialize_with = "null_as_missing")]
    pub kind: String,
    /// `None` if the API omits it, as for `Add` and `Remove`.
    #[serde(default)]
    pub replacement: Option<Replacement>,
    /// What happens to the old physical resource.
    #[serde(default)]
    pub policy_action: Option<PolicyAction>,
    /// Attributes that change, such as `Properties` or `DeletionPolicy`.
    #[serde(default, deserialize_with = "null_as_missing")]
    pub scope: Vec<String>,
    #[serde(default, deserialize_with = "null_as_missing")]
    pub details: Vec<Detail>,
    /// ARN of the nested stack's change set, if the resource is a nested stack.
    #[serde(default, rename = "ChangeSetId")]
    pub nested_id: Option<String>,
    /// The described change set of `nested_id`.
    #[serde(default, rename = "Nested")]
    pub nested: Option<Box<ChangeSet>>,
    /// Properties before the change, as JSON text.
    #[serde(default)]
    pub before_context: Option<String>,
    /// Properties after the change, as JSON text.
    #[serde(default)]
    pub after_context: Option<String>,
    /// In a drift-aware change set only: `IN_SYNC`, `MODIFIED`, `DELETED` and others.
    #[serde(
        default,
        rename = "ResourceDriftStatus",
        skip_serializing_if = "Option::is_none"
    )]
    pub drift_status: Option<String>,
    /// In a drift-aware change set only: attributes whose drift stays.
    #[serde(
        default,
        rename = "ResourceDriftIgnoredAttributes",
        deserialize_with = "null_as_missing",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub ignored_drift: Vec<IgnoredDrift>,
}

/// An attribute whose drift CloudFormation does not revert.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all(serialize = "snake_case", deserialize = "PascalCase"))]
pub struct IgnoredDrift {
    /// JSON pointer from the resource.
    #[serde(default, deserialize_with = "null_as_missing")]
    pub path: String,
    /// `MANAGED_BY_AWS`, `WRITE_ONLY_PROPERTY`, `SENSITIVE_PROPERTY`.
    #[serde(default, deserialize_with = "null_as_missing")]
    pub reason: String,
}

/// The only value of an entry's `Type`.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_Change.html>
const RESOURCE: &str = "Resource";

impl ResourceChange {
    /// The change of an entry with its `Type`. If AWS adds another type of entry, nothing is known about its effect.
    pub fn from_entry(entity: Option<&str>, change: Option<Self>) -> Self {
        match (entity, change) {
            (None | Some(RESOURCE), Some(change)) => change,
            (entity, change) => Self {
                action: ChangeAction::Unknown(entity.unwrap_or_default().to_owned()),
                ..change.unwrap_or_default()
            },
        }
    }

    /// A property before the change; `None` if the properties are not known.
    pub fn property_before(&self, name: &str) -> Option<Value> {
        let before: Value = serde_json::from_str(self.before_context.as_deref()?).ok()?;
        let properties = before.get("Properties")?.as_object()?;
        Some(properties.get(name).cloned().unwrap_or_default())
    }

    /// Properties before and after, if both were sent and are JSON.
    pub fn contexts(&self) -> Option<[Value; 2]> {
        let read = |text: &Option<String>| serde_json::from_str(text.as_deref()?).ok();
        Some([read(&self.before_context)?, read(&self.after_context)?])
    }
}

/// A property or attribute that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Detail {
    #[serde(default, deserialize_with = "null_as_missing")]
    pub target: ChangeTarget,
    /// Whether the new value is known before the change set runs.
    #[serde(default)]
    pub evaluation: Option<Evaluation>,
    /// `ResourceReference`, `ParameterReference`, `ResourceAttribute`, `DirectModification`, `Automatic`.
    #[serde(default)]
    pub change_source: Option<String>,
    /// The cause, such as a parameter's name.
    #[serde(default)]
    pub causing_entity: Option<String>,
}

/// The subject of a [`Detail`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeTarget {
    /// `Properties`, `Metadata`, `CreationPolicy`, `UpdatePolicy`, `DeletionPolicy`, `UpdateReplacePolicy`, `Tags`.
    #[serde(default)]
    pub attribute: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    /// JSON pointer to the changed value, from the resource.
    #[serde(default)]
    pub path: Option<String>,
    #[serde(default)]
    pub requires_recreation: Option<Recreation>,
    /// `Add`, `Modify`, `Remove`.
    #[serde(default)]
    pub attribute_change_type: Option<String>,
    #[serde(default)]
    pub before_value: Option<String>,
    #[serde(default)]
    pub after_value: Option<String>,
    /// In a drift-aware change set only: `ACTUAL_STATE` or `PREVIOUS_DEPLOYMENT_STATE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before_value_from: Option<String>,
    /// In a drift-aware change set only: the values of a property that has drifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drift: Option<LiveDrift>,
}

/// A property whose live value differs from the last deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct LiveDrift {
    /// The value of the last deployment.
    #[serde(default)]
    pub previous_value: Option<String>,
    #[serde(default)]
    pub actual_value: Option<String>,
}

/// The API's placeholder for a value that is known only after execution.
const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

impl Detail {
    /// Whether the new value is unknown before the change set runs.
    pub fn is_known_after_apply(&self) -> bool {
        let after = self.target.after_value.as_deref();
        after.is_some_and(|value| value.contains(KNOWN_AFTER_APPLY))
            || self.evaluation == Some(Evaluation::Dynamic)
    }
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $word:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        pub enum $name {
            $($(#[$what])* $word,)*
            /// A value that AWS added to the API later.
            #[serde(untagged)]
            Unknown(String),
        }

        impl<'de> Deserialize<'de> for $name {
            /// A value that is no text, such as `true`, is unknown.
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok(match Value::deserialize(deserializer)? {
                    Value::String(word) => Self::parse(&word),
                    other => Self::Unknown(other.to_string()),
                })
            }
        }

        impl Default for $name {
            /// A missing value is unknown too.
            fn default() -> Self {
                Self::Unknown(String::new())
            }
        }

        impl $name {
            /// The known values.
            pub const KNOWN: &'static [&'static str] = &[$(stringify!($word)),*];

            pub fn parse(word: &str) -> Self {
                match word {
                    $(stringify!($word) => Self::$word,)*
                    other => Self::Unknown(other.to_owned()),
                }
            }

            /// The API's value.
            pub fn word(&self) -> &str {
                match self {
                    $(Self::$word => stringify!($word),)*
                    Self::Unknown(word) => word,
                }
            }
        }
    };
}

words! {
    /// What happens to a resource.
    ChangeAction {
        Add,
        /// It is changed or replaced.
        Modify,
        Remove,
        /// An existing resource joins the stack.
        Import,
        /// CloudFormation does not know the action before the change set runs.
        Dynamic,
        /// CloudFormation updates its record of the resource, and not the resource.
        SyncWithActual,
    }
}

words! {
    /// Whether the resource is replaced.
    Replacement {
        True,
        False,
        /// It depends on values that are unknown before the change set runs.
        Conditional,
    }
}

words! {
    /// What happens to the old physical resource.
    PolicyAction {
        Delete,
        /// It is kept, outside the stack.
        Retain,
        /// It is deleted after a snapshot.
        Snapshot,
        ReplaceAndDelete,
        ReplaceAndRetain,
        ReplaceAndSnapshot,
    }
}

words! {
    /// Whether changing a property replaces the resource.
    Recreation {
        Never,
        /// It depends on the value.
        Conditionally,
        Always,
    }
}

words! {
    /// Whether a change is certain.
    Evaluation {
        Static,
        /// It depends on a value that is unknown before the change set runs.
        Dynamic,
    }
}
