//! Attacks by the state of the pull request, and by changes around the comment.

use super::apply::{ACTIONS, VAULT, vault, vault_policy};
use super::*;
use crate::aws::scene;

impl World {
    /// The inspection job denies it with this code: no other job starts, and no token is requested.
    #[track_caller]
    fn assert_denied_by_inspection(&self, pull: &Pull, text: &str, code: &str) {
        self.assert_inspection_ends(pull, text, code, 20);
    }

    #[track_caller]
    fn assert_inspection_ends(&self, pull: &Pull, text: &str, code: &str, status: i32) {
        let comment = self.repo.comment(pull.number, &self.carol, text);
        let run = self.inspect_job(pull, &comment).run();
        assert_eq!(run.status, status, "{text}: {}", run.stderr);
        assert_eq!(run.outputs["environments"], "[]", "{text}");
        let comments = self.repo.comments(pull.number);
        let reply = &comments.last().unwrap().body;
        self.normalized(reply);
        assert!(reply.contains(code), "{text}: {reply}");
        let writes = self.github.take_writes();
        assert!(writes.len() <= 4, "{writes:#?}");
        // A job for `prod` that starts all the same denies it too.
        let run = self.apply_job(pull, &comment).run();
        assert_eq!(
            (self.tokens(INSPECT), self.tokens(APPLY)),
            (0, 0),
            "{text}: {}",
            run.stderr
        );
        self.github.take_writes();
        self.assert_no_stack();
    }

    /// The job for `prod` denies it and requests no token.
    #[track_caller]
    fn assert_denied_by_apply(&self, pull: &Pull, text: &str, code: &str) {
        let tokens = self.tokens(APPLY);
        let applied = self.apply(pull, &self.carol, text);
        applied.assert_exit(20);
        self.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
        let reply = self.last_reply();
        assert!(reply.contains(&format!("error[{code}]")), "{reply}");
        assert_eq!(self.reactions(&applied.comment), ["eyes", "confused"]);
        assert_eq!(self.tokens(APPLY), tokens);
    }
}

/// Vector 8: the head moves between the report and the comment. The status is of the old head.
#[test]
fn attack_comment_then_push() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    let text = format!(
        "{}  tags:\n    Team: x\n",
        world.workdir.read(&world.workdir.path())
    );
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    world.assert_denied_by_inspection(&pull, "/provisioner test-deploy", "stale-head");
    insta::assert_snapshot!("stale_head", world.last_reply());
    world.assert_denied_by_inspection(&pull, "/provisioner show-changes", "stale-head");
}

/// Vectors 4 and 8: the new head is reported and not approved.
#[test]
fn attack_an_approval_of_another_head() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    let text = format!(
        "{}  tags:\n    Team: x\n",
        world.workdir.read(&world.workdir.path())
    );
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&world.workdir.path(), text).push();
    world.check(&pull);
    world.assert_denied_by_inspection(&pull, "/provisioner test-deploy", "approval-stale");
}

/// Vector 8: a push between the inspection job and the apply job.
#[test]
fn attack_push_between_the_jobs() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    let inspected = world.inspect(&pull, &world.carol, "/provisioner test-deploy");
    assert_eq!(inspected.environments(), r#"["prod"]"#);
    world.github.expect_writes(&[REACTION]);
    world
        .repo
        .commit("feature")
        .author(&world.alice)
        .write("x", "x")
        .push();
    let run = world.apply_job(&pull, &inspected.comment).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    assert!(
        world.reply().contains("error[stale-head]"),
        "{}",
        world.reply()
    );
    world.assert_no_aws_access();
}

/// Vectors 1 and 2: pull requests from a fork, including one of the same owner.
#[test]
fn attack_a_fork() {
    let all = [
        "show-changes",
        "check-drift",
        "validate-prov-template",
        "test-deploy",
        "prep-master",
    ];
    for (name, tried) in [
        ("mallory/infra", &all[..]),
        ("acme/infra-2", &["show-changes", "test-deploy"]),
    ] {
        let world = World::new(&policy(""));
        let fork = world.repo.fork(name);
        fork.set_permission(&world.mallory, Permission::Admin);
        let path = world.workdir.path();
        let text = world.workdir.read(&path);
        fork.branch("feature", &fork.head("main"));
        fork.commit("feature")
            .author(&world.mallory)
            .write(&path, text)
            .push();
        let pull = world
            .repo
            .pull("feature")
            .of_fork(&fork)
            .author(&world.mallory);
        let pull = pull.number(7).open();
        world.check(&pull);
        pull.approve(&world.bob);
        let tokens = world.tokens(0);
        assert_eq!(tokens, 0, "nor has the check asked for one");
        for text in tried {
            world.assert_denied_by_inspection(
                &pull,
                &format!("/provisioner {text}"),
                "fork-not-allowed",
            );
        }
        // Its content is data and can be read.
        world
            .inspect(&pull, &world.carol, "/provisioner validate-config")
            .assert_exit(0);
        world.github.expect_writes(ANSWER_WRITES);
        world.assert_no_aws_access();
    }
}

