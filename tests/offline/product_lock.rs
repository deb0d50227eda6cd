//! `lock`: the file that it writes, and what it finds in a file of others.
#![expect(clippy::disallowed_methods, reason = "a lock is a file")]

use std::path::Path;
use std::process::{Command, Output};

use provisioner::config::LOCK_SCHEMA;
use provisioner::product::built_in_products;
use serde_json::Value;
use tempfile::TempDir;

use crate::support::documents::assert_json_documented;
use crate::support::job::{config, git, path, run_in};
use crate::support::product_lock::{LOCK, of_release, running};

fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    folder
}

fn write(folder: &TempDir, path: &str, text: impl AsRef<[u8]>) {
    let path = folder.path().join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// `lock --check` fails with these codes.
#[track_caller]
fn assert_refused(folder: &TempDir, codes: &[&str]) -> String {
    let output = run_in(folder.path(), &["lock", "--check", "--format", "json"]);
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["result"], "different");
    let found = report["diagnostics"].as_array().unwrap().iter();
    let mut found: Vec<&str> = found.map(|it| it["code"].as_str().unwrap()).collect();
    found.dedup();
    assert_eq!(found, codes, "{report:#}");
    report.to_string()
}

#[track_caller]
fn assert_accepted(folder: &TempDir) {
    let output = run_in(folder.path(), &["lock", "--check"]);
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn the_lock_is_written_once_and_is_the_same_everywhere() {
    let folder = repository();
    let said = |output: Output| text(&output.stdout);
    let closing = format!(
        "lock: 2 products of provisioner {}, 0 errors, 0 warnings\n",
        env!("CARGO_PKG_VERSION")
    );
    assert_eq!(
        said(run_in(folder.path(), &["lock"])),
        format!("created {LOCK}\n{closing}")
    );
    assert_eq!(
        said(run_in(folder.path(), &["lock"])),
        format!("unchanged {LOCK}\n{closing}")
    );
    assert_eq!(
        said(run_in(folder.path(), &["lock", "--check"])),
        format!("ok {LOCK}\n{closing}")
    );
    // From a folder below, the repository has one lock.
    let below = folder.path().join("s3/configs");
    std::fs::create_dir_all(&below).unwrap();
    let other = of_release("0.0.9", "s3");
    write(&folder, LOCK, &other);
    assert_eq!(
        said(run_in(&below, &["lock"])),
        format!("updated ../../{LOCK}\n{closing}")
    );
    let written = std::fs::read_to_string(folder.path().join(LOCK)).unwrap();
    assert_eq!(written, running());
    for product in built_in_products() {
        assert!(written.contains(&format!("\n  {product}:\n")), "{written}");
    }
}

/// The digest can be computed without provisioner.
#[test]
fn the_digest_is_that_of_sha256sum() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for product in built_in_products() {
        let sum = Command::new("sh")
            .args(["-c", "LC_ALL=C sha256sum -- * | sha256sum"])
            .current_dir(root.join("templates").join(product))
            .output()
            .unwrap();
        let sum = text(&sum.stdout);
        let (digest, _) = sum.split_once(' ').unwrap();
        let entry = format!(
            "  {product}:\n    version: \"{}\"\n    sha256: \"{digest}\"\n",
            env!("CARGO_PKG_VERSION")
        );
        assert!(running().contains(&entry), "{entry}{}", running());
    }
}

#[test]
fn every_format_of_the_lock_is_documented() {
    let folder = repository();
    for arguments in [
        &["lock", "--check", "--format", "json"][..],
        &["lock", "--format", "json"],
        &["lock", "--check", "--format", "json"],
    ] {
        let output = run_in(folder.path(), arguments);
        assert_json_documented(arguments, &output.stdout);
    }
    write(&folder, LOCK, of_release("0.0.9", "s3"));
    let output = run_in(folder.path(), &["lock", "--check", "--format", "sarif"]);
    let sarif: Value = serde_json::from_slice(&output.stdout).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    assert!(
        results
            .iter()
            .all(|it| it["ruleId"] == "product-not-locked")
    );
    let output = run_in(folder.path(), &["lock", "--check", "--format", "markdown"]);
    assert!(text(&output.stdout).contains("- ❌ `failed .provisioner/products.lock`"));
    let schema: Value = serde_json::from_str(LOCK_SCHEMA).unwrap();
    jsonschema::validator_for(&schema).unwrap();
}

