//! The test's handle of the fake: start, users and tokens, faults, the journal, the check at the end.

use std::sync::{Arc, Mutex};

use super::super::loopback::Loopback;

use super::auth::{Token, Writes};
use super::build::Repo;
use super::faults::{Fault, Queued, matches};
use super::journal::Seen;
use super::server::{World, app, lock};
use super::state::{Kind, Limits, State, User};
use super::wire::epoch;

/// The id of `github-actions[bot]`, the identity behind every job's token.
pub const ACTIONS_BOT_ID: u64 = 41_898_282;

pub struct FakeGitHub {
    world: World,
    server: Loopback,
}

impl FakeGitHub {
    pub fn start() -> Self {
        let world: World = Arc::new(Mutex::new(State::default()));
        let server = Loopback::start(app(Arc::clone(&world)));
        let fake = Self { world, server };
        fake.state(|s| {
            s.add_user("github-actions[bot]", Some(ACTIONS_BOT_ID), Kind::Bot);
        });
        fake
    }

    /// The time in the fake's answers, in seconds since 1970.
    pub fn now(&self) -> i64 {
        i64::try_from(epoch()).expect("the time is after 1970")
    }

    /// The value of `GITHUB_API_URL` at github.com; GraphQL is at `/graphql` below it.
    pub fn api_url(&self) -> String {
        format!("http://{}", self.server.address)
    }

    pub fn graphql_url(&self) -> String {
        format!("{}/graphql", self.api_url())
    }

    /// The value of `GITHUB_API_URL` on an Enterprise server; GraphQL is at `/api/graphql`.
    pub fn enterprise_api_url(&self) -> String {
        format!("{}/api/v3", self.api_url())
    }

    pub fn enterprise_graphql_url(&self) -> String {
        format!("{}/api/graphql", self.api_url())
    }

    pub(super) fn state<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut lock(&self.world))
    }

    /// A person; the same login is the same person.
    pub fn user(&self, login: &str) -> User {
        self.state(|s| s.add_user(login, None, Kind::User))
    }

    pub fn user_with_id(&self, login: &str, id: u64) -> User {
        self.state(|s| s.add_user(login, Some(id), Kind::User))
    }

    /// `login` with its `[bot]`.
    pub fn bot(&self, login: &str) -> User {
        self.state(|s| s.add_user(login, None, Kind::Bot))
    }

    /// `owner/name`. The owner becomes an organisation unless it was made a user before.
    pub fn repo(&self, full_name: &str) -> Repo {
        Repo::create(&self.world, full_name)
    }

    pub fn team(&self, organisation: &str, slug: &str, members: &[&User]) {
        self.state(|s| {
            s.add_user(organisation, None, Kind::Organization);
            for member in members {
                let key = (organisation.to_lowercase(), slug.to_owned(), member.id);
                s.teams.insert(key, "active");
            }
        });
    }

    /// Invites a user to a team, without joining it.
    pub fn invite(&self, organisation: &str, slug: &str, user: &User) {
        self.state(|s| {
            let key = (organisation.to_lowercase(), slug.to_owned(), user.id);
            s.teams.insert(key, "pending");
        });
    }

    /// Another user can take the old name from then on.
    pub fn rename_user(&self, user: &User, login: &str) -> User {
        self.state(|s| {
            let known = s.users.get_mut(&user.id).expect("the user exists");
            login.clone_into(&mut known.login);
            known.clone()
        })
    }

    /// The account's objects stay, without an author.
    pub fn delete_user(&self, user: &User) {
        self.state(|s| s.gone.insert(user.id));
    }

    pub fn limits(&self, change: impl FnOnce(&mut Limits)) {
        self.state(|s| change(&mut s.limits));
    }

    /// A personal token: may do what the person may.
    pub fn token(&self, user: &User) -> String {
        self.add_token(user.id, false, Writes::All)
    }

    /// A job's token with every write permission.
    pub fn actions_token(&self) -> String {
        self.add_token(ACTIONS_BOT_ID, true, Writes::All)
    }

    /// A job's token whose `permissions:` are `write` for these only, for example `["statuses"]`.
    pub fn actions_token_writing(&self, scopes: &[&str]) -> String {
        let scopes = scopes.iter().map(|&s| s.to_owned()).collect();
        self.add_token(ACTIONS_BOT_ID, true, Writes::Only(scopes))
    }

    /// What a job for a fork's pull request gets.
    pub fn readonly_token(&self) -> String {
        self.add_token(ACTIONS_BOT_ID, true, Writes::Nothing)
    }

    /// The token of a custom app; its identity is `{app}[bot]`.
    pub fn app_token(&self, app: &str) -> String {
        let bot = self.bot(&format!("{app}[bot]"));
        self.add_token(bot.id, true, Writes::All)
    }

    fn add_token(&self, user: u64, installation: bool, writes: Writes) -> String {
        self.state(|s| {
            let kind = if installation { "ghs" } else { "ghp" };
            let text = format!("{kind}_{:036}", s.id());
            s.tokens.insert(
                text.clone(),
                Token {
                    user,
                    installation,
                    writes,
                },
            );
            text
        })
    }

    /// The next request that matches `METHOD /path` fails, once. `*` is anything within a segment, `**` anything; with a `?` in the
    /// pattern the query is matched too.
    pub fn fault(&self, pattern: &str, fault: Fault) {
        self.queue(pattern, fault, Some(1), 0);
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
        self.state(|s| {
            s.faults.push(Queued {
                pattern,
                fault,
                left,
                skip,
                fired: 0,
            })
        });
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
        let same = writes.len() == patterns.len()
            && writes
                .iter()
                .zip(patterns)
                .all(|(write, p)| matches(p, &write.method, &write.path, &write.query));
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
    fn unacknowledged(&self) -> Vec<usize> {
        let fresh = |at: &usize| self.journal[*at].is_write() && !self.acknowledged.contains(at);
        (0..self.journal.len()).filter(fresh).collect()
    }

    fn complaints(&self) -> Vec<String> {
        let mut all: Vec<String> = Vec::new();
        for at in self.unacknowledged() {
            all.push(format!("unacknowledged write: {}", self.journal[at].line()));
        }
        all.extend(
            self.unexpected
                .iter()
                .map(|line| format!("route the fake does not have: {line}")),
        );
        for queued in self
            .faults
            .iter()
            .filter(|q| q.left.is_some_and(|left| left > 0))
        {
            all.push(format!(
                "fault that never fired: {} {:?}",
                queued.pattern, queued.fault
            ));
        }
        all
    }
}

impl Drop for FakeGitHub {
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
