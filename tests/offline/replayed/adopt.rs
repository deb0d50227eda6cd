//! `adopt` and `unadopt` on a command line: the comparison, the request of the change set, and what is refused.

use serde_json::{Value, json};

use super::answers::{
    change_set, created_change_set, detected, drifted, events, first_events, no_stack, stack,
    stack_id,
};
use super::{Workdir, workdir};
use crate::support::replay::refused;

const TEMPLATE: &str =
    "Parameters: {Owner: {Type: String}}\nResources: {Bucket: {Type: AWS::S3::Bucket}}\n";

/// The stack of another owner, with a parameter.
pub(super) fn foreign(workdir: &Workdir, tags: Value) -> Value {
    let mut answer = stack(workdir, "CREATE_COMPLETE");
    let described = &mut answer["Stacks"][0];
    described["Tags"] = tags;
    described["Parameters"] = json!([{"ParameterKey": "Owner", "ParameterValue": "secret data"}]);
    described["Capabilities"] = json!(["CAPABILITY_AUTO_EXPAND"]);
    answer
}

pub(super) fn team() -> Value {
    json!([{"Key": "Team", "Value": "secret team"}])
}

/// The stack with provisioner's tags and the team's.
pub(super) fn adopted(workdir: &Workdir, status: &str) -> Value {
    let mut answer = stack(workdir, status);
    let tags = answer["Stacks"][0]["Tags"].as_array_mut().unwrap();
    tags.push(team()[0].clone());
    answer
}

pub(super) fn template(workdir: &Workdir) {
    workdir
        .aws
        .on("GetTemplate", json!({"TemplateBody": TEMPLATE}));
}

pub(super) fn change_set_of_tags() -> Value {
    let mut described = change_set("CREATE_COMPLETE", "");
    described["ExecutionStatus"] = json!("AVAILABLE");
    described["Changes"] = json!([{"Type": "Resource", "ResourceChange": {
        "Action": "Modify", "LogicalResourceId": "Bucket", "PhysicalResourceId": "bucket",
        "ResourceType": "AWS::S3::Bucket", "Replacement": "False", "Scope": ["Tags"],
        "Details": [{"Target": {"Attribute": "Tags", "RequiresRecreation": "Never"}, "Evaluation": "Static"}],
    }}]);
    described
}