#[test]
fn a_lock_of_another_release_names_what_differs() {
    let folder = repository();
    let report = assert_refused(&folder, &["product-not-locked"]);
    assert!(report.contains("the repository has no lock"), "{report}");
    write(&folder, LOCK, of_release("0.0.9", "s3"));
    let output = run_in(folder.path(), &["lock", "--check"]);
    assert_eq!(output.status.code(), Some(10));
    let shown = text(&output.stdout);
    let digest = regex::Regex::new(r"\([0-9a-f]{12}\)").unwrap();
    insta::assert_snapshot!("other_release", digest.replace_all(&shown, "([digest])"));
    write(&folder, LOCK, running());
    assert_accepted(&folder);
}

#[test]
fn attack_a_lock_is_edited_by_hand() {
    let folder = repository();
    let good = running();
    let version = env!("CARGO_PKG_VERSION");
    let (head, s3) = good.split_once("  s3:\n").unwrap();
    let digest = s3.split('"').nth(3).unwrap();
    let edits = [
        // A forged digest, a forged version, a missing and an added product.
        good.replace(digest, &"f".repeat(64)),
        good.replacen(
            &format!("  s3:\n    version: \"{version}\""),
            "  s3:\n    version: \"9.9.9\"",
            1,
        ),
        head.to_owned(),
        format!("{good}  other:\n{s3}"),
        good.replacen(
            &format!("provisioner: \"{version}\""),
            "provisioner: 9.9.9",
            1,
        ),
    ];
    for edit in edits {
        assert_ne!(edit, good);
        write(&folder, LOCK, &edit);
        assert_refused(&folder, &["product-not-locked"]);
    }
    // Another form of the same data is the same lock.
    let other = good.replace('"', "").replace("# Written", "# Not written");
    write(
        &folder,
        LOCK,
        other.replace("sha256: ", "sha256: !x ").replace("!x ", ""),
    );
    assert_accepted(&folder);
}

#[test]
fn attack_a_lock_that_readers_understand_differently() {
    let folder = repository();
    let good = running();
    let (_, s3) = good.split_once("  s3:\n").unwrap();
    let huge = format!("{good}#{}\n", "x".repeat(1 << 20));
    let cases: [(&str, Vec<u8>); 9] = [
        ("duplicate-key", format!("{good}  s3:\n{s3}").into()),
        ("duplicate-key", format!("{good}products: {{}}\n").into()),
        ("config-too-large", huge.into()),
        ("config-not-utf8", [good.as_bytes(), b"# \xff\n"].concat()),
        ("config-empty", Vec::new()),
        (
            "yaml-tag",
            good.replacen("products:", "products: !x", 1).into(),
        ),
        (
            "yaml-multiple-documents",
            format!("{good}---\n{good}").into(),
        ),
        ("unknown-key", format!("{good}allow: all\n").into()),
        (
            "program-too-old",
            good.replace("version: 1\n", "version: 2\n").into(),
        ),
    ];
    for (code, bytes) in cases {
        write(&folder, LOCK, bytes);
        assert_refused(&folder, &[code]);
    }
    let commented = format!("{good}# {}\n", "x".repeat(1 << 19));
    write(&folder, LOCK, commented);
    assert_accepted(&folder);
}

