//! Scenarios of the flows that are the same on every forge: one body, one expectation, one snapshot.

mod adoption;
mod adoption_attacks;
mod again;
mod check;
mod comment;
mod drift;
mod estate;
mod events;
mod failure_record;
mod import;
mod pending;
mod plan;
mod provision;
mod removal;
mod replace;
mod reviews;
mod rollout;
mod sample;
mod withdrawn;

use serde_json::Value;

use crate::aws::scene;
use crate::gitlab::world::{GitLabRun, GitLabWorld};
use crate::support::forge::{Comment, CommitBuilder, Fake, Pull, Repo, User, Verbs};
use crate::support::github::GitHub;
use crate::support::gitlab::GitLab;
use crate::support::job::{JobOutput, normalize};
use crate::support::markdown::assert_nothing_live;
use crate::support::workdir::Workdir;
use crate::world::{World, policy};

/// Runs each body in both worlds.
macro_rules! on_both_forges {
    ($($name:ident)*) => {
        mod github {
            $(#[test]
            fn $name() {
                super::$name::<crate::world::World>();
            })*
        }
        mod gitlab {
            $(#[test]
            fn $name() {
                super::$name::<crate::gitlab::world::GitLabWorld>();
            })*
        }
    };
}
use on_both_forges;

const CONFIG: &str = "  versioning: true\n";
const TAGGED: &str = "  versioning: true\n  tags:\n    Team: forecasting\n";

/// What a job left.
pub struct Run {
    pub status: i32,
    pub stderr: String,
    pub summary: String,
    pub evidence: Value,
    pub estate: Value,
    pub estate_page: String,
    pub events: Vec<Value>,
}

impl From<JobOutput> for Run {
    fn from(run: JobOutput) -> Self {
        Self {
            status: run.status,
            stderr: run.stderr,
            summary: run.summary,
            evidence: run.evidence,
            estate: run.estate,
            estate_page: run.estate_page,
            events: run.events,
        }
    }
}

impl From<GitLabRun> for Run {
    fn from(run: GitLabRun) -> Self {
        let written = run.file("provisioner-evidence.json");
        if !written.is_empty() {
            let replayed = provisioner::report::replay(written.as_bytes()).unwrap();
            assert_eq!(replayed.differences, [""; 0], "{written}");
        }
        Self {
            summary: run.file("summary.md"),
            evidence: run.json("provisioner-evidence.json"),
            estate: run.json("provisioner-estate.json"),
            estate_page: run.file("provisioner-estate.html"),
            events: crate::support::job::events(&run.file("provisioner-events.jsonl")),
            status: run.status,
            stderr: run.stderr,
        }
    }
}

impl Run {
    #[track_caller]
    fn assert_exit(&self, status: i32) {
        assert_eq!(self.status, status, "{}\n{}", self.stderr, self.summary);
    }

    /// Kind, detail and codes of each event, in their order.
    fn events(&self) -> Vec<String> {
        let events = self.events.iter().map(|event| {
            let words = [&event["kind"], &event["detail"]].map(|it| it.as_str().unwrap_or("-"));
            let codes = event["codes"].as_array().unwrap().iter();
            let codes: Vec<&str> = codes.map(|code| code.as_str().unwrap()).collect();
            format!("{} {} {}", words[0], words[1], codes.join(","))
        });
        events.collect()
    }

    /// The codes of all denials, each once, in order.
    fn codes(&self) -> Vec<&str> {
        let mut codes = Vec::new();
        let changes = self.evidence["predicate"]["changes"].as_array();
        let outcomes = changes
            .into_iter()
            .flatten()
            .filter_map(|change| change["change"]["report"]["outcomes"].as_array());
        let problems = outcomes
            .flatten()
            .filter_map(|it| it["problems"].as_array());
        for problem in problems.flatten() {
            let code = problem["code"].as_str().unwrap();
            if problem["error"] == true && !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    }
}

/// A repository at a forge and an AWS with both roles. A constant says where the forges differ.
pub trait ForgeWorld: Sized {
    type Forge: Verbs;
    /// Writes of the run that creates a stack.
    const CREATES: &'static [&'static str];
    const OPENS_ISSUE: &'static str;
    const UPDATES_ISSUE: &'static str;

