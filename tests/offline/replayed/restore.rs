//! `restore` on replayed answers: the emulator ignores `DeploymentMode`. No answer was recorded on a real account.
//!
//! Source of the shapes: `CreateChangeSet`, `ResourceChange`, `ResourceTargetDefinition` and `LiveResourceDrift` below
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/>, and
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/drift-aware-change-sets.html>.

use provisioner::product::Target;
use provisioner::report::{FoundDrift, NextStep, drift_issue};
use provisioner::stack::StackName;
use serde_json::{Value, json};

use super::answers::{
    arn, change_set, created_change_set, events, first_events, no_stack, stack, stack_id,
};
use super::{Workdir, workdir};

/// The stack that AWS describes.
type Answer<'a> = &'a dyn Fn(&Workdir) -> Value;

/// Another tool has only created a change set. Nothing is created in its stack.
#[test]
fn attack_a_stack_in_review_is_not_restored() {
    for option in ["--force", "--dry-run"] {
        let workdir = with_policy(ALLOWED);
        let mut in_review = stack(&workdir, "REVIEW_IN_PROGRESS");
        in_review["Stacks"][0]["Tags"] = json!([]);
        // An operation that is not scripted, such as `CreateChangeSet`, fails the test.
        workdir.aws.on("DescribeStacks", in_review);
        let denied = workdir.try_action("restore", &[option]);
        assert_eq!(denied.status, 20, "{option}: {}", denied.stdout);
        let words = "error[stack-not-found]";
        assert!(denied.stdout.contains(words), "{}", denied.stdout);
    }
}

const ALLOWED: &str = "version: 1\ndefaults: {updates: in-place}\n";

fn with_policy(text: &str) -> Workdir {
    let workdir = workdir();
    workdir.write(".provisioner.yaml", text);
    workdir
}

/// A property that somebody changed, and that becomes the value of the last deployment.
pub(super) fn reverted() -> Value {
    json!({
        "ChangeSource": "NoModification",
        "Evaluation": "Static",
        "Target": {
            "Attribute": "Properties",
            "Name": "VersioningConfiguration",
            "Path": "/Properties/VersioningConfiguration/Status",
            "RequiresRecreation": "Never",
            "AttributeChangeType": "Modify",
            "BeforeValue": "Suspended",
            "AfterValue": "Enabled",
            "BeforeValueFrom": "ACTUAL_STATE",
            "AfterValueFrom": "TEMPLATE",
            "Drift": {
                "PreviousValue": "Enabled",
                "ActualValue": "Suspended",
                "DriftDetectionTimestamp": "2026-11-25T09:00:00.000Z",
            },
        },
    })
}

pub(super) fn modified(details: Value) -> Value {
    json!({"Type": "Resource", "ResourceChange": {
        "Action": "Modify",
        "LogicalResourceId": "Bucket",
        "PhysicalResourceId": "physical-Bucket",
        "ResourceType": "AWS::S3::Bucket",
        "Replacement": "False",
        "Scope": ["Properties"],
        "ResourceDriftStatus": "MODIFIED",
        "ResourceDriftIgnoredAttributes": [
            {"Path": "/Properties/Secret", "Reason": "WRITE_ONLY_PROPERTY"},
        ],
        "Details": details,
    }})
}

pub(super) fn described(changes: Value) -> Value {
    let mut answer = change_set("CREATE_COMPLETE", "");
    answer["Changes"] = changes;
    answer["DeploymentMode"] = json!("REVERT_DRIFT");
    answer["StackDriftStatus"] = json!("DRIFTED");
    answer
}

/// A drifted stack whose change set has these changes.
pub(super) fn drifted(workdir: &Workdir, changes: Value) {
    let mut live = stack(workdir, "UPDATE_COMPLETE");
    live["Stacks"][0]["Parameters"] =
        json!([{"ParameterKey": "VpcId", "ParameterValue": "/network/vpc"}]);
    created_change_set(workdir, described(changes));
    workdir
        .aws
        .on("DescribeStacks", live)
        .on("ListChangeSets", json!({"Summaries": []}));
}

