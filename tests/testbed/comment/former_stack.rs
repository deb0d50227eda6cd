//! A config that names another stack than before: the merge creates the new stack, and a second person confirms the deletion of the
//! former one.

use aws_sdk_cloudformation::config::Region;
use aws_sdk_cloudformation::types::Tag;

use super::apply::{ACTIONS, VAULT, vault, vault_policy};
use super::*;

const STACK: &str = "acme-vault-stack";
const NEW_REGION: &str = "us-east-1";

impl World {
    /// A deployed config. An approved and merged pull request changes its region, and the run has created the new stack.
    fn with_former_stack(policy: &str) -> (Self, Pull, Job) {
        let world = Self::new(policy);
        vault(world.repo.commit("main"), ACTIONS).push();
        let config = world.vault_config();
        world.repo.commit("main").write(VAULT, &config).push();
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let request = world.workdir.aws.stacks().create_stack();
        let request = request.stack_name(STACK).template_body(
            "Resources:\n  Value:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: x, Name: /vault}\n",
        );
        let request = request.tags(tag("provisioner:product", "vault"));
        let request = request.tags(tag("provisioner:environment", "prod"));
        let request = request.tags(tag("provisioner:stack", STACK));
        world.workdir.aws.wait(request.send()).unwrap();
        let moved = config.replace("us-west-2", NEW_REGION);
        let pull = world.proposal(|commit| commit.write(VAULT, moved));
        let before = world.approved_and_merged(&pull);
        let push = world.push(&before);
        (world, pull, push)
    }

    fn run_with_former_stack() -> (Self, Pull, Job) {
        let (world, pull, push) = Self::with_former_stack(&vault_policy());
        let run = push.run();
        assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
        world.github.take_writes();
        (world, pull, push)
    }

    fn has_new_stack(&self) -> bool {
        let config = self.workdir.aws.stacks();
        let config = config.config().to_builder().region(Region::new(NEW_REGION));
        let client = aws_sdk_cloudformation::Client::from_conf(config.build());
        let found = client.describe_stacks().stack_name(STACK).send();
        self.workdir.aws.wait(found).is_ok()
    }

    /// Comments as Carol, runs the jobs, and checks that the former stack is still there.
    #[track_caller]
    fn assert_former_stack_stays(&self, pull: &Pull, text: &str, code: &str) {
        self.apply(pull, &self.carol, text).assert_exit(20);
        self.github.take_writes();
        let reply = self.last_reply();
        assert!(reply.contains(code), "{reply}");
        assert_eq!(self.stack().as_deref(), Some("CREATE_COMPLETE"));
    }
}

#[test]
fn a_second_person_confirms_the_deletion_of_the_former_stack() {
    let (world, pull, push) = World::with_former_stack(&vault_policy());
    let run = push.run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    assert_eq!(run.outputs["done"], "1");
    assert_eq!(run.outputs["waiting"], "1");
    world.github.take_writes();
    let comments = world.repo.comments(7);
    let body = &comments.last().unwrap().body;
    insta::assert_snapshot!("former_stack_waits", world.normalized(body));
    assert!(world.has_new_stack());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));

    // A command that creates acts on the new stack.
    let text = "/provisioner deploy-product acme-vault.yaml";
    world.apply(&pull, &world.carol, text).assert_exit(0);
    world.github.take_writes();
    assert!(world.last_reply().contains(NEW_REGION));
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));

    world
        .apply(&pull, &world.carol, &world.posted())
        .assert_exit(0);
    world.github.take_writes();
    assert_eq!(world.stack(), None);
    assert!(world.has_new_stack());
    let reply = world.last_reply();
    assert!(reply.contains("us-west-2"), "{reply}");
    assert!(!reply.contains(NEW_REGION), "{reply}");
    world.assert_invitation_closed();

    // The run again deletes nothing else.
    let again = push.run();
    assert_eq!(again.status, 0, "{}", again.stderr);
    world.github.take_writes();
    assert!(world.has_new_stack());
}

#[test]
fn attack_the_former_stack_is_not_deleted_without_its_confirmation() {
    let (world, pull, _) = World::run_with_former_stack();
    let posted = world.posted();
    // The author is no second person.
    world.inspect(&pull, &world.alice, &posted).assert_exit(20);
    world.github.take_writes();
    // Another deletion's digest.
    let (command, _) = posted.rsplit_once(' ').unwrap();
    let other = format!("{command} {}", "0".repeat(16));
    world.assert_former_stack_stays(&pull, &other, "delete-not-confirmed");
}

#[test]
fn attack_a_config_changed_back_keeps_its_stack() {
    let (world, pull, push) = World::run_with_former_stack();
    let posted = world.posted();
    let config = world.vault_config() + "# back\n";
    world.repo.commit("main").write(VAULT, config).push();
    world.assert_former_stack_stays(&pull, &posted, "superseded");
    let tokens = world.tokens(APPLY);
    let run = push.run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    world.github.take_writes();
    assert_eq!(world.tokens(APPLY), tokens, "the run requests no token");
}

#[test]
fn attack_another_config_claims_the_former_stack() {
    let policy = vault_policy().replace("vault/configs", "vault/*");
    let (world, pull, push) = World::with_former_stack(&policy);
    assert_eq!(push.run().status, 0);
    world.github.take_writes();
    let posted = world.posted();
    let other = VAULT.replace("configs", "others");
    let config = world.vault_config();
    world.repo.commit("main").write(&other, config).push();
    world.assert_former_stack_stays(&pull, &posted, "duplicate-stack");
}

#[test]
fn attack_a_policy_without_deletions_keeps_the_former_stack() {
    let policy = vault_policy().replace("configs:", "    deletes: never\nconfigs:");
    let (world, _, push) = World::with_former_stack(&policy);
    let run = push.run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    world.github.take_writes();
    let body = world.repo.comments(7).pop().unwrap().body;
    assert!(body.contains("delete-not-allowed"), "{body}");
    assert!(!body.contains("--confirm"), "{body}");
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}
