//! Attacks by comments: commands without permission, and deletions without a second person.

use provisioner::guard::*;

use super::attack::{DELETING_KINDS, assert_denied};
use super::scene::*;

fn confirm(scene: &mut Scene, text: &str) {
    scene.comment(|command| command.confirm = Some(text.to_owned()));
}

fn by(scene: &mut Scene, person: Actor) {
    scene.comment(|command| command.by = person);
}

/// Kinds for which the commenter need not be an approver.
const OTHER_KINDS: [EffectKind; 8] = [
    EffectKind::Inspect,
    EffectKind::Preview,
    EffectKind::Create,
    EffectKind::Resume,
    EffectKind::Test,
    EffectKind::Update,
    EffectKind::Folders,
    EffectKind::Upload,
];

/// Threat 6: a reader or an unknown user commands an approved change.
#[test]
fn attack_command_without_permission() {
    for permission in [Permission::None, Permission::Read, Permission::Triage] {
        let reads = |scene: &mut Scene| by(scene, cleo().in_teams(&[]).may(permission));
        assert_denied(&OTHER_KINDS, reads, &["actor-not-allowed"]);
        assert_denied(
            &DELETING_KINDS,
            reads,
            &["actor-not-allowed", "approver-not-allowed"],
        );
    }
}

/// Threat 31: the login of a permitted user was reused.
#[test]
fn attack_command_by_a_reused_login() {
    let renamed = |scene: &mut Scene| by(scene, cleo().may(None));
    assert_denied(&OTHER_KINDS, renamed, &["actor-not-allowed"]);
    assert_denied(
        &DELETING_KINDS,
        renamed,
        &["actor-not-allowed", "approver-not-allowed"],
    );
}

/// Threat 6: a bot repeats text that it was made to write.
#[test]
fn attack_command_by_a_bot() {
    let automatic = |scene: &mut Scene| by(scene, robot());
    assert_denied(&OTHER_KINDS, automatic, &["actor-not-allowed"]);
    assert_denied(
        &DELETING_KINDS,
        automatic,
        &["actor-not-allowed", "approver-not-allowed"],
    );
}

/// Threat 36: the comment cannot be read, which does not mean that the merge requests the effect.
#[test]
fn attack_unknown_command() {
    let unknown = |scene: &mut Scene| scene.request().trigger = None;
    assert_denied(&OTHER_KINDS, unknown, &["actor-not-allowed"]);
}

/// Threat 6: approval and write permission do not replace the merge.
#[test]
fn attack_command_before_the_merge() {
    let open = |scene: &mut Scene| scene.request().merged = Some(false);
    assert_denied(
        &[EffectKind::Create, EffectKind::Update],
        open,
        &["not-merged"],
    );
    assert_denied(&DELETING_KINDS, open, &["not-merged"]);
}

/// Threat 34: the author of a deletion confirms it.
#[test]
fn attack_deletion_confirmed_by_the_author() {
    let own = |scene: &mut Scene| by(scene, ann());
    assert_denied(&DELETING_KINDS, own, &["delete-needs-second-person"]);
}

/// Threat 34: the pusher of the removal confirms it.
#[test]
fn attack_deletion_confirmed_by_the_pusher() {
    let own = |scene: &mut Scene| by(scene, pam());
    assert_denied(&DELETING_KINDS, own, &["delete-needs-second-person"]);
}

/// Threat 34: the author is unknown, so the confirming person may be the author.
#[test]
fn attack_deletion_with_unknown_author() {
    let hidden = |scene: &mut Scene| scene.request().author = None;
    let wanted = [
        "approval-missing",
        "approval-by-author",
        "delete-needs-second-person",
    ];
    assert_denied(&DELETING_KINDS, hidden, &wanted);
}

/// Threat 34: the confirming person's approval would not count.
#[test]
fn attack_deletion_confirmed_by_unlisted_approver() {
    let other = |scene: &mut Scene| {
        scene.policy = &LISTED_APPROVERS;
        by(scene, cleo().in_teams(&["acme/ml-platform"]));
    };
    assert_denied(&DELETING_KINDS, other, &["approver-not-allowed"]);
}

/// Threat 34: the stack changed since the confirmed preview.
#[test]
fn attack_deletion_confirmed_with_an_older_digest() {
    let changed = |scene: &mut Scene| scene.facts.deletion = Some("f".repeat(64));
    assert_denied(&DELETING_KINDS, changed, &["delete-not-confirmed"]);
    let unknown = |scene: &mut Scene| scene.facts.deletion = None;
    assert_denied(&DELETING_KINDS, unknown, &["delete-not-confirmed"]);
}

/// Threat 34: few digits, which another state could be made to match.
#[test]
fn attack_deletion_confirmed_with_few_digits() {
    for digits in [0, 1, 11, 15] {
        let short = |scene: &mut Scene| confirm(scene, &DIGEST[..digits]);
        assert_denied(&DELETING_KINDS, short, &["delete-not-confirmed"]);
    }
}

/// Threat 34: texts that a wrong comparison accepts as the digest.
#[test]
fn attack_deletion_confirmed_without_a_digest() {
    let upper = DIGEST.to_ascii_uppercase();
    let longer = format!("{DIGEST}0");
    let blank = format!(" {DIGEST}");
    let inside = &DIGEST[1..40];
    for text in [&upper, &longer, &blank, inside, "*", "................"] {
        let other = |scene: &mut Scene| confirm(scene, text);
        assert_denied(&DELETING_KINDS, other, &["delete-not-confirmed"]);
    }
}

/// Threat 34: a truncated or empty digest is confirmed by as little.
#[test]
fn attack_deletion_with_a_truncated_digest() {
    for cut in [0, 8, 15] {
        let short = |scene: &mut Scene| {
            scene.facts.deletion = Some(DIGEST[..cut].to_owned());
            confirm(scene, &DIGEST[..cut]);
        };
        assert_denied(&DELETING_KINDS, short, &["delete-not-confirmed"]);
    }
}

/// Threat 34: the merge alone would delete, without a person who reads the preview.
#[test]
fn attack_deletion_by_a_merge_alone() {
    let merged = |scene: &mut Scene| scene.request().trigger = Some(Trigger::Change);
    assert_denied(
        &DELETING_KINDS,
        merged,
        &["delete-not-confirmed", "force-required"],
    );
}

/// Threat 34: a stack is deleted although its config exists, or exists again.
#[test]
fn attack_deletion_of_a_config_that_exists() {
    let exists = |scene: &mut Scene| scene.request().asks = Some(RequestedChange::Provision);
    assert_denied(&DELETING_KINDS, exists, &["delete-not-requested"]);
    let again = |scene: &mut Scene| scene.request().current = Some(false);
    assert_denied(&DELETING_KINDS, again, &["superseded"]);
}

/// Threat 34: approved and confirmed, but without `--force`.
#[test]
fn attack_deletion_without_force() {
    let slip = |scene: &mut Scene| scene.comment(|command| command.force = false);
    assert_denied(&DELETING_KINDS, slip, &["force-required"]);
}
