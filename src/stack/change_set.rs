//! A change set as `DescribeChangeSet` shows it, all pages together, nested ones inside.
//!
//! Read from the API's own field names, so that what `aws cloudformation describe-change-set` prints can be judged too.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A change set that was described.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeSet {
    /// ARN.
    #[serde(default, rename = "ChangeSetId")]
    pub id: String,
    /// ARN of the stack.
    #[serde(default)]
    pub stack_id: String,
    /// `CREATE_COMPLETE`, `FAILED` and others.
    #[serde(default)]
    pub status: String,
    /// Why it failed.
    #[serde(default)]
    pub status_reason: Option<String>,
    /// `AVAILABLE`, `OBSOLETE` and others.
    #[serde(default)]
    pub execution_status: String,
    /// All changes. Entries of other types than `Resource` are hooks' and hold none.
    #[serde(default, deserialize_with = "resource_changes")]
    pub changes: Vec<ResourceChange>,
}

impl ChangeSet {
    /// Whether it failed for the one reason that is no failure: there is nothing to change.
    pub fn is_empty(&self) -> bool {
        let reason = self.status_reason.as_deref().unwrap_or_default();
        self.status == "FAILED"
            && (reason.contains("didn't contain changes")
                || reason.contains("No updates are to be performed"))
    }
}

fn resource_changes<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<ResourceChange>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Change {
        resource_change: Option<ResourceChange>,
    }
    let changes: Vec<Change> = Vec::deserialize(deserializer)?;
    Ok(changes
        .into_iter()
        .filter_map(|change| change.resource_change)
        .collect())
}

/// What happens to one resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ResourceChange {
    /// What happens.
    #[serde(default)]
    pub action: ChangeAction,
    /// Logical id.
    #[serde(default, rename = "LogicalResourceId")]
    pub logical_id: String,
    /// Physical id, if it has one.
    #[serde(default, rename = "PhysicalResourceId")]
    pub physical_id: Option<String>,
    /// Type, such as `AWS::S3::Bucket`.
    #[serde(default, rename = "ResourceType")]
    pub kind: String,
    /// Whether a new resource takes its place. `None` where the API says nothing, as for `Add` and `Remove`.
    #[serde(default)]
    pub replacement: Option<Replacement>,
    /// What becomes of the physical resource that goes.
    #[serde(default)]
    pub policy_action: Option<PolicyAction>,
    /// Attributes that change, such as `Properties` or `DeletionPolicy`.
    #[serde(default)]
    pub scope: Vec<String>,
    /// Each property or attribute.
    #[serde(default)]
    pub details: Vec<Detail>,
    /// The nested stack's change set, if it is one.
    #[serde(default, rename = "ChangeSetId")]
    pub nested_id: Option<String>,
    /// That change set, described.
    #[serde(default, rename = "Nested")]
    pub nested: Option<Box<ChangeSet>>,
    /// Properties before the change, as JSON text.
    #[serde(default)]
    pub before_context: Option<String>,
    /// Properties after the change, as JSON text.
    #[serde(default)]
    pub after_context: Option<String>,
}

impl ResourceChange {
    /// Properties before and after, where both were sent and are JSON.
    pub fn contexts(&self) -> Option<[Value; 2]> {
        let read = |text: &Option<String>| serde_json::from_str(text.as_deref()?).ok();
        Some([read(&self.before_context)?, read(&self.after_context)?])
    }
}

/// A property or attribute that changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Detail {
    /// Which one.
    #[serde(default)]
    pub target: ChangeTarget,
    /// Whether its value is known now.
    #[serde(default)]
    pub evaluation: Option<Evaluation>,
    /// `ResourceReference`, `ParameterReference`, `ResourceAttribute`, `DirectModification`, `Automatic`.
    #[serde(default)]
    pub change_source: Option<String>,
    /// What caused it, such as a parameter's name.
    #[serde(default)]
    pub causing_entity: Option<String>,
}

/// What a [`Detail`] is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChangeTarget {
    /// `Properties`, `Metadata`, `CreationPolicy`, `UpdatePolicy`, `DeletionPolicy`, `UpdateReplacePolicy`, `Tags`.
    #[serde(default)]
    pub attribute: Option<String>,
    /// Name of the property.
    #[serde(default)]
    pub name: Option<String>,
    /// JSON pointer to the value that changes, from the resource.
    #[serde(default)]
    pub path: Option<String>,
    /// Whether changing it needs another resource.
    #[serde(default)]
    pub requires_recreation: Option<Recreation>,
    /// `Add`, `Modify`, `Remove`.
    #[serde(default)]
    pub attribute_change_type: Option<String>,
    /// Value before.
    #[serde(default)]
    pub before_value: Option<String>,
    /// Value after.
    #[serde(default)]
    pub after_value: Option<String>,
}

/// What the API writes for a value that only the operation itself will bring.
const KNOWN_AFTER_APPLY: &str = "{{changeSet:KNOWN_AFTER_APPLY}}";

impl Detail {
    /// Whether the new value is not known before the change set runs.
    pub fn is_known_after_apply(&self) -> bool {
        let after = self.target.after_value.as_deref();
        after.is_some_and(|value| value.contains(KNOWN_AFTER_APPLY))
            || self.evaluation == Some(Evaluation::Dynamic)
    }
}

macro_rules! words {
    ($(#[$about:meta])* $name:ident { $($(#[$what:meta])* $word:ident,)* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$what])* $word,)*
            /// A word that the API did not have when this was written.
            #[serde(untagged)]
            Unknown(String),
        }

        impl Default for $name {
            /// No word at all is no word that is known.
            fn default() -> Self {
                Self::Unknown(String::new())
            }
        }

        impl $name {
            /// Reads the API's word.
            pub fn of(word: &str) -> Self {
                match word {
                    $(stringify!($word) => Self::$word,)*
                    other => Self::Unknown(other.to_owned()),
                }
            }

            /// The API's word.
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
        /// It is made.
        Add,
        /// It is changed, or replaced.
        Modify,
        /// It leaves the stack.
        Remove,
        /// An existing resource joins the stack.
        Import,
        /// The exact action cannot be told beforehand.
        Dynamic,
        /// The stack's record is brought in line with the resource, which is left alone.
        SyncWithActual,
    }
}

words! {
    /// Whether another resource takes its place.
    Replacement {
        /// Yes.
        True,
        /// No.
        False,
        /// It depends on values that are not known yet.
        Conditional,
    }
}

words! {
    /// What becomes of the physical resource.
    PolicyAction {
        /// It is deleted.
        Delete,
        /// It stays behind.
        Retain,
        /// It is deleted after a snapshot.
        Snapshot,
        /// It is replaced, and deleted.
        ReplaceAndDelete,
        /// It is replaced, and stays behind.
        ReplaceAndRetain,
        /// It is replaced, and deleted after a snapshot.
        ReplaceAndSnapshot,
    }
}

words! {
    /// Whether changing a property needs another resource.
    Recreation {
        /// It does not.
        Never,
        /// It depends on the value.
        Conditionally,
        /// It does.
        Always,
    }
}

words! {
    /// Whether a change is sure to happen.
    Evaluation {
        /// It is.
        Static,
        /// It depends on a value that is not known yet.
        Dynamic,
    }
}