/// Vector 35: an open or closed pull request that is not merged.
#[test]
fn attack_a_deployment_of_what_is_not_merged() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    let path = world.workdir.path();
    let tear_down = format!("/provisioner tear-down {path} --force --confirm 0123456789abcdef");
    for text in [
        "/provisioner prep-master",
        "/provisioner deploy-solution",
        "/provisioner upload-template",
        &tear_down,
    ] {
        world.assert_denied_by_inspection(&pull, text, "not-merged");
    }
    pull.close();
    world.assert_denied_by_inspection(&pull, "/provisioner prep-master", "not-merged");
}

/// Vectors 4 to 6: merged without the required approvals.
#[test]
fn attack_a_deployment_of_what_was_not_approved() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.alice);
    world.merged(&pull);
    world.assert_denied_by_apply(&pull, "/provisioner prep-master", "approval-by-author");
    insta::assert_snapshot!("not_approved", world.last_reply());
    pull.request_changes(&world.bob);
    world.assert_denied_by_apply(&pull, "/provisioner prep-master", "changes-requested");
    world.assert_no_aws_access();
    assert_eq!(world.repo.deployments().len(), 0);
}

/// Vector 25: an old pull request whose config was changed since.
#[test]
fn attack_a_deployment_of_an_old_merge() {
    let (world, pull) = World::with_merge();
    let text = format!(
        "{}  tags:\n    Team: x\n",
        world.workdir.read(&world.workdir.path())
    );
    world
        .repo
        .commit("main")
        .write(&world.workdir.path(), text)
        .push();
    world.assert_denied_by_apply(&pull, "/provisioner prep-master", "superseded");
    world.assert_no_aws_access();
}

/// Vector 14: folders of a solution that no reviewer saw.
#[test]
fn attack_a_solution_that_the_config_does_not_name() {
    let (world, pull) = World::with_merge();
    for text in [
        "deploy-solution --solution evil",
        "upload-template --solution churn-x",
    ] {
        world.assert_denied_by_inspection(&pull, &format!("/provisioner {text}"), "not-requested");
    }
    let text = "/provisioner upload-template --solution churn.x";
    world.assert_inspection_ends(&pull, text, "solution-invalid", 2);
}

/// Vectors 23 and 34: a deletion of a config that the change does not remove.
#[test]
fn attack_a_deletion_of_an_existing_config() {
    let (world, pull) = World::with_merge();
    let path = world.workdir.path();
    let text = format!("/provisioner tear-down {path} --force --confirm 0123456789abcdef");
    world.assert_denied_by_inspection(&pull, &text, "delete-not-requested");
    insta::assert_snapshot!("not_requested", world.last_reply());
}

/// Vector 25: a removal whose config was restored.
#[test]
fn attack_a_deletion_of_a_restored_config() {
    let (world, pull) = World::with_removal();
    let path = world.workdir.path();
    let text = world.workdir.read(&path);
    world.repo.commit("main").write(&path, text).push();
    world.assert_denied_by_apply(&pull, &world.posted(), "superseded");
    world.assert_stack_and_bucket_exist();
}

/// Vector 35: a branch without protection.
#[test]
fn attack_a_test_for_another_branch() {
    let world = World::new(&policy("    approvals: 2\n"));
    world.repo.branch("side", &world.repo.head("main"));
    let weak = policy("    approvals: 1\n");
    world
        .repo
        .commit("side")
        .write(".provisioner.yaml", weak)
        .push();
    world.repo.branch("feature", &world.repo.head("side"));
    let path = world.workdir.path();
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&path, world.workdir.read(&path)).push();
    let pull = world.repo.pull("feature").base("side").author(&world.alice);
    let pull = pull.number(7).open();
    world.check(&pull);
    pull.approve(&world.bob);
    world.assert_denied_by_inspection(&pull, "/provisioner test-deploy", "not-default-branch");
    assert!(
        world.last_reply().contains("approval-missing"),
        "the default branch's policy counts"
    );
}

