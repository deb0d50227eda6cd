//! One run of a job over merged changes: comments, evidence, job summary, exit code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::Context as _;

use super::clock::RunClock;
use super::comments::{close_invitations, report_unserved, unserved_configs};
use super::failed_before::FailedBefore;
use super::known_stacks::EarlierRuns;
use super::merge_record::{MergeRecord, RunKind};
use super::merge_work::MergeWork;
use super::order::PlannedTask;
use super::outcome::ApplyReport;
use super::recorded::{RecordedChange, recorded_change};
use super::schedule::Before;
use super::task::StackTask;
use crate::VERSION;
use crate::change::MergedChange;
use crate::change::MergedRange;
use crate::ci::{self, JobOutputs, summary};
use crate::exit::Exit;
use crate::forge::DefaultBranch;
use crate::job::CredentialCache;
use crate::job::{Job, JobError, JobResult, write_events};
use crate::model::{Digest, RepoPath, UserId};
use crate::product::Verb;
use crate::report::{
    Alert, ChangeRecord, ConfirmedDeletion, Evidence, Heading, NotWritten, Notice, Outcome,
    Provisioning, RunEvent, SealedChange, State, exhausted_configs, held_reasons, outcome_lines,
    page_links, provisioning, run_events, run_summary, states_line, unread_merge,
    unwritten_comment,
};
use crate::stack::StackName;
use crate::workspace::write_file;

/// Maximum length of one command's answer. A reply holds several answers.
pub(super) const ANSWER_LIMIT: usize = 30_000;

pub struct Run<'a> {
    pub(super) job: &'a Job,
    pub(super) own: Option<UserId>,
    pub(super) sessions: Option<CredentialCache>,
    pub(super) token: String,
    pub(super) clock: RunClock,
    records: Vec<SealedChange>,
    summary: Vec<String>,
    exit: Option<Exit>,
    /// Why the job failed.
    alerts: Vec<Alert>,
    /// The written comments, by pull request.
    comments: Vec<(u64, String)>,
    /// What happened besides the outcomes of the records.
    events: Vec<RunEvent>,
    /// The configs of each environment that failed in this run.
    pub(super) failed: BTreeMap<String, BTreeSet<RepoPath>>,
    /// What failed before; `None` if that was not read yet.
    pub(super) failed_before: Option<FailedBefore>,
    /// Whether a person named the configs, so that what failed before in other merges does not hold them.
    pub(super) is_named: bool,
}

impl<'a> Run<'a> {
    pub fn new(job: &'a Job, own: Option<UserId>) -> Self {
        Self {
            job,
            own,
            sessions: job.credentials(),
            token: job.test_suffix(),
            clock: RunClock::start(),
            records: Vec::new(),
            summary: Vec::new(),
            exit: None,
            alerts: Vec::new(),
            comments: Vec::new(),
            events: Vec::new(),
            failed: BTreeMap::new(),
            failed_before: None,
            is_named: false,
        }
    }

    /// Provisions the commits of one pull request. `earlier`: what earlier runs left; `None` to work on all of it. Returns the paths of its
    /// configs, without those that a newer merge changed again.
    pub async fn provision_range(
        &mut self,
        branch: &DefaultBranch,
        range: &MergedRange,
        earlier: Option<EarlierRuns<'_>>,
    ) -> Result<Vec<RepoPath>, JobError> {
        let merged = MergedChange::read(self.job, branch, self.own, range).await?;
        let merged = Arc::new(merged);
        self.provision_change(&merged, range.number, earlier)
            .await?;
        let changes = merged.contents.plan.changes.iter();
        let changes = changes.filter(|change| !merged.is_outdated(change));
        Ok(changes.map(|change| change.path.clone()).collect())
    }

    /// Records that a merge could not be read or reported. Other merges continue.
    pub fn record_failure(&mut self, range: &MergedRange, failure: &JobError) {
        let text = failure.text();
        let commit = range.merge.short();
        log::error!("merge {commit}: {text}");
        let alert = Alert::new("failed", format!("merge {commit}: {text}"));
        self.alerts.push(alert);
        self.events.push(RunEvent::failed(range.number));
        self.summary.push(unread_merge(commit, &text));
        self.exit = self.exit.max(Some(failure.exit()));
    }

