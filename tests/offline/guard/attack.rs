//! Attacks on the approvals, the branch and the head of a change. Each edits a scene that the guard allows.

use provisioner::guard::*;

use super::scene::*;
use super::{codes, stack};

/// All kinds but the read-only ones.
pub const CHANGING_KINDS: [EffectKind; 8] = [
    EffectKind::Create,
    EffectKind::Resume,
    EffectKind::Test,
    EffectKind::Update,
    EffectKind::Folders,
    EffectKind::Upload,
    EffectKind::Delete,
    EffectKind::TearDown,
];

/// Permanent effects that delete nothing.
pub const PERMANENT_KINDS: [EffectKind; 5] = [
    EffectKind::Create,
    EffectKind::Resume,
    EffectKind::Update,
    EffectKind::Folders,
    EffectKind::Upload,
];

/// All kinds that a pull request can request: a repair follows from no change of a config.
pub fn by_change() -> Vec<EffectKind> {
    let kinds = EffectKind::ALL.iter().copied();
    kinds.filter(|kind| !kind.repairs()).collect()
}

/// Effects that delete a stack.
pub const DELETING_KINDS: [EffectKind; 2] = [EffectKind::Delete, EffectKind::TearDown];

/// Each kind of effect is allowed, and after the edit denied for these reasons.
#[track_caller]
pub fn assert_denied(kinds: &[EffectKind], change: impl Fn(&mut Scene), wanted: &[&str]) {
    for kind in kinds {
        let mut scene = Scene::commanded(*kind);
        assert_eq!(scene.codes(*kind), [""; 0], "{kind:?}");
        change(&mut scene);
        assert_eq!(scene.codes(*kind), wanted, "{kind:?}");
    }
}

/// Threat 4: a harmless commit is approved, and another one is pushed before the merge.
#[test]
fn attack_approval_of_an_older_head() {
    let pushed = |scene: &mut Scene| {
        scene.reviews([of_another_commit(rex().approves())]);
    };
    assert_denied(
        &CHANGING_KINDS,
        pushed,
        &["approval-missing", "approval-stale"],
    );
}

/// Threat 4: the head is reset; the reviewer's latest review is of another commit.
#[test]
fn attack_approval_of_a_head_that_was_reset() {
    let restored = |scene: &mut Scene| {
        scene.reviews([rex().approves(), of_another_commit(rex().approves())]);
    };
    assert_denied(
        &CHANGING_KINDS,
        restored,
        &["approval-missing", "approval-stale"],
    );
}

/// Threat 5: an old approval is counted, although the same reviewer requested changes later.
#[test]
fn attack_historical_approval_then_changes_requested() {
    let objects = |scene: &mut Scene| {
        scene.reviews([
            rex().approves(),
            rex().reviews(ReviewState::ChangesRequested),
        ]);
    };
    let wanted = ["approval-missing", "changes-requested"];
    assert_denied(&CHANGING_KINDS, objects, &wanted);
}

/// Threat 5: other approvals outvote a reviewer who requested changes.
#[test]
fn attack_objection_is_outvoted() {
    let outvoted = |scene: &mut Scene| {
        let objects = pam().reviews(ReviewState::ChangesRequested);
        scene.reviews([
            rex().approves(),
            eve().approves(),
            objects,
            cleo().approves(),
        ]);
    };
    assert_denied(&CHANGING_KINDS, outvoted, &["changes-requested"]);
}

/// Threat 5: the forge lists reviews in another order than that of their times.
#[test]
fn attack_a_later_review_is_listed_before_an_approval() {
    for state in [ReviewState::ChangesRequested, ReviewState::Dismissed] {
        let code = match state {
            ReviewState::ChangesRequested => "changes-requested",
            _ => "approval-missing",
        };
        let later = |scene: &mut Scene| {
            let mut later = rex().reviews(state);
            later.at = Some(at(REVIEWED + 1));
            scene.reviews([later, rex().approves()]);
        };
        let denied: Vec<&str> = match state {
            ReviewState::ChangesRequested => vec!["approval-missing", code],
            _ => vec![code],
        };
        assert_denied(&CHANGING_KINDS, later, &denied);
    }
}

/// Threat 5: a dismissed approval restores an older one.
#[test]
fn attack_dismissal_resurrects_an_older_approval() {
    let dismissed = |scene: &mut Scene| {
        scene.reviews([
            rex().approves(),
            rex().approves(),
            rex().reviews(ReviewState::Dismissed),
        ]);
    };
    assert_denied(&CHANGING_KINDS, dismissed, &["approval-missing"]);
}