/// Vectors 3 and 33: a pull request that edits the policy in its own favor.
#[test]
fn attack_a_policy_that_the_pull_request_weakens() {
    let world = World::new(&policy("    approvals: 2\n"));
    let path = world.workdir.path();
    let text = world.workdir.read(&path);
    let weak = policy("    approvals: 1\n");
    let pull = world.proposal(|commit| commit.write(&path, text).write(".provisioner.yaml", weak));
    pull.approve(&world.bob);
    world.assert_denied_by_inspection(
        &pull,
        "/provisioner test-deploy",
        "2 approvals required, 1 valid",
    );
    // After the merge too: the policy applies to later changes.
    world.merged(&pull);
    world.assert_denied_by_apply(&pull, "/provisioner prep-master", "approval-missing");
    world.assert_no_aws_access();
}

/// Vector 3: a branch from before the policy became stricter.
#[test]
fn attack_a_branch_with_an_older_policy() {
    let world = World::new(&policy("    approvals: 1\n"));
    let old = world.repo.head("main");
    let strict = policy("    approvals: 2\n");
    world
        .repo
        .commit("main")
        .write(".provisioner.yaml", strict)
        .push();
    world.repo.branch("feature", &old);
    let path = world.workdir.path();
    let commit = world.repo.commit("feature").author(&world.alice);
    commit.write(&path, world.workdir.read(&path)).push();
    let pull = world
        .repo
        .pull("feature")
        .author(&world.alice)
        .number(7)
        .open();
    world.check(&pull);
    pull.approve(&world.bob);
    world.assert_denied_by_inspection(
        &pull,
        "/provisioner test-deploy",
        "2 approvals required, 1 valid",
    );
    // The twin with the approvals that the policy of now requires.
    pull.approve(&world.carol);
    let tested = world.apply(&pull, &world.carol, "/provisioner test-deploy");
    tested.assert_exit(0);
    world.github.take_writes();
}

/// Vector 36: a policy that cannot be read allows nothing.
#[test]
fn attack_a_policy_that_does_not_load() {
    let (world, pull) = World::with_proposal();
    pull.approve(&world.bob);
    world
        .repo
        .commit("main")
        .write(".provisioner.yaml", "version: 1\napprovals: none\n")
        .push();
    for text in ["/provisioner show-changes", "/provisioner test-deploy"] {
        world.assert_denied_by_inspection(&pull, text, "error[");
    }
    insta::assert_snapshot!("no_policy", world.last_reply());
    world.merged(&pull);
    world.assert_denied_by_inspection(&pull, "/provisioner prep-master", "error[");
}

/// Vector 3: a product that the pull request edits. A test uses the products of the default branch.
#[test]
fn attack_a_product_that_the_pull_request_edits() {
    let world = World::new(&vault_policy());
    vault(world.repo.commit("main"), ACTIONS).push();
    let config = world.vault_config();
    let template = "Resources:\n  Evil:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: x, Name: {{ '/evil' ~ given.suffix }}}\n";
    let pull = world.proposal(|commit| {
        commit
            .write(VAULT, &config)
            .write(".provisioner/products/vault/stack.yaml.j2", template)
    });
    pull.approve(&world.bob);
    world
        .apply(&pull, &world.carol, "/provisioner test-deploy --keep")
        .assert_exit(0);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    let names = world.workdir.aws.parameter_names("/");
    assert_eq!(names.len(), 1, "{names:?}");
    assert!(names[0].starts_with("/vault-t"), "{names:?}");
}

/// Vector 3: a product with a harmless name for a destructive action.
#[test]
fn attack_a_product_whose_inspection_deletes() {
    let world = World::new(&vault_policy());
    vault(world.repo.commit("main"), ACTIONS).push();
    let config = world.vault_config();
    let actions = "show-changes: delete, check-drift: provision, test-deploy: provision, deploy-product: delete";
    let pull = world.proposal(|commit| vault(commit.write(VAULT, &config), actions));
    pull.approve(&world.bob);
    for action in ["show-changes", "check-drift"] {
        let inspected = world.inspect(&pull, &world.carol, &format!("/provisioner {action}"));
        inspected.assert_exit(2);
        world.github.take_writes();
        assert!(
            world.last_reply().contains("uses a different action for"),
            "{}",
            world.last_reply()
        );
    }
    world.approved_and_merged(&pull);
    let text = format!("/provisioner deploy-product {VAULT} --force");
    let inspected = world.inspect(&pull, &world.carol, &text);
    inspected.assert_exit(2);
    world.github.take_writes();
    assert_eq!(inspected.environments(), "[]");
    world.apply_job(&pull, &inspected.comment).run();
    world.github.take_writes();
    world.assert_no_aws_access();
}

