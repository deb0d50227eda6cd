//! The lock of the built-in products in a check: what an upgrade selects, and what a pull request may not do to the lock.

use crate::support::check::Scene;
use crate::support::github::{CommitBuilder, Pull};
use crate::support::job::{JobOutput, config, path};
use crate::support::product_lock::{LOCK, of_release, running};

/// A repository whose `main` has a lock, or none, and a pull request.
fn scene(
    before: Option<&str>,
    change: impl FnOnce(CommitBuilder) -> CommitBuilder,
) -> (Scene, Pull) {
    let scene = Scene::new();
    let mut commit = scene
        .repo
        .commit("main")
        .write(&path("b002"), config("b002", ""));
    if let Some(lock) = before {
        commit = commit.write(LOCK, lock);
    }
    let base = commit.push();
    scene.repo.branch("edit", &base);
    change(scene.repo.commit("edit")).push();
    let pull = scene.repo.pull("edit").author(&scene.alice);
    let pull = pull.number(7).open();
    (scene, pull)
}

fn check(scene: &Scene, pull: &Pull) -> JobOutput {
    let run = scene.job(pull).run();
    scene.github.take_writes();
    run
}

fn codes(run: &JobOutput) -> Vec<String> {
    let problems = run.report["lock_problems"].as_array().unwrap().iter();
    let mut codes: Vec<String> = problems
        .map(|problem| problem["code"].as_str().unwrap().to_owned())
        .collect();
    codes.dedup();
    codes
}

fn changed(commit: CommitBuilder) -> CommitBuilder {
    let text = config("b001", "  lifecycle_policy: compliance\n");
    commit.write(&path("b001"), text)
}

const NO_LOCK: &str = "This repository has no `.provisioner/products.lock`.";

#[test]
fn without_a_lock_the_check_recommends_it_once() {
    let (scene, pull) = scene(None, changed);
    let run = check(&scene, &pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(scene.comment().matches(NO_LOCK).count(), 1);
    // A pull request without configs says nothing.
    let (scene, pull) = self::scene(None, |commit| commit.write("README.md", "y"));
    assert_eq!(check(&scene, &pull).status, 0);
    assert!(scene.repo.comments(7).is_empty());
}

#[test]
fn the_lock_of_this_program_changes_nothing() {
    let (scene, pull) = scene(Some(&running()), changed);
    let run = check(&scene, &pull);
    assert_eq!((run.status, codes(&run)), (0, Vec::new()), "{}", run.stderr);
    assert_eq!(run.outputs["configs"], "1");
    assert!(!scene.comment().contains(NO_LOCK));
}

/// An upgrade selects every config of the products, and says that it does not know the stacks.
#[test]
fn an_upgrade_selects_the_configs_of_the_products() {
    let old = of_release("0.0.9", "s3");
    let (scene, pull) = scene(Some(&old), |commit| commit.write(LOCK, running()));
    let run = check(&scene, &pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.outputs["configs"], "2", "{}", run.summary);
    assert_eq!(run.outputs["impact"], "unknown");
    insta::assert_snapshot!("upgrade_without_aws", scene.comment());
    // A change of the file that names the same products selects nothing.
    let comment = format!("{}# Reviewed.\n", running());
    let (scene, pull) = self::scene(Some(&running()), |commit| commit.write(LOCK, comment));
    let run = check(&scene, &pull);
    assert_eq!(
        (run.status, run.outputs["configs"].as_str()),
        (0, Some("0"))
    );
}

/// Stacks that the upgrade concerns in the same way are one group.
#[test]
fn an_upgrade_of_equal_configs_is_one_group() {
    let scene = Scene::new();
    let mut commit = scene.repo.commit("main");
    commit = commit.write(LOCK, of_release("0.0.9", "s3"));
    for tenant in ["b002", "b003", "b004"] {
        commit = commit.write(&path(tenant), config(tenant, ""));
    }
    let base = commit.push();
    scene.repo.branch("edit", &base);
    scene.repo.commit("edit").write(LOCK, running()).push();
    let pull = scene.repo.pull("edit").author(&scene.alice);
    let run = check(&scene, &pull.number(7).open());
    assert_eq!(
        (run.status, run.outputs["configs"].as_str()),
        (0, Some("4"))
    );
    let row = "| ▫ | 4 configs (`s3`, `prod`) | not compared | ❓ unknown | 4 stacks in ";
    assert!(scene.comment().contains(row), "{}", scene.comment());
}

/// The base is judged by the new version too, so that a config which it refuses is new to the report.
#[test]
fn an_upgrade_reports_configs_that_the_new_version_refuses() {
    let old = of_release("0.0.9", "s3");
    let refused = config("b001", "  lifecycle_policy: of-the-former-version\n");
    for upgrades in [true, false] {
        let before = if upgrades { &old } else { &running() };
        let scene = Scene::new();
        let commit = scene.repo.commit("main").write(LOCK, before);
        let base = commit.write(&path("b001"), &refused).push();
        scene.repo.branch("edit", &base);
        let commit = scene.repo.commit("edit").write("README.md", "y");
        commit.write(LOCK, running()).push();
        let pull = scene.repo.pull("edit").author(&scene.alice);
        let run = check(&scene, &pull.number(7).open());
        let (status, errors) = if upgrades { (10, "1") } else { (0, "0") };
        assert_eq!(run.status, status, "{}", run.stderr);
        assert_eq!(run.outputs["errors"], errors);
        assert_eq!(run.stderr.contains("of-the-former-version"), upgrades);
    }
}

/// The repository's own products have no entry: the files of the commit are the version. Another version of the program can render them
/// otherwise, and another build of the same version names no other version.
#[test]
fn own_products_are_selected_by_another_version_of_the_program() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates/s3");
    for (version, configs) in [("0.0.9", "1"), (env!("CARGO_PKG_VERSION"), "0")] {
        let scene = Scene::new();
        let mut commit = scene.repo.commit("main");
        commit = commit.write(LOCK, of_release(version, "s3"));
        #[expect(clippy::disallowed_methods, reason = "a product is a folder")]
        for file in std::fs::read_dir(&folder).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().into_string().unwrap();
            let text = std::fs::read(file.path()).unwrap();
            commit = commit.write(&format!(".provisioner/products/s3/{name}"), text);
        }
        let base = commit.push();
        scene.repo.branch("edit", &base);
        scene.repo.commit("edit").write(LOCK, running()).push();
        let pull = scene.repo.pull("edit").author(&scene.alice);
        let run = check(&scene, &pull.number(7).open());
        assert_eq!(
            (run.status, run.outputs["configs"].as_str()),
            (0, Some(configs)),
            "{version}: {}",
            run.stderr
        );
    }
}

