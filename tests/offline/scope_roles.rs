//! `roles` of a policy file with a scope: they follow the naming law of products, whichever configs there are.
#![expect(clippy::disallowed_methods, reason = "the examples are files")]

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::support::workdir::{CommandOutput, Workdir};

mod requests;

const ACCOUNT: &str = "123456789012";
const HEAD: &str = "version: 1\naccounts: ['123456789012']\nconfigs: ['*/configs/*.yaml']\nenvironments:\n  prod:\n    roles:\n      \
     plan: arn:aws:iam::{account_id}:role/plan\n      apply: arn:aws:iam::{account_id}:role/apply-{environment}\n";
const SCOPE: &str = "scope:\n  products: [ml, s3]\n  regions: [us-west-2]\n  boundary: provisioner-boundary\n  names:\n    \
     client.company_prefix: [acme]\n";
const COMMAND: &[&str] = &["roles", "--repository", "acme@5501/infra@880042"];

fn workdir(scope: &str) -> Workdir<()> {
    let workdir = Workdir::offline();
    workdir.write(".provisioner.yaml", &format!("{HEAD}{scope}"));
    std::fs::remove_file(workdir.folder().join(workdir.path())).unwrap();
    workdir
}

fn s3_config(tenant: &str, more: &str) -> (String, String) {
    let path = format!("s3/configs/acme-prod-{tenant}-us-west-2-s3.yaml");
    let text = format!(
        "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"{ACCOUNT}\"\n  tenant_id: \"{tenant}\"\n\
         environment:\n  env: prod\n  region: us-west-2\ns3:\n  versioning: true\n{more}"
    );
    (path, text)
}

fn ml_config(tenant: &str, more: &str) -> (String, String) {
    let path = format!("ml/configs/acme-prod-{tenant}-us-west-2-churn-ml-codecommit.yaml");
    let text = format!(
        "client:\n  company_prefix: acme\n  account_id: \"{ACCOUNT}\"\n  tenant_id: \"{tenant}\"\n\
         environment:\n  env: prod\n  region: us-west-2\nml_product:\n  use_case: churn\n  source_control: codecommit\n{more}"
    );
    (path, text)
}

fn documents(output: &CommandOutput) -> Value {
    assert_eq!(output.status, 0, "{}", output.stderr);
    serde_json::from_str(&output.stdout).unwrap()
}

fn json_of(workdir: &Workdir<()>) -> (Value, String) {
    let output = workdir.run(&[COMMAND, &["--format", "json"]].concat());
    (documents(&output), output.stderr)
}

/// The roles of [`SCOPE`], which are printed once for all tests that only read them.
static PRINTED: LazyLock<Value> = LazyLock::new(|| json_of(&workdir(SCOPE)).0);

fn role<'a>(printed: &'a Value, phase: &str) -> &'a Value {
    let roles = printed["accounts"][0]["roles"].as_array().unwrap();
    roles.iter().find(|role| role["phase"] == phase).unwrap()
}

fn statements(role: &Value) -> Vec<&Value> {
    let policies = role["policies"].as_array().unwrap().iter();
    policies
        .flat_map(|policy| policy["Statement"].as_array().unwrap())
        .collect()
}

fn resources(role: &Value) -> BTreeSet<&str> {
    let all = statements(role).into_iter();
    all.flat_map(|statement| statement["Resource"].as_array().unwrap())
        .map(|resource| resource.as_str().unwrap())
        .collect()
}

fn denial<'a>(role: &'a Value, sid: &str) -> &'a Value {
    let mut never = role["never"]["Statement"].as_array().unwrap().iter();
    never.find(|statement| statement["Sid"] == sid).unwrap()
}

/// Whether a pattern of IAM matches a text.
fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((begin, rest)) => text.strip_prefix(begin).is_some_and(|text| {
            (0..=text.len())
                .filter(|at| text.is_char_boundary(*at))
                .any(|at| matches(rest, &text[at..]))
        }),
    }
}

