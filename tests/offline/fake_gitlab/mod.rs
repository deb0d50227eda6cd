//! The fake GitLab's own tests.

mod contract;
mod conversation;
mod faults;
mod merge_requests;
mod paging;
mod pipelines;
mod projects;
mod statuses;

use serde_json::Value;

use crate::support::gitlab::Sample;
use crate::support::http::{Answer, Client};

/// A client of the sample project with a token.
struct Api {
    client: Client,
    project: u64,
}

impl Api {
    fn new(sample: &Sample, token: &str) -> Self {
        let client = Client::new(&sample.fake.server_url(), Some(token));
        Self {
            client,
            project: sample.repo.id,
        }
    }

    /// As the check's bot.
    fn check(sample: &Sample) -> Self {
        Self::new(sample, &sample.fake.check_token())
    }

    fn path(&self, below: &str) -> String {
        format!("/api/v4/projects/{}{below}", self.project)
    }

    fn get(&self, below: &str) -> Answer {
        self.client.get(&self.path(below)).expect("an answer")
    }

    fn send(&self, method: &str, below: &str, body: &Value) -> Answer {
        let answer = self.client.send(method, &self.path(below), Some(body));
        answer.expect("an answer")
    }
}