/// The change set runs, and a drift detection finds these drifts.
pub(super) fn executed(workdir: &Workdir, drifts: Value) {
    let rows = [
        ("", "UPDATE_COMPLETE", ""),
        ("", "UPDATE_IN_PROGRESS", "User Initiated"),
        ("Bucket", "UPDATE_COMPLETE", ""),
        ("", "UPDATE_COMPLETE", ""),
    ];
    let events = events(workdir, &rows);
    workdir.aws.on("ExecuteChangeSet", json!({})).on(
        "DescribeStackEvents",
        json!([first_events(&events, 1), first_events(&events, 4)]),
    );
    detected(workdir, drifts);
}

pub(super) fn detected(workdir: &Workdir, drifts: Value) {
    let complete = json!({
        "StackId": "stack", "StackDriftDetectionId": "detection",
        "DetectionStatus": "DETECTION_COMPLETE", "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    workdir
        .aws
        .on(
            "DetectStackDrift",
            json!({"StackDriftDetectionId": "detection"}),
        )
        .on("DescribeStackDriftDetectionStatus", complete)
        .on("ListStackResources", json!({"StackResourceSummaries": []}))
        .on(
            "DescribeStackResourceDrifts",
            json!({"StackResourceDrifts": drifts}),
        );
}

/// What somebody changed is reverted, with the deployed template and nothing else, and drift is detected again.
#[test]
fn drift_is_reverted_with_the_deployed_template() {
    let workdir = with_policy(ALLOWED);
    drifted(&workdir, json!([modified(json!([reverted()]))]));
    executed(&workdir, json!([]));
    let restored = workdir.json("restore", &["--force"]);
    let result = &restored["items"][0]["result"];
    assert_eq!(result["verdict"], "in-place", "{restored}");
    assert_eq!(result["beyond"], json!([]));
    assert_eq!(result["drift"]["resources"], json!([]));
    let created = &workdir.aws.requests_of("CreateChangeSet")[0];
    assert_eq!(created.get("StackName"), stack_id(&workdir));
    assert_eq!(created.get("DeploymentMode"), "REVERT_DRIFT");
    assert_eq!(created.get("UsePreviousTemplate"), "true");
    assert_eq!(created.get("ChangeSetType"), "UPDATE");
    assert_eq!(created.get("Parameters.member.1.ParameterKey"), "VpcId");
    assert_eq!(created.get("Parameters.member.1.UsePreviousValue"), "true");
    for absent in [
        "TemplateBody",
        "TemplateURL",
        "Parameters.member.1.ParameterValue",
        "Tags.member.1.Key",
        "ImportExistingResources",
    ] {
        assert!(!created.has(absent), "{absent}");
    }
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 1);
}

#[test]
fn a_preview_shows_live_and_deployed_values() {
    let workdir = with_policy(ALLOWED);
    workdir.write_config("  versioning: true\n  tags:\n    Team: correct-horse-battery\n");
    let mut secret = reverted();
    secret["Target"]["Path"] = json!("/Properties/Tags/0/Value");
    secret["Target"]["BeforeValue"] = json!("of-somebody");
    secret["Target"]["AfterValue"] = json!("correct-horse-battery");
    secret["Target"]["Drift"]["PreviousValue"] = json!("correct-horse-battery");
    secret["Target"]["Drift"]["ActualValue"] = json!("of-somebody");
    drifted(&workdir, json!([modified(json!([reverted(), secret]))]));
    workdir.aws.on("DeleteChangeSet", json!({}));
    let shown = workdir.run_action("restore", &["--dry-run"]);
    insta::assert_snapshot!("replayed_restore", workdir.redact_account(&shown.stdout));
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    assert!(!shown.stdout.contains("correct-horse"), "{}", shown.stdout);
}

#[test]
fn a_stack_without_drift_is_left_as_it_is() {
    let workdir = with_policy(ALLOWED);
    drifted(&workdir, json!([]));
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    workdir
        .aws
        .on("DescribeChangeSet", change_set("FAILED", reason))
        .on("DeleteChangeSet", json!({}));
    detected(&workdir, json!([]));
    let restored = workdir.run_action("restore", &["--force"]);
    assert!(
        restored
            .stdout
            .contains("no drift to revert; no drift found"),
        "{}",
        restored.stdout
    );
}

#[test]
fn drift_that_is_left_fails_the_verification() {
    let workdir = with_policy(ALLOWED);
    drifted(&workdir, json!([modified(json!([reverted()]))]));
    let left = json!({
        "StackId": stack_id(&workdir), "LogicalResourceId": "Bucket", "ResourceType": "AWS::S3::Bucket",
        "StackResourceDriftStatus": "MODIFIED", "PropertyDifferences": [],
        "Timestamp": "2026-11-25T09:00:00.000Z",
    });
    executed(&workdir, json!([left]));
    let failed = workdir.try_action("restore", &["--force"]);
    assert_eq!(failed.status, 30, "{}", failed.stdout);
    let words = "error[stack-verification-failed]: these resources still differ from the deployed template: Bucket";
    assert!(failed.stdout.contains(words), "{}", failed.stdout);
}

/// Denied: the change set is deleted, and nothing is executed.
#[track_caller]
fn denied(workdir: &Workdir, options: &[&str], status: i32, code: &str) {
    workdir.aws.on("DeleteChangeSet", json!({}));
    let denied = workdir.try_action("restore", options);
    assert_eq!(denied.status, status, "{code}: {}", denied.stdout);
    let error = format!("error[{code}]");
    assert!(denied.stdout.contains(&error), "{code}: {}", denied.stdout);
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    let deleted = &workdir.aws.requests_of("DeleteChangeSet")[0];
    assert_eq!(
        deleted.get("ChangeSetName"),
        arn("changeSet", "provisioner")
    );
}

/// A parameter of SSM has another value since the deployment, so the previous template changes more than what drifted.
#[test]
fn attack_a_restoration_that_hides_an_update_is_denied() {
    let mut hidden = reverted();
    hidden["ChangeSource"] = json!("ParameterReference");
    hidden["CausingEntity"] = json!("VpcId");
    let target = hidden["Target"].as_object_mut().unwrap();
    target.remove("Drift");
    target["BeforeValueFrom"] = json!("PREVIOUS_DEPLOYMENT_STATE");
    target["Path"] = json!("/Properties/VpcId");
    for policy in [ALLOWED, "version: 1\ndefaults: {updates: reviewed}\n"] {
        let workdir = with_policy(policy);
        let details = json!([reverted(), hidden]);
        let mut other = modified(json!([hidden]));
        other["ResourceChange"]["LogicalResourceId"] = json!("Queue");
        drifted(&workdir, json!([modified(details), other]));
        denied(&workdir, &["--force"], 20, "repair-changes-more");
        let shown = workdir.try_action("restore", &["--dry-run"]);
        let words = "the drift of 0 resources would be reverted; 2 changes revert no drift";
        assert!(shown.stdout.contains(words), "{}", shown.stdout);
    }
}

/// An odd answer: a word that is not known, a fact that is missing, or facts that contradict each other.
#[test]
fn attack_a_change_that_only_looks_like_a_reversion_is_denied() {
    let odd: [fn(&mut Value); 10] = [
        |change| change["Action"] = json!("Tomorrow"),
        |change| change["ResourceDriftStatus"] = json!("IN_SYNC"),
        |change| change["Scope"] = json!(["Properties", "UpdatePolicy"]),
        |change| change["Scope"] = json!(["Properties", "Tags"]),
        |change| change["Details"][0]["ChangeSource"] = json!("Tomorrow"),
        |change| change["Details"][0]["Target"]["Attribute"] = json!("DeletionPolicy"),
        |change| change["Details"][0]["Target"]["AttributeChangeType"] = json!("Tomorrow"),
        |change| change["Details"][0]["Target"]["BeforeValue"] = json!("Other"),
        |change| change["Details"][0]["Target"]["Drift"]["ActualValue"] = Value::Null,
        |change| {
            let target = &mut change["Details"][0]["Target"];
            target["AfterValue"] = Value::Null;
            target["Drift"]["PreviousValue"] = Value::Null;
        },
    ];
    for odd in odd {
        let workdir = with_policy("version: 1\ndefaults: {updates: reviewed}\n");
        let mut change = modified(json!([reverted()]));
        odd(&mut change["ResourceChange"]);
        drifted(&workdir, json!([change]));
        workdir.aws.on("DeleteChangeSet", json!({}));
        let denied = workdir.try_action("restore", &["--force"]);
        assert!(
            denied.stdout.contains("error[repair-changes-more]"),
            "{change}: {}",
            denied.stdout
        );
        assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 0);
    }
}

