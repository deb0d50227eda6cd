//! What is known of the pull request on which somebody commands.

use super::Answer;
use crate::command::{Class, Command};
use crate::exit::Exit;
use crate::flow::gather::{ChangeInputs, ConfigSelector, read_inputs};
use crate::flow::job::{Job, JobError};
use crate::flow::policy::{LoadedPolicy, policy_at};
use crate::forge::{DefaultBranch, PullRequests as _, ReviewedPullRequest, Reviews as _};
use crate::guard;
use crate::model::CommitSha;
use crate::plan::{Change, Intent, Plan, assess};
use crate::product::RunInput;
use crate::report::code;
use crate::text::did_you_mean;

/// Everything that is known of it.
pub struct PullRequestContext {
    /// The tier that configs have which name none.
    pub tier: Option<String>,
    /// The default branch.
    pub branch: DefaultBranch,
    /// The pull request, with its reviews.
    pub reviewed: ReviewedPullRequest,
    /// The policy, as it is on the default branch: whoever opens a pull request chooses its base, and where it left the branch.
    pub policy: LoadedPolicy,
    /// Its configs on both sides.
    pub gathered: ChangeInputs,
    /// What it would do.
    pub plan: Plan,
    /// Its head.
    pub head: CommitSha,
}

impl PullRequestContext {
    /// Reads all of it.
    pub async fn read(job: &Job, number: u64, tier: Option<&str>) -> Result<Self, JobError> {
        let github = &job.github;
        let branch = github.default_branch().await?;
        let pull = github.pull_request(number).await?;
        let base = github.merge_base(&pull.base, &pull.head).await?;
        let source = job.source(&[&base, &pull.head, &branch.tip]);
        let policy = policy_at(source, &branch.tip).await?;
        let teams = policy.as_ref().map(guard::Policy::teams);
        let reviewed = github.request(number, &teams.unwrap_or_default()).await?;
        let selection = ConfigSelector::for_policy(&job.environment.configs, &policy)
            .map_err(JobError::Usage)?;
        let files = github.files_of(&pull).await?;
        let given = RunInput {
            tier: tier
                .map(str::to_owned)
                .or(job.environment.given.tier.clone()),
            ..job.environment.given.clone()
        };
        let gathered = read_inputs(source, &base, &pull.head, &files, &selection, &given).await?;
        let plan = assess(&gathered.base, &gathered.head, &gathered.inputs);
        Ok(Self {
            tier: tier.map(str::to_owned),
            branch,
            reviewed,
            policy,
            plan,
            gathered,
            head: pull.head,
        })
    }

    /// The changes that a command means.
    pub fn chosen(&self, command: &Command) -> Result<Vec<Change>, Answer> {
        chosen(&self.plan, command)
    }
}

/// The changes of a plan that a command means: the one that it names, or all that it can be about. No other config can be named:
/// what a pull request does is what its reviewers see.
pub fn chosen(plan: &Plan, command: &Command) -> Result<Vec<Change>, Answer> {
    let changes = &plan.changes;
    let Some(wanted) = &command.config else {
        // Only a deletion is about what was removed, and a deletion names its config.
        let makes = matches!(command.action.class(), Class::Test | Class::Write);
        let is_meant = |change: &&Change| !(makes && change.intent == Intent::Delete);
        let meant: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
        return match (meant.is_empty(), changes.is_empty()) {
            (false, _) => Ok(meant),
            (true, true) => Err(no_match("The pull request changes no config.")),
            (true, false) => Err(no_match("The pull request only removes configs.")),
        };
    };
    let is_meant =
        |change: &&Change| change.path.as_str() == wanted || change.path.file_name() == wanted;
    let found: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
    if found.len() == 1 {
        return Ok(found);
    }
    let names: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let files = changes.iter().map(|change| change.path.file_name());
    let meant = did_you_mean(wanted, names.iter().copied().chain(files));
    let hint = match (meant, names.as_slice()) {
        _ if found.len() > 1 => "Name it with its folder.".to_owned(),
        (_, []) => "It changes none.".to_owned(),
        (Some(meant), _) => format!("Did you mean {}?", code(meant)),
        (None, names) => {
            let few: Vec<String> = names.iter().take(10).map(|name| code(name)).collect();
            let more = match names.len() > few.len() {
                true => format!(", and {} more", names.len() - few.len()),
                false => String::new(),
            };
            format!("It changes {}{more}.", few.join(", "))
        }
    };
    let why = match found.len() {
        0 => "is no config that this pull request changes",
        _ => "is the name of several configs of this pull request",
    };
    Err(no_match(&format!("{} {why}. {hint}", code(wanted))))
}

fn no_match(text: &str) -> Answer {
    Answer::new(format!("😕 {text}"), Exit::Usage)
}
