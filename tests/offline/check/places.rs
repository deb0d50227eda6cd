//! Configs in an account or an environment that the policy does not allow.

use crate::support::check::Scene;
use crate::support::job::{JobOutput, config, path};

const POLICY: &str = ".provisioner.yaml";
const OWN: &str = "123456789012";
const OF_PROD: &str = "700000000007";
const ROLES: &str = "roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}";

/// The configs of the scene are in the environment `prod` and in an account of `dev`.
fn lists(rest: &str) -> String {
    format!(
        "version: 1\naccounts: ['{OWN}', '{OF_PROD}']\nenvironments:\n  dev: {{accounts: ['{OWN}'], {ROLES}}}\n  prod: {{accounts: ['{OF_PROD}'], {ROLES}}}\n{rest}"
    )
}

fn scene(policy: &str) -> Scene {
    let scene = Scene::new();
    let commit = scene.repo.commit("main").write(POLICY, policy);
    let base = commit.write(&path("b002"), config("b002", "")).push();
    scene.repo.branch("change", &base);
    scene
}

fn check(scene: &Scene) -> JobOutput {
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let run = scene.job(&pull.open()).run();
    scene.github.take_writes();
    run
}

/// The codes of errors and warnings, with their configs.
fn problems(run: &JobOutput) -> Vec<String> {
    let changes = run.report["plan"]["changes"].as_array().unwrap().iter();
    let problems = changes.flat_map(|change| change["diagnostics"].as_array().unwrap());
    let problems = problems.map(|problem| {
        let text = |key: &str| problem[key].as_str().unwrap().to_owned();
        format!("{}[{}]", text("severity"), text("code"))
    });
    problems.collect()
}

/// The removal is the correction, and deletes nothing.
#[test]
fn a_config_in_an_account_of_another_environment_can_be_removed() {
    let scene = scene(&lists(""));
    scene.repo.commit("change").remove(&path("b001")).push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(problems(&run), ["warning[stack-left-behind]"]);
    let warning = format!(
        "{}: warning[stack-left-behind]: no config names the stack any more, and it stays: the policy does not list account {OWN} for environment `prod`",
        path("b001")
    );
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    let help = "help: delete the stack in CloudFormation if it exists, or add the account to `environments.prod.accounts` in the policy file";
    assert!(run.stderr.contains(help), "{}", run.stderr);
    let on_merge = &run.report["on_merge"][path("b001")];
    assert_eq!(on_merge["effect"], "denied", "{on_merge:#}");
    assert_eq!(on_merge["denials"][0]["code"], "account-mismatch");
}

#[test]
fn a_config_in_an_account_of_another_environment_can_be_moved_out() {
    let scene = scene(&lists(""));
    let moved = config("b001", "").replace(OWN, OF_PROD);
    scene
        .repo
        .commit("change")
        .write(&path("b001"), moved)
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    // A person cannot confirm what the policy denies, so one warning is enough.
    let codes = ["warning[stack-left-behind]"];
    assert_eq!(problems(&run), codes, "{}", run.stderr);
    assert!(!run.stderr.contains("confirm"), "{}", run.stderr);
    let effects = run.report["on_merge"].as_object().unwrap().values();
    let mut effects: Vec<&str> = effects.map(|one| one["effect"].as_str().unwrap()).collect();
    effects.sort_unstable();
    assert_eq!(effects, ["create-stack", "denied"]);
}

/// What else forbids the removal still does, and so does what forbids the new place.
#[test]
fn attack_leaving_an_account_passes_no_other_rule() {
    let never = scene(&lists("defaults: {deletes: never}\n"));
    never.repo.commit("change").remove(&path("b001")).push();
    let run = check(&never);
    assert_eq!(run.status, 10, "{}", run.stderr);
    let codes = ["warning[stack-left-behind]", "error[delete-not-allowed]"];
    assert_eq!(problems(&run), codes);
    let moved = scene(&lists(""));
    let elsewhere = config("b001", "").replace(OWN, "999999999999");
    moved
        .repo
        .commit("change")
        .write(&path("b001"), elsewhere)
        .push();
    let run = check(&moved);
    assert_eq!(run.status, 10, "{}", run.stderr);
    let error = format!("{}:4:15: error[account-mismatch]", path("b001"));
    assert!(run.stderr.contains(&error), "{}", run.stderr);
}

/// A mistyped account has one error, and no help beside it that gives the account to the environment.
#[test]
fn attack_a_wrong_account_has_no_help_that_only_widens() {
    let scope =
        "scope: {products: [s3], regions: [us-west-1], names: {client.company_prefix: [edge]}}\n";
    let scene = scene(&lists(scope));
    let changed = config("b001", "  tags: {Team: y}\n");
    scene
        .repo
        .commit("change")
        .write(&path("b001"), changed)
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(problems(&run)[0], "error[account-mismatch]");
    let is_of_roles = |problem: &String| problem.contains("roles-incomplete");
    assert!(!problems(&run).iter().any(is_of_roles), "{}", run.stderr);
    let help = "help: correct the account or the environment of the config, or add the account to";
    assert!(run.stderr.contains(help), "{}", run.stderr);
}

/// A policy that is narrower than before allows nothing more, and still does something to configs.
#[test]
fn a_policy_that_locks_configs_out_names_them() {
    let open = lists("").replace(
        &format!("prod: {{accounts: ['{OF_PROD}']"),
        "prod: {approvals: 1",
    );
    let scene = scene(&open);
    scene.repo.commit("change").write(POLICY, lists("")).push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let denied: Vec<String> = ["b001", "b002"].map(path).to_vec();
    assert_eq!(run.report["policy"]["denied"], serde_json::json!(denied));
    let comment = scene.comment();
    let words = "the policy does not allow the account or the environment of these configs";
    assert!(comment.contains(words), "{comment}");
}
