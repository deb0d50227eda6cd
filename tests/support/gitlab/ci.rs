//! Predefined variables of jobs. <https://docs.gitlab.com/ci/variables/predefined_variables/>

use super::build::Repo;
use super::build_branch::NOTHING;
use super::build_pull::Pull;
use super::state::{Car, Comment, Pipeline, State, User};
use super::webhook;

pub type Variables = Vec<(String, String)>;

/// What kind of merge request pipeline runs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Detached,
    MergedResult,
    MergeTrain,
}

impl Pull {
    /// A job of a merge request pipeline. It runs in the source project: that of a fork in the fork.
    pub fn pipeline(&self, user: &User) -> Variables {
        self.run(user, self.head_repo.id, Kind::Detached)
    }

    /// A pipeline that a member starts in the target project for a fork's merge request.
    pub fn parent_pipeline(&self, user: &User) -> Variables {
        self.run(user, self.repo.id, Kind::Detached)
    }

    /// Runs on a merge commit that is on no branch.
    pub fn merged_result_pipeline(&self, user: &User) -> Variables {
        self.run(user, self.repo.id, Kind::MergedResult)
    }

    /// As `merged_result_pipeline`, behind the other merge requests of the train.
    pub fn merge_train_pipeline(&self, user: &User) -> Variables {
        self.run(user, self.repo.id, Kind::MergeTrain)
    }

    fn run(&self, user: &User, project: u64, kind: Kind) -> Variables {
        let (of, iid) = (self.repo.id, self.number);
        self.repo.state(|s| {
            let word = match kind {
                Kind::Detached => "head",
                Kind::MergedResult => "merge",
                Kind::MergeTrain => "train",
            };
            let reference = format!("refs/merge-requests/{iid}/{word}");
            let data = &s.repos[&of];
            let pull = &data.pulls[&iid];
            let target = pull.base_ref.clone();
            let onto = match data.trains.iter().rev().find(|car| car.target == target) {
                Some(last) if kind == Kind::MergeTrain => {
                    let before = data.pipelines.iter().find(|p| p.id == last.pipeline);
                    before.expect("a car has a pipeline").sha.clone()
                }
                _ => data.branches[&target].clone(),
            };
            let sha = match kind {
                Kind::Detached => pull.head_sha.clone(),
                _ => s.merge_commit_onto(of, iid, user.id, None, &onto),
            };
            let pipeline =
                s.add_pipeline(project, &sha, &reference, "merge_request_event", user.id);
            if kind == Kind::MergeTrain {
                let car = Car {
                    id: s.id(),
                    pull: iid,
                    user: user.id,
                    target,
                    pipeline: pipeline.id,
                    status: "fresh",
                    at: s.now(),
                };
                s.repo_mut(of).trains.push(car);
            }
            let source = s.repos[&of].pulls[&iid].head_ref.clone();
            let job = Job {
                project,
                pipeline,
                branch: source,
                before: NOTHING.to_owned(),
                user: user.clone(),
            };
            let mut all = job.variables(s);
            all.retain(|(name, _)| name != "CI_COMMIT_BRANCH");
            all.extend(s.of_merge_request(of, iid, kind, &onto));
            all
        })
    }
}

impl Repo {
    /// A job for a push that moved the branch from `before`; forty zeros for a new branch.
    pub fn push_pipeline(&self, branch: &str, before: &str, user: &User) -> Variables {
        self.run("push", branch, before, user)
    }

    /// A job of a child pipeline: it has the branch and the commits of its parent, and none of the variables that started the parent.
    /// <https://docs.gitlab.com/ci/pipelines/downstream_pipelines/#parent-child-pipelines>
    pub fn child_pipeline(&self, branch: &str, before: &str, user: &User) -> Variables {
        self.run("parent_pipeline", branch, before, user)
    }

    /// A job of a schedule on the default branch, as the schedule's owner.
    pub fn schedule_pipeline(&self) -> Variables {
        let owner = self.state(|s| {
            let owner = s.repos[&self.id].owner;
            s.user(owner).clone()
        });
        let branch = self.with(|p| p.default_branch.clone());
        self.run("schedule", &branch, NOTHING, &owner)
    }

