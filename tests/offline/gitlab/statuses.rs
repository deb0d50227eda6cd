//! Statuses in pipelines, and notes over short pages.

use provisioner::forge::gitlab::{JobPipeline, ProjectAccess};
use provisioner::forge::{Comments as _, CommitStatus, Statuses as _, Upsert};

use super::{id, new_scene};

#[test]
fn one_note_is_found_over_short_pages() {
    let scene = new_scene();
    for _ in 0..150 {
        scene.repo.hidden_comment(7, &scene.alice);
    }
    let own = scene.own();
    scene.call(async |gitlab| {
        let put = async |body: &str| gitlab.upsert_comment(7, own, "<!-- m -->", body).await;
        let first = put("<!-- m -->\none").await.unwrap();
        assert!(matches!(first, Upsert::Created(_)));
        let second = put("<!-- m -->\ntwo").await.unwrap();
        assert!(matches!(second, Upsert::Updated(_)));
    });
    assert_eq!(scene.repo.comments(7).len(), 1);
    scene.fake.take_writes();
}

fn status(success: bool) -> CommitStatus {
    CommitStatus {
        success,
        context: "provisioner/plan",
        description: "x".to_owned(),
    }
}

#[test]
fn statuses_are_set_in_the_pipeline_of_the_job() {
    let scene = new_scene();
    let job = scene.pull.pipeline(&scene.alice);
    let get = |name: &str| {
        let found = job.iter().find(|(known, _)| known == name);
        found.unwrap().1.clone()
    };
    let head = scene.head();
    let pipeline = JobPipeline {
        id: get("CI_PIPELINE_ID").parse().unwrap(),
        commit: head.clone(),
        reference: get("CI_MERGE_REQUEST_REF_PATH"),
    };
    let own = id(&scene.fake.check_bot());
    // GitLab refuses while it writes another status.
    scene.fake.collide_statuses(2);
    let access = |it: &mut ProjectAccess| {
        it.token = Some(scene.fake.check_token().into());
        it.pipeline = Some(pipeline);
    };
    scene.call_with(access, async |gitlab| {
        let set = async |success| gitlab.set_status(&head, Some(own), &status(success)).await;
        assert!(matches!(set(true).await, Ok(Upsert::Created(_))));
        assert!(matches!(set(true).await, Ok(Upsert::Unchanged(_))));
        assert!(matches!(set(false).await, Ok(Upsert::Created(_))));
        let history = gitlab.status_history(&head, own, "provisioner/plan").await;
        assert_eq!(history.unwrap().len(), 2);
    });
    assert_eq!(scene.repo.pipelines().len(), 1);
    assert_eq!(scene.fake.take_writes().len(), 4);
}

#[test]
fn statuses_stand_beside_a_merged_results_pipeline() {
    let scene = new_scene();
    scene.pull.merged_result_pipeline(&scene.alice);
    let (head, own) = (scene.head(), scene.own());
    scene.call(async |gitlab| {
        let set = gitlab.set_status(&head, Some(own), &status(true)).await;
        set.unwrap();
        let history = gitlab.status_history(&head, own, "provisioner/plan").await;
        assert_eq!(history.unwrap().len(), 1);
    });
    assert_eq!(scene.repo.pipelines()[0].source, "external");
    scene.fake.take_writes();
}

/// The users of the check and of apply jobs are one reporter. Anybody else's status of the same name is no report.
#[test]
fn attack_a_status_by_another_user() {
    let scene = new_scene();
    let (head, own) = (scene.head(), scene.own());
    for by in [&scene.bob, &scene.fake.check_bot()] {
        let name = "provisioner/plan";
        scene
            .repo
            .status(&scene.pull.head_sha(), name, "success", by);
    }
    let history = scene.call(async |gitlab| {
        let history = gitlab.status_history(&head, own, "provisioner/plan").await;
        history.unwrap()
    });
    let own: Vec<bool> = history.iter().map(|status| status.is_own).collect();
    assert_eq!(own, [false, true]);
}

#[test]
fn attack_a_comment_of_another_merge_request() {
    let scene = new_scene();
    let said = scene.repo.comment(7, &scene.bob, "/provisioner help");
    scene.repo.pull("feature").number(8).open();
    let found = scene.call(async |gitlab| gitlab.comment(8, said.id).await.unwrap());
    assert!(found.is_none());
}