/// The answers to a change set of tags that is executed.
fn executed(workdir: &Workdir, [before, after]: [Value; 2]) {
    template(workdir);
    created_change_set(workdir, change_set_of_tags());
    let rows = [
        ("", "CREATE_COMPLETE", ""),
        ("", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("", "UPDATE_COMPLETE", ""),
    ];
    let rows = events(workdir, &rows);
    // What was changed in a resource without tags stays.
    detected(workdir, "DETECTION_COMPLETE", json!([drifted("Policy")]));
    workdir
        .aws
        .on("DescribeStacks", json!([before.clone(), before, after]))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("ExecuteChangeSet", json!({}))
        .on(
            "DescribeStackEvents",
            json!([first_events(&rows, 1), first_events(&rows, 3)]),
        );
}

#[test]
fn a_dry_run_compares_and_changes_nothing() {
    let workdir = workdir();
    template(&workdir);
    workdir.aws.on("DescribeStacks", foreign(&workdir, team()));
    let compared = workdir.run_action("adopt", &["--dry-run"]);
    assert!(!compared.stdout.contains("secret"), "{}", compared.stdout);
    insta::assert_snapshot!("adopt_dry_run", workdir.redact_account(&compared.stdout));
}

#[test]
fn an_adoption_keeps_template_parameters_and_tags() {
    let workdir = workdir();
    let sides = [
        foreign(&workdir, team()),
        adopted(&workdir, "UPDATE_COMPLETE"),
    ];
    executed(&workdir, sides);
    let done = workdir.json("adopt", &["--force"]);
    let result = &done["items"][0]["result"];
    assert_eq!(result["outcome"], "adopted", "{done}");
    assert_eq!(result["tags"].as_object().unwrap().len(), 3, "{done}");
    let request = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(request.get("StackName"), stack_id(&workdir));
    assert_eq!(request.get("ChangeSetType"), "UPDATE");
    assert_eq!(request.get("UsePreviousTemplate"), "true");
    assert!(!request.has("TemplateBody"));
    assert_eq!(request.get("Parameters.member.1.ParameterKey"), "Owner");
    assert_eq!(request.get("Parameters.member.1.UsePreviousValue"), "true");
    assert!(!request.has("Parameters.member.1.ParameterValue"));
    assert_eq!(request.get("Tags.member.1.Key"), "Team");
    assert_eq!(request.get("Tags.member.1.Value"), "secret team");
    assert!(request.has("Tags.member.4.Key") && !request.has("Tags.member.5.Key"));
    assert_eq!(
        request.get("Capabilities.member.1"),
        "CAPABILITY_AUTO_EXPAND"
    );
    assert_eq!(request.get("Capabilities.member.2"), "CAPABILITY_NAMED_IAM");
}

#[test]
fn an_adoption_is_reported_with_the_next_update() {
    let workdir = workdir();
    let sides = [
        foreign(&workdir, team()),
        adopted(&workdir, "UPDATE_COMPLETE"),
    ];
    executed(&workdir, sides);
    let done = workdir.run_action("adopt", &["--force"]);
    insta::assert_snapshot!(
        "adopted",
        workdir.redact_account(&(done.stdout + &done.stderr))
    );
}

#[test]
fn an_adopted_stack_is_unchanged() {
    let workdir = workdir();
    template(&workdir);
    workdir
        .aws
        .on("DescribeStacks", adopted(&workdir, "UPDATE_COMPLETE"));
    let done = workdir.json("adopt", &["--force"]);
    assert_eq!(done["items"][0]["result"]["outcome"], "unchanged", "{done}");
}

#[test]
fn an_unadoption_removes_own_tags_only() {
    let workdir = workdir();
    let left = foreign(&workdir, team());
    let mut left = left;
    left["Stacks"][0]["StackStatus"] = json!("UPDATE_COMPLETE");
    executed(&workdir, [adopted(&workdir, "CREATE_COMPLETE"), left]);
    let done = workdir.json("unadopt", &["--force"]);
    assert_eq!(done["items"][0]["result"]["outcome"], "unadopted", "{done}");
    let request = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(request.get("Tags.member.1.Key"), "Team");
    assert!(!request.has("Tags.member.2.Key"));
}

#[test]
fn an_unadoption_names_the_config_that_is_left() {
    let workdir = workdir();
    let mut left = foreign(&workdir, team());
    left["Stacks"][0]["StackStatus"] = json!("UPDATE_COMPLETE");
    executed(&workdir, [adopted(&workdir, "CREATE_COMPLETE"), left]);
    let done = workdir.run_action("unadopt", &["--force"]);
    let note = "note: remove the config, or its next change is denied with `stack-not-owned`";
    assert!(done.stdout.contains(note), "{}", done.stdout);
}

#[test]
fn adoptions_need_force_and_a_stack() {
    let workdir = workdir();
    template(&workdir);
    workdir.aws.on("DescribeStacks", foreign(&workdir, team()));
    let denied = workdir.try_action("adopt", &[]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!(
        "adopt_without_force",
        workdir.redact_account(&denied.stdout)
    );
    for more in ["--force", "--dry-run"] {
        let workdir = self::workdir();
        workdir.aws.on("DescribeStacks", no_stack());
        let denied = workdir.try_action("adopt", &[more]);
        assert_eq!(denied.status, 20, "{}", denied.stdout);
        assert!(
            denied.stdout.contains("stack-not-found"),
            "{}",
            denied.stdout
        );
    }
}

#[test]
fn attack_adopting_from_a_command_line_what_others_own() {
    for tag in [
        "aws-cdk:bootstrap-role",
        "provisioner:stack",
        "provisioner:test",
    ] {
        let workdir = workdir();
        template(&workdir);
        let tags = json!([{"Key": tag, "Value": "other"}]);
        workdir.aws.on("DescribeStacks", foreign(&workdir, tags));
        let denied = workdir.try_action("adopt", &["--force"]);
        assert_eq!(denied.status, 20, "{}", denied.stdout);
        assert!(
            denied.stdout.contains("adopt-owned-elsewhere"),
            "{}",
            denied.stdout
        );
    }
}

#[test]
fn attack_a_stack_that_changes_while_it_is_adopted() {
    let workdir = workdir();
    let mut changed = foreign(&workdir, team());
    changed["Stacks"][0]["Parameters"][0]["ParameterValue"] = json!("other");
    template(&workdir);
    created_change_set(&workdir, change_set_of_tags());
    detected(&workdir, "DETECTION_COMPLETE", json!([]));
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([foreign(&workdir, team()), changed]),
        )
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!("adopt_changed", workdir.redact_account(&denied.stdout));
}

/// The stack is deleted and created again while a person reads the comparison. AWS has no stack of the former id.
#[test]
fn attack_a_stack_that_is_created_again_while_it_is_adopted() {
    let workdir = workdir();
    let mut namesake = foreign(&workdir, team());
    namesake["Stacks"][0]["StackId"] = json!(format!("{}0", stack_id(&workdir)));
    template(&workdir);
    let gone = format!("Stack [{}] does not exist", stack_id(&workdir));
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([foreign(&workdir, team()), namesake]),
        )
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("CreateChangeSet", refused("ValidationError", &gone));
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(!denied.stdout.contains("What exists now"));
    insta::assert_snapshot!(
        "adopt_created_again",
        workdir.redact_account(&denied.stdout)
    );
}

