//! A step of an administrator, and the steps that both forges share.

use schemars::JsonSchema;
use serde::Serialize;

use super::answers::Answers;
use super::git_state::GitState;
use super::shell::quote_argument;

/// A step with its commands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SetupStep {
    /// An imperative.
    pub title: String,
    /// To be run in this order.
    pub commands: Vec<String>,
    /// What to know before.
    pub note: Option<String>,
}

impl SetupStep {
    pub fn new(title: impl Into<String>, commands: Vec<String>) -> Self {
        Self {
            title: title.into(),
            commands,
            note: None,
        }
    }

    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self {
            note: Some(note.into()),
            ..self
        }
    }
}

/// What the default branch of the remote lacks.
#[derive(Default)]
pub struct SetupChanges {
    /// Paths of the setup to commit.
    pub setup: Vec<String>,
    /// Whether commits of the setup are not merged.
    pub is_unmerged: bool,
    /// Configs to commit.
    pub samples: Vec<String>,
    /// Configs whose commits are not merged.
    pub unmerged_configs: Vec<String>,
    /// Whether the roles of CI list the configs, since the policy has no scope.
    pub lists_configs: bool,
    /// Configs of the default branch.
    pub present_configs: Vec<String>,
    /// Of the stacks with roles: the first one of the policy. Their roles are global, and exist once in an account.
    pub region: Option<String>,
}

/// The command that adds the remote if the repository has none.
fn add_remote(answers: &Answers, git: &GitState) -> Option<String> {
    let address = format!("https://{}/{}.git", answers.server, answers.repository);
    (!git.has_remote).then(|| format!("git remote add origin {}", quote_argument(&address)))
}

/// An empty repository has no branch that a change can be proposed to.
pub fn first_commit(answers: &Answers, git: &GitState) -> SetupStep {
    let branch = quote_argument(&answers.branch);
    let commands = [
        format!("git switch --orphan {branch}"),
        "git commit --allow-empty -m 'First commit'".to_owned(),
        format!("git push -u origin {branch}"),
    ];
    let commands = add_remote(answers, git).into_iter().chain(commands);
    SetupStep::new("Create the default branch", commands.collect()).with_note(format!(
        "If the project has commits already, such as a README, run only `git pull origin {branch}` instead."
    ))
}

/// The remote has no default branch yet, as far as this clone knows.
pub fn push_default_branch(answers: &Answers, git: &GitState) -> SetupStep {
    let branch = quote_argument(&answers.branch);
    let create = (!git.local.contains(&answers.branch)).then(|| format!("git branch {branch}"));
    let push = format!("git push -u origin {branch}");
    let commands = add_remote(answers, git)
        .into_iter()
        .chain(create)
        .chain([push]);
    SetupStep::new("Push the default branch", commands.collect()).with_note(format!(
        "If the project has commits already, such as a README, first run `git pull --rebase origin {branch}`."
    ))
}

/// Commands that commit files on a branch and push it. `base`: where a new branch begins; `None` to stay on the current one.
fn commit(base: Option<&str>, branch: &str, paths: &[String], message: &str) -> Vec<String> {
    let paths: Vec<String> = paths.iter().map(|path| quote_argument(path)).collect();
    let branch = quote_argument(branch);
    let switch = base.map(|base| format!("git switch -c {branch} {}", quote_argument(base)));
    let others = [
        format!("git add -- {}", paths.join(" ")),
        format!("git commit -m {}", quote_argument(message)),
        format!("git push -u origin {branch}"),
    ];
    switch.into_iter().chain(others).collect()
}

/// Commands that push commits which the default branch of the remote lacks.
fn push_commits(answers: &Answers, git: &GitState, name: &str) -> Vec<String> {
    let (branch, switch) = match git.topic_branch(&answers.branch) {
        Some(branch) => (branch.to_owned(), None),
        None => {
            let branch = git.unused(name);
            let switch = format!("git switch -c {branch}");
            (branch, Some(switch))
        }
    };
    let push = format!("git push -u origin {}", quote_argument(&branch));
    switch.into_iter().chain([push]).collect()
}

