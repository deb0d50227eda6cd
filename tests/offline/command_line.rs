//! The command line: accepted forms, rejected forms with their tips, and help.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::process::{Command, Output};

use provisioner::cli::{ActionRequest, Invocation, command, parse};
use provisioner::product::{Class, Registry};
use tempfile::TempDir;

use crate::support::job::{BINARY, config};

fn words(line: &str) -> Vec<OsString> {
    let words = line.split_whitespace().map(OsString::from);
    ["provisioner".into()].into_iter().chain(words).collect()
}

#[track_caller]
fn request(line: &str) -> ActionRequest {
    match parse(&words(line)) {
        Ok((_, Invocation::Action(request))) => request,
        Ok((_, other)) => panic!("{line}: {other:?}"),
        Err(error) => panic!("{line}: {error}"),
    }
}

#[track_caller]
fn refusal(line: &str) -> String {
    match parse(&words(line)) {
        Err(error) => {
            assert!(error.use_stderr(), "{line}");
            error.to_string()
        }
        Ok((_, invocation)) => panic!("{line}: {invocation:?}"),
    }
}

/// The `docker run` lines of the two documents of the original tools, from the image's name on, with the documents' values for
/// their shell variables.
const DOCUMENTED: &[&str] = &[
    // ml-update-procedures.txt
    "-con globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml -act validate-config",
    "-con globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml -act test-deploy",
    "-con globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml -act create-prov-template",
    "-con globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml -act show-changes",
    "-con globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml -act check-drift",
    "-con globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml -act delete-product --force",
    // s3-update-procedures.txt
    "--help",
    "--config your-config.yaml --action validate-config",
    "--config your-config.yaml --action test-deploy --solution master-solution",
    "--config edge-prod-b001-us-west-1-s3.yaml --action validate-config",
    "--config edge-prod-b001-us-west-1-s3.yaml --action create-prov-template --solution master-solution",
    "--config edge-prod-b001-us-west-1-s3.yaml --action validate-prov-template --solution master-solution",
    "--config edge-prod-b001-us-west-1-s3.yaml --action show-changes --solution master-solution",
    "--config edge-prod-b001-us-west-1-s3.yaml --action create-policy",
    "--config edge-prod-b001-us-west-1-s3.yaml --action check-drift",
    "--config edge-prod-b001-us-west-1-s3.yaml --action upload-template --solution master-solution",
    "--config edge-prod-b001-us-west-1-s3.yaml --action tear-down --force",
    "--config edge-prod-b001-us-west-1-s3.yaml --action prep-master --solution master-solution --force",
    "--config edge-prod-b001-us-west-1-s3.yaml --action deploy-solution --solution recommendation-engine",
    "--config edge-prod-b001-us-west-1-recommendation-engine-s3.yaml --action validate-config",
    "--config edge-prod-b001-us-west-1-recommendation-engine-s3.yaml --action create-bucket --solution recommendation-engine --force",
];

/// The word after one of the flags.
fn value<'a>(line: &'a str, flags: &[&str]) -> Option<&'a str> {
    let mut words = line.split(' ').skip_while(|word| !flags.contains(word));
    words.nth(1)
}

#[test]
fn every_call_in_the_original_documents_is_accepted() {
    let (help, calls): (Vec<&str>, Vec<&str>) =
        DOCUMENTED.iter().partition(|line| **line == "--help");
    for line in calls {
        let request = request(line);
        let action = value(line, &["--action", "-act"]).unwrap();
        let config = value(line, &["--config", "-con"]).unwrap();
        assert_eq!(request.action, action, "{line}");
        assert_eq!(request.configs, [config], "{line}");
        let solution = value(line, &["--solution"]);
        assert_eq!(request.solution.as_deref(), solution, "{line}");
        assert_eq!(request.force, line.ends_with("--force"), "{line}");
        assert!(!request.overwrite, "{line}");
    }
    let help = parse(&words(help[0])).unwrap_err();
    assert!(!help.use_stderr());
}

/// Runs the documented calls that need no AWS, in a folder that is laid out as the documents describe.
#[test]
fn documented_calls_without_aws_succeed() {
    let folder = TempDir::new().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let ml = "ml/configs/globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml";
    let example = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    write(ml, &std::fs::read_to_string(example.join(ml)).unwrap());
    write(
        "s3/configs/edge-prod-b001-us-west-1-s3.yaml",
        &config("b001", ""),
    );
    write("s3/configs/your-config.yaml", "");
    let dedicated = "  bucket_name_override: edge-prod-b001-us-west-1-recommendation-engine-s3\n";
    write(
        "s3/configs/edge-prod-b001-us-west-1-recommendation-engine-s3.yaml",
        &config("b001", dedicated),
    );
    let offline = [
        "validate-config",
        "create-prov-template",
        "validate-prov-template",
        "create-policy",
    ];
    let is_offline = |line: &&&str| {
        let action = value(line, &["--action", "-act"]);
        action.is_some_and(|action| offline.contains(&action)) && !line.contains("your-config")
    };
    for line in DOCUMENTED.iter().filter(is_offline) {
        let output = Command::new(BINARY)
            .args(line.split(' '))
            .current_dir(folder.path())
            .env_clear()
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{line}: {text}");
    }
}

