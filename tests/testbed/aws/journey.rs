//! A stack's whole way with the program: from a plain stack to one that the program no longer owns.

use std::collections::BTreeMap;

use super::scene::{tag_bucket, with_foreign_stack};
use crate::support::emulator::REGION;
use crate::support::workdir::Workdir;

const UPDATED: &str = "  solutions:\n    - master-solution\n    - fraud\n";

/// Everything of the account that the journey may lose, double or leave behind. The account has nothing else.
#[derive(Debug, PartialEq, Eq)]
struct Whole {
    stacks: Vec<(String, String)>,
    change_sets: Vec<String>,
    buckets: Vec<String>,
    parameters: Vec<String>,
}

impl Whole {
    fn read(workdir: &Workdir) -> Self {
        Self {
            stacks: workdir.aws.stack_names(),
            change_sets: workdir.aws.change_sets(&workdir.stack()),
            buckets: workdir.aws.buckets(),
            parameters: workdir.aws.parameter_names("/"),
        }
    }
}

fn tags(workdir: &Workdir) -> BTreeMap<String, String> {
    let described = workdir.aws.stacks().describe_stacks();
    let described = described.stack_name(workdir.stack()).send();
    let mut stacks = workdir.aws.wait(described).unwrap().stacks.unwrap();
    let tags = stacks.remove(0).tags.unwrap_or_default().into_iter();
    tags.map(|tag| (tag.key.unwrap(), tag.value.unwrap()))
        .collect()
}

fn set_parameter(workdir: &Workdir, name: &str, value: &str) {
    let put = workdir.aws.parameters().put_parameter();
    let put = put.name(name).value(value).overwrite(true);
    workdir.aws.wait(put.send()).unwrap();
}

fn parameter(workdir: &Workdir, name: &str) -> String {
    let read = workdir.aws.parameters().get_parameter().name(name).send();
    let read = workdir.aws.wait(read).unwrap().parameter.unwrap();
    read.value.unwrap()
}

/// Drafts the config, and writes the values that the stack does not give.
fn drafted(workdir: &Workdir) {
    let config = workdir.folder().join(workdir.path());
    #[expect(clippy::disallowed_methods, reason = "a user removes a file")]
    std::fs::remove_file(config).unwrap();
    let account = workdir.account.as_str();
    let discover = ["discover", "--account", account, "--region", REGION];
    let found = workdir.run(&[&discover[..], &["--draft", "."]].concat());
    assert_eq!(found.status, 0, "{}{}", found.stdout, found.stderr);
    assert!(found.stdout.contains("1 stack not adopted"));
    let invalid = workdir.try_action("validate-config", &[]);
    assert_eq!(invalid.status, 10, "{}", invalid.stdout);
    let draft = workdir.read(&workdir.path());
    workdir.write(
        &workdir.path(),
        &draft.replace("company_name: null", "company_name: Acme"),
    );
    workdir.run_action("validate-config", &[]);
    let entries = workdir.read(".provisioner/adoptions.yaml");
    assert!(entries.contains(&workdir.stack_id()), "{entries}");
}

#[test]
fn nothing_is_lost_doubled_or_left_behind() {
    let workdir = Workdir::new();
    with_foreign_stack(&workdir);
    workdir.put_object();
    let policy = "version: 1\ndefaults:\n  updates: reviewed\n";
    workdir.write(".provisioner.yaml", policy);
    let begin = Whole::read(&workdir);
    let first = workdir.stack_id();
    drafted(&workdir);
    let compared = workdir.run_action("adopt", &["--dry-run"]);
    assert!(
        compared.stdout.contains("identical") || compared.stdout.contains("equivalent"),
        "{}",
        compared.stdout
    );
    assert_eq!(Whole::read(&workdir), begin);

    workdir.run_action("adopt", &["--force"]);
    assert_eq!(tags(&workdir)["provisioner:stack"], workdir.stack());
    assert_eq!(tags(&workdir)["Team"], "data");
    assert_eq!(Whole::read(&workdir).parameters, begin.parameters);
    workdir.run_action("adopt", &["--force"]);

    let draft = workdir.read(&workdir.path());
    workdir.write(&workdir.path(), &format!("{draft}{UPDATED}"));
    let updated = workdir.run_action("prep-master", &["--force"]);
    assert!(updated.stdout.contains(": updated;"), "{}", updated.stdout);
    let after_update = Whole::read(&workdir);
    assert_eq!(after_update.buckets, begin.buckets);
    assert_eq!(after_update.parameters.len(), begin.parameters.len() + 1);

    let edited = format!("/s3/{}/SolutionsPrefix", workdir.name);
    let right = parameter(&workdir, &edited);
    set_parameter(&workdir, &edited, "elsewhere/");
    let drift = workdir.try_action("check-drift", &["--fail-on-drift"]);
    assert_eq!(drift.status, 12, "{}", drift.stdout);
    // The emulator reverts no drift. The program says what still differs.
    let restored = workdir.try_action("restore", &["--force"]);
    insta::assert_snapshot!(
        "not_restored",
        workdir.redact_account(&format!("{}\n{}", restored.status, restored.stdout))
    );
    assert_eq!(parameter(&workdir, &edited), "elsewhere/");
    assert_eq!(Whole::read(&workdir), after_update);
    assert_eq!(workdir.stack_id(), first);

    // Nothing proves whose the bucket is, so nothing is deleted.
    let denied = workdir.try_action("replace", &["--force"]);
    assert_eq!(denied.status, 10, "{}", denied.stdout);
    assert_eq!(workdir.stack_id(), first);
    tag_bucket(&workdir);
    let replaced = workdir.run_action("replace", &["--force"]);
    assert_ne!(workdir.stack_id(), first, "{}", replaced.stdout);
    assert_eq!(parameter(&workdir, &edited), right);
    let drift = workdir.run_action("check-drift", &["--fail-on-drift"]);
    assert!(drift.stdout.contains("no drift"), "{}", drift.stdout);
    assert!(workdir.aws.keys(&workdir.name).contains(&"kept".to_owned()));

    workdir.run_action("unadopt", &["--force"]);
    let left = tags(&workdir);
    let own = left.keys().find(|key| key.starts_with("provisioner:"));
    assert_eq!(own, None, "{left:?}");
    let end = Whole::read(&workdir);
    let names = |whole: &Whole| -> Vec<String> {
        whole.stacks.iter().map(|(name, _)| name.clone()).collect()
    };
    assert_eq!(names(&end), [workdir.stack()]);
    assert!(
        end.stacks
            .iter()
            .all(|(_, status)| status.ends_with("E_COMPLETE"))
    );
    assert_eq!(end.change_sets, [""; 0]);
    assert_eq!(end.buckets, [workdir.name.as_str()]);
    assert_eq!(end.parameters, after_update.parameters);
    assert!(workdir.aws.keys(&workdir.name).contains(&"kept".to_owned()));
}
