//! The job's token at the forge.

use super::diagnosis::Diagnosis;
use super::facts::JobFacts;
use crate::ci::{self, CiEvent, DispatchMode};
use crate::exit::Exit;
use crate::forge::{Capability, ForgeErrorKind, ReadPermission, TokenPermission, WritePermission};
use crate::guard::Policy;
use crate::report::Found;

/// What the flow of the job's event writes, by the permission that it takes.
fn required_permissions(event: &CiEvent) -> &'static [WritePermission] {
    match event {
        CiEvent::PullRequest { .. } => &[WritePermission::Comments, WritePermission::Statuses],
        CiEvent::MergeGroup { .. } => &[WritePermission::Statuses],
        CiEvent::Push { finds: true, .. } => &[WritePermission::Comments],
        CiEvent::Push { finds: false, .. }
        | CiEvent::Dispatch {
            mode: DispatchMode::Apply,
            ..
        } => &[WritePermission::Deployments],
        CiEvent::Comment { on_issue: true, .. } => &[WritePermission::Issues],
        CiEvent::Comment { .. } => &[WritePermission::Comments, WritePermission::Deployments],
        CiEvent::Dispatch {
            mode: DispatchMode::Find,
            ..
        } => &[],
        CiEvent::Schedule | CiEvent::Dispatch { .. } => &[WritePermission::Issues],
        CiEvent::Idle { .. } | CiEvent::Other(_) => &[],
    }
}

fn purpose_of(writes: WritePermission) -> &'static str {
    match writes {
        WritePermission::Comments => "comments on pull requests",
        WritePermission::Statuses => "the commit status",
        WritePermission::Deployments => "deployments",
        WritePermission::Issues => "an issue for each stack that has drifted",
    }
}

/// Whether there is a token, and which of its permissions work.
pub async fn check_token(diagnosis: &mut Diagnosis, job: &JobFacts<'_>) {
    const PART: &str = "token";
    let profile = job.forge.profile();
    if !job.environment.repository.has_token() {
        let help = profile.token_help;
        let found = Found::TokenMissing { help };
        return diagnosis.fail(PART, profile.token_variable, &found, Exit::Unreachable);
    }
    diagnosis.pass(PART, profile.token_variable, &Found::TokenSet);
    if let Err(error) = job.forge.current_user().await
        && let ForgeErrorKind::Misconfigured { help } = error.kind
    {
        let error = error.message;
        let found = Found::WrongSettings { error, help };
        diagnosis.fail(PART, "user", &found, Exit::Usage);
    }
    if let Some(about) = &job.about {
        let what = (profile.permission)(TokenPermission::ReadContents);
        diagnosis.pass(PART, what, &Found::Works);
        let mut working = vec![what];
        for permission in [ReadPermission::Statuses, ReadPermission::Deployments] {
            let what = (profile.permission)(TokenPermission::Read(permission));
            match job.forge.may_read(permission, &about.tip).await {
                // Some forges have one permission for several reads.
                Capability::Yes if working.contains(&what) => {}
                Capability::Yes => {
                    diagnosis.pass(PART, what, &Found::Works);
                    working.push(what);
                }
                Capability::No(reason) => {
                    diagnosis.skip(PART, what, &Found::ReadRefused { reason });
                }
                Capability::Unproven(reason) => {
                    diagnosis.skip(PART, what, &Found::Unproven { reason });
                }
            }
        }
    }
    for writes in required_permissions(&job.environment.event) {
        let what = (profile.permission)(TokenPermission::Write(*writes));
        let purpose = purpose_of(*writes);
        match job.forge.may_write(*writes, job.pull_request).await {
            Capability::Yes => diagnosis.pass(PART, what, &Found::Granted { purpose }),
            Capability::No(reason) if job.fork == Some(true) => {
                diagnosis.pass(PART, what, &Found::RefusedForFork { reason });
            }
            Capability::No(reason) => {
                let found = Found::NotGranted {
                    reason,
                    help: profile.how_to_grant(TokenPermission::Write(*writes)),
                    purpose,
                };
                diagnosis.fail(PART, what, &found, Exit::Unreachable);
            }
            Capability::Unproven(reason) => {
                diagnosis.skip(PART, what, &Found::Unproven { reason });
            }
        }
    }
}

/// The account of each listed approver. A login can get another owner, and an id cannot.
pub async fn approvers(diagnosis: &mut Diagnosis, job: &JobFacts<'_>, policy: &Policy) {
    const PART: &str = "approvers";
    for listed in policy.listed_users() {
        let what = format!("@{listed}");
        let (login, pinned) = match listed.split_once('#') {
            Some((login, id)) => (login, Some(id)),
            None => (listed, None),
        };
        let user = match job.forge.find_user(login).await {
            Ok(user) => user,
            Err(error) => {
                let reason = error.to_string();
                diagnosis.skip(PART, &what, &Found::Unproven { reason });
                continue;
            }
        };
        let id = user.map(|user| user.id.0.to_string());
        match (id, pinned) {
            (None, _) => diagnosis.fail(PART, &what, &Found::ApproverAbsent, Exit::Denied),
            (Some(id), None) => {
                let pin = format!("@{login}#{id}");
                diagnosis.pass(PART, &what, &Found::ApproverId { pin });
            }
            (Some(id), Some(pinned)) if id == pinned => {
                diagnosis.pass(PART, &what, &Found::ApproverPinned);
            }
            (Some(id), Some(_)) => {
                diagnosis.fail(PART, &what, &Found::ApproverOther { id }, Exit::Denied);
            }
        }
    }
}

/// Whether it is seen who belongs to the teams whose approvals count.
pub async fn teams(diagnosis: &mut Diagnosis, job: &JobFacts<'_>, policy: &Policy) {
    const PART: &str = "approvers";
    // A check counts no approvals.
    let counts = matches!(
        job.environment.event,
        CiEvent::Push { finds: false, .. }
            | CiEvent::Comment { .. }
            | CiEvent::Dispatch {
                mode: DispatchMode::Apply,
                ..
            }
    );
    let actor = ci::actor().unwrap_or_else(|| job.forge.profile().job_login.to_owned());
    for team in policy.teams() {
        let what = format!("members of {team}");
        match job.forge.can_read_team(&team, &actor).await {
            Capability::Yes => diagnosis.pass(PART, &what, &Found::MembersVisible),
            Capability::No(reason) => {
                let found = Found::MembersHidden {
                    reason,
                    is_needed: counts,
                };
                match counts {
                    true => diagnosis.fail(PART, &what, &found, Exit::Unreachable),
                    false => diagnosis.skip(PART, &what, &found),
                }
            }
            Capability::Unproven(reason) => {
                diagnosis.skip(PART, &what, &Found::Unproven { reason });
            }
        }
    }
}
