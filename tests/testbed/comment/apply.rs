//! Commands that change AWS: the inspection job starts the job for `prod`, which applies them.

use serde_json::{Value, json};

use super::*;
use crate::aws::scene;
use crate::support::github::CommitBuilder;

/// Writes of a job that changes a stack for a command.
const APPLY_WRITES: &[&str] = &[COMMENT, DEPLOYMENT, DEPLOYED, COMMENTED, REACTION];

impl World {
    /// Puts an object into the bucket of the workdir.
    pub fn put_object(&self, key: &str) {
        let put = self.workdir.aws.objects().put_object();
        let put = put.bucket(&self.workdir.name).key(key);
        self.workdir.aws.wait(put.send()).unwrap();
    }

    /// A stack that a merge provisioned; then its config is removed, approved and merged, and the run has reported what would be
    /// deleted.
    pub fn with_removal() -> (Self, Pull) {
        Self::with_removal_under(&policy(""), |_| {})
    }

    pub fn with_removal_under(policy: &str, set: impl FnOnce(&Self)) -> (Self, Pull) {
        let world = Self::new(policy);
        set(&world);
        world.workdir.write_config(VERSIONED);
        scene::with_objects(&world.workdir);
        let path = world.workdir.path();
        let text = world.workdir.read(&path);
        world.repo.commit("main").write(&path, text).push();
        let pull = world.removal();
        let before = world.approved_and_merged(&pull);
        let run = world.push(&before).run();
        assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
        world.github.take_writes();
        (world, pull)
    }

    /// The command that the run posted.
    pub fn posted(&self) -> String {
        let comments = self.repo.comments(7);
        let mut lines = comments.iter().rev().flat_map(|it| it.body.lines());
        let found =
            lines.find(|line| line.starts_with("/provisioner ") && line.contains("--confirm"));
        found.expect("a command that confirms").to_owned()
    }

    /// The run's comment invites nobody any more, and says who confirmed the deletion.
    #[track_caller]
    pub fn assert_invitation_closed(&self) {
        let comments = self.repo.comments(7).into_iter().map(|it| it.body);
        let mut runs = comments.filter(|body| body.starts_with("<!-- provisioner:provision "));
        let body = runs.next().expect("the run's comment");
        assert_nothing_live(&body);
        assert!(!body.contains("--confirm"), "{body}");
        for words in ["✅ ", "Deleted. `carol` confirmed it in comment `http"] {
            assert!(body.contains(words), "{words}: {body}");
        }
    }

    /// States of the stack's deployment, newest first.
    pub fn deployment_states(&self) -> Vec<String> {
        let deployments = self.repo.deployments();
        let statuses = deployments.iter().flat_map(|it| it.statuses.iter().rev());
        statuses.map(|it| it.state.clone()).collect()
    }
}

#[test]
fn a_merged_config_is_deployed_with_its_folders_and_its_template() {
    let (world, pull) = World::with_merge();
    for (name, text, tokens) in [
        ("prep-master", "/provisioner prep-master", 1),
        (
            "deploy-solution",
            "/provisioner deploy-solution --solution churn",
            2,
        ),
        ("upload-template", "/provisioner upload-template", 3),
    ] {
        let applied = world.apply(&pull, &world.carol, text);
        applied.assert_exit(0);
        let writes = world.github.take_writes();
        let lines: Vec<String> = writes.iter().map(|it| it.line()).collect();
        assert!(lines.len() <= APPLY_WRITES.len(), "{lines:#?}");
        assert_eq!(world.reactions(&applied.comment), ["eyes", "rocket"]);
        assert_eq!(world.tokens(APPLY), tokens);
        insta::assert_snapshot!(name, world.last_reply());
        assert_eq!(applied.run.outputs["done"], "1");
        let evidence = &applied.run.evidence;
        let stack = &evidence["predicate"]["changes"][0]["change"]["stacks"][0];
        let command = &stack["request"]["trigger"]["comment"];
        assert_eq!(command["id"], applied.comment.id);
        assert_eq!(command["by"]["login"], "carol");
        let time = |value: &Value| -> jiff::Timestamp { value.as_str().unwrap().parse().unwrap() };
        let began = time(&evidence["predicate"]["run"]["began"]);
        assert!(time(&stack["decisions"][0]["at"]) >= began, "{evidence:#}");
        assert!(
            applied.run.outputs["environments"].is_null(),
            "the look job says that"
        );
    }
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.tokens(INSPECT), 0);
    // The same command in another comment; the stack exists.
    let again = world.apply(&pull, &world.carol, "/provisioner prep-master");
    again.assert_exit(0);
    world.github.take_writes();
}

