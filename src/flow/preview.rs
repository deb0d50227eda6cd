//! Flow 1, the half that asks AWS: what each change would really do, seen by a role that can look and do nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use futures_util::StreamExt as _;

use super::check::NOT_ASKED;
use super::errand::removal;
use super::gather::Gathered;
use super::nobody::Nobody;
use super::sessions::Sessions;
use crate::action::explain_failure;
use crate::cloud::{Session, Stop};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::forge::Identity;
use crate::guard::Policy;
use crate::operation::{self, Desired, Failure, Site};
use crate::plan::{Change, Intent};
use crate::product::{Target, Verb};
use crate::report::{Preview, Report, Values};
use crate::wording::all_of;

/// Who asks AWS for a job.
pub struct Plan {
    /// The operator's policy, as it stands at the base: a change does not decide on its own credentials.
    pub policy: Result<Policy, Vec<Diagnostic>>,
    /// What proves to AWS which job this is.
    pub identity: Option<Arc<dyn Identity>>,
    /// What AWS's logs show of the run.
    pub session: String,
}

/// Adds to the report what AWS says of each change, and of what it was not asked why not.
pub async fn preview(report: &mut Report, gathered: &Gathered, plan: &Plan) {
    let concerned = |change: &&Change| {
        matches!(
            change.intent,
            Intent::Create | Intent::Update | Intent::Delete
        )
    };
    if !report.plan.changes.iter().any(|change| concerned(&change)) {
        return;
    }
    let allowed = match &plan.policy {
        Ok(allowed) => allowed,
        Err(_) => return not_asked(report, "The policy file at the base does not load."),
    };
    let mut lacking: BTreeSet<String> = BTreeSet::new();
    let mut work: Vec<(&Change, &Target, String)> = Vec::new();
    for change in report.plan.changes.iter().filter(concerned) {
        // A removed config that has errors names no place.
        let Some(target) = &change.target else {
            continue;
        };
        match allowed.plan_role(target) {
            Some(role) => work.push((change, target, role)),
            None => {
                lacking.insert(target.environment.clone());
            }
        }
    }
    let mut notices = Vec::new();
    if !lacking.is_empty() {
        let names: Vec<&str> = lacking.iter().map(String::as_str).collect();
        notices.push(format!(
            "AWS was not asked about {}: the policy file at the base names no plan role for it. {NOT_ASKED}",
            all_of(&names)
        ));
    }
    let mut previews = Vec::new();
    match &plan.identity {
        _ if work.is_empty() => {}
        None => notices.push(format!(
            "AWS was not asked: the job has no identity token. Grant it id-token write. {NOT_ASKED}"
        )),
        Some(identity) => {
            let sessions = Sessions::new(Arc::clone(identity), plan.session.clone(), Stop::never());
            let look = Look {
                gathered,
                plan,
                allowed,
            };
            let asked = futures_util::stream::iter(work).map(|(change, target, role)| {
                let (look, sessions) = (&look, &sessions);
                async move {
                    let session = sessions.of(&role, &target.region).await;
                    (change.path.to_string(), look.at(change, &session).await)
                }
            });
            previews = asked
                .buffer_unordered(allowed.concurrency())
                .collect()
                .await;
        }
    }
    for (path, preview) in previews {
        report.add(&path, preview);
    }
    report.notices.extend(notices);
    report.seal();
}

fn not_asked(report: &mut Report, reason: &str) {
    report
        .notices
        .push(format!("AWS was not asked. {reason} {NOT_ASKED}"));
}

struct Look<'a> {
    gathered: &'a Gathered,
    plan: &'a Plan,
    allowed: &'a Policy,
}

impl Look<'_> {
    async fn at(&self, change: &Change, session: &Session) -> Preview {
        let before = self.gathered.config(change, true);
        let after = self.gathered.config(change, false);
        let Some(config) = after.as_ref().or(before.as_ref()) else {
            return Preview::of_failure("the config could not be read again".to_owned());
        };
        let values = Values::of(config, &self.allowed.values.show);
        let asked = self.ask(change, session, config, before.as_ref(), &values);
        match asked.await {
            Ok(preview) => preview,
            Err(failure) => {
                let (problems, _) = explain_failure(config, &values, failure);
                let told = problems
                    .iter()
                    .map(|problem| format!("{}: {}", problem.code, problem.message));
                Preview::of_failure(told.collect::<Vec<_>>().join("; "))
            }
        }
    }

    async fn ask(
        &self,
        change: &Change,
        session: &Session,
        config: &Config,
        before: Option<&Config>,
        values: &Values,
    ) -> Result<Preview, Failure> {
        let cloud = session.at(&config.target.region).await?;
        let site = Site {
            cloud: &cloud,
            policy: &self.plan.policy,
            authority: &Nobody,
            progress: &Nobody,
        };
        let desired = Desired::of(config)?;
        if change.intent == Intent::Delete {
            let empties = removal(config).is_some_and(|(_, verb)| verb == Verb::TearDown);
            let deletion = operation::preview_deletion(&site, &desired, empties).await?;
            return Ok(Preview::of_deletion(&deletion, change.level));
        }
        // The base is not what was deployed, if an update was merged that the policy does not apply.
        let deployed = |body: &str| before.filter(|it| Desired::renders_to(it, body)).cloned();
        let changes = operation::changes(&site, &desired, false, &deployed).await?;
        Ok(Preview::of_changes(&changes, values))
    }
}