/// Somebody removed a property, and added another one.
#[test]
fn properties_that_were_added_or_removed_are_reverted() {
    let workdir = with_policy("version: 1\ndefaults: {updates: reviewed}\n");
    let [mut removed, mut added] = [reverted(), reverted()];
    let target = removed["Target"].as_object_mut().unwrap();
    target.insert("AttributeChangeType".to_owned(), json!("Add"));
    target.remove("BeforeValue");
    target["Drift"]["ActualValue"] = Value::Null;
    let target = added["Target"].as_object_mut().unwrap();
    target.insert("AttributeChangeType".to_owned(), json!("Remove"));
    target.remove("AfterValue");
    target["Drift"]["PreviousValue"] = Value::Null;
    drifted(&workdir, json!([modified(json!([removed, added]))]));
    executed(&workdir, json!([]));
    let restored = workdir.json("restore", &["--force"]);
    let result = &restored["items"][0]["result"];
    assert_eq!(result["beyond"], json!([]), "{restored}");
    assert_eq!(workdir.aws.requests_of("ExecuteChangeSet").len(), 1);
}

/// The emulator, and any endpoint that does not know `DeploymentMode`, answers with an ordinary change set.
#[test]
fn attack_an_ordinary_change_set_is_no_restoration() {
    let workdir = with_policy("version: 1\ndefaults: {updates: reviewed}\n");
    let mut ordinary = reverted();
    let target = ordinary["Target"].as_object_mut().unwrap();
    for key in ["Drift", "BeforeValueFrom", "AfterValueFrom"] {
        target.remove(key);
    }
    let mut change = modified(json!([ordinary]));
    let change = change["ResourceChange"].as_object_mut().unwrap();
    change.remove("ResourceDriftStatus");
    change.remove("ResourceDriftIgnoredAttributes");
    let change = json!({"Type": "Resource", "ResourceChange": change});
    drifted(&workdir, json!([change]));
    denied(&workdir, &["--force"], 20, "repair-changes-more");
}

