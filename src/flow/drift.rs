//! Scheduled drift detection: the stacks of the default branch's configs, least recently checked first, and one issue for each
//! drifted stack. It repairs nothing.

use std::collections::BTreeMap;

use anyhow::Context as _;
use futures_util::StreamExt as _;

use crate::change::ConfigSelector;
use crate::change::products;
use crate::change::{LoadedPolicy, policy_at};
use crate::ci::{JobOutputs, summary};
use crate::config::{Config, load};
use crate::diagnostic::Code;
use crate::exit::Exit;
use crate::forge::{Issue, Source};
use crate::guard::Policy;
use crate::job::CredentialCache;
use crate::job::ReadOnly;
use crate::job::cancel_on_signal;
use crate::job::{Job, JobError, JobResult};
use crate::model::{CommitSha, Digest, UserId};
use crate::operation::to_diagnostics;
use crate::operation::{self, Desired, OperationContext};
use crate::report::{self as print, Format, Redactor, escape_workflow_commands};
use crate::stack::{Drifted, StackName};
use crate::text::pluralize;

/// First line of every drift issue; a digest of the stack follows.
const MARKER: &str = "<!-- provisioner:drift ";

/// A detection takes minutes, and a job ends after six hours at most.
const MAX_STACKS: usize = 200;

struct ScanResult {
    stack: StackName,
    config: String,
    /// The drift with its summary and tables, or why it could not be read.
    found: Result<(Drifted, String, String), String>,
    exit: Exit,
}

/// Detects drift in the stacks of the default branch.
pub async fn scan(job: &Job) -> JobResult {
    let branch = job.forge.default_branch().await?;
    let source = job.source(&[&branch.tip]);
    let policy = policy_at(source, &branch.tip).await?;
    let allowed = match &policy {
        Ok(allowed) => allowed,
        Err(problems) => {
            eprint!(
                "{}",
                escape_workflow_commands(&print::diagnostics(problems))
            );
            return Ok((String::new(), Exit::Denied));
        }
    };
    let configs = configs(job, source, &branch.tip, &policy).await?;
    let Some(sessions) = job.credentials(cancel_on_signal()) else {
        let why = anyhow::anyhow!("the job has no identity token; grant it `id-token: write`");
        return Err(JobError::Usage(why));
    };
    let drift_scan = DriftScan {
        policy: &policy,
        allowed,
        sessions: &sessions,
    };
    let (chosen, left) = drift_scan.least_recently_checked(configs).await;
    let scans = futures_util::stream::iter(&chosen)
        .map(|config| drift_scan.scan_stack(config))
        .buffer_unordered(allowed.concurrency());
    let mut results: Vec<ScanResult> = scans.collect().await;
    results.sort_by(|a, b| a.config.cmp(&b.config));
    if let Some(own) = job.forge.current_user().await? {
        sync_issues(job, own, &results).await?;
    }
    finish(&results, left)
}

/// The valid configs of a commit.
async fn configs(
    job: &Job,
    source: &dyn Source,
    tip: &CommitSha,
    policy: &LoadedPolicy,
) -> Result<Vec<Config>, JobError> {
    let selection =
        ConfigSelector::for_policy(&job.environment.configs, policy).map_err(JobError::Usage)?;
    let paths = source.list(tip, "").await?;
    let paths: Vec<_> = paths
        .into_iter()
        .filter(|path| selection.matches(path))
        .collect();
    let texts = source.read(tip, &paths).await?;
    let registry = products(source, tip, &job.environment.given).await?;
    let read = paths.iter().zip(texts);
    let loaded = read.filter_map(|(path, text)| load(&registry, path, &text?).config);
    Ok(loaded.collect())
}

struct DriftScan<'a> {
    policy: &'a LoadedPolicy,
    allowed: &'a Policy,
    sessions: &'a CredentialCache,
}

impl DriftScan<'_> {
    /// The configs whose stacks were checked longest ago, and how many are left for the next run. A stack that cannot be read is
    /// chosen, so that the scan reports why.
    async fn least_recently_checked(&self, configs: Vec<Config>) -> (Vec<Config>, usize) {
        let checks = futures_util::stream::iter(configs)
            .map(|config| async move {
                let checked = self.checked(&config).await;
                (checked, config)
            })
            .buffer_unordered(self.allowed.concurrency());
        let mut checked: Vec<_> = checks.collect().await;
        checked.retain(|(checked, _)| *checked != Checked::NoStack);
        checked.sort_by(|(a, left), (b, right)| (a, &left.path).cmp(&(b, &right.path)));
        let left = checked.len().saturating_sub(MAX_STACKS);
        checked.truncate(MAX_STACKS);
        (
            checked.into_iter().map(|(_, config)| config).collect(),
            left,
        )
    }

    async fn checked(&self, config: &Config) -> Checked {
        let target = &config.target;
        let Some(role) = self.allowed.plan_role(target) else {
            return Checked::Never;
        };
        let session = self.sessions.session(&role, &target.region).await;
        let Ok(cloud) = session.at(&target.region).await else {
            return Checked::Never;
        };
        match cloud.stack(config.stack()).await {
            Ok(None) => Checked::NoStack,
            Ok(Some(stack)) => stack.drift.checked.map_or(Checked::Never, Checked::At),
            Err(_) => Checked::Never,
        }
    }

    async fn scan_stack(&self, config: &Config) -> ScanResult {
        let values = Redactor::for_config(config, &self.allowed.values.show);
        let stack = StackName::for_config(&config);
        let result = |found, exit| ScanResult {
            stack: stack.clone(),
            config: config.path.to_string(),
            found,
            exit,
        };
        match self.drift(config).await {
            Ok(drifted) => {
                let line = print::drift_summary(&drifted);
                let tables = print::drift(&drifted, &values, Format::Markdown);
                result(Ok((drifted, line, tables)), Exit::Ok)
            }
            Err(failure) => {
                let (problems, exit) = to_diagnostics(config, &values, failure);
                let summary_text: Vec<String> = problems
                    .iter()
                    .map(|problem| format!("{}: {}", problem.code, problem.message))
                    .collect();
                result(Err(summary_text.join("; ")), exit)
            }
        }
    }

    async fn drift(&self, config: &Config) -> Result<Drifted, operation::OperationError> {
        let target = &config.target;
        let role = self.allowed.plan_role(target).ok_or_else(|| {
            operation::missing_setup(
                Code::RoleNotConfigured,
                &format!(
                    "the policy names no plan role for the environment `{}`",
                    target.environment
                ),
                "name one under `roles.plan` of the policy file",
            )
        })?;
        let session = self.sessions.session(&role, &target.region).await;
        let cloud = session.at(&target.region).await?;
        let site = OperationContext {
            cloud: &cloud,
            policy: self.policy,
            authority: &ReadOnly,
            progress: &ReadOnly,
        };
        operation::drift(&site, &Desired::new(config)?).await
    }
}

