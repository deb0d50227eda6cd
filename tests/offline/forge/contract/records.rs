//! What provisioner records at the forge: statuses, deployments and issues.

use provisioner::forge::{
    CommitStatus, Deployment, DeploymentState, Deployments as _, Issue, Issues as _, StatusRecord,
    Statuses as _, Upsert,
};

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene, sha};
use crate::support::forge::Fault;

const CONTEXT: &str = "provisioner/plan";
const MARKER: &str = "<!-- provisioner:drift -->";

fn history<F: ForgeFixture>(scene: &Scene<F>) -> Vec<StatusRecord> {
    let (head, own) = (scene.head(), scene.own());
    scene.call(async |forge| forge.status_history(&head, own, CONTEXT).await.unwrap())
}

fn set_status<F: ForgeFixture>(scene: &Scene<F>, success: bool, description: &str) -> Upsert {
    let (head, own) = (scene.head(), scene.own());
    let status = CommitStatus {
        success,
        context: CONTEXT,
        description: description.to_owned(),
    };
    scene.call(async |forge| forge.set_status(&head, Some(own), &status).await.unwrap())
}

fn a_status_is_set_once_and_found_again<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    assert_eq!(history(&scene), []);
    assert!(matches!(
        set_status(&scene, true, "one"),
        Upsert::Created(_)
    ));
    assert!(matches!(
        set_status(&scene, true, "one"),
        Upsert::Unchanged(_)
    ));
    set_status(&scene, false, "two");
    let head = scene.pull.head_sha();
    F::status(&scene.repo, &head, "other", true, &scene.bob);
    let found = history(&scene);
    let shown: Vec<_> = found
        .iter()
        .map(|it| (it.is_own, it.success, it.description.as_str()))
        .collect();
    assert_eq!(shown, [(true, true, "one"), (true, false, "two")]);
    // The server's clock sets the time.
    let (first, second) = (found[0].created_at.unwrap(), found[1].created_at.unwrap());
    assert!(first < second);
    scene.fake.expect_writes(&[F::ROUTES.set_status; 2]);
}

/// The newest status of the context is what people see.
fn attack_a_foreign_status_is_not_ours<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let head = scene.pull.head_sha();
    let own = F::job_user(&scene.fake);
    F::status(&scene.repo, &head, CONTEXT, true, &own);
    F::status(&scene.repo, &head, CONTEXT, true, &scene.mallory);
    let of =
        |records: Vec<StatusRecord>| -> Vec<bool> { records.iter().map(|it| it.is_own).collect() };
    assert_eq!(of(history(&scene)), [true, false]);
    // An equal status of somebody else is not left as it is.
    set_status(&scene, true, "");
    assert_eq!(of(history(&scene)), [true, false, true]);
    scene.fake.expect_writes(&[F::ROUTES.set_status]);
}

fn a_status_on_a_later_page_is_found<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let head = scene.pull.head_sha();
    let own = F::job_user(&scene.fake);
    F::status(&scene.repo, &head, CONTEXT, true, &own);
    for n in 0..120 {
        let context = format!("ci/{n}");
        F::status(&scene.repo, &head, &context, true, &scene.mallory);
    }
    assert!(history(&scene)[0].is_own);
}

fn deployment<F: ForgeFixture>(scene: &Scene<F>, state: DeploymentState) -> Deployment {
    Deployment {
        commit: sha(&scene.repo.head("main")),
        environment: "prod".to_owned(),
        task: "provisioner:123456789012/us-east-1/b001".to_owned(),
        description: "x".to_owned(),
        state,
    }
}

fn put<F: ForgeFixture>(scene: &Scene<F>, wanted: &Deployment) -> Upsert {
    let own = scene.own();
    scene.call(async |forge| forge.put_deployment(own, wanted).await.unwrap())
}

fn a_stack_has_one_deployment_of_a_commit<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let states = [
        DeploymentState::InProgress,
        DeploymentState::Success,
        DeploymentState::Inactive,
    ];
    for (n, state) in states.into_iter().enumerate() {
        let wanted = deployment(&scene, state);
        let written = put(&scene, &wanted);
        assert_eq!(n == 0, matches!(written, Upsert::Created(_)), "{written:?}");
        let again = put(&scene, &wanted);
        assert!(matches!(again, Upsert::Unchanged(_)), "{again:?}");
    }
    let all = F::deployments(&scene.repo);
    let [(environment, state)] = &all[..] else {
        panic!("{all:?}");
    };
    let stack = "123456789012/us-east-1/b001";
    assert_eq!(*environment, F::environment("prod", stack));
    assert_eq!(state, F::INACTIVE);
    let failed = put(&scene, &deployment(&scene, DeploymentState::Failure));
    let is_new = matches!(failed, Upsert::Created(_));
    assert_eq!(is_new, F::ENDED_DEPLOYMENT_STAYS, "{failed:?}");
    scene.fake.take_writes();
}

fn another_commit_environment_or_task_is_another_deployment<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let first = deployment(&scene, DeploymentState::Success);
    let mut others = [first.clone(), first.clone(), first.clone()];
    others[0].commit = scene.head();
    others[1].environment = "dev".to_owned();
    others[2].task = format!("{}-2", first.task);
    put(&scene, &first);
    for other in &others {
        assert!(matches!(put(&scene, other), Upsert::Created(_)));
    }
    assert_eq!(F::deployments(&scene.repo).len(), 4);
    scene.fake.take_writes();
}

