//! Drift detection, scheduled or started by a person: the stacks of the default branch's configs, least recently checked first, and one issue for each
//! stack that drifted, or whose rollback failed. It repairs nothing.

use std::collections::BTreeMap;

use anyhow::Context as _;

use super::estate::{ScannedEstate, publish};
use crate::change::{policy_at, valid_configs};
use crate::ci::{self, JobOutputs, summary};
use crate::config::Config;
use crate::diagnostic::Code;
use crate::estate::DriftRotation;
use crate::exit::Exit;
use crate::forge::{ForgeError, Issue};
use crate::guard::{
    Denial, EffectKind, Facts, LoadedPolicy, Policies, Policy, denials_before_credentials,
};
use crate::job::{
    CredentialCache, Job, JobError, JobResult, ReadOnly, end_without_policy, write_events,
};
use crate::lanes::{Lane, Lanes, work_in_lanes};
use crate::model::{RepoPath, UserId};
use crate::operation::to_diagnostics;
use crate::operation::{self, Desired, OperationContext, Warnings};
use crate::report::{
    self as print, Alert, DRIFT_MARKER, Format, FoundDrift, Redactor, Refusal, RunEvent,
    ScannedStacks, StackDrift, UnwrittenIssue, closed_drift_issue, drift_counts, drift_events,
    drift_issue, drift_issue_marker, drift_issue_title, drift_scan_alerts, drift_scan_lines,
    drift_scan_markdown, is_same_text, problems_line, unknown_drift,
};
use crate::stack::{Drifted, Health, ROLLBACK_FAILED, StackName};

/// A detection takes minutes, and a job has at most six hours.
const MAX_STACKS: usize = 200;

/// Detects drift in the stacks of the default branch. `names`: paths or file names of configs; empty means all.
pub async fn scan(job: &Job, names: &[String]) -> JobResult {
    let branch = job.forge.default_branch().await?;
    let source = job.source(&[&branch.tip]);
    let policy = policy_at(source, &branch.tip).await?;
    let allowed = match &policy {
        Ok(allowed) => allowed,
        Err(problems) => return end_without_policy(problems),
    };
    let (mut configs, invalid) = valid_configs(job, source, &branch.tip, &policy, names).await?;
    let accounts = &job.environment.accounts;
    configs.retain(|config| accounts.contains(&config.target.account));
    let sessions = job.required_credentials()?;
    let drift_scan = DriftScan {
        policy: &policy,
        allowed,
        sessions: &sessions,
    };
    let all = configs.clone();
    let ChosenStacks {
        chosen,
        without_stack,
        left,
        rotation,
    } = drift_scan.least_recently_checked(configs).await;
    let without_stack = without_stack.iter().map(|config| config.path.to_string());
    let without_stack: Vec<String> = without_stack.collect();
    let scans = chosen
        .iter()
        .map(|config| (Lane::from(&config.target), config));
    let scans = work_in_lanes(drift_scan.lanes(), &sessions, scans, async |config| {
        drift_scan.scan_stack(config).await
    });
    let (mut stacks, exits): (Vec<StackDrift>, Vec<Exit>) = scans.await.into_iter().unzip();
    stacks.sort_by(|a, b| a.config.cmp(&b.config));
    // The summary has the findings, also if the forge takes no issue.
    let (unwritten, gone) = match job.forge.current_user().await {
        Ok(Some(own)) => sync_issues(job, own, &stacks).await,
        Ok(None) => (Vec::new(), Vec::new()),
        Err(error) => (vec![unwritten(None, &error)], Vec::new()),
    };
    let unreachable = (!unwritten.is_empty()).then_some(Exit::Unreachable);
    let exit = exits.into_iter().max().max(unreachable);
    // A scan of some configs cannot tell which stacks have no config.
    let scans_all = names.is_empty() && accounts.patterns().is_empty();
    let (alerts, missing, of_estate) = match scans_all {
        true => {
            let known = ScannedEstate {
                branch: &branch,
                policy: allowed,
                sessions: &sessions,
                configs: &all,
                invalid: &invalid,
                current: compared(&stacks),
                rotation: rotation.clone(),
            };
            publish(job, &known).await?
        }
        false => (Vec::new(), None, Vec::new()),
    };
    let exit = exit.max(missing);
    let scanned = ScannedStacks {
        stacks,
        without_stack,
        invalid: invalid.iter().map(ToString::to_string).collect(),
        left,
        rotation,
        unwritten,
    };
    let mut events = drift_events(&scanned, &gone);
    events.extend(of_estate);
    finish(job, &scanned, alerts, &events, exit)
}

