//! What a check says about the merge: by the policy and the guard that decide after it.

use crate::support::check::Scene;
use crate::support::job::{JobOutput, config, normalize, path};

const POLICY: &str = ".provisioner.yaml";
const ROLES: &str = "roles: {apply: 'arn:aws:iam::{account_id}:role/apply'}";

/// A repository with a policy and two configs with stacks, and a branch from there.
fn scene(policy: &str) -> Scene {
    let scene = Scene::new();
    let base = scene
        .repo
        .commit("main")
        .write(POLICY, format!("version: 1\n{policy}"))
        .write(&path("b002"), config("b002", ""))
        .push();
    scene.repo.branch("change", &base);
    scene
}

fn check(scene: &Scene) -> JobOutput {
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let job = scene.job(&pull.open());
    let run = job.run();
    scene.github.take_writes();
    run
}

fn on_merge<'a>(run: &'a JobOutput, tenant: &str) -> &'a serde_json::Value {
    &run.report["on_merge"][path(tenant)]
}

/// S1: what the policy forbids is an error at the key that it is about.
#[test]
fn a_policy_that_forbids_the_change_fails_the_check() {
    let scene =
        scene("environments: {dev: {}}\naccounts: ['999999999999']\ndefaults: {deletes: never}\n");
    scene
        .repo
        .commit("change")
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .remove(&path("b002"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 10, "{}", run.stderr);
    for tenant in ["b001", "b002"] {
        assert_eq!(on_merge(&run, tenant)["effect"], "denied");
        assert_eq!(on_merge(&run, tenant)["requires"], serde_json::Value::Null);
    }
    let lines = |text: &str| run.stderr.contains(&format!("{}:{text}", path("b001")));
    assert!(lines("4:15: error[account-mismatch]"), "{}", run.stderr);
    assert!(
        lines("7:8: error[environment-not-allowed]"),
        "{}",
        run.stderr
    );
    let removal = format!("{}: error[delete-not-allowed]", path("b002"));
    assert!(run.stderr.contains(&removal), "{}", run.stderr);
    insta::assert_snapshot!("forbidden", normalize(&scene.comment()));
}

/// Threat 75: the account is listed, but for another environment.
#[test]
fn attack_a_config_in_an_account_of_another_environment_fails_the_check() {
    let scene = scene(
        "accounts: ['123456789012', '999999999999']\n\
         environments: {dev: {accounts: ['123456789012']}, prod: {accounts: ['999999999999']}}\n",
    );
    scene
        .repo
        .commit("change")
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert_eq!(on_merge(&run, "b001")["effect"], "denied");
    let line = format!(
        "{}:4:15: error[account-mismatch]: the policy does not list account 123456789012 for environment `prod`",
        path("b001")
    );
    assert!(run.stderr.contains(&line), "{}", run.stderr);
}

/// S1: the requirement of an allowed change is told; what `updates` refuses is a warning.
#[test]
fn a_merge_lists_its_requirements_and_kept_resources() {
    let scene = scene(&format!(
        "environments: {{prod: {{approvals: 2, approvers: ['@rex', '@acme/ml'], {ROLES}}}}}\n"
    ));
    scene
        .repo
        .commit("change")
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .write(&path("b003"), config("b003", ""))
        .remove(&path("b002"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let effect = |tenant: &str| on_merge(&run, tenant)["effect"].clone();
    assert_eq!(effect("b001"), "not-applied");
    assert_eq!(effect("b002"), "request-deletion");
    assert_eq!(effect("b003"), "create-stack");
    assert_eq!(on_merge(&run, "b003")["requires"]["approvals"], 2);
    let warning = format!("{}: warning[update-not-allowed]", path("b001"));
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    let comment = normalize(&scene.comment());
    let headline = "🔴 1 deletion to confirm after the merge (data destroyed) · ⚠ 1 update not applied · 1 warning · 1 stack to create\n";
    assert!(comment.contains(headline), "{comment}");
    insta::assert_snapshot!("requirements", comment);
}

/// S3, C2: a policy that does not load fails the check, at the lines of its errors.
#[test]
fn a_broken_policy_fails_the_check() {
    let scene = scene("");
    scene
        .repo
        .commit("change")
        .write(POLICY, "version: 1\ndefaults: {aprovals: 2}\n")
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 10, "{}", run.stderr);
    assert!(
        run.stderr.contains(".provisioner.yaml:2:12: error["),
        "{}",
        run.stderr
    );
    insta::assert_snapshot!("broken_policy", normalize(&scene.comment()));
}

/// C2: a change under a policy that does not load is no green check, whoever broke it. Its repair is.
#[test]
fn only_the_repair_of_a_broken_policy_passes() {
    let broken = "defaults: {aprovals: 2}\n";
    let scene_of = |change: &str| {
        let scene = scene(broken);
        scene
            .repo
            .commit("change")
            .write(&path("b003"), config("b003", ""))
            .write("change", change)
            .push();
        scene
    };
    let unrepaired = scene_of("x");
    let run = check(&unrepaired);
    assert_eq!(run.status, 10, "{}", run.stderr);

    let repaired = scene_of("x");
    let policy = format!("version: 1\nenvironments: {{prod: {{{ROLES}}}}}\n");
    repaired.repo.commit("change").write(POLICY, policy).push();
    let run = check(&repaired);
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(on_merge(&run, "b003")["effect"], "create-stack");
    assert_eq!(on_merge(&run, "b003")["requires"]["approvals"], 2);
    insta::assert_snapshot!("repaired_policy", normalize(&repaired.comment()));
}

/// S3: each changed key of the policy, with the configs that it concerns.
#[test]
fn a_changed_policy_is_a_section_of_the_comment() {
    let scene = scene("environments: {prod: {}, dev: {}}\n");
    scene
        .repo
        .commit("change")
        .write(
            POLICY,
            "version: 1\nconfigs: ['s3/configs/*b001*.yaml']\ndefaults: {approvals: 3}\n\
             environments: {prod: {updates: reviewed, approvers: ['@rex']}, dev: {}}\n",
        )
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    insta::assert_snapshot!("changed_policy", normalize(&scene.comment()));
}

/// S9: equal changes are told once, and one that differs is shown whole.
#[test]
fn equal_changes_are_grouped() {
    let scene = scene(&format!(
        "environments: {{prod: {{updates: reviewed, {ROLES}}}}}\n"
    ));
    let tenants: Vec<String> = (100..130).map(|number| format!("b{number}")).collect();
    let mut before = scene.repo.commit("main");
    for tenant in &tenants {
        before = before.write(&path(tenant), config(tenant, ""));
    }
    let base = before.push();
    scene.repo.branch("change", &base);
    let mut change = scene.repo.commit("change");
    for tenant in &tenants {
        change = change.write(
            &path(tenant),
            config(tenant, "  lifecycle_policy: development\n"),
        );
    }
    change
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = normalize(&scene.comment());
    assert!(comment.len() < 8_000, "{} bytes", comment.len());
    insta::assert_snapshot!("equal_changes", comment);
}

/// A report shows one config of a group, so no value may differ in it.
#[test]
fn attack_a_value_hidden_in_a_group() {
    let scene = scene("");
    let (before, after): (Vec<_>, Vec<_>) = (100..105)
        .map(|number| {
            let team = if number == 103 { "evil" } else { "data" };
            let tenant = format!("b{number}");
            let tagged = config(&tenant, &format!("  tags: {{Team: {team}}}\n"));
            ((tenant.clone(), config(&tenant, "")), (tenant, tagged))
        })
        .unzip();
    let write = |branch: &str, files: &[(String, String)]| {
        let mut commit = scene.repo.commit(branch);
        for (tenant, text) in files {
            commit = commit.write(&path(tenant), text.clone());
        }
        commit.push()
    };
    let base = write("main", &before);
    scene.repo.branch("change", &base);
    write("change", &after);
    check(&scene);
    let comment = scene.comment();
    let heading = format!("### `{}`", path("b103"));
    assert!(comment.contains(&heading), "{comment}");
    assert!(comment.contains("\"evil\""), "{comment}");
    assert!(
        comment.contains("### 4 configs change `s3.tags.Team`"),
        "{comment}"
    );
}

/// Every value of a new config is new.
#[test]
fn attack_an_account_hidden_among_new_configs() {
    let scene = scene("");
    let new: Vec<_> = (200..204)
        .map(|number| {
            let account = if number == 202 {
                "333333333333"
            } else {
                "123456789012"
            };
            let tenant = format!("b{number}");
            let text = config(&tenant, "").replace("123456789012", account);
            (tenant, text)
        })
        .collect();
    let mut commit = scene.repo.commit("change");
    for (tenant, text) in &new {
        commit = commit.write(&path(tenant), text.clone());
    }
    commit.push();
    check(&scene);
    let comment = scene.comment();
    let heading = format!("### `{}`", path("b202"));
    assert!(comment.contains(&heading), "{heading}: {comment}");
    let row = format!("| `{}` | creation denied", path("b202"));
    assert!(comment.contains(&row), "{row}: {comment}");
    assert!(comment.contains("### 3 new configs with the same template (`s3`, `prod`)"));
    let notice = "Only one of 6 configs of `prod` is in account `333333333333`";
    assert!(comment.contains(notice), "{comment}");
}

/// A pull request that loosens the policy says so first.
#[test]
fn a_policy_that_allows_more_is_marked() {
    let strict = "defaults: {approvals: 2, deletes: never}\naccounts: ['123456789012']\n\
        environments: {prod: {approvers: ['@rex']}, dev: {updates: in-place}}\n";
    let scene = scene(strict);
    let loose = "version: 1\ndefaults: {approvals: 1}\n\
        environments: {prod: {}, dev: {updates: reviewed}, test: {}}\n";
    scene.repo.commit("change").write(POLICY, loose).push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = scene.comment();
    assert!(
        comment.contains("🟠 the policy file changes and allows more"),
        "{comment}"
    );
    let weak = comment
        .lines()
        .filter(|line| line.contains("🟠 allows more"));
    let keys: Vec<&str> = weak.map(|line| line.split('`').nth(1).unwrap()).collect();
    let expected = [
        "accounts",
        "defaults.approvals",
        "defaults.deletes",
        "environments.dev.updates",
        "environments.prod.approvers",
        "environments.test",
    ];
    assert_eq!(keys, expected, "{comment}");
}

/// A role in another account cannot change the stack, whoever approves the merge.
#[test]
fn a_role_of_another_account_is_reported_before_the_merge() {
    for (account, denied) in [("210987654321", true), ("123456789012", false)] {
        let role = format!("arn:aws:iam::{account}:role/apply");
        let scene = scene(&format!(
            "environments: {{prod: {{roles: {{apply: '{role}'}}}}}}\n"
        ));
        let new = config("b003", "");
        scene.repo.commit("change").write(&path("b003"), new).push();
        let run = check(&scene);
        let comment = scene.comment();
        assert_eq!(comment.contains("account-mismatch"), denied, "{comment}");
        assert_eq!(comment.contains("1 stack to create"), !denied, "{comment}");
        assert_eq!(run.status != 0, denied, "{}", run.stderr);
    }
}

/// S5: another account is another stack. The merge creates it, and the report names the one that stays.
#[test]
fn a_moved_config_creates_a_stack_and_names_the_former_one() {
    let scene = scene("");
    let moved = config("b002", "").replace("123456789012", "210987654321");
    scene
        .repo
        .commit("change")
        .write(&path("b002"), moved)
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let change = &run.report["plan"]["changes"][0];
    assert_eq!(change["intent"], "create");
    assert_eq!(change["target"]["account"], "210987654321");
    let resources = change["resources"].as_array().unwrap();
    assert!(!resources.is_empty());
    assert!(resources.iter().all(|resource| resource["action"] == "Add"));
    assert_eq!(on_merge(&run, "b002")["effect"], "denied");
    let warning = &change["diagnostics"][0];
    assert_eq!(warning["code"], "stack-left-behind");
    assert_eq!(warning["severity"], "warning");
    let message = warning["message"].as_str().unwrap();
    for account in ["123456789012", "210987654321"] {
        let stack = "`edge-prod-b002-us-west-1-s3-stack`";
        let named = format!("{stack} in account {account}, region us-west-1, environment prod");
        assert!(message.contains(&named), "{message}");
    }
    assert!(scene.comment().contains("stack-left-behind"));
}

/// Without a change set, the guard denies the update as another plan. So the merge creates no folders either.
#[test]
fn without_a_change_set_the_forecast_promises_neither_update_nor_folders() {
    let scene = scene(&format!(
        "environments: {{prod: {{updates: reviewed, {ROLES}}}}}\n"
    ));
    scene
        .repo
        .commit("change")
        .write(&path("b001"), config("b001", "  solutions: [churn]\n"))
        .write(&path("b002"), config("b002", "  tags: {Team: y}\n"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    for tenant in ["b001", "b002"] {
        let on_merge = on_merge(&run, tenant);
        assert_eq!(on_merge["effect"], "not-applied", "{tenant}");
        assert_eq!(on_merge["denials"][0]["code"], "plan-changed", "{tenant}");
    }
}

/// The policy's line is what has to change, and not the config's.
#[test]
fn an_alarm_of_another_account_is_reported_at_the_line_of_the_policy() {
    let alarm = "arn:aws:cloudwatch:{region}:999999999999:alarm:errors";
    let scene = scene(&format!(
        "environments:\n  prod:\n    {ROLES}\n    rollback:\n      alarms: ['{alarm}']\n"
    ));
    let commit = scene.repo.commit("change");
    commit
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 10, "{}", run.stderr);
    let line = format!("{POLICY}:6:16: error[alarm-mismatch]");
    assert!(run.stderr.contains(&line), "{}", run.stderr);
}

/// No config changes, and the alarm concerns those that exist.
#[test]
fn an_alarm_of_another_account_is_reported_without_a_changed_config() {
    let scene = scene(&format!("environments: {{prod: {{{ROLES}}}}}\n"));
    let alarm = "arn:aws:cloudwatch:{region}:999999999999:alarm:errors";
    let text = format!(
        "version: 1\nenvironments:\n  prod:\n    {ROLES}\n    rollback:\n      alarms: ['{alarm}']\n"
    );
    scene.repo.commit("change").write(POLICY, text).push();
    let run = check(&scene);
    assert_eq!(run.status, 10, "{}", run.stderr);
    let line = format!("{POLICY}:6:16: error[alarm-mismatch]");
    assert!(run.stderr.contains(&line), "{}", run.stderr);
}

/// The check says what holds now; the time of the merge decides.
#[test]
fn a_freeze_that_holds_now_is_named() {
    let scene = scene(&format!(
        "environments: {{prod: {{{ROLES}}}}}\ndefaults:\n  freeze: [{{from: 2001-01-01, to: 2090-01-01, reason: the *year*}}]\n"
    ));
    let commit = scene.repo.commit("change");
    commit
        .write(&path("b001"), config("b001", "  tags: {Team: y}\n"))
        .push();
    let run = check(&scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    let comment = scene.comment();
    let named = "`prod` is frozen until `2090-01-02 00:00 UTC`: `the *year*`. A scheduled run applies this change from `2090-01-02 00:00 UTC` on";
    assert!(comment.contains(named), "{comment}");
}