/// The action is upgraded, and nobody wrote the lock: every check fails until the lock is written.
#[test]
fn attack_an_upgrade_that_leaves_the_lock() {
    let old = of_release("0.0.9", "s3");
    let workflow =
        |commit: CommitBuilder| commit.write(".github/workflows/check.yml", "on: push\n");
    let (scene, pull) = scene(Some(&old), workflow);
    let run = check(&scene, &pull);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(codes(&run), ["product-not-locked"]);
    let digest = regex::Regex::new(r"\([0-9a-f]{12}\)").unwrap();
    let comment = scene.comment();
    insta::assert_snapshot!("not_locked", digest.replace_all(&comment, "([digest])"));
    let (scene, pull) = self::scene(Some(&old), |commit| workflow(commit).write(LOCK, running()));
    assert_eq!(check(&scene, &pull).status, 0);
}

/// Each edit of the lock fails the check, and no plan is reported.
#[test]
fn attack_a_pull_request_forges_the_lock() {
    let good = running();
    let digest = good.rsplit('"').nth(1).unwrap();
    let (_, s3) = good.split_once("  s3:\n").unwrap();
    let cases: [(&str, Vec<u8>); 6] = [
        (
            "product-not-locked",
            good.replace(digest, &"f".repeat(64)).into(),
        ),
        ("product-not-locked", of_release("0.0.9", "ml").into()),
        ("duplicate-key", format!("{good}  s3:\n{s3}").into()),
        (
            "config-too-large",
            format!("{good}#{}", "x".repeat(1 << 20)).into(),
        ),
        ("config-not-utf8", [good.as_bytes(), b"# \xff\n"].concat()),
        (
            "program-too-old",
            good.replace("version: 1\n", "version: 2\n").into(),
        ),
    ];
    for (code, lock) in cases {
        let (scene, pull) = scene(Some(&good), |commit| changed(commit).write(LOCK, lock));
        let run = check(&scene, &pull);
        assert_eq!(run.status, 10, "{}", run.stderr);
        assert_eq!(codes(&run), [code], "{}", run.report["lock_problems"]);
        assert!(
            !scene.comment().contains("Plan digest"),
            "{}",
            scene.comment()
        );
    }
    let (scene, pull) = scene(Some(&good), |commit| {
        changed(commit).write(LOCK, format!("{good}# ok\n"))
    });
    assert_eq!(check(&scene, &pull).status, 0);
}

#[test]
fn attack_a_lock_replaced_by_something_else() {
    type Edit = fn(CommitBuilder) -> CommitBuilder;
    let cases: [(Edit, &str, &[&str]); 4] = [
        (
            |commit| commit.symlink(LOCK, "../README.md"),
            "denied",
            &["not-a-regular-file"],
        ),
        (
            |commit| commit.remove(LOCK).write(&format!("{LOCK}/x"), "x"),
            "denied",
            &["not-a-regular-file"],
        ),
        (
            |commit| commit.remove(LOCK).symlink(".provisioner", "elsewhere"),
            "errors",
            &["not-a-regular-file"],
        ),
        (
            |commit| commit.write(LOCK, running() + "#\n"),
            "update",
            &[],
        ),
    ];
    for (edit, effect, expected) in cases {
        let (scene, pull) = scene(Some(&running()), |commit| edit(changed(commit)));
        let run = check(&scene, &pull);
        assert_eq!(codes(&run), expected, "{}", run.report["lock_problems"]);
        assert_on_merge(&run, effect);
    }
}

