//! `provisioner check` on a local repository.
#![expect(clippy::disallowed_methods, reason = "a repository is made of files")]

use std::process::{Command, Output};

use provisioner::model::RepoPath;
use provisioner::plan::shared_stack;
use tempfile::TempDir;

use crate::support::documents::assert_json_documented;
use crate::support::job::{BINARY, config, git, normalize, path};

fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    write(&folder, &path("b001"), &config("b001", ""));
    commit(&folder);
    git(folder.path(), &["switch", "--quiet", "--create", "feature"]);
    folder
}

fn write(folder: &TempDir, path: &str, text: &str) {
    let path = folder.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn commit(folder: &TempDir) {
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
}

fn check(folder: &TempDir, arguments: &[&str]) -> Output {
    let mut check = Command::new(BINARY);
    check
        .args(["check", "--base", "main"])
        .args(arguments)
        .current_dir(folder.path());
    let output = check.env("GIT_CONFIG_GLOBAL", "/dev/null").output();
    let output = output.unwrap();
    assert_json_documented(arguments, &output.stdout);
    output
}

#[test]
fn a_bucket_rename_is_critical() {
    let folder = repository();
    write(
        &folder,
        &path("b001"),
        &config("b001", "  bucket_name_override: edge-other\n"),
    );
    commit(&folder);
    let output = check(&folder, &[]);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    insta::assert_snapshot!(
        "bucket_rename",
        normalize(&String::from_utf8(output.stdout).unwrap())
    );
}

/// The check reads commits: a config in the work tree alone is named.
#[test]
fn uncommitted_configs_are_named() {
    let folder = repository();
    write(
        &folder,
        &path("b001"),
        &config("b001", "  tags: {Team: y}\n"),
    );
    write(&folder, &path("b009"), &config("b009", ""));
    write(&folder, "notes.yaml", "x: 1\n");
    let output = check(&folder, &[]);
    let text = String::from_utf8(output.stderr).unwrap();
    for tenant in ["b001", "b009"] {
        assert!(text.contains(&path(tenant)), "{text}");
    }
    assert!(
        text.contains("commit them first") && !text.contains("notes"),
        "{text}"
    );
    let named = check(&folder, &["--head", "feature"]);
    assert!(
        !String::from_utf8(named.stderr)
            .unwrap()
            .contains("uncommitted")
    );
    commit(&folder);
    let output = check(&folder, &[]);
    assert!(
        !String::from_utf8(output.stderr)
            .unwrap()
            .contains("uncommitted")
    );
}

/// A config whose new name no glob selects is told its name.
#[test]
fn a_config_that_ends_with_yml_is_told_its_name() {
    let folder = repository();
    git(folder.path(), &["switch", "--quiet", "main"]);
    write(
        &folder,
        ".provisioner.yaml",
        "version: 1\nconfigs: [s3/configs/*.yaml]\n",
    );
    commit(&folder);
    git(folder.path(), &["switch", "--quiet", "--create", "short"]);
    let (old, new) = (path("b001"), path("b001").replace(".yaml", ".yml"));
    git(folder.path(), &["mv", &old, &new]);
    commit(&folder);
    let text = String::from_utf8(check(&folder, &[]).stdout).unwrap();
    assert!(text.contains(&format!("rename it to `{old}`")), "{text}");
}

/// A repository that CI applies: an environment without a role is denied there, and the laptop says so too.
#[test]
fn a_missing_apply_role_is_reported_if_another_environment_has_one() {
    let role = "roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}";
    for (policy, denied) in [
        (
            format!("environments: {{dev: {{{role}}}, prod: {{}}}}"),
            true,
        ),
        (
            format!("environments: {{dev: {{}}, prod: {{{role}}}}}"),
            false,
        ),
        ("environments: {prod: {}}".to_owned(), false),
    ] {
        let folder = repository();
        git(folder.path(), &["switch", "--quiet", "main"]);
        write(
            &folder,
            ".provisioner.yaml",
            &format!("version: 1\n{policy}\n"),
        );
        commit(&folder);
        git(folder.path(), &["switch", "--quiet", "--create", "new"]);
        write(&folder, &path("b009"), &config("b009", ""));
        commit(&folder);
        let output = check(&folder, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            text.contains("role-not-configured"),
            denied,
            "{policy}: {text}"
        );
    }
}

#[test]
fn odd_file_names_and_links_are_read_literally() {
    let folder = repository();
    write(&folder, "s3/configs/a\nb-s3.yaml", "x: 1\n");
    write(&folder, "s3/configs/-rf-s3.yaml", "x: 1\n");
    write(&folder, "s3/configs/ä\"|`-s3.yaml", "x: 1\n");
    std::os::unix::fs::symlink(
        "/etc/hostname",
        folder.path().join("s3/configs/link-s3.yaml"),
    )
    .unwrap();
    commit(&folder);
    let output = check(&folder, &["--format", "json"]);
    assert_eq!(output.status.code(), Some(10));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let paths: Vec<&str> = json["plan"]["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["path"].as_str().unwrap())
        .collect();
    assert_eq!(
        paths,
        [
            "s3/configs/-rf-s3.yaml",
            "s3/configs/a\nb-s3.yaml",
            "s3/configs/link-s3.yaml",
            "s3/configs/ä\"|`-s3.yaml"
        ]
    );
    assert!(!String::from_utf8_lossy(&output.stdout).contains("hostname\": "));
}

/// Files are read by folder. The top folder has no name, and other folders may have unreadable names.
#[test]
fn configs_are_read_from_any_folder() {
    use std::os::unix::ffi::OsStrExt as _;

    let folder = repository();
    let unreadable = std::ffi::OsStr::from_bytes(b"s3/configs/\xff.yaml");
    std::fs::write(folder.path().join(unreadable), "x").unwrap();
    commit(&folder);
    git(folder.path(), &["branch", "--force", "main"]);
    let name = |tenant: &str| path(tenant).rsplit('/').next().unwrap().to_owned();
    let odd = format!(":(glob) [x]*/{}", name("b002"));
    for (tenant, place) in [
        ("b001", &path("b001")),
        ("b002", &odd),
        ("b003", &name("b003")),
    ] {
        let changed = config(tenant, "  lifecycle_policy: compliance\n");
        write(&folder, place, &changed);
    }
    commit(&folder);
    let output = check(
        &folder,
        &[
            "--format",
            "json",
            "--configs",
            "**/*.yaml",
            "--configs",
            "*.yaml",
        ],
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let changes = json["plan"]["changes"].as_array().unwrap();
    let intents: Vec<_> = changes
        .iter()
        .map(|change| (change["path"].as_str(), change["intent"].as_str()))
        .collect();
    assert_eq!(
        intents,
        [
            (Some(&*odd), Some("create")),
            (Some(&*name("b003")), Some("create")),
            (Some(&*path("b001")), Some("update")),
        ],
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn attack_a_revision_is_not_an_option() {
    let folder = repository();
    for revision in [
        "--output=pwned",
        "-x",
        "main;touch pwned",
        "$(touch pwned)",
        "nowhere",
    ] {
        let output = Command::new(BINARY)
            .args(["check", &format!("--base={revision}")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{revision}");
        assert!(
            String::from_utf8_lossy(&output.stderr).contains("revision"),
            "{revision}"
        );
    }
    assert!(!folder.path().join("pwned").exists());
}

#[test]
fn a_folder_without_a_repository_is_an_error() {
    let folder = TempDir::new().unwrap();
    let output = check(&folder, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(!output.stderr.is_empty());
}

#[test]
fn every_format_has_the_same_diagnostics() {
    let folder = repository();
    write(
        &folder,
        &path("b001"),
        &config("b001", "  vpc_id: vpc-0a1b2c3d\n"),
    );
    commit(&folder);
    let text =
        |format: &str| String::from_utf8(check(&folder, &["--format", format]).stdout).unwrap();
    for format in ["text", "json", "markdown", "sarif"] {
        assert!(
            text(format).contains("s3-vpc-without-route-tables"),
            "{format}"
        );
    }
}

/// The text says what the comment says of the policy file, and what the check did not do.
#[test]
fn the_text_has_the_changes_of_the_policy_file_and_the_notices() {
    let folder = repository();
    let text = || String::from_utf8(check(&folder, &["--format", "text"]).stdout).unwrap();
    assert_eq!(text(), "No config is changed.\n");
    write(
        &folder,
        ".provisioner.yaml",
        "version: 1\nconfigs: ['s3/configs/*.yaml', 'ml/configs/*.yaml']\nenvironments: {prod: {}}\n",
    );
    commit(&folder);
    git(folder.path(), &["branch", "--force", "main"]);
    write(
        &folder,
        ".provisioner.yaml",
        "version: 1\nconfigs: ['s3/configs/*.yaml']\nenvironments: {prod: {}, dev: {}}\n",
    );
    commit(&folder);
    insta::assert_snapshot!("policy_file_as_text", normalize(&text()));
}

/// The unchanged config claims the stack of the changed one.
#[test]
fn attack_a_second_config_for_the_stack_of_an_unchanged_one() {
    let folder = repository();
    let double = path("b001").replace("s3/configs/", "ml/configs/");
    write(&folder, &double, &config("b001", ""));
    commit(&folder);
    let output = check(&folder, &["--format", "text"]);
    assert_eq!(output.status.code(), Some(10));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("error[duplicate-stack]"), "{text}");

    git(folder.path(), &["branch", "--force", "main"]);
    std::fs::remove_file(folder.path().join(&double)).unwrap();
    commit(&folder);
    let output = check(&folder, &["--format", "text"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("warning[duplicate-stack]"), "{text}");
    assert!(text.contains("is not deleted"), "{text}");
}

/// A path of the repository is whole, however long it is, so that it can be copied.
#[test]
fn the_other_config_of_a_stack_has_its_whole_path() {
    let other = path(&"b".repeat(120));
    let [first, second] = [path("b001"), other.clone()].map(|text| RepoPath::parse(&text).unwrap());
    let keys = ["client.tenant_id".to_owned()].into();
    let problem = shared_stack(&first, "edge-prod-b001", &[&second], &keys);
    assert_eq!(
        problem.message,
        format!("config `{other}` has the same stack: `edge-prod-b001`")
    );
    let help = "keep one of the configs, or change `client.tenant_id`";
    assert_eq!(problem.help.as_deref(), Some(help));
}

/// The unchanged config claims the bucket of the changed one.
#[test]
fn name_of_an_unchanged_config_is_an_error_of_the_changed_one() {
    let folder = repository();
    let named = "  bucket_name_override: edge-data\n";
    write(&folder, &path("b001"), &config("b001", named));
    commit(&folder);
    git(folder.path(), &["branch", "--force", "main"]);
    write(&folder, &path("b002"), &config("b002", named));
    commit(&folder);
    let output = check(&folder, &["--format", "text"]);
    assert_eq!(output.status.code(), Some(10));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("error[duplicate-name]"), "{text}");
    for file in [path("b001"), path("b002")] {
        assert!(text.contains(&file), "{text}");
    }
}

/// A config with errors may claim the stack of a removed one.
#[test]
fn attack_a_config_with_errors_keeps_the_stack_in_the_check() {
    for (bucket, is_warned) in [("b001", true), ("b002", false)] {
        let folder = repository();
        let double = path(bucket).replace("s3/configs/", "ml/configs/");
        for text in [config(bucket, ""), "client: 2\n".to_owned()] {
            write(&folder, &double, &text);
            commit(&folder);
        }
        git(folder.path(), &["branch", "--force", "main"]);
        std::fs::remove_file(folder.path().join(path("b001"))).unwrap();
        commit(&folder);
        let output = check(&folder, &["--format", "text"]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            text.contains("warning[duplicate-stack]"),
            is_warned,
            "{text}"
        );
        let told = text.contains("is not deleted while") && text.contains(&double);
        assert_eq!(told, is_warned, "{text}");
    }
}

#[test]
fn a_removed_config_with_errors_names_the_stack_that_stays() {
    let folder = TempDir::new().unwrap();
    let inner = folder.path().join("inner");
    std::fs::create_dir_all(&inner).unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let (valid, never) = (path("b001"), path("b002"));
    write(&folder, &valid, &config("b001", ""));
    commit(&folder);
    let named = git(folder.path(), &["rev-parse", "--short=7", "HEAD"]);
    for text in ["client:\n  no: 1\n", "client: 2\n"] {
        write(&folder, &valid, text);
        write(&folder, &never, text);
        commit(&folder);
    }
    git(folder.path(), &["switch", "--quiet", "--create", "feature"]);
    for removed in [&valid, &never] {
        std::fs::remove_file(folder.path().join(removed)).unwrap();
    }
    write(&folder, "inner/x", "x");
    commit(&folder);
    let output = check(&folder, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    let text = normalize(&text).replace(named.trim(), "[version]");
    insta::assert_snapshot!("left_behind", text);
}

/// A shallow clone may lack the version that names the stack.
#[test]
fn a_shallow_clone_does_not_deny_that_a_stack_stays() {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let removed = path("b001");
    for text in [&config("b001", ""), "client: 2\n"] {
        write(&folder, &removed, text);
        commit(&folder);
    }
    std::fs::remove_file(folder.path().join(&removed)).unwrap();
    commit(&folder);
    let shallow = TempDir::new().unwrap();
    let url = format!("file://{}", folder.path().display());
    git(
        shallow.path(),
        &["clone", "--quiet", "--depth=2", &url, "."],
    );
    let mut check = Command::new(BINARY);
    check.args(["check", "--base", "HEAD~1"]);
    let output = check.current_dir(shallow.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("warning[stack-left-behind]"), "{text}");
    assert!(text.contains("read 0 earlier versions"), "{text}");
}

/// A laptop has no forge that says the time, so its own clock decides.
#[test]
fn a_freeze_that_holds_now_is_named_on_a_laptop() {
    let folder = repository();
    git(folder.path(), &["switch", "--quiet", "main"]);
    let freeze =
        "version: 1\ndefaults:\n  freeze: [{from: 2001-01-01, to: 2090-01-01, reason: year}]\n";
    write(&folder, ".provisioner.yaml", freeze);
    commit(&folder);
    git(folder.path(), &["switch", "--quiet", "feature"]);
    git(folder.path(), &["merge", "--quiet", "main"]);
    write(&folder, &path("b005"), &config("b005", ""));
    commit(&folder);
    let output = check(&folder, &[]);
    let text = String::from_utf8(output.stdout).unwrap();
    let named = "frozen until `2090-01-02 00:00 UTC`: `year`";
    assert!(text.contains(named), "{text}");
}

/// A merge that waits for such a window would never be applied, and such a stack would never begin.
#[test]
fn times_that_the_jobs_cannot_use_are_warnings() {
    for (policy, place) in [
        ("windows: [{from: '12:40', to: '13:30'}]", Some("6:15")),
        ("windows: [{from: '23:40', to: '00:30'}]", Some("6:15")),
        ("windows: [{from: '12:00', to: '13:00'}]", None),
        ("windows: [{from: '00:00', to: '00:00'}]", None),
        (
            "rollback: {alarms: [], monitoring-minutes: 175}",
            Some("6:48"),
        ),
        ("rollback: {alarms: [], monitoring-minutes: 174}", None),
    ] {
        let folder = repository();
        let text = format!(
            "version: 1\nenvironments:\n  prod: {{}}\n  dev:\n    updates: never\n    {policy}\n"
        );
        write(&folder, ".provisioner.yaml", &text);
        commit(&folder);
        let output = check(&folder, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        let found = text.contains("unusable-time");
        assert_eq!(found, place.is_some(), "{policy}: {text}");
        if let Some(place) = place {
            let place = format!(".provisioner.yaml:{place}");
            assert!(text.contains(&place), "{place}: {text}");
        }
        // A later change says nothing of it.
        git(folder.path(), &["switch", "--quiet", "main"]);
        git(folder.path(), &["merge", "--quiet", "feature"]);
        git(folder.path(), &["switch", "--quiet", "--create", "later"]);
        write(&folder, &path("b009"), &config("b009", ""));
        commit(&folder);
        let later = String::from_utf8(check(&folder, &[]).stdout).unwrap();
        assert!(!later.contains("unusable-time"), "{later}");
    }
}

/// A canary that does not exist would let all stacks begin at once, without a word.
#[test]
fn a_config_of_first_that_does_not_exist_is_a_warning() {
    let policy = |first: &str| {
        format!("version: 1\nenvironments:\n  prod: {{}}\n  dev:\n    first:\n      - {first}\n")
    };
    let shown = |folder: &TempDir| {
        let output = check(folder, &[]);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0), "{text}");
        text
    };
    let warned = |text: &str, name: &str| {
        let message = format!("`first` names a config that does not exist: {name}");
        assert!(text.contains(&message), "{text}");
        assert!(
            text.contains("first-config-absent") && text.contains(".provisioner.yaml:6:9"),
            "{text}"
        );
    };
    let named = path("b001");
    for (first, absent) in [(&*named, false), ("s3/configs/nope.yaml", true)] {
        let folder = repository();
        write(&folder, ".provisioner.yaml", &policy(first));
        commit(&folder);
        let text = shown(&folder);
        match absent {
            true => warned(&text, first),
            false => assert!(!text.contains("first-config-absent"), "{text}"),
        }
    }

    // A later change removes the config, or the globs no longer select it.
    let with_first = || {
        let folder = repository();
        git(folder.path(), &["switch", "--quiet", "main"]);
        write(&folder, ".provisioner.yaml", &policy(&named));
        commit(&folder);
        git(folder.path(), &["switch", "--quiet", "--create", "later"]);
        folder
    };
    let folder = with_first();
    write(&folder, "README.md", "x\n");
    commit(&folder);
    assert!(!shown(&folder).contains("first-config-absent"));
    git(folder.path(), &["mv", &named, &path("b002")]);
    write(&folder, &path("b002"), &config("b002", ""));
    commit(&folder);
    warned(&shown(&folder), &named);
    let folder = with_first();
    let narrow = policy(&named) + "configs: [other/*.yaml]\n";
    write(&folder, ".provisioner.yaml", &narrow);
    write(&folder, "other/x.yaml", &config("b003", ""));
    commit(&folder);
    warned(&shown(&folder), &named);

    // Another merge added the config since the change began.
    let folder = repository();
    write(
        &folder,
        &path("b001"),
        &config("b001", "  lifecycle_policy: compliance\n"),
    );
    commit(&folder);
    git(folder.path(), &["switch", "--quiet", "main"]);
    write(&folder, &path("b007"), &config("b007", ""));
    write(&folder, ".provisioner.yaml", &policy(&path("b007")));
    commit(&folder);
    git(folder.path(), &["switch", "--quiet", "feature"]);
    assert!(!shown(&folder).contains("first-config-absent"));
}
