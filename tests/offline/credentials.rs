//! Credentials that are absent: what is missing, and that it is no failure of AWS.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;

use tempfile::TempDir;

use crate::support::job::{BINARY, config, path};

/// The output of an action that needs credentials, with these variables.
fn run(variables: &[(&str, &str)]) -> (i32, String) {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join(path("b001"));
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, config("b001", "")).unwrap();
    let output = Command::new(BINARY)
        .args(["check-drift", &path("b001"), "--no-log"])
        .current_dir(folder.path())
        .env_clear()
        .env("HOME", folder.path())
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}

#[test]
fn the_missing_variable_of_a_key_is_named() {
    let off = ("AWS_EC2_METADATA_DISABLED", "true");
    let (code, text) = run(&[off, ("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")]);
    assert_eq!(code, 31, "{text}");
    let message = "error[aws-credentials]: AWS credentials: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not\n";
    assert!(text.contains(message), "{text}");
    let (_, text) = run(&[off]);
    let message = "AWS credentials: none were found in the environment or the shared files\n";
    assert!(text.contains(message), "{text}");
}

/// Some clouds and containers answer at the metadata service's address, without credentials.
#[test]
fn a_metadata_service_that_refuses_is_no_failure_of_aws() {
    let service = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", service.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in service.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).unwrap();
            let answer = "HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    let (code, text) = run(&[("AWS_EC2_METADATA_SERVICE_ENDPOINT", &address)]);
    assert_eq!(code, 31, "{text}");
    let message = "error[aws-credentials]: AWS credentials: none were found in the environment or the shared files, and the instance metadata service gave none\n";
    assert!(text.contains(message), "{text}");
    assert!(text.contains("help: set AWS_PROFILE"), "{text}");
}
