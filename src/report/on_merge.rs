//! What the merge of a pull request does to the stack of each config, by the guard and the policy that decide after it.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Refusal, Text};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::guard::{
    ApprovalRequirement, Authority, Branch, ChangeRequest, Denial, EffectKind, Facts, LockState,
    Policies, denials_before_merge,
};
use crate::model::RepoPath;
use crate::plan::{Change, Intent};
use crate::product::Verb;
use crate::stack::{Health, Stack, StackName};

/// The effect of a merge on the stack of one config.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OnMerge {
    pub effect: MergeEffect,
    /// What the merge would do if nothing denied it.
    pub requested: MergeEffect,
    /// Whether the preview read the stack's state from AWS. If not, a config at the base implies a stack.
    pub asked: bool,
    /// `None` if the merge has no effect; if nothing of the stack is known, what its creation requires.
    pub requires: Option<ApprovalRequirement>,
    /// Why there is no effect, or only a part of it.
    pub denials: Vec<Denial>,
}

/// The worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MergeEffect {
    /// The config changes nothing that is deployed.
    None,
    /// Folders are created in the stack's bucket. The stack does not change.
    CreateFolders,
    /// The stack is created.
    CreateStack,
    /// The stack is created with resources that exist.
    ImportResources,
    /// The stack becomes provisioner's own. Nothing but its tags changes.
    AdoptStack,
    /// The stack is no longer provisioner's own. Nothing but its tags changes.
    UnadoptStack,
    /// The stack is updated.
    UpdateStack,
    /// The policy does not allow the update, so nothing is applied.
    NotApplied,
    /// Nothing is deleted until a second person confirms the deletion.
    RequestDeletion,
    /// The stack stays until a second person confirms that it is deleted and created again.
    RequestReplacement,
    /// Nothing is applied.
    Denied,
}

/// What a check knows about a config before the merge.
pub struct BeforeMerge<'a> {
    pub change: &'a Change,
    /// The verb by which the product deletes the stack, if it has one.
    pub deletes_by: Option<Verb>,
    /// The policy before the merge, and the one after it.
    pub policies: Policies<'a>,
    /// The lock of the built-in products after the merge.
    pub lock: LockState,
    /// The known facts of the request; `None` without a forge.
    pub request: Option<ChangeRequest>,
    /// Whether the change sets of a sample stand for that of the stack.
    pub sampled: bool,
    /// With what the preview read from AWS, if there was one.
    pub facts: Facts,
}

impl OnMerge {
    fn without_effect(
        effect: MergeEffect,
        requested: MergeEffect,
        asked: bool,
        denials: Vec<Denial>,
    ) -> Self {
        Self {
            effect,
            requested,
            asked,
            requires: None,
            denials,
        }
    }

