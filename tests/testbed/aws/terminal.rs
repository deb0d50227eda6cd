//! A person at a terminal sees each change and confirms it.
#![expect(clippy::disallowed_methods, reason = "a program needs a terminal")]

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use super::scene::{with_objects, with_stack};
use crate::support::workdir::Workdir;

const REVIEWED: &str = "version: 1\ndefaults: {updates: reviewed}\n";
/// Replaces the bucket.
const RENAMED: &str = "  versioning: true\n  bucket_name_override: acme-renamed-";

/// Runs an action at a terminal, where a person types a line. Returns what the terminal shows.
fn at_terminal(workdir: &Workdir, action: &str, more: &[&str], typed: &str) -> String {
    with_pause(workdir, action, more, typed, None)
}

/// The same. `meanwhile` happens while the prompt waits.
fn with_pause(
    workdir: &Workdir,
    action: &str,
    more: &[&str],
    typed: &str,
    meanwhile: Option<&dyn Fn()>,
) -> String {
    let path = workdir.path();
    let command = workdir.command(&[&[action, &path], more].concat());
    let words = [command.get_program()]
        .into_iter()
        .chain(command.get_args());
    let words: Vec<String> = words
        .map(|word| format!("'{}'", word.to_str().unwrap()))
        .collect();
    let mut script = Command::new("script");
    script.args(["-qec", &words.join(" "), "/dev/null"]);
    script.current_dir(command.get_current_dir().unwrap());
    script.env("TERM", "xterm");
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => script.env(name, value),
            None => script.env_remove(name),
        };
    }
    let script = script.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut running = script.stderr(Stdio::piped()).spawn().unwrap();
    let mut keyboard = running.stdin.take().unwrap();
    let mut shown = Vec::new();
    if let Some(meanwhile) = meanwhile {
        let screen = running.stdout.as_mut().unwrap();
        let mut byte = [0];
        while !String::from_utf8_lossy(&shown).contains("to continue:") {
            screen.read_exact(&mut byte).unwrap();
            shown.extend(byte);
        }
        meanwhile();
    }
    keyboard.write_all(typed.as_bytes()).unwrap();
    let output = running.wait_with_output().unwrap();
    drop(keyboard);
    shown.extend(output.stdout);
    String::from_utf8_lossy(&shown).into_owned()
}

fn status(workdir: &Workdir) -> Option<String> {
    let stacks = workdir.aws.stack_names();
    stacks.into_iter().next().map(|(_, status)| status)
}

#[test]
fn a_creation_is_shown_and_confirmed() {
    let workdir = Workdir::with_few_folders();
    let refused = at_terminal(&workdir, "prep-master", &["--force"], "no\n");
    assert!(refused.contains("AWS::S3::BucketPolicy"), "{refused}");
    assert!(refused.contains("Type `yes` to continue:"), "{refused}");
    assert!(refused.contains("error[name-not-typed]"), "{refused}");
    assert_eq!(status(&workdir), None);
    let created = at_terminal(&workdir, "prep-master", &["--force"], "yes\n");
    assert!(created.contains("created;"), "{created}");
    assert_eq!(status(&workdir).as_deref(), Some("CREATE_COMPLETE"));
    // A stack that equals its template is not changed.
    let again = at_terminal(&workdir, "prep-master", &["--force"], "");
    assert!(again.contains("unchanged;"), "{again}");
    assert!(!again.contains("Type "), "{again}");
}

#[test]
fn yes_answers_no_prompt_of_a_replacement() {
    let workdir = Workdir::with_few_folders();
    let created = at_terminal(&workdir, "prep-master", &["--force", "--yes"], "");
    assert!(created.contains("created;"), "{created}");
    assert!(!created.contains("Type "), "{created}");
    workdir.write(".provisioner.yaml", REVIEWED);
    let other = format!("{RENAMED}{}\n", workdir.account);
    workdir.write_config(&other);
    for typed in ["yes\n", "\n"] {
        let refused = at_terminal(&workdir, "prep-master", &["--force", "--yes"], typed);
        assert!(refused.contains("Type the stack's name"), "{refused}");
        assert!(refused.contains("error[name-not-typed]"), "{refused}");
        assert_eq!(workdir.aws.change_sets(&workdir.stack()), [""; 0]);
    }
    assert_eq!(status(&workdir).as_deref(), Some("CREATE_COMPLETE"));
    let typed = format!("{}\n", workdir.stack());
    let updated = at_terminal(&workdir, "prep-master", &["--force"], &typed);
    assert_eq!(status(&workdir).as_deref(), Some("UPDATE_COMPLETE"));
    let old = &workdir.name;
    for words in [
        "updated;".to_owned(),
        "replaced: Bucket".to_owned(),
        format!("left behind and no longer managed: {old}"),
    ] {
        assert!(updated.contains(&words), "{words}: {updated}");
    }
}

