//! Decides whether an effect may happen: facts and policy in, a permit or denials out. Every call that changes an account needs a
//! permit, and only [`decide`] creates one.

mod calendar;
#[cfg(doctest)]
mod compile_fail;
mod config_place;
mod effect;
mod facts;
mod lock;
mod permit;
mod policies;
mod policy;
mod policy_accounts;
mod policy_change;
mod policy_first;
mod policy_numbers;
mod policy_rollback;
mod policy_times;
mod policy_unusable;
mod request;
mod rollout;
mod rules;
mod weaker;

pub use crate::model::EffectKind;
pub use calendar::ClosedReason;
pub use config_place::place_problems;
pub use effect::{
    Adopt, ChangesTags, ContinueRollback, Create, DecidedAgain, DecidedOnce, Delete, DeletesStack,
    Effect, EmptiesBuckets, Folders, Inspect, Preview, RemoveFailed, Replace, Restore, Resume,
    RunsChangeSet, TearDown, Test, Unadopt, Update, Upload,
};
pub use facts::{
    AdoptionFacts, Authority, Buckets, Caller, Facts, ImportFact, Repair, TEST_TAG, TagChangeSet,
    TagDrift, owner_tags,
};
pub use lock::LockState;
pub use permit::{Permit, decide, denials, denials_before_credentials, denials_before_merge};
pub use policies::{ApprovalRequirement, BY_FORMER_POLICY, LoadedPolicy, Policies};
pub use policy::{
    FILE as POLICY_FILE, Policy, SCHEMA as POLICY_SCHEMA, Scope, Updates, read as read_policy,
    read_file as read_policy_file,
};
pub use policy_change::{ChangedKey, PolicyChange};
pub use policy_first::{absent_first, first_configs};
pub use policy_unusable::unusable_times;

pub use rules::{YES, confirmation_word};

pub use rollout::FirstStacks;

pub use request::{
    AccountKind, Actor, Branch, ChangeRequest, CommentCommand, Contributor, Permission, PlanReport,
    RepairConfirmation, RepairIssue, RepairRequest, RequestedChange, Review, ReviewState,
    ReviewedPlan, Trigger,
};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::diagnostic::{Code, Diagnostic};
use crate::model::RepoPath;
use crate::text::quote_argument;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Denial {
    /// Stable code; `provisioner explain CODE` describes it.
    pub code: Code,
    /// The fact that denies.
    pub fact: String,
    /// How to get it allowed.
    pub remedy: String,
}

/// Stands for the config's path in a remedy, which no rule knows.
const CONFIG_PLACEHOLDER: &str = "CONFIG";

/// The fact of a stack that an import began. The command line adds the action that finishes it, which depends on the product.
const UNFINISHED: &str =
    "the creation of the stack is not finished: it has imported resources, and lacks the others";

/// What to do with objects in a bucket of a failed creation. The operation completes the command, which depends on the template.
const KEEP_BUCKET: &str = "move the objects elsewhere, and empty the bucket, then run it again; or keep it if the template retains it: run `import`, and name the bucket and its policy";

impl Denial {
    fn new(code: Code, fact: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            code,
            fact: fact.into(),
            remedy: remedy.into(),
        }
    }

    /// As an error of a config.
    pub fn diagnostic(&self, path: &RepoPath) -> Diagnostic {
        let remedy = match self.code {
            Code::StackNotOwned => {
                // The quotes are also those of YAML.
                let path = quote_argument(path.as_str());
                self.remedy.replace(CONFIG_PLACEHOLDER, &path)
            }
            _ => self.remedy.clone(),
        };
        Diagnostic::error(self.code.clone(), path, self.fact.clone()).with_help(remedy)
    }

    /// Whether the stack has imported its resources and lacks the others.
    pub fn is_of_unfinished_creation(&self) -> bool {
        self.fact == UNFINISHED
    }

    /// The bucket whose objects deny the deletion of a failed creation.
    pub fn bucket_to_keep(&self) -> Option<&str> {
        let is_of_failed = self.code == Code::BucketNotEmpty && self.remedy == KEEP_BUCKET;
        let bucket = self.fact.strip_prefix("bucket ").filter(|_| is_of_failed)?;
        Some(bucket.split_once(" holds ")?.0)
    }

    /// Whether a deletion lacks nothing but what a second person adds by a comment.
    pub fn awaits_confirmation(&self) -> bool {
        matches!(self.code, Code::DeleteNotConfirmed | Code::ForceRequired)
    }

    /// Whether it lacks nothing but a confirmation: by a person at a command line, or by a comment.
    pub fn is_missing_confirmation(&self) -> bool {
        self.awaits_confirmation()
            || matches!(self.code, Code::NameNotTyped | Code::RepairNotConfirmed)
    }

    /// Whether the person who confirms a deletion is not a second person.
    pub fn needs_second_person(&self) -> bool {
        self.code == Code::DeleteNeedsSecondPerson
    }

    /// Whether the policy, the config or its entry has to change to lift it: neither time nor another person does.
    pub fn is_by_policy(&self) -> bool {
        matches!(
            self.code,
            Code::PolicyInvalid
                | Code::AccountMismatch
                | Code::AlarmMismatch
                | Code::EnvironmentNotAllowed
                | Code::DeleteNotAllowed
                | Code::NotRequested
        )
    }

    /// Whether it denies the change of an existing stack, and nothing else.
    pub fn denies_update(&self) -> bool {
        matches!(
            self.code,
            Code::UpdateNotAllowed
                | Code::StackExists
                | Code::ImpactTooHigh
                | Code::ImpactUnknown
                | Code::PlanChanged
        )
    }

    /// Whether it denies the impact of an update, known or not.
    pub fn is_of_impact(&self) -> bool {
        matches!(self.code, Code::ImpactTooHigh | Code::ImpactUnknown)
    }

    /// Whether reviewers were shown another plan.
    pub fn is_of_changed_plan(&self) -> bool {
        self.code == Code::PlanChanged
    }
}
