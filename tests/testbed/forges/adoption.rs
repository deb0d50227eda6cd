//! A pull request adopts a stack that exists, or un-adopts it: nothing but its tags changes.

use std::collections::BTreeMap;

use super::*;
use crate::support::proxy::{FaultProxy, Side};

/// Tags of the stack's former owner.
pub const TEAM: [(&str, &str); 1] = [("Team", "data")];
const ENTRIES: &str = ".provisioner/adoptions.yaml";

/// A stack that exists, behind a proxy that records what a run does in AWS.
pub struct Existing<W> {
    pub world: W,
    pub proxy: FaultProxy,
}

impl<W: ForgeWorld> Existing<W> {
    /// `rest`: of the policy. `more`: of the live template.
    pub fn new(rest: &str, tags: &[(&str, &str)], more: &str) -> Self {
        let mut world = W::new(&policy(rest));
        world.workdir_mut().write_config(CONFIG);
        scene::with_tagged_stack(world.workdir(), tags, more);
        let proxy = FaultProxy::in_front_of(&world.workdir().url);
        world.workdir_mut().url = proxy.url();
        Self { world, proxy }
    }

    /// The full id of the stack.
    pub fn id(&self) -> String {
        self.described().stack_id.unwrap()
    }

    fn described(&self) -> aws_sdk_cloudformation::types::Stack {
        let aws = &self.world.workdir().aws;
        let described = aws.stacks().describe_stacks();
        let described = described.stack_name(self.world.workdir().stack()).send();
        aws.wait(described).unwrap().stacks.unwrap().remove(0)
    }

    pub fn tags(&self) -> BTreeMap<String, String> {
        let tags = self.described().tags.unwrap_or_default().into_iter();
        tags.map(|tag| (tag.key.unwrap(), tag.value.unwrap()))
            .collect()
    }

    /// The file of entries.
    pub fn entries(&self, kind: &str, id: &str) -> String {
        let config = self.world.workdir().path();
        format!("version: 1\n{kind}:\n  - config: {config}\n    stack: {id}\n")
    }

    /// A checked pull request that writes the config and an entry for the stack.
    pub fn proposed(&self) -> Pull<W::Forge> {
        let entries = self.entries("adopt", &self.id());
        self.with_entries(&entries)
    }

    pub fn with_entries(&self, entries: &str) -> Pull<W::Forge> {
        let path = self.world.workdir().path();
        let text = self.world.text();
        self.world.another(7, |commit| {
            commit.write(&path, text).write(ENTRIES, entries)
        })
    }

    /// The operations of the last run that changed something in AWS.
    pub fn mutations(&self) -> Vec<String> {
        let calls = self.proxy.mutations().into_iter();
        let calls = calls.map(|call| call.operation);
        let calls = calls.filter(|operation| operation != "AssumeRoleWithWebIdentity");
        let calls = calls.collect();
        self.proxy.clear();
        calls
    }

    /// The run after the merge is denied with these codes, and changes nothing.
    #[track_caller]
    pub fn assert_denied(&self, before: &str, codes: &[&str]) -> Run {
        self.proxy.clear();
        let tags = self.tags();
        let run = self.world.run_push(before);
        run.assert_exit(20);
        assert_eq!(run.codes(), codes, "{}", run.summary);
        assert_eq!(self.mutations(), [""; 0]);
        assert_eq!(self.tags(), tags);
        self.world.fake().take_writes();
        run
    }

    #[track_caller]
    pub fn assert_adopted(&self, before: &str) -> Run {
        self.proxy.clear();
        let run = self.world.run_push(before);
        run.assert_exit(0);
        assert_eq!(self.mutations(), ["CreateChangeSet", "ExecuteChangeSet"]);
        let stack = self.world.workdir().stack();
        assert_eq!(self.tags()["provisioner:stack"], stack);
        let left = self.world.workdir().aws.change_sets(&stack);
        assert_eq!(left, [""; 0]);
        self.world.fake().take_writes();
        run
    }
}

fn a_merged_entry_adopts_the_stack<W: ForgeWorld>() {
    let existing = Existing::<W>::new("    updates: reviewed\n", &TEAM, "");
    let world = &existing.world;
    let pull = existing.proposed();
    assert_eq!(existing.mutations(), [""; 0], "the check compares only");
    insta::assert_snapshot!("adoption_check", world.comment(7, "check"));
    let before = world.approved_and_merged(&pull);
    existing.assert_adopted(&before);
    let tags = existing.tags();
    assert_eq!(tags.len(), 4, "{tags:?}");
    assert_eq!(tags["Team"], "data");
    insta::assert_snapshot!("adopted", world.comment(7, "provision"));
    // The same run again has nothing to do.
    world.run_push(&before).assert_exit(0);
    assert_eq!(existing.mutations(), [""; 0]);
    assert!(world.comment(7, "provision").contains("unchanged"));
    world.fake().take_writes();
    world.assert_updates(8);
    let comment = world.comment(8, "check");
    assert!(comment.contains("tags kept: `Team`"), "{comment}");
    assert_eq!(existing.tags(), tags, "the update keeps the team's tag");
}

fn the_check_says_what_the_next_update_would_change<W: ForgeWorld>() {
    let more =
        "\n  Extra:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: one}\n";
    let mut existing = Existing::<W>::new("", &TEAM, "");
    let resources = format!("\nResources:{more}");
    let body = existing.template().replacen("\nResources:", &resources, 1);
    existing.update(&body, &TEAM);
    existing.world.workdir_mut().write_config(TAGGED);
    let pull = existing.proposed();
    let world = &existing.world;
    insta::assert_snapshot!("adoption_check_differs", world.comment(7, "check"));
    let before = world.approved_and_merged(&pull);
    existing.assert_adopted(&before);
    insta::assert_snapshot!("adopted_differs", world.comment(7, "provision"));
}

