//! Decides whether an effect may happen: facts and policy in, a permit or denials out. Every call that changes an account needs a
//! permit, and only [`decide`] creates one.

#[cfg(doctest)]
mod compile_fail;
mod effect;
mod facts;
mod permit;
mod policy;
mod request;
mod rules;

pub use effect::{
    Create, Delete, DeletesStack, Effect, EffectKind, EmptiesBuckets, Folders, Inspect, Preview,
    Resume, RunsChangeSet, TearDown, Test, Update, Upload,
};
pub use facts::{Authority, Buckets, Caller, Facts, TEST_TAG, owner_tags};
pub use permit::{Permit, decide, denials, denials_before_credentials};
pub use policy::{
    FILE as POLICY_FILE, Policy, SCHEMA as POLICY_SCHEMA, Updates, read as read_policy,
};

pub use request::{
    Actor, Branch, ChangeRequest, CommentCommand, Permission, RequestedChange, Review, ReviewState,
    ReviewedPlan, Trigger,
};

use serde::Serialize;

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Denial {
    /// Stable kebab-case code; `provisioner explain CODE` describes it.
    pub code: &'static str,
    /// The fact that denies.
    pub fact: String,
    /// How to get it allowed.
    pub remedy: String,
}

impl Denial {
    fn new(code: &'static str, fact: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self {
            code,
            fact: fact.into(),
            remedy: remedy.into(),
        }
    }

    /// Whether a deletion lacks nothing but what a second person adds by a comment.
    pub fn awaits_confirmation(&self) -> bool {
        matches!(self.code, "delete-not-confirmed" | "force-required")
    }

    /// Whether it denies the change of an existing stack, and nothing else.
    pub fn denies_update(&self) -> bool {
        matches!(
            self.code,
            "update-not-allowed"
                | "stack-exists"
                | "impact-too-high"
                | "impact-unknown"
                | "plan-changed"
        )
    }

    /// Whether reviewers were shown another plan.
    pub fn is_of_changed_plan(&self) -> bool {
        self.code == "plan-changed"
    }
}