fn a_deployment_with_a_lost_response_is_not_repeated<F: ForgeFixture>() {
    for fault in [Fault::DropAfter, Fault::CutBody, Fault::TruncatedJson] {
        let scene = Scene::<F>::new();
        let (own, wanted) = (scene.own(), deployment(&scene, DeploymentState::InProgress));
        scene.fake.fault(F::ROUTES.create_deployment, fault);
        scene.call(async |forge| {
            let _ = forge.put_deployment(own, &wanted).await;
            forge.put_deployment(own, &wanted).await.unwrap();
        });
        assert_eq!(F::deployments(&scene.repo).len(), 1);
        scene.fake.take_writes();
    }
}

fn own_issues<F: ForgeFixture>(scene: &Scene<F>) -> Vec<Issue> {
    let own = scene.own();
    scene.call(async |forge| forge.own_issues(own, MARKER).await.unwrap())
}

fn issues_are_opened_changed_and_closed<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let body = format!("{MARKER}\nIt has drifted.");
    let opened = scene.call(async |forge| forge.open_issue("Drift", &body).await.unwrap());
    assert_eq!(own_issues(&scene), std::slice::from_ref(&opened));
    for (body, close) in [("Still.", false), ("No more.", true)] {
        let body = format!("{MARKER}\n{body}");
        scene.call(async |forge| {
            let changed = forge.update_issue(opened.number, &body, close).await;
            changed.unwrap();
        });
        let known = &scene.repo.issues()[0];
        assert_eq!((&known.body, known.open), (&body, !close));
        assert_eq!(own_issues(&scene).is_empty(), close);
    }
    let create_and_change = [
        F::ROUTES.create_issue,
        F::ROUTES.update_issue,
        F::ROUTES.update_issue,
    ];
    scene.fake.expect_writes(&create_and_change);
}

fn attack_a_foreign_issue_with_our_marker_is_not_ours<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let own = F::job_user(&scene.fake);
    scene.repo.issue(&scene.mallory, "Drift", MARKER);
    scene.repo.issue(&own, "Drift", &format!("> {MARKER}"));
    scene.repo.issue(&own, "Another", "");
    let closed = scene.repo.issue(&own, "Drift", MARKER);
    scene.repo.close_issue(closed.number);
    scene.repo.branch("ours", &scene.repo.head("feature"));
    let pull = scene.repo.pull("ours").author(&own).number(90);
    pull.body(MARKER).open();
    assert_eq!(own_issues(&scene), []);
}

fn our_issues_are_listed_from_all_pages_oldest_first<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let own = F::job_user(&scene.fake);
    let first = scene.repo.issue(&own, "Drift", MARKER).number;
    for _ in 0..150 {
        scene.repo.issue(&own, "Another", "");
    }
    let last = scene.repo.issue(&own, "Drift", MARKER).number;
    let page = F::ROUTES.issues;
    scene.fake.fault_after(1, page, Fault::Status(502));
    let found: Vec<u64> = own_issues(&scene).iter().map(|it| it.number).collect();
    assert_eq!(found, [first, last]);
    assert_eq!(scene.fake.count(page), 3, "two pages, one of them twice");
}

fn an_issue_with_a_lost_response_is_not_repeated<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    scene.fake.fault(F::ROUTES.create_issue, Fault::DropAfter);
    let opened = scene.call(async |forge| forge.open_issue("Drift", MARKER).await);
    assert!(!opened.unwrap_err().is_refusal());
    assert_eq!(own_issues(&scene).len(), 1, "the next run finds it");
    scene.fake.expect_writes(&[F::ROUTES.create_issue]);
}

/// A token that may not write is refused each write; an outage is another error.
fn missing_permission_and_outage_are_different_errors<F: ForgeFixture>() {
    for outage in [false, true] {
        let scene = Scene::<F>::new();
        let (own, head) = (scene.own(), scene.head());
        let wanted = deployment(&scene, DeploymentState::Success);
        let by = F::job_user(&scene.fake);
        let issue = scene.repo.issue(&by, "Drift", MARKER).number;
        let status = CommitStatus {
            success: true,
            context: CONTEXT,
            description: String::new(),
        };
        let token = match outage {
            true => F::job_token(&scene.fake),
            false => F::read_only_token(&scene.fake),
        };
        if outage {
            for method in ["POST", "PUT", "PATCH"] {
                let all = format!("{method} /**");
                scene.fake.fault_always(&all, Fault::Status(500));
            }
        }
        let errors = scene.call_as(token, async |forge| {
            [
                forge.open_issue("Drift", MARKER).await.err(),
                forge.update_issue(issue, MARKER, true).await.err(),
                forge.put_deployment(own, &wanted).await.err(),
                forge.set_status(&head, None, &status).await.err(),
            ]
        });
        for error in errors {
            let error = error.unwrap();
            assert_eq!(error.is_not_allowed(), !outage, "{error}");
            assert_eq!(error.is_refusal(), !outage, "{error}");
        }
        scene.fake.take_writes();
    }
}

on_both_forges! {
    a_status_is_set_once_and_found_again
    attack_a_foreign_status_is_not_ours
    a_status_on_a_later_page_is_found
    a_stack_has_one_deployment_of_a_commit
    another_commit_environment_or_task_is_another_deployment
    a_deployment_with_a_lost_response_is_not_repeated
    issues_are_opened_changed_and_closed
    attack_a_foreign_issue_with_our_marker_is_not_ours
    our_issues_are_listed_from_all_pages_oldest_first
    an_issue_with_a_lost_response_is_not_repeated
    missing_permission_and_outage_are_different_errors
}