/// Jobs that share an environment by their accounts: only the job of the stack's account acts and replies.
#[test]
fn a_command_is_applied_by_the_job_of_its_account_alone() {
    let (world, pull) = World::with_merge();
    let comment = world.comment(&world.carol, "/provisioner prep-master");
    let job = |accounts: &str| {
        let job = world.apply_job(&pull, &comment);
        job.with("PROVISIONER_ACCOUNTS", accounts).run()
    };
    world.github.take_writes();
    let elsewhere = job("999999999999");
    assert_eq!(elsewhere.status, 0, "{}", elsewhere.stderr);
    world.assert_no_stack();
    world.github.expect_writes(&[]);
    let own = world.workdir.aws.account.clone();
    let applied = job(&own);
    assert_eq!(applied.status, 0, "{}", applied.stderr);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    world.github.take_writes();
}

#[test]
fn a_dedicated_bucket_has_an_action_of_its_own() {
    let world = World::new(&policy(""));
    let text = world.workdir.read(&world.workdir.path());
    let name = format!("{}-own", world.workdir.name);
    let text = format!("{text}  bucket_name_override: {name}\n  solutions:\n    - churn\n");
    let path = world.workdir.path().replace("-s3.yaml", "-churn-s3.yaml");
    let pull = world.proposal(|commit| commit.write(&path, text));
    world.approved_and_merged(&pull);
    // The inspection job denies a command that applies to no config.
    let inspected = world.inspect(
        &pull,
        &world.carol,
        &format!("/provisioner prep-master {path}"),
    );
    inspected.assert_exit(2);
    world.github.expect_writes(ANSWER_WRITES);
    insta::assert_snapshot!("not_its_action", world.last_reply());
    let applied = world.apply(&pull, &world.carol, "/provisioner create-bucket");
    applied.assert_exit(0);
    world.github.expect_writes(APPLY_WRITES);
    insta::assert_snapshot!("create-bucket", world.last_reply());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}

/// A product of the repository, on the default branch.
pub fn vault(commit: CommitBuilder, actions: &str) -> CommitBuilder {
    let folder = ".provisioner/products/vault";
    let manifest = format!(
        "name: vault\ntitle: Vault\nsummary: A value.\nsection: vault\nfiles: '*-vault.yaml'\n\
         target: {{account: vault.account, region: vault.region, environment: \"'prod'\"}}\n\
         names: {{config: \"'acme-vault'\", stack: \"'acme-vault-stack' ~ given.suffix\"}}\n\
         outputs: {{template: \"'vault.yaml'\", policy: \"'vault.json'\"}}\nactions: {{{actions}}}\n"
    );
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["vault"],
        "properties": {"vault": {"type": "object", "additionalProperties": false,
            "required": ["account", "region"],
            "properties": {"account": {"type": "string"}, "region": {"type": "string"}}}},
    });
    let template = "Resources:\n  Value:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: x, \
                    Name: {{ '/vault' ~ given.suffix }}}\n";
    commit
        .write(&format!("{folder}/product.yaml"), manifest)
        .write(&format!("{folder}/config.schema.json"), schema.to_string())
        .write(&format!("{folder}/stack.yaml.j2"), template)
        .write(&format!("{folder}/iam-policy.json.j2"), "{}\n")
}

pub const VAULT: &str = "vault/configs/acme-vault.yaml";
/// Names that no built-in product has.
const OWN_ACTIONS: &str = "show-changes: show-changes, make-vault: provision, drop-vault: delete";
pub const ACTIONS: &str = "show-changes: show-changes, test-deploy: test-deploy, deploy-product: provision, delete-product: delete";

pub fn vault_policy() -> String {
    policy("configs: [\"vault/configs/*.yaml\"]\n")
}