    /// A job that a person starts on a branch.
    pub fn web_pipeline(&self, branch: &str, user: &User) -> Variables {
        self.run("web", branch, NOTHING, user)
    }

    /// A job on the default branch that a note's webhook triggers with the token of `user`. `TRIGGER_PAYLOAD` has the contents of
    /// the file that GitLab writes. <https://docs.gitlab.com/ci/triggers/#access-webhook-payload>
    pub fn note_pipeline(&self, note: &Comment, user: &User) -> Variables {
        self.note_pipeline_of("create", note, user)
    }

    /// `create` or `update`.
    pub fn note_pipeline_of(&self, action: &str, note: &Comment, user: &User) -> Variables {
        let branch = self.with(|p| p.default_branch.clone());
        let mut all = self.run("trigger", &branch, NOTHING, user);
        let payload = self.state(|s| webhook::note(s, &s.repos[&self.id], note, action));
        let more = [
            ("CI_PIPELINE_TRIGGERED", "true".to_owned()),
            ("CI_TRIGGER_SHORT_TOKEN", "0123".to_owned()),
            ("TRIGGER_PAYLOAD", payload.to_string()),
        ];
        all.extend(more.map(|(name, value)| (name.to_owned(), value)));
        all
    }

    fn run(&self, source: &'static str, branch: &str, before: &str, user: &User) -> Variables {
        let head = self.head(branch);
        self.state(|s| {
            let pipeline = s.add_pipeline(self.id, &head, branch, source, user.id);
            let (branch, before) = (branch.to_owned(), before.to_owned());
            Job {
                project: self.id,
                pipeline,
                branch,
                before,
                user: user.clone(),
            }
            .variables(s)
        })
    }
}

struct Job {
    project: u64,
    pipeline: Pipeline,
    branch: String,
    before: String,
    user: User,
}

/// Lower case, 63 bytes, and no dash at either end.
fn slug(text: &str) -> String {
    let text = text
        .to_lowercase()
        .replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    text[..text.len().min(63)].trim_matches('-').to_owned()
}

fn flag(value: bool) -> String {
    value.to_string()
}

impl Job {
    fn variables(&self, state: &mut State) -> Variables {
        let job = state.id();
        let mut all = server(state);
        all.extend(self.of_project(state));
        all.extend(self.of_commit(state));
        let web = format!("{}/{}", state.web, state.repos[&self.project].full_name());
        let token = state.job_token(self.user.id);
        let host = state.web.trim_start_matches("http://").to_owned();
        let path = state.repos[&self.project].full_name();
        let of_job = [
            ("CI_PIPELINE_ID", self.pipeline.id.to_string()),
            ("CI_PIPELINE_IID", self.pipeline.iid.to_string()),
            ("CI_PIPELINE_SOURCE", self.pipeline.source.to_owned()),
            (
                "CI_PIPELINE_URL",
                format!("{web}/-/pipelines/{}", self.pipeline.id),
            ),
            (
                "CI_PIPELINE_CREATED_AT",
                self.pipeline.created.replace(".000Z", "Z"),
            ),
            ("CI_JOB_ID", job.to_string()),
            ("CI_JOB_NAME", "provisioner".to_owned()),
            ("CI_JOB_NAME_SLUG", "provisioner".to_owned()),
            ("CI_JOB_STAGE", "test".to_owned()),
            ("CI_JOB_STATUS", "running".to_owned()),
            ("CI_JOB_URL", format!("{web}/-/jobs/{job}")),
            (
                "CI_JOB_STARTED_AT",
                self.pipeline.created.replace(".000Z", "Z"),
            ),
            ("CI_JOB_TIMEOUT", "3600".to_owned()),
            (
                "CI_REPOSITORY_URL",
                format!("http://gitlab-ci-token:{token}@{host}/{path}.git"),
            ),
            ("CI_JOB_TOKEN", token),
            ("CI_NODE_TOTAL", "1".to_owned()),
            ("GITLAB_USER_ID", self.user.id.to_string()),
            ("GITLAB_USER_LOGIN", self.user.login.clone()),
            ("GITLAB_USER_NAME", self.user.login.clone()),
            (
                "GITLAB_USER_EMAIL",
                format!("u{}@example.org", self.user.id),
            ),
        ];
        all.extend(of_job.map(|(name, value)| (name.to_owned(), value)));
        all
    }

