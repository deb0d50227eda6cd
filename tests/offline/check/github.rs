//! Flow 1 against the fake GitHub: event in, comment and status out.

use crate::support::check::{COMMENTS, STATUS, Scene};
use crate::support::job::{Job, config, normalize, path};

#[test]
fn a_changed_lifecycle_gets_one_comment_and_one_status() {
    let scene = Scene::new();
    let pull = scene.changed();
    let job = scene.job(&pull);
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    insta::assert_snapshot!("changed_lifecycle", normalize(&scene.comment()));
    assert_eq!(run.outputs["impact"], "high");
    assert_eq!(run.outputs["configs"], "1");
    assert_eq!(run.outputs["errors"], "0");
    assert!(
        run.outputs["comment-url"]
            .as_str()
            .unwrap()
            .contains("#issuecomment-"),
        "{}",
        run.outputs
    );
    assert!(
        scene
            .comment()
            .contains(run.outputs["digest"].as_str().unwrap())
    );
    assert_eq!(run.report["plan"]["digest"], run.outputs["digest"]);
    let statuses = scene.repo.statuses(&pull.head_sha());
    assert_eq!(statuses.len(), 1);
    assert_eq!(
        (statuses[0].context.as_str(), statuses[0].state.as_str()),
        ("provisioner/plan", "success")
    );

    // The same event again changes nothing.
    let again = job.run();
    assert_eq!(again.status, 0);
    assert!(
        scene.github.writes().len() == 2 && scene.github.take_writes().is_empty(),
        "nothing is written the second time"
    );
    assert_eq!(again.outputs, run.outputs);
}

#[test]
fn another_push_updates_the_comment_in_place() {
    let scene = Scene::new();
    let pull = scene.changed();
    scene.job(&pull).run();
    let first = scene.comment();
    scene
        .repo
        .commit("feature")
        .write(
            &path("b001"),
            config("b001", "  lifecycle_policy: development\n"),
        )
        .push();
    scene.job(&pull).run();
    assert_ne!(scene.comment(), first);
    assert!(scene.comment().contains("ObjectSizeGreaterThan"));
    scene.github.expect_writes(&[
        COMMENTS,
        STATUS,
        "PATCH /repos/acme/infra/issues/comments/*",
        STATUS,
    ]);
}

#[test]
fn attack_a_foreign_comment_is_not_updated() {
    let scene = Scene::new();
    let pull = scene.changed();
    let mallory = scene.github.user("mallory");
    let forged = "<!-- provisioner:check -->\n## Provisioner\n\n✅ nothing to see\n";
    scene.repo.comment(7, &mallory, forged);
    // Our comment is on the second page.
    for number in 0..130 {
        scene
            .repo
            .comment(7, &mallory, &format!("comment {number}"));
    }
    scene.job(&pull).run();
    scene.job(&pull).run();
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    let comments = scene.repo.comments(7);
    assert_eq!(comments[0].body, forged);
    assert_eq!(comments.len(), 132);
}

#[test]
fn attack_a_fork_gets_no_write_and_a_reason() {
    for owner in ["mallory/infra", "acme/infra-fork"] {
        let scene = Scene::new();
        let fork = scene.repo.fork(owner);
        let base = scene.repo.head("main");
        fork.branch("feature", &base);
        fork.commit("feature")
            .write(
                &path("b001"),
                config("b001", "  lifecycle_policy: compliance\n"),
            )
            .push();
        let pull = scene
            .repo
            .pull("feature")
            .of_fork(&fork)
            .author(&scene.alice)
            .number(7)
            .open();
        // A token that can write does not help: the repository's id identifies a fork.
        let run = scene.job(&pull).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(scene.github.take_writes().is_empty());
        assert!(run.summary.contains("comes from a fork"), "{}", run.summary);
        assert!(run.summary.contains("`s3.lifecycle_policy`"));
    }
}

#[test]
fn errors_are_annotated_on_their_lines() {
    let scene = Scene::new();
    let broken =
        config("b001", "  versionning: true\n").replace("\"123456789012\"", "012345678901");
    let other = config("b002", "  lifecycle_policy: complience\n");
    scene
        .repo
        .commit("feature")
        .write(&path("b001"), broken)
        .write(&path("b002"), other)
        .push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 10);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    insta::assert_snapshot!("three_errors_annotations", run.stdout);
    insta::assert_snapshot!("three_errors_comment", normalize(&scene.comment()));
    assert_eq!(scene.repo.statuses(&pull.head_sha())[0].state, "failure");
    let results = run.sarif["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    assert_eq!(
        results[0]["locations"][0]["physicalLocation"]["region"]["startLine"],
        4
    );
}