    /// The forecast for one config; `None` if it has no stack.
    pub fn new(known: BeforeMerge<'_>) -> Option<Self> {
        let BeforeMerge {
            change, policies, ..
        } = known;
        let target = change.target.clone()?;
        let stack = StackName {
            name: change.stack.clone()?,
            target,
        };
        let environment = &stack.target.environment;
        let previewed = known.facts.stack.is_some();
        let existing = known
            .facts
            .stack
            .as_ref()
            .map(|stack| exists(stack.as_ref()));
        let (effect, kind) = match (change.intent, existing) {
            (Intent::Invalid | Intent::Abandon, _) => return None,
            (Intent::Create | Intent::Update | Intent::Unchanged, _)
                if known.facts.own_failed_creation().is_some() =>
            {
                (MergeEffect::CreateStack, EffectKind::RemoveFailed)
            }
            // The stack differs from the template that stays the same.
            (Intent::Unchanged, Some(true)) if known.facts.verdict.is_some() => {
                (MergeEffect::UpdateStack, EffectKind::Update)
            }
            (Intent::Unchanged, Some(false)) if known.facts.verdict.is_some() => {
                (MergeEffect::CreateStack, EffectKind::Create)
            }
            (Intent::Unchanged, _) if change.folders.is_empty() => {
                return Some(Self::without_effect(
                    MergeEffect::None,
                    MergeEffect::None,
                    previewed,
                    Vec::new(),
                ));
            }
            (Intent::Unchanged, _) => (MergeEffect::CreateFolders, EffectKind::Folders),
            // AWS knows whether the stack exists.
            (Intent::Create | Intent::Update, Some(true)) | (Intent::Update, None) => {
                (MergeEffect::UpdateStack, EffectKind::Update)
            }
            (Intent::Create | Intent::Update, _) => (MergeEffect::CreateStack, EffectKind::Create),
            (Intent::Adopt, _) => (MergeEffect::AdoptStack, EffectKind::Adopt),
            (Intent::Unadopt, _) => (MergeEffect::UnadoptStack, EffectKind::Unadopt),
            (Intent::Replace, _) => (MergeEffect::RequestReplacement, EffectKind::Replace),
            (Intent::Import, _) => (MergeEffect::ImportResources, EffectKind::Create),
            (Intent::Delete, Some(false)) if known.facts.has_no_buckets() => {
                return Some(Self::without_effect(
                    MergeEffect::None,
                    MergeEffect::None,
                    previewed,
                    Vec::new(),
                ));
            }
            (Intent::Delete, _) => match known.deletes_by {
                Some(verb) => (MergeEffect::RequestDeletion, verb.effect()),
                None => {
                    let denials = vec![Refusal::NoDeleteAction.denial()];
                    return Some(Self::without_effect(
                        MergeEffect::Denied,
                        MergeEffect::RequestDeletion,
                        previewed,
                        denials,
                    ));
                }
            },
        };
        let in_ci = known.request.is_some();
        let entry = change.entry.as_ref().and_then(|entry| entry.stack.clone());
        let imports = change.imported_resources().to_vec();
        let mut facts = known.facts;
        facts.authority = match known.request {
            Some(request) => Authority::Request(Box::new(ChangeRequest {
                merged: Some(true),
                lock: Some(known.lock),
                entry,
                imports,
                ..request
            })),
            // The forecast without a forge assumes a pull request of this repository into a protected default branch.
            None => Authority::Request(Box::new(ChangeRequest {
                merged: Some(true),
                fork: Some(false),
                target: Some(Branch {
                    name: String::new(),
                    default: true,
                    protected: Some(true),
                }),
                lock: Some(known.lock),
                entry,
                imports,
                ..ChangeRequest::default()
            })),
        };
        let mut denials = denials_before_merge(kind, policies, &facts, &stack, previewed);
        // Nothing is deleted if the creation would be denied.
        if kind == EffectKind::Replace {
            let after = Facts {
                stack: previewed.then_some(None),
                ..facts.clone()
            };
            let create = EffectKind::Create;
            let creation = denials_before_merge(create, policies, &after, &stack, previewed);
            for denial in creation {
                if !denials.contains(&denial) {
                    denials.push(denial);
                }
            }
        }
        // A team that names no role applies its configs from the command line.
        let uses_roles = in_ci || policies.names_apply_roles();
        if policies.problems().next().is_none()
            && uses_roles
            && policies.apply_role(&stack.target).is_none()
        {
            let environment = environment.clone();
            denials.push(Refusal::NoApplyRole { environment }.denial());
        }
        // A config with errors, or another config, claims the stack that a removal would delete.
        let claims = change.diagnostics.iter();
        let mut claims = claims.filter(|problem| problem.code == Code::DuplicateStack);
        if change.intent == Intent::Delete
            && let Some(problem) = claims.next()
        {
            denials.push(Denial {
                code: Code::DuplicateStack,
                fact: problem.message.clone(),
                remedy: problem.help.clone().unwrap_or_default(),
            });
        }
        // Without the digest of a change set, the guard denies the update of an existing stack.
        if in_ci
            && !previewed
            && !known.sampled
            && effect == MergeEffect::UpdateStack
            && denials.is_empty()
        {
            denials.push(Denial {
                code: Code::PlanChanged,
                fact: "the check read no change set, so the merge updates no existing stack"
                    .to_owned(),
                remedy: "let the check read the stack with a plan role, then run the check again"
                    .to_owned(),
            });
        }
        // Without the comparison, the guard denies the adoption.
        let changes_tags = matches!(effect, MergeEffect::AdoptStack | MergeEffect::UnadoptStack);
        if in_ci && !previewed && changes_tags && denials.is_empty() {
            denials.push(Denial {
                code: Code::AdoptNotReviewed,
                fact: "the check compared no stack, so the merge changes no tags".to_owned(),
                remedy: "let the check read the stack with a plan role, then run the check again"
                    .to_owned(),
            });
        }
        // An import creates, and nothing else: an existing stack denies it.
        let is_refused = effect != MergeEffect::ImportResources
            && !denials.is_empty()
            && denials.iter().all(Denial::denies_update);
        let requested = effect;
        let effect = match (denials.is_empty(), is_refused) {
            (true, _) => effect,
            // Reviewers of another plan did not review the folders either.
            (false, true)
                if change.folders_only && !denials.iter().any(Denial::is_of_changed_plan) =>
            {
                MergeEffect::CreateFolders
            }
            (false, true) => MergeEffect::NotApplied,
            (false, false) => MergeEffect::Denied,
        };
        if matches!(effect, MergeEffect::NotApplied | MergeEffect::Denied) {
            let nothing = Self::without_effect(effect, requested, previewed, denials);
            // A stack that does not exist is created.
            let may_create = effect == MergeEffect::NotApplied && !previewed;
            return Some(Self {
                requires: may_create.then(|| policies.requirement(environment)),
                ..nothing
            });
        }
        Some(Self {
            effect,
            requested,
            asked: previewed,
            requires: Some(policies.requirement(environment)),
            denials,
        })
    }

