//! Stacks that no pull request may adopt: nothing in AWS changes, and the allowed twin is adopted.

use super::adoption::{Existing, TEAM};
use super::*;
use crate::support::proxy::{Fault, Rule};

/// A stack with these tags, whose adoption is merged and approved, is denied with this code.
fn refused<W: ForgeWorld>(tags: &[(&str, &str)], codes: &[&str]) {
    let existing = Existing::<W>::new("", tags, "");
    let pull = existing.proposed();
    let before = existing.world.approved_and_merged(&pull);
    existing.assert_denied(&before, codes);
}

fn attack_adopting_the_stack_of_another_config_or_tool<W: ForgeWorld>() {
    for tags in [
        ("provisioner:stack", "acme-prod-0007-other-stack"),
        ("provisioner:environment", "production"),
        ("provisioner:product", "ml"),
        ("provisioner:test", "acme-prod-0007-stack"),
        ("aws-cdk:bootstrap-role", "file-publishing"),
        ("ManagedStackSource", "AwsSamCli"),
    ] {
        refused::<W>(&[tags], &["adopt-owned-elsewhere"]);
    }
}

/// The entry names one stack, and another one of the same name exists after the review.
fn attack_a_namesake_that_was_created_after_the_review<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let pull = existing.proposed();
    let before = world.approved_and_merged(&pull);
    let (aws, stack) = (&world.workdir().aws, world.workdir().stack());
    aws.wait(aws.stacks().delete_stack().stack_name(&stack).send())
        .unwrap();
    for bucket in aws.buckets() {
        aws.wait(aws.objects().delete_bucket().bucket(bucket).send())
            .unwrap();
    }
    scene::with_tagged_stack(world.workdir(), &TEAM, "");
    existing.assert_denied(&before, &["adopt-template-changed", "not-requested"]);
    // A namesake that has the tags already is not the stack of the entry either.
    aws.wait(aws.stacks().delete_stack().stack_name(&stack).send())
        .unwrap();
    for bucket in aws.buckets() {
        aws.wait(aws.objects().delete_bucket().bucket(bucket).send())
            .unwrap();
    }
    scene::with_stack(world.workdir());
    existing.assert_denied(&before, &["adopt-template-changed", "not-requested"]);
}

/// What reviewers saw is not what the stack is at the merge.
fn attack_a_stack_that_changed_after_the_review<W: ForgeWorld>() {
    let parameter = "\nParameters: {Owner: {Type: String, Default: one}}\n";
    let changes: [fn(&Existing<W>); 3] = [
        |existing| existing.update(&(existing.template() + "\nMetadata: {Owner: two}\n"), &TEAM),
        |existing| existing.update(&existing.template(), &[("Team", "other")]),
        |existing| {
            existing.update(
                &existing.template().replace("Default: one", "Default: two"),
                &TEAM,
            )
        },
    ];
    for change in changes {
        let existing = Existing::<W>::new("", &TEAM, parameter);
        let pull = existing.proposed();
        let before = existing.world.approved_and_merged(&pull);
        change(&existing);
        existing.assert_denied(&before, &["adopt-template-changed"]);
    }
    let twin = Existing::<W>::new("", &TEAM, parameter);
    let pull = twin.proposed();
    let before = twin.world.approved_and_merged(&pull);
    twin.assert_adopted(&before);
}

fn attack_an_entry_without_approval<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let pull = existing.proposed();
    let before = existing.world.merged(&pull);
    existing.assert_denied(&before, &["approval-missing"]);
}

/// The entry is added after the approval of the config alone.
fn attack_an_entry_that_was_edited_after_the_approval<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let foreign = existing.id().replace(&world.workdir().stack(), "roles");
    let pull = existing.with_entries(&existing.entries("adopt", &foreign));
    world.approve(&pull, "bob");
    let entries = existing.entries("adopt", &existing.id());
    world.pushed(&pull, |commit| {
        commit
            .author(&world.user("alice"))
            .write(".provisioner/adoptions.yaml", &entries)
    });
    let before = world.merged(&pull);
    existing.assert_denied(&before, &["approval-missing", "approval-stale"]);
}

/// An entry of an earlier pull request asks for nothing: the merge would update the stack, which is not provisioner's own.
fn attack_an_entry_is_used_twice<W: ForgeWorld>() {
    let existing = Existing::<W>::new("    updates: reviewed\n", &TEAM, "");
    let world = &existing.world;
    let entries = existing.entries("adopt", &existing.id());
    let commit = world.repo().commit("main").author(&world.user("carol"));
    commit.write(".provisioner/adoptions.yaml", &entries).push();
    let pull = existing.with_entries(&entries);
    let before = world.approved_and_merged(&pull);
    let run = existing.assert_denied(&before, &["stack-not-owned"]);
    assert!(
        run.summary.contains(".provisioner/adoptions.yaml"),
        "{}",
        run.summary
    );
}