    fn new(policy: &str) -> Self;
    fn workdir(&self) -> &Workdir;
    fn workdir_mut(&mut self) -> &mut Workdir;
    fn fake(&self) -> &Fake<Self::Forge>;
    fn repo(&self) -> &Repo<Self::Forge>;
    /// The user of the check, whose comments and statuses are provisioner's.
    fn check_user(&self) -> User;
    fn run_check(&self, pull: &Pull<Self::Forge>) -> Run;
    /// The job after a push to `main`, whose tip was `before`.
    fn run_push(&self, before: &str) -> Run;
    /// The jobs for a comment: the one that reads, and if that one starts it, the one for `prod`.
    fn run_comment(&self, pull: &Pull<Self::Forge>, comment: &Comment) -> Run;
    fn run_schedule(&self) -> Run;
    /// Two hours pass on the forge.
    fn wait_two_hours(&self) {}
    /// The check of a fork's pull request. GitLab runs it in the fork, unless a member starts it in the project.
    fn run_fork_check(&self, pull: &Pull<Self::Forge>) -> Run {
        self.run_check(pull)
    }
    /// So many jobs requested an identity token, none of them for an environment. GitLab gives each job its token from the start.
    fn assert_only_plan_role(&self, _jobs: usize) {}

    fn user(&self, login: &str) -> User {
        self.fake().user(login)
    }

    fn text(&self) -> String {
        self.workdir().read(&self.workdir().path())
    }

    /// A pull request by Alice from the tip of `main`, not checked.
    fn opened(
        &self,
        number: u64,
        edit: impl FnOnce(CommitBuilder<Self::Forge>) -> CommitBuilder<Self::Forge>,
    ) -> Pull<Self::Forge> {
        let (repo, alice) = (self.repo(), self.user("alice"));
        let branch = format!("feature-{number}");
        repo.branch_by(&alice, &branch, &repo.head("main"));
        edit(repo.commit(&branch).author(&alice)).push();
        let pull = repo.pull(&branch).author(&alice);
        pull.number(number).open()
    }

    /// The same, checked.
    fn another(
        &self,
        number: u64,
        edit: impl FnOnce(CommitBuilder<Self::Forge>) -> CommitBuilder<Self::Forge>,
    ) -> Pull<Self::Forge> {
        let pull = self.opened(number, edit);
        self.check(&pull);
        pull
    }

    /// Runs a check, whose effects other tests check.
    fn check(&self, pull: &Pull<Self::Forge>) {
        self.run_check(pull);
        self.fake().take_writes();
    }

    /// Pull request 7, which writes the config of the workdir, checked.
    fn proposed(&self, s3: &str) -> Pull<Self::Forge> {
        self.workdir().write_config(s3);
        self.another(7, |commit| {
            commit.write(&self.workdir().path(), self.text())
        })
    }

    fn removal(&self, number: u64) -> Pull<Self::Forge> {
        self.another(number, |commit| commit.remove(&self.workdir().path()))
    }

    /// One more commit on the pull request, which changes the config, checked.
    fn pushed(
        &self,
        pull: &Pull<Self::Forge>,
        edit: impl FnOnce(CommitBuilder<Self::Forge>) -> CommitBuilder<Self::Forge>,
    ) {
        self.workdir().write_config(TAGGED);
        let commit = edit(self.repo().commit(&pull.head_ref()));
        commit.write(&self.workdir().path(), self.text()).push();
        self.check(pull);
    }

    fn approve(&self, pull: &Pull<Self::Forge>, login: &str) {
        Self::Forge::approve(pull, &self.user(login));
    }

    /// Merges it with a merge commit. Returns the former tip of `main`.
    fn merged(&self, pull: &Pull<Self::Forge>) -> String {
        let before = self.repo().head("main");
        let (_, merge) = Self::Forge::merges()[0];
        merge(pull, &self.user("bob"));
        before
    }

    fn approved_and_merged(&self, pull: &Pull<Self::Forge>) -> String {
        self.approve(pull, "bob");
        self.merged(pull)
    }

    /// A deployed config on `main`.
    fn with_stack(rest: &str) -> Self {
        let world = Self::new(&policy(rest));
        scene::with_stack(world.workdir());
        let commit = world.repo().commit("main").author(&world.user("carol"));
        commit.write(&world.workdir().path(), world.text()).push();
        world
    }

    /// A proposed config.
    fn with_proposed() -> (Self, Pull<Self::Forge>) {
        let world = Self::new(&policy(""));
        let pull = world.proposed(CONFIG);
        (world, pull)
    }

    /// An approved and merged config that is not provisioned yet.
    fn with_merge() -> (Self, Pull<Self::Forge>) {
        let (world, pull) = Self::with_proposed();
        world.approved_and_merged(&pull);
        (world, pull)
    }

    /// Stacks by name, without the one of the roles.
    fn stacks(&self) -> Vec<(String, String)> {
        let stacks = self.workdir().aws.stack_names().into_iter();
        stacks.filter(|(name, _)| name != "roles").collect()
    }