    /// The problems of the config: errors need another policy or config, warnings do not. A missing role is not reported, because teams
    /// can set up checks before roles. The errors of a policy file, of the lock, and claims of other configs are reported elsewhere.
    pub fn diagnostics(&self, path: &RepoPath) -> Vec<Diagnostic> {
        let denials = self.denials.iter();
        let elsewhere = [
            Code::RoleNotConfigured,
            Code::PolicyInvalid,
            Code::ProductNotLocked,
            Code::DuplicateStack,
        ];
        let problems = denials.filter(|denial| !elsewhere.contains(&denial.code));
        let problems = problems.map(|denial| match denial.is_by_policy() {
            true if self.leaves_stack(denial) => {
                let message = format!(
                    "no config names the stack any more, and it stays: {}",
                    denial.fact
                );
                let problem = Diagnostic::error(Code::StackLeftBehind, path, message);
                let problem = problem.with_help(denial.remedy.clone());
                problem.with_severity(Severity::Warning)
            }
            true => denial.diagnostic(path),
            false => denial.diagnostic(path).with_severity(Severity::Warning),
        });
        problems.collect()
    }

    /// Whether a config leaves a place in which the policy allows no stack. Its removal is the correction that the policy asks for, and
    /// nothing is deleted there.
    fn leaves_stack(&self, denial: &Denial) -> bool {
        let is_of_place = matches!(
            denial.code,
            Code::AccountMismatch | Code::EnvironmentNotAllowed
        );
        is_of_place && self.requested == MergeEffect::RequestDeletion
    }

    /// Whether the merge creates the folders that the change requests.
    pub fn creates_folders(&self) -> bool {
        matches!(
            self.effect,
            MergeEffect::CreateFolders
                | MergeEffect::CreateStack
                | MergeEffect::ImportResources
                | MergeEffect::UpdateStack
        )
    }

    /// What the merge does, in a few words.
    pub fn words(&self) -> &'static str {
        match self.effect {
            MergeEffect::None => "no effect",
            MergeEffect::CreateFolders => "create folders",
            MergeEffect::CreateStack => "create stack",
            MergeEffect::ImportResources => "create stack with imports",
            MergeEffect::AdoptStack => "adopt stack",
            MergeEffect::UnadoptStack => "un-adopt stack",
            MergeEffect::UpdateStack => "update stack",
            MergeEffect::NotApplied => "update not applied",
            MergeEffect::RequestDeletion => "delete after confirmation",
            MergeEffect::RequestReplacement => "replace after confirmation",
            MergeEffect::Denied => match self.requested {
                MergeEffect::CreateStack => "creation denied",
                MergeEffect::ImportResources => "import denied",
                MergeEffect::RequestDeletion => "deletion denied",
                MergeEffect::AdoptStack => "adoption denied",
                MergeEffect::UnadoptStack => "un-adoption denied",
                MergeEffect::RequestReplacement => "replacement denied",
                _ => "update denied",
            },
        }
    }

    /// The codes of the denials.
    pub fn codes(&self) -> Text {
        let codes = self.denials.iter();
        Text::list(codes.map(|denial| Text::name(denial.code.as_str())))
    }
}

/// What reviewers have to do.
pub fn requirement_text(requires: &ApprovalRequirement) -> Text {
    let people = requires.approvers.iter().map(|listed| {
        let names = listed.iter().map(Text::name);
        Text::or_list(names)
    });
    let people: Vec<Text> = people.collect();
    let people = match people.is_empty() {
        true => Text::ours("people with write permission"),
        // Each policy has a list, and an approval has to be on both.
        false => Text::joined(people, " who are also one of "),
    };
    Text::ours("Requires ")
        .and(Text::count(usize::from(requires.approvals), "approval"))
        .and(Text::ours(" by "))
        .and(people)
        .and(Text::ours(", given after this report."))
}

fn exists(stack: Option<&Stack>) -> bool {
    stack.is_some_and(|stack| {
        !matches!(
            stack.status.health(),
            Health::Deleted | Health::ReviewInProgress
        )
    })
}
