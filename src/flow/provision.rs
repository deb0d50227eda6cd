//! Flow 3: what came to the default branch is provisioned, if it was merged and approved.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::Context as _;

use super::apply::{ApplyReport, Executor, effect_kind, stack_of};
use super::check::VERSION;
use super::clerk::DecisionRecorder;
use super::deployments::Deployments;
use super::errand::{Resolution, StackTask};
use super::history::{MergedRange, merged_ranges};
use super::job::{Job, JobError, JobResult};
use super::merged::MergedChange;
use super::sessions::CredentialCache;
use crate::action::{Console, cancel_on_signal, explain_failure};
use crate::ci::{JobOutputs, summary};
use crate::cloud::CancellationToken;
use crate::exit::Exit;
use crate::forge::{DefaultBranch, IdentityTokens, PullRequests as _, Reviews as _, Talk as _};
use crate::model::{CommitSha, Digest, UserId};
use crate::operation;
use crate::plan::Change;
use crate::report::{
    COMMENT_LIMIT, ChangeRecord, Decision, Evidence, Outcome, Predicate, Problem, Provisioning,
    Redactor, SUMMARY_LIMIT, State, code, escape_workflow_commands, provisioning,
};
use crate::text::{escape_invisible, pluralize};
use crate::workspace::write_file;

/// Begins the comment about a merged change; the environment follows.
const MARKER: &str = "<!-- provisioner:provision ";

/// Provisions what a push brought.
pub async fn provision(
    job: &Job,
    reference: &str,
    before: Option<&CommitSha>,
    after: Option<&CommitSha>,
) -> JobResult {
    let branch = job.github.default_branch().await?;
    let is_default = reference.strip_prefix("refs/heads/") == Some(&branch.branch.name);
    let (Some(before), Some(after), true) = (before, after, is_default) else {
        let line = format!("nothing to do for a push to `{reference}`");
        eprintln!("{}", escape_workflow_commands(&line));
        return Ok((String::new(), Exit::Ok));
    };
    let own = job.github.current_user().await?;
    let found = merged_ranges(&job.github, before, after).await?;
    let mut run = Run::new(job, own);
    for segment in &found {
        // What was done for others is told all the same.
        if let Err(failure) = run.provision_range(&branch, segment).await {
            run.record_failure(segment, &failure);
        }
    }
    run.finish()
}

/// Characters of an answer to a comment: a reply holds several.
const ANSWER_LIMIT: usize = 30_000;

/// One run over some changes.
pub struct Run<'a> {
    job: &'a Job,
    own: Option<UserId>,
    sessions: Option<CredentialCache>,
    console: Console,
    token: String,
    records: Vec<ChangeRecord>,
    subjects: BTreeMap<String, Digest>,
    summary: String,
    exit: Option<Exit>,
}

impl<'a> Run<'a> {
    /// Nothing is done yet.
    pub fn new(job: &'a Job, own: Option<UserId>) -> Self {
        Self {
            job,
            own,
            sessions: job.sessions(cancel_on_signal()),
            console: Console::new(false),
            token: crate::ci::random_suffix(),
            records: Vec::new(),
            subjects: BTreeMap::new(),
            summary: String::new(),
            exit: None,
        }
    }

    async fn provision_range(
        &mut self,
        branch: &DefaultBranch,
        segment: &MergedRange,
    ) -> Result<(), JobError> {
        let merged = MergedChange::read(self.job, branch, self.own, segment).await?;
        self.provision_change(&merged, segment.number).await
    }

    /// Nothing is known of a change, or nothing could be told.
    fn record_failure(&mut self, segment: &MergedRange, failure: &JobError) {
        let text = failure.text();
        let commit = segment.merge.short();
        eprintln!(
            "{}",
            escape_workflow_commands(&format!("error: merge {commit}: {text}"))
        );
        let text = code(&text);
        self.summary.push_str(&format!(
            "## Provisioner\n\n❌ What {} brought is not provisioned: {text}\n\n",
            code(commit)
        ));
        self.exit = self.exit.max(Some(failure.exit()));
    }

