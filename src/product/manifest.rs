//! `product.yaml`: a product as data. `docs/products.md` describes every key.

use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::needs::RequirementSpec;
use super::verb::Verb;
use crate::diagnostic::{ProductCode, Severity};

/// The file in a product's folder. Strings called *expression* are minijinja expressions over the config (defaults applied),
/// `names` and `file`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Equals the name of the product's folder.
    pub name: String,
    /// A few words for headings.
    pub title: String,
    /// One sentence for lists.
    pub summary: String,
    /// The top-level config key that only this product has. A config is recognized by it.
    pub section: String,
    /// A glob over file names, for configs whose section cannot be read.
    pub files: String,
    /// Ascending: each tier includes the ones before it. Configs of a product with tiers name theirs in `tier`.
    #[serde(default)]
    pub tiers: Vec<Tier>,
    pub target: TargetSpec,
    /// Names derived from the config. Each is an expression that may use earlier ones as `names.…`. `config` (the file's stem)
    /// and `stack` are required.
    pub names: IndexMap<String, String>,
    /// Expression: a list of file names without ending that a config may have instead of `names.config`.
    pub aliases: Option<String>,
    /// Expressions for defaults that depend on the config, by key. If one gives nothing, the schema's default holds.
    #[serde(default)]
    pub defaults: IndexMap<String, String>,
    /// File names of the outputs, as expressions.
    pub outputs: OutputNameSpecs,
    /// Folders that provisioner creates in a bucket of the stack.
    pub folders: Option<Folders>,
    /// Rules that JSON Schema cannot express.
    #[serde(default)]
    pub rules: Vec<ProductRule>,
    /// Requirements in the account, checked before the stack is created.
    #[serde(default)]
    pub preflight: Vec<PreflightSpec>,
    /// What CI's roles may do beyond the ordinary.
    #[serde(default)]
    pub permissions: Permissions,
    /// The effect of a changed key on a stack that exists.
    #[serde(default)]
    pub impact: Vec<ImpactRule>,
    /// Resource type → what to do if two configs claim one name of this type.
    #[serde(default)]
    pub clashes: IndexMap<String, String>,
    /// Command-line action → verb of the engine.
    pub actions: IndexMap<String, OfferedAction>,
}

impl Manifest {
    /// A tier and those that it includes, ascending; empty if there is no such tier.
    pub fn tiers_up_to(&self, name: &str) -> &[Tier] {
        let position = self.tiers.iter().position(|tier| tier.name == name);
        position.map_or(&[], |last| &self.tiers[..=last])
    }
}

/// A level of a product. It allows keys that lower levels do not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    /// The name in configs.
    pub name: String,
    /// One sentence for lists.
    pub summary: String,
    /// The product's file that holds a complete config of this tier.
    pub sample: String,
}

/// Expressions for the stack's account, region and environment.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// 12-digit account id.
    pub account: String,
    pub region: String,
    /// Such as `prod`.
    pub environment: String,
}

/// Expressions for the file names of outputs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutputNameSpecs {
    /// The rendered template, below `templates/`.
    pub template: String,
    /// The operator's IAM policy, below `policies/`.
    pub policy: String,
}

/// A folder tree, created once for each item of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Folders {
    /// The product's file that holds the tree: nested mappings with empty leaves.
    pub source: String,
    /// Expression: the list.
    pub each: String,
    /// Expression over `item`: the prefix of each folder's path.
    pub prefix: String,
    /// Expression over `item`: whether an item can have this name; absent means every name without a `/`.
    pub valid: Option<String>,
    /// The names that `valid` allows, as an imperative.
    pub help: Option<String>,
    /// Expression over `item`: the SSM parameter that the stack publishes for a listed item.
    pub parameter: Option<String>,
}

/// Parameters that AWS publishes for everybody.
pub const PUBLIC_PARAMETERS: &str = "/aws/service/";

/// Permissions of CI's roles that a reviewer should know.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Permissions {
    /// Prefixes of SSM parameters that a plan reads; each begins and ends with `/`.
    #[serde(default)]
    pub parameters: Vec<ParameterPrefix>,
    /// The wide grants of the operator's policy.
    #[serde(default)]
    pub wide: Vec<DeclaredGrant>,
    /// Actions of the stacks' own roles that their templates do not list, because a role has managed policies.
    #[serde(default)]
    pub boundary: Vec<String>,
}

impl Permissions {
    /// Whether a plan may read an SSM parameter, by its name. What follows a prefix can have wildcards.
    pub fn may_read(&self, parameter: &str) -> bool {
        let own = self.parameters.iter().map(ParameterPrefix::as_str);
        own.chain([PUBLIC_PARAMETERS])
            .any(|prefix| parameter.starts_with(prefix))
    }
}

/// A prefix of SSM parameters, such as `/vpc/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct ParameterPrefix(String);

