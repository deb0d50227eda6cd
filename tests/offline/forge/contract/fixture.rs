//! A repository with a pull request at a fake forge, and the adapter that reads it.

use provisioner::forge::github::{Access, GitHub as GitHubAdapter};
use provisioner::forge::gitlab::{GitLab as GitLabAdapter, ProjectAccess};
use provisioner::forge::{Forge, User as ForgeUser};
use provisioner::guard::AccountKind;
use provisioner::model::{CommitSha, UserId};
use secrecy::SecretString;

use crate::support::forge::{Fake, Permission, Pull, Repo, User, Verbs};
use crate::support::github::{ACTIONS_BOT_ID, GitHub};
use crate::support::gitlab::GitLab;

/// Runs each body against both adapters.
macro_rules! on_both_forges {
    ($($name:ident)*) => {
        mod github {
            $(#[test]
            fn $name() {
                super::$name::<crate::support::github::GitHub>();
            })*
        }
        mod gitlab {
            $(#[test]
            fn $name() {
                super::$name::<crate::support::gitlab::GitLab>();
            })*
        }
    };
}
pub(super) use on_both_forges;

/// Where a forge answers, as patterns of faults.
pub struct Routes {
    pub pull_request: &'static str,
    pub reviews: &'static str,
    pub pushes: &'static str,
    pub protection: &'static str,
    pub role: &'static str,
    pub team: &'static str,
    pub comments: &'static str,
    pub comment: &'static str,
    pub create_comment: &'static str,
    pub update_comment: &'static str,
    pub react: &'static str,
    pub statuses: &'static str,
    pub set_status: &'static str,
    pub issues: &'static str,
    pub create_issue: &'static str,
    pub update_issue: &'static str,
    pub create_deployment: &'static str,
}

/// A fake forge with its adapter. A constant or a method says where the forges differ.
pub trait ForgeFixture: Verbs {
    type Adapter: Forge;
    const ROUTES: Routes;
    /// GitHub lists a review that was dismissed; GitLab removes a withdrawn approval.
    const LISTS_DISMISSED: bool;
    /// GitLab gives what a deleted user wrote to the ghost user, who has no role; GitHub names nobody.
    const HAS_GHOST: bool;
    /// What a refused role says. GitLab answers 404 for a user who is no member, so that it means no role; on GitHub it means nothing.
    const ROLE_WITHOUT_ANSWER: Option<provisioner::guard::Permission>;
    /// A GitLab deployment that ended keeps its state: a new state is a new deployment.
    const ENDED_DEPLOYMENT_STAYS: bool;
    /// The state of a deployment whose stack was deleted.
    const INACTIVE: &'static str;
    /// The environment of a stack's deployments: GitLab has no task that tells stacks apart.
    fn environment(environment: &str, stack: &str) -> String;

    /// The token of jobs that apply, and its user.
    fn job_token(fake: &Fake<Self>) -> String;
    fn job_user(fake: &Fake<Self>) -> User;
    /// The user whose token every job has, so that everybody who can change a job can act as this user.
    fn check_user(fake: &Fake<Self>) -> User;
    /// A token that may write nothing.
    fn read_only_token(fake: &Fake<Self>) -> String;
    /// A token that may read teams, which a job's own token on GitHub may not.
    fn team_token(fake: &Fake<Self>) -> String;
    fn team(fake: &Fake<Self>, organisation: &str, slug: &str, members: &[&User]);
    /// A token of a person, who may do with it what the person may.
    fn token_of(fake: &Fake<Self>, user: &User) -> String;
    /// Must be called inside a tokio runtime.
    fn connect(fake: &Fake<Self>, repo: &Repo<Self>, token: String) -> Self::Adapter;

    /// The environment and the state of each deployment, newest first.
    fn deployments(repo: &Repo<Self>) -> Vec<(String, String)>;
}