    /// Adds what the run does not begin with to the job summary. `unread`: AWS or the forge did not answer a query about it.
    pub fn report_pending(&mut self, page: String, unread: bool) {
        self.summary.push(page);
        self.exit = self.exit.max(unread.then_some(Exit::Unreachable));
    }

    /// Provisions a merged change and comments on its pull request.
    async fn provision_change(
        &mut self,
        merged: &Arc<MergedChange>,
        number: Option<u64>,
        earlier: Option<EarlierRuns<'_>>,
    ) -> Result<(), JobError> {
        let kind = match earlier {
            Some(_) => RunKind::Pending,
            None => RunKind::Anew,
        };
        let record = self.merge_record(merged, number, kind).await?;
        let before = record.attempts.clone();
        let changes = merged.contents.plan.changes.iter();
        let changes = changes.filter(|change| self.is_of_this_job(change));
        let mut work = MergeWork::new(merged, changes, earlier, &before);
        let inspected;
        let known = match earlier {
            Some(earlier) => {
                let known = earlier.known;
                inspected = self.known_of_merge(merged, known, &work.others).await?;
                &inspected
            }
            None => {
                let policies = merged.policies();
                work.others
                    .retain(|task| policies.limits_rollout(&task.config.target.environment));
                inspected = self.inspect_others(merged, &work.others).await?;
                &inspected
            }
        };
        let mut notices = Vec::new();
        if !work.superseded.is_empty() {
            notices.push(Notice::Superseded {
                configs: work.superseded.iter().map(RepoPath::to_string).collect(),
            });
        }
        let mut tasks = work.planned(known, &before);
        let own = tasks.len();
        self.add_first_elsewhere(merged, &mut tasks).await?;
        // What is known of this job's accounts does not tell when those of another job are done, so the merge may not rest.
        let mut elsewhere = tasks[own..].iter();
        let waits_elsewhere = elsewhere.any(|(_, before)| *before != Before::Done);
        let applied = std::mem::take(&mut work.blocked);
        let unread = |(_, before): &PlannedTask<'_>| matches!(before, Before::Unread(_));
        let is_unread = tasks.iter().any(unread).then_some(Exit::Unreachable);
        self.exit = self.exit.max(is_unread);
        let mut applied = self
            .execute(merged, tasks, applied, &mut notices, &record)
            .await?;
        // A deletion that waits for its confirmation was only previewed.
        let is_begun = |outcome: &Outcome| {
            !matches!(
                outcome.state,
                State::NotStarted | State::AwaitingConfirmation
            )
        };
        let has_begun = applied.outcomes.iter().any(is_begun);
        if let Some(number) = number.filter(|_| !work.exhausted.is_empty()) {
            let page = exhausted_configs(number, &work.exhausted);
            log::warn!("{}", page.trim_end());
            self.summary.push(page);
        }
        // A newer merge decides about all of the configs, and reports it.
        if earlier.is_some() && applied.outcomes.is_empty() && work.exhausted.is_empty() {
            return Ok(());
        }
        let held = held_reasons(&applied.outcomes);
        let holds_as_before = record.gap.is_some() || before.hold_as(held.as_ref());
        let skipped = match earlier {
            Some(_) => work.report_left(known, &mut applied),
            None => 0,
        };
        applied.attempts = before
            .after(&applied.outcomes, &merged.contents.plan.changes)
            .holding(held);
        applied.tell_exhausted(&merged.contents.plan.changes);
        let has_opened = applied.has_opened;
        let is_denied = |outcome: &Outcome| outcome.state == State::Denied;
        // A failure counts, whatever else was denied as before.
        let is_again =
            !applied.has_failed && holds_as_before && before.tell_the_same(&applied.attempts);
        if is_again && applied.outcomes.iter().any(is_denied) {
            applied.is_told = true;
            notices.push(Notice::DeniedAgain);
            if has_opened {
                self.close_record(&record, &before).await;
            }
            let earlier = earlier.filter(|_| !waits_elsewhere);
            self.rest_denied(
                merged,
                number.zip(self.own).zip(earlier),
                (&before, &applied),
            )
            .await;
        } else if !has_begun && holds_as_before && before.tell_of_more() {
            applied.is_told = true;
            let left = earlier.map(|earlier| earlier.known.digest(earlier.waiting, ""));
            let may_rest = !applied.is_out_of_time && !waits_elsewhere;
            let left = left.filter(|left| may_rest && !before.rest_with(left));
            if let (Some(left), Some(pull_request)) = (left, number.zip(self.own)) {
                self.write_rest(pull_request, &before.resting(&left)).await;
            } else if has_opened {
                self.close_record(&record, &before).await;
            }
            applied.attempts = before;
        }
        let is_told = applied.is_told;
        notices.extend((skipped > 0).then_some(Notice::PendingOnly { skipped }));
        let unserved = unserved_configs(self.job, merged);
        let pull_request = number
            .zip(self.own)
            .filter(|_| self.job.environment.comment);
        if let Some(pull_request) = pull_request.filter(|_| !unserved.is_empty()) {
            report_unserved(self.job, pull_request, &unserved).await;
        }
        // Nothing to report: the change has no config of this job.
        if applied.outcomes.is_empty() && notices.is_empty() {
            return Ok(());
        }
        let is_skipped = |outcome: &Outcome| outcome.state == State::Skipped;
        // The comment of the cancelled step stays if that step left nothing.
        let comments = self.job.environment.comment
            && !(self.job.environment.finish_cancelled && applied.outcomes.iter().all(is_skipped));
        let marker = self.marker();
        let place = (
            Heading::Marker(marker.clone()),
            self.job.forge.profile().comment_chars,
        );
        let change = recorded_change(merged, number);
        let comment = self.record(change, applied, notices, place)?;
        let Some((number, own)) = number.zip(self.own) else {
            return Ok(());
        };
        if !comments || is_told {
            return Ok(());
        }
        let put = self
            .job
            .forge
            .upsert_comment(number, own, &marker, &comment);
        match put.await {
            Ok(written) => self.comments.push((number, written.url().to_owned())),
            // A comment that cannot be written does not undo what was applied.
            Err(error) => {
                log::warn!("{error}");
                let notice = error.notice(NotWritten::Comment).markdown();
                self.summary.push(unwritten_comment(number, &notice));
                if !error.is_refusal() {
                    self.exit = self.exit.max(Some(Exit::Unreachable));
                }
            }
        }
        Ok(())
    }

