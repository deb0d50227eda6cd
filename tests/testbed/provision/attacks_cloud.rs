//! Attacks from the side of AWS: other accounts, stacks of others, and what AWS says.

use super::*;
use crate::support::proxy::{Fault, Gate, Rule};

const SECRET: &str = "Xk7mQ2vR9tLp4WzN8bYc";

#[test]
fn attack_a_role_of_another_account_than_the_config_s() {
    let world = World::new("version: 1\n");
    let role = format!("arn:aws:iam::{}:role/provisioner", world.desk.aws.account);
    let fixed = format!(
        "version: 1\nenvironments:\n  prod:\n    roles: {{plan: '{role}-plan', apply: '{role}-apply'}}\n"
    );
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(".provisioner.yaml", fixed).push();
    let own = world.desk.aws.account.clone();
    let text = world.desk.read(&world.desk.path());
    let text = text.replace(&format!("\"{own}\""), "\"999999999999\"");
    let pull = world.proposal(|commit| commit.write(&world.desk.path(), text));
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(codes_of(&done.summary), ["account-mismatch"]);
    assert_eq!(world.stacks(), []);
    insta::assert_snapshot!("account", world.told(7));
    world.github.take_writes();
}

#[test]
fn attack_a_stack_of_somebody_else_has_the_name() {
    let (world, pull) = World::with_proposed();
    let template = r#"{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/theirs", "Type": "String", "Value": "x"}}}}"#;
    let made = world.desk.aws.stacks().create_stack();
    let made = made.stack_name(world.desk.stack()).template_body(template);
    world.desk.aws.wait(made.send()).unwrap();
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert_eq!(codes_of(&done.summary), ["stack-not-owned"]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(world.desk.aws.change_sets(&world.desk.stack()), [""; 0]);
    insta::assert_snapshot!("foreign", world.told(7));
    world.github.take_writes();
}

#[test]
fn attack_a_stack_whose_tags_were_copied_from_another() {
    let (world, pull) = World::with_proposed();
    let tag = |key: &str, value: &str| {
        aws_sdk_cloudformation::types::Tag::builder()
            .key(key)
            .value(value)
            .build()
    };
    let template = r#"{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/theirs", "Type": "String", "Value": "x"}}}}"#;
    let made = world.desk.aws.stacks().create_stack();
    let made = made.stack_name(world.desk.stack()).template_body(template);
    let made = made.tags(tag("provisioner:product", "s3"));
    let made = made.tags(tag("provisioner:stack", "another-stack"));
    world.desk.aws.wait(made.send()).unwrap();
    let before = world.approved_and_merged(&pull);
    let done = world.push(&before).run();
    assert_eq!(
        codes_of(&done.summary),
        ["stack-not-owned"],
        "{}",
        done.stderr
    );
    world.github.take_writes();
}

#[test]
fn attack_errors_of_aws_are_told_without_secrets() {
    for (code, text) in [
        (
            "ValidationError",
            format!("Template error: {SECRET} is not valid"),
        ),
        (
            "AccessDenied",
            format!(
                "User: arn:aws:sts::1:assumed-role/x is not authorized: {SECRET}\n::set-output name=x::y\n## Approved @acme/admins"
            ),
        ),
    ] {
        let world = World::new(&policy(""));
        let pull = world.proposed(&format!("{CONFIG}  tags:\n    Password: {SECRET}\n"));
        let before = world.approved_and_merged(&pull);
        let gate = Gate::before(&world.desk.url);
        gate.rule(Rule::new(Fault::Error(400, code, text)).of("CreateChangeSet"));
        let job = world.push(&before).with("AWS_ENDPOINT_URL", &gate.url());
        let done = job.run();
        assert!([20, 30].contains(&done.status), "{}", done.stderr);
        let heard = world.heard(&job, &done);
        for word in [SECRET, "\n::set-output name", "\n## Approved"] {
            assert!(!heard.contains(word), "{word} in {heard}");
        }
        world.told(7);
        world.keeps_secrets(&job, &done);
        assert_eq!(world.stacks(), []);
        world.github.take_writes();
    }
}

#[test]
fn attack_a_job_that_aws_does_not_let_in() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let gate = Gate::before(&world.desk.url);
    gate.rule(Rule::new(Fault::Denied).of("AssumeRoleWithWebIdentity"));
    let job = world.push(&before).with("AWS_ENDPOINT_URL", &gate.url());
    let done = job.run();
    assert_eq!(done.status, 31, "{}", done.stderr);
    assert_eq!(world.stacks(), []);
    world.keeps_secrets(&job, &done);
    insta::assert_snapshot!("not_let_in", world.told(7));
    world.github.take_writes();
}
