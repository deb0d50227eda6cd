//! Flow 1 in a job: facts from the forge, then comment, status, annotations, summary, SARIF and outputs.

use std::sync::Arc;

use anyhow::Context as _;

use super::check::{NOT_ASKED, VERSION, collisions, report};
use super::gather::{Selection, gather};
use super::preview::{Plan, preview};
use crate::ci::{Environment, Event, Outputs, summary};
use crate::exit::Exit;
use crate::forge::github::GitHub;
use crate::forge::local::Repository;
use crate::forge::{CommitStatus, ForgeError, Identity, PullRequest, PullRequests, Source};
use crate::guard::{POLICY_FILE, read_policy};
use crate::model::{CommitSha, RepoPath, UserId};
use crate::report::{self as print, COMMENT_LIMIT, MARKER, Report, SUMMARY_LIMIT, log_safe};
use crate::wording::counted;
use crate::workspace::write_file;

/// The commit status of the check.
const STATUS: &str = "provisioner/plan";

/// Does what the job's event asks. Returns what belongs on standard output.
pub fn check_in_ci() -> (String, Exit) {
    let outcome = Environment::read()
        .map_err(Failure::Usage)
        .and_then(|environment| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::Internal(error.into()))?;
            runtime.block_on(check(&environment))
        });
    match outcome {
        Ok(done) => done,
        Err(failure) => {
            let (error, exit) = match failure {
                Failure::Usage(error) => (error, Exit::Usage),
                Failure::Internal(error) => (error, Exit::Internal),
                Failure::Forge(error) => (error.into(), Exit::Unreachable),
            };
            eprintln!("{}", log_safe(&format!("error: {error:#}")));
            (String::new(), exit)
        }
    }
}

enum Failure {
    Usage(anyhow::Error),
    Internal(anyhow::Error),
    Forge(ForgeError),
}

impl From<ForgeError> for Failure {
    fn from(error: ForgeError) -> Self {
        Self::Forge(error)
    }
}

async fn check(environment: &Environment) -> Result<(String, Exit), Failure> {
    let selection = Selection::new(&environment.configs).map_err(Failure::Usage)?;
    let github = GitHub::new(&environment.access)?;
    let checkout = environment.workspace.clone().map(Repository::new);
    let (report, comment_url) = match &environment.event {
        Event::PullRequest { number } => {
            check_pull_request(environment, &github, checkout.as_ref(), *number, &selection).await?
        }
        Event::MergeGroup { base, head } => (
            check_merge_group(
                environment,
                &github,
                checkout.as_ref(),
                base,
                head,
                &selection,
            )
            .await?,
            None,
        ),
        Event::Other(name) => {
            eprintln!(
                "{}",
                log_safe(&format!("nothing to do for the event `{name}`"))
            );
            return Ok((String::new(), Exit::Ok));
        }
    };
    deliver(environment, &report, comment_url.as_deref()).map_err(Failure::Internal)
}

async fn check_pull_request(
    environment: &Environment,
    github: &GitHub,
    checkout: Option<&Repository>,
    number: u64,
    selection: &Selection,
) -> Result<(Report, Option<String>), Failure> {
    let pull_request = github.pull_request(number).await?;
    let files = github.files_of(&pull_request).await?;
    let (source, base) = source(github, checkout, &pull_request).await?;
    let gathered = gather(
        source,
        &base,
        &pull_request.head,
        &files,
        selection,
        &environment.given,
    )
    .await?;
    let mut report = report(&gathered, &base, &pull_request.head);

    if pull_request.fork {
        if !report.plan.changes.is_empty() {
            let reason = "AWS was not asked: the pull request comes from a fork, whose job gets no credentials.";
            report.notices.push(format!("{reason} {NOT_ASKED}"));
        }
        let reason = "The pull request comes from a fork, whose job may not write here: there is no comment and no commit status, \
                      only this summary and the annotations.";
        report.notices.push(reason.to_owned());
        return Ok((report, None));
    }
    let plan = plan(environment, source, &base, format!("pull-{number}")).await?;
    preview(&mut report, &gathered, &plan).await;
    let surroundings = github.surroundings().await?;
    report.collisions = surroundings
        .open
        .as_ref()
        .map(|open| collisions(&report.plan, number, open));
    if !surroundings.complete && !report.plan.changes.is_empty() {
        let notice = match report.collisions {
            Some(_) => {
                "Not all open pull requests could be looked at in whole: there are too many, or they change too much."
            }
            None => "Other open pull requests could not be looked at.",
        };
        report.notices.push(notice.to_owned());
    }
    let mut url = None;
    if environment.comment {
        let body = print::markdown(&report, COMMENT_LIMIT)
            .map_err(|error| Failure::Internal(error.into()))?;
        match surroundings.own {
            None => report.notices.push(
                "There is no comment: the forge does not tell whose token this is.".to_owned(),
            ),
            Some(own) => match github.put_comment(number, own, MARKER, &body).await {
                Ok(written) => url = Some(written.url().to_owned()),
                Err(error) if error.is_refusal() => {
                    report.notices.push("There is no comment: the token may not write one. Grant the job pull-requests write.".to_owned());
                    eprintln!("{}", log_safe(&format!("warning: {error}")));
                }
                Err(error) => return Err(error.into()),
            },
        }
    }
    put_status(github, &pull_request.head, surroundings.own, &mut report).await?;
    Ok((report, url))
}

