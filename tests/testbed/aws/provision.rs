//! A stack's life: previewed, made, looked at, changed, torn down.

use crate::support::workdir::Desk;

#[test]
fn a_bucket_is_made_once_and_verified() {
    let desk = Desk::new();
    let made = desk.act("prep-master", &["--force"]);
    insta::assert_snapshot!("prep_master", desk.neutral(&made.stdout));
    assert_eq!(
        desk.aws.stack_names(),
        [(desk.stack(), "CREATE_COMPLETE".to_owned())]
    );
    assert_eq!(desk.aws.keys(&desk.name).len(), 162);
    let again = desk.act("prep-master", &["--force"]);
    assert!(again.stdout.contains("unchanged"), "{}", again.stdout);
    assert_eq!(desk.aws.change_sets(&desk.stack()), [""; 0]);
}

#[test]
fn nothing_is_made_without_force() {
    let desk = Desk::new();
    let denied = desk.try_act("prep-master", &[]);
    assert_eq!(denied.status, 20);
    insta::assert_snapshot!("force_missing", desk.neutral(&denied.stdout));
    assert_eq!(desk.aws.stack_names(), []);
}

#[test]
fn a_preview_leaves_nothing() {
    let desk = Desk::new();
    let offline = desk.act("show-changes", &[]);
    insta::assert_snapshot!("changes_of_a_new_stack", desk.neutral(&offline.stdout));
    let real = desk.act("show-changes", &["--real"]);
    assert!(
        real.stdout
            .contains("does not exist; 6 resources would be added"),
        "{}",
        real.stdout
    );
    assert_eq!(desk.aws.stack_names(), []);
    assert_eq!(desk.aws.buckets(), [""; 0]);
}

#[test]
fn a_change_is_shown_with_its_causes_and_not_applied() {
    let desk = Desk::new();
    desk.act("prep-master", &["--force"]);
    desk.write_config(
        "  versioning: true\n  lifecycle_policy: compliance\n  tags:\n    Team: forecasting\n",
    );
    let shown = desk.act("show-changes", &[]);
    insta::assert_snapshot!("changes", desk.neutral(&shown.stdout));
    let markdown = desk.act("show-changes", &["--format", "markdown"]);
    insta::assert_snapshot!("changes_markdown", desk.neutral(&markdown.stdout));
    let denied = desk.try_act("prep-master", &["--force"]);
    assert_eq!(denied.status, 20);
    assert!(
        denied.stdout.contains("update-not-allowed"),
        "{}",
        denied.stdout
    );
    assert_eq!(desk.aws.change_sets(&desk.stack()), [""; 0]);
}

#[test]
fn the_deployed_config_is_found_in_the_history() {
    let desk = Desk::new();
    desk.write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
    desk.act("prep-master", &["--force"]);
    desk.commit();
    desk.write_config("  versioning: false\n  solutions:\n    - master-solution\n    - fraud\n");
    desk.commit();
    let shown = desk.act("show-changes", &[]);
    insta::assert_snapshot!(
        "changes_since_the_deployed_config",
        desk.neutral(&shown.stdout)
    );
}

#[test]
fn the_policy_allows_updates_by_what_they_do() {
    let desk = Desk::new();
    desk.act("prep-master", &["--force"]);
    desk.write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
    desk.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: in-place\n",
    );
    // The emulator says of every change of a bucket that it may replace it.
    let denied = desk.try_act("prep-master", &["--force"]);
    assert_eq!(denied.status, 11);
    assert!(
        denied.stdout.contains("impact-unknown"),
        "{}",
        denied.stdout
    );
    desk.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
    let updated = desk.act("prep-master", &["--force"]);
    assert!(updated.stdout.contains(": updated;"), "{}", updated.stdout);
}