impl World {
    pub fn vault_config(&self) -> String {
        let account = &self.workdir.aws.account;
        format!("vault:\n  account: \"{account}\"\n  region: us-west-2\n")
    }
}

#[test]
fn a_product_with_actions_of_its_own_is_deployed_and_deleted() {
    let world = World::new(&vault_policy());
    vault(world.repo.commit("main"), OWN_ACTIONS).push();
    let config = world.vault_config();
    let pull = world.proposal(|commit| commit.write(VAULT, &config));
    world.approved_and_merged(&pull);
    let applied = world.apply(
        &pull,
        &world.carol,
        "/provisioner make-vault acme-vault.yaml",
    );
    applied.assert_exit(0);
    world.github.expect_writes(APPLY_WRITES);
    insta::assert_snapshot!("make-vault", world.last_reply());
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));

    world.repo.branch("gone", &world.repo.head("main"));
    world
        .repo
        .commit("gone")
        .remove(VAULT)
        .author(&world.alice)
        .push();
    let removal = world
        .repo
        .pull("gone")
        .author(&world.alice)
        .number(8)
        .open();
    world.check(&removal);
    removal.approve(&world.bob);
    let before = world.merged(&removal);
    assert_eq!(world.push(&before).run().status, 0);
    world.github.take_writes();
    let posted = world.repo.comments(8).pop().unwrap().body;
    let line = posted
        .lines()
        .find(|line| line.starts_with("/provisioner drop-vault"));
    let comment = world.repo.comment(8, &world.carol, line.unwrap());
    let inspected = world.inspect_job(&removal, &comment).run();
    assert_eq!(
        inspected.outputs["environments"], r#"["prod"]"#,
        "{}",
        inspected.stderr
    );
    world.github.expect_writes(&[REACTION]);
    let run = world.apply_job(&removal, &comment).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    world
        .github
        .expect_writes(&[SECOND_REPLY, DEPLOYED, COMMENTED, COMMENTED, REACTION]);
    assert_eq!(world.stack(), None);
    let reply = world.repo.comments(8).pop().unwrap().body;
    insta::assert_snapshot!("drop-vault", world.normalized(&reply));
}

#[test]
fn a_confirmed_removal_deletes_everything() {
    let (world, pull) = World::with_removal();
    assert_eq!(world.deployment_states()[0], "pending");
    let applied = world.apply(&pull, &world.carol, &world.posted());
    applied.assert_exit(0);
    world
        .github
        .expect_writes(&[COMMENT, DEPLOYED, COMMENTED, COMMENTED, REACTION]);
    assert_eq!(world.reactions(&applied.comment), ["eyes", "rocket"]);
    insta::assert_snapshot!("tear-down", world.reply());
    world.assert_invitation_closed();
    assert_eq!(world.stack(), None);
    assert_eq!(world.workdir.aws.buckets(), [""; 0]);
    assert_eq!(world.deployment_states()[0], "inactive");
}

#[test]
fn a_changed_stack_needs_a_new_confirmation() {
    let (world, pull) = World::with_removal();
    let posted = world.posted();
    world.put_object("one-more");
    let applied = world.apply(&pull, &world.carol, &posted);
    applied.assert_exit(20);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    assert_eq!(world.reactions(&applied.comment), ["eyes", "confused"]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.deployment_states()[0], "pending", "it still waits");
    insta::assert_snapshot!("changed_in_between", world.reply());
    // The denial has the new digest.
    let reply = world.replies().pop().unwrap();
    let digest = regex::Regex::new("--confirm ([0-9a-f]{16})").unwrap();
    let last = digest.captures_iter(&reply).last().unwrap();
    let digest = last[1].to_owned();
    assert!(!posted.contains(&digest));
    let (command, _) = posted.rsplit_once(' ').unwrap();
    world
        .apply(&pull, &world.carol, &format!("{command} {digest}"))
        .assert_exit(0);
    world
        .github
        .expect_writes(&[COMMENT, DEPLOYED, COMMENTED, COMMENTED, REACTION]);
    assert_eq!(world.stack(), None);
    world.assert_invitation_closed();
}