/// The same bytes for 1, 40 and 400 configs of both products, inside all limits of AWS.
#[test]
fn roles_do_not_grow_with_configs() {
    let workdir = workdir(SCOPE);
    let boundary = "  permissions_boundary: provisioner-boundary\n";
    let mut printed = Vec::new();
    let mut written = 0;
    for count in [1, 40, 400] {
        for number in written..count {
            let tenant = format!("t{number:03}");
            let (path, text) = match number % 10 {
                0 => ml_config(&tenant, boundary),
                _ => s3_config(&tenant, ""),
            };
            workdir.write(&path, &text);
        }
        written = count;
        let output = workdir.run(COMMAND);
        assert_eq!(output.status, 0, "{}", output.stderr);
        assert!(
            !output.stderr.contains("roles-incomplete"),
            "{}",
            output.stderr
        );
        printed.push(output.stdout);
    }
    assert!(printed.iter().all(|text| *text == printed[0]));
    let template: Value = serde_yaml::from_str(&printed[0]).unwrap();
    assert!(printed[0].len() <= 51_200, "{}", printed[0].len());
    let mut attached = 0;
    for (name, resource) in template["Resources"].as_object().unwrap() {
        let properties = &resource["Properties"];
        let size = |document: &Value| {
            document
                .to_string()
                .chars()
                .filter(|c| !c.is_whitespace())
                .count()
        };
        match resource["Type"].as_str().unwrap() {
            "AWS::IAM::ManagedPolicy" => {
                assert!(size(&properties["PolicyDocument"]) <= 6_144, "{name}");
                attached += usize::from(properties["Roles"][0]["Ref"] == "ApplyRole");
            }
            "AWS::IAM::Role" => {
                assert!(size(&properties["Policies"]) <= 10_240, "{name}");
            }
            _ => {}
        }
    }
    assert!((1..=10).contains(&attached), "{attached} managed policies");
}

/// The limit of CloudFormation holds for the text, and the indentation of YAML is a quarter of it.
#[test]
fn a_long_template_is_printed_without_indentation() {
    let workdir = workdir(&format!("{SCOPE}    client.tenant_id: [c001, c002]\n"));
    let output = workdir.run(COMMAND);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stdout.len() <= 51_200, "{}", output.stdout.len());
    let template: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(template["Resources"]["ApplyRole"]["Type"], "AWS::IAM::Role");
    assert!(!output.stderr.contains("--s3-bucket"), "{}", output.stderr);
    // No text is short enough for this scope.
    let tenants: Vec<String> = (0..4).map(|number| format!("c{number:03}")).collect();
    let names = format!("{SCOPE}    client.tenant_id: [{}]\n", tenants.join(", "));
    workdir.write(".provisioner.yaml", &format!("{HEAD}{names}"));
    let output = workdir.run(COMMAND);
    assert_eq!(output.status, 0, "{}", output.stderr);
    assert!(output.stdout.len() > 51_200, "{}", output.stdout.len());
    assert!(output.stderr.contains("--s3-bucket"), "{}", output.stderr);
}

#[test]
fn attack_a_prefix_matches_no_longer_prefix() {
    let workdir = workdir(&SCOPE.replace("[acme]", "[a]"));
    let (printed, _) = json_of(&workdir);
    for phase in ["plan", "apply"] {
        let role = role(&printed, phase);
        let resources = resources(role);
        let stack = |prefix: &str| {
            format!(
                "arn:aws:cloudformation:us-west-2:{ACCOUNT}:stack/{prefix}-prod-c001-us-west-2-churn-ml-stack/1"
            )
        };
        let allowed = |name: &str| {
            resources
                .iter()
                .any(|pattern| *pattern != "*" && matches(pattern, name))
        };
        assert!(allowed(&stack("a")));
        for foreign in ["ab", "b-a", "aa", "xa"] {
            assert!(!allowed(&stack(foreign)), "{phase}: {foreign}");
            assert!(!allowed(&format!(
                "arn:aws:s3:::{foreign}-prod-c001-us-west-2-s3"
            )));
        }
        assert!(!allowed(&stack("a").replace("-prod-", "-dev-")));
        assert!(!allowed(&stack("a").replace("us-west-2", "us-east-1")));
    }
}

