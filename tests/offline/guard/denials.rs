//! Decisions by a denial's code, denials before credentials, and facts of the policy and the config.

use provisioner::diagnostic::{CATALOGUE, Code};
use provisioner::guard::*;

use super::scene::Scene;
use super::{STACK, denials, policy};

fn denial(code: &Code, text: &str) -> Denial {
    Denial {
        code: code.clone(),
        fact: text.to_owned(),
        remedy: text.to_owned(),
    }
}

/// The codes of the catalogue for which a question about a denial is true.
fn codes_that(question: fn(&Denial) -> bool, text: &str) -> Vec<Code> {
    let codes = CATALOGUE.iter().map(|entry| &entry.code);
    codes
        .filter(|code| question(&denial(code, text)))
        .cloned()
        .collect()
}

#[test]
fn denials_are_classed_by_code_and_never_by_text() {
    for text in ["", "changed words", "delete-not-confirmed"] {
        assert_eq!(
            codes_that(Denial::awaits_confirmation, text),
            [Code::DeleteNotConfirmed, Code::ForceRequired]
        );
        assert_eq!(
            codes_that(Denial::denies_update, text),
            [
                Code::ImpactTooHigh,
                Code::ImpactUnknown,
                Code::PlanChanged,
                Code::StackExists,
                Code::UpdateNotAllowed
            ]
        );
        assert_eq!(
            codes_that(Denial::is_of_impact, text),
            [Code::ImpactTooHigh, Code::ImpactUnknown]
        );
        assert_eq!(
            codes_that(Denial::is_of_changed_plan, text),
            [Code::PlanChanged]
        );
    }
}

#[test]
fn owner_tags_name_the_product_the_environment_and_the_stack() {
    let tags: Vec<_> = owner_tags("ml", &STACK).into_iter().collect();
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(
        tags,
        [
            tag("provisioner:environment", "prod"),
            tag("provisioner:product", "ml"),
            tag("provisioner:stack", "acme")
        ]
    );
}

#[test]
fn teams_are_the_approvers_with_an_organisation() {
    let policy = policy(
        "environments: {dev: {approvers: ['@acme/ml', '@rex']}, prod: {approvers: ['@acme/cloud', '@acme/ml']}}",
    );
    assert_eq!(policy.unwrap().teams(), ["acme/cloud", "acme/ml"]);
}

#[test]
fn roles_are_those_of_the_targets_environment() {
    let policy = policy(
        "environments: {prod: {roles: {plan: 'arn:aws:iam::{account_id}:role/p', apply: 'arn:aws:iam::{account_id}:role/a'}}, dev: {}}",
    )
    .unwrap();
    let target = &STACK.target;
    assert_eq!(
        policy.plan_role(target).as_deref(),
        Some("arn:aws:iam::123456789012:role/p")
    );
    assert_eq!(
        policy.apply_role(target).as_deref(),
        Some("arn:aws:iam::123456789012:role/a")
    );
    for environment in ["dev", "stage"] {
        let mut other = target.clone();
        environment.clone_into(&mut other.environment);
        assert_eq!(policy.plan_role(&other), None, "{environment}");
        assert_eq!(policy.apply_role(&other), None, "{environment}");
    }
}

#[test]
fn concurrency_is_the_policys() {
    assert_eq!(policy("").unwrap().concurrency(), 8);
    assert_eq!(
        policy("defaults: {concurrency: 3}").unwrap().concurrency(),
        3
    );
}

/// Facts of a job that has not queried AWS.
fn without_aws(scene: &Scene) -> Facts {
    Facts {
        authority: scene.facts.authority.clone(),
        ..Facts::default()
    }
}

#[test]
fn an_allowed_request_has_no_denial_before_credentials() {
    for kind in [EffectKind::Create, EffectKind::Folders, EffectKind::Upload] {
        let scene = Scene::merged(kind);
        let early = denials_before_credentials(kind, scene.policy, &without_aws(&scene), &STACK);
        assert_eq!(early, [], "{kind:?}");
    }
}

/// Threat 75: a config of `dev` in an account of `prod` needs the approvals of `dev` only.
#[test]
fn attack_an_account_of_another_environment_is_denied_before_credentials() {
    let lists = "accounts: ['123456789012', '210987654321']\n";
    for (environments, is_denied) in [
        (
            "{prod: {accounts: ['210987654321']}, dev: {accounts: ['123456789012']}}",
            true,
        ),
        (
            "{prod: {accounts: ['123456789012']}, dev: {accounts: ['210987654321']}}",
            false,
        ),
        ("{prod: {}, dev: {accounts: ['123456789012']}}", false),
    ] {
        let text = format!("{lists}environments: {environments}");
        let policy = policy(&text);
        for kind in [
            EffectKind::Preview,
            EffectKind::Create,
            EffectKind::Update,
            EffectKind::TearDown,
            EffectKind::Test,
        ] {
            let scene = Scene::merged(kind);
            let early = denials_before_credentials(kind, &policy, &without_aws(&scene), &STACK);
            let found = early
                .iter()
                .find(|denial| denial.code == Code::AccountMismatch);
            assert_eq!(found.is_some(), is_denied, "{kind:?} {text}");
            if let Some(denial) = found {
                assert_eq!(
                    denial.fact,
                    "the policy does not list account 123456789012 for environment `prod`"
                );
                assert!(
                    denial.remedy.contains("`environments.prod.accounts`"),
                    "{denial:?}"
                );
            }
        }
    }
}

#[test]
fn attack_an_unmerged_request_is_denied_before_credentials() {
    for kind in [EffectKind::Create, EffectKind::Update, EffectKind::TearDown] {
        let mut scene = Scene::merged(kind);
        scene.request().merged = Some(false);
        let facts = without_aws(&scene);
        let early = denials_before_credentials(kind, scene.policy, &facts, &STACK);
        assert!(
            early.iter().any(|denial| denial.code == Code::NotMerged),
            "{kind:?}: {early:?}"
        );
        let all = denials(kind, scene.policy, &facts);
        assert!(early.iter().all(|denial| all.contains(denial)), "{kind:?}");
    }
}