#[test]
fn attack_the_policy_of_updates_decides_on_a_restoration() {
    let mut replaced = modified(json!([reverted()]));
    replaced["ResourceChange"]["Replacement"] = json!("True");
    replaced["ResourceChange"]["PolicyAction"] = json!("ReplaceAndDelete");
    replaced["ResourceChange"]["ResourceType"] = json!("AWS::DynamoDB::Table");
    let mut unknown = modified(json!([reverted()]));
    unknown["ResourceChange"]["Action"] = json!("Modify");
    unknown["ResourceChange"]["Scope"] = json!(["SomethingOfTomorrow"]);
    let mild = modified(json!([reverted()]));
    let never = "version: 1\ndefaults: {updates: never}\n";
    for (policy, change, status, code) in [
        (never, &mild, 20, "update-not-allowed"),
        (ALLOWED, &replaced, 11, "impact-too-high"),
        (ALLOWED, &unknown, 20, "impact-unknown"),
    ] {
        let workdir = with_policy(policy);
        drifted(&workdir, json!([change]));
        denied(&workdir, &["--force"], status, code);
    }
}

#[test]
fn attack_without_force_nothing_is_restored() {
    let workdir = with_policy(ALLOWED);
    drifted(&workdir, json!([modified(json!([reverted()]))]));
    denied(&workdir, &[], 20, "force-required");
}

