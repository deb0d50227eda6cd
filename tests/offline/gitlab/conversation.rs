//! Notes, reactions, statuses, deployments and issues.

use provisioner::forge::{
    Comments as _, CommitStatus, Deployment, DeploymentState, Deployments as _, ForgeErrorKind,
    Issues as _, Reaction, Statuses as _, Upsert, Users as _,
};

use super::{Scene, new_scene, sha};

const MARKER: &str = "<!-- provisioner:check -->";

fn upsert(scene: &Scene, body: &str) -> Upsert {
    let own = scene.own();
    let written = scene.call(async |gitlab| gitlab.upsert_comment(7, own, MARKER, body).await);
    let written = written.unwrap();
    scene.fake.take_writes();
    written
}

fn bodies(scene: &Scene) -> Vec<String> {
    let notes = scene.repo.comments(7).into_iter();
    notes.map(|note| note.body).collect()
}

#[test]
fn one_note_is_created_replaced_and_left() {
    let scene = new_scene();
    let first = format!("{MARKER}\n## One pull request\n");
    assert!(
        matches!(upsert(&scene, &first), Upsert::Created(url) if url.contains("/-/merge_requests/7#note_"))
    );
    assert_eq!(
        bodies(&scene),
        [format!("{MARKER}\n## One merge request\n")]
    );
    assert!(matches!(upsert(&scene, &first), Upsert::Unchanged(_)));
    assert!(matches!(
        upsert(&scene, &format!("{MARKER}\ntwo")),
        Upsert::Updated(_)
    ));
    assert_eq!(bodies(&scene), [format!("{MARKER}\ntwo")]);
}