/// Threat 6: the author approves.
#[test]
fn attack_approval_by_the_author() {
    let own = |scene: &mut Scene| scene.reviews([ann().approves()]);
    assert_denied(
        &CHANGING_KINDS,
        own,
        &["approval-missing", "approval-by-author"],
    );
}

/// Threat 6: the author approves under a new login: ids are compared.
#[test]
fn attack_approval_by_the_author_under_another_name() {
    let own = |scene: &mut Scene| scene.reviews([ann().named("rex").approves()]);
    assert_denied(
        &CHANGING_KINDS,
        own,
        &["approval-missing", "approval-by-author"],
    );
}

/// Threat 6: a reviewer pushes to the branch, then approves the own commit.
#[test]
fn attack_approval_by_the_last_pusher() {
    let own = |it: &mut Scene| {
        it.request().pushers = Some(vec![contributor(&pam()), contributor(&rex())]);
    };
    assert_denied(
        &CHANGING_KINDS,
        own,
        &["approval-missing", "approval-by-pusher"],
    );
}

/// Threat 6: the pusher is unknown, so the approver may be the pusher.
#[test]
fn attack_approval_where_the_pusher_is_hidden() {
    for hidden in [None, Some(Vec::new())] {
        let hide = |scene: &mut Scene| scene.request().pushers.clone_from(&hidden);
        let makes: Vec<EffectKind> = CHANGING_KINDS
            .into_iter()
            .filter(|known| !DELETING_KINDS.contains(known))
            .collect();
        assert_denied(&makes, hide, &["approval-missing", "pushers-unknown"]);
        let wanted = [
            "approval-missing",
            "pushers-unknown",
            "delete-needs-second-person",
        ];
        assert_denied(&DELETING_KINDS, hide, &wanted);
    }
}

/// Threat 6: a bot with every permission approves, as a workflow may make it.
#[test]
fn attack_approval_by_a_bot() {
    let wanted = ["approval-missing", "approver-not-allowed"];
    for policy in [&ONE_APPROVAL, &LISTED_APPROVERS] {
        let automatic = |scene: &mut Scene| {
            scene.policy = policy;
            scene.reviews([robot().approves()]);
        };
        assert_denied(&CHANGING_KINDS, automatic, &wanted);
    }
}

/// Threat 6: in a public repository every user can approve.
#[test]
fn attack_approval_by_an_outsider() {
    use Permission::{Read, Triage};
    for permission in [Read, Triage, Permission::None] {
        let outsider = |scene: &mut Scene| scene.reviews([cleo().may(permission).approves()]);
        assert_denied(
            &CHANGING_KINDS,
            outsider,
            &["approval-missing", "approver-not-allowed"],
        );
    }
}

/// Threat 6: one person approves as often as approvals are required.
#[test]
fn attack_two_approvals_by_one_person() {
    let twice = |scene: &mut Scene| {
        scene.policy = &TWO_APPROVALS;
        scene.reviews([rex().approves(), rex().named("rex-2").approves()]);
    };
    assert_denied(&CHANGING_KINDS, twice, &["approval-missing"]);
}

/// Threat 31: another account took the login of an approver.
#[test]
fn attack_approval_by_a_reused_login() {
    for policy in [&ONE_APPROVAL, &LISTED_APPROVERS] {
        let renamed = |scene: &mut Scene| {
            scene.policy = policy;
            scene.reviews([rex().in_teams(&["acme/ml"]).may(None).approves()]);
        };
        let wanted = ["approval-missing", "approver-not-allowed"];
        assert_denied(&CHANGING_KINDS, renamed, &wanted);
    }
}

/// Threat 31: a login, or a team, that begins or ends with that of an approver.
#[test]
fn attack_approver_by_a_part_of_the_name() {
    let teams = [
        "acme/ml-platform",
        "acme/m",
        "xacme/ml",
        "acme/ml/x",
        "ml",
        "@acme/ml",
        "acme",
    ];
    let names = ["rex2", "re", "@rex", "xrex", "rex/", "acme/ml"];
    let people = teams.map(|team| eve().in_teams(&[team])).into_iter();
    for person in people.chain(names.map(|name| eve().in_teams(&[]).named(name))) {
        let similar = |scene: &mut Scene| {
            scene.policy = &LISTED_APPROVERS;
            scene.reviews([person.clone().approves()]);
        };
        let wanted = ["approval-missing", "approver-not-allowed"];
        assert_denied(&CHANGING_KINDS, similar, &wanted);
    }
}