/// Commits and merges the setup; `None` if the default branch of the remote has it.
pub fn commit_setup(
    answers: &Answers,
    changes: &SetupChanges,
    git: &GitState,
    (request, open): (&str, &str),
) -> Option<SetupStep> {
    const NAME: &str = "provisioner-setup";
    let (title, mut commands) = match (changes.setup.is_empty(), changes.is_unmerged) {
        (true, false) => return None,
        (true, true) => (
            "Merge the setup, before the first config",
            push_commits(answers, git, NAME),
        ),
        (false, _) => {
            let topic = git.topic_branch(&answers.branch);
            let base = topic.is_none().then(|| git.base(&answers.branch));
            let branch = topic.map_or_else(|| git.unused(NAME), str::to_owned);
            let message = "Set up provisioner";
            (
                "Commit the setup and merge it, before the first config",
                commit(base.as_deref(), &branch, &changes.setup, message),
            )
        }
    };
    commands.push(open.to_owned());
    let note = format!(
        "The policy of the default branch decides: a config in the same {request} has none yet."
    );
    Some(SetupStep::new(title, commands).with_note(note))
}

/// Proposes the first config; `None` without one. `request`: the forge's word. `open`: the command that opens one.
pub fn first_config(
    answers: &Answers,
    changes: &SetupChanges,
    git: &GitState,
    (request, open): (&str, &str),
) -> Option<SetupStep> {
    const NAME: &str = "first-stack";
    let note =
        "The check comments what the merge creates. Another person approves it before you merge.";
    let base = format!("origin/{}", answers.branch);
    let branch = git.unused(NAME);
    let fetch = "git fetch origin".to_owned();
    let message = "Add the first stack";
    let (title, commands, note) = if !changes.samples.is_empty() {
        let title = format!("Open the first {request} with a config");
        let commands = commit(Some(&base), &branch, &changes.samples, message);
        let commands = std::iter::once(fetch).chain(commands).collect::<Vec<_>>();
        (title, commands, note.to_owned())
    } else if !changes.unmerged_configs.is_empty() {
        let title = format!("Open the first {request} with a config");
        (title, push_commits(answers, git, NAME), note.to_owned())
    } else {
        let config = changes.present_configs.first()?;
        let title = format!("Open a {request} that deploys a config of the default branch");
        let path = quote_argument(config);
        let change = format!("echo '# Deployed by provisioner.' >> {path}");
        let commands = commit(Some(&base), &branch, std::slice::from_ref(config), message);
        let mut commands = commands.into_iter();
        let all = [fetch].into_iter().chain(commands.next()).chain([change]);
        let note = format!(
            "A merge applies only configs that its {request} changes, so change a YAML comment. {note} Leave this step out if the stack exists."
        );
        (title, all.chain(commands).collect(), note)
    };
    let commands = commands.into_iter().chain([open.to_owned()]).collect();
    Some(SetupStep::new(title, commands).with_note(note))
}

/// For each account: print the roles, and deploy them. `trusted`: options of `provisioner roles` that name the repository.
pub fn roles(
    answers: &Answers,
    changes: &SetupChanges,
    before: &[String],
    trusted: &str,
) -> Vec<SetupStep> {
    let lists = match changes.lists_configs {
        true => {
            " The policy has no `scope`, so the roles list the configs: print and deploy them again before you merge a new config."
        }
        false => "",
    };
    let accounts = answers.accounts();
    let steps = accounts.iter().map(|account| {
        let own = answers.environments.iter();
        let own = own.filter(|one| one.accounts.iter().any(|known| known == account));
        let own: String = own
            .map(|one| format!(" --environment {}", quote_argument(&one.name)))
            .collect();
        let branch = match answers.branch.as_str() {
            "main" => String::new(),
            branch => format!(" --default-branch {}", quote_argument(branch)),
        };
        let region = match &changes.region {
            Some(region) => format!(" --region {}", quote_argument(region)),
            None => String::new(),
        };
        let file = format!("roles-{account}.yaml");
        let mut commands = before.to_vec();
        commands.push(format!(
            "provisioner roles {trusted}{branch} --account {account}{own} > {file}"
        ));
        commands.push(format!(
            "aws cloudformation deploy --stack-name provisioner-roles --template-file {file}{region} --capabilities CAPABILITY_NAMED_IAM --parameter-overrides MakeProvider=true"
        ));
        SetupStep::new(
            format!("Deploy the roles to account {account}, with its administrator's AWS credentials"),
            commands,
        )
        .with_note(format!("Read the template first. Leave out `--parameter-overrides MakeProvider=true` if the account has this identity provider.{lists}"))
    });
    steps.collect()
}