/// What the merge does to the changed config.
#[track_caller]
fn assert_on_merge(run: &JobOutput, effect: &str) {
    let on_merge = &run.report["on_merge"][path("b001")];
    let denials = on_merge["denials"].to_string();
    let found = match denials.contains("product-not-locked") {
        true => "denied",
        // The products of the repository cannot be read either.
        false if on_merge.is_null() => "errors",
        false => "update",
    };
    assert_eq!(found, effect, "{on_merge:#}");
}

/// A removed lock is shown, and the same pull request changes no stack.
#[test]
fn attack_a_pull_request_removes_the_lock() {
    let (scene, pull) = scene(Some(&running()), |commit| changed(commit).remove(LOCK));
    let run = check(&scene, &pull);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(run.report["lock_problems"][0]["severity"], "warning");
    assert_on_merge(&run, "denied");
    insta::assert_snapshot!("lock_removed", scene.comment());
    // Renamed away is removed.
    let (scene, pull) = self::scene(Some(&running()), |commit| {
        changed(commit).rename(LOCK, ".provisioner/products.lock.old")
    });
    let run = check(&scene, &pull);
    assert_on_merge(&run, "denied");
    assert_eq!(codes(&run), ["product-not-locked"]);
    drop(scene);
    let (scene, pull) = self::scene(Some(&running()), changed);
    assert_on_merge(&check(&scene, &pull), "update");
}

/// A repository without a lock: later pull requests would fail for a reason that they did not bring.
#[test]
fn attack_a_pull_request_blocks_the_folder_of_the_lock() {
    let (scene, pull) = scene(None, |commit| commit.symlink(".provisioner", "elsewhere"));
    let run = check(&scene, &pull);
    assert_eq!(
        (run.status, codes(&run)),
        (10, vec!["not-a-regular-file".to_owned()])
    );
    assert!(run.stdout.contains("provisioner lock"), "{}", run.stdout);
    let (scene, pull) = self::scene(None, |commit| commit.symlink("provisioner", "elsewhere"));
    assert_eq!(check(&scene, &pull).status, 0);
}

/// Git merges edits of different lines, so that neither side is the lock after the merge.
#[test]
fn attack_a_lock_that_both_branches_edit() {
    let good = running();
    for (on_main, expected) in [
        (of_release("0.0.9", "s3"), &["product-not-locked"][..]),
        (format!("{good}# Reviewed.\n"), &["product-not-locked"]),
        (good.clone(), &[]),
    ] {
        let (scene, pull) = scene(Some(&good), |commit| {
            changed(commit).write(LOCK, good.replacen("# Written", "# It was written", 1))
        });
        scene.repo.commit("main").write(LOCK, on_main).push();
        let run = check(&scene, &pull);
        assert_eq!(codes(&run), expected, "{}", run.stderr);
        assert_eq!(
            run.stdout.contains("both edit the lock"),
            !expected.is_empty()
        );
        let effect = if expected.is_empty() {
            "update"
        } else {
            "denied"
        };
        assert_on_merge(&run, effect);
    }
}

/// An edit of the config does not hide that the upgrade itself was not compared.
#[test]
fn attack_an_upgrade_behind_a_harmless_edit() {
    for (before, expected) in [(of_release("0.0.9", "s3"), "unknown"), (running(), "safe")] {
        let scene = Scene::new();
        let lifecycle = |policy: &str| config("b003", &format!("  lifecycle_policy: {policy}\n"));
        let commit = scene.repo.commit("main").write(LOCK, before);
        let base = commit.write(&path("b003"), lifecycle("development")).push();
        scene.repo.branch("edit", &base);
        let commit = scene.repo.commit("edit").write(LOCK, running());
        commit.write(&path("b003"), lifecycle("compliance")).push();
        let pull = scene.repo.pull("edit").author(&scene.alice);
        let run = check(&scene, &pull.number(7).open());
        let changes = run.report["plan"]["changes"].as_array().unwrap();
        let change = changes.iter().find(|change| change["path"] == path("b003"));
        assert_eq!(change.unwrap()["level"], expected, "{}", scene.comment());
        let caveat = "because one version rendered both sides";
        assert_eq!(scene.comment().contains(caveat), expected == "unknown");
    }
}

/// The lock of the tip counts, and not that of an old base: a pull request from before an upgrade needs no rebase.
#[test]
fn attack_a_branch_from_before_the_upgrade_does_not_choose_the_lock() {
    for (tip, status) in [(running(), 0), (of_release("0.0.9", "s3"), 10)] {
        let old = match status {
            0 => of_release("0.0.9", "s3"),
            _ => running(),
        };
        let (scene, pull) = scene(Some(&old), changed);
        scene.repo.commit("main").write(LOCK, tip).push();
        let run = check(&scene, &pull);
        assert_eq!(run.status, status, "{}", run.stderr);
    }
}
