//! Every effect for a pull request passes the policy before the change and the policy of now.

use std::sync::LazyLock;

use proptest::prelude::*;
use provisioner::guard::*;

use super::properties::any_scene;
use super::scene::*;
use super::{Loaded, STACK, policy};

fn denied(kind: EffectKind, before: &Loaded, now: &Loaded, scene: &Scene) -> Vec<Denial> {
    let policies = Policies::new(before, Some(now));
    denials(kind, policies, &scene.facts, &STACK)
}

/// Threat 38: an old run starts again after the policy became stricter.
#[test]
fn attack_a_run_by_the_policy_of_then() {
    let strict = [
        (
            "defaults: {updates: reviewed, approvals: 2}",
            "approval-missing",
        ),
        ("defaults: {updates: never}", "update-not-allowed"),
        (
            "defaults: {updates: reviewed}\naccounts: ['210987654321']",
            "account-mismatch",
        ),
        (
            "defaults: {updates: reviewed}\nenvironments: {test: {}}",
            "environment-not-allowed",
        ),
        (
            "defaults: {updates: reviewed}\nenvironments: {prod: {approvers: ['@eve']}}",
            "approval-missing",
        ),
        ("nonsense: true", "policy-invalid"),
    ];
    for (text, code) in strict {
        let strict = policy(text);
        let scene = Scene::merged(EffectKind::Update);
        let allowed = denied(EffectKind::Update, &ONE_APPROVAL, &ONE_APPROVAL, &scene);
        assert_eq!(allowed, []);
        for (which, before, now) in [
            ("of now", &*ONE_APPROVAL, &strict),
            ("before the change", &strict, &*ONE_APPROVAL),
        ] {
            let denials = denied(EffectKind::Update, before, now, &scene);
            let denial = &denials[0];
            assert_eq!(denial.code.as_str(), code, "{text}");
            let suffix = format!(", by the policy {which}");
            assert!(denial.fact.ends_with(&suffix), "{denial:?}");
        }
    }
}

#[test]
fn a_denial_by_both_policies_is_reported_once() {
    let mut scene = Scene::merged(EffectKind::Create);
    scene.request().merged = None;
    let denials = denied(EffectKind::Create, &ONE_APPROVAL, &TWO_APPROVALS, &scene);
    let codes: Vec<&str> = denials.iter().map(|denial| denial.code.as_str()).collect();
    assert_eq!(codes, ["not-merged", "approval-missing"]);
}

#[test]
fn a_role_needs_both_policies() {
    let with = |arn: &str| {
        policy(&format!(
            "environments: {{prod: {{roles: {{apply: '{arn}', plan: '{arn}'}}}}}}"
        ))
    };
    let (old, new) = (
        "arn:aws:iam::123456789012:role/old",
        "arn:aws:iam::123456789012:role/new",
    );
    let (before, now) = (with(old), with(new));
    let roles = |before: &Loaded, now: &Loaded| {
        let policies = Policies::new(before, Some(now));
        let roles = [
            policies.apply_role(&STACK.target),
            policies.plan_role(&STACK.target),
        ];
        roles.map(|role| role.unwrap_or_default())
    };
    assert_eq!(roles(&before, &now), [old, new]);
    for (before, now) in [
        (&before, &*ONE_APPROVAL),
        (&*ONE_APPROVAL, &now),
        (&policy("nonsense: true"), &now),
        (&before, &policy("nonsense: true")),
    ] {
        assert_eq!(roles(before, now), ["", ""]);
    }
}

/// Second policies: milder, stricter and broken.
static SECOND: LazyLock<Vec<Loaded>> = LazyLock::new(|| {
    let texts = [
        "defaults: {updates: reviewed}",
        "defaults: {updates: reviewed, approvals: 2}",
        "defaults: {updates: reviewed}\nenvironments: {prod: {approvers: ['@acme/ml', '@rex']}}",
        "defaults: {updates: never, deletes: never}",
        "environments: {test: {}}",
        "accounts: ['210987654321']",
        "bots: {'6': '@rex#3'}",
        "nonsense: true",
    ];
    texts.into_iter().map(policy).collect()
});

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_second_policy_never_allows_more((kind, scene) in any_scene(), other in prop::sample::select(SECOND.iter().collect::<Vec<_>>())) {
        let alone = denials(kind, scene.policy, &scene.facts, &STACK);
        for both in [
            denied(kind, scene.policy, other, &scene),
            denied(kind, other, scene.policy, &scene),
        ] {
            for denial in &alone {
                let is_kept = both.iter().any(|kept| kept.code == denial.code && kept.fact.starts_with(&denial.fact));
                prop_assert!(is_kept, "{denial:?} is not among {both:?}");
            }
        }
    }
}
