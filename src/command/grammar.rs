//! The grammar as one table: parser, near misses, the reply to `help` and the documentation come from it.

use crate::model::RepoPath;
use crate::product::{Class, Verb};

/// Begins every command.
pub const TRIGGER: &str = "/provisioner";
/// Characters of a comment; a forge accepts no more.
pub const MAX_CHARACTERS: usize = 65_536;
pub const MAX_COMMANDS: usize = 10;

/// What stands behind the action, without a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    Nothing,
    /// A config; all that are meant by the pull request if absent.
    Config,
    /// A config that has to be named: nobody takes all of them away by saying nothing.
    NamedConfig,
    Code,
    Product,
}

impl Argument {
    /// The word for it, its shape, and whether it has to be there.
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flag {
    Solution,
    Tier,
    Keep,
    Force,
    Confirm,
}

impl Flag {
    pub(super) const ALL: [Self; 5] = [
        Self::Solution,
        Self::Tier,
        Self::Keep,
        Self::Force,
        Self::Confirm,
    ];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Solution => "--solution",
            Self::Tier => "--tier",
            Self::Keep => "--keep",
            Self::Force => "--force",
            Self::Confirm => "--confirm",
        }
    }

    /// The word for its value and the value's shape, if it takes one.
    pub(super) fn value(self) -> Option<(&'static str, ValueFormat)> {
        match self {
            Self::Solution => Some(("NAME", ValueFormat::Name)),
            Self::Tier => Some(("TIER", ValueFormat::Name)),
            Self::Confirm => Some(("DIGEST", ValueFormat::Digest)),
            Self::Keep | Self::Force => None,
        }
    }

    pub(super) fn summary(self) -> &'static str {
        match self {
            Self::Solution => {
                "the solution whose folders are meant; all that the config names if absent"
            }
            Self::Tier => "the tier of configs that name none, for products that have tiers",
            Self::Keep => "leave the test's stack there, and say how to remove it",
            Self::Force => "say that it is meant; needed to delete",
            Self::Confirm => {
                "the digest of what goes, as the bot reported it: at least 16 of its digits"
            }
        }
    }

    /// As help shows it.
    pub(super) fn usage(self) -> String {
        match self.value() {
            Some((word, _)) => format!("{} {word}", self.name()),
            None => self.name().to_owned(),
        }
    }
}

/// What a value may look like. All of them are closed: what is not listed is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ValueFormat {
    Path,
    Name,
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
            Self::Digest => "16 to 64 digits of `0`–`9` and `a`–`f`",
        }
    }
}

macro_rules! actions {
    ($($action:ident $name:literal [$class:expr] $argument:ident [$($flag:ident)*] $about:literal;)*) => {
        /// What a comment can ask for.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum CommentAction {
            $(#[doc = $about] $action,)*
        }

        impl CommentAction {
            pub const ALL: &'static [Self] = &[$(Self::$action),*];

            /// The word by which comments and the command line call it.
            pub fn name(self) -> &'static str {
                match self { $(Self::$action => $name,)* }
            }

            /// How far it reaches.
            pub fn class(self) -> Class {
                match self { $(Self::$action => $class,)* }
            }

            /// What it does, without a full stop.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$action => $about,)* }
            }

            pub(super) fn argument(self) -> Argument {
                match self { $(Self::$action => Argument::$argument,)* }
            }

            pub(super) fn flags(self) -> &'static [Flag] {
                match self { $(Self::$action => &[$(Flag::$flag),*],)* }
            }
        }
    };
}

// The reviewed change fixes what a write or a deletion does, so no flag changes it, and these actions take no tier.
actions! {
    ValidateConfig "validate-config" [Verb::ValidateConfig.class()] Config [Tier] "check configs: syntax, schema, names, rules";
    CreateProvTemplate "create-prov-template" [Verb::RenderTemplate.class()] Config [Tier] "show the CloudFormation template of each config";
    CreatePolicy "create-policy" [Verb::RenderPolicy.class()] Config [Tier] "show the operator's IAM policy of each config";
    ListProducts "list-products" [Class::Offline] Nothing [] "list the products and their tiers";
    ShowProduct "show-product" [Class::Offline] Product [Tier] "show what a product makes";
    CreateReviewReport "create-review-report" [Verb::ReviewReport.class()] Config [Tier] "make the review report of each config";
    Help "help" [Class::Offline] Nothing [] "list the commands";
    Explain "explain" [Class::Offline] Code [] "say what a diagnostic's or a denial's code means, and what clears it";
    ValidateProvTemplate "validate-prov-template" [Verb::ValidateTemplate.class()] Config [Tier] "check the rendered templates, also by CloudFormation";
    ShowChanges "show-changes" [Verb::ShowChanges.class()] Config [Tier] "show what deploying each config would change now, and what becomes of the data";
    CheckDrift "check-drift" [Verb::CheckDrift.class()] Config [Tier] "look for what in each config's stack is not as its template says";
    TestDeploy "test-deploy" [Verb::TestDeploy.class()] Config [Tier Keep] "make each config's stack under a random name, verify it, and remove it";
    DeployProduct "deploy-product" [Verb::Provision.class()] Config [Force] "make the stack of each config (ml)";
    CreateBucket "create-bucket" [Verb::Provision.class()] Config [Force] "make the stack of each dedicated bucket, with its folders (s3)";
    PrepMaster "prep-master" [Verb::Provision.class()] Config [Force] "make the stack of each shared bucket, with its folders (s3)";
    DeploySolution "deploy-solution" [Verb::DeployFolders.class()] Config [Solution Force] "make the folders of a solution in a bucket that exists (s3)";
    UploadTemplate "upload-template" [Verb::UploadTemplate.class()] Config [Solution Force] "write the rendered template into the bucket (s3)";
    DeleteProduct "delete-product" [Verb::Delete.class()] NamedConfig [Force Confirm] "delete the stack of a config (ml)";
    TearDown "tear-down" [Verb::TearDown.class()] NamedConfig [Force Confirm] "empty the bucket of a config and delete it with its stack (s3)";
}

impl CommentAction {
    /// The action of a name, which is written exactly so.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|action| action.name() == name)
    }

    /// As help shows it.
    pub(super) fn usage(self) -> String {
        let argument = self
            .argument()
            .value()
            .map(|(word, _, needed)| match needed {
                true => word.to_owned(),
                false => format!("[{word}]"),
            });
        let flags = self
            .flags()
            .iter()
            .map(|flag| format!("[{}]", flag.usage()));
        let mut words = vec![self.name().to_owned()];
        words.extend(argument);
        words.extend(flags);
        words.join(" ")
    }
}
