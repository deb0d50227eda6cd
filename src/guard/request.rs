//! What stands behind a request that a forge brings: a pull request with its reviews, and perhaps a comment that commands.

use serde::{Deserialize, Serialize};

use crate::model::{CommitSha, UserId};

/// A pull request, read in this run. Every fact may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ChangeRequest {
    /// Its number.
    pub number: u64,
    /// Whether it was merged.
    pub merged: Option<bool>,
    /// The branch that it goes into.
    pub target: Option<Branch>,
    /// Whether its head is in another repository, by repository id.
    pub fork: Option<bool>,
    /// Its head; of a merged one the head that was merged.
    pub head: Option<CommitSha>,
    /// Who opened it.
    pub author: Option<UserId>,
    /// Who pushed its head. Somebody did, so that an empty list is as good as none.
    pub pushers: Option<Vec<UserId>>,
    /// Reviews with an opinion, oldest first.
    pub reviews: Option<Vec<Review>>,
    /// What the reviewers were shown of this stack.
    pub shown: Option<ReviewedPlan>,
    /// What it asks for this stack.
    pub asks: Option<RequestedChange>,
    /// Whether the config is still as it was merged, at the tip of the default branch.
    pub current: Option<bool>,
    /// Why something is to be done for it now.
    pub trigger: Option<Trigger>,
}

impl ChangeRequest {
    /// The comment that commands, if it is one that is acted on.
    pub fn command(&self) -> Option<&CommentCommand> {
        match &self.trigger {
            Some(Trigger::Comment(command)) => Some(command),
            Some(Trigger::Change) | None => None,
        }
    }
}

/// Why something is to be done now. That a comment could not be read does not make it the change itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The change itself: it is there to be looked at, or was merged.
    Change,
    /// A comment that commands.
    Comment(CommentCommand),
}

/// A branch, as far as it matters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Branch {
    /// Its name.
    pub name: String,
    /// Whether it is the repository's default branch.
    pub default: bool,
    /// Whether nobody changes it but by pull requests.
    pub protected: Option<bool>,
}

/// Somebody, and what they may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    /// Numeric id: names can be taken over.
    pub id: UserId,
    /// Name, for people and for the policy's `approvers`.
    pub login: String,
    /// Whether it is a machine.
    pub bot: bool,
    /// What they may do in the repository; `None` if that could not be found out.
    pub permission: Option<Permission>,
    /// Those of the policy's teams to which they are known to belong, as `organisation/team`.
    pub teams: Vec<String>,
}

/// What somebody may do in a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Nothing.
    None,
    /// Look.
    Read,
    /// Sort issues and pull requests.
    Triage,
    /// Push.
    Write,
    /// Push and manage.
    Maintain,
    /// Everything.
    Admin,
}

/// A review that has an opinion. One that only comments is none, and leaves the one before it standing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Review {
    /// Whose.
    pub by: Actor,
    /// Which.
    pub opinion: ReviewState,
    /// The head that was reviewed.
    pub commit: CommitSha,
}

/// What a reviewer thinks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    /// Yes.
    Approved,
    /// No.
    ChangesRequested,
    /// Somebody took the opinion back.
    Dismissed,
}

/// What the reviewers were shown, against what there is now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReviewedPlan {
    /// Digest of the plan that the check reported at the head.
    pub plan: String,
    /// Whether this stack's part of it, made again from what was merged, is the same.
    pub same: bool,
    /// Digest of the change set that was shown; none if there was no change set.
    pub change_set: Option<String>,
}

/// What is asked for a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestedChange {
    /// That it be as the config says.
    Provision,
    /// That it go.
    Delete,
}

/// A comment that commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommentCommand {
    /// Who wrote it.
    pub by: Actor,
    /// `--force`.
    pub force: bool,
    /// `--confirm`.
    pub confirm: Option<String>,
    /// The head of which the last report tells.
    pub reported: Option<CommitSha>,
}
