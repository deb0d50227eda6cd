//! Checks of a job whose user is not the one of the settings, or is not known. Such a check publishes nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;

use super::flows::{CONFIG, Ran, Scene, run, scene};
use crate::support::gitlab::{Fault, Variables};

/// The variables with the identity token that GitLab gives such a job.
fn with_identity(scene: &Scene, mut variables: Variables) -> Variables {
    let value = |name: &str| {
        let mut all = variables.iter();
        all.find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let claims = json!({
        "iss": scene.fake.server_url(),
        "sub": "project_path:acme/infra:ref_type:branch:ref:feature",
        "ref": "feature",
        "ref_type": "branch",
        "ref_protected": "false",
        "project_id": value("CI_PROJECT_ID"),
        "project_path": value("CI_PROJECT_PATH"),
        "pipeline_source": value("CI_PIPELINE_SOURCE"),
        "pipeline_id": value("CI_PIPELINE_ID"),
        "job_id": value("CI_JOB_ID"),
        "sha": value("CI_COMMIT_SHA"),
        "exp": 4_102_444_800_u64,
    });
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()));
    variables.push(("PROVISIONER_ID_TOKEN".to_owned(), token));
    variables
}

fn check(scene: &Scene, variables: Variables, user: u64) -> Ran {
    let mut variables = with_identity(scene, variables);
    variables.push(("PROVISIONER_CHECK_USER".to_owned(), user.to_string()));
    run(variables, &scene.fake.check_token())
}

/// Nothing that the check wrote is of the merge request's plan.
fn assert_published_nothing(scene: &Scene, ran: &Ran) {
    let writes = scene.fake.take_writes();
    let writes: Vec<String> = writes.iter().map(|write| write.line()).collect();
    assert!(writes.is_empty(), "{writes:?}\n{}", ran.log);
    assert!(scene.repo.statuses(&scene.pull.head_sha()).is_empty());
}

#[test]
fn attack_a_check_with_a_wrong_check_user_publishes_no_plan() {
    for comment in ["true", "false"] {
        let scene = scene(CONFIG);
        let right = scene.fake.check_bot().id;
        for mut variables in [
            scene.pull.pipeline(&scene.author),
            scene.pull.merged_result_pipeline(&scene.author),
            scene.pull.merge_train_pipeline(&scene.author),
        ] {
            variables.push(("PROVISIONER_COMMENT".to_owned(), comment.to_owned()));
            let ran = check(&scene, variables, 999);
            assert_eq!(ran.status, 2, "{}", ran.log);
            let help = format!("help: set the component's input `check-user` to \"{right}\"");
            assert_eq!(ran.log.matches(&help).count(), 1, "{}", ran.log);
            assert!(!ran.log.contains("warning"), "{}", ran.log);
            let summary = ran.file("summary.md");
            assert!(summary.contains("`check-user`"), "{summary}");
            assert_published_nothing(&scene, &ran);
        }
    }
}

#[test]
fn a_check_with_the_right_check_user_publishes_its_plan() {
    let scene = scene(CONFIG);
    let right = scene.fake.check_bot().id;
    let ran = check(&scene, scene.pull.pipeline(&scene.author), right);
    assert_eq!(ran.status, 0, "{}", ran.log);
    assert_eq!(scene.repo.statuses(&scene.pull.head_sha()).len(), 1);
    scene.fake.take_writes();
}

#[test]
fn attack_a_check_by_an_unknown_user_publishes_no_plan() {
    let refused = Fault::Json(403, json!({"message": "403 Forbidden"}));
    for (fault, comment, status) in [
        (Fault::Status(500), "true", 31),
        (Fault::Status(500), "false", 31),
        (refused, "true", 0),
    ] {
        let scene = scene(CONFIG);
        let right = scene.fake.check_bot().id;
        scene.fake.fault_always("GET /user", fault);
        let mut variables = scene.pull.pipeline(&scene.author);
        variables.push(("PROVISIONER_COMMENT".to_owned(), comment.to_owned()));
        let ran = check(&scene, variables, right);
        assert_eq!(ran.status, status, "{}", ran.log);
        let summary = ran.file("summary.md");
        let says = match (status, comment) {
            (0, _) => "No comment and no commit status were written",
            (_, "true") => "No comment was posted",
            _ => "No commit status was set",
        };
        assert!(summary.contains(says), "{summary}");
        assert_published_nothing(&scene, &ran);
    }
}
