//! A removed config: the run reports the deletion, and deletes nothing before a second person confirms it.

use super::*;

#[test]
fn a_removal_waits_for_confirmation() {
    let world = World::with_stack("");
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let job = world.push(&before);
    let run = run_successfully(&job);
    insta::assert_snapshot!("waiting", world.report(7));
    assert_eq!(run.outputs["waiting"], "1");
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.workdir.aws.buckets().len(), 1);
    let writes: Vec<String> = world
        .github
        .take_writes()
        .iter()
        .map(|it| it.line())
        .collect();
    assert_eq!(
        writes.len(),
        3,
        "a deployment, its state, a comment: {writes:#?}"
    );
    assert_eq!(
        world.repo.deployments()[0].statuses.last().unwrap().state,
        "pending"
    );
    world.assert_no_secrets(&job, &run);

    // The same run again reports nothing new.
    let first = world.repo.comments(7).pop().unwrap();
    run_successfully(&job);
    let second = world.repo.comments(7).pop().unwrap();
    assert_eq!(normalize(&second.body), normalize(&first.body));
    // The comment shows the digest of its own evidence.
    let again = world.github.take_writes();
    let again: Vec<String> = again.iter().map(|write| write.line()).collect();
    let edit = format!("PATCH /repos/acme/infra/issues/comments/{}", first.id);
    assert_eq!(again, [edit]);

    // The stack and its bucket were deleted meanwhile.
    let delete = world.workdir.aws.stacks().delete_stack();
    let delete = delete.stack_name(world.workdir.stack()).send();
    world.workdir.aws.wait(delete).unwrap();
    let objects = world.workdir.aws.objects();
    let delete = objects.delete_bucket().bucket(&world.workdir.name).send();
    world.workdir.aws.wait(delete).unwrap();
    run_successfully(&job);
    insta::assert_snapshot!("gone", world.report(7));
    assert_eq!(
        world.repo.deployments()[0].statuses.last().unwrap().state,
        "inactive"
    );
    world.github.take_writes();
}

/// Another file with the same stack has errors at the moment. Without the errors, the removal is denied anyway.
#[test]
fn attack_a_config_with_errors_claims_the_stack() {
    let broken = "client: 2\n";
    let other = crate::support::job::config("b009", "");
    for (versions, is_denied) in [
        (["", broken].as_slice(), true),
        (&[broken], true),
        (&["", "s3: 1\n", broken], true),
        (&[&other, broken], false),
        (&[&other], false),
    ] {
        let world = World::with_stack("");
        let path = world.workdir.path();
        let same = world.workdir.read(&path);
        let is_other = versions[0] == other;
        let double = match is_other {
            true => crate::support::job::path("b009"),
            false => path.clone(),
        };
        let double = double.replace("s3/configs/", "ml/configs/");
        for version in versions {
            let text = match version.is_empty() {
                true => &*same,
                false => version,
            };
            world.repo.commit("main").write(&double, text).push();
        }
        let pull = world.proposal(|commit| commit.remove(&path));
        let before = world.approved_and_merged(&pull);
        let run = world.push(&before).run();
        let report = world.report(7);
        let status = if is_denied { 20 } else { 0 };
        assert_eq!(run.status, status, "{versions:?} {}\n{report}", run.stderr);
        assert_eq!(report.contains("--confirm"), !is_denied, "{report}");
        if is_denied {
            assert_eq!(codes_of(&run.summary), ["duplicate-stack"]);
            assert!(report.contains("ml/configs/"), "{report}");
            assert_eq!(world.issuers[1].issued(), [""; 0]);
        }
        assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
        world.github.take_writes();
    }
}

#[test]
fn attack_a_protected_stack_offers_no_confirmation() {
    let world = World::with_stack("");
    let protect = world.workdir.aws.stacks().update_termination_protection();
    let protect = protect
        .stack_name(world.workdir.stack())
        .enable_termination_protection(true);
    world.workdir.aws.wait(protect.send()).unwrap();
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    insta::assert_snapshot!("protected", world.report(7));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn attack_a_reverted_removal_deletes_nothing() {
    let world = World::with_stack("");
    let text = world.workdir.read(&world.workdir.path());
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    let old = world.push(&before);
    let back = world.another(8, |commit| commit.write(&world.workdir.path(), text));
    world.merged(&back);
    run_successfully(&old);
    assert!(!world.report(7).contains("--confirm"));
    assert_eq!(world.issuers[1].issued(), [""; 0]);
    world.github.take_writes();
}

#[test]
fn a_removed_config_with_errors_names_the_stack_that_stays() {
    let world = World::with_stack("");
    let path = world.workdir.path();
    world.repo.commit("main").write(&path, "client: 2\n").push();
    let pull = world.removal();
    let before = world.approved_and_merged(&pull);
    run_successfully(&world.push(&before));
    let report = world.report(7);
    let (before, after) = report.split_once("its version of ").unwrap();
    let report = format!("{before}its version of COMMIT{}", &after["1234567".len()..]);
    insta::assert_snapshot!("left_behind", report);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}