impl ForgeFixture for GitHub {
    type Adapter = GitHubAdapter;
    const ROUTES: Routes = Routes {
        pull_request: "GET /repos/acme/infra/pulls/7",
        reviews: "GET /repos/acme/infra/pulls/7/reviews",
        pushes: "GET /repos/acme/infra/activity",
        protection: "GET /repos/acme/infra/branches/main",
        role: "GET /repos/acme/infra/collaborators/*/permission",
        team: "GET /orgs/acme/teams/*/memberships/*",
        comments: "GET /repos/acme/infra/issues/7/comments",
        comment: "GET /repos/acme/infra/issues/comments/*",
        create_comment: "POST /repos/acme/infra/issues/7/comments",
        update_comment: "PATCH /repos/acme/infra/issues/comments/*",
        react: "POST /repos/acme/infra/issues/comments/*/reactions",
        statuses: "GET /repos/acme/infra/commits/*/statuses",
        set_status: "POST /repos/acme/infra/statuses/*",
        issues: "GET /repos/acme/infra/issues",
        create_issue: "POST /repos/acme/infra/issues",
        update_issue: "PATCH /repos/acme/infra/issues/*",
        create_deployment: "POST /repos/acme/infra/deployments",
    };
    const LISTS_DISMISSED: bool = true;
    const HAS_GHOST: bool = false;
    const ENDED_DEPLOYMENT_STAYS: bool = false;
    const INACTIVE: &'static str = "inactive";
    const ROLE_WITHOUT_ANSWER: Option<provisioner::guard::Permission> = None;

    fn environment(environment: &str, _: &str) -> String {
        environment.to_owned()
    }

    fn job_token(fake: &Fake<Self>) -> String {
        fake.actions_token()
    }

    fn job_user(fake: &Fake<Self>) -> User {
        let user = fake.bot("github-actions[bot]");
        assert_eq!(user.id, ACTIONS_BOT_ID);
        user
    }

    fn check_user(fake: &Fake<Self>) -> User {
        Self::job_user(fake)
    }

    fn read_only_token(fake: &Fake<Self>) -> String {
        fake.readonly_token()
    }

    fn team_token(fake: &Fake<Self>) -> String {
        fake.app_token("provisioner")
    }

    fn token_of(fake: &Fake<Self>, user: &User) -> String {
        fake.token(user)
    }

    fn team(fake: &Fake<Self>, organisation: &str, slug: &str, members: &[&User]) {
        fake.team(organisation, slug, members);
    }

    fn connect(fake: &Fake<Self>, repo: &Repo<Self>, token: String) -> GitHubAdapter {
        GitHubAdapter::new(&Access {
            api_url: fake.api_url(),
            graphql_url: fake.graphql_url(),
            repository: repo.full_name.clone(),
            token: Some(SecretString::from(token)),
            git: None,
            recent: None,
            run: None,
        })
        .unwrap()
    }

    fn deployments(repo: &Repo<Self>) -> Vec<(String, String)> {
        let all = repo.deployments().into_iter();
        all.map(|it| {
            let last = it.statuses.last().map(|it| it.state.clone());
            (it.environment, last.unwrap_or_default())
        })
        .collect()
    }
}

impl ForgeFixture for GitLab {
    type Adapter = GitLabAdapter;
    const ROUTES: Routes = Routes {
        pull_request: "GET /projects/*/merge_requests/7",
        reviews: "GET /projects/*/merge_requests/7/approvals",
        pushes: "GET /projects/*/events",
        protection: "GET /projects/*/protected_branches",
        role: "GET /projects/*/members/all/*",
        team: "GET /groups/*/members/all/*",
        comments: "GET /projects/*/merge_requests/7/notes",
        comment: "GET /projects/*/merge_requests/7/notes/*",
        create_comment: "POST /projects/*/merge_requests/7/notes",
        update_comment: "PUT /projects/*/merge_requests/7/notes/*",
        react: "POST /projects/*/merge_requests/7/notes/*/award_emoji",
        statuses: "GET /projects/*/repository/commits/*/statuses",
        set_status: "POST /projects/*/statuses/*",
        issues: "GET /projects/*/issues",
        create_issue: "POST /projects/*/issues",
        update_issue: "PUT /projects/*/issues/*",
        create_deployment: "POST /projects/*/deployments",
    };
    const LISTS_DISMISSED: bool = false;
    const HAS_GHOST: bool = true;
    const ENDED_DEPLOYMENT_STAYS: bool = true;
    const INACTIVE: &'static str = "stopped";
    const ROLE_WITHOUT_ANSWER: Option<provisioner::guard::Permission> =
        Some(provisioner::guard::Permission::None);

    fn environment(environment: &str, stack: &str) -> String {
        format!("{environment}/{stack}")
    }

    fn job_token(fake: &Fake<Self>) -> String {
        fake.apply_token()
    }

    fn job_user(fake: &Fake<Self>) -> User {
        fake.apply_bot()
    }

