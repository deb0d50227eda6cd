//! The job's token at the forge.

use super::Checkup;
use super::job::Job;
use crate::ci::{self, Event};
use crate::exit::Exit;
use crate::forge::github::{Proof, Writes};
use crate::guard::Policy;

/// What the flow of the job's event writes, by the permission that it takes.
fn needs(event: &Event) -> &'static [Writes] {
    match event {
        Event::PullRequest { .. } => &[Writes::Comments, Writes::Statuses],
        Event::MergeGroup { .. } => &[Writes::Statuses],
        Event::Push { .. } => &[Writes::Deployments],
        Event::Comment { .. } => &[Writes::Comments, Writes::Deployments],
        Event::Schedule => &[Writes::Issues],
        Event::Other(_) => &[],
    }
}

fn words(writes: Writes) -> (&'static str, &'static str) {
    match writes {
        Writes::Comments => ("pull-requests: write", "comments on pull requests"),
        Writes::Statuses => ("statuses: write", "the commit status"),
        Writes::Deployments => ("deployments: write", "deployments"),
        Writes::Issues => ("issues: write", "an issue for each stack that has drifted"),
    }
}

/// Whether there is a token, and which of its permissions work.
pub async fn look(checkup: &mut Checkup, job: &Job<'_>) {
    const PART: &str = "token";
    if job.environment.access.token.is_none() {
        let help = "set GITHUB_TOKEN in the step's env to the job's github.token";
        return checkup.bad(PART, "GITHUB_TOKEN", "not set", help, Exit::Unreachable);
    }
    checkup.good(PART, "GITHUB_TOKEN", "set");
    if let Some(about) = &job.about {
        checkup.good(PART, "contents: read", "works");
        let lists = [
            (
                "statuses: read",
                format!("commits/{}/statuses", about.tip.as_str()),
            ),
            ("deployments: read", "deployments".to_owned()),
        ];
        for (what, list) in lists {
            match job.github.may_read(&list).await {
                Proof::Yes => checkup.good(PART, what, "works"),
                Proof::No(reason) => checkup.open(PART, what, format!("refused, {reason}")),
                Proof::Unproven(reason) => {
                    checkup.open(PART, what, format!("not proven: {reason}"))
                }
            }
        }
    }
    for writes in needs(&job.environment.event) {
        let (what, wanted_for) = words(*writes);
        match job.github.may_write(*writes, job.pull_request).await {
            Proof::Yes => checkup.good(PART, what, format!("granted, for {wanted_for}")),
            Proof::No(reason) if job.fork => {
                checkup.good(
                    PART,
                    what,
                    format!("refused as it should be for a fork, {reason}"),
                );
            }
            Proof::No(reason) => {
                let help = format!("grant the job {what}; it is for {wanted_for}");
                checkup.bad(
                    PART,
                    what,
                    format!("refused, {reason}"),
                    &help,
                    Exit::Unreachable,
                );
            }
            Proof::Unproven(reason) => checkup.open(PART, what, format!("not proven: {reason}")),
        }
    }
}

/// Whether it is seen who belongs to the teams whose approvals count.
pub async fn teams(checkup: &mut Checkup, job: &Job<'_>, policy: &Policy) {
    // A check counts no approvals.
    let counts = matches!(
        job.environment.event,
        Event::Push { .. } | Event::Comment { .. }
    );
    let actor = ci::actor().unwrap_or_else(|| "github-actions".to_owned());
    for team in policy.teams() {
        let what = format!("members of {team}");
        match job.github.sees_team(&team, &actor).await {
            Proof::Yes => checkup.good("approvers", &what, "can be seen"),
            Proof::No(reason) => {
                let found = format!("cannot be seen, {reason}");
                let help = "a job's own token never sees them: use the token of an app that may read members, or name people as approvers";
                match counts {
                    true => checkup.bad("approvers", &what, found, help, Exit::Unreachable),
                    false => checkup.open("approvers", &what, format!("{found}; {help}")),
                }
            }
            Proof::Unproven(reason) => {
                checkup.open("approvers", &what, format!("not proven: {reason}"))
            }
        }
    }
}