#[test]
fn the_original_form_takes_the_options_of_its_action() {
    assert!(request("-con c.yaml -act test-deploy --keep").keep);
    assert!(request("-con c.yaml -act show-changes --real").real);
    assert!(request("-con c.yaml -act check-drift --fail-on-drift").fail_on_drift);
    assert!(request("-con c.yaml -act prep-master --dry-run").dry_run);
    assert!(request("-con c.yaml -act prep-master --force --yes").yes);
    assert!(request("-con c.yaml -act create-policy --overwrite").overwrite);
    let tier = request("--tier=enterprise --config=c.yaml --action=deploy-product --force");
    assert_eq!(tier.given.tier.as_deref(), Some("enterprise"));
    assert!(refusal("-con c.yaml -act validate-config --force").contains("--force"));
    assert!(refusal("-con c.yaml -act check-drift --solution x").contains("--solution"));
    assert!(refusal("-con c.yaml").contains("--action <ACTION>"));
    assert!(refusal("-act validate-config").contains("--config <CONFIG>"));
}

#[test]
fn force_overwrites_files_only_in_the_original_form() {
    let original = request("-con c.yaml -act create-prov-template --force");
    assert!(original.overwrite && !original.force);
    let overwrite = request("create-prov-template c.yaml --overwrite");
    assert!(overwrite.overwrite && !overwrite.force);
    let error = refusal("create-prov-template c.yaml --force");
    assert!(
        error.contains("tip: `--overwrite` overwrites hand-edited files"),
        "{error}"
    );
    let error = refusal("deploy-product c.yaml --overwrite");
    assert!(
        error.contains("an option of `create-prov-template` or `create-policy`"),
        "{error}"
    );
}

#[test]
fn a_flag_without_use_is_refused_with_the_form_that_works() {
    for (line, tip) in [
        (
            "validate-config --config c.yaml",
            "use `provisioner validate-config c.yaml` or `provisioner --config c.yaml --action validate-config`",
        ),
        (
            "show-changes --real --config=c.yaml",
            "`provisioner show-changes c.yaml`",
        ),
        (
            "show-changes --region us-west-2",
            "the config names the region",
        ),
        ("--region us-west-2", "the config names the region"),
        ("tear-down c.yaml --profile x", "`AWS_PROFILE`"),
        ("validate-config --force", "`--force` is an option of"),
        (
            "validate-config --keep",
            "`--keep` is an option of `test-deploy`",
        ),
        ("check-drift --real", "`show-changes`"),
        ("show-changes --solution x", "`deploy-solution`"),
        ("deploy-product --solution x", "`deploy-solution`"),
        ("list-products --tier x", "`--tier` is an option of"),
        (
            "deploy-solution c.yaml --force",
            "`--force` is an option of",
        ),
    ] {
        let error = refusal(line);
        assert!(error.contains("unexpected argument '--"), "{line}: {error}");
        assert!(
            error.contains("tip: ") && error.contains(tip),
            "{line}: {error}"
        );
        assert!(
            !error.contains("a similar argument exists"),
            "{line}: {error}"
        );
    }
}

/// An action that changes AWS never takes all configs without being told so.
#[test]
fn an_action_that_changes_aws_names_its_configs_or_all() {
    let registry = Registry::built_in();
    for action in registry.actions() {
        // An import also names its resources.
        let name = &match &*action.name {
            "import" => "import --resource Bucket=BucketName=acme-data".to_owned(),
            name => name.to_owned(),
        };
        let changes_aws = action.has_verb(|verb| verb.class() > Class::Read);
        if changes_aws {
            let error = refusal(name);
            assert!(error.contains("<CONFIG"), "{name}: {error}");
            assert!(
                error.contains("tip: name the configs, or write `--all`"),
                "{error}"
            );
        } else {
            assert!(request(name).configs.is_empty(), "{name}");
        }
        assert!(
            request(&format!("{name} --all")).configs.is_empty(),
            "{name}"
        );
        let error = refusal(&format!("{name} --all c.yaml"));
        assert!(
            error.contains("'--all' cannot be used with"),
            "{name}: {error}"
        );
    }
    for command in ["doctor --all", "roles --all --repository a/b"] {
        assert!(parse(&words(command)).is_ok(), "{command}");
    }
}

