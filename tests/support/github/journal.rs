//! The requests to the fake, in order.

use serde_json::Value;

use super::faults::{Fault, matches};

#[derive(Clone, Debug)]
pub struct Seen {
    pub method: String,
    /// As at api.github.com: without the Enterprise prefix, `/repositories/{id}` written as `/repos/owner/name`.
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
