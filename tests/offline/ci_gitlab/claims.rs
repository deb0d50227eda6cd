//! Variables that contradict the job's identity token.

use std::collections::BTreeMap;

use provisioner::ci::gitlab::compare_with_claims;
use provisioner::forge::gitlab::JobClaims;

const HEAD: &str = "2222222222222222222222222222222222222222";

fn claims(source: &str) -> JobClaims {
    JobClaims {
        pipeline_source: source.to_owned(),
        pipeline_id: "5".to_owned(),
        job_id: "6".to_owned(),
        sha: HEAD.to_owned(),
        project_id: "42".to_owned(),
        project_path: "acme/infra".to_owned(),
        ..JobClaims::default()
    }
}

fn compared(claims: &JobClaims, more: &[(&str, &str)]) -> Result<(), String> {
    let usual = [
        ("CI_PIPELINE_SOURCE", &*claims.pipeline_source),
        ("CI_PIPELINE_ID", "5"),
        ("CI_JOB_ID", "6"),
        ("CI_COMMIT_SHA", HEAD),
        ("CI_PROJECT_ID", "42"),
        ("CI_PROJECT_PATH", "acme/infra"),
    ];
    let all: BTreeMap<&str, &str> = usual.into_iter().chain(more.iter().copied()).collect();
    let value = |name: &str| all.get(name).map(|value| (*value).to_owned());
    compare_with_claims(&value, claims).map_err(|error| error.to_string())
}

#[test]
fn attack_a_variable_contradicts_the_identity_token() {
    let claims = claims("trigger");
    assert_eq!(compared(&claims, &[]), Ok(()));
    for (name, value) in [
        ("CI_PIPELINE_SOURCE", "push"),
        ("CI_PIPELINE_ID", "50"),
        ("CI_JOB_ID", "60"),
        ("CI_COMMIT_SHA", "1111111111111111111111111111111111111111"),
        ("CI_PROJECT_ID", "43"),
        ("CI_PROJECT_PATH", "evil/infra"),
    ] {
        let error = compared(&claims, &[(name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name} is ")), "{error}");
        assert!(
            error.contains(&format!("help: remove the variable {name}")),
            "{error}"
        );
    }
}

#[test]
fn attack_a_check_of_another_project() {
    let claims = claims("merge_request_event");
    let home = ("CI_MERGE_REQUEST_PROJECT_ID", "42");
    assert_eq!(compared(&claims, &[home]), Ok(()));
    for (name, value) in [("CI_PROJECT_ID", "1"), ("CI_PROJECT_PATH", "acme/other")] {
        let error = compared(&claims, &[home, (name, value)]).unwrap_err();
        assert!(error.starts_with(&format!("{name} is ")), "{error}");
    }
}

/// A token without a claim is no token of GitLab.
#[test]
fn attack_an_identity_token_without_claims() {
    let error = compared(&JobClaims::default(), &[("CI_PIPELINE_SOURCE", "push")]).unwrap_err();
    assert!(error.contains("says \"\""), "{error}");
}

/// The token of a merge request's job has the project of the source.
#[test]
fn a_fork_in_its_parent_has_another_project_in_its_token() {
    let claims = claims("merge_request_event");
    let parent = [
        ("CI_PROJECT_ID", "1"),
        ("CI_PROJECT_PATH", "upstream/infra"),
        ("CI_MERGE_REQUEST_PROJECT_ID", "1"),
    ];
    assert_eq!(compared(&claims, &parent), Ok(()));
    assert!(compared(&claims, &[("CI_PIPELINE_SOURCE", "push")]).is_err());
}