#[test]
fn a_denied_deletion_shows_no_prompt() {
    let workdir = Workdir::with_few_folders();
    with_stack(&workdir);
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults: {deletes: never}\n",
    );
    let denied = at_terminal(&workdir, "tear-down", &["--force"], "");
    assert!(denied.contains("error[delete-not-allowed]"), "{denied}");
    assert!(!denied.contains("Type "), "{denied}");
}

/// Another tool updates the stack while the prompt waits: with a tag of its own, without ours, or with another resource.
#[test]
fn attack_a_stack_that_changes_while_the_prompt_waits_stays() {
    use aws_sdk_cloudformation::types::Tag;
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    for action in ["tear-down", "replace"] {
        for change in ["own tags", "tag of another", "template"] {
            let workdir = Workdir::with_few_folders();
            with_stack(&workdir);
            let stacks = workdir.aws.stacks().describe_stacks();
            let stacks = stacks.stack_name(workdir.stack()).send();
            let tags = workdir.aws.wait(stacks).unwrap().stacks()[0]
                .tags()
                .to_vec();
            let deployed = workdir.aws.stacks().get_template();
            let deployed = deployed.stack_name(workdir.stack()).send();
            let deployed = workdir.aws.wait(deployed).unwrap();
            let deployed = deployed.template_body().unwrap().to_owned();
            let (tags, template, words) = match change {
                "own tags" => (vec![tag("Owner", "zoe")], deployed, "its tags changed"),
                "template" => {
                    let queue = "\n  Queue:\n    Type: AWS::SQS::Queue\n";
                    let more =
                        deployed.replacen("\nResources:\n", &format!("\nResources:{queue}"), 1);
                    assert_ne!(more, deployed);
                    (tags, more, "its template changed")
                }
                _ => {
                    let tags = [tags, vec![tag("Owner", "zoe")]].concat();
                    (tags, deployed, "its tags changed")
                }
            };
            let update = || {
                let update = workdir.aws.stacks().update_stack();
                let update = update.stack_name(workdir.stack());
                let update = update.template_body(&template).set_tags(Some(tags.clone()));
                workdir.aws.wait(update.send()).unwrap();
            };
            let first = workdir.stack_id();
            let typed = format!("{}\n", workdir.stack());
            let denied = with_pause(&workdir, action, &["--force"], &typed, Some(&update));
            for words in ["error[plan-changed]", words] {
                assert!(denied.contains(words), "{action} {change}: {denied}");
            }
            assert_eq!(workdir.stack_id(), first, "{action} {change}");
            assert_eq!(workdir.aws.buckets(), [workdir.name.as_str()]);
        }
    }
}

#[test]
fn a_dry_run_changes_nothing() {
    let workdir = Workdir::with_few_folders();
    let rendered = workdir.run_action("create-prov-template", &["--dry-run"]);
    assert!(
        rendered.stdout.contains("would be created: "),
        "{}",
        rendered.stdout
    );
    assert!(!workdir.folder().join("lake/templates").exists());
    let shown = workdir.run_action("prep-master", &["--dry-run"]);
    assert!(
        shown.stdout.contains("6 resources would be added"),
        "{}",
        shown.stdout
    );
    let test = workdir.run_action("test-deploy", &["--dry-run"]);
    assert!(
        test.stdout.contains("6 resources would be added"),
        "{}",
        test.stdout
    );
    assert_eq!(status(&workdir), None);
    with_objects(&workdir);
    let folders = workdir.run_action("deploy-solution", &["--dry-run"]);
    assert!(
        folders.stdout.contains("would be created"),
        "{}",
        folders.stdout
    );
    let objects = workdir.aws.keys(&workdir.name);
    let upload = workdir.run_action("upload-template", &["--dry-run"]);
    assert!(
        upload.stdout.contains("would write s3://"),
        "{}",
        upload.stdout
    );
    let gone = workdir.run_action("tear-down", &["--dry-run"]);
    assert!(gone.stdout.contains("would be deleted"), "{}", gone.stdout);
    assert_eq!(status(&workdir).as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(workdir.aws.keys(&workdir.name), objects);
}

#[test]
fn a_parameter_with_another_value_is_not_verified() {
    let workdir = Workdir::with_few_folders();
    with_stack(&workdir);
    let name = format!("/s3/{}/BucketName", workdir.name);
    let changed = workdir.aws.parameters().put_parameter();
    let changed = changed.name(&name).value("another").overwrite(true).send();
    workdir.aws.wait(changed).unwrap();
    let run = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(run.status, 30, "{}", run.stdout);
    let words = format!("these SSM parameters have other values than the template: {name}");
    assert!(run.stdout.contains(&words), "{}", run.stdout);
}