impl ParameterPrefix {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ParameterPrefix {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_name = |part: &str| {
            !part.is_empty()
                && part
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        };
        let inside = text
            .strip_prefix('/')
            .and_then(|text| text.strip_suffix('/'));
        match inside.is_some_and(|inside| inside.split('/').all(is_name)) {
            true => Ok(Self(text)),
            false => Err(format!(
                "invalid prefix of parameters: `{text}`; help: begin and end it with `/`, such as `/vpc/`"
            )),
        }
    }
}

/// Actions that the operator's policy allows on any resource.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredGrant {
    /// As the policy writes them.
    pub actions: Vec<String>,
    /// Why no narrower resource or action will do.
    pub reason: Reason,
}

/// A reason, in at least two words.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Reason(String);

impl Reason {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Reason {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_word = |word: &&str| word.chars().filter(|c| c.is_alphanumeric()).count() > 1;
        match text.split_whitespace().filter(is_word).count() >= 2 {
            true => Ok(Self(text)),
            false => Err(
                "a reason is a sentence of at least two words; help: say why no narrower resource will do",
            ),
        }
    }
}

/// A problem that exists when `when` is true.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductRule {
    pub code: ProductCode,
    /// `error` by default.
    #[serde(default = "error")]
    pub severity: Severity,
    /// The config key to point at, such as `s3.vpc_id`.
    pub at: String,
    /// Expression.
    pub when: String,
    /// One sentence; may hold `{{ expression }}`.
    pub message: String,
    /// How to fix it; may hold `{{ expression }}`.
    pub help: Option<String>,
}

/// A dependency of the stack on something outside of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreflightSpec {
    /// The requirement, in one sentence.
    pub text: String,
    /// An error stops a deployment, a warning does not.
    pub severity: Severity,
    /// The config key to point at.
    pub at: String,
    /// Expression: whether the requirement applies; absent means always.
    pub when: Option<String>,
    pub needs: RequirementSpec,
}

fn error() -> Severity {
    Severity::Error
}

/// The effect of changing some keys.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImpactRule {
    /// Config keys; each represents itself and every key below it.
    pub keys: Vec<String>,
    pub level: Level,
    /// One sentence; may hold `{{ expression }}` over `before` and `after`.
    pub consequence: String,
    /// Expression over `before` and `after` (both whole configs); absent means always.
    pub when: Option<String>,
}

impl ImpactRule {
    /// The consequence without values, for readers of the product: `…` represents each expression.
    pub fn outline(&self) -> String {
        let mut parts = self.consequence.split("{{");
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            text.push('…');
            text.push_str(part.split_once("}}").map_or("", |(_, rest)| rest));
        }
        text
    }
}

/// Levels of impact, ascending.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Nothing changes.
    None,
    /// Changed in place.
    Safe,
    /// A resource is deleted, created or interrupted.
    High,
    /// No rule covers the key. It ranks above `High`.
    Unknown,
    /// Data or consumers are lost.
    Critical,
}

impl Level {
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Safe => "safe",
            Self::High => "high",
            Self::Unknown => "unknown",
            Self::Critical => "critical",
        }
    }

    /// The symbol before the word.
    pub fn mark(self) -> &'static str {
        match self {
            Self::None => "⚪",
            Self::Safe => "🟢",
            Self::High => "🟠",
            Self::Unknown => "❓",
            Self::Critical => "🔴",
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "WrittenAction")]
pub struct OfferedAction {
    pub verb: Verb,
    /// For lists; that of the verb if absent.
    pub summary: Option<String>,
    /// Expression: whether a config has the action; absent means always.
    pub when: Option<String>,
    /// The action to use instead.
    pub otherwise: Option<String>,
}

impl OfferedAction {
    /// The action of this name that every product offers.
    pub fn common(name: &str) -> Option<&'static Self> {
        static COMMON: LazyLock<[OfferedAction; Verb::COMMON.len()]> = LazyLock::new(|| {
            Verb::COMMON.map(|verb| OfferedAction {
                verb,
                summary: None,
                when: None,
                otherwise: None,
            })
        });
        COMMON.iter().find(|action| action.verb.name() == name)
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenAction {
    Verb(Verb),
    Full(FullAction),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FullAction {
    verb: Verb,
    summary: Option<String>,
    when: Option<String>,
    otherwise: Option<String>,
}

impl TryFrom<WrittenAction> for OfferedAction {
    type Error = &'static str;

    fn try_from(written: WrittenAction) -> Result<Self, Self::Error> {
        let action = match written {
            WrittenAction::Verb(verb) => FullAction {
                verb,
                summary: None,
                when: None,
                otherwise: None,
            },
            WrittenAction::Full(action) => action,
        };
        if Verb::COMMON.contains(&action.verb) {
            return Err(
                "every product offers this verb under its own name; help: remove the action",
            );
        }
        if action.when.is_some() != action.otherwise.is_some() {
            return Err(
                "an action has only one of `when` and `otherwise`; help: write both, or neither",
            );
        }
        Ok(Self {
            verb: action.verb,
            summary: action.summary,
            when: action.when,
            otherwise: action.otherwise,
        })
    }
}