    #[track_caller]
    fn assert_stack(&self, exists: bool) {
        let stacks = self.stacks();
        let states: Vec<&str> = stacks.iter().map(|(_, state)| state.as_str()).collect();
        let expected: &[&str] = if exists { &["CREATE_COMPLETE"] } else { &[] };
        assert_eq!(states, expected);
    }

    /// A push is denied with exactly these codes, and nothing is created.
    #[track_caller]
    fn assert_denied(&self, before: &str, codes: &[&str]) -> Run {
        let run = self.run_push(before);
        run.assert_exit(20);
        assert_eq!(run.codes(), codes, "{}", run.summary);
        self.assert_stack(false);
        assert_eq!(self.workdir().aws.buckets(), [""; 0]);
        self.fake().take_writes();
        run
    }

    #[track_caller]
    fn assert_provisioned(&self, before: &str) -> Run {
        let run = self.run_push(before);
        run.assert_exit(0);
        self.assert_stack(true);
        self.fake().take_writes();
        run
    }

    /// The stack is one as any other: a merged change of its config updates it.
    #[track_caller]
    fn assert_updates(&self, number: u64) {
        self.workdir().write_config(TAGGED);
        let text = self.text();
        let changed = self.another(number, |commit| commit.write(&self.workdir().path(), text));
        let before = self.approved_and_merged(&changed);
        let run = self.run_push(&before);
        run.assert_exit(0);
        assert!(run.summary.contains("updated"), "{}", run.summary);
        self.fake().take_writes();
    }

    /// provisioner's comments of a kind on a pull request.
    fn comments(&self, number: u64, kind: &str) -> Vec<String> {
        let marker = format!("<!-- provisioner:{kind} ");
        let all = self.repo().comments(number).into_iter();
        let bodies = all.map(|comment| comment.body);
        bodies.filter(|body| body.starts_with(&marker)).collect()
    }

    /// The only comment of a kind, well-formed, in words that both forges have.
    #[track_caller]
    fn comment(&self, number: u64, kind: &str) -> String {
        let all = self.comments(number, kind);
        let [one] = &all[..] else {
            panic!("one comment: {all:#?}");
        };
        self.shown(one)
    }

    /// A text without what differs between runs, in words that both forges have.
    #[track_caller]
    fn shown(&self, text: &str) -> String {
        let mut text = normalize(text);
        for (pattern, neutral) in [
            // Links to jobs and comments.
            (
                r"run `4711\.1`|run \[`[\d.]+`\]\(http://127\.0\.0\.1:\d+/acme/infra/-/jobs/\d+\)",
                "run `[job]`",
            ),
            (
                r"comment `http[^`]*`|\[comment\]\(http[^)]*\)",
                "comment `[link]`",
            ),
            (r"\bmerge request", "pull request"),
            (r"\bMerge request", "Pull request"),
            (r"([^\w/])!(\d)", "$1#$2"),
            (r"provisioner roles --forge gitlab", "provisioner roles"),
            // On GitLab a protected branch is one that nobody pushes to.
            (
                r"pull requests only, and let no one push",
                "pull requests only",
            ),
            // What differs between runs.
            (
                r"^<!-- provisioner:command [0-9]+",
                "<!-- provisioner:command [id]",
            ),
            (r"[0-9]{8}T[0-9]{6}Z", "[time]"),
            (r"-t[a-z0-9]{6}\b", "-t[token]"),
            (r"--confirm [0-9a-f]{16}", "--confirm [digest]"),
            (r"plan [0-9a-f]{12}", "plan [digest]"),
            (
                r"[0-9a-f]{12} was shown, and [0-9a-f]{12}",
                "[digest] was shown, and [digest]",
            ),
            (r"drift [0-9a-f]{24} ", "drift [digest] "),
        ] {
            let pattern = regex::Regex::new(pattern).unwrap();
            text = pattern.replace_all(&text, neutral).into_owned();
        }
        assert_nothing_live(&text);
        let text = self.workdir().redact_account(&text);
        // The tenant's number may be a part of a price.
        text.replace("$0.TTTT", "$0.0004")
    }

    /// A user's comment on a pull request, and the jobs for it.
    fn command(&self, pull: &Pull<Self::Forge>, login: &str, text: &str) -> (Run, Comment) {
        let comment = self.repo().comment(pull.number, &self.user(login), text);
        (self.run_comment(pull, &comment), comment)
    }