struct DriftScan<'a> {
    policy: &'a LoadedPolicy,
    allowed: &'a Policy,
    sessions: &'a CredentialCache,
}

impl DriftScan<'_> {
    /// The configs whose stacks were checked longest ago. A stack that cannot be read is chosen too, so that the scan reports why. It takes
    /// no other stack's turn.
    async fn least_recently_checked(&self, configs: Vec<Config>) -> ChosenStacks<Config> {
        let configs = configs
            .into_iter()
            .map(|config| (Lane::from(&config.target), config));
        let checks = work_in_lanes(
            self.lanes(),
            self.sessions,
            configs,
            async |config: Config| (self.checked(&config).await, config),
        );
        let mut checked: Vec<(Checked, Config)> = checks.await;
        checked.sort_by(|(_, a), (_, b)| a.path.cmp(&b.path));
        take_turns(checked, MAX_STACKS)
    }

    fn lanes(&self) -> Lanes {
        Lanes::new(self.allowed.concurrency())
    }

    async fn checked(&self, config: &Config) -> Checked {
        let target = &config.target;
        let role = self.allowed.plan_role(target);
        let is_allowed = self.denials(config).is_empty();
        let Some(role) = role.filter(|_| is_allowed) else {
            return Checked::Unread;
        };
        let session = self.sessions.session(&role, &target.region).await;
        let Ok(cloud) = session.at(&target.region).await else {
            return Checked::Unread;
        };
        match cloud.stack(config.stack()).await {
            Ok(None) => Checked::NoStack,
            Ok(Some(stack)) if stack.status.health() == Health::ReviewInProgress => {
                Checked::NoStack
            }
            Ok(Some(stack)) => stack.drift.checked.map_or(Checked::Never, Checked::At),
            Err(_) => Checked::Unread,
        }
    }

    async fn scan_stack(&self, config: &Config) -> (StackDrift, Exit) {
        let values = Redactor::for_config(config, &self.allowed.values.show);
        let (found, exit) = match self.drift(config).await {
            // An issue about the stack stays open.
            Ok(drifted) if drifted.is_unknown() && !has_failed_rollback(&drifted) => {
                (Err(unknown_drift(&drifted, &values)), Exit::Operation)
            }
            Ok(drifted) => {
                let found = FoundDrift {
                    drifted: drifted.has_drifted(),
                    rollback_failed: has_failed_rollback(&drifted),
                    owned: drifted.owned,
                    current: drifted.current,
                    summary: print::drift_summary(&drifted),
                    tables: print::drift(&drifted, &values, Format::Markdown),
                };
                (Ok(found), Exit::Ok)
            }
            Err(failure) => {
                let is_busy = is_busy(&failure);
                let failed = to_diagnostics(config, &values, failure);
                // The next scan checks a stack that is changing now.
                let exit = if is_busy { Exit::Ok } else { failed.exit };
                (Err(problems_line(&failed.diagnostics)), exit)
            }
        };
        let stack = StackDrift {
            stack: StackName::for_config(config),
            config: config.path.to_string(),
            found,
        };
        (stack, exit)
    }

    /// Why a stack is not read: the policy does not allow its target.
    fn denials(&self, config: &Config) -> Vec<Denial> {
        let stack = StackName::for_config(config);
        let (kind, nothing) = (EffectKind::Preview, Facts::default());
        denials_before_credentials(kind, Policies::from(self.policy), &nothing, &stack)
    }

    async fn drift(&self, config: &Config) -> Result<Drifted, operation::OperationError> {
        let target = &config.target;
        let denials = self.denials(config);
        if !denials.is_empty() {
            return Err(operation::OperationError::Denied(denials));
        }
        let role = self.allowed.plan_role(target).ok_or_else(|| {
            let environment = target.environment.clone();
            operation::missing_setup(&Refusal::NoPlanRole { environment })
        })?;
        let session = self.sessions.session(&role, &target.region).await;
        let cloud = session.at(&target.region).await?;
        let site = OperationContext {
            cloud: &cloud,
            policies: self.policy.into(),
            authority: &ReadOnly,
            progress: &ReadOnly,
            needs: None,
            warnings: &Warnings::default(),
        };
        operation::drift(&site, &Desired::new(config)?).await
    }
}

