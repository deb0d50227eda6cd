//! A stack of another tool: the message has the whole way to take it over.
#![expect(
    clippy::disallowed_methods,
    reason = "a user runs the command of the message"
)]

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use serde_json::Value;

use super::answers::stack;
use super::{Workdir, workdir};

/// The stack, with tags of another tool only.
fn foreign(workdir: &Workdir) -> Value {
    let mut answer = stack(workdir, "CREATE_COMPLETE");
    answer["Stacks"][0]["Tags"] =
        serde_json::json!([{"Key": "Team", "Value": "secret team; $(id)"}]);
    answer
}

#[test]
fn the_denial_has_the_command_that_tags_the_stack() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", foreign(&workdir));
    let denied = workdir.try_action("show-changes", &[]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!("stack_not_owned", workdir.redact_account(&denied.stdout));
    // The command reads the tags: the message has none of their values.
    assert!(!denied.stdout.contains("secret team"), "{}", denied.stdout);
}

/// A shell reads the command as it is meant: quotes, brackets and all.
#[test]
fn attack_the_command_passes_a_shell_unchanged() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", foreign(&workdir));
    let denied = workdir.try_action("show-changes", &[]);
    let (_, command) = denied.stdout.split_once("the present ones: ").unwrap();
    let (command, _) = command.split_once('\n').unwrap();
    let bin = workdir.folder().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let fake = bin.join("aws");
    let script = "#!/bin/sh\nfor argument; do printf '<%s>' \"$argument\"; done\n";
    std::fs::write(&fake, script).unwrap();
    std::fs::set_permissions(&fake, std::fs::Permissions::from_mode(0o755)).unwrap();
    let output = Command::new("/bin/sh")
        .args(["-c", command])
        .env("PATH", &bin)
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let stack = workdir.stack();
    let read = |query: &str| {
        format!(
            "<<cloudformation><describe-stacks><--region><us-west-2><--stack-name><{stack}><--output><json><--query><{query}>>"
        )
    };
    let tags = read(&format!(
        "[Stacks[].Tags[]|[?Key!='provisioner:environment'&&Key!='provisioner:product'&&Key!='provisioner:stack'],[{{Key:'provisioner:environment',Value:'prod'}},{{Key:'provisioner:product',Value:'s3'}},{{Key:'provisioner:stack',Value:'{stack}'}}]][]"
    ));
    let parameters = read(
        "Stacks[].Parameters[].{ParameterKey:ParameterKey,UsePreviousValue:ParameterKey==ParameterKey}",
    );
    let expected = format!(
        "<cloudformation><update-stack><--region><us-west-2><--stack-name><{stack}><--use-previous-template><--capabilities><CAPABILITY_NAMED_IAM><--tags>{tags}<--parameters>{parameters}"
    );
    assert_eq!(printed, expected);
}