/// Vector 22: a foreign stack with this name.
#[test]
fn attack_a_foreign_stack() {
    let (world, pull) = World::with_removal();
    world
        .workdir
        .aws
        .wait(
            world
                .workdir
                .aws
                .stacks()
                .update_stack()
                .stack_name(world.workdir.stack())
                .use_previous_template(true)
                .send(),
        )
        .ok();
    let (pulled, posted) = (pull, world.posted());
    // The owner's tags are missing.
    untag(&world);
    let applied = world.apply(&pulled, &world.carol, &posted);
    applied.assert_exit(20);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    assert!(
        world.reply().contains("error[stack-not-owned]"),
        "{}",
        world.reply()
    );
    assert_eq!(
        world.stack().as_deref().map(|it| it.ends_with("COMPLETE")),
        Some(true)
    );
}

fn untag(world: &World) {
    let name = world.workdir.stack();
    let stacks = world.workdir.aws.stacks();
    let template = stacks.get_template().stack_name(&name).send();
    let template = world
        .workdir
        .aws
        .wait(template)
        .unwrap()
        .template_body
        .unwrap();
    world
        .workdir
        .aws
        .wait(stacks.delete_stack().stack_name(&name).send())
        .unwrap();
    let bucket = &world.workdir.name;
    for key in world.workdir.aws.keys(bucket) {
        let delete = world
            .workdir
            .aws
            .objects()
            .delete_object()
            .bucket(bucket)
            .key(key);
        world.workdir.aws.wait(delete.send()).unwrap();
    }
    let delete = world
        .workdir
        .aws
        .objects()
        .delete_bucket()
        .bucket(bucket)
        .send();
    let _ = world.workdir.aws.wait(delete);
    let made = stacks
        .create_stack()
        .stack_name(&name)
        .template_body(template);
    world.workdir.aws.wait(made.send()).unwrap();
}

/// Vectors 14 and 24: a job for `prod` gets a command for another environment.
#[test]
fn attack_a_job_of_another_environment() {
    let world = World::new(&policy("  dev: {}\n"));
    let text = world.workdir.read(&world.workdir.path());
    let path = world.workdir.path().replace("-prod-", "-dev-");
    let text = text.replace("env: prod", "env: dev");
    let pull = world.proposal(|commit| commit.write(&path, text));
    pull.approve(&world.bob);
    let comment = world.comment(&world.carol, "/provisioner test-deploy");
    assert_eq!(world.apply_job(&pull, &comment).run().status, 0);
    world.merged(&pull);
    let comment = world.comment(&world.carol, "/provisioner prep-master");
    assert_eq!(world.apply_job(&pull, &comment).run().status, 0);
    world.github.expect_writes(&[]);
    // No job starts for an environment without a role.
    world
        .inspect(&pull, &world.carol, "/provisioner prep-master")
        .assert_exit(20);
    world.github.expect_writes(ANSWER_WRITES);
    insta::assert_snapshot!("no_role", world.last_reply());
    world.assert_no_aws_access();
}

/// No job starts for a test in an environment without an apply role; with one, a job starts.
#[test]
fn attack_a_test_in_an_environment_without_a_role() {
    let world = World::new(&policy("  dev: {}\n"));
    let text = world.workdir.read(&world.workdir.path());
    let path = world.workdir.path().replace("-prod-", "-dev-");
    let of_dev = text.replace("env: prod", "env: dev");
    let pull = world.proposal(|commit| {
        let commit = commit.write(&path, of_dev);
        commit.write(&world.workdir.path(), &text)
    });
    pull.approve(&world.bob);
    let of_prod = world.workdir.path();
    for (config, expected, status) in [(&path, "[]", 20), (&of_prod, r#"["prod"]"#, 0)] {
        let command = format!("/provisioner test-deploy {config}");
        let run = world.inspect(&pull, &world.carol, &command);
        assert_eq!(run.environments(), expected, "{}", world.last_reply());
        run.assert_exit(status);
        world.github.take_writes();
    }
    let denied = world.replies();
    assert!(
        denied[0].contains("error[role-not-configured]"),
        "{}",
        denied[0]
    );
    world.assert_no_aws_access();
}

/// Vector 25: a finished deletion is commanded again.
#[test]
fn attack_a_deletion_that_is_replayed() {
    let (world, pull) = World::with_removal();
    let posted = world.posted();
    let applied = world.apply(&pull, &world.carol, &posted);
    applied.assert_exit(0);
    assert_eq!(world.stack(), None);
    world.github.take_writes();
    // The stack is created again by hand. The confirmation was for the former one.
    scene::with_stack(&world.workdir);
    world.put_object("precious");
    let run = world.apply_job(&pull, &applied.comment).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    let writes = world.github.take_writes();
    assert!(
        writes.iter().all(|it| it.line() != COMMENT),
        "the one reply is updated"
    );
    assert!(
        world.reply().contains("error[delete-not-confirmed]"),
        "{}",
        world.reply()
    );
    assert_eq!(world.workdir.aws.keys(&world.workdir.name).len(), 1);
}
