//! Links, submodules and folders at the paths of configs and products: an error at the path, by the API and by a checkout alike.

use crate::support::check::Scene;
use crate::support::github::CommitBuilder;
use crate::support::job::{JobOutput, config, path};

const SUBMODULE_COMMIT: &str = "1234567890123456789012345678901234567890";

/// Checks a change of the usual repository, through the API and with a checkout. The comments must be the same.
fn check(change: impl Fn(CommitBuilder) -> CommitBuilder) -> (Scene, JobOutput) {
    let scene = Scene::new();
    change(scene.repo.commit("feature")).push();
    let pull = scene.pull();
    let by_api = scene.job(&pull).run();
    let comments = |scene: &Scene| -> Vec<String> {
        let comments = scene.repo.comments(7).into_iter();
        comments.map(|comment| comment.body).collect()
    };
    let by_api_comments = comments(&scene);
    let job = scene.job(&pull);
    scene.repo.clone_into(job.folder.path());
    let workspace = job.folder.path().display().to_string();
    let run = job.with("GITHUB_WORKSPACE", &workspace).run();
    assert_eq!(run.status, by_api.status, "{}", run.stderr);
    assert_eq!(comments(&scene), by_api_comments);
    assert_eq!(run.report["plan"], by_api.report["plan"]);
    scene.github.take_writes();
    (scene, run)
}

fn assert_rejected(run: &JobOutput, at: &str, found: &str) {
    assert_eq!(run.status, 10, "{}", run.stderr);
    let report = run.report.to_string();
    assert!(report.contains("not-a-regular-file"), "{report}");
    let expected = format!("{at}: error[not-a-regular-file]: not a regular file: {found}");
    assert!(run.stderr.contains(&expected), "{}", run.stderr);
}

#[test]
fn attack_a_config_replaced_by_something_else_is_no_deletion() {
    let config = path("b001");
    let folder = config.rsplit_once('/').unwrap().0;
    type Edit<'a> = &'a dyn Fn(CommitBuilder) -> CommitBuilder;
    let link = |to: &'static str| {
        let config = config.clone();
        move |commit: CommitBuilder| commit.symlink(&config, to)
    };
    let cases: &[(Edit<'_>, &str)] = &[
        (&link("/etc/passwd"), "a symbolic link"),
        (&link("../../README.md"), "a symbolic link"),
        (&link("nowhere"), "a symbolic link"),
        (
            &|commit| commit.remove(&config).submodule(&config, SUBMODULE_COMMIT),
            "a submodule",
        ),
        (
            &|commit| commit.remove(&config).write(&format!("{config}/x"), "x"),
            "a folder",
        ),
        (
            &|commit| commit.remove(&config).symlink(folder, "../elsewhere"),
            "a symbolic link",
        ),
        (
            &|commit| commit.remove(&config).submodule("s3", SUBMODULE_COMMIT),
            "a submodule",
        ),
    ];
    for (change, found) in cases {
        let (scene, run) = check(change);
        assert_rejected(&run, &config, found);
        assert!(
            !scene.comment().contains("be deleted"),
            "{}",
            scene.comment()
        );
        assert!(
            !run.report.to_string().contains("\"delete\""),
            "{}",
            run.report
        );
    }
    // Without the attack, a removed config is a deletion.
    let (_, run) = check(|commit| commit.remove(&config));
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.report.to_string().contains("\"delete\""),
        "{}",
        run.report
    );
}

#[test]
fn attack_a_new_config_that_links_to_another_is_not_followed() {
    let target = path("b001").rsplit_once('/').unwrap().1.to_owned();
    let (_, run) = check(|commit| commit.symlink(&path("b002"), &target));
    assert_rejected(&run, &path("b002"), "a symbolic link");
    let (_, run) = check(|commit| commit.write(&path("b002"), config("b002", "")));
    assert_eq!(run.status, 0, "{}", run.stderr);
}

#[test]
fn attack_a_product_file_that_is_a_link_is_not_followed() {
    let changed = config("b001", "  lifecycle_policy: compliance\n");
    for (at, to) in [
        (
            ".provisioner/products/s3/product.yaml",
            "../../../README.md",
        ),
        (".provisioner/products/s3", "../../elsewhere"),
        (".provisioner/products", "../elsewhere"),
        (".provisioner", "elsewhere"),
    ] {
        let (_, run) = check(|commit| commit.write(&path("b001"), &changed).symlink(at, to));
        let report = run.report.to_string();
        assert_eq!(run.status, 10, "{at}: {}", run.stderr);
        assert!(report.contains("not-a-regular-file"), "{report}");
        assert!(report.contains(at), "{report}");
    }
}