#[test]
fn a_policy_that_does_not_load_denies_everything() {
    let desk = Desk::new();
    desk.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  update: never\n  approvals: 0\n",
    );
    for action in ["show-changes", "check-drift", "prep-master"] {
        let denied = desk.try_act(action, &["--force"]);
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
    let desk = Desk::new();
    desk.act("prep-master", &["--force"]);
    let parameter = format!("/s3/{}/SolutionsPrefix", desk.name);
    let put = desk.aws.parameters().put_parameter();
    let put = put.name(&parameter).value("elsewhere/").overwrite(true);
    desk.aws.wait(put.send()).unwrap();
    let found = desk.act("check-drift", &[]);
    insta::assert_snapshot!("drift", desk.neutral(&found.stdout));
    assert_eq!(desk.try_act("check-drift", &["--fail-on-drift"]).status, 12);
    let value = desk
        .aws
        .parameters()
        .get_parameter()
        .name(&parameter)
        .send();
    let value = desk
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
fn a_test_leaves_nothing_unless_it_is_to_stay() {
    let desk = Desk::new();
    let tested = desk.act("test-deploy", &[]);
    assert!(
        tested.stdout.contains("created, verified, removed"),
        "{}",
        tested.stdout
    );
    assert_eq!(desk.aws.stack_names(), []);
    assert_eq!(desk.aws.buckets(), [""; 0]);
    let kept = desk.act("test-deploy", &["--keep"]);
    assert!(
        kept.stdout.contains("aws cloudformation delete-stack"),
        "{}",
        kept.stdout
    );
    desk.act("test-deploy", &[]);
    let left = desk.aws.stack_names();
    assert_eq!(left.len(), 1, "what is kept is kept: {left:?}");
    assert!(left[0].0.starts_with(&format!("{}-t", desk.stack())));
}

#[test]
fn folders_of_a_solution_are_made_in_a_bucket_that_exists() {
    let desk = Desk::new();
    let early = desk.try_act("deploy-solution", &["--solution", "fraud"]);
    assert_eq!(early.status, 20);
    assert!(early.stdout.contains("stack-not-found"), "{}", early.stdout);
    desk.act("prep-master", &["--force", "--solution", "master-solution"]);
    let made = desk.act("deploy-solution", &["--solution", "fraud"]);
    assert!(made.stdout.contains("162 folders made"), "{}", made.stdout);
    let again = desk.act("deploy-solution", &["--solution", "fraud"]);
    assert!(again.stdout.contains("0 folders made"), "{}", again.stdout);
    desk.act("upload-template", &["--solution", "fraud"]);
    let key = format!(
        "solutions/fraud/config/cloudformation/{}-template.yaml",
        desk.name
    );
    assert!(desk.aws.keys(&desk.name).contains(&key));
}

#[test]
fn a_template_is_validated_with_what_the_stack_needs() {
    let desk = Desk::new();
    desk.act("create-prov-template", &[]);
    let valid = "CloudFormation accepts the template\nvalidate-prov-template: 1 config, 0 errors";
    let said = desk.act("validate-prov-template", &["--real"]);
    assert!(said.stdout.contains(valid), "{}", said.stdout);
    desk.act("prep-master", &["--force"]);
    let said = desk.act("validate-prov-template", &["--real"]);
    assert!(
        said.stdout.contains(valid),
        "its own bucket: {}",
        said.stdout
    );
}

#[test]
fn a_bucket_of_that_name_stands_in_the_way() {
    let desk = Desk::new();
    desk.act("create-prov-template", &[]);
    desk.act("prep-master", &["--force"]);
    let deleted = desk.aws.stacks().delete_stack().stack_name(desk.stack());
    desk.aws.wait(deleted.send()).unwrap();
    let denied = desk.try_act("validate-prov-template", &["--real"]);
    assert_eq!(denied.status, 10);
    insta::assert_snapshot!("preflight_failed", desk.neutral(&denied.stdout));
    assert_eq!(desk.try_act("prep-master", &["--force"]).status, 10);
}

#[test]
fn tear_down_takes_everything_and_says_so_first() {
    let desk = Desk::new();
    desk.act("prep-master", &["--force"]);
    let denied = desk.try_act("tear-down", &[]);
    assert_eq!(denied.status, 20);
    insta::assert_snapshot!("tear_down_denied", desk.neutral(&denied.stdout));
    assert_eq!(desk.aws.keys(&desk.name).len(), 162);
    let gone = desk.act("tear-down", &["--force"]);
    insta::assert_snapshot!("tear_down", desk.neutral(&gone.stdout));
    assert_eq!(desk.aws.stack_names(), []);
    assert_eq!(desk.aws.buckets(), [""; 0]);
    desk.act("tear-down", &["--force"]);
}

#[test]
fn attack_a_foreign_stack_of_the_same_name_is_not_touched() {
    let desk = Desk::new();
    let template = "Resources:\n  P:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: x, Name: /foreign}\n";
    let made = desk.aws.stacks().create_stack();
    let made = made.stack_name(desk.stack()).template_body(template);
    desk.aws.wait(made.send()).unwrap();
    desk.write(
        ".provisioner.yaml",
        "version: 1\ndefaults:\n  updates: reviewed\n",
    );
    for action in [
        "prep-master",
        "tear-down",
        "deploy-solution",
        "upload-template",
    ] {
        let denied = desk.try_act(action, &["--force"]);
        assert_eq!(denied.status, 20, "{action}: {}", denied.stdout);
        assert!(
            denied.stdout.contains("stack-not-owned"),
            "{action}: {}",
            denied.stdout
        );
    }
    assert_eq!(desk.aws.parameter_names("/foreign"), [""; 0]);
    assert_eq!(
        desk.aws.stack_names(),
        [(desk.stack(), "CREATE_COMPLETE".to_owned())]
    );
}

#[test]
fn attack_credentials_of_another_account_do_nothing() {
    let desk = Desk::new();
    let path = desk.path();
    for action in [
        "show-changes",
        "check-drift",
        "prep-master",
        "tear-down",
        "test-deploy",
    ] {
        let mut command = desk.command(&[action, &path, "--force"]);
        command.env("AWS_ACCESS_KEY_ID", "999999999999");
        let denied = crate::support::workdir::said(command.output().unwrap());
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
    let desk = Desk::new();
    desk.act("prep-master", &["--force"]);
    let protect = desk.aws.stacks().update_termination_protection();
    let protect = protect
        .stack_name(desk.stack())
        .enable_termination_protection(true);
    desk.aws.wait(protect.send()).unwrap();
    let denied = desk.try_act("tear-down", &["--force"]);
    assert_eq!(denied.status, 20);
    assert!(
        denied.stdout.contains("stack-protected"),
        "{}",
        denied.stdout
    );
    assert_eq!(desk.aws.keys(&desk.name).len(), 162, "nothing was emptied");
}

#[test]
fn without_credentials_nothing_is_tried() {
    let desk = Desk::new();
    let path = desk.path();
    let mut command = desk.command(&["check-drift", &path]);
    command.env_remove("AWS_ACCESS_KEY_ID");
    let failed = crate::support::workdir::said(command.output().unwrap());
    assert_eq!(failed.status, 31, "{}{}", failed.stdout, failed.stderr);
    insta::assert_snapshot!("no_credentials", desk.neutral(&failed.stdout));
}

#[test]
fn each_pattern_has_its_own_action() {
    let desk = Desk::new();
    let denied = desk.try_act("create-bucket", &["--force"]);
    assert_eq!(denied.status, 10);
    assert!(
        denied.stdout.contains("has `prep-master`"),
        "{}",
        denied.stdout
    );
}
