//! A config that names another stack than before: the merge creates that stack, and the former one waits for its own deletion.

use serde_json::{Value, json};

use crate::support::check::Scene;
use crate::support::job::{JobOutput, config, normalize, path};

const POLICY: &str = ".provisioner.yaml";
const VAULT: &str = "vault/configs/acme-vault.yaml";
const ROLES: &str = "roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}";

/// A product whose configs choose account, region and environment, and whose stack always has the same name.
fn vault(actions: &str) -> [(String, String); 4] {
    let manifest = format!(
        "name: vault\ntitle: Vault\nsummary: A value.\nsection: vault\nfiles: '*-vault.yaml'\n\
         target: {{account: vault.account, region: vault.region, environment: vault.env}}\n\
         names: {{config: \"'acme-vault'\", stack: \"'acme-vault-stack' ~ given.suffix\"}}\n\
         outputs: {{template: \"'vault.yaml'\", policy: \"'vault.json'\"}}\nactions: {{{actions}}}\n"
    );
    let text = json!({"type": "string"});
    let schema = json!({
        "type": "object", "additionalProperties": false, "required": ["vault"],
        "properties": {"vault": {"type": "object", "additionalProperties": false,
            "required": ["account", "region", "env"],
            "properties": {"account": text, "region": text, "env": text}}},
    });
    let template = "Resources:\n  Value:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: x}\n";
    [
        ("product.yaml", manifest),
        ("config.schema.json", schema.to_string()),
        ("stack.yaml.j2", template.to_owned()),
        ("iam-policy.json.j2", "{}\n".to_owned()),
    ]
    .map(|(name, text)| (format!(".provisioner/products/vault/{name}"), text))
}

const DELETABLE: &str = "deploy-product: provision, delete-product: delete";

fn vault_config(region: &str, env: &str) -> String {
    format!("vault:\n  account: \"123456789012\"\n  region: {region}\n  env: {env}\n")
}

/// A repository with an S3 config and a vault in `prod` and `us-west-2`, and a branch from there.
fn scene(policy: &str, actions: &str) -> Scene {
    let scene = Scene::new();
    let globs = "configs: ['s3/configs/*.yaml', 'vault/*/*.yaml']";
    let mut commit = scene
        .repo
        .commit("main")
        .write(POLICY, format!("version: 1\n{globs}\n{policy}"))
        .write(&path("b002"), config("b002", ""))
        .write(VAULT, vault_config("us-west-2", "prod"));
    for (file, text) in vault(actions) {
        commit = commit.write(&file, text);
    }
    scene.repo.branch("change", &commit.push());
    scene
}

/// The check of a change of the vault.
fn changed(policy: &str, actions: &str, config: &str) -> (Scene, JobOutput) {
    let scene = scene(policy, actions);
    scene.repo.commit("change").write(VAULT, config).push();
    let run = check(&scene);
    (scene, run)
}

fn check(scene: &Scene) -> JobOutput {
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let run = scene.job(&pull.open()).run();
    scene.github.take_writes();
    run
}

fn changes(run: &JobOutput) -> Vec<(&str, &str)> {
    let changes = run.report["plan"]["changes"].as_array().unwrap().iter();
    changes
        .map(|change| {
            let region = change["target"]["region"].as_str().unwrap();
            (change["intent"].as_str().unwrap(), region)
        })
        .collect()
}

fn on_merge<'a>(run: &'a JobOutput, key: &str) -> &'a Value {
    &run.report["on_merge"][key]
}

fn former(path: &str) -> String {
    format!("{path}//former")
}

/// S5: another account is another stack.
#[test]
fn another_account_is_a_creation_and_a_removal() {
    let scene = scene(&format!("environments: {{prod: {{{ROLES}}}}}\n"), DELETABLE);
    let moved = config("b002", "").replace("123456789012", "210987654321");
    let commit = scene.repo.commit("change");
    commit.write(&path("b002"), moved).push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let path = path("b002");
    assert_eq!(on_merge(&run, &path)["effect"], "create-stack");
    let removal = on_merge(&run, &former(&path));
    assert_eq!(removal["effect"], "request-deletion");
    let [creation, removal] = [0, 1].map(|at| &run.report["plan"]["changes"][at]);
    for (change, intent, account) in [
        (creation, "create", "210987654321"),
        (removal, "delete", "123456789012"),
    ] {
        assert_eq!(change["path"], *path);
        assert_eq!(change["intent"], intent);
        assert_eq!(change["target"]["account"], account);
        assert_eq!(change["stack_move"]["former"]["account"], "123456789012");
        assert_eq!(change["stack_move"]["new"]["account"], "210987654321");
    }
    assert_eq!(run.report["plan"]["level"], "critical");
    insta::assert_snapshot!("former_stack", normalize(&scene.comment()));
}