    fn of_project(&self, state: &State) -> Variables {
        let project = &state.repos[&self.project];
        let path = project.full_name();
        let root = project.namespace.split('/').next().unwrap_or_default();
        let all = [
            ("CI_CONFIG_PATH", ".gitlab-ci.yml".to_owned()),
            ("CI_DEFAULT_BRANCH", project.default_branch.clone()),
            ("CI_DEFAULT_BRANCH_SLUG", slug(&project.default_branch)),
            ("CI_PROJECT_ID", project.id.to_string()),
            ("CI_PROJECT_NAME", project.name.clone()),
            ("CI_PROJECT_TITLE", project.name.clone()),
            ("CI_PROJECT_DESCRIPTION", String::new()),
            ("CI_PROJECT_NAMESPACE", project.namespace.clone()),
            ("CI_PROJECT_NAMESPACE_ID", "1".to_owned()),
            ("CI_PROJECT_ROOT_NAMESPACE", root.to_owned()),
            ("CI_PROJECT_PATH_SLUG", slug(&path)),
            ("CI_PROJECT_URL", format!("{}/{path}", state.web)),
            ("CI_PROJECT_VISIBILITY", project.visibility().to_owned()),
            ("CI_PROJECT_DIR", format!("/builds/{path}")),
            ("CI_PROJECT_REPOSITORY_LANGUAGES", String::new()),
            ("CI_PROJECT_PATH", path),
        ];
        all.map(|(name, value)| (name.to_owned(), value)).into()
    }

    fn of_commit(&self, state: &State) -> Variables {
        let sha = &self.pipeline.sha;
        let commit = state.objects.commit(sha).expect("a pipeline has a commit");
        let (title, rest) = commit
            .message
            .split_once('\n')
            .unwrap_or((&commit.message, ""));
        let author = &state.user(commit.author).login;
        let open = state.open_requests(self.project, &self.branch);
        let is_request = self.pipeline.source == "merge_request_event";
        let protected = !is_request && state.protection(self.project, &self.branch).is_some();
        let mut all = vec![
            ("CI_COMMIT_SHA", sha.clone()),
            ("CI_COMMIT_SHORT_SHA", sha[..8].to_owned()),
            ("CI_COMMIT_BEFORE_SHA", self.before.clone()),
            ("CI_COMMIT_BRANCH", self.branch.clone()),
            ("CI_COMMIT_REF_NAME", self.branch.clone()),
            ("CI_COMMIT_REF_SLUG", slug(&self.branch)),
            ("CI_COMMIT_REF_PROTECTED", flag(protected)),
            ("CI_COMMIT_MESSAGE", commit.message.clone()),
            ("CI_COMMIT_TITLE", title.to_owned()),
            ("CI_COMMIT_DESCRIPTION", rest.to_owned()),
            ("CI_COMMIT_TIMESTAMP", commit.at.replace(".000Z", "+00:00")),
            (
                "CI_COMMIT_AUTHOR",
                format!("{author} <u{}@example.org>", commit.author),
            ),
        ];
        if !open.is_empty() {
            all.push(("CI_OPEN_MERGE_REQUESTS", open));
        }
        all.into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }
}

fn server(state: &State) -> Variables {
    let host = state.web.trim_start_matches("http://").to_owned();
    let (name, port) = host.split_once(':').unwrap_or((&host, "80"));
    let all = [
        ("CI", "true".to_owned()),
        ("GITLAB_CI", "true".to_owned()),
        ("CI_SERVER", "yes".to_owned()),
        ("CI_SERVER_NAME", "GitLab".to_owned()),
        ("CI_SERVER_URL", state.web.clone()),
        ("CI_SERVER_PROTOCOL", "http".to_owned()),
        ("CI_SERVER_HOST", name.to_owned()),
        ("CI_SERVER_PORT", port.to_owned()),
        ("CI_SERVER_FQDN", host.clone()),
        ("CI_SERVER_VERSION", "19.5.0-ee".to_owned()),
        ("CI_SERVER_VERSION_MAJOR", "19".to_owned()),
        ("CI_SERVER_VERSION_MINOR", "5".to_owned()),
        ("CI_SERVER_VERSION_PATCH", "0".to_owned()),
        ("CI_SERVER_REVISION", "0123456789a".to_owned()),
        ("CI_API_V4_URL", format!("{}/api/v4", state.web)),
        ("CI_API_GRAPHQL_URL", format!("{}/api/graphql", state.web)),
    ];
    all.map(|(name, value)| (name.to_owned(), value)).into()
}