fn run(variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let folder = TempDir::new().unwrap();
    Command::new(BINARY)
        .args(arguments)
        .current_dir(folder.path())
        .env_clear()
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn an_empty_variable_is_no_value() {
    for variable in [
        "PROVISIONER_TIER",
        "PROVISIONER_COLOR",
        "PROVISIONER_NO_LOG",
    ] {
        let output = run(&[(variable, "")], &["validate-config"]);
        assert_eq!(output.status.code(), Some(10), "{}", stderr(&output));
    }
    let output = run(&[("PROVISIONER_COLOR", "red")], &["validate-config"]);
    assert_eq!(output.status.code(), Some(2));
}

#[test]
fn confirmations_have_no_variable() {
    let command = command(&Registry::built_in());
    let confirmations = ["force", "yes", "confirm", "overwrite"];
    for sub in command.get_subcommands() {
        let args = sub.get_arguments();
        for arg in args.filter(|arg| confirmations.contains(&arg.get_id().as_str())) {
            assert_eq!(arg.get_env(), None, "{} {}", sub.get_name(), arg.get_id());
        }
    }
}

#[test]
fn colors_follow_the_flag_and_no_color() {
    let is_colored = |variables: &[(&str, &str)], arguments: &[&str]| {
        let output = run(variables, arguments);
        [output.stdout, output.stderr].concat().contains(&0x1b)
    };
    let error = ["explain", "x", "--color=always"];
    assert!(is_colored(&[], &error));
    assert!(!is_colored(&[], &error[..2]));
    assert!(!is_colored(&[("NO_COLOR", "1")], &error[..2]));
    assert!(!is_colored(
        &[("CLICOLOR_FORCE", "1")],
        &["explain", "x", "--color", "never"]
    ));
    assert!(is_colored(&[("PROVISIONER_COLOR", "always")], &["explian"]));
    assert!(is_colored(&[], &["--color", "always", "--help"]));
}

#[test]
fn levels_follow_flags_then_rust_log() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("edge-prod-b001-us-west-1-s3.yaml");
    std::fs::write(&file, config("b001", "")).unwrap();
    let check = ["validate-config", "--no-log", file.to_str().unwrap()];
    let debugs = |variables: &[(&str, &str)], more: &[&str]| {
        let error = stderr(&run(variables, &[&check[..], more].concat()));
        error.lines().any(|line| line.starts_with("debug: "))
    };
    assert!(!debugs(&[], &[]));
    assert!(debugs(&[], &["-v"]));
    assert!(debugs(&[("RUST_LOG", "debug")], &[]));
    assert!(!debugs(&[("RUST_LOG", "debug")], &["-q"]));

    let explain = |variables: &[(&str, &str)], more: &[&str]| {
        stderr(&run(variables, &[&["explain", "x"], more].concat()))
    };
    for other in ["off", "aws_config=debug", "bogus"] {
        let shown = explain(&[("RUST_LOG", other)], &[]);
        assert!(shown.contains("error: no diagnostic"), "{other}: {shown}");
    }
    assert!(explain(&[("RUST_LOG", "off")], &["-qq"]).starts_with("error: "));
    let error = explain(&[("RUST_LOG", "provisioner=loud")], &[]);
    assert!(error.starts_with("warning: RUST_LOG: "), "{error}");
}

/// Summaries are one line that starts with a verb; `--help` of every command has examples or takes no option.
#[test]
fn help_is_short_and_has_examples() {
    let command = command(&Registry::built_in());
    let mut abouts = BTreeSet::new();
    for sub in command.get_subcommands() {
        let name = sub.get_name();
        let about = sub.get_about().unwrap().to_string();
        assert!(abouts.insert(about.clone()), "{name}: {about}");
        let texts = sub.get_arguments().map(|arg| {
            arg.get_help()
                .unwrap_or_else(|| panic!("{name} {arg}"))
                .to_string()
        });
        for text in texts.chain([about]) {
            assert!(text.chars().count() <= 80, "{name}: {text}");
            assert!(
                !text.ends_with('.') && !text.contains('\n'),
                "{name}: {text}"
            );
            assert!(text.starts_with(char::is_uppercase), "{name}: {text}");
        }
        let has_examples = sub
            .get_after_help()
            .is_some_and(|help| help.to_string().starts_with("Examples:"));
        assert!(has_examples || name == "ci", "{name}");
    }
}

#[test]
fn completions_and_manual_pages_name_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let output = run(&[], &["completions", shell]);
        let script = String::from_utf8(output.stdout).unwrap();
        assert!(
            script.contains("prep-master") && script.contains("completions"),
            "{shell}"
        );
        assert!(!script.contains("--profile"), "{shell}");
    }
    // clap_complete has values of arguments without a flag for these shells only.
    for shell in ["bash", "zsh"] {
        let script = String::from_utf8(run(&[], &["completions", shell]).stdout).unwrap();
        for value in ["wrong-file-name", "policy", "s3-solution-name"] {
            assert!(script.contains(value), "{shell}: {value}");
        }
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("man");
    let output = run(&[], &["man", path.to_str().unwrap()]);
    assert!(output.status.success(), "{}", stderr(&output));
    let page = |name: &str| std::fs::read_to_string(path.join(name)).unwrap();
    assert!(page("provisioner.1").contains("validate\\-config"));
    assert!(page("provisioner-prep-master.1").contains("\\-\\-force"));
    let check = page("provisioner-check.1");
    assert!(check.contains(".SH EXAMPLES\n.nf\n"), "{check}");
    assert!(check.contains("\\-\\-base <REV>"), "{check}");
    let first = page("provisioner.1");
    assert!(first.contains(".SH \"EXIT CODES\"\n.nf\n"), "{first}");
    assert!(!first.contains("provisioner\\-help(1)"), "{first}");
    let file = path.join("provisioner.1");
    let output = run(&[], &["man", file.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains(file.to_str().unwrap()));
}