    /// Runs the tasks of a comment command. `url`: address of the comment.
    pub async fn answer_command(
        &mut self,
        merged: &Arc<MergedChange>,
        (number, url): (Option<u64>, &str),
        tasks: Vec<StackTask<'_>>,
        applied: ApplyReport,
    ) -> Result<(String, Exit), JobError> {
        let mut notices = Vec::new();
        let deletions = tasks.clone().into_iter().filter(|task| task.verb.deletes());
        let deletions: Vec<StackTask<'_>> = deletions.collect();
        let is_held = tasks.iter().any(|task| task.verb == Verb::Provision);
        let record = match is_held {
            true => self.merge_record(merged, number, RunKind::Command).await?,
            false => MergeRecord::default(),
        };
        let tasks = self
            .planned_command(merged, tasks, &record.attempts)
            .await?;
        let applied = self
            .execute(merged, tasks, applied, &mut notices, &record)
            .await?;
        if applied.has_opened {
            let changes = &merged.contents.plan.changes;
            let after = record.attempts.after_command(&applied.outcomes, changes);
            self.close_record(&record, &after).await;
        }
        let confirmed = deletions
            .iter()
            .filter_map(|task| applied.confirmed(task, url));
        let confirmed: Vec<ConfirmedDeletion> = confirmed.collect();
        let pull_request = number
            .zip(self.own)
            .filter(|_| self.job.environment.comment);
        if let Some(pull_request) = pull_request.filter(|_| !confirmed.is_empty()) {
            close_invitations(self.job, pull_request, &self.marker(), &confirmed).await;
        }
        let exit = applied.exit.unwrap_or(Exit::Ok);
        let comment = self.record(
            recorded_change(merged, number),
            applied,
            notices,
            (Heading::Command, ANSWER_LIMIT),
        )?;
        Ok((comment, exit))
    }