#[test]
fn a_submodule_or_link_elsewhere_changes_nothing() {
    let (_, run) = check(|commit| {
        commit
            .submodule("vendor", SUBMODULE_COMMIT)
            .submodule("ml", SUBMODULE_COMMIT)
            .symlink("latest", "s3/configs")
            .write(".provisioner/products/own/product.yaml", "x")
    });
    // The only error is that of the product.
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(run.outputs["errors"], "1");
    assert_eq!(run.outputs["configs"], "0");
}

/// Its entries would not count, and nobody would be told.
#[test]
fn attack_a_misspelt_file_of_entries_is_passed_over() {
    for (name, meant) in [
        ("replacement.yaml", "replacements.yaml"),
        ("adoptions.yml", "adoptions.yaml"),
    ] {
        let at = format!(".provisioner/{name}");
        let (_, run) = check(|commit| commit.write(&at, "version: 1\n"));
        let report = run.report.to_string();
        assert_eq!(run.status, 10, "{at}: {}", run.stderr);
        assert!(report.contains("entry-invalid"), "{report}");
        assert!(
            report.contains(&format!("rename it to `.provisioner/{meant}`")),
            "{report}"
        );
    }
    let (_, run) = check(|commit| commit.write(".provisioner/notes.yaml", "x"));
    assert_eq!(run.status, 0, "{}", run.stderr);
}

/// No stack of the config has such an id, so the merge would be denied.
#[test]
fn attack_an_entry_with_an_impossible_stack_id() {
    const UUID: &str = "6a4c9a50-0f2e-11f0-8a1b-0a1b2c3d4e5f";
    let written = |kind: &str, partition: &str, uuid: &str| {
        let config = path("b001");
        let stack = format!(
            "arn:{partition}:cloudformation:us-west-1:123456789012:stack/edge-prod-b001-us-west-1-s3-stack/{uuid}"
        );
        let entry = format!("version: 1\n{kind}:\n  - config: {config}\n    stack: {stack}\n");
        check(|commit| commit.write(".provisioner/adoptions.yaml", &entry)).1
    };
    let checked = |partition: &str, uuid: &str| written("adopt", partition, uuid);
    let upper = UUID.to_uppercase();
    for (partition, uuid, words) in [
        // Ids are compared as texts.
        (
            "aws",
            &*upper,
            "the entry's stack id does not end with a UUID in lower case",
        ),
        (
            "aws-cn",
            UUID,
            "the entry's partition is `aws-cn`, and the config's is `aws`",
        ),
        (
            "aws",
            "6a4c9a50",
            "the entry's stack id does not end with a UUID",
        ),
    ] {
        let run = checked(partition, uuid);
        assert_eq!(run.status, 10, "{}", run.stderr);
        assert!(
            run.stderr.contains("error[entry-invalid]"),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains(words), "{}", run.stderr);
        let line = ".provisioner/adoptions.yaml:4:";
        assert!(run.stderr.contains(line), "{}", run.stderr);
    }
    // A person corrects both at once.
    let run = written("unadopt", "aws", &upper);
    for words in ["is still there", "in lower case"] {
        assert!(run.stderr.contains(words), "{}", run.stderr);
    }
    let run = checked("aws", UUID);
    assert!(!run.stderr.contains("entry-invalid"), "{}", run.stderr);
}

/// A listing of the whole repository would be cut off. Only folders that can hold a config are read.
#[test]
fn a_large_folder_elsewhere_is_not_listed() {
    let scene = Scene::new();
    scene.github.limits(|limits| limits.tree_entries = 50);
    let edit = |folder: &str| {
        let mut commit = scene.repo.commit("feature");
        for number in 0..60 {
            commit = commit.write(&format!("{folder}/deep/{number}.txt"), "x");
        }
        commit
            .write(".provisioner/products/own/product.yaml", "name: own\n")
            .push();
    };
    edit("apps");
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    // The product is not complete, and is read.
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert!(run.stderr.contains("`names` is missing"));
    scene.github.take_writes();

    // A folder of configs with more files than GitHub lists is an error, not a shorter list.
    let mut commit = scene.repo.commit("feature");
    for number in 0..60 {
        let name = format!("{number:04}");
        commit = commit.write(&path(&name), config(&name, ""));
    }
    commit.push();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert!(
        run.stderr.contains("more entries than GitHub lists"),
        "{}",
        run.stderr
    );
}