fn has_failed_rollback(drifted: &Drifted) -> bool {
    drifted.status.as_deref() == Some(ROLLBACK_FAILED)
}

/// Whether an operation of the stack runs.
fn is_busy(failure: &operation::OperationError) -> bool {
    let operation::OperationError::Denied(denials) = failure else {
        return false;
    };
    let mut denials = denials.iter();
    denials.all(|denial| denial.code == Code::StackBusy)
}

/// When a stack was last checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Checked {
    NoStack,
    /// The stack cannot be read.
    Unread,
    Never,
    /// Unix time in seconds.
    At(i64),
}

impl Checked {
    /// Unix time in seconds.
    fn second(self) -> Option<i64> {
        match self {
            Self::At(second) => Some(second),
            Self::NoStack | Self::Unread | Self::Never => None,
        }
    }
}

/// The stacks of a scan.
struct ChosenStacks<T> {
    chosen: Vec<T>,
    without_stack: Vec<T>,
    /// Number of stacks that are left for the next scan.
    left: usize,
    rotation: DriftRotation,
}

/// Chooses the stacks that were checked longest ago, `limit` at most, and besides those that cannot be read.
fn take_turns<T>(checked: Vec<(Checked, T)>, limit: usize) -> ChosenStacks<T> {
    let (mut without_stack, mut unread, mut stacks) = (Vec::new(), Vec::new(), Vec::new());
    for (last, item) in checked {
        match last {
            Checked::NoStack => without_stack.push(item),
            Checked::Unread => unread.push(item),
            Checked::Never | Checked::At(_) => stacks.push((last, item)),
        }
    }
    stacks.sort_by_key(|(last, _)| *last);
    let waiting = stacks.split_off(stacks.len().min(limit));
    let waiting: Vec<Option<i64>> = waiting.iter().map(|(last, _)| last.second()).collect();
    let rotation = DriftRotation::new(stacks.len(), &waiting, limit);
    let chosen = stacks.into_iter().map(|(_, item)| item);
    ChosenStacks {
        chosen: chosen.chain(unread).collect(),
        without_stack,
        left: waiting.len(),
        rotation,
    }
}

/// Opens, updates and closes issues, so that each drifted stack has one. An issue of a stack that could not be read is not changed. One
/// issue that the forge does not take stops no other one. Returns the issues that are not written, and the configs whose issues were closed.
async fn sync_issues(
    job: &Job,
    own: UserId,
    stacks: &[StackDrift],
) -> (Vec<UnwrittenIssue>, Vec<String>) {
    let issues = match job.forge.own_issues(own, DRIFT_MARKER).await {
        Ok(issues) => issues,
        Err(error) => return (vec![unwritten(None, &error)], Vec::new()),
    };
    let mut known: BTreeMap<&str, &Issue> = BTreeMap::new();
    for issue in &issues {
        let marker = issue.body.lines().next().unwrap_or("").trim_end();
        // If two issues exist for a stack, the older one is updated.
        known.entry(marker).or_insert(issue);
    }
    let mut missing = Vec::new();
    let mut closed = Vec::new();
    for scanned in stacks {
        let Ok(found) = &scanned.found else {
            continue;
        };
        let issue = known.get(drift_issue_marker(&scanned.stack).as_str());
        match sync_issue(job, issue.copied(), scanned, found).await {
            Ok(()) if issue.is_some() && !found.needs_repair() => {
                closed.push(scanned.config.clone());
            }
            Ok(()) => {}
            Err(error) => missing.push(unwritten(Some(&scanned.config), &error)),
        }
    }
    (missing, closed)
}

