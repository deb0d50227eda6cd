//! Replays the decisions on one stack: each is recomputed, none is missing or repeated, and the outcome follows from them.

use super::NextStep;
use super::evidence::{Decision, RecordedPolicies, RunRecord, StackRecord};
use super::outcome::{Outcome, Problem, State, Success};
use super::refusal::Refusal;
use crate::diagnostic::Code;
use crate::guard::{
    Authority, ChangeRequest, Denial, EffectKind, Facts, LoadedPolicy, POLICY_FILE, Policies,
    TagChangeSet, denials, denials_before_credentials, read_policy,
};
use crate::model::RepoPath;
use crate::product::Verb;

#[derive(Default)]
pub(super) struct StackReplay {
    /// Number of recomputed decisions.
    pub decisions: usize,
    pub differences: Vec<String>,
}

/// `policy`: of the change.
pub(super) fn check_stack(
    run: &RunRecord,
    policy: &RecordedPolicies,
    record: &StackRecord,
    outcome: &Outcome,
) -> StackReplay {
    let mut replayed = StackReplay::default();
    let Some(request) = &record.request else {
        let is_empty = record.decisions.is_empty() && record.refusals.is_empty();
        let is_unread = matches!(outcome.state, State::Failed | State::NotStarted);
        if !is_empty || !is_unread || record.template.is_some() {
            replayed.differ("nothing is known about the request");
        }
        return replayed;
    };
    let policies = ReadPolicies::new(record.policy.as_ref().unwrap_or(policy));
    for decision in &record.decisions {
        replayed.check_decision(policies.both(), record, request, decision);
    }
    let decisions = &record.decisions;
    let attempts: Vec<&[Decision]> = decisions.chunk_by(|_, next| next.facts.is_some()).collect();
    let Some(first) = attempts.first() else {
        replayed.differ("a decision is missing");
        return replayed;
    };
    replayed.check_times(run, record);
    replayed.check_attempts(run, record, &attempts);
    replayed.check_role(policies.both(), record, &attempts);
    replayed.check_state(run, record, outcome, &attempts);
    replayed.check_problems(policies.both(), record, outcome, first);
    replayed
}

impl StackReplay {
    fn differ(&mut self, what: impl Into<String>) {
        self.differences.push(what.into());
    }

    fn require(&mut self, holds: bool, what: &str) {
        if !holds {
            self.differ(what);
        }
    }

    /// The guard decides the same by the recorded policies and facts.
    fn check_decision(
        &mut self,
        policies: Policies<'_>,
        record: &StackRecord,
        request: &ChangeRequest,
        past: &Decision,
    ) {
        let stack = &record.stack;
        let again = match &past.facts {
            None => {
                let facts = Facts {
                    authority: Authority::Request(Box::new(request.clone())),
                    ..Facts::default()
                };
                denials_before_credentials(past.kind, policies, &facts, stack)
            }
            Some(facts) => {
                let facts = facts.restore(&record.product, stack, request);
                denials(past.kind, policies, &facts, stack)
            }
        };
        self.decisions += 1;
        if again != past.denials {
            self.differ(format!(
                "{} recorded as {}, decided now {}",
                past.kind.word(),
                codes(&past.denials),
                codes(&again)
            ));
        }
    }

    /// The decisions are in the order of their times, after the beginning of the run.
    fn check_times(&mut self, run: &RunRecord, record: &StackRecord) {
        let times = record.decisions.iter().map(|past| past.at);
        let times: Vec<_> = std::iter::once(run.began).chain(times).collect();
        self.require(times.is_sorted(), "the decisions are not in order of time");
    }