/// When a stack was last checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Checked {
    NoStack,
    Never,
    /// Unix time in seconds.
    At(i64),
}

/// Opens, updates and closes issues, so that each drifted stack has result. An issue of a stack that could not be read stays as it is.
async fn sync_issues(job: &Job, own: UserId, results: &[ScanResult]) -> Result<(), JobError> {
    let issues = job.forge.own_issues(own, MARKER).await?;
    let mut known: BTreeMap<&str, &Issue> = BTreeMap::new();
    for issue in &issues {
        let marker = issue.body.lines().next().unwrap_or("").trim_end();
        // If two issues exist for a stack, the older one is kept.
        known.entry(marker).or_insert(issue);
    }
    for result in results {
        let Ok((drifted, line, tables)) = &result.found else {
            continue;
        };
        let marker = marker(&result.stack);
        let issue = known.get(marker.as_str());
        let body = body(&marker, result, line, tables);
        match (issue, drifted.has_drifted()) {
            (None, false) => {}
            (None, true) => {
                let title = format!("Drift: {}", result.stack);
                let opened = job.forge.open_issue(&title, &body).await?;
                eprintln!(
                    "{}",
                    escape_workflow_commands(&format!("opened {}", opened.url))
                );
            }
            (Some(issue), true) if issue.body.trim_end() == body.trim_end() => {}
            (Some(issue), drifts) => job.forge.update_issue(issue.number, &body, !drifts).await?,
        }
    }
    Ok(())
}

fn marker(stack: &StackName) -> String {
    format!(
        "{MARKER}{} -->",
        Digest::sha256(stack.to_string()).prefix(24)
    )
}

fn body(marker: &str, result: &ScanResult, line: &str, tables: &str) -> String {
    let (config, line) = (print::code(&result.config), print::code(line));
    let foot = "Nothing was repaired. Undo what was done by hand, or bring it into the config by a pull request. \
                This issue is updated by every look, and closed when the stack is as its template says.";
    format!("{marker}\n{line}\n\nConfig: {config}\n\n{tables}\n{foot}\n")
}

fn finish(results: &[ScanResult], left: usize) -> JobResult {
    let drifted = results.iter().filter(|result| {
        result
            .found
            .as_ref()
            .is_ok_and(|(found, ..)| found.has_drifted())
    });
    let drifted = drifted.count();
    let failed = results
        .iter()
        .filter(|result| result.found.is_err())
        .count();
    let mut page = String::from("## Provisioner: drift\n\n");
    for result in results {
        let text = match &result.found {
            Ok((found, line, tables)) => {
                let mark = if found.has_drifted() { "⚠" } else { "✅" };
                format!("{mark} {}\n\n{tables}\n", print::code(line))
            }
            Err(why) => format!(
                "❌ {}: {}\n\n",
                print::code(&result.config),
                print::code(why)
            ),
        };
        page.push_str(&text);
        if let Err(why) = &result.found {
            eprintln!(
                "{}",
                escape_workflow_commands(&format!("{}: {why}", result.config))
            );
        }
    }
    if results.is_empty() {
        page.push_str("No config has a stack.\n");
    }
    if left > 0 {
        page.push_str(&format!(
            "{} are looked at the next time.\n",
            pluralize(left, "stack")
        ));
    }
    let internal = |error: anyhow::Error| JobError::Internal(error);
    let within: String = page.chars().take(print::SUMMARY_LIMIT).collect();
    summary(&within).context("job summary").map_err(internal)?;
    let mut outputs = JobOutputs::default();
    outputs.set("drifted", drifted);
    outputs.set("failed", failed);
    outputs.write().context("step outputs").map_err(internal)?;
    eprintln!(
        "provisioner: {} looked at, {drifted} drifted, {failed} failed",
        pluralize(results.len(), "stack")
    );
    let exit = results.iter().map(|result| result.exit).max();
    Ok((String::new(), exit.unwrap_or(Exit::Ok)))
}
