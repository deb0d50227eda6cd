//! Attacks by templates that refer to something outside of them.
#![expect(clippy::disallowed_methods, reason = "a product is a folder")]

use std::path::Path;

use super::*;
use crate::support::proxy::{FaultProxy, counted};

/// Whether the program requested a change set.
fn requested_change_set(proxy: &FaultProxy) -> bool {
    let calls = counted(&proxy.journal()).into_iter();
    let mut calls = calls.filter(|(operation, _)| operation == "CreateChangeSet");
    calls.next().is_some()
}

/// The built-in product `s3` as the repository's own, with these lines before its template. It allows itself to read a parameter.
fn with_product(mut commit: CommitBuilder, added: &str) -> CommitBuilder {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/s3");
    for file in std::fs::read_dir(folder).unwrap() {
        let file = file.unwrap();
        let name = file.file_name().into_string().unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let text = match name.as_str() {
            "stack.yaml.j2" => format!("{added}{text}"),
            "product.yaml" => text.replace("parameters: [/s3/]", "parameters: [/s3/, /vault/]"),
            _ => text,
        };
        commit = commit.write(&format!(".provisioner/products/s3/{name}"), text);
    }
    commit
}

/// A macro would run, and a parameter would be read, when the change set is created.
#[test]
fn attack_template_reaches_out() {
    let reading =
        "Parameters: {Pin: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /vault/pin}}\n";
    for (added, reason) in [
        ("Transform: Evil\n", Some("transform at Transform")),
        (reading, Some("SSM parameter at Parameters/Pin")),
        ("# nothing\n", None),
    ] {
        let world = World::with_stack("    updates: reviewed\n");
        world
            .workdir
            .write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
        let text = world.workdir.read(&world.workdir.path());
        world.repo.branch("feature", &world.repo.head("main"));
        let commit = world.repo.commit("feature").author(&world.alice);
        with_product(commit.write(&world.workdir.path(), text), added).push();
        let pull = world.repo.pull("feature").author(&world.alice);
        let pull = pull.number(7).open();
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        let event = pull.event("opened", &world.alice);
        let job = world.job("pull_request", &event, 0);
        let run = job.with("AWS_ENDPOINT_URL", &proxy.url()).run();
        let comment = world.last_comment();
        assert_eq!(run.status, 0, "{}\n{comment}", run.stderr);
        assert_eq!(requested_change_set(&proxy), reason.is_none(), "{comment}");
        if let Some(reason) = reason {
            assert!(comment.contains("external-reference"), "{comment}");
            assert!(comment.contains(reason), "{comment}");
        }
        world.github.take_writes();

        if added.starts_with("Transform") {
            let before = world.approved_and_merged(&pull);
            proxy.clear();
            let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
            let run = job.run();
            assert_eq!(run.status, 20, "{}", run.stderr);
            assert!(!requested_change_set(&proxy));
            let report = world.report(7);
            assert!(report.contains("external-reference"), "{report}");
            world.github.take_writes();
        }
    }
}
