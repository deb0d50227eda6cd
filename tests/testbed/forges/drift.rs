//! Scheduled drift detection.

use super::*;

fn set<W: ForgeWorld>(world: &W, parameter: &str, value: &str) {
    let aws = &world.workdir().aws;
    let name = format!("/s3/{}/{parameter}", world.workdir().name);
    let put = aws.parameters().put_parameter().overwrite(true);
    aws.wait(put.name(name).value(value).send()).unwrap();
}

fn an_issue_is_opened_updated_and_closed<W: ForgeWorld>() {
    let world = W::with_stack("");
    let scan = |writes: &[&str]| {
        world.run_schedule().assert_exit(0);
        world.fake().expect_writes(writes);
    };
    scan(&[]);
    set(&world, "SolutionsPrefix", "other/");
    scan(&[W::OPENS_ISSUE]);
    let issue = || world.repo().issues().pop().unwrap();
    // A title is no Markdown.
    let title = world.workdir().redact_account(&issue().title);
    let told = format!("{title}\n\n{}", world.shown(&issue().body));
    insta::assert_snapshot!("issue", told);
    let get = world.workdir().aws.parameters().get_parameter();
    let name = format!("/s3/{}/SolutionsPrefix", world.workdir().name);
    let found = world.workdir().aws.wait(get.name(name).send()).unwrap();
    let value = found.parameter.and_then(|it| it.value);
    assert_eq!(value.as_deref(), Some("other/"), "nothing is repaired");
    // An equal result writes nothing; another one updates the issue.
    scan(&[]);
    set(&world, "BucketName", "another");
    scan(&[W::UPDATES_ISSUE]);
    assert!(issue().open);
    set(&world, "SolutionsPrefix", "solutions/");
    let bucket = world.workdir().name.clone();
    set(&world, "BucketName", &bucket);
    scan(&[W::UPDATES_ISSUE]);
    assert!(!issue().open);
    for words in [
        "no drift",
        "Drift that the previous scan found",
        "SolutionsPrefix",
        "BucketName",
    ] {
        assert!(issue().body.contains(words), "{words}: {}", issue().body);
    }
    assert!(!issue().body.contains("provisioner repaired nothing"));
    // Drift that comes again opens another issue.
    set(&world, "SolutionsPrefix", "other/");
    scan(&[W::OPENS_ISSUE]);
    assert_eq!(world.repo().issues().len(), 2);
}

fn attack_a_foreign_issue_is_not_ours<W: ForgeWorld>() {
    let world = W::with_stack("");
    set(&world, "SolutionsPrefix", "other/");
    world.run_schedule().assert_exit(0);
    world.fake().take_writes();
    // A stranger copies the issue, and the real one is closed.
    let ours = world.repo().issues().pop().unwrap();
    let mallory = world.user("mallory");
    world.repo().issue(&mallory, &ours.title, &ours.body);
    world.repo().close_issue(ours.number);
    world.run_schedule().assert_exit(0);
    world.fake().expect_writes(&[W::OPENS_ISSUE]);
    let mut by = world.repo().issues().into_iter().map(|it| it.author);
    assert_eq!(by.next(), by.next_back(), "the first and the last are ours");
}

on_both_forges! {
    an_issue_is_opened_updated_and_closed
    attack_a_foreign_issue_is_not_ours
}