    /// The reactions to a comment.
    fn reactions(&self, comment: &Comment) -> Vec<String> {
        let comments = self.repo().comments(comment.number).into_iter();
        let mut found = comments.filter(|it| it.id == comment.id);
        let reactions = found.next().unwrap().reactions.into_iter();
        reactions.map(|it| it.content).collect()
    }
}

impl ForgeWorld for World {
    type Forge = GitHub;
    const CREATES: &'static [&'static str] = &[
        crate::world::DEPLOYMENT,
        crate::world::DEPLOYED,
        crate::world::DEPLOYED,
        crate::world::COMMENT,
    ];
    const OPENS_ISSUE: &'static str = "POST /repos/acme/infra/issues";
    const UPDATES_ISSUE: &'static str = "PATCH /repos/acme/infra/issues/*";

    fn new(policy: &str) -> Self {
        Self::new(policy)
    }

    fn workdir(&self) -> &Workdir {
        &self.workdir
    }

    fn workdir_mut(&mut self) -> &mut Workdir {
        &mut self.workdir
    }

    fn fake(&self) -> &Fake<GitHub> {
        &self.github
    }

    fn repo(&self) -> &Repo<GitHub> {
        &self.repo
    }

    fn check_user(&self) -> User {
        self.github.bot("github-actions[bot]")
    }

    fn run_check(&self, pull: &Pull<GitHub>) -> Run {
        let event = pull.event("opened", &self.alice);
        self.job("pull_request", &event, 0).run().into()
    }

    fn run_push(&self, before: &str) -> Run {
        self.push(before).run().into()
    }

    fn run_comment(&self, pull: &Pull<GitHub>, comment: &Comment) -> Run {
        let event = pull.comment_event("created", comment.id);
        let inspected = self.job("issue_comment", &event, 2).run();
        match inspected.outputs["environments"] == r#"["prod"]"# {
            true => self.job("issue_comment", &event, 1).run().into(),
            false => inspected.into(),
        }
    }

    fn assert_only_plan_role(&self, jobs: usize) {
        let applied = self.issuers[1].issued().len();
        assert_eq!((self.comment_issuer.issued().len(), applied), (jobs, 0));
    }

    fn run_schedule(&self) -> Run {
        let event = self.repo.schedule_event("17 3 * * *");
        self.job("schedule", &event, 0).run().into()
    }
}

impl ForgeWorld for GitLabWorld {
    type Forge = GitLab;
    const CREATES: &'static [&'static str] = &[
        "POST /projects/*/deployments",
        "PUT /projects/*/deployments/*",
        "POST /projects/*/merge_requests/7/notes",
    ];
    const OPENS_ISSUE: &'static str = "POST /projects/*/issues";
    const UPDATES_ISSUE: &'static str = "PUT /projects/*/issues/*";

    fn new(policy: &str) -> Self {
        Self::new(policy)
    }

    fn workdir(&self) -> &Workdir {
        &self.workdir
    }

    fn workdir_mut(&mut self) -> &mut Workdir {
        &mut self.workdir
    }

    fn fake(&self) -> &Fake<GitLab> {
        &self.gitlab
    }

    fn repo(&self) -> &Repo<GitLab> {
        &self.repo
    }

    fn check_user(&self) -> User {
        self.gitlab.check_bot()
    }

    fn run_check(&self, pull: &Pull<GitLab>) -> Run {
        self.run_check(pull).into()
    }

    fn run_push(&self, before: &str) -> Run {
        self.provision(before).into()
    }

    /// The second job needs the first one, and ends at once if no command is for its environment.
    fn run_comment(&self, _: &Pull<GitLab>, comment: &Comment) -> Run {
        let by = self.fake().state_user(comment.user);
        let inspected = self.run_note(comment, &by, None);
        match inspected.status == 0 {
            true => {
                let applied: Run = self.run_note(comment, &by, Some("prod")).into();
                match applied.evidence.is_null() {
                    true => inspected.into(),
                    false => applied,
                }
            }
            false => inspected.into(),
        }
    }

    fn wait_two_hours(&self) {
        self.gitlab.pass(7_200);
    }

    fn run_fork_check(&self, pull: &Pull<GitLab>) -> Run {
        let variables = pull.parent_pipeline(&self.bob);
        let token = self.gitlab.check_token();
        let job = self.job(&variables, &token, &self.branch_claims());
        crate::gitlab::world::run(job).into()
    }

    fn run_schedule(&self) -> Run {
        let schedule = self.repo.schedule_pipeline();
        let token = self.gitlab.apply_token();
        let job = self.job(&schedule, &token, &self.branch_claims());
        crate::gitlab::world::run(job).into()
    }
}