#[test]
fn attack_a_lock_that_is_a_link_is_neither_read_nor_written() {
    let folder = repository();
    let outside = TempDir::new().unwrap();
    let target = outside.path().join("target");
    std::fs::write(&target, running()).unwrap();
    std::fs::create_dir_all(folder.path().join(".provisioner")).unwrap();
    let lock = folder.path().join(LOCK);
    std::os::unix::fs::symlink(&target, &lock).unwrap();
    assert_refused(&folder, &["not-a-regular-file"]);
    std::fs::write(&target, "mine").unwrap();
    let output = run_in(folder.path(), &["lock"]);
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "mine");
    // A folder in its place, and a linked folder above it.
    std::fs::remove_file(&lock).unwrap();
    std::fs::create_dir(&lock).unwrap();
    assert_refused(&folder, &["not-a-regular-file"]);
    assert_eq!(run_in(folder.path(), &["lock"]).status.code(), Some(2));
    std::fs::remove_dir_all(folder.path().join(".provisioner")).unwrap();
    std::os::unix::fs::symlink(outside.path(), folder.path().join(".provisioner")).unwrap();
    assert_eq!(run_in(folder.path(), &["lock"]).status.code(), Some(2));
    assert!(!outside.path().join("products.lock").exists());
    std::fs::remove_file(folder.path().join(".provisioner")).unwrap();
    assert!(run_in(folder.path(), &["lock"]).status.success());
    assert_accepted(&folder);
}

/// No way around the check of links: the folder counts like the file, on every path to the lock.
#[test]
fn attack_a_lock_below_a_linked_folder() {
    let folder = repository();
    let outside = TempDir::new().unwrap();
    std::fs::write(outside.path().join("products.lock"), running()).unwrap();
    let place = folder.path().join(".provisioner");
    for target in [outside.path(), Path::new("nowhere")] {
        std::os::unix::fs::symlink(target, &place).unwrap();
        assert_refused(&folder, &["not-a-regular-file"]);
        std::fs::remove_file(&place).unwrap();
    }
    std::fs::write(&place, "x").unwrap();
    assert_refused(&folder, &["not-a-regular-file"]);
    std::fs::remove_file(&place).unwrap();
    write(&folder, LOCK, running());
    assert_accepted(&folder);
}

/// A file of a later format is not guessed at: the message names the program that reads it.
#[test]
fn an_older_program_names_the_version_that_it_needs() {
    let folder = repository();
    write(&folder, LOCK, "version: 2\nprovisioner: 1.4.0\nfuture: x\n");
    let output = run_in(folder.path(), &["lock", "--check"]);
    let shown = text(&output.stdout);
    assert!(shown.contains("error[program-too-old]"), "{shown}");
    assert!(
        shown.contains("help: use provisioner 1.4.0 or later"),
        "{shown}"
    );
    assert_eq!(shown.matches("error[").count(), 1, "{shown}");
    write(&folder, &path("b001"), config("b001", ""));
    let show = |policy: &str| {
        write(&folder, ".provisioner.yaml", policy);
        let output = run_in(
            folder.path(),
            &["check", "--base", "HEAD", "--format", "text"],
        );
        text(&output.stdout) + &text(&output.stderr)
    };
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    show("version: 2\nfuture: x\n");
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    let shown = show("version: 2\nfuture: x\n");
    assert!(shown.contains("error[program-too-old]"), "{shown}");
    assert!(
        shown.contains("help: use provisioner 2.0.0 or later"),
        "{shown}"
    );
    assert!(!shown.contains("unknown-key"), "{shown}");
}