/// CloudFormation answers that the change set would change a resource too.
fn attack_a_change_set_that_changes_a_resource<W: ForgeWorld>() {
    let scope = "<Scope><member>Tags</member></Scope>".to_owned();
    for (from, to) in [
        (scope.clone(), "<Scope><member>Properties</member></Scope>"),
        (
            scope.clone(),
            "<Scope><member>Tags</member><member>Metadata</member></Scope>",
        ),
        (scope, "<Scope><member>Labels</member></Scope>"),
        ("<Replacement>False".to_owned(), "<Replacement>True"),
        ("<Replacement>False".to_owned(), "<Replacement>Conditional"),
        ("<Action>Modify".to_owned(), "<Action>Remove"),
    ] {
        let existing = Existing::<W>::new("", &TEAM, "");
        let world = &existing.world;
        let pull = existing.proposed();
        let before = world.approved_and_merged(&pull);
        existing.proxy.clear();
        let rewrites = Fault::Rewrites(vec![[from.clone(), to.to_owned()]]);
        existing
            .proxy
            .rule(Rule::new(rewrites).for_operation("DescribeChangeSet"));
        let run = world.run_push(&before);
        assert_eq!(
            run.codes(),
            ["adopt-changes-resources"],
            "{from} {to}: {}",
            run.summary
        );
        assert_eq!(existing.mutations(), ["CreateChangeSet", "DeleteChangeSet"]);
        assert_eq!(existing.tags().len(), 1);
        world.fake().take_writes();
    }
}

/// Somebody changed a value by hand. The emulator writes all values of a resource that gets tags.
fn attack_an_adoption_that_would_overwrite_a_value<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let pull = existing.proposed();
    let before = world.approved_and_merged(&pull);
    let edit = |value: &str| {
        let put = world.workdir().aws.parameters().put_parameter();
        let name = format!("/s3/{}/SolutionsPrefix", world.workdir().name);
        let put = put.name(name).value(value).overwrite(true);
        world.workdir().aws.wait(put.send()).unwrap();
    };
    let value = || {
        let get = world.workdir().aws.parameters().get_parameter();
        let get = get.name(format!("/s3/{}/SolutionsPrefix", world.workdir().name));
        let parameter = world.workdir().aws.wait(get.send()).unwrap().parameter;
        parameter.unwrap().value.unwrap()
    };
    let templated = value();
    edit("hand/");
    existing.proxy.clear();
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert_eq!(run.codes(), ["adopt-on-drift"], "{}", run.summary);
    assert_eq!(existing.mutations(), ["CreateChangeSet", "DeleteChangeSet"]);
    assert_eq!(value(), "hand/");
    assert_eq!(existing.tags().len(), 1);
    world.fake().take_writes();
    // The twin: the value is that of the template again.
    edit(&templated);
    existing.assert_adopted(&before);
    assert_eq!(value(), templated);
}

/// CloudFormation says that another stack contains the stack.
fn attack_adopting_a_nested_stack<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let pull = existing.proposed();
    let before = existing.world.approved_and_merged(&pull);
    let name = format!(
        "<StackName>{}</StackName>",
        existing.world.workdir().stack()
    );
    let nested = format!("{name}<ParentId>{}</ParentId>", existing.id());
    let rewrites = Fault::Rewrites(vec![[name, nested]]);
    existing.proxy.clear();
    existing
        .proxy
        .rule(Rule::new(rewrites).for_operation("DescribeStacks"));
    let run = existing.world.run_push(&before);
    assert_eq!(run.codes(), ["adopt-owned-elsewhere"], "{}", run.summary);
    assert_eq!(existing.mutations(), [""; 0]);
    existing.world.fake().take_writes();
}

/// An entry for a stack of another account, region or name than the config's.
fn attack_an_entry_for_another_stack_than_the_configs<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let id = existing.id();
    let account = &world.workdir().account;
    for (number, foreign) in [
        id.replace(account, "999999999999"),
        id.replace("us-west-2", "eu-central-1"),
        id.replace(&world.workdir().stack(), "roles"),
    ]
    .iter()
    .enumerate()
    {
        let entries = existing.entries("adopt", foreign);
        let path = world.workdir().path();
        let text = world.text();
        let pull = world.opened(7 + number as u64, |commit| {
            commit
                .write(&path, text)
                .write(".provisioner/adoptions.yaml", &entries)
        });
        let run = world.run_check(&pull);
        run.assert_exit(10);
        assert!(run.summary.contains("entry-invalid"), "{}", run.summary);
        world.fake().take_writes();
    }
}

/// Without a plan role nobody saw the stack before the merge.
fn attack_an_adoption_that_nothing_compared<W: ForgeWorld>() {
    let mut existing = Existing::<W>::new("", &TEAM, "");
    let stopped = "http://127.0.0.1:9".to_owned();
    let url = std::mem::replace(&mut existing.world.workdir_mut().url, stopped);
    let pull = existing.proposed();
    existing.world.workdir_mut().url = url;
    let before = existing.world.approved_and_merged(&pull);
    existing.assert_denied(&before, &["adopt-not-reviewed"]);
}

