//! The life of a stack: previewed, created, inspected, updated, deleted.

use super::scene::{with_objects, with_stack};
use crate::support::workdir::Workdir;

#[test]
fn a_bucket_is_created_once_and_verified() {
    let workdir = Workdir::new();
    let created = workdir.run_action("prep-master", &["--force"]);
    insta::assert_snapshot!("prep_master", workdir.redact_account(&created.stdout));
    assert_eq!(
        workdir.aws.stack_names(),
        [(workdir.stack(), "CREATE_COMPLETE".to_owned())]
    );
    assert_eq!(workdir.aws.keys(&workdir.name).len(), 162);
    let again = workdir.run_action("prep-master", &["--force"]);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    assert_eq!(workdir.aws.change_sets(&workdir.stack()), [""; 0]);
}

#[test]
fn nothing_is_created_without_force() {
    let workdir = Workdir::new();
    let denied = workdir.try_action("prep-master", &[]);
    assert_eq!(denied.status, 20);
    insta::assert_snapshot!("force_missing", workdir.redact_account(&denied.stdout));
    assert_eq!(workdir.aws.stack_names(), []);
}

#[test]
fn a_preview_leaves_nothing() {
    let workdir = Workdir::new();
    let offline = workdir.run_action("show-changes", &[]);
    insta::assert_snapshot!(
        "changes_of_a_new_stack",
        workdir.redact_account(&offline.stdout)
    );
    let real = workdir.run_action("show-changes", &["--real"]);
    assert!(
        real.stdout
            .contains("does not exist; 6 resources would be added"),
        "{}",
        real.stdout
    );
    assert_eq!(workdir.aws.stack_names(), []);
    assert_eq!(workdir.aws.buckets(), [""; 0]);
}

#[test]
fn a_change_is_shown_with_its_causes_and_not_applied() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    workdir.write_config(
        "  versioning: true\n  lifecycle_policy: compliance\n  tags:\n    Team: forecasting\n",
    );
    let shown = workdir.run_action("show-changes", &[]);
    insta::assert_snapshot!("changes", workdir.redact_account(&shown.stdout));
    let markdown = workdir.run_action("show-changes", &["--format", "markdown"]);
    insta::assert_snapshot!("changes_markdown", workdir.redact_account(&markdown.stdout));
    let denied = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 20);
    assert!(
        denied.stdout.contains("update-not-allowed"),
        "{}",
        denied.stdout
    );
    assert_eq!(workdir.aws.change_sets(&workdir.stack()), [""; 0]);
}

#[test]
fn the_deployed_config_is_found_in_the_history() {
    let workdir = Workdir::new();
    workdir.write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
    with_stack(&workdir);
    workdir.commit();
    workdir.write_config("  versioning: false\n  solutions:\n    - master-solution\n    - fraud\n");
    workdir.commit();
    let shown = workdir.run_action("show-changes", &[]);
    insta::assert_snapshot!(
        "changes_since_the_deployed_config",
        workdir.redact_account(&shown.stdout)
    );
}

#[test]
fn the_policy_allows_updates_by_verdict() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    workdir.write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: in-place\n",
    );
    // The emulator reports for every change of a bucket that it may replace it.
    let denied = workdir.try_action("prep-master", &["--force"]);
    assert_eq!(denied.status, 11);
    assert!(
        denied.stdout.contains("impact-unknown"),
        "{}",
        denied.stdout
    );
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
    let updated = workdir.run_action("prep-master", &["--force"]);
    assert!(updated.stdout.contains(": updated;"), "{}", updated.stdout);
}

#[test]
fn a_policy_that_does_not_load_denies_everything() {
    let workdir = Workdir::new();
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  update: never\n  approvals: 0\n",
    );
    for (action, more) in [
        ("show-changes", &[][..]),
        ("check-drift", &[]),
        ("prep-master", &["--force"]),
    ] {
        let denied = workdir.try_action(action, more);
        assert_eq!(denied.status, 20, "{action}: {}", denied.stdout);
        assert!(
            denied.stdout.contains("policy-invalid"),
            "{}",
            denied.stdout
        );
        assert!(
            denied.stdout.contains("did you mean `updates`?"),
            "{}",
            denied.stdout
        );
    }
}