/// Threat 31: only ASCII letters ignore case; the Kelvin sign is not a `k`.
#[test]
fn attack_approver_by_case_folding() {
    static KIM: std::sync::LazyLock<super::Loaded> = std::sync::LazyLock::new(|| {
        super::policy("environments: {prod: {approvers: ['@kim'], updates: reviewed}}")
    });
    for (name, wanted) in [
        ("KIM", &[][..]),
        ("\u{212a}im", &["approval-missing", "approver-not-allowed"]),
    ] {
        let mut scene = Scene::merged(EffectKind::Create);
        scene.policy = &KIM;
        scene.reviews([eve().named(name).approves()]);
        assert_eq!(scene.codes(EffectKind::Create), wanted, "{name}");
    }
}

/// A change whose template refers to something outside of it.
#[test]
fn attack_template_that_reaches_out() {
    use provisioner::template::{ExternalKind, ExternalReference};
    const SENDING: [EffectKind; 3] = [EffectKind::Create, EffectKind::Update, EffectKind::Test];
    let references = |kind| {
        let place = "Resources/Child/Type".to_owned();
        Some(vec![ExternalReference { kind, place }])
    };
    for kind in [
        ExternalKind::Transform,
        ExternalKind::NestedTemplate,
        ExternalKind::Module,
        ExternalKind::LoadedFile,
        ExternalKind::ComputedName,
    ] {
        let refer = |scene: &mut Scene| scene.facts.external_references = references(kind);
        assert_denied(&SENDING, refer, &["external-reference"]);
    }
    assert_denied(
        &SENDING,
        |scene| scene.facts.external_references = None,
        &["external-reference"],
    );
    for kind in [
        ExternalKind::DynamicReference,
        ExternalKind::SsmParameter,
        ExternalKind::StackOutput,
    ] {
        let refer = |scene: &mut Scene| scene.facts.external_references = references(kind);
        // A test is of an unmerged head.
        assert_denied(&[EffectKind::Test], refer, &["external-reference"]);
        assert_denied(&[EffectKind::Create, EffectKind::Update], refer, &[]);
        // The check has no authority.
        let mut facts = stack::allowed_facts(EffectKind::Preview);
        facts.authority = Authority::Unknown;
        assert_eq!(codes(EffectKind::Preview, &ONE_APPROVAL, &facts), [""; 0]);
        facts.external_references = references(kind);
        let told = codes(EffectKind::Preview, &ONE_APPROVAL, &facts);
        assert_eq!(told, ["external-reference"]);
        assert_eq!(codes(EffectKind::Inspect, &ONE_APPROVAL, &facts), [""; 0]);
    }
}

/// A person at a command line uses their own credentials.
#[test]
fn command_line_sends_templates_that_reach_out() {
    for kind in [
        EffectKind::Preview,
        EffectKind::Create,
        EffectKind::Update,
        EffectKind::Test,
    ] {
        let mut facts = stack::allowed_facts(kind);
        assert!(matches!(facts.authority, Authority::CommandLine { .. }));
        facts.external_references = None;
        assert_eq!(codes(kind, &ONE_APPROVAL, &facts), [""; 0], "{kind:?}");
    }
}

/// Threat 35: the default branch is unprotected, so a push can change it.
#[test]
fn attack_default_branch_without_protection() {
    for protected in [Some(false), None] {
        let open = |scene: &mut Scene| {
            scene.request().target.as_mut().unwrap().protected = protected;
        };
        assert_denied(&CHANGING_KINDS, open, &["branch-not-protected"]);
    }
}

/// Threat 46: a workflow on another branch gets the identity that changes stacks.
#[test]
fn attack_identity_of_another_branch() {
    for limited in [Some(false), None] {
        let open = |scene: &mut Scene| scene.request().identity_limited = limited;
        assert_denied(&CHANGING_KINDS, open, &["environment-not-protected"]);
    }
}

/// Threat 35: a push without a pull request. Its reviewers are unknown.
#[test]
fn attack_push_without_a_pull_request() {
    for kind in CHANGING_KINDS {
        let mut facts = stack::allowed_facts(kind);
        facts.authority = Authority::Unknown;
        assert!(
            codes(kind, &ONE_APPROVAL, &facts).contains(&"actor-not-allowed"),
            "{kind:?}"
        );
        facts.authority = Authority::Request(Box::default());
        let told = codes(kind, &ONE_APPROVAL, &facts);
        for code in [
            "actor-not-allowed",
            "approval-missing",
            "not-default-branch",
            "fork-not-allowed",
        ] {
            assert!(told.contains(&code), "{kind:?}: {told:?}");
        }
    }
}

