//! The roles that `roles` prints, in an account in which policies limit roles.

use aws_sdk_cloudformation::error::ProvideErrorMetadata as _;
use serde_json::Value;

use crate::aws::scene;
use crate::support::emulator::Aws;
use crate::support::issuer::Issuer;
use crate::support::workdir::Workdir;

const POLICY: &str = "version: 1\nenvironments:\n  dev: {}\n  prod:\n    roles:\n      plan: arn:aws:iam::{account_id}:role/ci/provisioner-plan\n      \
     apply: arn:aws:iam::{account_id}:role/ci/provisioner-apply-{environment}\n";

/// AWS creates the roles, and limits them to their policies.
#[test]
fn attack_aws_holds_roles_to_their_policies() {
    let workdir = Workdir::strict();
    workdir.write(".provisioner.yaml", POLICY);
    scene::with_stack(&workdir);
    let issuer = Issuer::new("repo:acme/infra:pull_request");
    deploy(&workdir, &issuer.address);
    let plan = "ci/provisioner-plan";
    let apply = "ci/provisioner-apply-prod";
    for (role, subject, trusted) in [
        (plan, "repo:acme/infra:pull_request", true),
        (plan, "repo:acme/infra:ref:refs/heads/main", true),
        // The issuer is a server of its own, whose tokens have no ids.
        (plan, "repo:acme@5501/infra@880042:pull_request", false),
        (
            plan,
            "repo:acme/infra:ref:refs/heads/gh-readonly-queue/main/pr-7-0a1b2c",
            true,
        ),
        (plan, "repo:acme/infra:ref:refs/heads/feature", false),
        (
            plan,
            "repo:acme/infra:ref:refs/heads/gh-readonly-queue/other/pr-7",
            false,
        ),
        (plan, "repo:acme/infra:ref:refs/tags/v1", false),
        (plan, "repo:acme/infra:environment:prod", false),
        (plan, "repo:mallory/infra:pull_request", false),
        (plan, "repo:acme/infra2:pull_request", false),
        (plan, "repo:acme@5502/infra@880042:pull_request", false),
        (plan, "repo:acme@5501/infra@880043:pull_request", false),
        (apply, "repo:acme/infra:environment:prod", true),
        (apply, "repo:acme@5501/infra@880042:environment:prod", false),
        (apply, "repo:acme/infra:environment:dev", false),
        (apply, "repo:acme/infra:environment:prod2", false),
        (apply, "repo:acme/infra:ref:refs/heads/main", false),
        (apply, "repo:acme/infra:pull_request", false),
        (apply, "repo:mallory/infra:environment:prod", false),
    ] {
        let assumed = workdir.aws.assume(role, &issuer.token(subject));
        assert_eq!(assumed.is_ok(), trusted, "{role} by {subject}");
    }

    let looks = workdir
        .aws
        .assume(plan, &issuer.token("repo:acme/infra:pull_request"))
        .unwrap();
    let stacks = aws_sdk_cloudformation::Client::new(&looks);
    let stack = workdir.stack();
    let executed = stacks
        .execute_change_set()
        .stack_name(&stack)
        .change_set_name("any")
        .send();
    let executed = workdir.aws.wait(executed).unwrap_err();
    let deleted = workdir
        .aws
        .wait(stacks.delete_stack().stack_name(&stack).send())
        .unwrap_err();
    let updated = stacks
        .update_stack()
        .stack_name(&stack)
        .use_previous_template(true)
        .send();
    let updated = workdir.aws.wait(updated).unwrap_err();
    let codes = [executed.code(), deleted.code(), updated.code()];
    assert_eq!(codes, [Some("AccessDenied"); 3]);
    let objects = aws_sdk_s3::config::Builder::from(&looks)
        .force_path_style(true)
        .build();
    let objects = aws_sdk_s3::Client::from_conf(objects);
    let put = objects
        .put_object()
        .bucket(&workdir.name)
        .key("solutions/x/")
        .send();
    assert_eq!(
        workdir.aws.wait(put).unwrap_err().code(),
        Some("AccessDenied")
    );
}

