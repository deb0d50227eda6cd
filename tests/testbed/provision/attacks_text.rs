//! Attacks by text: names and values that are more than names and values.

use super::*;

const HOSTILE: &str = "x`@acme|admins <img src=y> fixes #1 ::set-output name=a::b --> \u{202e}";

#[test]
fn attack_titles_branches_and_values_are_only_text() {
    let world = World::new(&policy(""));
    let branch = "feature/@acme<img>$(id)`x`";
    world.repo.branch(branch, &world.repo.head("main"));
    world.desk.write_config(
        "  versioning: true\n  tags:\n    Note: \"</details> @acme/admins ``` fixes #1 ![x](https://evil.example/x.png)\"\n",
    );
    let text = world.desk.read(&world.desk.path());
    let commit = world.repo.commit(branch).author(&world.alice);
    commit
        .message(HOSTILE)
        .write(&world.desk.path(), text)
        .push();
    let pull = world.repo.pull(branch).author(&world.alice).title(HOSTILE);
    let pull = pull.body(HOSTILE).number(7).open();
    world.check(&pull);
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let done = job.run();
    let heard = world.heard(&job, &done);
    world.told(7);
    // Of the value only what is wrong with it is told, as code.
    for word in ["feature/@acme", "<img", "::set-output", "\u{202e}"] {
        assert!(!heard.contains(word), "{word} in {heard}");
    }
    world.github.take_writes();
}

#[test]
fn attack_file_names_are_only_text() {
    let world = World::new(&policy(""));
    let names = [
        "x`y`@acme-s3.yaml",
        "a|b <img src=x> fixes #1-s3.yaml",
        "::set-output name=done::99-s3.yaml",
        "%0a::error::x-s3.yaml",
        "two\n::error::Approved\n## Approved\n-s3.yaml",
        "\u{1b}[2J\u{202e}-s3.yaml",
    ];
    let text = world.desk.read(&world.desk.path());
    let pull = world.proposal(|commit| {
        names.iter().fold(commit, |commit, name| {
            commit.write(&format!("s3/configs/{name}"), &text)
        })
    });
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let done = job.run();
    assert_ne!(done.status, 0, "none of these is a config's name");
    assert_eq!(done.outputs["done"], "0");
    assert_whole(&world.repo.comments(7).pop().unwrap().body);
    assert_whole(&done.summary);
    for line in done.stderr.lines() {
        assert!(!line.starts_with("::") && !line.starts_with("##"), "{line}");
    }
    assert!(!done.stderr.contains('\u{1b}') && !done.stderr.contains('\u{202e}'));
    world.idle(&job, &done);
}

#[test]
fn attack_the_environment_s_name_is_only_text() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let name = "prod --> `<img src=x>` @acme/admins\n::set-output name=a::b";
    let job = world.push(&before).with("PROVISIONER_ENVIRONMENT", name);
    let done = succeeds(&job);
    assert!(
        done.summary.contains("No config is concerned"),
        "{}",
        done.summary
    );
    world.idle(&job, &done);
}

#[test]
fn attack_the_run_s_number_is_only_text() {
    let (world, pull) = World::with_proposed();
    let before = world.merged(&pull);
    let job = world
        .push(&before)
        .with("GITHUB_RUN_ID", "4711` @acme/admins <img src=x>")
        .with("GITHUB_RUN_ATTEMPT", "1\n## Approved");
    world.is_refused(&job, &["approval-missing"]);
    assert_whole(&world.repo.comments(7).pop().unwrap().body);
}

#[test]
fn attack_a_name_of_somebody_who_approved_is_only_text() {
    let (world, pull) = World::with_proposed();
    let dave = world.github.user("dave-fixes-GH-12");
    pull.approve(&dave);
    let before = world.merged(&pull);
    world.refused(&before, &["approval-missing", "approver-not-allowed"]);
    assert!(world.told(7).contains("the approval of dave-fixes-GH-12"));
}
