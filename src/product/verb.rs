//! Verbs: what the engine can do with a config. A product's actions are names for them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::EffectKind;

/// The reach of an action, which decides who may command it. From harmless to destructive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Reads what is in the repository, and does not query AWS.
    Offline,
    /// Queries AWS, and changes nothing.
    Read,
    /// Creates a stack of its own, and deletes it.
    Test,
    /// Creates or changes what the merged configs declare.
    Write,
    /// Deletes stacks.
    Destructive,
}

impl Class {
    pub const ALL: [Self; 5] = [
        Self::Offline,
        Self::Read,
        Self::Test,
        Self::Write,
        Self::Destructive,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Offline => "offline",
            Self::Read => "read",
            Self::Test => "test",
            Self::Write => "write",
            Self::Destructive => "destructive",
        }
    }

    /// What the class does in AWS, for the tables of the documentation.
    pub fn aws(self) -> &'static str {
        match self {
            Self::Offline => "nothing",
            Self::Read => "reads",
            Self::Test | Self::Write | Self::Destructive => "changes",
        }
    }

    /// Who may comment its actions, and when.
    pub fn requirements(self) -> &'static str {
        match self {
            Self::Offline => {
                "triage permission or above; in a private repository also the pull request's author"
            }
            Self::Read => "write permission; pull requests from the same repository",
            Self::Test => "write permission; the head is approved",
            Self::Write => "write permission; the change is approved and merged",
            Self::Destructive => {
                "the removal is approved and merged; a second person gives `--force` and confirms the digest"
            }
        }
    }
}

/// The effect of a verb on the config's stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StackEffect {
    Keeps,
    /// Changes it to what the config declares.
    Provisions,
    Deletes,
}

macro_rules! verbs {
    ($($verb:ident $name:literal $class:ident $effect:ident $stack:ident $comments:literal $summary:literal;)*) => {
        /// What the engine can do with a config.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        #[serde(rename_all = "kebab-case")]
        pub enum Verb {
            $(#[doc = $summary] $verb,)*
        }

        impl Verb {
            pub const ALL: &'static [Self] = &[$(Self::$verb),*];

            /// The name in manifests.
            pub fn name(self) -> &'static str {
                match self { $(Self::$verb => $name,)* }
            }

            pub fn class(self) -> Class {
                match self { $(Self::$verb => Class::$class,)* }
            }

            /// The least effect that the guard has to allow. Offline verbs need no decision.
            pub fn effect(self) -> EffectKind {
                match self { $(Self::$verb => EffectKind::$effect,)* }
            }

            pub fn stack_effect(self) -> StackEffect {
                match self { $(Self::$verb => StackEffect::$stack,)* }
            }

            /// Whether comments may command it.
            pub fn in_comments(self) -> bool {
                match self { $(Self::$verb => $comments,)* }
            }

            /// One line for help, in comments and on the command line.
            pub fn summary(self) -> &'static str {
                match self { $(Self::$verb => $summary,)* }
            }
        }
    };
}

// The one table of verbs: name in manifests, class, effect for the guard, effect on the config's stack, commanded by comments or
// not, help.
verbs! {
    ValidateConfig "validate-config" Offline Inspect Keeps true "Check the syntax, schema, names and rules of configs";
    RenderTemplate "render-template" Offline Inspect Keeps true "Render the CloudFormation template of each config";
    RenderPolicy "render-policy" Offline Inspect Keeps true "Render the IAM policy of each stack's operator";
    ValidateTemplate "validate-template" Read Inspect Keeps true "Check the structure, references and limits of rendered templates";
    ReviewReport "review-report" Offline Inspect Keeps true "Write the review report of each config";
    ShowChanges "show-changes" Read Inspect Keeps true "Preview a deployment of each config and its effect on data";
    CheckDrift "check-drift" Read Inspect Keeps true "Detect drift in the stack of each config (read-only)";
    TestDeploy "test-deploy" Test Test Keeps true "Create each stack under a random name, verify it and delete it";
    Provision "provision" Write Create Provisions true "Create or update the stack of each config, and verify it";
    Adopt "adopt" Write Adopt Keeps true "Give each config's existing stack the tags of provisioner's stacks";
    Unadopt "unadopt" Write Unadopt Keeps true "Remove these tags from each config's stack, and keep the stack";
    Import "import" Write Create Provisions true "Create the stack of each config with resources that exist";
    Restore "restore" Write Restore Keeps true "Revert the drift of each config's stack to its deployed template";
    ContinueRollback "continue-rollback" Write ContinueRollback Keeps true "Continue the failed rollback of an update of each config's stack";
    DeployFolders "deploy-folders" Write Folders Keeps true "Create the folders of a solution in the stack's bucket";
    UploadTemplate "upload-template" Write Upload Keeps true "Render each config and upload the template to its bucket";
    Delete "delete" Destructive Delete Deletes true "Delete the stack of each config";
    TearDown "tear-down" Destructive TearDown Deletes true "Delete the stack and buckets of each config";
    Replace "replace" Destructive Replace Deletes true "Delete the stack of each config, and create it again";
}

impl Verb {
    /// Verbs that every product offers, under their own names. No manifest names them.
    pub const COMMON: [Self; 6] = [
        Self::Adopt,
        Self::Unadopt,
        Self::Import,
        Self::Restore,
        Self::ContinueRollback,
        Self::Replace,
    ];

    /// Whether it concerns the config's stack, and not only files that the config renders to.
    pub fn claims_stack(self) -> bool {
        !matches!(
            self,
            Self::RenderTemplate | Self::RenderPolicy | Self::ValidateTemplate | Self::ReviewReport
        )
    }

    /// Whether a config is in vain whose template CloudFormation does not take.
    pub fn judges_template(self) -> bool {
        matches!(
            self,
            Self::ValidateConfig | Self::ShowChanges | Self::TestDeploy | Self::Provision
        )
    }

    /// Whether it writes files that a person can use without this program.
    pub fn renders(self) -> bool {
        matches!(
            self,
            Self::RenderTemplate | Self::RenderPolicy | Self::ReviewReport
        )
    }

    /// Whether it works on the folders of the stack's bucket.
    pub fn uses_folders(self) -> bool {
        matches!(
            self,
            Self::Provision | Self::DeployFolders | Self::UploadTemplate
        )
    }

    /// Whether it repairs the config's stack. In CI, comments on an issue request it.
    pub fn repairs(self) -> bool {
        self.effect().repairs()
    }

    /// Whether it deletes the config's stack.
    pub fn deletes(self) -> bool {
        self.stack_effect() == StackEffect::Deletes
    }

    /// Whether it changes the stack to what the change requests.
    pub fn changes_stack(self) -> bool {
        self.stack_effect() != StackEffect::Keeps
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_manifests() {
        for verb in Verb::ALL {
            let read: Verb = serde_json::from_value(verb.name().into()).unwrap();
            assert_eq!(read, *verb);
        }
    }

    #[test]
    fn the_columns_of_the_table_agree() {
        for verb in Verb::ALL {
            assert_eq!(
                verb.deletes(),
                verb.class() == Class::Destructive,
                "{verb:?}"
            );
            let reads = verb.class() <= Class::Read;
            assert_eq!(reads, verb.effect() == EffectKind::Inspect, "{verb:?}");
            assert!(!reads || !verb.changes_stack(), "{verb:?}");
        }
    }
}