    /// Keeps a report for the job summary and the evidence. Returns the comment.
    pub(super) fn record(
        &mut self,
        recorded: RecordedChange,
        applied: ApplyReport,
        notices: Vec<Notice>,
        place: (Heading, usize),
    ) -> Result<String, JobError> {
        let mut report = Provisioning {
            environment: self.job.environment.environment.clone(),
            accounts: self.job.environment.accounts.patterns(),
            source: recorded.source(&self.job.environment.run),
            outcomes: applied.outcomes,
            notices,
            version: VERSION.to_owned(),
        };
        // A config that names another stack has two outcomes.
        report.outcomes.sort_by_cached_key(|outcome| {
            let stack = outcome.stack.as_ref().map(StackName::to_string);
            (outcome.path.clone(), stack)
        });
        let mut stacks = applied.records;
        stacks.sort_by_cached_key(|record| (record.config.clone(), record.stack.to_string()));
        let (heading, limit) = place;
        let is_marked = matches!(heading, Heading::Marker(_));
        let attempts = applied.attempts;
        let limit = match is_marked {
            true => limit.saturating_sub(attempts.line().len()),
            false => limit,
        };
        let change = ChangeRecord {
            pull_request: recorded.pull_request,
            commit: recorded.commit,
            policy: recorded.policy,
            stacks,
            report,
            heading,
            limit,
        };
        let sealed = change.seal(&self.run_record());
        let (sealed, comment) = sealed.map_err(|error| JobError::Internal(error.into()))?;
        let report = &sealed.change.report;
        let limit = self.job.forge.profile().summary_chars;
        let page = provisioning(report, &Heading::Title, limit, Some(sealed.digest))
            .map_err(|error| JobError::Internal(error.into()))?;
        self.summary.push(page);
        log::info!("{}", outcome_lines(&report.outcomes));
        if applied.is_told {
            log::warn!(
                "denied or not started as before: the comment of the pull request has the reasons"
            );
        } else {
            self.exit = self.exit.max(applied.exit);
            let alerts = report.outcomes.iter().filter_map(Alert::from_outcome);
            self.alerts.extend(alerts);
        }
        self.records.push(sealed);
        Ok(match is_marked {
            true => attempts.below_marker(&comment),
            false => comment,
        })
    }

    /// Adds what happened outside of the run.
    pub fn add_events(&mut self, events: Vec<RunEvent>) {
        self.events.extend(events);
    }

    /// Writes job summary, evidence, events and outputs.
    pub fn finish(self) -> JobResult {
        let exit = self.exit.unwrap_or(Exit::Ok);
        let environment = &self.job.environment;
        let run_record = self.run_record();
        let states = |state: State| {
            let outcomes = self
                .records
                .iter()
                .flat_map(|sealed| &sealed.change.report.outcomes);
            outcomes.filter(|outcome| outcome.state == state).count()
        };
        let mut outputs = JobOutputs::default();
        for (name, state) in [
            ("done", State::Done),
            ("waiting", State::AwaitingConfirmation),
            ("denied", State::Denied),
            ("failed", State::Failed),
            ("remaining", State::NotStarted),
        ] {
            outputs.set(name, states(state));
        }
        let outcomes = self
            .records
            .iter()
            .flat_map(|sealed| &sealed.change.report.outcomes);
        let closing = states_line(outcomes.clone());
        let stacks = outcomes.filter_map(|outcome| outcome.stack.as_ref());
        let comments: Vec<String> = self.comments.iter().map(|(_, url)| url.clone()).collect();
        let links = page_links(&comments, stacks);
        let mut events = run_events(&self.records, &self.comments);
        events.extend(self.events);
        let written = (|| -> anyhow::Result<()> {
            summary(&run_summary(
                self.summary,
                environment.environment.as_deref(),
                self.job.forge.profile().summary_chars,
            ))
            .context("job summary")?;
            if !self.records.is_empty() {
                let evidence = Evidence::new(run_record, self.records)?;
                let text = serde_json::to_string_pretty(&evidence)? + "\n";
                let path = &environment.evidence;
                write_file(path, &text).with_context(|| format!("evidence {}", path.display()))?;
                log::info!("evidence: SHA-256 {}", Digest::sha256(&text));
                outputs.set("evidence-file", path.display());
            }
            write_events(self.job, &events, &mut outputs)?;
            ci::links(&links).context("links")?;
            outputs.write().context("step outputs")
        })();
        written.map_err(JobError::Internal)?;
        log::info!("{closing}");
        Ok((ci::alerts(&self.alerts), exit))
    }
}
