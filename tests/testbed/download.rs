//! The released binary of the action, from a server with TLS.
#![expect(
    clippy::disallowed_methods,
    reason = "a step is a shell with variables, files and a server"
)]

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::support::action::{IDENTITY, NAME, PROGRAM, Runner, Words};
use crate::support::file_server::{FileServer, Reply};
use crate::support::testbed::{self, Server};

#[test]
fn attack_only_a_trusted_server_is_asked_and_never_without_tls() {
    let runner = Runner::new();
    runner.write(&format!("served/v1.2.3/{NAME}"), PROGRAM);
    let port = testbed::free_port();
    let certificate = runner.path("certificate.pem");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/testbed_servers/tls_files.py");
    let mut command = Command::new(testbed::root().join("venv/bin/python"));
    let plain = FileServer::new(|_, _| Reply::file(PROGRAM.as_bytes()));
    command.arg(script).arg(port.to_string());
    command.arg(plain.port.to_string());
    command.arg(&certificate).arg(runner.path("served"));
    let _server = Server::start(command, port, Duration::from_secs(60));

    let certificate = certificate.display().to_string();
    let base = format!("https://127.0.0.1:{port}");
    let run = |runner: &Runner, below: &str, trusted: &str| {
        let url = format!("{base}{below}");
        let trust = ("CURL_CA_BUNDLE", trusted);
        let variables = [("PROVISIONER_DOWNLOAD_URL", url.as_str()), IDENTITY, trust];
        let variables = match trusted {
            "" => &variables[..2],
            _ => &variables,
        };
        runner.run(variables)
    };
    let mut words = Words::default();
    words.refused("an unknown certificate", &run(&Runner::new(), "", ""));
    words.refused(
        "a redirect to plain HTTP",
        &run(&Runner::new(), "/plain", &certificate),
    );
    words.refused("no such file", &run(&Runner::new(), "/other", &certificate));
    words.ran("the release", &run(&Runner::new(), "", &certificate));
    words.ran(
        "a redirect by TLS",
        &run(&Runner::new(), "/moved", &certificate),
    );
    insta::assert_snapshot!("download_tls", words.0);
    assert_eq!(
        plain.take().len(),
        0,
        "it has the release, and was not asked"
    );
}
