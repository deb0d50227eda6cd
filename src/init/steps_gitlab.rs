//! Steps for a project at GitLab, by `glab`.
//!
//! Sources: <https://docs.gitlab.com/api/projects/#edit-a-project>, <https://docs.gitlab.com/api/protected_branches/>,
//! <https://docs.gitlab.com/user/project/merge_requests/auto_merge/#require-a-successful-pipeline-for-merge>,
//! <https://docs.gitlab.com/api/project_job_token_scopes/>, <https://docs.gitlab.com/cli/>.

use super::answers::Answers;
use super::git_state::GitState;
use super::setup::{NO_IMAGE, RELEASES};
use super::shell::quote_argument;
use super::step::{SetupChanges, SetupStep, commit_setup, first_config, roles};

/// A project access token lives at most a year.
const LIFETIME: &str = "8760h";

pub fn steps(answers: &Answers, changes: &SetupChanges, git: &GitState) -> Vec<SetupStep> {
    // As docs/gitlab.md. Nothing is set before what it needs.
    let mut steps = vec![protection(answers), tokens(), settings()];
    steps.extend(values(answers));
    let open = ("merge request", "glab mr create --fill --yes");
    steps.extend(commit_setup(answers, changes, git, open));
    let repository = quote_argument(&answers.repository);
    // AWS compares the project's id only in tokens of gitlab.com.
    let (before, trusted) = match answers.is_own_server() {
        true => {
            let issuer = quote_argument(&answers.server);
            (
                Vec::new(),
                format!("--forge gitlab --repository {repository} --issuer {issuer}"),
            )
        }
        false => (
            vec!["project=$(glab api projects/:id | jq .id)".to_owned()],
            format!("--forge gitlab --repository {repository} --project-id \"$project\""),
        ),
    };
    steps.extend(roles(answers, changes, &before, &trusted));
    steps.push(required_check());
    steps.push(
        SetupStep::new(
            "Prove the setup",
            vec![
                format!("glab ci run --branch {}", quote_argument(&answers.branch)),
                format!(
                    "glab ci trace provisioner-doctor --branch {}",
                    quote_argument(&answers.branch)
                ),
            ],
        )
        .with_note("The job's log has the findings of `provisioner doctor` and the next command."),
    );
    let schedule = |cron: &str, name: &str, mode: &str| {
        format!(
            "glab schedule create --cron '{cron}' --description 'provisioner {name}' --ref {} --variable PROVISIONER_MODE:{mode}",
            quote_argument(&answers.branch)
        )
    };
    steps.push(
        SetupStep::new(
            "Schedule the search for drift, and the run that applies what is left",
            vec![
                schedule("23 3 * * *", "drift", "look"),
                schedule("37 * * * *", "apply", "apply"),
            ],
        )
        .with_note("The schedule's owner must be an Owner of the project, because the schedule sets a variable. In a protected environment (Premium), the owner must be allowed to deploy, and a run that applies something waits for the approvals: choose times at which people work."),
    );
    steps.extend(first_config(answers, changes, git, open));
    steps
}

/// A job's own token cannot write comments or read approvals.
fn tokens() -> SetupStep {
    let token = |name: &str, variable: &str, options: &str| {
        format!(
            "glab token create {name} --access-level developer --scope api --duration {LIFETIME} | glab variable set {variable} --masked{options}"
        )
    };
    SetupStep::new(
        "Create the two tokens of the jobs",
        vec![
            token("provisioner-check", "PROVISIONER_CHECK_TOKEN", ""),
            token(
                "provisioner-apply",
                "PROVISIONER_APPLY_TOKEN",
                " --protected",
            ),
        ],
    )
    .with_note(
        "gitlab.com Free has no project access tokens: there, create two users as Developers, and store a personal access token of each in these variables.",
    )
}

/// Release, image and user that are not known yet.
fn values(answers: &Answers) -> Option<SetupStep> {
    let mut commands = Vec::new();
    let mut flags = String::new();
    let version = crate::VERSION;
    if answers.pin.is_open() {
        let project = RELEASES.replace('/', "%2F");
        commands.push(format!(
            "commit=$(glab api projects/{project}/repository/commits/v{version} | jq -r .id)"
        ));
        flags.push_str(&format!(" --release \"{RELEASES}@$commit\""));
    }
    if answers
        .image
        .as_deref()
        .is_none_or(|image| image == NO_IMAGE)
    {
        let image = format!("ghcr.io/{RELEASES}");
        commands.push(format!(
            "digest=$(skopeo inspect --format '{{{{.Digest}}}}' docker://{image}:{version}-ci)"
        ));
        flags.push_str(&format!(" --image \"{image}@$digest\""));
    }
    if answers.check_user.is_none() {
        commands.push(
            r#"user=$(glab api projects/:id/access_tokens | jq 'map(select(.name == "provisioner-check" and .active))[0].user_id')"#.to_owned(),
        );
        flags.push_str(" --check-user \"$user\"");
    }
    if commands.is_empty() {
        return None;
    }
    let user = match answers.check_user {
        Some(_) => "",
        None => {
            " With the token of a user on gitlab.com Free, the id is that of this user: `user=$(GITLAB_TOKEN=TOKEN glab api user | jq .id)`."
        }
    };
    commands.push(format!("provisioner init{flags} --diff | git apply"));
    Some(
        SetupStep::new("Fill in what the pipeline names by number", commands)
            .with_note(format!("A program does not know the commit of its own release. For another copy of the component, write its path for {RELEASES}.{user}")),
    )
}

/// The API changes the levels of a protected branch only by a new protection.
fn protection(answers: &Answers) -> SetupStep {
    let route = "projects/:id/protected_branches";
    let name = answers.branch.replace('/', "%2F");
    SetupStep::new(
        "Protect the default branch: no one pushes, Maintainers merge",
        vec![
            format!("glab api --method DELETE {route}/{}", quote_argument(&name)),
            format!(
                "glab api --method POST {route} -f name={} -F push_access_level=0 -F merge_access_level=40 -F allow_force_push=false",
                quote_argument(&answers.branch)
            ),
        ],
    )
    .with_note("Without it, provisioner denies every change (`branch-not-protected`). The first command fails if the branch is not protected yet.")
}

fn settings() -> SetupStep {
    SetupStep::new(
        "Change the project's settings, as an Owner",
        vec![
            "glab api --method PUT projects/:id -F ci_allow_fork_pipelines_to_run_in_parent_project=false -f ci_pipeline_variables_minimum_override_role=owner -F ci_forward_deployment_enabled=false -f resource_group_default_process_mode=oldest_first".to_owned(),
            "glab api --method PATCH projects/:id/job_token_scope -F enabled=true".to_owned(),
        ],
    )
    .with_note("Pipelines of forks do not run here, only Owners set variables of pipelines, the jobs of an environment run in order, and job tokens of other projects have no access.")
}

/// GitLab blocks merge requests without a pipeline, so the setup is merged before.
fn required_check() -> SetupStep {
    SetupStep::new(
        "After the merge of the setup, require a successful check before each merge",
        vec![
            "glab api --method PUT projects/:id -F only_allow_merge_if_pipeline_succeeds=true"
                .to_owned(),
        ],
    )
    .with_note("GitLab then blocks each merge request without a pipeline.")
}