/// The file's name contains the network, the stack's name does not: git sees another file, but the stack is the same.
#[test]
fn an_ml_config_moves_to_a_higher_tier() {
    let scene = Scene::new();
    let (low, high) = (
        include_str!(
            "../../../examples/ml/configs/globalbank-test-c001-us-west-2-demand-forecasting-ml-codecommit.yaml"
        ),
        "  vpc_mode: standalone\n  vpc_source: ssm\n",
    );
    let place = |rest: &str| {
        format!(
            "ml/configs/globalbank-test-c001-us-west-2-demand-forecasting-ml-codecommit{rest}.yaml"
        )
    };
    scene.repo.commit("main").write(&place(""), low).push();
    scene.repo.branch("feature", &scene.repo.head("main"));
    let config = low
        .replace("tier: professional", "tier: enterprise")
        .replace(
            "  source_control: codecommit\n",
            &format!("  source_control: codecommit\n{high}"),
        );
    scene
        .repo
        .commit("feature")
        .remove(&place(""))
        .write(&place("-standalone-ssm"), config)
        .push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let change = &run.report["plan"]["changes"];
    assert_eq!(change.as_array().unwrap().len(), 1, "one stack, one change");
    assert_eq!(change[0]["intent"], "update");
    assert_eq!(change[0]["moved_from"], place(""));
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    insta::assert_snapshot!("ml_professional_to_enterprise", normalize(&scene.comment()));
}

#[test]
fn two_configs_of_one_stack_are_refused() {
    let scene = Scene::new();
    let config = |source: &str| {
        format!(
            "client: {{ company_prefix: acme, account_id: \"123456789012\", tenant_id: \"c001\" }}\n\
             environment: {{ env: dev, region: us-east-1 }}\nml_product:\n  use_case: churn\n{source}"
        )
    };
    scene
        .repo
        .commit("feature")
        .write(
            "ml/configs/acme-dev-c001-us-east-1-churn-ml-codecommit.yaml",
            config("  source_control: codecommit\n"),
        )
        .write(
            "ml/configs/acme-dev-c001-us-east-1-churn-ml-s3.yaml",
            config("  source_control: s3\n  s3_prefix: acme-source/churn\n"),
        )
        .push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 10, "{}", run.stderr);
    let codes = run.sarif["runs"][0]["results"].as_array().unwrap();
    let told = codes
        .iter()
        .filter(|result| result["ruleId"] == "duplicate-stack");
    assert_eq!(told.count(), 2);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    insta::assert_snapshot!("two_configs_of_one_stack", normalize(&scene.comment()));
}

#[test]
fn a_new_a_removed_and_a_renamed_config() {
    let scene = Scene::new();
    let config_3 = config("b003", "  tags:\n    Team: x\n");
    scene
        .repo
        .commit("main")
        .write(&path("b003"), &config_3)
        .push();
    scene.repo.branch("feature", &scene.repo.head("main"));
    scene
        .repo
        .commit("feature")
        .remove(&path("b001"))
        .write(
            &path("b002"),
            config("b002", "  bucket_name_override: edge-data\n"),
        )
        .rename(&path("b003"), &path("b004"))
        .write(&path("b004"), config_3.replace("b003", "b004"))
        .push();
    scene.repo.declare_rename(&path("b003"), &path("b004"));
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    insta::assert_snapshot!("new_removed_renamed", normalize(&scene.comment()));
}

/// C16: GitHub calls any two similar files a rename.
#[test]
fn a_config_of_another_product_is_no_rename() {
    let scene = Scene::new();
    let ml = "ml/configs/edge-prod-b005-us-west-1-churn-ml-codecommit.yaml";
    let head = config("b005", "");
    let section = head.find("s3:").unwrap();
    let body = "ml_product:\n  use_case: churn\n  source_control: codecommit\n";
    let config_5 = format!("{}{body}", &head[..section]);
    let base = scene.repo.commit("main").write(ml, &config_5).push();
    scene.repo.branch("feature", &base);
    scene
        .repo
        .commit("feature")
        .rename(ml, &path("b005"))
        .write(&path("b005"), head)
        .push();
    scene.repo.declare_rename(ml, &path("b005"));
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    let intents: Vec<_> = changes.iter().map(|change| &change["intent"]).collect();
    assert_eq!(intents, ["delete", "create"]);
    let renamed = changes.iter().filter(|change| !change["renamed"].is_null());
    assert_eq!(renamed.count(), 0, "{changes:#?}");
    assert!(!scene.comment().contains("Renamed"), "{}", scene.comment());
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}

