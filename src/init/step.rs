//! A step of an administrator, and the steps that both forges share.

use schemars::JsonSchema;
use serde::Serialize;

use super::answers::Answers;
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

/// Paths of new files.
pub struct SetupChanges {
    pub setup: Vec<String>,
    pub samples: Vec<String>,
}

/// An empty repository has no branch that a change can be proposed to.
pub fn first_commit(branch: &str) -> SetupStep {
    let branch = quote_argument(branch);
    let commands = [
        format!("git switch --orphan {branch}"),
        "git commit --allow-empty -m 'First commit'".to_owned(),
        format!("git push -u origin {branch}"),
    ];
    SetupStep::new("Create the default branch", commands.to_vec())
}

/// Commands that commit files on a new branch and push it.
pub fn commit(base: &str, branch: &str, paths: &[String], message: &str) -> Vec<String> {
    let paths: Vec<String> = paths.iter().map(|path| quote_argument(path)).collect();
    vec![
        format!("git switch -c {branch} {}", quote_argument(base)),
        format!("git add -- {}", paths.join(" ")),
        format!("git commit -m {}", quote_argument(message)),
        format!("git push -u origin {branch}"),
    ]
}

/// Proposes the first config; `None` without one. `request`: the forge's word. `open`: the command that opens one.
pub fn first_config(
    answers: &Answers,
    changes: &SetupChanges,
    (request, open): (&str, &str),
) -> Option<SetupStep> {
    if changes.samples.is_empty() {
        return None;
    }
    let base = format!("origin/{}", answers.branch);
    let mut commands = vec!["git fetch origin".to_owned()];
    commands.extend(commit(
        &base,
        "first-stack",
        &changes.samples,
        "Add the first stack",
    ));
    commands.push(open.to_owned());
    let title = format!("Open the first {request} with a config");
    let note =
        "The check comments what the merge creates. Another person approves it before you merge.";
    Some(SetupStep::new(title, commands).with_note(note))
}

/// For each account: print the roles, and deploy them. `trusted`: options of `provisioner roles` that name the repository.
pub fn roles(answers: &Answers, before: &[String], trusted: &str) -> Vec<SetupStep> {
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
        let region = match &answers.region {
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
        .with_note("Read the template first. Leave out `--parameter-overrides MakeProvider=true` if the account has this identity provider.")
    });
    steps.collect()
}