impl<W: ForgeWorld> Existing<W> {
    /// The live template.
    pub fn template(&self) -> String {
        let aws = &self.world.workdir().aws;
        let template = aws.stacks().get_template();
        let template = template.stack_name(self.world.workdir().stack()).send();
        aws.wait(template).unwrap().template_body.unwrap()
    }

    /// The stack's former owner updates it.
    pub fn update(&self, template: &str, tags: &[(&str, &str)]) {
        use aws_sdk_cloudformation::types::Tag;
        let tag = |(key, value): &(&str, &str)| Tag::builder().key(*key).value(*value).build();
        let aws = &self.world.workdir().aws;
        let update = aws.stacks().update_stack();
        let update = update.stack_name(self.world.workdir().stack());
        let update = update.template_body(template);
        let update = update.set_tags(Some(tags.iter().map(tag).collect()));
        aws.wait(update.send()).unwrap();
    }
}

fn a_merged_entry_unadopts_the_stack<W: ForgeWorld>() {
    let mut world = W::new(&policy(""));
    world.workdir_mut().write_config(CONFIG);
    let stack = world.workdir().stack();
    let own = [
        ("provisioner:product", "s3"),
        ("provisioner:environment", "prod"),
        ("provisioner:stack", stack.as_str()),
        ("Team", "data"),
    ];
    scene::with_tagged_stack(world.workdir(), &own, "");
    let commit = world.repo().commit("main").author(&world.user("carol"));
    commit.write(&world.workdir().path(), world.text()).push();
    let proxy = FaultProxy::in_front_of(&world.workdir().url);
    world.workdir_mut().url = proxy.url();
    let existing = Existing { world, proxy };
    let world = &existing.world;
    let entries = existing.entries("unadopt", &existing.id());
    let path = world.workdir().path();
    let pull = world.another(7, |commit| commit.remove(&path).write(ENTRIES, &entries));
    insta::assert_snapshot!("unadoption_check", world.comment(7, "check"));
    let before = world.approved_and_merged(&pull);
    existing.proxy.clear();
    world.run_push(&before).assert_exit(0);
    assert_eq!(
        existing.mutations(),
        ["CreateChangeSet", "ExecuteChangeSet"]
    );
    assert_eq!(
        existing.tags(),
        BTreeMap::from([("Team".to_owned(), "data".to_owned())])
    );
    insta::assert_snapshot!("unadopted", world.comment(7, "provision"));
    world.run_push(&before).assert_exit(0);
    assert_eq!(existing.mutations(), [""; 0]);
    assert!(world.comment(7, "provision").contains("unchanged"));
    world.fake().take_writes();
}

/// A comment tries again what a run could not do.
fn a_comment_adopts_again<W: ForgeWorld>() {
    let existing = Existing::<W>::new("", &TEAM, "");
    let world = &existing.world;
    let pull = existing.proposed();
    world.approved_and_merged(&pull);
    let line = format!("/provisioner adopt {}", world.workdir().path());
    let (run, comment) = world.command(&pull, "carol", &line);
    run.assert_exit(0);
    assert_eq!(world.reactions(&comment), ["eyes", "rocket"]);
    assert_eq!(existing.tags().len(), 4);
    world.fake().take_writes();
}

/// The run that was killed before or after each mutation is finished by the next one, which leaves no change set.
#[test]
fn the_next_run_finishes_a_killed_adoption() {
    use std::process::Stdio;
    for operation in ["CreateChangeSet", "ExecuteChangeSet"] {
        for side in [Side::Before, Side::After] {
            let existing = Existing::<World>::new("", &TEAM, "");
            let world = &existing.world;
            let pull = existing.proposed();
            let before = world.approved_and_merged(&pull);
            existing.proxy.hold_operation(operation, side);
            let job = world.push(&before);
            let mut command = job.process(&["ci"]);
            let mut child = command
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            existing.proxy.held();
            child.kill().unwrap();
            child.wait().unwrap();
            existing.proxy.release(false);
            existing.proxy.clear();
            world.run_push(&before).assert_exit(0);
            assert_eq!(existing.tags().len(), 4, "{operation} {side:?}");
            let stack = world.workdir.stack();
            let left = world.workdir.aws.change_sets(&stack);
            assert_eq!(left, [""; 0], "{operation} {side:?}");
            world.github.take_writes();
        }
    }
}

/// The step after a cancelled job reports the change set that a killed adoption left, and executes nothing.
#[test]
fn the_step_after_a_killed_adoption_reports_its_change_set() {
    use std::process::Stdio;
    let existing = Existing::<World>::new("", &TEAM, "");
    let world = &existing.world;
    let pull = existing.proposed();
    let before = world.approved_and_merged(&pull);
    existing
        .proxy
        .hold_operation("CreateChangeSet", Side::After);
    let job = world.push(&before);
    let mut command = job.process(&["ci"]);
    let command = command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    existing.proxy.held();
    child.kill().unwrap();
    child.wait().unwrap();
    existing.proxy.release(false);
    existing.proxy.clear();
    let job = world.push(&before);
    let run = job.with("PROVISIONER_FINISH_CANCELLED", "true").run();
    let summary = run.summary;
    assert_ne!(run.status, 0, "{}", run.stderr);
    assert!(summary.contains("change set"), "{summary}");
    assert_eq!(existing.mutations(), [""; 0]);
    assert_eq!(existing.tags().len(), 1);
    world.github.take_writes();
}

on_both_forges! {
    a_merged_entry_adopts_the_stack
    the_check_says_what_the_next_update_would_change
    a_merged_entry_unadopts_the_stack
    a_comment_adopts_again
}