#[test]
fn a_change_without_configs_gets_no_comment() {
    let scene = Scene::new();
    scene.repo.commit("feature").write("README.md", "y").push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0);
    scene.github.expect_writes(&[STATUS]);
    assert!(scene.repo.comments(7).is_empty());
    let status = scene.repo.statuses(&pull.head_sha()).remove(0);
    let description = status.description.unwrap();
    let start = "no config is changed, base ";
    assert!(description.starts_with(start), "{description}");
}

/// A comment that spoke of a config is corrected when the config is taken out of the pull request.
#[test]
fn a_comment_about_a_config_that_is_no_longer_changed_is_corrected() {
    let scene = Scene::new();
    let pull = scene.changed();
    scene.job(&pull).run();
    scene.github.take_writes();
    scene
        .repo
        .commit("feature")
        .write(&path("b001"), config("b001", ""))
        .push();
    scene.job(&pull).run();
    let corrected = "PATCH /repos/acme/infra/issues/comments/*";
    scene.github.expect_writes(&[corrected, STATUS]);
    insta::assert_snapshot!("change_elsewhere", normalize(&scene.comment()));
}

#[test]
fn another_pull_request_for_the_same_stack_is_listed() {
    let scene = Scene::new();
    scene
        .repo
        .commit("feature")
        .write(
            &path("b001"),
            config("b001", "  lifecycle_policy: compliance\n"),
        )
        .push();
    scene.repo.branch("other", &scene.repo.head("main"));
    scene
        .repo
        .commit("other")
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .push();
    scene
        .repo
        .pull("other")
        .author(&scene.alice)
        .number(9)
        .open();
    let pull = scene.pull();
    scene.job(&pull).run();
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    let said =
        "Pull request 9 is also open, and changes `s3/configs/edge-prod-b001-us-west-1-s3.yaml`.";
    assert!(scene.comment().contains(said), "{}", scene.comment());
}

#[test]
fn a_truncated_file_list_is_reported() {
    let scene = Scene::new();
    scene.repo.branch("other", &scene.repo.head("main"));
    let mut commit = scene.repo.commit("other");
    for number in 0..101 {
        commit = commit.write(&format!("a/{number}"), "x");
    }
    commit
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .push();
    scene
        .repo
        .pull("other")
        .author(&scene.alice)
        .number(9)
        .open();
    let pull = scene.changed();
    scene.job(&pull).run();
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    assert!(
        scene
            .comment()
            .contains("provisioner did not compare all open pull requests"),
        "{}",
        scene.comment()
    );
}

#[test]
fn the_comparison_is_with_the_merge_base() {
    let scene = Scene::new();
    scene
        .repo
        .commit("feature")
        .write(
            &path("b001"),
            config("b001", "  lifecycle_policy: compliance\n"),
        )
        .push();
    // The base gets a new commit. The report must not show it as a removal by this pull request.
    scene
        .repo
        .commit("main")
        .write(&path("b001"), config("b001", "  tags: {Team: moved}\n"))
        .push();
    let pull = scene.pull();
    scene.job(&pull).run();
    scene.github.expect_writes(&[COMMENTS, STATUS]);
    assert!(!scene.comment().contains("s3.tags"), "{}", scene.comment());
}

#[test]
fn a_checkout_gives_the_same_comment_as_the_api() {
    let scene = Scene::new();
    let pull = scene.changed();
    scene.job(&pull).run();
    let by_api = scene.comment();
    let job = scene.job(&pull);
    scene.repo.clone_into(job.folder.path());
    scene.github.clear_journal();
    let workspace = job.folder.path().display().to_string();
    let run = job.with("GITHUB_WORKSPACE", &workspace).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(scene.comment(), by_api);
    assert_eq!(scene.github.count("GET /repos/acme/infra/git/**"), 0);
    assert!(scene.github.take_writes().is_empty());
}