    /// Does what a merged change asks for.
    async fn provision_change(
        &mut self,
        merged: &MergedChange,
        number: Option<u64>,
    ) -> Result<(), JobError> {
        let mut applied = ApplyReport::default();
        let mut errands = Vec::new();
        let mut superseded = 0;
        for change in &merged.plan.changes {
            if !self.in_this_environment(change) {
                continue;
            }
            if merged.is_outdated(change) {
                superseded += 1;
                continue;
            }
            match Resolution::resolve(merged, change) {
                Resolution::Task(errand) => errands.push(*errand),
                Resolution::Blocked(outcome, exit) => applied.add(*outcome, Some(exit)),
                Resolution::NoOp => {}
            }
        }
        let mut notices = Vec::new();
        if superseded > 0 {
            notices.push(format!(
                "{} changed again since this was merged, and left to the newer change.",
                match superseded {
                    1 => "1 config was".to_owned(),
                    more => format!("{more} configs were"),
                }
            ));
        }
        let applied = self.execute(merged, errands, applied, &mut notices).await;
        // A change that concerns no config of this job is not worth a word.
        if applied.outcomes.is_empty() && notices.is_empty() {
            return Ok(());
        }
        let marker = match &self.job.environment.environment {
            Some(name) => format!("{MARKER}{} -->", Digest::sha256(name).prefix(12)),
            None => format!("{MARKER}-->"),
        };
        let place = (marker.as_str(), COMMENT_LIMIT);
        let comment = self.record(merged, number, applied, notices, place)?;
        let Some((number, own)) = number.zip(self.own) else {
            return Ok(());
        };
        if !self.job.environment.comment {
            return Ok(());
        }
        let put = self
            .job
            .github
            .upsert_comment(number, own, &marker, &comment);
        if let Err(error) = put.await {
            // What was done was done: a comment that cannot be written does not undo it.
            eprintln!("{}", escape_workflow_commands(&format!("warning: {error}")));
            if !error.is_refusal() {
                self.exit = self.exit.max(Some(Exit::Unreachable));
            }
        }
        Ok(())
    }

    /// Whether a change is this job's. One whose environment is not known, because the config has errors, is every job's: otherwise
    /// it would be nobody's.
    fn in_this_environment(&self, change: &Change) -> bool {
        let environment = self.job.environment.environment.as_deref();
        let target = change.target.as_ref();
        match (environment, target) {
            (Some(environment), Some(target)) => target.environment == environment,
            (None, _) | (_, None) => true,
        }
    }

    /// Does what a comment commands. Returns the answer.
    pub async fn answer_command(
        &mut self,
        merged: &MergedChange,
        number: Option<u64>,
        errands: Vec<StackTask<'_>>,
        applied: ApplyReport,
    ) -> Result<(String, Exit), JobError> {
        let mut notices = Vec::new();
        let applied = self.execute(merged, errands, applied, &mut notices).await;
        let exit = applied.exit.unwrap_or(Exit::Ok);
        let comment = self.record(merged, number, applied, notices, ("", ANSWER_LIMIT))?;
        let body = comment.trim_start().to_owned();
        Ok((body, exit))
    }

    /// Does errands.
    async fn execute(
        &self,
        merged: &MergedChange,
        errands: Vec<StackTask<'_>>,
        mut applied: ApplyReport,
        notices: &mut Vec<String>,
    ) -> ApplyReport {
        let github = &self.job.github;
        let deployments = Deployments::new(github, self.own, &merged.merge, errands.len());
        match &merged.policy {
            Ok(policy) => {
                let hands = Executor {
                    merged,
                    policy,
                    sessions: self.sessions.as_ref(),
                    deployments: &deployments,
                    console: &self.console,
                    token: &self.token,
                };
                let done = hands.apply(errands).await;
                applied.decisions.extend(done.decisions);
                applied.subjects.extend(done.subjects);
                applied.outcomes.extend(done.outcomes);
                applied.exit = applied.exit.max(done.exit);
            }
            Err(problems) => {
                for errand in errands {
                    let (mut outcome, decisions) = self.deny_all(merged, &errand);
                    outcome
                        .problems
                        .extend(problems.iter().map(Problem::from_diagnostic));
                    applied.decisions.extend(decisions);
                    applied.add(outcome, Some(Exit::Denied));
                }
            }
        }
        notices.extend(deployments.failure());
        applied
    }

    /// What a policy that does not load refuses, which is everything.
    fn deny_all(&self, merged: &MergedChange, errand: &StackTask<'_>) -> (Outcome, Vec<Decision>) {
        let config = &errand.config;
        let stack = stack_of(config);
        let values = Redactor::for_config(config, &[]);
        let request = merged.guard_request(errand.change, errand.command.clone());
        let clerk = DecisionRecorder::new(request, self.console.for_stack(values.clone()));
        let refused = clerk.early_denials_for(effect_kind(errand.verb), &merged.policy, &stack);
        let (denials, _) =
            explain_failure(config, &values, operation::OperationError::Denied(refused));
        let mut outcome = Outcome::new(errand.change.path.as_str(), Some(&stack), State::Denied);
        outcome.problems = denials.iter().map(Problem::from_diagnostic).collect();
        (outcome, clerk.decisions())
    }