    fn check_user(fake: &Fake<Self>) -> User {
        fake.check_bot()
    }

    fn read_only_token(fake: &Fake<Self>) -> String {
        fake.read_token(&fake.apply_bot())
    }

    fn team_token(fake: &Fake<Self>) -> String {
        fake.apply_token()
    }

    fn token_of(fake: &Fake<Self>, user: &User) -> String {
        fake.token(user)
    }

    fn team(fake: &Fake<Self>, organisation: &str, slug: &str, members: &[&User]) {
        fake.team(organisation, slug, members);
    }

    fn connect(fake: &Fake<Self>, repo: &Repo<Self>, token: String) -> GitLabAdapter {
        GitLabAdapter::new(&access(fake, repo, token)).unwrap()
    }

    fn deployments(repo: &Repo<Self>) -> Vec<(String, String)> {
        let environments = repo.environments();
        let all = repo.deployments().into_iter();
        all.map(|it| {
            let mut known = environments.iter();
            let of = known.find(|known| known.id == it.environment).unwrap();
            let stopped = (of.state == "stopped").then(|| of.state.to_owned());
            (of.name.clone(), stopped.unwrap_or(it.status))
        })
        .collect()
    }
}

/// The access of a job without a pipeline.
pub fn access(fake: &Fake<GitLab>, repo: &Repo<GitLab>, token: String) -> ProjectAccess {
    ProjectAccess {
        api_url: fake.api_url(),
        project: repo.id,
        path: repo.full_name.clone(),
        token: Some(SecretString::from(token)),
        git: None,
        run: None,
        pipeline: None,
        claims: None,
        token_name: "PROVISIONER_APPLY_TOKEN",
        check_user: Some(UserId(fake.check_bot().id)),
        since: None,
    }
}

/// A private repository whose default branch is protected, and a pull request by a writer.
pub struct Scene<F: ForgeFixture> {
    pub fake: Fake<F>,
    pub repo: Repo<F>,
    pub alice: User,
    pub bob: User,
    pub carol: User,
    /// May not even see the repository.
    pub mallory: User,
    pub pull: Pull<F>,
}

impl<F: ForgeFixture> Scene<F> {
    pub fn new() -> Self {
        let fake = Fake::<F>::start();
        let [alice, bob, carol, mallory] =
            ["alice", "bob", "carol", "mallory"].map(|login| fake.user(login));
        let repo = fake
            .repo("acme/infra")
            .private()
            .collaborator(&alice, Permission::Write)
            .collaborator(&bob, Permission::Maintain)
            .collaborator(&carol, Permission::Write);
        let base = repo.commit("main").write("README.md", "x").push();
        let repo = F::protect(repo, "main");
        repo.branch_by(&alice, "feature", &base);
        repo.commit("feature")
            .author(&alice)
            .write("a.yaml", "a: 1\n")
            .push();
        let pull = repo.pull("feature").author(&alice).number(7).open();
        Self {
            fake,
            repo,
            alice,
            bob,
            carol,
            mallory,
            pull,
        }
    }

    /// Calls the adapter with a job's token.
    pub fn call<T>(&self, work: impl AsyncFnOnce(&F::Adapter) -> T) -> T {
        self.call_as(F::job_token(&self.fake), work)
    }

    pub fn call_as<T>(&self, token: String, work: impl AsyncFnOnce(&F::Adapter) -> T) -> T {
        provisioner::pacing::shorten_to(1);
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = runtime.enable_all().build().unwrap();
        runtime.block_on(async {
            let adapter = F::connect(&self.fake, &self.repo, token);
            work(&adapter).await
        })
    }

    pub fn head(&self) -> CommitSha {
        sha(&self.pull.head_sha())
    }

    /// The user of jobs.
    pub fn own(&self) -> UserId {
        id(&F::job_user(&self.fake))
    }

    pub fn merge(&self) -> CommitSha {
        let (_, merge) = F::merges()[0];
        sha(merge(&self.pull, &self.bob).last().unwrap())
    }
}

pub fn sha(text: &str) -> CommitSha {
    CommitSha::parse(text).unwrap()
}

pub fn id(user: &User) -> UserId {
    UserId(user.id)
}

pub fn account(user: &User) -> ForgeUser {
    ForgeUser {
        id: id(user),
        login: user.login.clone(),
        kind: AccountKind::Person,
    }
}