#[test]
fn a_merge_group_is_checked_without_a_comment() {
    let scene = Scene::new();
    let base = scene.repo.head("main");
    let head = scene
        .repo
        .commit("feature")
        .write(
            &path("b001"),
            config("b001", "  lifecycle_policy: compliance\n"),
        )
        .push();
    let pull = scene.pull();
    let payload = pull.merge_group_event(&base, &head, &scene.alice);
    let run = Job::new(
        &scene.github,
        &scene.github.actions_token(),
        "merge_group",
        &payload,
    )
    .run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.expect_writes(&[STATUS]);
    assert!(run.summary.contains("`s3.lifecycle_policy`"));
}

#[test]
fn github_enterprise_has_other_addresses() {
    let scene = Scene::new();
    let pull = scene.changed();
    let job = scene
        .job(&pull)
        .with("GITHUB_API_URL", &scene.github.enterprise_api_url())
        .with("GITHUB_GRAPHQL_URL", &scene.github.enterprise_graphql_url());
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}

#[test]
fn a_read_only_token_skips_the_comment_but_not_the_check() {
    let scene = Scene::new();
    let pull = scene.changed();
    let payload = pull.event("opened", &scene.alice);
    let run = Job::new(
        &scene.github,
        &scene.github.readonly_token(),
        "pull_request",
        &payload,
    )
    .run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(scene.repo.comments(7).is_empty());
    scene.github.take_writes();
    assert!(
        run.summary.contains("Grant the job `pull-requests: write`"),
        "{}",
        run.summary
    );
    assert!(run.summary.contains("Grant the job `statuses: write`"));
}

#[test]
fn the_comment_can_be_switched_off() {
    let scene = Scene::new();
    let pull = scene.changed();
    scene.job(&pull).with("PROVISIONER_COMMENT", "false").run();
    scene.github.expect_writes(&[STATUS]);
}

#[test]
fn other_globs_select_other_configs() {
    let scene = Scene::new();
    let elsewhere = "infra/buckets/edge-prod-b005-us-west-1-s3.yaml";
    scene
        .repo
        .commit("feature")
        .write(elsewhere, config("b005", ""))
        .write(&path("b001"), "not: looked at")
        .push();
    let pull = scene.pull();
    let run = scene
        .job(&pull)
        .with("PROVISIONER_CONFIGS", "infra/buckets/*.yaml\n")
        .run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.take_writes();
    assert_eq!(run.outputs["configs"], "1");
    assert!(run.summary.contains(elsewhere));
}

#[test]
fn other_events_are_ignored() {
    let scene = Scene::new();
    scene.repo.commit("feature").write("README.md", "y").push();
    let pull = scene.pull();
    for event in ["release", "pull_request_target", "repository_dispatch"] {
        let payload = pull.event("opened", &scene.alice);
        let run = Job::new(
            &scene.github,
            &scene.github.actions_token(),
            event,
            &payload,
        )
        .run();
        assert_eq!(run.status, 0);
        assert!(
            run.stderr
                .contains(&format!("nothing to do for the event `{event}`")),
            "{}",
            run.stderr
        );
    }
    assert!(scene.github.requests().is_empty());
}

#[test]
fn missing_variables_are_named() {
    let scene = Scene::new();
    let pull = scene.pull();
    let run = scene.job(&pull).with("GITHUB_EVENT_PATH", "").run();
    assert_eq!(
        (run.status, run.stderr.as_str()),
        (2, "error: GITHUB_EVENT_PATH is not set\n")
    );
    let run = scene.job(&pull).with("GITHUB_ACTIONS", "").run();
    assert_eq!(run.status, 2);
    let run = scene.job(&pull).with("GITHUB_REPOSITORY", "../evil").run();
    assert_ne!(run.status, 0);
    assert!(scene.github.requests().is_empty());
}

#[test]
fn a_removed_config_with_errors_names_the_stack_that_stays() {
    let scene = Scene::new();
    let valid = path("b001");
    let broken = scene
        .repo
        .commit("main")
        .write(&valid, "client: 2\n")
        .push();
    scene.repo.branch("feature", &broken);
    scene.repo.commit("feature").remove(&valid).push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = scene.comment();
    assert!(comment.contains("stack-left-behind"), "{comment}");
    assert!(comment.contains("edge-prod-b001-us-west-1"), "{comment}");
    scene.github.expect_writes(&[COMMENTS, STATUS]);
}
