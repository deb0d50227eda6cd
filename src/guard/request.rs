//! A change request from a forge: a pull request with its reviews, and perhaps a command in a comment.

use serde::{Deserialize, Serialize};

use jiff::Timestamp;

use super::LockState;
use crate::entries::NamedResource;
use crate::model::{CommitSha, UserId};
use crate::stack::StackArn;

/// A pull request, read in this run. Every fact may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct ChangeRequest {
    pub number: u64,
    pub merged: Option<bool>,
    /// The branch that the pull request merges into.
    pub target: Option<Branch>,
    /// Whether the head is in another repository, compared by repository id.
    pub fork: Option<bool>,
    /// The head; of a merged pull request the head that was merged.
    pub head: Option<CommitSha>,
    /// Who opened it.
    pub author: Option<Contributor>,
    /// Everybody who pushed content to the head's branch. An empty list counts as unknown: each pull request has a pusher.
    pub pushers: Option<Vec<Contributor>>,
    /// When the forge received the head, by its clock; the last time if it was pushed several times.
    pub head_arrived: Option<Timestamp>,
    /// Approvals, change requests and dismissals, oldest first.
    pub reviews: Option<Vec<Review>>,
    /// The plans that were reported at the head, oldest first.
    pub reports: Option<Vec<PlanReport>>,
    /// The plan of this stack that reviewers saw.
    pub shown: Option<ReviewedPlan>,
    pub asks: Option<RequestedChange>,
    /// Full id of the stack that the entry names; `None` without an entry.
    pub entry: Option<StackArn>,
    /// The resources that the entry names for an import.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<NamedResource>,
    /// Whether the config at the tip of the default branch is still the merged one.
    pub current: Option<bool>,
    /// Other configs at the tip of the default branch that claim the stack.
    pub other_claims: Option<Vec<String>>,
    /// Configs with errors at the tip of the default branch that may claim the stack. Read for deletions only.
    pub broken_claims: Option<Vec<String>>,
    /// Whether only the default branch gets the identity that changes the stack's environment.
    pub identity_limited: Option<bool>,
    /// The lock of the built-in products at the tip of the default branch.
    pub lock: Option<LockState>,
    /// The time of the decision, by the forge's clock.
    pub now: Option<Timestamp>,
    /// The issue that requests a repair in place of a pull request.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repair: Option<RepairIssue>,
    /// The event that started the run.
    pub trigger: Option<Trigger>,
}

/// provisioner's own issue about a stack: persons request and confirm a repair in its comments. The command of the trigger is one of
/// them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct RepairIssue {
    pub number: u64,
    pub open: Option<bool>,
    /// The requests of the same repair in earlier comments, which nobody edited or deleted. One of each person.
    pub requests: Vec<RepairRequest>,
    /// The confirmations of the same repair up to the command, which is one of them. The last one of each person.
    pub confirmations: Vec<RepairConfirmation>,
}

/// A person's comment that requests a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RepairRequest {
    pub by: Actor,
    /// Digest of the repair that the reply showed; `None` if the reply showed none, or if this repair ran since.
    pub shown: Option<String>,
}

/// A person's comment that confirms a repair.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RepairConfirmation {
    pub by: Actor,
    /// The first digits of the repair's digest.
    pub digest: String,
}

impl ChangeRequest {
    /// The command, if a comment triggered the run.
    pub fn command(&self) -> Option<&CommentCommand> {
        match &self.trigger {
            Some(Trigger::Comment(command)) => Some(command),
            Some(Trigger::Change) | None => None,
        }
    }
}

/// What triggered the run. A comment that could not be read is unknown, and not `Change`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// A pull request was opened, updated or merged.
    Change,
    /// A command in a comment.
    Comment(CommentCommand),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Branch {
    pub name: String,
    /// Whether it is the repository's default branch.
    pub default: bool,
    /// Whether changes need a pull request.
    pub protected: Option<bool>,
}

/// A user who opened a pull request or pushed to its head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Contributor {
    pub id: UserId,
    pub login: String,
    pub kind: AccountKind,
}

/// Who acts under an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AccountKind {
    Person,
    Bot,
    /// The forge's own bot of CI jobs. Everybody who can push can act as it, so that no policy can name its owner.
    JobBot,
}

/// A plan that the check reported at a commit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PlanReport {
    /// Its digest; `None` if the check failed, or if the report is not provisioner's.
    pub plan: Option<String>,
    /// When the forge recorded it, by its clock.
    pub at: Timestamp,
}

/// A user with permissions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Actor {
    /// Numeric, because names can be taken over.
    pub id: UserId,
    /// For people, and for the policy's `approvers`.
    pub login: String,
    pub bot: bool,
    /// The permission in the repository; `None` if unknown.
    pub permission: Option<Permission>,
    /// The policy's teams that the user is known to belong to, as `organisation/team`.
    pub teams: Vec<String>,
}

/// A user's permission in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    None,
    Read,
    /// Manage issues and pull requests.
    Triage,
    /// Push.
    Write,
    /// Push and manage the repository.
    Maintain,
    Admin,
}

/// An approval, change request or dismissal. A review that only comments is not one, and does not replace an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Review {
    pub by: Actor,
    pub state: ReviewState,
    /// The commit that the forge assigns the review to. A forge may move it to a later head.
    pub commit: CommitSha,
    /// When the forge recorded it, by its clock.
    pub at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReviewState {
    Approved,
    ChangesRequested,
    /// A user dismissed the review.
    Dismissed,
}

/// The plan that reviewers saw, compared with the plan of what was merged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReviewedPlan {
    /// Digest of the plan that the check reported at the head.
    pub plan: String,
    /// Whether this stack's part of the plan is the same, recomputed from the merge commit.
    pub same: bool,
    /// Digest of the reported change set; `None` if there was no change set.
    pub change_set: Option<String>,
    /// Whether reviewers saw the change sets of a sample, and not the one of this stack. Then the digest is that of their effect.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sampled: bool,
}

/// What a change requests for a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RequestedChange {
    /// Create or update the stack as the config says.
    Provision,
    Delete,
    /// Give the stack of the entry the tags of provisioner's own stacks.
    Adopt,
    /// Remove these tags from the stack of the entry.
    Unadopt,
    /// Delete the stack of the entry, and create it again.
    Replace,
    /// Create the stack with the resources of the entry.
    Import,
}

impl RequestedChange {
    /// Whether an entry requests it, and not the config alone.
    pub fn is_of_entry(self) -> bool {
        match self {
            Self::Provision | Self::Delete => false,
            Self::Adopt | Self::Unadopt | Self::Replace | Self::Import => true,
        }
    }
}

/// A command in a comment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommentCommand {
    /// The forge's id of the comment.
    pub id: u64,
    pub by: Actor,
    /// `--force`.
    pub force: bool,
    /// `--confirm`.
    pub confirm: Option<String>,
    /// The head of the last report before the comment.
    pub reported: Option<CommitSha>,
}