#[test]
fn attack_a_note_of_somebody_else_is_not_adopted() {
    let scene = new_scene();
    scene
        .repo
        .comment(7, &scene.mallory, &format!("{MARKER}\nfake"));
    for number in 0..120 {
        scene.repo.comment(7, &scene.bob, &format!("x {number}"));
    }
    assert!(matches!(
        upsert(&scene, &format!("{MARKER}\nmine")),
        Upsert::Created(_)
    ));
    // On the second page.
    assert!(matches!(
        upsert(&scene, &format!("{MARKER}\nagain")),
        Upsert::Updated(_)
    ));
    let shown = bodies(&scene);
    assert_eq!(shown.len(), 122);
    assert_eq!(shown[0], format!("{MARKER}\nfake"));
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

#[test]
fn a_command_is_read_again() {
    let scene = new_scene();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner help");
    let read = || scene.call(async |gitlab| gitlab.comment(7, said.id).await.unwrap());
    let note = read().unwrap();
    assert_eq!((note.number, note.edited), (7, false));
    assert_eq!(note.body, "/provisioner help");
    assert!(!note.by.unwrap().is_bot());
    scene.repo.edit_comment(said.id, "/provisioner tear-down");
    assert!(read().unwrap().edited);
    // Of another merge request.
    let none = scene.call(async |gitlab| gitlab.comment(8, said.id).await.unwrap());
    assert!(none.is_none());
    scene.fake.take_executed();
}

#[test]
fn a_reaction_that_exists_is_no_error() {
    let scene = new_scene();
    let said = scene.repo.comment(7, &scene.bob, "hello");
    for reaction in [Reaction::Seen, Reaction::Seen, Reaction::Done] {
        scene.call(async |gitlab| gitlab.react(7, said.id, reaction).await.unwrap());
    }
    scene.fake.take_writes();
}

#[test]
fn a_status_is_set_once_and_found_again() {
    let scene = new_scene();
    let status = CommitStatus {
        success: true,
        context: "provisioner/plan",
        description: "1 to create".to_owned(),
    };
    let own = scene.own();
    let head = scene.head();
    let set =
        || scene.call(async |gitlab| gitlab.set_status(&head, Some(own), &status).await.unwrap());
    assert!(matches!(set(), Upsert::Created(_)));
    assert!(matches!(set(), Upsert::Unchanged(_)));
    let history = scene.call(async |gitlab| {
        gitlab
            .status_history(&head, own, "provisioner/plan")
            .await
            .unwrap()
    });
    assert_eq!(history.len(), 1, "{history:?}");
    assert!(history[0].is_own && history[0].success && history[0].created_at.is_some());
    scene.fake.collide_statuses(2);
    let other = CommitStatus {
        success: false,
        ..status.clone()
    };
    let written = scene.call(async |gitlab| gitlab.set_status(&head, Some(own), &other).await);
    assert!(matches!(written.unwrap(), Upsert::Created(_)));
    scene.fake.take_writes();
}

/// A status of the same name by somebody else is no report.
#[test]
fn attack_a_status_by_somebody_else() {
    let scene = new_scene();
    let head = scene.head();
    scene
        .repo
        .status(head.as_str(), "provisioner/plan", "success", &scene.bob);
    scene.repo.status(
        head.as_str(),
        "provisioner/plan",
        "success",
        &scene.fake.check_bot(),
    );
    let own = scene.own();
    let history = scene.call(async |gitlab| {
        gitlab
            .status_history(&head, own, "provisioner/plan")
            .await
            .unwrap()
    });
    let own: Vec<bool> = history.iter().map(|status| status.is_own).collect();
    assert_eq!(own, [false, true]);
}

#[test]
fn a_stack_has_an_environment_of_its_own() {
    let scene = new_scene();
    let tip = sha(&scene.repo.head("main"));
    let deployment = |state| Deployment {
        commit: tip.clone(),
        environment: "prod".to_owned(),
        task: "provisioner:123456789012/us-west-1/edge-stack".to_owned(),
        description: "x".to_owned(),
        state,
    };
    let own = scene.own();
    let put = |state| {
        let wanted = deployment(state);
        scene.call(async |gitlab| gitlab.put_deployment(own, &wanted).await.unwrap())
    };
    assert!(matches!(
        put(DeploymentState::InProgress),
        Upsert::Created(_)
    ));
    assert!(matches!(
        put(DeploymentState::InProgress),
        Upsert::Unchanged(_)
    ));
    assert!(matches!(put(DeploymentState::Success), Upsert::Updated(_)));
    assert!(matches!(
        put(DeploymentState::Success),
        Upsert::Unchanged(_)
    ));
    assert!(matches!(put(DeploymentState::Inactive), Upsert::Updated(_)));
    assert!(matches!(
        put(DeploymentState::Inactive),
        Upsert::Unchanged(_)
    ));
    let environments = scene.repo.environments();
    assert_eq!(environments.len(), 1);
    assert_eq!(
        environments[0].name,
        "prod/123456789012/us-west-1/edge-stack"
    );
    scene.fake.take_writes();
}

#[test]
fn one_issue_is_opened_updated_and_closed() {
    let scene = new_scene();
    let own = scene.own();
    assert_eq!(
        scene.call(async |gitlab| gitlab.current_user().await.unwrap()),
        Some(own)
    );
    let marker = "<!-- provisioner:drift -->";
    scene.repo.issue(&scene.mallory, "fake", marker);
    let opened = scene.call(async |gitlab| gitlab.open_issue("Drift", marker).await.unwrap());
    let listed = || scene.call(async |gitlab| gitlab.own_issues(own, marker).await.unwrap());
    let numbers = || {
        listed()
            .iter()
            .map(|issue| issue.number)
            .collect::<Vec<_>>()
    };
    assert_eq!(numbers(), [opened.number]);
    let body = format!("{marker}\nagain");
    scene.call(async |gitlab| {
        gitlab
            .update_issue(opened.number, &body, false)
            .await
            .unwrap()
    });
    assert_eq!(listed()[0].body, body);
    scene.call(async |gitlab| {
        gitlab
            .update_issue(opened.number, &body, true)
            .await
            .unwrap()
    });
    assert_eq!(numbers(), [0; 0]);
    scene.fake.take_writes();
}
