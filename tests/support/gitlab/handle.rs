//! The test's handle of the fake: addresses, groups, tokens, time and quick actions.

use super::super::forge;
use super::auth::{AccessLevel, Token, TokenKind};
use super::quick_actions::{Executed, Extractor};
use super::state::{GitLab, State, User};

pub type FakeGitLab = forge::Fake<GitLab>;

impl FakeGitLab {
    /// The server's time, in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.state(|s| s.second())
    }

    /// The value of `CI_API_V4_URL`.
    pub fn api_url(&self) -> String {
        format!("{}/api/v4", self.server_url())
    }

    /// The value of `CI_SERVER_URL`.
    pub fn server_url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Events between this and `thaw` have equal times.
    pub fn freeze(&self) {
        self.state(|s| s.frozen = true);
    }

    pub fn thaw(&self) {
        self.state(|s| s.frozen = false);
    }

    /// Lets time pass.
    pub fn pass(&self, seconds: i64) {
        self.state(|s| s.pass(seconds));
    }

    pub fn block(&self, user: &User) {
        self.state(|s| s.blocked.insert(user.id));
    }

    /// Members of a group, at any path: `acme/operators`.
    pub fn group(&self, path: &str, members: &[&User]) {
        self.state(|s| {
            for member in members {
                let key = (path.to_lowercase(), member.id);
                s.groups.insert(key, AccessLevel::Developer as i64);
            }
        });
    }

    /// As in the fake GitHub: the subgroup `organisation/slug`.
    pub fn team(&self, organisation: &str, slug: &str, members: &[&User]) {
        self.group(&format!("{organisation}/{slug}"), members);
    }

    /// Only its members know that the group exists.
    pub fn private_group(&self, path: &str, members: &[&User]) {
        self.group(path, members);
        self.state(|s| s.private_groups.insert(path.to_lowercase()));
    }

    /// A personal access token with the scope `api`.
    pub fn token(&self, user: &User) -> String {
        self.add_token(user, "glpat", TokenKind::Api)
    }

    pub fn read_token(&self, user: &User) -> String {
        self.add_token(user, "glpat", TokenKind::ReadApi)
    }

    /// The user of the check's project access token: a Developer of every project that does not say otherwise.
    pub fn check_bot(&self) -> User {
        self.everywhere("project_1_bot_0c4ec4")
    }

    /// The user of the apply jobs' project access token.
    pub fn apply_bot(&self) -> User {
        self.everywhere("project_1_bot_a99171")
    }

    fn everywhere(&self, login: &str) -> User {
        let user = self.bot(login);
        self.state(|s| s.levels.insert(user.id, AccessLevel::Developer as i64));
        user
    }

    /// The token for the check's jobs.
    pub fn check_token(&self) -> String {
        self.token(&self.check_bot())
    }

    /// The token for apply jobs, a protected variable.
    pub fn apply_token(&self) -> String {
        self.token(&self.apply_bot())
    }

    /// `CI_JOB_TOKEN` of a job that some Developer started.
    pub fn job_token(&self) -> String {
        let user = self.user("job-starter");
        self.state(|s| s.levels.insert(user.id, AccessLevel::Developer as i64));
        self.job_token_of(&user)
    }

    pub fn job_token_of(&self, user: &User) -> String {
        self.state(|s| s.job_token(user.id))
    }

    fn add_token(&self, user: &User, prefix: &str, kind: TokenKind) -> String {
        self.state(|s| s.add_token(user.id, prefix, kind))
    }

    pub fn revoke(&self, token: &str) {
        self.state(|s| s.tokens.remove(token));
    }

    /// Which versions of GitLab's quick actions to imitate; the default executes what either would.
    pub fn extractor(&self, extractor: Extractor) {
        self.state(|s| s.extractor = extractor);
    }

    /// The quick actions that were executed; acknowledges them.
    pub fn take_executed(&self) -> Vec<Executed> {
        self.state(|s| std::mem::take(&mut s.executed))
    }

    /// The next requests to set a status collide with another one.
    pub fn collide_statuses(&self, times: usize) {
        self.state(|s| s.colliding_statuses = times);
    }
}

impl State {
    fn add_token(&mut self, user: u64, prefix: &str, kind: TokenKind) -> String {
        let text = format!("{prefix}-{:020}", self.id());
        self.tokens.insert(text.clone(), Token { user, kind });
        text
    }

    pub fn job_token(&mut self, user: u64) -> String {
        self.add_token(user, "glcbt-64", TokenKind::Job)
    }
}
