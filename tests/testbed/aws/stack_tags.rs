//! Tags that others gave to a stack, at the command line.

use aws_sdk_cloudformation::types::Stack;

use super::scene::with_tagged_stack;
use crate::support::workdir::Workdir;

/// provisioner's stack with a tag of others, and a tag that provisioner no longer sets.
fn adopted() -> Workdir {
    let workdir = Workdir::with_few_folders();
    let stack = workdir.stack();
    let tags = [
        ("provisioner:product", workdir.product()),
        ("provisioner:environment", "prod"),
        ("provisioner:stack", &stack),
        ("provisioner:former", "x"),
        ("Team", "data"),
    ];
    with_tagged_stack(&workdir, &tags, "");
    workdir
}

impl Workdir {
    fn described(&self) -> Stack {
        let found = self.aws.stacks().describe_stacks();
        let found = found.stack_name(self.stack()).send();
        self.aws.wait(found).unwrap().stacks.unwrap().remove(0)
    }

    fn tag_keys(&self) -> Vec<String> {
        let tags = self.described().tags.unwrap_or_default().into_iter();
        let mut keys: Vec<String> = tags.map(|tag| tag.key.unwrap()).collect();
        keys.sort();
        keys
    }
}

const KEPT: [&str; 4] = [
    "Team",
    "provisioner:environment",
    "provisioner:product",
    "provisioner:stack",
];

/// The preview names what the update does: the tag of others stays, and provisioner's former tag goes.
#[test]
fn attack_an_update_at_the_command_line_keeps_the_tags_of_others() {
    let workdir = adopted();
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults: {updates: reviewed}\n",
    );
    let shown = workdir.run_action("show-changes", &[]);
    assert!(
        shown.stdout.contains("tags removed: provisioner:former"),
        "{}",
        shown.stdout
    );
    assert!(
        shown.stdout.contains("tags kept: Team\n"),
        "{}",
        shown.stdout
    );
    let done = workdir.run_action("prep-master", &["--force"]);
    assert!(done.stdout.contains("updated"), "{}", done.stdout);
    assert_eq!(workdir.tag_keys(), KEPT);
    // From now on the two agree that nothing is left to do.
    let shown = workdir.run_action("show-changes", &[]);
    assert!(shown.stdout.contains("no changes"), "{}", shown.stdout);
    let done = workdir.run_action("prep-master", &["--force"]);
    assert!(done.stdout.contains("unchanged"), "{}", done.stdout);
}

#[test]
fn a_replaced_stack_has_the_tags_of_others() {
    let workdir = adopted();
    super::scene::tag_bucket(&workdir);
    let former = workdir.described().stack_id;
    workdir.run_action("replace", &["--force"]);
    assert_ne!(workdir.described().stack_id, former);
    assert_eq!(workdir.tag_keys(), KEPT);
}
