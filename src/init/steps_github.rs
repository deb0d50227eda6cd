//! Steps for a repository at GitHub, by `gh`.
//!
//! Sources: <https://docs.github.com/en/rest/deployments/environments>,
//! <https://docs.github.com/en/rest/deployments/branch-policies>, <https://docs.github.com/en/rest/repos/rules>.

use serde_json::json;

use super::answers::Answers;
use super::git_state::GitState;
use super::setup::RELEASES;
use super::shell::quote_argument;
use super::step::{SetupChanges, SetupStep, commit_setup, first_config, roles};

/// The app of GitHub Actions on github.com: no other app can report the required check.
const ACTIONS_APP: u64 = 15368;
/// Reviewers of an environment.
const MAX_REVIEWERS: usize = 6;

pub fn steps(answers: &Answers, changes: &SetupChanges, git: &GitState) -> Vec<SetupStep> {
    let mut steps = Vec::new();
    let repository = quote_argument(&answers.repository);
    if answers.is_own_server() {
        let host = format!("export GH_HOST={}", quote_argument(&answers.server));
        steps.push(SetupStep::new("Let `gh` use your server", vec![host]));
    }
    if answers.pin.is_open() {
        let version = crate::VERSION;
        let commit = format!("gh api repos/{RELEASES}/commits/v{version} --jq .sha");
        steps.push(
            SetupStep::new(
                "Pin the release: replace the zeros in the workflows",
                vec![format!(
                    "provisioner init --release \"{RELEASES}@$({commit})\" --diff | git apply"
                )],
            )
            .with_note(format!("A program does not know the commit of its own release. For another copy of the action, write its name for {RELEASES}.")),
        );
    }
    let open = ("pull request", "gh pr create --fill");
    steps.extend(commit_setup(answers, changes, git, open));
    let ids =
        r#".owner.login + "@" + (.owner.id | tostring) + "/" + .name + "@" + (.id | tostring)"#;
    let trusted = match answers.is_own_server() {
        true => format!(
            "--repository \"$repository\" --issuer {}",
            quote_argument(&issuer(&answers.server))
        ),
        false => "--repository \"$repository\"".to_owned(),
    };
    // Tokens of an Enterprise Server have no ids.
    let before = [match answers.is_enterprise_server() {
        true => format!("repository={repository}"),
        false => format!(
            "repository=$(gh api repos/{repository} --jq {})",
            quote_argument(ids)
        ),
    }];
    steps.extend(roles(answers, changes, &before, &trusted));
    steps.push(environments(answers, &repository));
    steps.push(protection(answers, &repository));
    steps.push(
        SetupStep::new(
            "Prove the setup",
            vec![
                format!("gh workflow run provisioner-drift.yml --repo {repository}"),
                format!(
                    "gh run list --repo {repository} --workflow provisioner-drift.yml --limit 1"
                ),
            ],
        )
        .with_note("The job's summary has the findings of `provisioner doctor` and the next step."),
    );
    steps.extend(first_config(answers, changes, git, open));
    steps
}

/// The issuer of identity tokens of a server. <https://docs.github.com/en/enterprise-server/actions/reference/security/oidc>
fn issuer(server: &str) -> String {
    match server.ends_with(".ghe.com") {
        true => format!("token.actions.{server}"),
        false => format!("{server}/_services/token"),
    }
}

/// Each environment takes jobs of the default branch alone.
fn environments(answers: &Answers, repository: &str) -> SetupStep {
    let reviewers: String = answers
        .owners
        .iter()
        .take(MAX_REVIEWERS)
        .filter_map(|owner| owner.strip_prefix('@'))
        .map(|owner| match owner.split_once('/') {
            Some((organisation, team)) => format!(
                " -F 'reviewers[][type]=Team' -F \"reviewers[][id]=$(gh api orgs/{}/teams/{} --jq .id)\"",
                quote_argument(organisation),
                quote_argument(team)
            ),
            None => format!(
                " -F 'reviewers[][type]=User' -F \"reviewers[][id]=$(gh api users/{} --jq .id)\"",
                quote_argument(owner)
            ),
        })
        .collect();
    let commands = answers.environments.iter().flat_map(|one| {
        let name = quote_argument(&one.name);
        let route = format!("repos/{repository}/environments/{name}");
        [
            format!("gh api --method PUT {route} -F 'deployment_branch_policy[protected_branches]=false' -F 'deployment_branch_policy[custom_branch_policies]=true'{reviewers}"),
            format!(
                "gh api --method POST {route}/deployment-branch-policies -f name={} -f type=branch",
                quote_argument(&answers.branch)
            ),
        ]
    });
    SetupStep::new(
        "Create the environments, with reviewers, for jobs of the default branch alone",
        commands.collect(),
    )
    .with_note("Without the branch rule, provisioner denies every change (`environment-not-protected`). The reviewers approve each merge, command and scheduled job that has something to apply or to report. In a private repository, environments need GitHub Pro, Team or Enterprise. Their reviewers need Enterprise there: without it, leave out the `reviewers` fields.")
}

/// Each Enterprise Server gives the app an id of its own.
fn protection(answers: &Answers, repository: &str) -> SetupStep {
    let post = format!("gh api --method POST repos/{repository}/rulesets --input -");
    let commands = match answers.is_enterprise_server() {
        true => {
            let text = ruleset(json!("APP")).replace("\"APP\"", "%s");
            vec![
                "app=$(gh api apps/github-actions --jq .id)".to_owned(),
                format!("printf {} \"$app\" | {post}", quote_argument(&text)),
            ]
        }
        false => {
            let text = ruleset(json!(ACTIONS_APP));
            vec![format!("printf %s {} | {post}", quote_argument(&text))]
        }
    };
    SetupStep::new("Protect the default branch", commands)
        .with_note("Without it, provisioner denies every change (`branch-not-protected`).")
}

/// Requires pull requests with an approval, code owners and the check. `app`: the id of the only app that can report the check.
fn ruleset(app: serde_json::Value) -> String {
    json!({
        "name": "provisioner",
        "target": "branch",
        "enforcement": "active",
        "conditions": {"ref_name": {"include": ["~DEFAULT_BRANCH"], "exclude": []}},
        "rules": [
            {"type": "deletion"},
            {"type": "non_fast_forward"},
            {"type": "pull_request", "parameters": {
                "required_approving_review_count": 1,
                "dismiss_stale_reviews_on_push": true,
                "require_code_owner_review": true,
                "require_last_push_approval": true,
                "required_review_thread_resolution": false,
            }},
            {"type": "required_status_checks", "parameters": {
                "required_status_checks": [{"context": "Provisioner", "integration_id": app}],
                "strict_required_status_checks_policy": false,
            }},
        ],
    })
    .to_string()
}
