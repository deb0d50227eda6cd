//! Attacks by hostile names and values.

use super::*;

const HOSTILE: &str = "x`@acme|admins <img src=y> fixes #1 ::set-output name=a::b --> \u{202e}";

#[test]
fn attack_titles_branches_and_values_are_escaped() {
    let world = World::new(&policy(""));
    let branch = "feature/@acme<img>$(id)`x`";
    world.repo.branch(branch, &world.repo.head("main"));
    world.workdir.write_config(
        "  versioning: true\n  tags:\n    Note: \"</details> @acme/admins ``` fixes #1 ![x](https://evil.example/x.png)\"\n",
    );
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit(branch).author(&world.alice);
    commit
        .message(HOSTILE)
        .write(&world.workdir.path(), text)
        .push();
    let pull = world.repo.pull(branch).author(&world.alice).title(HOSTILE);
    let pull = pull.body(HOSTILE).number(7).open();
    world.check(&pull);
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let run = job.run();
    let captured_output = world.captured_output(&job, &run);
    world.report(7);
    // Only the problem of a value is reported, as code.
    for word in ["feature/@acme", "<img", "::set-output", "\u{202e}"] {
        assert!(
            !captured_output.contains(word),
            "{word} in {captured_output}"
        );
    }
    world.github.take_writes();
}

#[test]
fn attack_file_names_are_escaped() {
    let world = World::new(&policy(""));
    let names = [
        "x`y`@acme-s3.yaml",
        "a|b <img src=x> fixes #1-s3.yaml",
        "::set-output name=done::99-s3.yaml",
        "%0a::error::x-s3.yaml",
        "two\n::error::Approved\n## Approved\n-s3.yaml",
        "\u{1b}[2J\u{202e}-s3.yaml",
    ];
    let text = world.workdir.read(&world.workdir.path());
    let pull = world.proposal(|commit| {
        names.iter().fold(commit, |commit, name| {
            commit.write(&format!("s3/configs/{name}"), &text)
        })
    });
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let run = job.run();
    assert_ne!(run.status, 0, "none of these is a config's name");
    assert_eq!(run.outputs["done"], "0");
    assert_nothing_live(&world.repo.comments(7).pop().unwrap().body);
    assert_nothing_live(&run.summary);
    for line in run.stderr.lines() {
        assert!(!line.starts_with("::") && !line.starts_with("##"), "{line}");
    }
    assert!(!run.stderr.contains('\u{1b}') && !run.stderr.contains('\u{202e}'));
    world.assert_nothing_done(&job, &run);
}

#[test]
fn attack_the_environment_name_is_escaped() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let name = "prod --> `<img src=x>` @acme/admins\n::set-output name=a::b";
    let job = world.push(&before).with("PROVISIONER_ENVIRONMENT", name);
    let run = run_successfully(&job);
    assert!(
        run.summary.contains("No config to apply"),
        "{}",
        run.summary
    );
    world.assert_nothing_done(&job, &run);
}

#[test]
fn attack_the_run_id_is_escaped() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    let job = world
        .push(&before)
        .with("GITHUB_RUN_ID", "4711` @acme/admins <img src=x>")
        .with("GITHUB_RUN_ATTEMPT", "1\n## Approved");
    world.assert_job_denied(&job, &["approval-missing"]);
    assert_nothing_live(&world.repo.comments(7).pop().unwrap().body);
}

#[test]
fn attack_an_approver_login_is_escaped() {
    let (world, pull) = World::with_proposed();
    let dave = world.github.user("dave-fixes-GH-12");
    pull.approve(&dave);
    let before = world.merged(&pull);
    world.assert_denied(&before, &["approval-missing", "approver-not-allowed"]);
    assert!(world.report(7).contains("the approval of dave-fixes-GH-12"));
}
