//! The requests to the fake, in order.

use std::collections::HashSet;

use serde_json::Value;

use super::faults::{Fault, Queued, matches};

#[derive(Default)]
pub struct Journal {
    pub requests: Vec<Seen>,
    /// Requests to routes that the fake does not have.
    pub unexpected: Vec<String>,
    /// Writes that a test has checked, by their place in `requests`.
    pub acknowledged: HashSet<usize>,
    pub faults: Vec<Queued>,
}

impl Journal {
    fn unacknowledged(&self) -> Vec<usize> {
        let fresh = |at: &usize| self.requests[*at].is_write() && !self.acknowledged.contains(at);
        (0..self.requests.len()).filter(fresh).collect()
    }

    /// The writes that were not acknowledged yet.
    pub fn acknowledge(&mut self) -> Vec<Seen> {
        let fresh = self.unacknowledged();
        self.acknowledged.extend(&fresh);
        fresh.iter().map(|at| self.requests[*at].clone()).collect()
    }

    pub fn complaints(&self) -> Vec<String> {
        let writes = self.unacknowledged().into_iter();
        let mut all: Vec<String> = writes
            .map(|at| format!("unacknowledged write: {}", self.requests[at].line()))
            .collect();
        let routes = self.unexpected.iter();
        all.extend(routes.map(|line| format!("route the fake or the forge does not have: {line}")));
        let left = |q: &&Queued| q.left.is_some_and(|left| left > 0);
        let queued = self.faults.iter().filter(left);
        all.extend(queued.map(|q| format!("fault that never fired: {} {:?}", q.pattern, q.fault)));
        all
    }
}

#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// Without the prefix of the API. On GitHub `/repositories/{id}` is written as `/repos/owner/name`.
    pub path: String,
    pub query: String,
    /// The login behind the token.
    pub identity: Option<String>,
    pub token: Option<String>,
    pub accept: Option<String>,
    pub body: Vec<u8>,
    /// The fake's status, whether or not the answer reached the client; `None`: not executed.
    pub status: Option<u16>,
    pub fault: Option<Fault>,
}

impl Seen {
    /// `METHOD /path`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// The body as JSON; `Null` if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// An attempt to write, successful or not.
    pub fn is_write(&self) -> bool {
        match (self.method.as_str(), self.path.as_str()) {
            ("GET" | "HEAD" | "OPTIONS", _) => false,
            (_, "/graphql") => self.json()["query"]
                .as_str()
                .is_some_and(|q| q.contains("mutation")),
            _ => true,
        }
    }

    /// `pattern` as for faults.
    pub fn matches(&self, pattern: &str) -> bool {
        matches(pattern, &self.method, &self.path, &self.query)
    }
}