/// Characters of a description that its variable has.
const DESCRIPTION_CHARACTERS: usize = 2700;

impl State {
    /// Up to four open merge requests of the branch, such as `acme/infra!7`.
    fn open_requests(&self, source: u64, branch: &str) -> String {
        let all = self
            .repos
            .values()
            .flat_map(|p| p.pulls.values().map(move |m| (p, m)));
        let open = all.filter(|(_, m)| {
            m.state == "opened" && m.head_repo == Some(source) && m.head_ref == branch
        });
        let names: Vec<String> = open
            .map(|(p, m)| format!("{}!{}", p.full_name(), m.number))
            .collect();
        names[..names.len().min(4)].join(",")
    }

    fn of_merge_request(&self, project: u64, iid: u64, kind: Kind, onto: &str) -> Variables {
        let data = &self.repos[&project];
        let pull = &data.pulls[&iid];
        let source = pull.head_repo.and_then(|id| self.repos.get(&id));
        let source_path = source.map(|p| p.full_name()).unwrap_or_default();
        let version = pull.versions.last();
        let (event, word) = match kind {
            Kind::Detached => ("detached", "head"),
            Kind::MergedResult => ("merged_result", "merge"),
            Kind::MergeTrain => ("merge_train", "train"),
        };
        // Both are empty in a pipeline that runs on the source branch.
        let merged = |sha: &str| {
            if kind == Kind::Detached {
                String::new()
            } else {
                sha.to_owned()
            }
        };
        let description = pull.body.clone().unwrap_or_default();
        let short: String = description.chars().take(DESCRIPTION_CHARACTERS).collect();
        let is_protected = |id: u64, branch: &str| self.protection(id, branch).is_some();
        let title = if pull.draft {
            format!("Draft: {}", pull.title)
        } else {
            pull.title.clone()
        };
        let mut all = vec![
            ("ID", pull.id.to_string()),
            ("IID", iid.to_string()),
            ("REF_PATH", format!("refs/merge-requests/{iid}/{word}")),
            ("PROJECT_ID", project.to_string()),
            ("PROJECT_PATH", data.full_name()),
            ("PROJECT_URL", format!("{}/{}", self.web, data.full_name())),
            ("TARGET_BRANCH_NAME", pull.base_ref.clone()),
            (
                "TARGET_BRANCH_PROTECTED",
                flag(is_protected(project, &pull.base_ref)),
            ),
            ("TARGET_BRANCH_SHA", merged(onto)),
            (
                "SOURCE_PROJECT_ID",
                source.map(|p| p.id.to_string()).unwrap_or_default(),
            ),
            ("SOURCE_PROJECT_PATH", source_path.clone()),
            ("SOURCE_PROJECT_URL", format!("{}/{source_path}", self.web)),
            ("SOURCE_BRANCH_NAME", pull.head_ref.clone()),
            (
                "SOURCE_BRANCH_PROTECTED",
                flag(source.is_some_and(|p| is_protected(p.id, &pull.head_ref))),
            ),
            ("SOURCE_BRANCH_SHA", merged(&pull.head_sha)),
            ("TITLE", title),
            (
                "DESCRIPTION_IS_TRUNCATED",
                flag(short.len() < description.len()),
            ),
            ("DESCRIPTION", short),
            ("DRAFT", flag(pull.draft)),
            ("SQUASH_ON_MERGE", flag(false)),
            ("EVENT_TYPE", event.to_owned()),
            (
                "DIFF_ID",
                version.map(|v| v.id.to_string()).unwrap_or_default(),
            ),
            (
                "DIFF_BASE_SHA",
                version.map(|v| v.base.clone()).unwrap_or_default(),
            ),
        ];
        if !pull.approvals.is_empty() {
            all.push(("APPROVED", flag(true)));
        }
        let named = all
            .into_iter()
            .map(|(name, value)| (format!("CI_MERGE_REQUEST_{name}"), value));
        named.collect()
    }
}
