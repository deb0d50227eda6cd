//! The test's handle of a fake: start, users, faults, the journal, the check at the end.

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, Mutex};

use super::super::loopback::Loopback;
use super::faults::{Fault, Queued, matches};
use super::journal::Seen;
use super::repo::Repo;
use super::server::{World, app, lock};
use super::state::{Kind, Rules, State, User};

pub struct Fake<F: Rules> {
    pub(in crate::support) world: World<F>,
    server: Loopback,
}

impl<F: Rules> Fake<F> {
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free loopback port");
        let address = listener.local_addr();
        let mut state = State::default();
        F::started(
            &mut state,
            address.expect("a bound listener has an address"),
        );
        let world: World<F> = Arc::new(Mutex::new(state));
        let server = Loopback::on(listener, app(Arc::clone(&world)));
        Self { world, server }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub(in crate::support) fn state<T>(&self, work: impl FnOnce(&mut State<F>) -> T) -> T {
        work(&mut lock(&self.world))
    }

    /// A person; the same login is the same person.
    pub fn user(&self, login: &str) -> User {
        self.state(|s| s.add_user(login, None, Kind::User))
    }

    pub fn state_user(&self, id: u64) -> User {
        self.state(|s| s.user(id).clone())
    }

    /// An account that the forge calls a bot.
    pub fn bot(&self, login: &str) -> User {
        self.state(|s| s.add_user(login, None, Kind::Bot))
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

    /// `owner/name`.
    pub fn repo(&self, full_name: &str) -> Repo<F> {
        Repo::create(&self.world, full_name, None)
    }

    /// The next request that matches `METHOD /path` fails, once. `*` is anything within a segment, `**` anything; with a `?` in the
    /// pattern the query is matched too. The path is without the prefix of the API.
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
        let queued = Queued {
            pattern: pattern.to_owned(),
            fault,
            left,
            skip,
            fired: 0,
        };
        self.state(|s| s.journal.faults.push(queued));
    }

    pub fn clear_faults(&self) {
        self.state(|s| s.journal.faults.clear());
    }

    pub fn requests(&self) -> Vec<Seen> {
        self.state(|s| s.journal.requests.clone())
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
        let fits = |r: &&Seen| r.matches(pattern);
        self.state(|s| s.journal.requests.iter().filter(fits).count())
    }

    /// All attempts to write so far, acknowledged or not.
    pub fn writes(&self) -> Vec<Seen> {
        let requests = self.requests().into_iter();
        requests.filter(Seen::is_write).collect()
    }

    /// The attempts to write since the last call; acknowledges them.
    pub fn take_writes(&self) -> Vec<Seen> {
        self.state(|s| s.journal.acknowledge())
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
        self.state(|s| s.journal.unexpected.clone())
    }

    /// As `unexpected`; acknowledges them.
    pub fn take_unexpected(&self) -> Vec<String> {
        self.state(|s| std::mem::take(&mut s.journal.unexpected))
    }

    /// Forgets all requests, for setup through the API.
    pub fn clear_journal(&self) {
        self.state(|s| {
            s.journal.requests.clear();
            s.journal.acknowledged.clear();
        });
    }
}

impl<F: Rules> Drop for Fake<F> {
    fn drop(&mut self) {
        self.server.stop();
        if !std::thread::panicking() {
            let mut complaints = self.state(|s| s.journal.complaints());
            complaints.extend(self.state(|s| F::complaints(s)));
            assert!(
                complaints.is_empty(),
                "at the end of the test:\n  {}",
                complaints.join("\n  ")
            );
        }
    }
}
