//! Attacks by GitLab's own ways, each with its allowed twin.

use super::world::*;
use crate::support::gitlab::Permission;

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
fn attack_an_approval_that_gitlab_keeps_after_a_push() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("feature").author(&world.alice);
    commit
        .write(&world.workdir.path(), text + "# more\n")
        .push();
    world.check(&pull);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_approval_by_the_author() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.alice);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_an_approval_by_a_guest() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.mallory);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
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
fn attack_an_approval_that_was_withdrawn() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    pull.approve(&world.bob);
    pull.review(&world.bob, "DISMISSED");
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_a_merge_against_a_request_for_changes() {
    for denied in [true, false] {
        let world = GitLabWorld::new(&policy(""));
        let pull = world.proposed(CONFIG);
        pull.approve(&world.bob);
        if denied {
            pull.request_changes(&world.carol);
        }
        let before = world.merged(&pull);
        match denied {
            true => assert_denied(&world, &before, "changes-requested"),
            false => assert_provisioned(&world, &before),
        }
    }
}

#[test]
fn attack_a_default_branch_that_maintainers_may_push_to() {
    let world = GitLabWorld::with_project(&policy(""), |repo| repo);
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    assert_denied(&world, &before, "branch-not-protected");
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
fn attack_push_events_that_gitlab_forgot() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.repo.forget_activities();
    assert_denied(&world, &before, "pushers-unknown");
}

#[test]
fn attack_versions_that_gitlab_forgot() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    pull.forget_versions();
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_the_approver_lost_the_role() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let before = world.approved_and_merged(&pull);
    world.repo.set_permission(&world.bob, Permission::Read);
    assert_denied(&world, &before, "approval-missing");
    world.repo.set_permission(&world.bob, Permission::Write);
    assert_provisioned(&world, &before);
}

#[test]
fn attack_the_pusher_approves() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let text = world.workdir.read(&world.workdir.path());
    // The commit names Alice; Bob pushes it.
    let commit = world.repo.commit("feature").author(&world.alice);
    let commit = commit.by(&world.bob);
    commit
        .write(&world.workdir.path(), text + "# more\n")
        .push();
    world.check(&pull);
    pull.approve(&world.bob);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
}

#[test]
fn attack_a_merge_without_a_merge_request() {
    let world = GitLabWorld::new(&policy(""));
    world.workdir.write_config(CONFIG);
    let before = world.repo.head("main");
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("main").author(&world.bob);
    commit.write(&world.workdir.path(), text).push();
    let run = world.provision(&before);
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
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

/// Everybody who can change a pipeline has the token of the check. What it wrote is recomputed.
#[test]
fn attack_a_plan_status_with_the_token_of_the_check() {
    for forged in [true, false] {
        let world = GitLabWorld::new(&policy(""));
        let pull = world.proposed(CONFIG);
        if forged {
            let digest = "a".repeat(64);
            let checker = world.gitlab.check_bot();
            let status =
                world
                    .repo
                    .status(&pull.head_sha(), "provisioner/plan", "success", &checker);
            world
                .repo
                .describe_status(status.id, &format!("1 create · plan {digest}"));
        }
        let before = world.approved_and_merged(&pull);
        match forged {
            true => assert_denied(&world, &before, "plan-changed"),
            false => assert_provisioned(&world, &before),
        }
    }
}

/// The approval came before the plan that is reported last.
#[test]
fn attack_a_plan_reported_after_the_approval() {
    let world = GitLabWorld::new(&policy(""));
    world.workdir.write_config(CONFIG);
    let text = world.workdir.read(&world.workdir.path());
    world
        .repo
        .branch_by(&world.alice, "feature", &world.repo.head("main"));
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    let pull = world.repo.pull("feature").author(&world.alice);
    let pull = pull.number(7).open();
    pull.approve(&world.bob);
    world.check(&pull);
    let before = world.merged(&pull);
    let run = world.provision(&before);
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert_eq!(world.stack(), None);
    world.gitlab.take_writes();
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

/// A merge request of one person, whose approval the same person gives under a bot.
#[test]
fn attack_two_accounts_of_one_kind() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let bot = world.gitlab.bot("group_1_bot_service");
    let repo = world.repo.clone().collaborator(&bot, Permission::Maintain);
    pull.approve(&bot);
    let before = world.merged(&pull);
    assert_denied(&world, &before, "approval-missing");
    drop(repo);
}

/// A squashed and a fast-forwarded merge are found like a merge commit.
#[test]
fn merges_of_each_kind_are_provisioned() {
    for kind in ["squash", "squash_and_merge", "fast_forward"] {
        let world = GitLabWorld::new(&policy(""));
        let pull = world.proposed(CONFIG);
        pull.approve(&world.bob);
        let before = world.repo.head("main");
        match kind {
            "squash" => pull.squash(&world.carol),
            "squash_and_merge" => pull.squash_and_merge(&world.carol),
            _ => pull.fast_forward(&world.carol),
        };
        assert_provisioned(&world, &before);
    }
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
