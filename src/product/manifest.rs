//! `product.yaml`: what a product is, as data. `docs/products.md` describes every key.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::diagnostic::Severity;

/// The file as it stands in a product's folder. Strings called *expression* are minijinja expressions over the config
/// (with defaults applied), `names` and `file`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The product's name, equal to its folder's.
    pub name: String,
    /// A few words for headings.
    pub title: String,
    /// One sentence for lists.
    pub summary: String,
    /// The top-level config key that only this product has: how a config is recognised.
    pub section: String,
    /// A glob over file names, for configs too broken to be recognised by their section.
    pub files: String,
    /// What can be had, ascending: each has all that those before it have. Configs of a product with tiers have the name
    /// `tier`, which says theirs.
    #[serde(default)]
    pub tiers: Vec<Tier>,
    /// Where the stack lives.
    pub target: TargetSpec,
    /// Names derived from the config, each an expression that may use those above it as `names.…`.
    /// `config` (the file's stem) and `stack` are required.
    pub names: IndexMap<String, String>,
    /// File names of the outputs, as expressions.
    pub outputs: OutputNameSpecs,
    /// Folders that the program makes in a bucket of the stack.
    pub folders: Option<Folders>,
    /// Rules that a JSON Schema cannot say.
    #[serde(default)]
    pub rules: Vec<ProductRule>,
    /// What has to be there in the account before the stack is made.
    #[serde(default)]
    pub preflight: Vec<PreflightSpec>,
    /// What a change of a key means for a stack that exists.
    #[serde(default)]
    pub impact: Vec<ImpactRule>,
    /// Action names of the command line, and the engine's verb for each.
    pub actions: IndexMap<String, OfferedAction>,
}

/// A level of a product, which unlocks what the levels before it do not have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// What configs call it.
    pub name: String,
    /// One sentence for lists.
    pub summary: String,
    /// The product's file that holds a whole config of this tier.
    pub sample: String,
}

/// Expressions that say where a stack lives.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// 12-digit account id.
    pub account: String,
    /// AWS region.
    pub region: String,
    /// Environment, such as `prod`.
    pub environment: String,
}

/// Expressions for the file names of outputs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputNameSpecs {
    /// Rendered template, below `templates/`.
    pub template: String,
    /// Operator's IAM policy, below `policies/`.
    pub policy: String,
}

/// A folder tree, made once for each item of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folders {
    /// The product's file that holds the tree: nested mappings, leaves empty.
    pub source: String,
    /// Expression: the list.
    pub each: String,
    /// Expression over `item`: what stands before each folder's path.
    pub prefix: String,
}

/// A problem that is there when `when` is true.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductRule {
    /// Stable kebab-case code.
    pub code: String,
    /// Error unless said otherwise.
    #[serde(default = "error")]
    pub severity: Severity,
    /// The config key to point at, such as `s3.vpc_id`.
    pub at: String,
    /// Expression.
    pub when: String,
    /// One sentence; may hold `{{ expression }}`.
    pub message: String,
    /// What to do; may hold `{{ expression }}`.
    pub help: Option<String>,
}

/// Something outside of the stack on which it depends.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreflightSpec {
    /// What has to be so, in one sentence.
    pub text: String,
    /// An error stops a deployment, a warning does not.
    pub severity: Severity,
    /// The config key to point at.
    pub at: String,
    /// Expression: whether it has to be so at all; absent means always.
    pub when: Option<String>,
    /// What is looked for.
    pub needs: RequirementSpec,
}

/// What is looked for. Expressions give one, or a list.
#[derive(Debug, Deserialize)]
#[serde(untagged, deny_unknown_fields, rename_all_fields = "kebab-case")]
pub enum RequirementSpec {
    /// A resource of any type that CloudFormation knows.
    Resource {
        /// Its type.
        resource: String,
        /// Expression: its primary identifier.
        id: String,
    },
    /// A parameter of SSM.
    Parameter {
        /// Expression: its name.
        parameter: String,
    },
    /// An object.
    Object {
        /// Expression: its bucket.
        bucket: String,
        /// Expression: its key.
        object: String,
    },
    /// A bucket.
    Bucket {
        /// Expression: its name.
        bucket: String,
        /// Whether it has to keep versions.
        #[serde(default)]
        versioned: bool,
    },
    /// A bucket that must not be there yet.
    FreeBucket {
        /// Expression: its name.
        free_bucket: String,
    },
}

fn error() -> Severity {
    Severity::Error
}

/// What a change of some keys means.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpactRule {
    /// Config keys; each stands for itself and all below it.
    pub keys: Vec<String>,
    /// How bad.
    pub level: Level,
    /// What happens, in one sentence.
    pub consequence: String,
    /// Expression over `before` and `after` (both whole configs); absent means always.
    pub when: Option<String>,
}

/// Levels of impact, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing changes.
    None,
    /// In place.
    Safe,
    /// Something is deleted, created or interrupted.
    High,
    /// No rule covers the key. Unknown ranks with the worst.
    Unknown,
    /// Data or consumers are lost.
    Critical,
}

impl Level {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Safe => "safe",
            Self::High => "high",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }

    /// The mark before the word.
    pub fn mark(self) -> &'static str {
        match self {
            Self::None => "⚪",
            Self::Safe => "🟢",
            Self::High => "🟠",
            Self::Unknown => "❔",
            Self::Critical => "🔴",
        }
    }
}

/// What the engine can do with a config.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verb {
    /// Check the config.
    ValidateConfig,
    /// Render the template beside the config.
    RenderTemplate,
    /// Render the operator's IAM policy beside the config.
    RenderPolicy,
    /// Check the rendered template beside the config.
    ValidateTemplate,
    /// Write the review report beside the config.
    ReviewReport,
    /// Ask CloudFormation what would change.
    ShowChanges,
    /// Compare the stack with its template.
    CheckDrift,
    /// Make the stack under another name, verify and remove it.
    TestDeploy,
    /// Make the stack, and the folders in its bucket.
    Provision,
    /// Make the folders in the stack's bucket.
    DeployFolders,
    /// Write the rendered template into the stack's bucket.
    UploadTemplate,
    /// Delete the stack.
    Delete,
    /// Empty the stack's buckets, and delete it with them.
    TearDown,
}

/// An action of the command line.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "WrittenAction")]
pub struct OfferedAction {
    /// What the engine does.
    pub verb: Verb,
    /// Expression: whether a config has it; absent means that all have.
    pub when: Option<String>,
    /// What to use instead.
    pub otherwise: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenAction {
    Verb(Verb),
    Conditional(ConditionalAction),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ConditionalAction {
    verb: Verb,
    when: String,
    otherwise: String,
}

impl From<WrittenAction> for OfferedAction {
    fn from(written: WrittenAction) -> Self {
        match written {
            WrittenAction::Verb(verb) => Self {
                verb,
                when: None,
                otherwise: None,
            },
            WrittenAction::Conditional(action) => Self {
                verb: action.verb,
                when: Some(action.when),
                otherwise: Some(action.otherwise),
            },
        }
    }
}