    /// A task is decided first without AWS facts, then with them. Each permit is used once. A denied update is followed by its preview,
    /// and perhaps by new folders.
    fn check_attempts(&mut self, run: &RunRecord, record: &StackRecord, attempts: &[&[Decision]]) {
        let refused_update = attempts.first().is_some_and(|first| {
            let denials: Vec<&Denial> = denials_of(first).collect();
            record.verb == Verb::Provision
                && !run.finishes_cancelled
                && first.len() > 1
                && !denials.is_empty()
                && denials.iter().all(|denial| denial.denies_update())
        });
        let verbs: &[Verb] = match (refused_update, attempts.len()) {
            (true, 2) => &[record.verb, Verb::ShowChanges],
            (true, _) => &[record.verb, Verb::ShowChanges, Verb::DeployFolders],
            (false, _) => &[record.verb],
        };
        let kinds = attempts.iter().map(|attempt| attempt[0].kind);
        let expected = verbs.iter().map(|verb| verb.effect());
        self.require(
            kinds.eq(expected),
            "the decisions belong to different tasks",
        );
        for (attempt, verb) in attempts.iter().zip(verbs) {
            let (early, later) = (&attempt[0], &attempt[1..]);
            let is_early = early.facts.is_none();
            self.require(is_early, "the decision before credentials is missing");
            let is_allowed = early.denials.is_empty() || later.is_empty();
            self.require(is_allowed, "AWS was queried after a denial");
            let mut kinds = later.iter().map(|decision| decision.kind);
            let fit = kinds.all(|kind| effects(run, *verb).contains(&kind));
            self.require(fit, "a decision belongs to another effect");
            for kind in effects(run, *verb) {
                let allowed = later.iter().filter(|past| past.denials.is_empty());
                let allowed = allowed.filter(|past| past.kind == *kind).count();
                let most = match kind {
                    EffectKind::TearDown => 2 + buckets(later),
                    EffectKind::Adopt | EffectKind::Unadopt => 2,
                    // Before a deletion, for an import, and for the rest of the stack.
                    EffectKind::Create => 3,
                    EffectKind::Inspect | EffectKind::Preview | EffectKind::Upload => usize::MAX,
                    _ => 1,
                };
                self.require(allowed <= most, "a decision is repeated");
            }
            let denied = later.iter().position(|past| !past.denials.is_empty());
            let mut after = denied.iter().flat_map(|at| &later[at + 1..]);
            self.require(
                after.all(|past| past.kind == EffectKind::Inspect),
                "the run continued after a denial",
            );
        }
    }

    /// Without a role in every policy, the run has no credentials.
    fn check_role(
        &mut self,
        policies: Policies<'_>,
        record: &StackRecord,
        attempts: &[&[Decision]],
    ) {
        let mut expected = record.refusals.clone();
        expected.retain(|refusal| refusal.code != Code::RoleNotConfigured);
        let known = [Code::IdentityTokenMissing, Code::BucketNotInStack];
        let fit = expected.iter().all(|refusal| known.contains(&refusal.code));
        self.require(fit, "a refusal is unknown to provisioner");
        let target = &record.stack.target;
        let is_denied = attempts
            .first()
            .is_some_and(|first| !first[0].denials.is_empty());
        if !is_denied && policies.apply_role(target).is_none() {
            let environment = target.environment.clone();
            expected.push(Refusal::NoRole { environment }.denial());
            let mut decisions = attempts.iter().copied().flatten();
            let is_early = decisions.all(|past| past.facts.is_none());
            self.require(is_early, "AWS was queried without a role");
        }
        self.require(
            expected == record.refusals,
            "the refusals do not match the policies",
        );
    }

    /// The state follows from the decisions.
    fn check_state(
        &mut self,
        run: &RunRecord,
        record: &StackRecord,
        outcome: &Outcome,
        attempts: &[&[Decision]],
    ) {
        let first = attempts[0];
        let denied: Vec<&Denial> = denials_of(first).chain(&record.refusals).collect();
        let awaits = record.verb.deletes()
            && !denied.is_empty()
            && denied.iter().all(|denial| denial.awaits_confirmation());
        let has_folders = attempts.get(2).is_some_and(|last| {
            let mut later = last[1..].iter();
            later.any(|past| past.denials.is_empty())
        });
        let only_folders = outcome.next_steps.contains(&NextStep::FoldersOnly);
        let no_folders = outcome.next_steps.contains(&NextStep::FoldersNotCreated);
        self.require(
            !no_folders || attempts.len() < 3,
            "a decision exists for the folders of a denied change",
        );
        let follows = match outcome.state {
            State::Done if only_folders => has_folders,
            State::Done if outcome.next_steps.contains(&NextStep::AlreadyDeleted) => awaits,
            State::Done => denied.is_empty() && is_permitted(record.verb, first),
            State::AwaitingConfirmation => awaits,
            State::Denied => !denied.is_empty(),
            State::Failed => denied.is_empty() || attempts.len() == 3,
            State::Skipped => denied.is_empty() && first.len() > 1,
            // Nothing was decided.
            State::NotStarted => false,
        };
        let success = (outcome.state == State::Done).then(|| success_of(record.verb, first));
        let success = match only_folders {
            true => Some(Success::FoldersCreated),
            false => success,
        };
        self.require(
            outcome.success == success,
            "the actions of the run do not follow from the decisions",
        );
        // A run that finishes a cancelled job does no task of its own.
        let is_other = match outcome.state {
            State::Done | State::AwaitingConfirmation => run.finishes_cancelled,
            State::Skipped => !run.finishes_cancelled,
            State::Denied | State::Failed | State::NotStarted => false,
        };
        let follows = follows && !is_other;
        self.require(follows, "the outcome does not follow from the decisions");
        let is_applied =
            outcome.state == State::Done && record.verb.changes_stack() && !only_folders;
        self.require(
            record.template.is_some() == is_applied,
            "the template belongs to no applied stack",
        );
        let past = outcome.next_steps.iter().find_map(|step| match step {
            NextStep::ConfirmDeletion { config, digest, .. } => Some((config, digest)),
            _ => None,
        });
        if let Some((config, digest)) = past {
            let mut facts = first.iter().filter_map(|past| past.facts.as_ref());
            let is_known = facts.any(|facts| facts.deletion.as_ref() == Some(digest));
            self.require(
                is_known && *config == record.config,
                "the deletion to confirm differs",
            );
        }
    }

