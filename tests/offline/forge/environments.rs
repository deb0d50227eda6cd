//! Which branches can deploy to an environment.

use provisioner::forge::Reviews as _;
use serde_json::json;

use super::{Scene, new_scene};
use crate::support::github::{DeploymentRefs, Fault};

const PROD: &str = "GET /repos/acme/infra/environments/prod";
const POLICIES: &str = "GET /repos/acme/infra/environments/prod/deployment-branch-policies";

fn is_limited(scene: &Scene) -> Option<bool> {
    scene.call(async |github| github.is_limited_to("prod", "main").await.unwrap())
}

fn custom(refs: &[(&'static str, &str)]) -> Option<DeploymentRefs> {
    let refs = refs.iter().map(|(kind, name)| (*kind, (*name).to_owned()));
    Some(DeploymentRefs::Custom(refs.collect()))
}

#[test]
fn attack_only_the_default_branch_limits_an_environment() {
    let scene = new_scene();
    let cases = [
        (custom(&[("branch", "main")]), true),
        (None, false),
        (Some(DeploymentRefs::ProtectedBranches), false),
        (custom(&[]), false),
        (custom(&[("branch", "*")]), false),
        (custom(&[("branch", "mai?")]), false),
        (custom(&[("branch", "Main")]), false),
        (custom(&[("tag", "main")]), false),
        (custom(&[("branch", "main"), ("tag", "v*")]), false),
        (custom(&[("branch", "main"), ("branch", "main")]), false),
        (custom(&[("branch", "release"), ("branch", "main")]), false),
    ];
    for (refs, expected) in cases {
        let what = format!("{refs:?}");
        scene.repo.environment("prod", refs);
        assert_eq!(is_limited(&scene), Some(expected), "{what}");
    }
}

#[test]
fn an_environment_that_cannot_be_read_is_unknown() {
    let scene = new_scene();
    assert_eq!(is_limited(&scene), None, "it does not exist");
    scene
        .repo
        .environment("prod", custom(&[("branch", "main")]));
    for route in [PROD, POLICIES] {
        scene.fake.fault(route, Fault::Status(403));
        assert_eq!(is_limited(&scene), None, "{route}");
    }
    assert_eq!(is_limited(&scene), Some(true));
}

#[test]
fn attack_an_answer_without_a_field_limits_nothing() {
    let scene = new_scene();
    scene
        .repo
        .environment("prod", custom(&[("branch", "main")]));
    for answer in [
        json!({"total_count": 2, "branch_policies": [{"name": "main", "type": "branch"}]}),
        json!({"total_count": 1, "branch_policies": [{"name": "main"}]}),
        json!({"total_count": 1, "branch_policies": [{"type": "branch"}]}),
        json!({"total_count": 1, "branch_policies": []}),
    ] {
        scene.fake.fault(POLICIES, Fault::Json(200, answer.clone()));
        assert_eq!(is_limited(&scene), Some(false), "{answer}");
    }
    scene
        .fake
        .fault(PROD, Fault::Json(200, json!({"name": "prod"})));
    assert_eq!(is_limited(&scene), Some(false));
}

#[test]
fn an_environment_name_stays_within_its_segment() {
    let scene = new_scene();
    let name = "prod/eu?x#y";
    scene.repo.environment(name, custom(&[("branch", "main")]));
    let found = scene.call(async |github| github.is_limited_to(name, "main").await.unwrap());
    assert_eq!(found, Some(true));
}