/// The file of a newer program is not lost, and no message recommends the program that runs.
#[test]
fn an_older_program_replaces_no_newer_lock() {
    let folder = repository();
    let newer = "version: 2\nprovisioner: 9.0.0\n";
    write(&folder, LOCK, newer);
    let output = run_in(folder.path(), &["lock"]);
    assert_eq!(output.status.code(), Some(10), "{output:?}");
    assert!(text(&output.stdout).contains("use provisioner 9.0.0 or later"));
    assert_eq!(
        std::fs::read_to_string(folder.path().join(LOCK)).unwrap(),
        newer
    );
    // The same format: a rollback, which the output names.
    write(&folder, LOCK, of_release("9.0.0", "s3"));
    let output = run_in(folder.path(), &["lock"]);
    let shown = text(&output.stdout);
    assert!(
        output.status.success() && shown.contains("the lock was of provisioner 9.0.0"),
        "{shown}"
    );
    assert_accepted(&folder);
    let version = env!("CARGO_PKG_VERSION");
    write(&folder, LOCK, of_release(version, "s3"));
    let shown = text(&run_in(folder.path(), &["lock", "--check"]).stdout);
    assert!(
        shown.contains("it was edited, or another build of"),
        "{shown}"
    );
    assert!(
        !shown.contains(&format!("run provisioner {version}")),
        "{shown}"
    );
    write(
        &folder,
        LOCK,
        format!("version: 2\nprovisioner: {version}\n"),
    );
    let shown = text(&run_in(folder.path(), &["lock", "--check"]).stdout);
    assert!(shown.contains("use provisioner 2.0.0 or later"), "{shown}");
}

/// A digest is shown as far as it takes to tell it from the other one.
#[test]
fn two_digests_never_look_the_same() {
    let folder = repository();
    let good = running();
    let digest = good.rsplit('"').nth(1).unwrap();
    let other = format!("{}{}", &digest[..20], "f".repeat(44));
    write(&folder, LOCK, good.replace(digest, &other));
    let shown = text(&run_in(folder.path(), &["lock", "--check"]).stdout);
    let digests = regex::Regex::new(r"\(([0-9a-f]{12,64})\)").unwrap();
    let digests: Vec<&str> = digests
        .captures_iter(&shown)
        .map(|it| it.get(1).unwrap().as_str())
        .collect();
    assert!(digests.len() == 2 && digests[0] != digests[1], "{shown}");
    assert!(shown.contains("     sha256:"), "{shown}");
}

/// Actions that change no stack work side by side in two versions.
#[test]
fn offline_actions_work_with_any_lock() {
    let folder = repository();
    write(&folder, &path("b001"), config("b001", ""));
    for lock in [
        Some(of_release("0.0.9", "s3")),
        Some("broken".to_owned()),
        None,
    ] {
        match lock {
            Some(lock) => write(&folder, LOCK, lock),
            None => std::fs::remove_file(folder.path().join(LOCK)).unwrap(),
        }
        for action in ["validate-config", "create-prov-template", "create-policy"] {
            let output = run_in(folder.path(), &[action, &path("b001")]);
            assert!(output.status.success(), "{action}: {output:?}");
        }
    }
}

/// Evidence of another version is not replayed by guesses.
#[test]
fn evidence_of_another_version_names_the_program_that_reads_it() {
    let folder = repository();
    let evidence = |version: u32, writer: &str| {
        let predicate = serde_json::json!({"run": {"version": writer}});
        let kind = format!("urn:provisioner:provisioning:v{version}");
        serde_json::json!({"predicateType": kind, "predicate": predicate}).to_string()
    };
    let replay = |text: &str| {
        write(&folder, "evidence.json", text);
        let output = run_in(folder.path(), &["replay", "evidence.json"]);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        self::text(&output.stderr)
    };
    let newer = replay(&evidence(99, "7.1.0"));
    assert!(newer.contains("is too old for this evidence"), "{newer}");
    assert!(
        newer.contains("help: use provisioner 7.1.0 or later"),
        "{newer}"
    );
    let older = replay(&evidence(2, "0.0.9"));
    assert!(older.contains("this evidence has version 2"), "{older}");
    assert!(older.contains("help: use provisioner 0.0.9"), "{older}");
    // A hostile file puts no text of its own into the message.
    let hostile = replay(&evidence(99, "1.0\u{1b}[31m\n::error::x"));
    assert!(
        hostile.contains("the version of provisioner that wrote it"),
        "{hostile}"
    );
    assert!(!hostile.contains("::error"), "{hostile}");
}
