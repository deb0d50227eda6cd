//! An independent GitHub emulator, to check the adapter against another implementation.
//!
//! It has no statuses, reactions, deployments or GraphQL, and lists no files of a pull request.

use std::io::Write as _;

use super::testbed::{Server, free_port};

pub struct Emulate {
    server: Server,
    /// Deleted with the emulator.
    _seed: tempfile::NamedTempFile,
}

impl Emulate {
    /// `seed` is the emulator's YAML: `tokens`, and below `github` `users`, `orgs`, `repos`.
    #[track_caller]
    pub fn start(seed: &str) -> Self {
        let port = free_port();
        let file = tempfile::Builder::new().suffix(".yaml").tempfile();
        let mut file = file.expect("a temporary file");
        file.write_all(seed.as_bytes())
            .expect("the seed can be written");
        let path = file
            .path()
            .to_str()
            .expect("temporary paths are UTF-8")
            .to_owned();
        let port_text = port.to_string();
        let arguments = ["start", "-s", "github", "-p", &port_text, "--seed", &path];
        Self {
            server: Server::node("emulate/dist/index.js", &arguments, port),
            _seed: file,
        }
    }

    pub fn api_url(&self) -> String {
        self.server.url()
    }

    pub fn log(&self) -> String {
        self.server.log()
    }
}