    /// Keeps what was done for the summary and the evidence. Returns the comment.
    fn record(
        &mut self,
        merged: &MergedChange,
        number: Option<u64>,
        applied: ApplyReport,
        notices: Vec<String>,
        place: (&str, usize),
    ) -> Result<String, JobError> {
        let mut report = Provisioning {
            environment: self.job.environment.environment.clone(),
            source: self.job.source_line(&merged.merge),
            outcomes: applied.outcomes,
            notices,
            version: VERSION.to_owned(),
        };
        report.outcomes.sort_by(|a, b| a.path.cmp(&b.path));
        let internal = |error: minijinja::Error| JobError::Internal(error.into());
        let policy = merged.policy_file.as_deref().map(String::from_utf8_lossy);
        let (recorded, comment) = ChangeRecord::new(
            number,
            merged.merge.to_string(),
            policy.map(|text| text.into_owned()),
            applied.decisions,
            report,
            place,
        )
        .map_err(internal)?;
        let page = provisioning(&recorded.report, "", SUMMARY_LIMIT).map_err(internal)?;
        self.summary.push_str(&page);
        self.exit = self.exit.max(applied.exit);
        self.subjects.extend(applied.subjects);
        for outcome in &recorded.report.outcomes {
            let path = escape_invisible(&outcome.path, false);
            let line = format!("{path}: {}", outcome.state.word());
            eprintln!("{}", escape_workflow_commands(&line));
            for problem in &outcome.problems {
                eprintln!("{}", escape_workflow_commands(&problem.text));
            }
        }
        self.records.push(recorded);
        Ok(comment)
    }

    /// Job summary, evidence, outputs.
    pub fn finish(self) -> JobResult {
        let exit = self.exit.unwrap_or(Exit::Ok);
        let environment = &self.job.environment;
        let states = |state: State| {
            let outcomes = self.records.iter().flat_map(|it| &it.report.outcomes);
            outcomes.filter(|outcome| outcome.state == state).count()
        };
        let mut outputs = JobOutputs::default();
        for (name, state) in [
            ("done", State::Done),
            ("waiting", State::AwaitingConfirmation),
            ("denied", State::Denied),
            ("failed", State::Failed),
        ] {
            outputs.set(name, states(state));
        }
        let all: usize = self.records.iter().map(|it| it.report.outcomes.len()).sum();
        let closing = format!(
            "provisioner: {}, {} done, {} waiting, {} denied, {} failed",
            pluralize(all, "config"),
            states(State::Done),
            states(State::AwaitingConfirmation),
            states(State::Denied),
            states(State::Failed)
        );
        let written = (|| -> anyhow::Result<()> {
            let page = match self.summary.is_empty() {
                true => "## Provisioner\n\nNo config is concerned.\n",
                false => &self.summary,
            };
            summary(page).context("job summary")?;
            if !self.records.is_empty() {
                let predicate = Predicate {
                    version: VERSION.to_owned(),
                    repository: environment.access.repository.clone(),
                    run: environment.run.url.clone(),
                    changes: self.records,
                };
                let evidence = Evidence::new(self.subjects, predicate);
                let text = serde_json::to_string_pretty(&evidence)? + "\n";
                let path = &environment.evidence;
                write_file(path, &text).with_context(|| format!("evidence {}", path.display()))?;
                outputs.set("evidence-file", path.display());
            }
            outputs.write().context("step outputs")
        })();
        written.map_err(JobError::Internal)?;
        eprintln!("{closing}");
        Ok((String::new(), exit))
    }
}

impl Job {
    /// Credentials, for a job that may ask for identity tokens. None is asked for yet.
    pub fn sessions(&self, stop: CancellationToken) -> Option<CredentialCache> {
        let identity = self.environment.issuer.clone()?;
        let name = self.session_name();
        Some(CredentialCache::new(
            identity as Arc<dyn IdentityTokens>,
            name,
            stop,
        ))
    }

    /// What AWS's logs show of the run.
    fn session_name(&self) -> String {
        let run = &self.environment.run;
        let digits = |text: &str| text.chars().filter(char::is_ascii_digit).take(20).collect();
        let (id, attempt): (String, String) = (digits(&run.id), digits(&run.attempt));
        match id.is_empty() {
            true => "provisioner".to_owned(),
            false => format!("provisioner-{id}-{attempt}"),
        }
    }

    /// Where a report comes from, in Markdown.
    fn source_line(&self, merge: &CommitSha) -> String {
        let run = &self.environment.run;
        let commit = format!("Merge {}", code(merge.short()));
        match run.id.is_empty() {
            true => commit,
            false => format!(
                "{commit} · run {}",
                code(&format!("{}.{}", run.id, run.attempt))
            ),
        }
    }
}
