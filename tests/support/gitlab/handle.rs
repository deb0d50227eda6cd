//! The test's handle of the fake: start, users and tokens, time, faults, the journal, the check at the end.

use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use super::super::github::Fault;
use super::super::github::faults::{Queued, matches};
use super::super::github::journal::Seen;
use super::super::loopback::Loopback;
use super::auth::{AccessLevel, Token, TokenKind};
use super::build::Repo;
use super::quick_actions::{Executed, Extractor};
use super::server::{World, app, lock};
use super::state::{State, User};

pub struct FakeGitLab {
    world: World,
    server: Loopback,
}

impl FakeGitLab {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        let mut state = State::default();
        state.web = format!("http://{address}");
        let world: World = Arc::new(Mutex::new(state));
        let server = Loopback::on(listener, app(Arc::clone(&world)));
        Self { world, server }
    }

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
        format!("http://{}", self.server.address)
    }

    pub(super) fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut lock(&self.world))
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

    /// A person; the same login is the same person.
    pub fn user(&self, login: &str) -> User {
        self.state(|s| s.add_user(login, false))
    }

    /// A user that GitLab calls a bot: of a project's or group's token, or a service account.
    pub fn bot(&self, login: &str) -> User {
        self.state(|s| s.add_user(login, true))
    }

    pub fn block(&self, user: &User) {
        self.state(|s| s.users.get_mut(&user.id).expect("the user exists").state = "blocked");
    }

    pub fn rename_user(&self, user: &User, login: &str) -> User {
        self.state(|s| {
            let known = s.users.get_mut(&user.id).expect("the user exists");
            login.clone_into(&mut known.login);
            known.clone()
        })
    }

    /// `group/name`, public, with `main` protected as GitLab does it by default: maintainers may push.
    pub fn repo(&self, full_name: &str) -> Repo {
        Repo::create(&self.world, full_name)
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

    /// The next request that matches `METHOD /path` fails, once. The path is without `/api/v4`. `*` is anything within a segment,
    /// `**` anything; with a `?` in the pattern the query is matched too.
    pub fn fault(&self, pattern: &str, fault: Fault) {
        self.queue(pattern, fault, Some(1), 0);
    }

    /// As `fault`.
    pub fn fail(&self, pattern: &str, fault: Fault) {
        self.fault(pattern, fault);
    }

    pub fn fault_times(&self, times: usize, pattern: &str, fault: Fault) {
        self.queue(pattern, fault, Some(times), 0);
    }

    pub fn fault_always(&self, pattern: &str, fault: Fault) {
        self.queue(pattern, fault, None, 0);
    }

    /// Skips `skip` matching requests.
    pub fn fault_after(&self, skip: usize, pattern: &str, fault: Fault) {
        self.queue(pattern, fault, Some(1), skip);
    }

    fn queue(&self, pattern: &str, fault: Fault, left: Option<usize>, skip: usize) {
        let pattern = pattern.to_owned();
        let queued = Queued {
            pattern,
            fault,
            left,
            skip,
            fired: 0,
        };
        self.state(|s| s.faults.push(queued));
    }

    pub fn clear_faults(&self) {
        self.state(|s| s.faults.clear());
    }

    pub fn requests(&self) -> Vec<Seen> {
        self.state(|s| s.journal.clone())
    }

    /// The requests of a run, each with the number of equal ones before it, at most two of each.
    pub fn places(&self) -> Vec<(String, usize)> {
        let mut places: Vec<(String, usize)> = Vec::new();
        for line in self.requests().iter().map(Seen::line) {
            let before = places.iter().filter(|(known, _)| *known == line).count();
            if before < 2 {
                places.push((line, before));
            }
        }
        places
    }

    /// Replaces one answer of the next run: a fault that a client repeats its request after replaces all answers from there on.
    pub fn replace_answer(&self, (place, before): &(String, usize), fault: Fault) {
        let left = (!fault.is_retried()).then_some(1);
        self.queue(place, fault, left, *before);
    }

    /// Number of matching requests; the pattern is as for faults.
    pub fn count(&self, pattern: &str) -> usize {
        self.state(|s| s.journal.iter().filter(|r| r.matches(pattern)).count())
    }

    /// All attempts to write so far, acknowledged or not.
    pub fn writes(&self) -> Vec<Seen> {
        self.state(|s| s.journal.iter().filter(|r| r.is_write()).cloned().collect())
    }

    /// The attempts to write since the last call; acknowledges them.
    pub fn take_writes(&self) -> Vec<Seen> {
        self.state(|s| {
            let fresh = s.unacknowledged();
            s.acknowledged.extend(&fresh);
            fresh.iter().map(|at| s.journal[*at].clone()).collect()
        })
    }

    /// Takes the writes and checks that they match these patterns, in this order.
    #[track_caller]
    pub fn expect_writes(&self, patterns: &[&str]) -> Vec<Seen> {
        let writes = self.take_writes();
        let lines: Vec<String> = writes.iter().map(Seen::line).collect();
        let fits =
            |(write, p): (&Seen, &&str)| matches(p, &write.method, &write.path, &write.query);
        let same = writes.len() == patterns.len() && writes.iter().zip(patterns).all(fits);
        assert!(
            same,
            "expected these writes: {patterns:#?}\nsaw: {lines:#?}"
        );
        writes
    }

    /// Requests to routes that the fake does not have.
    pub fn unexpected(&self) -> Vec<String> {
        self.state(|s| s.unexpected.clone())
    }

    /// As `unexpected`; acknowledges them.
    pub fn take_unexpected(&self) -> Vec<String> {
        self.state(|s| std::mem::take(&mut s.unexpected))
    }

    /// Forgets all requests, for setup through the API.
    pub fn clear_journal(&self) {
        self.state(|s| {
            s.journal.clear();
            s.acknowledged.clear();
        });
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

    fn unacknowledged(&self) -> Vec<usize> {
        let fresh = |at: &usize| self.journal[*at].is_write() && !self.acknowledged.contains(at);
        (0..self.journal.len()).filter(fresh).collect()
    }

    fn complaints(&self) -> Vec<String> {
        let writes = self.unacknowledged().into_iter();
        let mut all: Vec<String> = writes
            .map(|at| format!("unacknowledged write: {}", self.journal[at].line()))
            .collect();
        let routes = self.unexpected.iter();
        all.extend(routes.map(|line| format!("route the fake does not have: {line}")));
        let executed = self.executed.iter();
        all.extend(executed.map(|e| format!("executed quick action: /{} by {}", e.command, e.by)));
        let queued = self
            .faults
            .iter()
            .filter(|q| q.left.is_some_and(|left| left > 0));
        all.extend(queued.map(|q| format!("fault that never fired: {} {:?}", q.pattern, q.fault)));
        all
    }
}

impl Drop for FakeGitLab {
    fn drop(&mut self) {
        self.server.stop();
        if !std::thread::panicking() {
            let complaints = self.state(|s| s.complaints());
            assert!(
                complaints.is_empty(),
                "at the end of the test:\n  {}",
                complaints.join("\n  ")
            );
        }
    }
}
