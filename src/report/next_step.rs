//! The next step after an outcome. It becomes text when it is shown.

use serde::{Deserialize, Serialize};

use super::Text;
use super::escape::fence;
use crate::product::Verb;
use crate::text::quote_argument;

/// A step, or why none is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum NextStep {
    /// A second person has to write this comment.
    ConfirmDeletion {
        /// The product's action that deletes the stack.
        action: String,
        /// Path of the config. The parser of commands accepts it unchanged.
        config: String,
        /// Digest of the deletion.
        digest: String,
    },
    /// A second person has to write this comment on the issue.
    ConfirmRepair {
        /// `restore` or `continue-rollback`.
        action: String,
        /// Logical ids of resources to skip.
        skip: Vec<String>,
        /// Digest of the repair.
        digest: String,
    },
    /// The preview of a repair does not fit in a comment, so that nobody can read on the issue what a comment would confirm.
    RepairTooLong {
        /// `restore` or `continue-rollback`.
        action: String,
        /// Path of the config.
        config: String,
    },
    /// The stack was deleted. `comment`: address of the comment that confirmed it.
    DeletionConfirmed { by: String, comment: String },
    /// An earlier run has deleted the stack.
    AlreadyDeleted,
    /// The update was denied, and with it the folders that the change requests beside other things.
    FoldersNotCreated,
    /// The change only requests folders, and they were created.
    FoldersOnly,
    /// The update differs from the reviewed one.
    OpenNewPullRequest,
    /// The rollback of an earlier update failed, so nothing can update the stack.
    ContinueRollback {
        /// Path of the config.
        config: String,
    },
    /// Three runs failed.
    NotTriedAgain,
    /// The policy does not allow the update.
    AllowUpdate {
        /// The product's action that updates the stack.
        action: String,
        /// Path of the config.
        config: String,
    },
}

/// Characters of a digest that confirm a deletion.
pub(super) const MIN_DIGEST_CHARS: usize = 16;

impl NextStep {
    /// For a comment or a summary.
    pub fn markdown(&self) -> String {
        match self {
            Self::ConfirmDeletion {
                action,
                config,
                digest,
            } => {
                let short = digest.get(..MIN_DIGEST_CHARS).unwrap_or(digest);
                let line = format!("/provisioner {action} {config} --force --confirm {short}");
                let effect = match *action == Verb::Replace.name() {
                    true => "To delete the stack and create it again",
                    false => "To delete the stack",
                };
                format!(
                    "{effect}, a second person must comment: a person who may approve, and who neither opened nor pushed to the pull request.\n\n{}",
                    fence(&line, "text")
                )
            }
            Self::ConfirmRepair {
                action,
                skip,
                digest,
            } => {
                let short = digest.get(..MIN_DIGEST_CHARS).unwrap_or(digest);
                let skip: String = skip.iter().map(|id| format!(" --skip {id}")).collect();
                let line = format!("/provisioner {action}{skip} --force --confirm {short}");
                let effect = match *action == Verb::Restore.name() {
                    true => "To revert the drift",
                    false => "To continue the rollback",
                };
                format!(
                    "{effect}, a second person must comment: a person who may approve, and who did not request this preview.\n\n{}",
                    fence(&line, "text")
                )
            }
            Self::RepairTooLong { action, config } => {
                let line = format!("provisioner {action} {} --dry-run", quote_argument(config));
                format!(
                    "The preview is too long for a comment, so no comment can confirm it. Read it, and repair the stack, at the command line:\n\n{}",
                    fence(&line, "text")
                )
            }
            Self::DeletionConfirmed { by, comment } => Text::ours("Deleted. ")
                .and(Text::name(by))
                .and(Text::ours(" confirmed it in comment "))
                .and(Text::name(comment))
                .and(Text::ours("."))
                .markdown(),
            Self::AlreadyDeleted => {
                "The stack does not exist. Nothing is left to confirm.".to_owned()
            }
            Self::FoldersNotCreated => {
                "No folder was created, because a change of a config is applied as a whole."
                    .to_owned()
            }
            Self::FoldersOnly => {
                "Folders created. The stack was not updated, because the policy does not allow it. The update would change:"
                    .to_owned()
            }
            Self::OpenNewPullRequest => {
                "The stack was not updated, because reviewers did not see the change set below. Open a new pull request \
                 that edits the config: its check shows the current change set."
                    .to_owned()
            }
            Self::ContinueRollback { config } => {
                let line = format!(
                    "provisioner continue-rollback {} --force",
                    quote_argument(config)
                );
                format!(
                    "The rollback of an earlier update failed. Repair the cause that the stack's events name, then continue the rollback:\n\n{}",
                    fence(&line, "text")
                )
            }
            Self::NotTriedAgain => {
                "Three runs failed, so no scheduled run tries it again. Correct it by a pull request, or correct the cause and apply \
                 it by hand."
                    .to_owned()
            }
            Self::AllowUpdate { action, config } => {
                let line = format!("/provisioner {action} {config}");
                format!(
                    "The stack was not updated. To apply the change, first merge a pull request that sets `updates: reviewed` for \
                     the environment in the policy file. Then comment here:\n\n{}\n\nTo delete the stack and create it again instead, add \
                     its full id to `.provisioner/replacements.yaml` in a pull request.",
                    fence(&line, "text")
                )
            }
        }
    }
}