/// The apply role gives a stack without provisioner's tags these tags, and removes them. The plan role reads it.
#[test]
fn the_roles_adopt_and_unadopt_a_stack() {
    use aws_sdk_cloudformation::types::{ChangeSetType, Tag};
    let workdir = Workdir::strict();
    workdir.write(".provisioner.yaml", POLICY);
    scene::with_foreign_stack(&workdir);
    let issuer = Issuer::new("repo:acme/infra:pull_request");
    deploy(&workdir, &issuer.address);
    let client = |role: &str, subject: &str| {
        let assumed = workdir.aws.assume(role, &issuer.token(subject)).unwrap();
        aws_sdk_cloudformation::Client::new(&assumed)
    };
    let stack = workdir.stack();
    let plan = client("ci/provisioner-plan", "repo:acme/infra:pull_request");
    let described = plan.describe_stacks().stack_name(&stack).send();
    workdir.aws.wait(described).unwrap();
    let template = plan.get_template().stack_name(&stack).send();
    workdir.aws.wait(template).unwrap();
    let apply = client(
        "ci/provisioner-apply-prod",
        "repo:acme/infra:environment:prod",
    );
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    for tags in [
        vec![tag("Team", "data"), tag("provisioner:stack", &stack)],
        vec![tag("Team", "data")],
    ] {
        let name = format!("tags-{}", tags.len());
        let created = apply
            .create_change_set()
            .stack_name(&stack)
            .change_set_name(&name)
            .change_set_type(ChangeSetType::Update)
            .use_previous_template(true)
            .set_tags(Some(tags.clone()))
            .send();
        workdir.aws.wait(created).unwrap();
        let executed = apply.execute_change_set().stack_name(&stack);
        let executed = executed.change_set_name(&name).send();
        workdir.aws.wait(executed).unwrap();
        let described = apply.describe_stacks().stack_name(&stack).send();
        let described = workdir.aws.wait(described).unwrap().stacks.unwrap();
        assert_eq!(described[0].tags().len(), tags.len());
        let status = described[0].stack_status().unwrap().as_str();
        assert_eq!(status, "UPDATE_COMPLETE");
    }
}

/// Creates the roles in a workdir's account as a user would, for jobs of `acme/infra` with this issuer's tokens.
pub fn deploy(workdir: &Workdir, issuer: &str) {
    let arguments = [
        "roles",
        "--repository",
        "acme@5501/infra@880042",
        "--issuer",
        issuer,
    ];
    let output = workdir.run(&arguments);
    assert_eq!(output.status, 0, "{}", output.stderr);
    create(&workdir.aws, &output.stdout);
}

/// Deploys the template that `roles` printed.
pub fn create(aws: &Aws, template: &str) {
    let mut template: Value = serde_yaml::from_str(template).unwrap();
    let resources = template["Resources"].as_object_mut().unwrap();
    // The emulator has no such resource, and needs no provider when a role is assumed.
    resources.remove("Provider");
    for resource in resources.values_mut() {
        let statements = resource.pointer_mut("/Properties/AssumeRolePolicyDocument/Statement");
        let statements = statements.and_then(Value::as_array_mut);
        for statement in statements.into_iter().flatten() {
            forget_unknown_claims(&mut statement["Condition"]);
        }
    }
    let made = aws.stacks().create_stack();
    let made = made
        .stack_name("roles")
        .template_body(template.to_string())
        .capabilities(aws_sdk_cloudformation::types::Capability::CapabilityNamedIam);
    aws.wait(made.send()).unwrap();
    let stacks = aws.stack_names();
    let done = ("roles".to_owned(), "CREATE_COMPLETE".to_owned());
    assert!(stacks.contains(&done), "{stacks:?}");
}

/// Of a token's claims the emulator compares the subject and the audience. It denies each condition about another claim.
fn forget_unknown_claims(conditions: &mut Value) {
    let operators = conditions.as_object_mut().unwrap();
    for keys in operators.values_mut() {
        let keys = keys.as_object_mut().unwrap();
        keys.retain(|key, _| key.ends_with(":sub") || key.ends_with(":aud"));
    }
    operators.retain(|_, keys| !keys.as_object().unwrap().is_empty());
}
