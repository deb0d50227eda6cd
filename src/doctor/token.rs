//! The job's token at the forge.

use super::diagnosis::Diagnosis;
use super::facts::JobFacts;
use crate::ci::{self, CiEvent};
use crate::exit::Exit;
use crate::forge::{Capability, ReadPermission, WritePermission};
use crate::guard::Policy;

/// What the flow of the job's event writes, by the permission that it takes.
fn required_permissions(event: &CiEvent) -> &'static [WritePermission] {
    match event {
        CiEvent::PullRequest { .. } => &[WritePermission::Comments, WritePermission::Statuses],
        CiEvent::MergeGroup { .. } => &[WritePermission::Statuses],
        CiEvent::Push { .. } => &[WritePermission::Deployments],
        CiEvent::Comment { .. } => &[WritePermission::Comments, WritePermission::Deployments],
        CiEvent::Schedule => &[WritePermission::Issues],
        CiEvent::Other(_) => &[],
    }
}

fn permission_name(writes: WritePermission) -> (&'static str, &'static str) {
    match writes {
        WritePermission::Comments => ("pull-requests: write", "comments on pull requests"),
        WritePermission::Statuses => ("statuses: write", "the commit status"),
        WritePermission::Deployments => ("deployments: write", "deployments"),
        WritePermission::Issues => ("issues: write", "an issue for each stack that has drifted"),
    }
}

/// Whether there is a token, and which of its permissions work.
pub async fn check_token(diagnosis: &mut Diagnosis, job: &JobFacts<'_>) {
    const PART: &str = "token";
    if job.environment.access.token.is_none() {
        let help = "set GITHUB_TOKEN in the step's env to the job's github.token";
        return diagnosis.fail(PART, "GITHUB_TOKEN", "not set", help, Exit::Unreachable);
    }
    diagnosis.pass(PART, "GITHUB_TOKEN", "set");
    if let Some(about) = &job.about {
        diagnosis.pass(PART, "contents: read", "works");
        let lists = [
            ("statuses: read", ReadPermission::Statuses),
            ("deployments: read", ReadPermission::Deployments),
        ];
        for (what, permission) in lists {
            match job.forge.may_read(permission, &about.tip).await {
                Capability::Yes => diagnosis.pass(PART, what, "works"),
                Capability::No(reason) => diagnosis.skip(PART, what, format!("refused, {reason}")),
                Capability::Unproven(reason) => {
                    diagnosis.skip(PART, what, format!("not proven: {reason}"))
                }
            }
        }
    }
    for writes in required_permissions(&job.environment.event) {
        let (what, wanted_for) = permission_name(*writes);
        match job.forge.may_write(*writes, job.pull_request).await {
            Capability::Yes => diagnosis.pass(PART, what, format!("granted, for {wanted_for}")),
            Capability::No(reason) if job.fork => {
                diagnosis.pass(
                    PART,
                    what,
                    format!("refused as it should be for a fork, {reason}"),
                );
            }
            Capability::No(reason) => {
                let help = format!("grant the job {what}; it is for {wanted_for}");
                diagnosis.fail(
                    PART,
                    what,
                    format!("refused, {reason}"),
                    &help,
                    Exit::Unreachable,
                );
            }
            Capability::Unproven(reason) => {
                diagnosis.skip(PART, what, format!("not proven: {reason}"))
            }
        }
    }
}

/// Whether it is seen who belongs to the teams whose approvals count.
pub async fn teams(diagnosis: &mut Diagnosis, job: &JobFacts<'_>, policy: &Policy) {
    // A check counts no approvals.
    let counts = matches!(
        job.environment.event,
        CiEvent::Push { .. } | CiEvent::Comment { .. }
    );
    let actor = ci::actor().unwrap_or_else(|| "forge-actions".to_owned());
    for team in policy.teams() {
        let what = format!("members of {team}");
        match job.forge.can_read_team(&team, &actor).await {
            Capability::Yes => diagnosis.pass("approvers", &what, "can be seen"),
            Capability::No(reason) => {
                let found = format!("cannot be seen, {reason}");
                let help = "a job's own token never sees them: use the token of an app that may read members, or name people as approvers";
                match counts {
                    true => diagnosis.fail("approvers", &what, found, help, Exit::Unreachable),
                    false => diagnosis.skip("approvers", &what, format!("{found}; {help}")),
                }
            }
            Capability::Unproven(reason) => {
                diagnosis.skip("approvers", &what, format!("not proven: {reason}"))
            }
        }
    }
}
