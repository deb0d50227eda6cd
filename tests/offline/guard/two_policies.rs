//! Every effect for a pull request passes the policy before the change and the policy of now.

use std::sync::LazyLock;

use proptest::prelude::*;
use provisioner::diagnostic::Code;
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
            "defaults: {updates: reviewed}\nenvironments: {prod: {accounts: ['210987654321']}}",
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
            ("after the change", &*ONE_APPROVAL, &strict),
            ("before the change", &strict, &*ONE_APPROVAL),
        ] {
            // A broken policy before the change cannot forbid its repair.
            if before.is_err() {
                continue;
            }
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
        (&before, &policy("nonsense: true")),
    ] {
        assert_eq!(roles(before, now), ["", ""]);
    }
    assert_eq!(roles(&policy("nonsense: true"), &now), [new, new]);
}

/// A policy that does not load cannot forbid its own repair: the policy of now decides alone, with two approvals and no deletions.
#[test]
fn a_repaired_policy_decides_at_its_strictest() {
    let broken = policy("nonsense: true");
    let scene = Scene::merged(EffectKind::Update);
    let by = |now: &Loaded, scene: &Scene| -> Vec<(String, String)> {
        let denials = denied(EffectKind::Update, &broken, now, scene);
        let told = denials.into_iter();
        told.map(|denial| (denial.code.as_str().to_owned(), denial.fact))
            .collect()
    };
    let one_approval = by(&ONE_APPROVAL, &scene);
    assert_eq!(one_approval.len(), 1, "{one_approval:?}");
    assert_eq!(one_approval[0].0, "approval-missing");
    let why = ", by the policy after the change, since the one before does not load";
    assert!(one_approval[0].1.ends_with(why), "{one_approval:?}");

    let mut approved = Scene::merged(EffectKind::Update);
    approved.reviews([rex().approves(), cleo().approves()]);
    assert_eq!(by(&ONE_APPROVAL, &approved), []);
    assert_eq!(by(&broken, &approved)[0].0, "policy-invalid");

    for kind in [EffectKind::Delete, EffectKind::TearDown] {
        let mut confirmed = Scene::commanded(kind);
        confirmed.reviews([rex().approves(), pam().approves()]);
        let denials = denied(kind, &broken, &ONE_APPROVAL, &confirmed);
        let codes: Vec<&str> = denials.iter().map(|denial| denial.code.as_str()).collect();
        assert!(codes.contains(&"delete-not-allowed"), "{codes:?}");
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
        "environments: {prod: {accounts: ['210987654321']}}",
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
        // If the policy before the change does not load, the one of now decides alone.
        let orders = [(scene.policy, other), (other, scene.policy)].into_iter();
        for (before, now) in orders.filter(|(before, _)| before.is_ok()) {
            let both = denied(kind, before, now, &scene);
            for denial in &alone {
                let is_kept = both.iter().any(|kept| kept.code == denial.code && kept.fact.starts_with(&denial.fact));
                prop_assert!(is_kept, "{denial:?} is not among {both:?}");
            }
        }
    }

    /// The repair of a policy allows nothing that the repaired policy denies, and nothing without a second approval.
    #[test]
    fn a_repair_never_allows_more_than_its_policy((kind, scene) in any_scene()) {
        let broken = policy("nonsense: true");
        let by_now: Vec<Code> = denials(kind, scene.policy, &scene.facts, &STACK).into_iter().map(|denial| denial.code).collect();
        let repaired: Vec<Code> = denied(kind, &broken, scene.policy, &scene).into_iter().map(|denial| denial.code).collect();
        for code in &by_now {
            prop_assert!(repaired.contains(code), "{code:?} is not among {repaired:?}");
        }
        let deletes = matches!(kind, EffectKind::Delete | EffectKind::TearDown);
        prop_assert!(!deletes || !repaired.is_empty());
    }
}

/// Reviewers saw the change sets of a sample.
#[test]
fn attack_a_sample_counts_although_a_policy_requires_all() {
    let sample = policy("defaults: {updates: reviewed, sample: 2}");
    let all = policy("defaults: {updates: reviewed, sample: all}");
    let mut scene = Scene::merged(EffectKind::Update);
    if let Some(shown) = &mut scene.request().shown {
        shown.sampled = true;
    }
    assert_eq!(denied(EffectKind::Update, &sample, &sample, &scene), []);
    for (before, now) in [
        (&sample, &all),
        (&all, &sample),
        (&sample, &*ONE_APPROVAL),
        (&*ONE_APPROVAL, &sample),
    ] {
        let denials = denied(EffectKind::Update, before, now, &scene);
        let codes: Vec<&str> = denials.iter().map(|denial| denial.code.as_str()).collect();
        assert_eq!(codes, ["plan-changed"]);
    }
    for verdict in [None, Some(provisioner::plan::Verdict::MayDestroy)] {
        scene.facts.verdict = verdict;
        let denials = denied(EffectKind::Update, &sample, &sample, &scene);
        assert!(
            denials
                .iter()
                .any(|denial| denial.code == Code::PlanChanged),
            "{denials:?}"
        );
    }
}