#[test]
fn attack_roles_of_stacks_stay_below_the_boundary() {
    let printed = &*PRINTED;
    let apply = role(printed, "apply");
    let boundary = &printed["accounts"][0]["boundary"];
    let arn = format!("arn:aws:iam::{ACCOUNT}:policy/provisioner-boundary");
    assert_eq!(boundary["arn"], arn);
    let grants = denial(apply, "OnlyBelowBoundary");
    assert_eq!(
        grants["Condition"],
        json!({"StringNotEquals": {"iam:PermissionsBoundary": arn}})
    );
    for action in [
        "iam:CreateRole",
        "iam:PutRolePolicy",
        "iam:AttachRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:CreateUser",
    ] {
        assert!(
            grants["Action"]
                .as_array()
                .unwrap()
                .contains(&json!(action)),
            "{action}"
        );
    }
    let unbound = denial(apply, "NeverUnbound");
    assert!(
        unbound["Action"]
            .as_array()
            .unwrap()
            .contains(&json!("iam:DeleteRolePermissionsBoundary"))
    );
    assert!(unbound.get("Condition").is_none());
    // Neither the boundary nor the roles of CI can be changed.
    assert_eq!(denial(apply, "NeverBoundary")["Resource"], arn);
    let ci = denial(apply, "NeverOwnRoles");
    assert_eq!(ci["Resource"].as_array().unwrap().len(), 2, "{ci}");
    // Nothing in the boundary gives permissions.
    let statements = boundary["policy"]["Statement"].as_array().unwrap();
    for statement in statements {
        for action in statement["Action"].as_array().into_iter().flatten() {
            let action = action.as_str().unwrap();
            assert!(
                !action.starts_with("iam:") && !action.starts_with("sts:"),
                "{action}"
            );
        }
    }
    let registers = |statement: &&Value| {
        let actions = statement["Action"].as_array().into_iter().flatten();
        actions
            .clone()
            .any(|action| action == "sagemaker:CreateModelPackage")
    };
    let register: Vec<_> = statements.iter().filter(registers).collect();
    let pending =
        json!({"StringEquals": {"sagemaker:ModelApprovalStatus": "PendingManualApproval"}});
    assert_eq!(register.len(), 1);
    assert_eq!(register[0]["Condition"], pending);
    let pass = statements
        .iter()
        .find(|it| it["Sid"] == "PassRoles")
        .unwrap();
    let roles = pass["Resource"].as_array().unwrap();
    for role in ["codebuild-deploy-role", "codebuild-role"] {
        let role = format!("arn:aws:iam::{ACCOUNT}:role/acme-prod-*-*-{role}");
        assert!(roles.contains(&json!(role)), "{roles:?}");
    }
}

#[test]
fn a_product_with_roles_needs_a_boundary() {
    let without = SCOPE.replace("  boundary: provisioner-boundary\n", "");
    let output = workdir(&without).run(COMMAND);
    assert_eq!((output.status, output.stdout.as_str()), (10, ""));
    assert!(
        output.stderr.contains("set `scope.boundary`"),
        "{}",
        output.stderr
    );
    // The other product creates none, so that its apply role may create none.
    let (printed, _) = json_of(&workdir(&without.replace("[ml, s3]", "[s3]")));
    assert_eq!(denial(role(&printed, "apply"), "NoRoles")["Resource"], "*");
    assert_eq!(printed["accounts"][0]["boundary"], Value::Null);
}

#[test]
fn attack_a_scope_without_a_needed_key_is_refused() {
    let open = SCOPE.replace("client.company_prefix: [acme]", "client.tenant_id: [c001]");
    let output = workdir(&open).run(COMMAND);
    assert_eq!((output.status, output.stdout.as_str()), (10, ""));
    let message = "`scope.names` lacks `client.company_prefix`";
    assert!(output.stderr.contains(message), "{}", output.stderr);
}

