//! What to do after an outcome. A step is a value until it is shown.

use serde::{Deserialize, Serialize};

use super::Text;
use super::escape::fence;

/// One step, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "step", rename_all = "kebab-case")]
pub enum NextStep {
    /// A second person has to comment this.
    ConfirmDeletion {
        /// The product's action that deletes the stack.
        action: String,
        /// Path of the config, which the parser of commands takes as it is.
        config: String,
        /// Digest of what would be deleted.
        digest: String,
    },
    /// An earlier run has deleted the stack.
    AlreadyDeleted,
    /// Folders were created beside a stack whose update was denied: the summary of that.
    FoldersCreated { summary: String },
    /// The change asked for folders alone, and they were created.
    FoldersOnly,
    /// What would be updated is not what was reviewed.
    OpenNewPullRequest,
    /// The policy allows no update.
    ReplaceStack,
}

/// Characters of a digest that confirm a deletion.
const MIN_DIGEST_CHARS: usize = 16;

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
                format!(
                    "Nothing goes until a second person, who neither opened nor pushed the pull request, comments on it:\n\n{}",
                    fence(&line, "text")
                )
            }
            Self::AlreadyDeleted => {
                "The stack is gone, and there is nothing left to confirm.".to_owned()
            }
            Self::FoldersCreated { summary } => Text::name(summary).markdown(),
            Self::FoldersOnly => {
                "The folders are there. The stack itself stays as it is, since its update was not allowed; what that would change is below."
                    .to_owned()
            }
            Self::OpenNewPullRequest => {
                "The stack stays as it is: this is what an update would do now, and nobody has reviewed that. Open a new pull \
                 request that changes the config."
                    .to_owned()
            }
            Self::ReplaceStack => {
                "The stack stays as it is. To replace it, remove the config in a pull request, have the deletion confirmed, and \
                 add the config again; or let the policy allow more under `updates`."
                    .to_owned()
            }
        }
    }
}