/// A fork's entry is neither compared nor merged into an effect.
fn attack_an_entry_in_a_fork<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let mallory = world.user("mallory");
    let fork = world.repo().fork("mallory/infra");
    fork.branch_by(&mallory, "feature-7", &world.repo().head("main"));
    let commit = fork.commit("feature-7").author(&mallory);
    let entries = existing.entries("adopt", &existing.id());
    let commit = commit.write(".provisioner/adoptions.yaml", &entries);
    commit.write(&world.workdir().path(), world.text()).push();
    let pull = world.repo().pull("feature-7").of_fork(&fork);
    let pull = pull.author(&mallory).number(7).open();
    existing.proxy.clear();
    let run = world.run_fork_check(&pull);
    assert!(run.summary.contains("fork"), "{}", run.summary);
    assert!(!run.summary.contains("tag added"), "{}", run.summary);
    assert_eq!(existing.proxy.journal().len(), 0);
    let before = world.approved_and_merged(&pull);
    let run = world.run_push(&before);
    run.assert_exit(20);
    assert!(
        run.codes().contains(&"fork-not-allowed"),
        "{:?}",
        run.codes()
    );
    assert_eq!(existing.proxy.journal().len(), 0);
    assert_eq!(existing.tags().len(), 1);
    world.fake().take_writes();
}

/// The config's account comes from defaults that the same pull request changes, so its entry could mean two stacks.
fn attack_defaults_that_move_the_config_of_an_entry<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let (path, account) = (world.workdir().path(), &world.workdir().account);
    let line = format!("  account_id: \"{account}\"\n");
    let own = world.text().replace(&line, "");
    let defaults = |account: &str| format!("client:\n  account_id: \"{account}\"\n");
    let commit = world.repo().commit("main").author(&world.user("carol"));
    let commit = commit.write(&path, own);
    commit
        .write("s3/configs/_defaults.yaml", defaults("999999999999"))
        .push();
    let entries = existing.entries("adopt", &existing.id());
    let pull = world.opened(7, |commit| {
        commit
            .write("s3/configs/_defaults.yaml", defaults(account))
            .write(".provisioner/adoptions.yaml", &entries)
    });
    let run = world.run_check(&pull);
    run.assert_exit(10);
    assert!(run.summary.contains("entry-invalid"), "{}", run.summary);
    let before = world.approved_and_merged(&pull);
    existing.proxy.clear();
    assert_ne!(world.run_push(&before).status, 0);
    assert_eq!(existing.mutations(), [""; 0]);
    assert_eq!(existing.tags().len(), 1);
    world.fake().take_writes();
}

/// An un-adoption needs an approval, the stack's own tags and the stack of the entry; the config has to go with it.
fn attack_an_unadoption_of_what_was_not_reviewed<W: ForgeWorld>() {
    let with_config = |tags: &[(&str, &str)]| {
        let existing = Existing::<W>::new("", tags, "");
        let world = &existing.world;
        let commit = world.repo().commit("main").author(&world.user("carol"));
        commit.write(&world.workdir().path(), world.text()).push();
        existing
    };
    let removed = |existing: &Existing<W>, id: &str| {
        let entries = existing.entries("unadopt", id);
        let path = existing.world.workdir().path();
        existing.world.another(7, |commit| {
            commit
                .remove(&path)
                .write(".provisioner/adoptions.yaml", &entries)
        })
    };
    // The stack of another config.
    let existing = with_config(&[("provisioner:stack", "other"), ("Team", "data")]);
    let pull = removed(&existing, &existing.id());
    let before = existing.world.approved_and_merged(&pull);
    existing.assert_denied(&before, &["stack-not-owned"]);
    // Without an approval.
    let product = existing.world.workdir().product().to_owned();
    let mut existing = Existing::<W>::new("", &TEAM, "");
    let stack = existing.world.workdir().stack();
    let own = [
        ("provisioner:product", product.as_str()),
        ("provisioner:environment", "prod"),
        ("provisioner:stack", stack.as_str()),
    ];
    existing.update(&existing.template(), &own);
    existing.world.workdir_mut().write_config(CONFIG);
    let world = &existing.world;
    let commit = world.repo().commit("main").author(&world.user("carol"));
    commit.write(&world.workdir().path(), world.text()).push();
    let pull = removed(&existing, &existing.id());
    let before = world.merged(&pull);
    existing.assert_denied(&before, &["approval-missing"]);
}

on_both_forges! {
    attack_adopting_the_stack_of_another_config_or_tool
    attack_a_namesake_that_was_created_after_the_review
    attack_a_stack_that_changed_after_the_review
    attack_an_entry_without_approval
    attack_an_entry_that_was_edited_after_the_approval
    attack_an_entry_is_used_twice
    attack_a_change_set_that_changes_a_resource
    attack_an_adoption_that_would_overwrite_a_value
    attack_adopting_a_nested_stack
    attack_an_entry_for_another_stack_than_the_configs
    attack_an_adoption_that_nothing_compared
    attack_an_entry_in_a_fork
    attack_defaults_that_move_the_config_of_an_entry
    attack_an_unadoption_of_what_was_not_reviewed
}
