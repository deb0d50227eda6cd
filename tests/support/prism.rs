//! A proxy that checks requests and answers against GitHub's published OpenAPI description.
//!
//! It takes about ten seconds to start: share one in a test binary.

use super::http::Answer;
use super::testbed::{Server, free_port, root};

pub struct Prism {
    server: Server,
}

impl Prism {
    /// `upstream` as `FakeGitHub::api_url` gives it: the description has no path before `/repos`.
    #[track_caller]
    pub fn in_front_of(upstream: &str) -> Self {
        let port = free_port();
        let contract = root().join("node_modules/@octokit/openapi/generated/api.github.com.json");
        let contract = contract.to_str().expect("the path of the bed is UTF-8");
        let port_text = port.to_string();
        let arguments = [
            "proxy",
            contract,
            upstream,
            "--errors",
            "-m",
            "false",
            "-h",
            "127.0.0.1",
            "-p",
            &port_text,
        ];
        Self {
            server: Server::node("@stoplight/prism-cli/dist/index.js", &arguments, port),
        }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn log(&self) -> String {
        self.server.log()
    }

    /// The violations in requests and answers since the start.
    pub fn violations(&self) -> Vec<String> {
        let said = |line: &&str| {
            line.contains("Request terminated with error") || line.contains("Violation:")
        };
        self.log().lines().filter(said).map(str::to_owned).collect()
    }

    /// Whether Prism answered in place of the server.
    pub fn refused(answer: &Answer) -> bool {
        answer
            .header("content-type")
            .is_some_and(|kind| kind.contains("problem+json"))
    }
}