/// Threat 3: the attacker merges into, or tests on, a branch with another policy.
#[test]
fn attack_merge_into_another_branch() {
    let elsewhere = |scene: &mut Scene| {
        scene.request().target = Some(Branch {
            name: "main2".to_owned(),
            default: false,
            protected: Some(true),
        });
    };
    assert_denied(&CHANGING_KINDS, elsewhere, &["not-default-branch"]);
}

/// Threat 1: a fork's branch needs credentials, even for reading.
#[test]
fn attack_from_a_fork() {
    for fork in [Some(true), None] {
        let strange = |scene: &mut Scene| scene.request().fork = fork;
        assert_denied(&by_change(), strange, &["fork-not-allowed"]);
        for kind in [EffectKind::Inspect, EffectKind::Preview, EffectKind::Create] {
            let mut scene = Scene::merged(kind);
            strange(&mut scene);
            assert_eq!(scene.codes(kind), ["fork-not-allowed"], "{kind:?}");
        }
    }
}

/// Threat 2: a fork of the same owner, whose author and reviewers are all members.
#[test]
fn attack_from_a_fork_of_the_same_owner() {
    let internal = |it: &mut Scene| {
        it.request().fork = Some(true);
        it.request().author = Some(contributor(&eve()));
        it.reviews([rex().may(Permission::Admin).approves()]);
    };
    assert_denied(&by_change(), internal, &["fork-not-allowed"]);
}

/// Threat 8: another commit is pushed between the report and the comment.
#[test]
fn attack_push_before_the_comment() {
    for reported in [Some(another()), None] {
        let moved = |scene: &mut Scene| {
            scene.comment(|command| command.reported.clone_from(&reported));
        };
        assert_denied(
            &[EffectKind::Inspect, EffectKind::Preview, EffectKind::Test],
            moved,
            &["stale-head"],
        );
    }
}

/// Threat 15: the merged plan differs from the reviewed plan, or no plan was reviewed.
#[test]
fn attack_another_plan_than_was_reviewed() {
    let other = |scene: &mut Scene| scene.request().shown.as_mut().unwrap().same = false;
    assert_denied(&PERMANENT_KINDS, other, &["plan-changed"]);
    let missing = |scene: &mut Scene| scene.request().shown = None;
    let without_update: Vec<EffectKind> = PERMANENT_KINDS
        .into_iter()
        .filter(|known| *known != EffectKind::Update)
        .collect();
    assert_denied(&without_update, missing, &["plan-changed"]);
    assert_denied(
        &[EffectKind::Update],
        missing,
        &["plan-changed", "plan-changed"],
    );
}

/// Threat 15: the change set to execute differs from the reviewed one.
#[test]
fn attack_another_change_set_than_was_reviewed() {
    for reviewed in [Some("b".to_owned()), None] {
        let other = |scene: &mut Scene| {
            scene
                .request()
                .shown
                .as_mut()
                .unwrap()
                .change_set
                .clone_from(&reviewed);
        };
        assert_denied(&[EffectKind::Update], other, &["plan-changed"]);
    }
}

/// Threat 14: one stack is approved, and another one is changed.
#[test]
fn attack_a_stack_that_was_not_part_of_the_change() {
    let other = |scene: &mut Scene| scene.request().asks = None;
    assert_denied(&PERMANENT_KINDS, other, &["not-requested"]);
    assert_denied(&DELETING_KINDS, other, &["delete-not-requested"]);
}

/// Threat 25: the run of an older change is repeated after a newer change.
#[test]
fn attack_rerun_of_an_older_change() {
    let older = |scene: &mut Scene| scene.request().current = Some(false);
    assert_denied(&PERMANENT_KINDS, older, &["superseded"]);
    assert_denied(&DELETING_KINDS, older, &["superseded"]);
}

/// Threat 33: the policy does not load. Its requirements are not guessed.
#[test]
fn attack_policy_that_does_not_load() {
    static BROKEN: std::sync::LazyLock<super::Loaded> =
        std::sync::LazyLock::new(|| super::policy("defaults: {approvals: 0}"));
    let broken = |scene: &mut Scene| scene.policy = &BROKEN;
    assert_denied(&by_change(), broken, &["policy-invalid"]);
}