/// The policy of each stack's own environment decides.
#[test]
fn attack_the_new_environment_does_not_permit_the_former_deletion() {
    let policy = |prod: &str, dev: &str| {
        format!("environments:\n  prod: {{{prod}{ROLES}}}\n  dev: {{{dev}{ROLES}}}\n")
    };
    let never = "deletes: never, ";
    let config = vault_config("us-east-1", "dev");
    for (policy, status, effect) in [
        (policy(never, ""), 10, "denied"),
        (policy("", never), 0, "request-deletion"),
    ] {
        let (_, run) = changed(&policy, DELETABLE, &config);
        assert_eq!(run.status, status, "{}", run.stderr);
        assert_eq!(on_merge(&run, VAULT)["effect"], "create-stack");
        assert_eq!(on_merge(&run, &former(VAULT))["effect"], effect);
    }
}

#[test]
fn a_product_without_a_delete_action_denies_the_former_deletion() {
    let policy = format!("environments: {{prod: {{{ROLES}}}}}\n");
    let config = vault_config("us-east-1", "prod");
    let (_, run) = changed(&policy, "deploy-product: provision", &config);
    assert_eq!(
        changes(&run),
        [("create", "us-east-1"), ("delete", "us-west-2")]
    );
    assert_eq!(on_merge(&run, VAULT)["effect"], "create-stack");
    assert_eq!(on_merge(&run, &former(VAULT))["effect"], "denied");
}

/// Account, region and name are the same: the deletion would delete the stack that the config still names.
#[test]
fn attack_another_environment_of_the_same_stack_requests_no_deletion() {
    let policy = format!("environments: {{prod: {{{ROLES}}}, dev: {{{ROLES}}}}}\n");
    let config = vault_config("us-west-2", "dev");
    let (_, run) = changed(&policy, DELETABLE, &config);
    assert_eq!(changes(&run), [("invalid", "us-west-2")]);
    let problem = format!(
        "{VAULT}:4:8: error[environment-changed]: the environment changes from `prod` to `dev`, and the config still names stack `acme-vault-stack`"
    );
    assert!(run.stderr.contains(&problem), "{}", run.stderr);
    // The twin: another region is another stack, which is created by the rules of its own environment.
    let config = vault_config("us-east-1", "dev");
    let (_, run) = changed(&policy, DELETABLE, &config);
    let both = [("create", "us-east-1"), ("delete", "us-west-2")];
    assert_eq!(changes(&run), both, "{}", run.stderr);
}

/// The product moves the environment of every config.
#[test]
fn attack_a_product_that_moves_stacks_to_another_environment() {
    let policy = format!("environments: {{prod: {{{ROLES}}}, dev: {{{ROLES}}}}}\n");
    let scene = scene(&policy, DELETABLE);
    let (file, manifest) = vault(DELETABLE).into_iter().next().unwrap();
    let moved = manifest.replace("environment: vault.env", "environment: \"'dev'\"");
    assert_ne!(moved, manifest);
    scene.repo.commit("change").write(&file, moved).push();
    let run = check(&scene);
    assert_eq!(changes(&run), [("invalid", "us-west-2")], "{}", run.stderr);
    assert!(
        run.stderr.contains("error[environment-changed]"),
        "{}",
        run.stderr
    );
}

#[test]
fn attack_another_config_that_names_the_former_stack_keeps_it() {
    let policy = format!("environments: {{prod: {{{ROLES}}}}}\n");
    let scene = scene(&policy, DELETABLE);
    let other = VAULT.replace("configs", "others");
    let commit = scene.repo.commit("change");
    commit
        .write(VAULT, vault_config("us-east-1", "prod"))
        .write(&other, vault_config("us-west-2", "prod"))
        .push();
    let run = check(&scene);
    let text = format!("is not deleted: config `{other}` has the same stack");
    assert!(run.stderr.contains(&text), "{}", run.stderr);
}

/// The stack of a config with errors is not known, so that no deletion is requested.
#[test]
fn a_former_config_with_errors_requests_no_deletion() {
    let scene = scene("", DELETABLE);
    let broken = vault_config("us-west-2", "prod") + "  no: 1\n";
    let base = scene.repo.commit("main").write(VAULT, broken).push();
    scene.repo.branch("repair", &base);
    let config = vault_config("us-east-1", "prod");
    scene.repo.commit("repair").write(VAULT, config).push();
    let pull = scene.repo.pull("repair").author(&scene.alice).number(8);
    let run = scene.job(&pull.open()).run();
    scene.github.take_writes();
    assert_eq!(changes(&run), [("update", "us-east-1")]);
    let caveat = &run.report["plan"]["changes"][0]["caveat"];
    assert!(caveat.as_str().unwrap().contains("has errors"), "{caveat}");
}

/// A config with errors has no new stack, so that nothing is created or deleted.
#[test]
fn a_config_with_errors_requests_no_deletion_of_its_former_stack() {
    let config = vault_config("us-east-1", "prod") + "  no: 1\n";
    let (_, run) = changed("", DELETABLE, &config);
    assert_eq!(run.status, 10, "{}", run.stderr);
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1);
    assert_eq!(changes[0]["intent"], "invalid");
}