#[test]
fn attack_a_foreign_or_failed_stack_is_not_restored() {
    let foreign = |workdir: &Workdir| {
        let mut foreign = stack(workdir, "CREATE_COMPLETE");
        foreign["Stacks"][0]["Tags"] = json!([]);
        foreign
    };
    let cases: [(Answer<'_>, &str); 4] = [
        (&foreign, "stack-not-owned"),
        (
            &|workdir| stack(workdir, "UPDATE_ROLLBACK_FAILED"),
            "stack-failed",
        ),
        (
            &|workdir| stack(workdir, "UPDATE_IN_PROGRESS"),
            "stack-busy",
        ),
        (&|_| no_stack(), "stack-not-found"),
    ];
    for (answer, code) in cases {
        let workdir = with_policy(ALLOWED);
        workdir.aws.on("DescribeStacks", answer(&workdir));
        let denied = workdir.try_action("restore", &["--force"]);
        assert_eq!(denied.status, 20, "{code}: {}", denied.stdout);
        let error = format!("error[{code}]");
        assert!(denied.stdout.contains(&error), "{code}: {}", denied.stdout);
        assert_eq!(workdir.aws.requests_of("CreateChangeSet").len(), 0);
    }
}

/// The words of the commands in a text, as a shell reads them.
fn commands(text: &str) -> Vec<Vec<&str>> {
    let lines = text
        .lines()
        .filter_map(|line| line.strip_prefix("provisioner "));
    lines.map(|line| line.split(' ').collect()).collect()
}

fn issue(workdir: &Workdir, rollback_failed: bool) -> String {
    let found = FoundDrift {
        drifted: true,
        rollback_failed,
        owned: true,
        current: true,
        summary: "drift in 1 resource".to_owned(),
        tables: String::new(),
    };
    let stack = StackName {
        target: Target {
            account: workdir.account.clone(),
            region: "us-west-2".to_owned(),
            environment: "prod".to_owned(),
        },
        name: workdir.stack(),
    };
    drift_issue(&stack, &workdir.path(), &found, 65_000)
}

#[test]
fn the_commands_of_a_drift_issue_work_as_they_are_printed() {
    let workdir = with_policy(ALLOWED);
    let text = issue(&workdir, false);
    let [preview, restore] = &commands(&text)[..] else {
        panic!("{text}");
    };
    assert_eq!(preview, &["restore", &workdir.path(), "--dry-run"]);
    drifted(&workdir, json!([modified(json!([reverted()]))]));
    workdir.aws.on("DeleteChangeSet", json!({}));
    let shown = workdir.run(preview);
    assert_eq!(shown.status, 0, "{}", shown.stdout);
    executed(&workdir, json!([]));
    let restored = workdir.run(restore);
    assert_eq!(restored.status, 0, "{}", restored.stdout);
}

#[test]
fn an_issue_of_a_failed_rollback_and_a_refused_update_name_the_same_command() {
    let workdir = workdir();
    let text = issue(&workdir, true);
    let path = workdir.path();
    let of_issue = [
        vec!["continue-rollback", &path, "--dry-run"],
        vec!["continue-rollback", &path, "--force"],
    ];
    assert_eq!(commands(&text), of_issue, "{text}");
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "UPDATE_ROLLBACK_FAILED"))
        .on("ListStackResources", json!({"StackResourceSummaries": []}));
    let shown = workdir.run(&of_issue[0]);
    assert_eq!(shown.status, 0, "{}", shown.stdout);
    let step = NextStep::ContinueRollback {
        config: path.clone(),
    };
    assert_eq!(commands(&step.markdown()), of_issue[1..]);
    // A path is one word of a shell.
    let odd = NextStep::ContinueRollback {
        config: "s3/configs/$(id) a.yaml".to_owned(),
    };
    let line = "provisioner continue-rollback 's3/configs/$(id) a.yaml' --force";
    assert!(odd.markdown().contains(line), "{}", odd.markdown());
}
