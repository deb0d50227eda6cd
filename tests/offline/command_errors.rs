//! Wrong command lines: each error names the mistake and the form that works.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::job::{BINARY, config, git, path};

fn run_in(folder: &Path, variables: &[(&str, &str)], line: &str) -> Output {
    Command::new(BINARY)
        .args(line.split_whitespace())
        .current_dir(folder)
        .env_clear()
        .envs(std::env::vars_os().filter(|(name, _)| name == "PATH"))
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

/// Standard output and standard error.
fn printed(output: &Output) -> String {
    String::from_utf8([&output.stdout[..], &output.stderr].concat()).unwrap()
}

#[track_caller]
fn assert_fails(folder: &Path, variables: &[(&str, &str)], line: &str, code: i32, words: &str) {
    let output = run_in(folder, variables, line);
    let text = printed(&output);
    assert_eq!(output.status.code(), Some(code), "{line}: {text}");
    assert!(text.contains(words), "{line}: {text}");
}

fn folder_with(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

#[test]
fn usage_errors_name_the_form_that_works() {
    let folder = folder_with(&[(&path("b001"), &config("b001", ""))]);
    for (line, words) in [
        // Flags before the command.
        (
            "--force create-bucket C",
            "tip: write `--force` after the command\n",
        ),
        (
            "--format json validate-config C",
            "tip: write `--format` after the command\n",
        ),
        (
            "--force",
            "tip: write `--force` after a command that takes it",
        ),
        // Similar flags.
        (
            "create-bucket C --forc",
            "a similar argument exists: '--force'",
        ),
        // The original form.
        (
            "--config C --action explain",
            "`explain` takes no config; run `provisioner explain CODE`",
        ),
        (
            "--config C --action schema",
            "run `provisioner schema PRODUCT`",
        ),
        (
            "--config C --action replay",
            "run `provisioner replay FILE`",
        ),
        ("--config C --action man", "run `provisioner man DIR`"),
        (
            "--config C --action check",
            "run `provisioner check --base REV`",
        ),
        ("--config C --action ci", "run `provisioner ci`"),
        (
            "--config C --action completions",
            "run `provisioner completions SHELL`",
        ),
        ("--config C --action help", "`help` takes no config"),
        ("--action validate-config FILE", "--config <CONFIG>"),
        (
            "--action tear-down --force",
            "--config <CONFIG>\n\n  tip: write `--config CONFIG`; for every config, run `provisioner tear-down --all`\n",
        ),
        (
            "--action validate-config --all",
            "tip: run `provisioner validate-config --all`\n",
        ),
        (
            "--config C --action tear-down --all --force",
            "tip: run `provisioner tear-down --all --force`\n",
        ),
        (
            "--conf C --action validate-config",
            "unexpected argument '--conf' found\n\n  tip: write `--config`\n",
        ),
        (
            "--con C --act validate-config",
            "unexpected argument '--con' found",
        ),
        (
            "--config C --acton validate-config",
            "tip: write `--action`\n",
        ),
        (
            "-c C -a validate-config",
            "tip: write `--config CONFIG`, or `-con CONFIG`\n",
        ),
        (
            "--config C --action tear-down -force",
            "unexpected argument '-force' found\n\n  tip: write `--force`\n",
        ),
        (
            "--config C --action deploy",
            "unrecognized action 'deploy'\n\n  tip: did you mean `create-bucket`, `deploy-product`, `prep-master` or `deploy-solution`?\n",
        ),
        (
            "-con C -act apply-changes",
            "unrecognized action 'apply-changes'\n\n  tip: did you mean `create-bucket`, `deploy-product`",
        ),
        (
            "--config C --action Validate_Config",
            "tip: did you mean `validate-config`?\n",
        ),
        (
            "--config C --action xyzzy",
            "unrecognized action 'xyzzy'\n\nUsage",
        ),
        ("plan C", "tip: did you mean `show-changes`?\n"),
        (
            "--config C --action create-policy --solution x",
            "`--solution` is an option of `create-prov-template`, `validate-prov-template`,",
        ),
        (
            "--config C --action show-changes --force",
            "`--force` is an option of `create-prov-template`, `create-policy`,",
        ),
        (
            "--config C --action show-changes --force",
            "Usage: provisioner show-changes [OPTIONS] [CONFIG]...\n",
        ),
        (
            "validate-config -con C",
            "tip: use `provisioner validate-config C` or `provisioner --config C --action validate-config`",
        ),
        (
            "validate-config --action X",
            "tip: the command is the action",
        ),
        // Values.
        (
            "roles --repository a/b --issuer http://x",
            "write HOST or HOST/PATH, without https://",
        ),
        (
            "roles --repository acme@5/infra",
            "write OWNER/NAME, or OWNER@ID/NAME@ID",
        ),
        ("schema", "<PRODUCT>"),
        (
            "schema s4",
            "write `ml`, `s3`, `policy`, `product`, `adoptions`, `replacements`, `check-report`",
        ),
        (
            "validate-config --no-log --tier gold",
            "--tier: no product has the tier `gold`",
        ),
        (
            "check --base main --repository /nope",
            "\"/nope\": no such folder",
        ),
    ] {
        assert_fails(folder.path(), &[], line, 2, words);
    }
    let suggested = printed(&run_in(folder.path(), &[], "validate-config --forc"));
    assert!(!suggested.contains("--force"), "{suggested}");
    let help = run_in(folder.path(), &[], "help --help");
    assert_eq!(help.status.code(), Some(0), "{}", printed(&help));
}

#[test]
fn errors_name_the_variable_of_a_value() {
    let folder = folder_with(&[(&path("b001"), &config("b001", ""))]);
    for variable in [
        "PROVISIONER_COLOR",
        "PROVISIONER_NO_LOG",
        "PROVISIONER_TIER",
    ] {
        assert_fails(
            folder.path(),
            &[(variable, "bogus")],
            "validate-config",
            2,
            variable,
        );
    }
    let given = run_in(
        folder.path(),
        &[("PROVISIONER_COLOR", "always")],
        "validate-config --color bogus",
    );
    assert!(!printed(&given).contains("PROVISIONER_COLOR"));
    let useless = run_in(
        folder.path(),
        &[],
        "validate-config --no-log --tier starter",
    );
    assert_eq!(useless.status.code(), Some(0));
    assert!(
        printed(&useless).contains("warning: --tier has no effect"),
        "{}",
        printed(&useless)
    );
}

#[test]
fn an_invalid_glob_is_a_usage_error_of_every_command() {
    let policy = "version: 1\nenvironments: {}\n";
    let folder = folder_with(&[(".provisioner.yaml", policy)]);
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    for line in [
        "validate-config --no-log s3/[",
        "check --base main --configs s3/[",
        "roles --repository a/b s3/[",
    ] {
        assert_fails(
            folder.path(),
            &[],
            line,
            2,
            "error[glob-invalid]: invalid glob: ",
        );
    }
    assert_fails(folder.path(), &[], "doctor s3/[", 2, "invalid glob");
}

#[test]
fn missing_configs_and_files_are_named() {
    let folder = folder_with(&[
        (&path("b001"), &config("b001", "")),
        ("s3/policies", "a file"),
        ("empty/x.txt", ""),
        ("evidence.json", "{}"),
    ]);
    for (line, code, words) in [
        (
            "validate-config --no-log s3",
            10,
            "folder `s3` holds no configs\n  help: did you mean `s3/configs`?",
        ),
        (
            "validate-config --no-log empty",
            10,
            "folder `empty` holds no configs\n  help: name a folder with `.yaml` or `.yml` files; the usual folders are `ml/configs`, `s3/configs` and `configs`",
        ),
        (
            "create-policy --no-log",
            10,
            "s3/policies is a file, not a folder",
        ),
        (
            "replay evidence.json",
            2,
            "not an evidence file of provisioner",
        ),
        ("check --base main", 2, "not in a git repository"),
        (
            "roles --repository a/b",
            10,
            "no policy file in this folder or above: `.provisioner.yaml`",
        ),
        ("deploy-product s3/configs", 10, "help: use `prep-master`"),
    ] {
        assert_fails(folder.path(), &[], line, code, words);
    }
    let no_git = [("PATH", "/nowhere")];
    assert_fails(
        folder.path(),
        &no_git,
        "check --base main",
        2,
        "cannot run `git`",
    );
}

/// U2.
#[test]
fn an_unreachable_aws_and_a_missing_profile_are_named_at_once() {
    let folder = folder_with(&[(&path("b001"), &config("b001", ""))]);
    let port = {
        let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        closed.local_addr().unwrap().port()
    };
    let address = format!("http://127.0.0.1:{port}");
    let keys = [
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
        ("AWS_ENDPOINT_URL", &*address),
    ];
    let profile = [("AWS_PROFILE", "nope"), ("HOME", "/nonexistent")];
    for (variables, words) in [
        (
            &keys[..],
            format!(
                "error[aws-unreachable]: AWS GetCallerIdentity: no connection to {address}: connection refused\n  help: check the network and the proxy, and AWS_ENDPOINT_URL if it is set\n"
            ),
        ),
        (
            &profile[..],
            "error[aws-credentials]: profile nope is in none of these files: ~/.aws/config, ~/.aws/credentials\n  help: set AWS_PROFILE to a profile of these files, or add the profile\n".to_owned(),
        ),
    ] {
        let start = Instant::now();
        assert_fails(folder.path(), variables, "show-changes --no-log", 31, &words);
        assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
        let doctor = printed(&run_in(folder.path(), variables, "doctor"));
        let words = words.split_once("]: ").unwrap().1.lines().next().unwrap();
        assert!(doctor.contains(words), "{doctor}");
    }
}

#[test]
fn check_prints_a_line_for_each_change() {
    let folder = folder_with(&[(&path("b001"), &config("b001", ""))]);
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    let check = || {
        let output = run_in(folder.path(), &[], "check --base main --format text");
        assert_eq!(output.status.code(), Some(0), "{}", printed(&output));
        String::from_utf8(output.stdout).unwrap()
    };
    assert_eq!(check(), "No config is changed.\n");
    git(folder.path(), &["switch", "--quiet", "--create", "feature"]);
    git(folder.path(), &["rm", "--quiet", &path("b001")]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    let text = check();
    let start = format!(
        "{}: delete after confirmation: edge-prod-b001-us-west-1-s3-stack in ",
        path("b001")
    );
    assert!(
        text.starts_with(&start) && text.lines().count() == 3,
        "{text}"
    );
    assert!(text.contains("(impact "), "{text}");
    let closing = "\nprovisioner: 1 config, 0 errors, 0 warnings, impact critical, plan ";
    assert!(text.contains(closing), "{text}");
}

#[test]
fn explain_shows_words_and_no_template_source() {
    let folder = TempDir::new().unwrap();
    let codes = printed(&run_in(folder.path(), &[], "explain"));
    assert!(!codes.contains("{{ ") && !codes.contains("{%"), "{codes}");
    assert!(codes.contains("ml-tags-clash"), "{codes}");
    let rules = codes.lines().filter_map(|line| line.split(' ').next());
    for rule in rules.filter(|code| code.starts_with("ml-") || code.starts_with("s3-")) {
        let text = printed(&run_in(folder.path(), &[], &format!("explain {rule}")));
        assert!(!text.contains("{{ ") && !text.contains("{%"), "{text}");
    }
    let code = printed(&run_in(folder.path(), &[], "explain s3-solution-name"));
    assert!(code.contains("valid name: `SOLUTION`"), "{code}");
}

#[test]
fn attack_an_argument_that_becomes_a_runner_command() {
    for argument in [
        "a\n::add-mask::x",
        "--\n::error::x",
        "a\u{1b}]0;x\u{7}",
        "a\r##[error]x",
    ] {
        for arguments in [
            vec![argument],
            vec!["validate-config", "--format", argument],
        ] {
            let output = Command::new(BINARY).args(&arguments).output().unwrap();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}");
            let text = String::from_utf8(output.stderr).unwrap();
            let starts = |line: &str| line.starts_with("::") || line.starts_with("##[");
            assert!(!text.lines().any(starts), "{text:?}");
            assert!(!text.contains(['\u{1b}', '\u{7}', '\r']), "{text:?}");
        }
    }
}
