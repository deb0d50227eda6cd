//! Notes and issues: GitLab's words, and commands that GitLab would execute.

use provisioner::forge::{Comments as _, ForgeErrorKind, Issues as _};

use super::{Scene, new_scene};

const MARKER: &str = "<!-- provisioner:check -->";

fn upsert(scene: &Scene, body: &str) {
    let own = scene.own();
    let written = scene.call(async |gitlab| gitlab.upsert_comment(7, own, MARKER, body).await);
    written.unwrap();
    scene.fake.take_writes();
}

#[test]
fn a_note_speaks_of_merge_requests() {
    let scene = new_scene();
    upsert(&scene, &format!("{MARKER}\n## One pull request\n"));
    let shown = &scene.repo.comments(7)[0].body;
    assert_eq!(*shown, format!("{MARKER}\n## One merge request\n"));
}

/// The last line of defence: a body that GitLab would execute is not sent at all.
#[test]
fn attack_a_quick_action_is_never_sent() {
    let scene = new_scene();
    let own = scene.own();
    for line in [
        "/merge",
        "/approve",
        "/close x",
        "```\n/merge\n```",
        "````\n/merge\n````",
        "x\r\n/merge",
    ] {
        let body = format!("{MARKER}\n{line}\n");
        let sent = scene.call(async |gitlab| gitlab.upsert_comment(7, own, MARKER, &body).await);
        assert_eq!(sent.unwrap_err().kind, ForgeErrorKind::Invalid, "{line}");
        let opened = scene.call(async |gitlab| gitlab.open_issue("x", &body).await);
        assert_eq!(opened.unwrap_err().kind, ForgeErrorKind::Invalid, "{line}");
    }
    assert_eq!(scene.fake.take_executed(), []);
    upsert(
        &scene,
        &format!("{MARKER}\n```text\n /merge\n/provisioner help\n```\n"),
    );
    assert_eq!(scene.fake.take_executed(), []);
}