async fn sync_issue(
    job: &Job,
    issue: Option<&Issue>,
    scanned: &StackDrift,
    found: &FoundDrift,
) -> Result<(), ForgeError> {
    let stack = &scanned.stack;
    let limit = job.forge.profile().comment_chars;
    let body = drift_issue(stack, &scanned.config, found, limit);
    match (issue, found.needs_repair()) {
        (None, false) => {}
        (None, true) => {
            let title = drift_issue_title(stack, found);
            let opened = job.forge.open_issue(&title, &body).await?;
            log::info!("opened {}", opened.url);
        }
        (Some(issue), true) if is_same_text(&issue.body, &body) => {}
        (Some(issue), true) => job.forge.update_issue(issue.number, &body, false).await?,
        (Some(issue), false) => {
            let config = &scanned.config;
            let body = closed_drift_issue(stack, config, found, &issue.body, limit);
            job.forge.update_issue(issue.number, &body, true).await?;
        }
    }
    Ok(())
}

/// `config`: whose stack the issue is about; `None` for all issues.
fn unwritten(config: Option<&str>, error: &ForgeError) -> UnwrittenIssue {
    log::warn!("{error}");
    UnwrittenIssue {
        config: config.map(str::to_owned),
        reason: error.to_string(),
    }
}

/// Whether deployed templates are current, by config.
fn compared(stacks: &[StackDrift]) -> BTreeMap<RepoPath, bool> {
    let compared = stacks.iter().filter_map(|stack| {
        let found = stack.found.as_ref().ok()?;
        Some((RepoPath::typed(&stack.config), found.current))
    });
    compared.collect()
}

fn finish(
    job: &Job,
    scanned: &ScannedStacks,
    alerts: Vec<Alert>,
    events: &[RunEvent],
    exit: Option<Exit>,
) -> JobResult {
    let internal = |error: anyhow::Error| JobError::Internal(error);
    let page = drift_scan_markdown(scanned, job.forge.profile().summary_chars);
    summary(&page).context("job summary").map_err(internal)?;
    let (drifted, failed) = drift_counts(&scanned.stacks);
    let mut outputs = JobOutputs::default();
    outputs.set("drifted", drifted);
    outputs.set("failed", failed);
    outputs.set("without-stack", scanned.without_stack.len());
    write_events(job, events, &mut outputs).map_err(internal)?;
    outputs.write().context("step outputs").map_err(internal)?;
    log::info!("{}", drift_scan_lines(scanned));
    let alerts: Vec<Alert> = drift_scan_alerts(scanned)
        .into_iter()
        .chain(alerts)
        .collect();
    Ok((ci::alerts(&alerts), exit.unwrap_or(Exit::Ok)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stack_checked_longest_ago_comes_first_and_each_has_its_turn() {
        let (never, at) = (Checked::Never, Checked::At);
        let last = [at(50), never, never, never, at(36), at(35), at(34)];
        let mut last: Vec<(Checked, usize)> = last.into_iter().zip(0..).collect();
        let turn = take_turns(last.clone(), 3);
        assert_eq!(turn.chosen, [1, 2, 3]);
        assert_eq!(turn.left, 4);
        let rotation = &turn.rotation;
        assert_eq!((rotation.stacks, rotation.scans, rotation.never), (7, 3, 0));
        assert_eq!(rotation.oldest.as_deref(), Some("1970-01-01T00:00:34Z"));
        let mut seen = std::collections::BTreeSet::new();
        for scan in 0..3 {
            for stack in take_turns(last.clone(), 3).chosen {
                seen.insert(stack);
                last[stack].0 = Checked::At(100 + scan);
            }
        }
        assert_eq!(seen.len(), 7, "every stack within three scans");
        assert_eq!(take_turns(last, 7).rotation.scans, 1);
    }

    #[test]
    fn a_stack_that_cannot_be_read_takes_no_turn() {
        let stacks = [
            (Checked::Unread, 0),
            (Checked::NoStack, 1),
            (Checked::At(9), 2),
            (Checked::Never, 3),
        ];
        let turn = take_turns(stacks.to_vec(), 1);
        assert_eq!(turn.chosen, [3, 0]);
        assert_eq!(turn.without_stack, [1]);
        assert_eq!((turn.left, turn.rotation.scans), (1, 2));
    }
}
