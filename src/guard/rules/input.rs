//! What a rule sees of a request.

use crate::diagnostic::Diagnostic;
use crate::guard::{Authority, ChangeRequest, EffectKind, Facts, POLICY_FILE, Policy, RepairIssue};
use crate::stack::StackName;

#[derive(Clone, Copy)]
pub struct RuleInput<'a> {
    pub policy: Result<&'a Policy, &'a Vec<Diagnostic>>,
    pub facts: &'a Facts,
    pub kind: EffectKind,
    pub stack: &'a StackName,
}

impl<'a> RuleInput<'a> {
    /// The pull request that requests the effect.
    pub(super) fn request(&self) -> Option<&'a ChangeRequest> {
        match &self.facts.authority {
            Authority::Request(request) => Some(request),
            Authority::Unknown | Authority::CommandLine { .. } => None,
        }
    }

    /// The pull request, if the effect needs a merge: tests and read-only effects do not, and a repair needs an issue.
    pub(super) fn merge(&self) -> Option<&'a ChangeRequest> {
        let passes =
            self.is_read_only() || self.kind == EffectKind::Test || self.repair_issue().is_some();
        self.request().filter(|_| !passes)
    }

    /// The issue that requests the repair. `None` for every other effect, whatever the request says.
    pub(super) fn repair_issue(&self) -> Option<&'a RepairIssue> {
        let request = self.request().filter(|_| self.kind.repairs())?;
        request.repair.as_ref()
    }

    /// The request of an effect that a second person has to confirm in a comment: a deletion, or a repair.
    pub(super) fn confirmed_request(&self) -> Option<&'a ChangeRequest> {
        match self.repair_issue() {
            Some(_) => self.request(),
            None => self.merge().filter(|_| self.is_deletion()),
        }
    }

    /// Whether no pull request is known to contain the change, so that nothing of one was read. Another rule (`is_merged`) denies
    /// the effect, and other rules claim nothing about a pull request.
    pub(super) fn is_without_pull_request(&self) -> bool {
        self.merge()
            .is_some_and(|request| request.merged == Some(false) && request.number == 0)
    }

    /// How to change the policy. A pull request cannot change the policy that decides about it, and a command line may have none.
    pub(super) fn policy_remedy(&self, change: &str) -> String {
        let file = self.policy.ok().and_then(|policy| policy.file.as_ref());
        match (self.request(), file) {
            (Some(_), _) => format!("{change} in the policy file, by a pull request of its own"),
            (None, Some(file)) => format!("{change} in `{file}`"),
            (None, None) => format!(
                "{change} in a new file `{POLICY_FILE}` at the root of the repository; outside of git, in the working directory"
            ),
        }
    }

    /// What to do about a target that the policy does not allow: the config is wrong, or the policy. A removed config cannot be corrected.
    pub(super) fn target_remedy(&self, change: &str) -> String {
        let first = match self.is_deletion() && self.request().is_some() {
            true => "delete the stack in CloudFormation if it exists",
            false => "correct the account or the environment of the config",
        };
        format!("{first}, or {}", self.policy_remedy(change))
    }

    /// What the policy says about updates or deletions, or that its default does.
    pub(super) fn policy_fact(&self, setting: &str) -> String {
        match self.policy.ok().and_then(|policy| policy.file.as_ref()) {
            Some(_) => format!("the policy says {setting}"),
            None => format!("there is no policy file, and its default is {setting}"),
        }
    }

    pub(super) fn is_deletion(&self) -> bool {
        self.kind.deletes()
    }

    /// Whether it deletes the config's own stack, in use or not.
    pub(super) fn deletes_stack(&self) -> bool {
        self.is_deletion() || self.kind == EffectKind::RemoveFailed
    }

    /// Whether it changes a stack that exists, or what an unfinished stack has imported.
    pub(super) fn updates_stack(&self) -> bool {
        let is_unfinished = self.facts.unfinished_import == Some(true);
        let changes_imported = is_unfinished && self.facts.changes_imported != Some(false);
        self.kind == EffectKind::Update || self.kind == EffectKind::Resume && changes_imported
    }

    pub(super) fn is_read_only(&self) -> bool {
        matches!(self.kind, EffectKind::Inspect | EffectKind::Preview)
    }
}
