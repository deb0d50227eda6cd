//! Offline commands: the inspection job answers them without a token.

use super::*;

/// An inspection job answers immediately, with one reply and two reactions.
fn answered(world: &World, pull: &Pull, text: &str, status: i32, last: &str) -> CommentRun {
    let inspected = world.inspect(pull, &world.carol, text);
    inspected.assert_exit(status);
    world.github.expect_writes(ANSWER_WRITES);
    assert_eq!(
        world.reactions(&inspected.comment),
        ["eyes", last],
        "{text}"
    );
    assert_eq!(inspected.environments(), "[]", "no other job is needed");
    inspected
}

#[test]
fn each_command_gets_one_reply() {
    let (world, pull) = World::with_proposal();
    let path = world.workdir.path();
    for (name, text) in [
        ("validate-config", "/provisioner validate-config".to_owned()),
        (
            "create-prov-template",
            format!("/provisioner create-prov-template {path}"),
        ),
        ("create-policy", "/provisioner create-policy".to_owned()),
        ("list-products", "/provisioner list-products".to_owned()),
        ("show-product", "/provisioner show-product s3".to_owned()),
        ("help", "/provisioner help".to_owned()),
        ("explain", "/provisioner explain not-merged".to_owned()),
    ] {
        let inspected = answered(&world, &pull, &text, 0, "rocket");
        let reply = world.last_reply();
        insta::assert_snapshot!(name, reply);
        let title = reply.lines().nth(2).unwrap_or_default();
        assert!(
            inspected.run.summary.contains(title),
            "{}",
            inspected.run.summary
        );
    }
    world.assert_no_aws_access();
}

#[test]
fn the_review_report_is_a_file_that_the_job_keeps() {
    let (world, pull) = World::with_proposal();
    let comment = world.comment(&world.carol, "/provisioner create-review-report");
    let job = world.inspect_job(&pull, &comment);
    let run = job.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    world.github.expect_writes(ANSWER_WRITES);
    insta::assert_snapshot!("create-review-report", world.reply());
    let folder = job.folder.path().join("provisioner-reports");
    let files: Vec<_> = walkdir(&folder);
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files[0].1.contains("<html"), "a page");
    world.assert_no_aws_access();
}

#[expect(clippy::disallowed_methods, reason = "the job's files are read")]
fn walkdir(folder: &std::path::Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(walkdir(&path)),
            false => found.push((
                path.display().to_string(),
                std::fs::read_to_string(&path).unwrap(),
            )),
        }
    }
    found
}

#[test]
fn all_errors_of_a_config_are_reported() {
    let world = World::new(&policy(""));
    let path = world.workdir.path();
    let text = world
        .workdir
        .read(&path)
        .replace("env: prod", "env: production");
    let pull = world.proposal(|commit| commit.write(&path, format!("{text}  versionning: true\n")));
    answered(
        &world,
        &pull,
        "/provisioner validate-config",
        10,
        "confused",
    );
    insta::assert_snapshot!("errors", world.reply());
    world.assert_no_aws_access();
}

#[test]
fn an_unknown_command_gets_a_suggestion() {
    let (world, pull) = World::with_proposal();
    let text = "/provisioner deplyo-product\n\nand\n\n/provisioner show-changes --fource\n\n/provisioner explain not-merge\n\n/provisioner show-product s4";
    answered(&world, &pull, text, 2, "confused");
    insta::assert_snapshot!("meant", world.reply());
    world.assert_no_aws_access();
}

/// A red job says why in its log, in an annotation and in its summary, as in the reply.
#[test]
fn a_typo_is_reported_in_every_channel() {
    let (world, pull) = World::with_proposal();
    let text = "/provisioner deplyo-product\n\n/provisioner validate-config s4.yaml";
    let inspected = world.inspect(&pull, &world.carol, text);
    inspected.assert_exit(2);
    let run = &inspected.run;
    for text in [&run.stderr, &run.stdout, &run.summary, &world.reply()] {
        for words in ["deplyo-product", "deploy-product", "s4.yaml"] {
            assert!(text.contains(words), "{words}: {text}");
        }
    }
    assert_eq!(run.stdout.matches("::error ").count(), 2, "{}", run.stdout);
    world.github.take_writes();
}