    /// A denied outcome reports the denials, and no others.
    fn check_problems(
        &mut self,
        policies: Policies<'_>,
        record: &StackRecord,
        outcome: &Outcome,
        first: &[Decision],
    ) {
        if outcome.state != State::Denied {
            return;
        }
        let path = RepoPath::typed(&outcome.path);
        let problem = |denial: &Denial| Problem::from_diagnostic(&denial.diagnostic(&path));
        let all = denials_of(&record.decisions).chain(&record.refusals);
        let all: Vec<Problem> = all.map(problem).collect();
        // The errors of a policy file are reported too.
        if policies.problems().next().is_none() {
            let mut errors = outcome.problems.iter().filter(|problem| problem.error);
            let explained = errors.all(|problem| all.contains(problem));
            self.require(explained, "a reported denial has no decision");
        }
        let certain = denials_of(first).filter(|denial| !denial.awaits_confirmation());
        let mut certain = certain.chain(&record.refusals).map(problem);
        let reported = certain.all(|problem| outcome.problems.contains(&problem));
        self.require(reported, "a denial is not reported");
    }
}

fn denials_of(decisions: &[Decision]) -> impl Iterator<Item = &Denial> {
    decisions.iter().flat_map(|decision| &decision.denials)
}

/// The effects that a task decides on with AWS facts.
fn effects(run: &RunRecord, verb: Verb) -> &'static [EffectKind] {
    match verb {
        Verb::Provision | Verb::Import if run.finishes_cancelled => {
            &[EffectKind::Inspect, EffectKind::Resume]
        }
        _ if run.finishes_cancelled => &[EffectKind::Inspect],
        Verb::Provision | Verb::Import => &[
            EffectKind::RemoveFailed,
            EffectKind::Create,
            EffectKind::Resume,
            EffectKind::Update,
            EffectKind::Preview,
            EffectKind::Inspect,
            EffectKind::Folders,
        ],
        Verb::Adopt => &[EffectKind::Adopt, EffectKind::Inspect],
        Verb::Unadopt => &[EffectKind::Unadopt, EffectKind::Inspect],
        Verb::Replace => &[
            EffectKind::Replace,
            EffectKind::RemoveFailed,
            EffectKind::Create,
            EffectKind::Resume,
            EffectKind::Update,
            EffectKind::Preview,
            EffectKind::Inspect,
            EffectKind::Folders,
        ],
        Verb::Restore => &[EffectKind::Restore, EffectKind::Preview],
        Verb::ContinueRollback => &[EffectKind::ContinueRollback],
        Verb::DeployFolders => &[EffectKind::Folders],
        Verb::UploadTemplate => &[EffectKind::Upload],
        Verb::Delete => &[EffectKind::Delete, EffectKind::Inspect],
        Verb::TearDown => &[EffectKind::TearDown, EffectKind::Inspect],
        Verb::ShowChanges => &[EffectKind::Inspect, EffectKind::Preview],
        _ => &[],
    }
}