#[test]
fn drift_is_found_and_not_repaired() {
    let workdir = Workdir::new();
    with_stack(&workdir);
    let parameter = format!("/s3/{}/SolutionsPrefix", workdir.name);
    let put = workdir.aws.parameters().put_parameter();
    let put = put.name(&parameter).value("elsewhere/").overwrite(true);
    workdir.aws.wait(put.send()).unwrap();
    let found = workdir.run_action("check-drift", &[]);
    insta::assert_snapshot!("drift", workdir.redact_account(&found.stdout));
    assert_eq!(
        workdir
            .try_action("check-drift", &["--fail-on-drift"])
            .status,
        12
    );
    let value = workdir
        .aws
        .parameters()
        .get_parameter()
        .name(&parameter)
        .send();
    let value = workdir
        .aws
        .wait(value)
        .unwrap()
        .parameter
        .unwrap()
        .value
        .unwrap();
    assert_eq!(value, "elsewhere/");
}

#[test]
fn a_test_deployment_is_deleted_unless_kept() {
    let workdir = Workdir::new();
    let tested = workdir.run_action("test-deploy", &[]);
    assert!(
        tested.stdout.contains("created, verified, deleted"),
        "{}",
        tested.stdout
    );
    assert_eq!(workdir.aws.stack_names(), []);
    assert_eq!(workdir.aws.buckets(), [""; 0]);
    let kept = workdir.run_action("test-deploy", &["--keep"]);
    assert!(
        kept.stdout.contains("aws cloudformation delete-stack"),
        "{}",
        kept.stdout
    );
    workdir.run_action("test-deploy", &[]);
    let left = workdir.aws.stack_names();
    assert_eq!(left.len(), 1, "what is kept is kept: {left:?}");
    assert!(left[0].0.starts_with(&format!("{}-t", workdir.stack())));
}

#[test]
fn solution_folders_are_created_in_an_existing_bucket() {
    let workdir = Workdir::new();
    let early = workdir.try_action("deploy-solution", &["--solution", "fraud"]);
    assert_eq!(early.status, 20);
    assert!(early.stdout.contains("stack-not-found"), "{}", early.stdout);
    workdir.run_action("prep-master", &["--force", "--solution", "master-solution"]);
    let created = workdir.run_action("deploy-solution", &["--solution", "fraud"]);
    assert!(
        created.stdout.contains("162 folders created"),
        "{}",
        created.stdout
    );
    let again = workdir.run_action("deploy-solution", &["--solution", "fraud"]);
    assert!(
        again
            .stdout
            .contains("0 of 162 folders created below solutions/fraud/: all existed\n"),
        "{}",
        again.stdout
    );
    workdir.run_action("upload-template", &["--solution", "fraud"]);
    let key = format!(
        "solutions/fraud/config/cloudformation/{}-template.yaml",
        workdir.name
    );
    assert!(workdir.aws.keys(&workdir.name).contains(&key));
}

#[test]
fn a_template_is_validated_with_what_the_stack_needs() {
    let workdir = Workdir::new();
    workdir.run_action("create-prov-template", &[]);
    let valid = "CloudFormation accepts the template that the config renders\nvalidate-prov-template: 1 config, 0 errors";
    let output = workdir.run_action("validate-prov-template", &["--real"]);
    assert!(output.stdout.contains(valid), "{}", output.stdout);
    with_stack(&workdir);
    let output = workdir.run_action("validate-prov-template", &["--real"]);
    assert!(
        output.stdout.contains(valid),
        "its own bucket: {}",
        output.stdout
    );
}

#[test]
fn an_existing_bucket_blocks_creation() {
    let workdir = Workdir::new();
    workdir.run_action("create-prov-template", &[]);
    workdir.create_bucket();
    let denied = workdir.try_action("validate-prov-template", &["--real"]);
    assert_eq!(denied.status, 10);
    insta::assert_snapshot!("preflight_failed", workdir.redact_account(&denied.stdout));
    assert_eq!(workdir.try_action("prep-master", &["--force"]).status, 10);
}