/// A product whose stack reads a parameter of the bucket's stack.
const READER: &str = "name: reader\ntitle: Reader\nsummary: A reader.\nsection: reader\nfiles: '*-reader.yaml'\n\
     target: {account: reader.account, region: reader.region, environment: \"'prod'\"}\n\
     names: {config: \"'a-reader'\", stack: \"'a-reader-stack' ~ given.suffix\"}\n\
     outputs: {template: \"'reader.yaml'\", policy: \"'reader.json'\"}\nactions: {deploy-product: provision}\n";
const READER_SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["reader"],"properties":{"reader":{"type":"object",
    "additionalProperties":false,"required":["account","region","reads"],"properties":{"account":{"type":"string"},
    "region":{"type":"string"},"reads":{"type":"string"}}}}}"#;
const READER_STACK: &str = "Resources:\n  Note:\n    Type: AWS::SSM::Parameter\n    \
     Properties: { Type: String, Value: {{ '{{resolve:ssm:' ~ reader.reads ~ '}}' }} }\n";

#[test]
fn attack_a_consumer_after_the_invitation_needs_a_new_confirmation() {
    let (world, pull) = World::with_removal();
    let posted = world.posted();
    let names = world.workdir.aws.parameter_names("/s3");
    let mut names = names.iter();
    let name = names.find(|name| name.ends_with("/BucketName")).unwrap();
    let account = &world.workdir.aws.account;
    let region = crate::support::emulator::REGION;
    let folder = ".provisioner/products/reader";
    let text = format!("reader:\n  account: \"{account}\"\n  region: {region}\n  reads: {name}\n");
    world
        .repo
        .commit("main")
        .author(&world.carol)
        .write(&format!("{folder}/product.yaml"), READER)
        .write(&format!("{folder}/config.schema.json"), READER_SCHEMA)
        .write(&format!("{folder}/stack.yaml.j2"), READER_STACK)
        .write(&format!("{folder}/iam-policy.json.j2"), "{}\n")
        .write("s3/configs/a-reader.yaml", &text)
        .push();
    world.apply(&pull, &world.carol, &posted).assert_exit(20);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let reply = world.replies().pop().unwrap();
    let consumer =
        format!("needed by `s3/configs/a-reader.yaml`, which reads the parameter `{name}`");
    assert!(reply.contains(&consumer), "{reply}");
    assert!(reply.contains("delete-not-confirmed"), "{reply}");
    assert!(!reply.contains(&posted), "{reply}");
    // The same line, on a laptop.
    world
        .workdir
        .write(&format!("{folder}/product.yaml"), READER);
    world
        .workdir
        .write(&format!("{folder}/config.schema.json"), READER_SCHEMA);
    world
        .workdir
        .write(&format!("{folder}/stack.yaml.j2"), READER_STACK);
    world
        .workdir
        .write(&format!("{folder}/iam-policy.json.j2"), "{}\n");
    world.workdir.write("s3/configs/a-reader.yaml", &text);
    let preview = world.workdir.try_action("tear-down", &["--dry-run"]);
    assert!(
        preview.stdout.contains(&consumer.replace('`', "")),
        "{}",
        preview.stdout
    );
}

#[test]
fn a_denied_deployment_is_recorded_as_failed() {
    let (world, pull) = World::with_merge();
    world
        .apply(&pull, &world.carol, "/provisioner prep-master")
        .assert_exit(0);
    world.github.expect_writes(APPLY_WRITES);
    let states = world.deployment_states();
    pull.request_changes(&world.bob);
    world
        .apply(&pull, &world.carol, "/provisioner prep-master")
        .assert_exit(20);
    world.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
    assert_eq!(
        world.deployment_states(),
        states,
        "what runs is told as before"
    );
}

#[test]
fn a_job_changes_only_its_environment() {
    let world = World::new(&policy("  dev: {}\n"));
    let text = world.workdir.read(&world.workdir.path());
    let path = world.workdir.path().replace("-prod-", "-dev-");
    let text = text.replace("env: prod", "env: dev");
    let pull = world.proposal(|commit| commit.write(&path, text));
    world.approved_and_merged(&pull);
    let comment = world.comment(
        &world.carol,
        "/provisioner prep-master\n/provisioner test-deploy",
    );
    let run = world.apply_job(&pull, &comment).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    world.github.expect_writes(&[]);
    world.assert_no_aws_access();
    assert!(run.outputs["environments"].is_null(), "{}", run.outputs);
}
