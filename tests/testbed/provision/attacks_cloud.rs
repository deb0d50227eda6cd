//! Attacks by AWS: other accounts, foreign stacks, and texts of AWS.

use super::*;
use crate::support::proxy::{Fault, FaultProxy, Rule};

const SECRET: &str = "Xk7mQ2vR9tLp4WzN8bYc";

#[test]
fn attack_a_role_of_another_account() {
    let world = World::new("version: 1\n");
    let role = format!(
        "arn:aws:iam::{}:role/provisioner",
        world.workdir.aws.account
    );
    let fixed = format!(
        "version: 1\nenvironments:\n  prod:\n    roles: {{plan: '{role}-plan', apply: '{role}-apply'}}\n"
    );
    let commit = world.repo.commit("main").author(&world.carol);
    commit.write(".provisioner.yaml", fixed).push();
    let own = world.workdir.aws.account.clone();
    let text = world.workdir.read(&world.workdir.path());
    let text = text.replace(&format!("\"{own}\""), "\"999999999999\"");
    let pull = world.proposal(|commit| commit.write(&world.workdir.path(), text));
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    // The check failed for the same reason, so that it reported no plan.
    let codes = ["account-mismatch", "plan-changed"];
    assert_eq!(codes_of(&run.summary), codes);
    assert_eq!(world.stacks(), []);
    insta::assert_snapshot!("account", world.report(7));
    world.github.take_writes();
}

#[test]
fn attack_a_foreign_stack_has_the_name() {
    let (world, pull) = World::with_proposed();
    let template = r#"{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/theirs", "Type": "String", "Value": "x"}}}}"#;
    let made = world.workdir.aws.stacks().create_stack();
    let made = made
        .stack_name(world.workdir.stack())
        .template_body(template);
    world.workdir.aws.wait(made.send()).unwrap();
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    assert_eq!(codes_of(&run.summary), ["stack-not-owned"]);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    assert_eq!(
        world.workdir.aws.change_sets(&world.workdir.stack()),
        [""; 0]
    );
    let uuid = regex::Regex::new("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").unwrap();
    let report = world.report(7);
    insta::assert_snapshot!("foreign", uuid.replace_all(&report, "[uuid]"));
    world.github.take_writes();
}

#[test]
fn attack_a_stack_whose_tags_were_copied_from_another() {
    stack_with_other_tags("prod", Some("another-stack"));
}

/// The rules of one environment never decide about a stack of another one, however the config came to name it.
#[test]
fn attack_a_stack_of_another_environment() {
    stack_with_other_tags("dev", None);
}

/// `stack`: `None` for the stack's own name.
fn stack_with_other_tags(environment: &str, stack: Option<&str>) {
    let (world, pull) = World::with_proposed();
    let tag = |key: &str, value: &str| {
        aws_sdk_cloudformation::types::Tag::builder()
            .key(key)
            .value(value)
            .build()
    };
    let template = r#"{"Resources": {"P": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/theirs", "Type": "String", "Value": "x"}}}}"#;
    let made = world.workdir.aws.stacks().create_stack();
    let made = made
        .stack_name(world.workdir.stack())
        .template_body(template);
    let made = made.tags(tag("provisioner:product", "s3"));
    let made = made.tags(tag("provisioner:environment", environment));
    let made = made.tags(tag(
        "provisioner:stack",
        stack.unwrap_or(&world.workdir.stack()),
    ));
    world.workdir.aws.wait(made.send()).unwrap();
    let before = world.approved_and_merged(&pull);
    let run = world.push(&before).run();
    assert_eq!(
        codes_of(&run.summary),
        ["stack-not-owned"],
        "{}",
        run.stderr
    );
    world.github.take_writes();
}

#[test]
fn attack_aws_errors_are_reported_without_secrets() {
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
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        proxy.rule(Rule::new(Fault::Error(400, code, text)).for_operation("CreateChangeSet"));
        let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
        let run = job.run();
        assert!([20, 30].contains(&run.status), "{}", run.stderr);
        let captured_output = world.captured_output(&job, &run);
        for word in [SECRET, "\n::set-output name", "\n## Approved"] {
            assert!(
                !captured_output.contains(word),
                "{word} in {captured_output}"
            );
        }
        world.report(7);
        world.assert_no_secrets(&job, &run);
        assert_eq!(world.stacks(), []);
        world.github.take_writes();
    }
}

#[test]
fn attack_a_job_that_cannot_assume_its_role() {
    let (world, pull) = World::with_proposed();
    let before = world.approved_and_merged(&pull);
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    proxy.rule(Rule::new(Fault::Denied).for_operation("AssumeRoleWithWebIdentity"));
    let job = world.push(&before).with("AWS_ENDPOINT_URL", &proxy.url());
    let run = job.run();
    assert_eq!(run.status, 31, "{}", run.stderr);
    assert_eq!(world.stacks(), []);
    world.assert_no_secrets(&job, &run);
    insta::assert_snapshot!("not_let_in", world.report(7));
    world.github.take_writes();
}

/// STS could not verify the token because it did not reach the issuer: <https://github.com/aws/aws-cli/issues/7194>.
#[test]
fn a_token_that_sts_cannot_verify_is_replaced() {
    for (faults, tokens, status) in [(0, 1, 0), (2, 3, 0), (usize::MAX, 4, 31)] {
        let (world, pull) = World::with_proposed();
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        let text = "Couldn't retrieve verification key from your identity provider, please reference AssumeRoleWithWebIdentity documentation for requirements";
        let fault = Fault::Error(400, "InvalidIdentityToken", text.to_owned());
        let operation = "AssumeRoleWithWebIdentity";
        proxy.rule(Rule::new(fault).for_operation(operation).times(faults));
        let before = world.issuers[0].issued().len();
        let event = pull.event("synchronize", &world.alice);
        let job = world.job("pull_request", &event, 0);
        let job = job.with("AWS_ENDPOINT_URL", &proxy.url());
        let run = job.run();
        assert_eq!(run.status, status, "{faults}: {}", run.stderr);
        let issued = world.issuers[0].issued().len() - before;
        assert_eq!(issued, tokens, "{faults}: {}", run.summary);
        let is_unknown = run.outputs["impact"] == "unknown";
        assert_eq!(is_unknown, status == 31, "{faults}: {}", run.summary);
        world.assert_no_secrets(&job, &run);
        world.github.take_writes();
    }
}

/// A token that STS rejects for another reason stays rejected.
#[test]
fn a_token_that_sts_rejects_is_not_requested_again() {
    let (world, pull) = World::with_proposed();
    let proxy = FaultProxy::in_front_of(&world.workdir.url);
    let text = "Incorrect token audience";
    let fault = Fault::Error(400, "InvalidIdentityToken", text.to_owned());
    proxy.rule(Rule::new(fault).for_operation("AssumeRoleWithWebIdentity"));
    let before = world.issuers[0].issued().len();
    let event = pull.event("synchronize", &world.alice);
    let job = world.job("pull_request", &event, 0);
    job.with("AWS_ENDPOINT_URL", &proxy.url()).run();
    assert_eq!(world.issuers[0].issued().len(), before + 1);
    world.github.take_writes();
}