/// What a task did that succeeded.
fn success_of(verb: Verb, attempt: &[Decision]) -> Success {
    let was_decided = |kind: EffectKind| attempt[1..].iter().any(|past| past.kind == kind);
    // A run adds the rest to what a killed one imported.
    let completes = attempt[1..].iter().any(|past| {
        let facts = past.facts.as_ref();
        past.kind == EffectKind::Resume
            && facts.is_some_and(|facts| facts.unfinished_import == Some(true))
    });
    match verb {
        Verb::Provision | Verb::Import | Verb::Replace
            if completes && !was_decided(EffectKind::Replace) =>
        {
            Success::Created
        }
        Verb::Provision | Verb::Import if was_decided(EffectKind::Update) => Success::Updated,
        Verb::Provision | Verb::Import if was_decided(EffectKind::Create) => Success::Created,
        Verb::Provision | Verb::Import => Success::Unchanged,
        Verb::Adopt if was_decided(EffectKind::Adopt) => Success::Adopted,
        Verb::Unadopt if was_decided(EffectKind::Unadopt) => Success::Unadopted,
        Verb::Adopt | Verb::Unadopt => Success::Unchanged,
        Verb::Replace if was_decided(EffectKind::Replace) => Success::Replaced,
        Verb::Replace if was_decided(EffectKind::Create) => Success::Created,
        Verb::Replace => Success::Unchanged,
        Verb::Restore if was_decided(EffectKind::Restore) => Success::Restored,
        Verb::Restore => Success::NoDrift,
        Verb::ContinueRollback => Success::RolledBack,
        Verb::DeployFolders => Success::FoldersCreated,
        Verb::UploadTemplate => Success::Uploaded,
        Verb::Delete | Verb::TearDown => Success::Deleted,
        _ => Success::Answered,
    }
}

/// Whether the decisions of a task permit what it did.
fn is_permitted(verb: Verb, attempt: &[Decision]) -> bool {
    let count = |kind: EffectKind| attempt[1..].iter().filter(|past| past.kind == kind).count();
    match verb {
        // A stack that equals its template is only read.
        Verb::Provision | Verb::Replace | Verb::Import => {
            let mut kinds = [
                EffectKind::Replace,
                EffectKind::Create,
                EffectKind::Resume,
                EffectKind::Update,
                EffectKind::Inspect,
            ]
            .into_iter();
            kinds.any(|kind| count(kind) > 0)
        }
        Verb::TearDown => count(EffectKind::TearDown) > buckets(attempt),
        // A stack that has the tags already is only read.
        Verb::Adopt | Verb::Unadopt => {
            is_tag_change(verb, attempt)
                || count(EffectKind::Inspect) > 0 && count(verb.effect()) == 0
        }
        // A stack without drift is only read.
        Verb::Restore => count(EffectKind::Preview) > 0,
        // A config without solutions has no place for its template.
        Verb::UploadTemplate => true,
        verb => count(verb.effect()) > 0,
    }
}

/// Number of buckets of a deletion. The stack is read again after each of them is emptied.
fn buckets(decisions: &[Decision]) -> usize {
    let facts = decisions
        .iter()
        .filter_map(|decision| decision.facts.as_ref());
    let buckets = facts.filter_map(|facts| facts.buckets.as_ref());
    let counts = buckets.map(|buckets| buckets.deleted.len() + buckets.retained.len());
    counts.max().unwrap_or_default()
}

/// Whether the last of two decisions saw a change set that changes nothing but tags.
fn is_tag_change(verb: Verb, attempt: &[Decision]) -> bool {
    let mut decided = attempt[1..]
        .iter()
        .filter(|past| past.kind == verb.effect());
    let change_set = |past: &Decision| {
        let facts = past.facts.as_ref()?;
        Some(facts.adoption.as_ref()?.change_set.clone())
    };
    decided.clone().count() == 2
        && decided.next_back().and_then(change_set) == Some(TagChangeSet::OnlyTags)
}

/// The policies of a decision, read again.
struct ReadPolicies {
    before: LoadedPolicy,
    now: Option<LoadedPolicy>,
}

impl ReadPolicies {
    fn new(recorded: &RecordedPolicies) -> Self {
        let path = RepoPath::typed(POLICY_FILE);
        let read = |text: &Option<String>| read_policy(&path, text.as_deref().map(str::as_bytes));
        Self {
            before: read(&recorded.before),
            now: recorded.now.as_ref().map(read),
        }
    }

    fn both(&self) -> Policies<'_> {
        Policies::new(&self.before, self.now.as_ref())
    }
}

fn codes(denials: &[Denial]) -> String {
    if denials.is_empty() {
        return "allowed".to_owned();
    }
    let codes: Vec<&str> = denials.iter().map(|denial| denial.code.as_str()).collect();
    codes.join(", ")
}