#[test]
fn tear_down_lists_then_deletes_everything() {
    let workdir = Workdir::new();
    workdir.run_action("prep-master", &["--force"]);
    let denied = workdir.try_action("tear-down", &[]);
    assert_eq!(denied.status, 20);
    insta::assert_snapshot!("tear_down_denied", workdir.redact_account(&denied.stdout));
    assert_eq!(workdir.aws.keys(&workdir.name).len(), 162);
    let gone = workdir.run_action("tear-down", &["--force"]);
    insta::assert_snapshot!("tear_down", workdir.redact_account(&gone.stdout));
    assert_eq!(workdir.aws.stack_names(), []);
    assert_eq!(workdir.aws.buckets(), [""; 0]);
    workdir.run_action("tear-down", &["--force"]);
}

#[test]
fn attack_a_foreign_stack_with_the_same_name_is_untouched() {
    let workdir = Workdir::new();
    let template = "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: x, Name: /foreign}\n";
    let request = workdir.aws.stacks().create_stack();
    let request = request.stack_name(workdir.stack()).template_body(template);
    workdir.aws.wait(request.send()).unwrap();
    workdir.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
    for (action, more) in [
        ("prep-master", &["--force"][..]),
        ("tear-down", &["--force"]),
        ("deploy-solution", &[]),
        ("upload-template", &[]),
    ] {
        let denied = workdir.try_action(action, more);
        assert_eq!(denied.status, 20, "{action}: {}", denied.stdout);
        assert!(
            denied.stdout.contains("stack-not-owned"),
            "{action}: {}",
            denied.stdout
        );
    }
    assert_eq!(workdir.aws.parameter_names("/foreign"), [""; 0]);
    assert_eq!(
        workdir.aws.stack_names(),
        [(workdir.stack(), "CREATE_COMPLETE".to_owned())]
    );
}

#[test]
fn attack_credentials_of_another_account_do_nothing() {
    let workdir = Workdir::new();
    let path = workdir.path();
    for (action, more) in [
        ("show-changes", &[][..]),
        ("check-drift", &[]),
        ("prep-master", &["--force"]),
        ("tear-down", &["--force"]),
        ("test-deploy", &[]),
    ] {
        let mut command = workdir.command(&[&[action, &path], more].concat());
        command.env("AWS_ACCESS_KEY_ID", "999999999999");
        let denied = crate::support::workdir::CommandOutput::from(command.output().unwrap());
        assert_eq!(denied.status, 20, "{action}: {}", denied.stdout);
        assert!(
            denied.stdout.contains("account-mismatch"),
            "{}",
            denied.stdout
        );
    }
}

#[test]
fn termination_protection_is_respected() {
    let workdir = Workdir::new();
    with_objects(&workdir);
    let protect = workdir.aws.stacks().update_termination_protection();
    let protect = protect
        .stack_name(workdir.stack())
        .enable_termination_protection(true);
    workdir.aws.wait(protect.send()).unwrap();
    let denied = workdir.try_action("tear-down", &["--force"]);
    assert_eq!(denied.status, 20);
    assert!(
        denied.stdout.contains("stack-protected"),
        "{}",
        denied.stdout
    );
    assert_eq!(
        workdir.aws.keys(&workdir.name).len(),
        3,
        "nothing was emptied"
    );
}

#[test]
fn without_credentials_nothing_runs() {
    let workdir = Workdir::new();
    let path = workdir.path();
    let mut command = workdir.command(&["check-drift", &path]);
    command.env_remove("AWS_ACCESS_KEY_ID");
    let failed = crate::support::workdir::CommandOutput::from(command.output().unwrap());
    assert_eq!(failed.status, 31, "{}{}", failed.stdout, failed.stderr);
    insta::assert_snapshot!("no_credentials", workdir.redact_account(&failed.stdout));
}

#[test]
fn each_pattern_has_its_own_action() {
    let workdir = Workdir::new();
    let denied = workdir.try_action("create-bucket", &["--force"]);
    assert_eq!(denied.status, 10);
    assert!(
        denied.stdout.contains("has `prep-master`"),
        "{}",
        denied.stdout
    );
}