async fn check_merge_group(
    environment: &Environment,
    github: &GitHub,
    checkout: Option<&Repository>,
    base: &CommitSha,
    head: &CommitSha,
    selection: &Selection,
) -> Result<Report, Failure> {
    let source: &dyn Source = match checkout.filter(|checkout| has_both(checkout, base, head)) {
        Some(checkout) => checkout,
        None => github,
    };
    let files = source.changed_files(base, head).await?;
    let gathered = gather(source, base, head, &files, selection, &environment.given).await?;
    let mut report = report(&gathered, base, head);
    let plan = plan(environment, source, base, "merge-group".to_owned()).await?;
    preview(&mut report, &gathered, &plan).await;
    put_status(github, head, None, &mut report).await?;
    Ok(report)
}

/// Who asks AWS. The policy is that of the base: a change does not decide on its own credentials.
async fn plan(
    environment: &Environment,
    source: &dyn Source,
    base: &CommitSha,
    session: String,
) -> Result<Plan, ForgeError> {
    let path = RepoPath::typed(POLICY_FILE);
    let bytes = source.read(base, std::slice::from_ref(&path)).await?;
    let bytes = bytes.into_iter().next().flatten();
    Ok(Plan {
        policy: read_policy(&path, bytes.as_deref()),
        identity: environment
            .issuer
            .clone()
            .map(|issuer| issuer as Arc<dyn Identity>),
        session: format!("provisioner-{session}"),
    })
}

/// Where contents are read, and the commit to compare with: the checkout if its history has what is needed, which saves a call
/// for each config; otherwise the API.
async fn source<'a>(
    github: &'a GitHub,
    checkout: Option<&'a Repository>,
    pull_request: &PullRequest,
) -> Result<(&'a dyn Source, CommitSha), ForgeError> {
    let (base, head) = (&pull_request.base, &pull_request.head);
    if let Some(checkout) = checkout.filter(|checkout| has_both(checkout, base, head))
        && let Some(base) = checkout.merge_base(base, head)
    {
        return Ok((checkout, base));
    }
    Ok((github, github.merge_base(base, head).await?))
}

fn has_both(checkout: &Repository, base: &CommitSha, head: &CommitSha) -> bool {
    [base, head].iter().all(|sha| {
        checkout
            .commit(sha.as_str())
            .is_ok_and(|found| found == **sha)
    })
}

async fn put_status(
    github: &GitHub,
    at: &CommitSha,
    own: Option<UserId>,
    report: &mut Report,
) -> Result<(), Failure> {
    let plan = &report.plan;
    let digest = plan.digest.prefix(12);
    let description = match plan.invalid {
        0 => format!(
            "{}, impact {}, plan {digest}",
            counted(plan.changes.len(), "config"),
            plan.level.word()
        ),
        invalid => format!(
            "{} in {}, plan {digest}",
            counted(report.counts().0, "error"),
            counted(invalid, "config")
        ),
    };
    let status = CommitStatus {
        success: plan.invalid == 0,
        context: STATUS,
        description,
    };
    match github.put_status(at, own, &status).await {
        Ok(_) => Ok(()),
        Err(error) if error.is_refusal() => {
            report.notices.push("There is no commit status: the token may not write one. Grant the job statuses write.".to_owned());
            eprintln!("{}", log_safe(&format!("warning: {error}")));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Annotations, summary, files and output variables.
fn deliver(
    environment: &Environment,
    report: &Report,
    comment_url: Option<&str>,
) -> anyhow::Result<(String, Exit)> {
    summary(&print::markdown(report, SUMMARY_LIMIT)?).context("job summary")?;
    let sarif = format!("{:#}\n", print::sarif(report.diagnostics(), VERSION));
    write_file(&environment.sarif, &sarif)
        .with_context(|| format!("SARIF file {}", environment.sarif.display()))?;
    let json = serde_json::to_string_pretty(report)? + "\n";
    write_file(&environment.report, &json)
        .with_context(|| format!("report {}", environment.report.display()))?;

    let (errors, warnings) = report.counts();
    let mut outputs = Outputs::default();
    outputs.set("digest", report.plan.digest);
    outputs.set("impact", report.plan.level.word());
    outputs.set("configs", report.plan.changes.len());
    outputs.set("errors", errors);
    outputs.set("warnings", warnings);
    outputs.set("comment-url", comment_url.unwrap_or(""));
    outputs.set("sarif-file", environment.sarif.display());
    outputs.set("report-file", environment.report.display());
    outputs.write().context("step outputs")?;

    let annotations = print::annotations(report.diagnostics());
    eprint!("{}", log_safe(&print::diagnostics(report.diagnostics())));
    eprintln!(
        "provisioner: {}, {}, {}, impact {}, plan {}",
        counted(report.plan.changes.len(), "config"),
        counted(errors, "error"),
        counted(warnings, "warning"),
        report.plan.level.word(),
        report.plan.digest.prefix(12),
    );
    let exit = if report.plan.invalid > 0 {
        Exit::Config
    } else {
        Exit::Ok
    };
    Ok((annotations.commands, exit))
}