#[test]
fn only_configs_of_the_pull_request_can_be_named() {
    let (world, pull) = World::with_proposal();
    let path = world.workdir.path();
    let (_, name) = path.rsplit_once('/').unwrap();
    answered(
        &world,
        &pull,
        &format!("/provisioner validate-config {name}"),
        0,
        "rocket",
    );
    let near = name.replace("-prod-", "-prdo-");
    let text = format!("/provisioner validate-config {near}\n/provisioner create-policy README.md");
    answered(&world, &pull, &text, 2, "confused");
    insta::assert_snapshot!("no_config_of_it", world.last_reply());
}

#[test]
fn a_pull_request_without_configs_runs_no_command() {
    let world = World::new(&policy(""));
    let pull = world.proposal(|commit| commit.write("README.md", "x\n"));
    answered(&world, &pull, "/provisioner validate-config", 2, "confused");
    insta::assert_snapshot!("no_configs", world.reply());
}

#[test]
fn several_commands_run_in_order_despite_denials() {
    let (world, pull) = World::with_proposal();
    let text = "/provisioner deploy-solution\n/provisioner validate-config\n\nthanks!\n\n/provisioner explain stale-head";
    let inspected = world.inspect(&pull, &world.carol, text);
    inspected.assert_exit(20);
    // The inspection job already denies it: the pull request is not merged.
    world.github.expect_writes(ANSWER_WRITES);
    assert_eq!(inspected.environments(), "[]");
    assert_eq!(world.reactions(&inspected.comment), ["eyes", "confused"]);
    insta::assert_snapshot!("several", world.reply());
    world.assert_no_aws_access();
}

#[test]
fn the_tier_argument_applies_to_configs_without_a_tier() {
    let world = World::new(&policy(""));
    let path = "ml/configs/globalbank-dev-c001-us-west-2-demand-forecasting-ml-codecommit.yaml";
    let text = include_str!(
        "../../../examples/ml/configs/globalbank-dev-c001-us-west-2-demand-forecasting-ml-codecommit.yaml"
    );
    let pull = world.proposal(|commit| commit.write(path, text));
    let made = |tier: &str| {
        let text = format!("/provisioner create-policy --tier {tier}");
        answered(&world, &pull, &text, 0, "rocket");
        let reply = world.last_reply();
        reply.lines().skip(2).collect::<Vec<_>>().join("\n")
    };
    assert_ne!(made("starter"), made("professional"));
}

#[test]
fn readers_may_run_offline_commands_only() {
    let (world, pull) = World::with_proposal();
    let (tina, ann) = (world.github.user("tina"), world.github.user("alice"));
    world.repo.set_permission(&tina, Permission::Triage);
    world.repo.set_permission(&ann, Permission::Read);
    for by in [&tina, &ann] {
        let inspected = world.inspect(&pull, by, "/provisioner validate-config");
        inspected.assert_exit(0);
        world.github.expect_writes(ANSWER_WRITES);
        let inspected = world.inspect(
            &pull,
            by,
            "/provisioner show-changes\n/provisioner test-deploy",
        );
        inspected.assert_exit(20);
        world
            .github
            .expect_writes(&[REACTION, COMMENT, COMMENTED, REACTION]);
        assert_eq!(inspected.environments(), "[]");
    }
    insta::assert_snapshot!("may_not_push", world.last_reply());
    world.assert_no_aws_access();
}

#[test]
fn a_command_costs_few_calls() {
    let (world, pull) = World::with_proposal();
    let cost = |job: &Job| {
        world.github.clear_journal();
        let run = job.run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        world.github.take_writes();
        world
            .github
            .requests()
            .iter()
            .map(|it| it.line())
            .collect::<Vec<_>>()
    };
    let says = |text: &str| world.comment(&world.carol, text);
    let help = cost(&world.inspect_job(&pull, &says("/provisioner help")));
    // The pull request is read once for all commands.
    let text = "/provisioner validate-config\n/provisioner create-policy\n/provisioner create-prov-template";
    let pure = cost(&world.inspect_job(&pull, &says(text)));
    let inspected = cost(&world.inspect_job(&pull, &says("/provisioner show-changes")));
    world.approved_and_merged(&pull);
    let deploy = says("/provisioner prep-master");
    let handed_over = cost(&world.inspect_job(&pull, &deploy));
    let applied = cost(&world.apply_job(&pull, &deploy));
    // For help: comment, permission, identity, default branch, products, 👀, replies, reply, 🚀.
    let all = [help, pure, inspected, handed_over, applied];
    let costs = [10, 22, 26, 21, 44];
    assert_eq!(all.each_ref().map(Vec::len), costs, "{:#?}", all.last());
}