/// Every reason for which the comparison says that a stack cannot be adopted denies the run, before anything is written.
#[test]
fn attack_adopting_what_the_comparison_says_cannot_be_adopted() {
    type Prepare = fn(&Workdir) -> Value;
    let cases: [(Prepare, &str); 5] = [
        (
            |workdir| {
                let tag = |index| json!({"Key": format!("Tag{index}"), "Value": "x"});
                foreign(workdir, (0..50).map(tag).collect())
            },
            "adopt-too-many-tags",
        ),
        (
            |workdir| {
                let mut own = adopted(workdir, "CREATE_COMPLETE");
                let tags = own["Stacks"][0]["Tags"].as_array_mut().unwrap();
                tags.push(json!({"Key": "provisioner:test", "Value": "x"}));
                own
            },
            "adopt-owned-elsewhere",
        ),
        (
            |workdir| adopted(workdir, "ROLLBACK_COMPLETE"),
            "stack-failed",
        ),
        (
            |workdir| adopted(workdir, "IMPORT_ROLLBACK_COMPLETE"),
            "adopt-on-drift",
        ),
        (
            |workdir| {
                let mut own = adopted(workdir, "CREATE_COMPLETE");
                own["Stacks"][0]["ParentId"] = json!("arn:parent");
                own
            },
            "adopt-owned-elsewhere",
        ),
    ];
    for (prepare, code) in cases {
        let workdir = workdir();
        template(&workdir);
        workdir.aws.on("DescribeStacks", prepare(&workdir));
        let compared = workdir.try_action("adopt", &["--dry-run"]);
        let verdict = format!("{}: cannot be adopted\n", workdir.stack());
        assert!(compared.stdout.contains(&verdict), "{}", compared.stdout);
        let denied = workdir.try_action("adopt", &["--force"]);
        assert_eq!(denied.status, 20, "{}", denied.stdout);
        assert!(denied.stdout.contains(code), "{code}: {}", denied.stdout);
    }
}

#[test]
fn attack_a_change_set_that_does_more_than_tags_is_deleted() {
    let workdir = workdir();
    let mut described = change_set_of_tags();
    described["Changes"][0]["ResourceChange"]["Scope"] = json!(["Tags", "Properties"]);
    template(&workdir);
    created_change_set(&workdir, described);
    workdir
        .aws
        .on("DescribeStacks", foreign(&workdir, team()))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!("adopt_resources", workdir.redact_account(&denied.stdout));
}

/// CloudFormation has no change set for the stack: a stack without a resource that can have tags.
#[test]
fn a_failed_change_set_is_deleted_and_reported() {
    let workdir = workdir();
    template(&workdir);
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    created_change_set(&workdir, change_set("FAILED", reason));
    workdir
        .aws
        .on("DescribeStacks", foreign(&workdir, team()))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
    let failed = workdir.try_action("adopt", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    insta::assert_snapshot!("adopt_failed", workdir.redact_account(&failed.stdout));
}

/// The denial of another action names the command that adopts the stack.
#[test]
fn the_denial_names_the_next_command() {
    let workdir = workdir();
    workdir.aws.on("DescribeStacks", foreign(&workdir, team()));
    let denied = workdir.try_action("show-changes", &[]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    insta::assert_snapshot!("stack_not_owned", workdir.redact_account(&denied.stdout));
    assert!(!denied.stdout.contains("secret team"), "{}", denied.stdout);
}

/// Another run adopts the stack while a person reads the comparison: CloudFormation has nothing to change.
#[test]
fn a_stack_that_another_run_adopts_meanwhile_is_unchanged() {
    let workdir = workdir();
    template(&workdir);
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    created_change_set(&workdir, change_set("FAILED", reason));
    workdir
        .aws
        .on(
            "DescribeStacks",
            json!([
                foreign(&workdir, team()),
                adopted(&workdir, "UPDATE_COMPLETE")
            ]),
        )
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}));
    let done = workdir.json("adopt", &["--force"]);
    assert_eq!(done["items"][0]["result"]["outcome"], "unchanged", "{done}");
}

/// Two runs at once: each deletes what it takes for a leftover of an earlier run.
#[test]
fn a_change_set_that_another_run_deleted_means_that_the_stack_is_busy() {
    let workdir = workdir();
    template(&workdir);
    created_change_set(&workdir, change_set_of_tags());
    detected(&workdir, "DETECTION_COMPLETE", json!([]));
    let gone = "ChangeSet [provisioner-1] does not exist";
    let rows = events(&workdir, &[("", "CREATE_COMPLETE", "")]);
    workdir
        .aws
        .on("DescribeStackEvents", first_events(&rows, 1))
        .on("DescribeStacks", foreign(&workdir, team()))
        .on("ListChangeSets", json!({"Summaries": []}))
        .on("DeleteChangeSet", json!({}))
        .on("ExecuteChangeSet", refused("ChangeSetNotFound", gone));
    let denied = workdir.try_action("adopt", &["--force"]);
    assert_eq!(denied.status, 20, "{}", denied.stdout);
    assert!(
        denied.stdout.contains("stack-busy") && denied.stdout.contains("another run works"),
        "{}",
        denied.stdout
    );
}
