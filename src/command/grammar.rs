//! Arguments and flags of commands, and the formats of their values.

use crate::model::RepoPath;
use crate::product::Verb;

/// Begins every command.
pub const TRIGGER: &str = "/provisioner";
/// Maximum characters of a comment. Forges accept no more.
pub const MAX_CHARACTERS: usize = 65_536;
pub const MAX_COMMANDS: usize = 10;

/// The word after the action that is not a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Argument {
    Nothing,
    /// A config; all configs of the pull request if absent.
    Config,
    /// A required config: a deletion never means all configs.
    NamedConfig,
    Code,
    Product,
}

impl Argument {
    /// The placeholder, the format, and whether the word is required.
    pub(super) fn value(self) -> Option<(&'static str, ValueFormat, bool)> {
        match self {
            Self::Nothing => None,
            Self::Config => Some(("CONFIG", ValueFormat::Path, false)),
            Self::NamedConfig => Some(("CONFIG", ValueFormat::Path, true)),
            Self::Code => Some(("CODE", ValueFormat::Name, true)),
            Self::Product => Some(("PRODUCT", ValueFormat::Name, false)),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    Solution,
    Tier,
    Keep,
    Skip,
    Force,
    Confirm,
}

impl Flag {
    pub const ALL: [Self; 6] = [
        Self::Solution,
        Self::Tier,
        Self::Keep,
        Self::Skip,
        Self::Force,
        Self::Confirm,
    ];

    /// The flags of actions with this verb. The reviewed change decides what a write or a deletion does, so no flag changes that, and
    /// these actions take no tier.
    pub(super) fn for_verb(verb: Verb) -> &'static [Self] {
        match verb {
            Verb::ValidateConfig
            | Verb::RenderTemplate
            | Verb::RenderPolicy
            | Verb::ValidateTemplate
            | Verb::ReviewReport
            | Verb::ShowChanges
            | Verb::CheckDrift => &[Self::Tier],
            Verb::TestDeploy => &[Self::Tier, Self::Keep],
            Verb::Provision | Verb::Adopt | Verb::Unadopt | Verb::Import => &[Self::Force],
            Verb::Restore => &[Self::Force, Self::Confirm],
            Verb::ContinueRollback => &[Self::Skip, Self::Force, Self::Confirm],
            Verb::DeployFolders | Verb::UploadTemplate => &[Self::Solution, Self::Force],
            Verb::Delete | Verb::TearDown | Verb::Replace => &[Self::Force, Self::Confirm],
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Solution => "--solution",
            Self::Tier => "--tier",
            Self::Keep => "--keep",
            Self::Skip => "--skip",
            Self::Force => "--force",
            Self::Confirm => "--confirm",
        }
    }

    /// The placeholder and the format of its value, if it takes one.
    pub(super) fn value(self) -> Option<(&'static str, ValueFormat)> {
        match self {
            Self::Solution => Some(("NAME", ValueFormat::Name)),
            Self::Tier => Some(("TIER", ValueFormat::Name)),
            Self::Skip => Some(("RESOURCE", ValueFormat::LogicalId)),
            Self::Confirm => Some(("DIGEST", ValueFormat::Digest)),
            Self::Keep | Self::Force => None,
        }
    }

    pub fn summary(self) -> &'static str {
        match self {
            Self::Solution => "Use the folders of this solution [default: all of the config]",
            Self::Tier => "Use this tier for configs that name none, in products with tiers",
            Self::Keep => "Keep the stack of the test, and reply with the command that deletes it",
            Self::Skip => {
                "Leave this resource as it is: a logical id of the preview; can be given several times"
            }
            Self::Force => "Confirm the command; required to delete and to repair",
            Self::Confirm => {
                "Confirm the deletion or repair with the first 16 or more digits of the digest that provisioner reported"
            }
        }
    }

    /// Whether a command may have it several times.
    pub(super) fn repeats(self) -> bool {
        self == Self::Skip
    }

    /// The flag with the placeholder of its value.
    pub fn usage(self) -> String {
        match self.value() {
            Some((word, _)) => format!("{} {word}", self.name()),
            None => self.name().to_owned(),
        }
    }
}

/// The format of a value. Every other value is an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueFormat {
    Path,
    Name,
    LogicalId,
    Digest,
}

impl ValueFormat {
    pub(super) fn matches(self, value: &str) -> bool {
        let word = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        match self {
            Self::Path => {
                value.len() <= 200
                    && value.bytes().all(|byte| word(byte) || byte == b'/')
                    && !value.contains("..")
                    && RepoPath::parse(value).is_ok()
            }
            Self::Name => {
                value.len() <= 100
                    && value.bytes().all(word)
                    && value.starts_with(|first: char| first.is_ascii_alphanumeric())
            }
            Self::LogicalId => {
                (1..=255).contains(&value.len())
                    && value.bytes().all(|byte| byte.is_ascii_alphanumeric())
            }
            Self::Digest => {
                (16..=64).contains(&value.len())
                    && value
                        .bytes()
                        .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
            }
        }
    }

    pub(super) fn description(self) -> &'static str {
        match self {
            Self::Path => {
                "a path in the repository or a file name: at most 200 letters, digits and `.`, `_`, `-`, `/`, without `..`"
            }
            Self::Name => {
                "at most 100 letters, digits and `.`, `_`, `-`, beginning with a letter or digit"
            }
            Self::LogicalId => "at most 255 letters and digits",
            Self::Digest => "16 to 64 digits of `0`–`9` and `a`–`f`",
        }
    }
}
