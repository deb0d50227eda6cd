//! Attacks by GitLab's own ways, each with its allowed twin.

use super::world::*;

/// The merge is denied with `code`, and nothing exists.
#[track_caller]
fn assert_denied(world: &GitLabWorld, before: &str, code: &str) {
    let run = world.provision(before);
    assert_ne!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack(), None, "{}", run.stderr);
    let denials = run.denials();
    assert!(
        denials.iter().any(|it| it == code),
        "{denials:?}{}",
        run.stderr
    );
    world.gitlab.take_writes();
}

#[track_caller]
fn assert_provisioned(world: &GitLabWorld, before: &str) {
    let run = world.provision(before);
    assert_eq!(run.status, 0, "{}{}", run.stderr, run.stdout);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.gitlab.take_writes();
}

#[test]
fn attack_an_approval_by_the_user_of_the_check() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.gitlab.check_bot());
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_identity_of_another_branch() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    for claims in [
        world.claims(BRANCH_SUBJECT, "main", false),
        world.claims(BRANCH_SUBJECT, "feature", true),
        world.claims(
            "project_path:acme/infra:ref_type:branch:ref:feature",
            "main",
            true,
        ),
    ] {
        let run = run(world.push_job_as(&before, &claims));
        assert_ne!(run.status, 0, "{}", run.stderr);
        assert_eq!(world.stack(), None);
        let denials = run.denials();
        let code = "environment-not-protected";
        assert!(
            denials.iter().any(|it| it == code),
            "{denials:?}{}",
            run.stderr
        );
        world.gitlab.take_writes();
    }
    assert_provisioned(&world, &before);
}

#[test]
fn attack_versions_that_gitlab_forgot() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    pull.forget_versions();
    assert_denied(&world, &before, "approval-missing");
}

/// Values of a config reach the note; GitLab executes none of them.
#[test]
fn attack_quick_actions_in_a_config() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(
        "  versioning: true\n  tags:\n    Team: \"x\\n/merge\\n/approve\"\n    /close: \"/merge\"\n  no_key: |\n    /merge\n    /approve\n",
    );
    assert!(world.gitlab.take_executed().is_empty());
    assert_eq!(world.repo.head("feature"), pull.head_sha());
    let notes = world.notes(7);
    assert_eq!(notes.len(), 1, "{notes:?}");
    assert!(notes[0].contains("/merge"), "{}", notes[0]);
    world.shown(&notes[0]);
}

/// The merged result is what the pipeline has checked out; the report is about the head all the same.
#[test]
fn attack_the_merged_result_is_not_the_head() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    world.repo.commit("main").write("README.md", "x").push();
    let token = world.gitlab.check_token();
    let claims = world.claims(
        "project_path:acme/infra:ref_type:branch:ref:feature",
        "feature",
        false,
    );
    let variables = pull.merged_result_pipeline(&world.alice);
    let run = run(world.job(&variables, &token, &claims));
    assert_eq!(run.status, 0, "{}", run.stderr);
    world.gitlab.take_writes();
    let statuses = world.repo.statuses(&pull.head_sha());
    assert!(!statuses.is_empty());
    let before = world.approved_and_merged(&pull);
    assert_provisioned(&world, &before);
}

/// A pipeline of another branch, a tag or a schedule of it is no push to the default branch.
#[test]
fn attack_a_push_to_another_branch() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    let before = world.repo.head("main");
    let variables = world.repo.push_pipeline("feature", &before, &world.bob);
    let token = world.gitlab.apply_token();
    let job = world.job(&variables, &token, &world.branch_claims());
    let run = run(job.with("PROVISIONER_ENVIRONMENT", "prod"));
    assert_eq!((run.status, world.stack()), (0, None), "{}", run.stderr);
}

/// Trigger variables override all others: the facts are read from the forge, and the claims of the token.
#[test]
fn attack_variables_of_a_trigger_that_claim_a_merge() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    let tip = world.repo.head("main");
    let token = world.gitlab.apply_token();
    let claims = world.branch_claims();
    for (name, value) in [
        ("CI_COMMIT_SHA", pull.head_sha()),
        ("CI_COMMIT_BEFORE_SHA", tip.clone()),
        ("CI_DEFAULT_BRANCH", "feature".to_owned()),
    ] {
        let variables = world.repo.push_pipeline("main", &tip, &world.bob);
        let job = world.job(&variables, &token, &claims);
        let job = job
            .with("PROVISIONER_ENVIRONMENT", "prod")
            .with(name, &value);
        let run = run(job);
        assert_eq!(world.stack(), None, "{name}: {}", run.stderr);
        world.gitlab.take_writes();
    }
    let before = world.merged(&pull);
    assert_provisioned(&world, &before);
}

/// The job's own token reads too little: nothing is decided without the facts.
#[test]
fn attack_a_job_token_in_place_of_the_access_token() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    let variables = world.repo.push_pipeline("main", &before, &world.bob);
    let job = world.job(
        &variables,
        &world.gitlab.job_token(),
        &world.branch_claims(),
    );
    let run = run(job.with("PROVISIONER_ENVIRONMENT", "prod"));
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
    assert_provisioned(&world, &before);
}

/// A trigger names a server of the attacker's: it gets neither the token nor a say.
#[test]
fn attack_a_foreign_server_in_a_trigger_variable() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.merged(&pull);
    let evil = crate::support::gitlab::FakeGitLab::start();
    let job = world
        .push_job(&before)
        .with("CI_API_V4_URL", &evil.api_url());
    let run = run(job);
    assert_ne!(run.status, 0);
    assert!(run.stderr.contains("identity token"), "{}", run.stderr);
    assert!(evil.requests().is_empty());
    assert_eq!(world.stack(), None);
}

/// A job for no environment would be one for all of them.
#[test]
fn attack_an_empty_environment() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    for empty in ["", " "] {
        let run = run(world
            .push_job(&before)
            .with("PROVISIONER_ENVIRONMENT", empty));
        assert_eq!((run.status, world.stack()), (2, None), "{}", run.stderr);
        let expected = "PROVISIONER_ENVIRONMENT is empty";
        assert!(run.stderr.contains(expected), "{}", run.stderr);
    }
    assert_provisioned(&world, &before);
}

/// The check's variables name another project than its identity token.
#[test]
fn attack_a_check_that_names_another_project() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    for (name, value) in [("CI_PROJECT_ID", "1"), ("CI_PROJECT_PATH", "acme/other")] {
        let variables = pull.pipeline(&world.alice);
        let token = world.gitlab.check_token();
        let job = world.job(&variables, &token, &world.branch_claims());
        let run = run(job.with(name, value));
        assert_eq!(run.status, 2, "{name}: {}", run.stderr);
        assert!(run.stderr.contains(name), "{}", run.stderr);
        assert_eq!(world.gitlab.take_writes().len(), 0, "{name}");
    }
}