#[test]
fn attack_a_scope_has_no_patterns() {
    for value in [
        "'*'",
        "'acme*'",
        "'a?me'",
        "'${aws:username}'",
        "'acme prod'",
        "'zqxa'",
        "7",
    ] {
        let scope = SCOPE.replace("[acme]", &format!("[{value}]"));
        let output = workdir(&scope).run(COMMAND);
        assert_eq!((output.status, output.stdout.as_str()), (10, ""), "{value}");
    }
    for (from, to) in [
        ("[us-west-2]", "['*']"),
        ("[us-west-2]", "['us-*-2']"),
        ("provisioner-boundary", "'*'"),
        ("[ml, s3]", "['*']"),
        ("[ml, s3]", "[other]"),
    ] {
        let output = workdir(&SCOPE.replace(from, to)).run(COMMAND);
        assert_eq!((output.status, output.stdout.as_str()), (10, ""), "{to}");
    }
}

/// The roles do not depend on configs, so that no config can widen them.
#[test]
fn attack_a_config_widens_no_scope() {
    let workdir = workdir(SCOPE);
    for (path, text) in [
        s3_config("c001", "  bucket_name_override: foreign-bucket\n"),
        ml_config("c001", "  permissions_boundary: other\n"),
    ] {
        workdir.write(&path, &text);
    }
    let other = s3_config("c002", "");
    workdir.write(
        &other.0.replace("acme", "evil"),
        &other
            .1
            .replace("company_prefix: acme", "company_prefix: evil"),
    );
    let (after, said) = json_of(&workdir);
    assert_eq!(*PRINTED, after);
    for expected in [
        "`s3.bucket_name_override: [foreign-bucket]` to `scope.names`",
        "lacks the permissions boundary `arn:aws:iam::123456789012:policy/provisioner-boundary`",
        "`client.company_prefix: [evil]` to `scope.names`",
    ] {
        assert!(said.contains(expected), "{expected}\n{said}");
    }
    assert_eq!(said.matches("roles-incomplete").count(), 3, "{said}");
}

/// Values that could name anything are allowed only as the scope lists them.
#[test]
fn listed_values_of_optional_keys_are_allowed() {
    let scope = format!(
        "{SCOPE}    s3.bucket_name_override: [edge-data]\n    ml_product.s3_prefix: [acme-source/v1]\n"
    );
    let workdir = workdir(&scope);
    let (path, text) = s3_config("c001", "  bucket_name_override: edge-data\n");
    workdir.write(&path, &text);
    let (printed, said) = json_of(&workdir);
    assert!(!said.contains("roles-incomplete"), "{said}");
    let apply = resources(role(&printed, "apply"));
    for resource in [
        "arn:aws:s3:::edge-data",
        "arn:aws:s3:::acme-source",
        "arn:aws:s3:::acme-source/v1/model-build.zip",
    ] {
        assert!(apply.contains(resource), "{resource}: {apply:?}");
    }
    let plan = statements(role(&printed, "plan")).into_iter();
    let objects = plan.filter(|it| it["Action"].to_string().contains("\"s3:GetObject\""));
    let objects: Vec<&Value> = objects.map(|it| &it["Resource"]).collect();
    assert_eq!(
        objects,
        [&json!([
            "arn:aws:s3:::acme-source/v1/model-build.zip",
            "arn:aws:s3:::acme-source/v1/model-deploy.zip"
        ])]
    );
}

/// Everything that the operator's policy of each shipped ML config allows is inside the law.
#[test]
fn every_shipped_example_is_covered() {
    let workdir = workdir(
        "scope:\n  products: [ml]\n  regions: [us-west-2]\n  boundary: b\n  names:\n    client.company_prefix: [globalbank]\n    \
         ml_product.s3_prefix: [globalbank-ml-source/churn, globalbank-ml-source/demand-forecasting]\n    \
         ml_product.kms.alias: [globalbank/demand-forecasting]\n    \
         ml_product.vpc.security_group_id_path: [/sg/ml-endpoints/private/SecurityGroupId]\n",
    );
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ml/configs");
    let mut count = 0;
    for entry in std::fs::read_dir(examples).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.file_name().unwrap().to_str().unwrap();
        let text = text.replace("ml_product:\n", "ml_product:\n  permissions_boundary: b\n");
        workdir.write(&format!("ml/configs/{name}"), &text);
        count += 1;
    }
    let (_, said) = json_of(&workdir);
    let lines = said
        .lines()
        .filter(|line| line.contains("does not cover this config: "));
    assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new());
    assert!(count > 30, "{count}");
}
