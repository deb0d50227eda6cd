//! The users of provisioner's tokens. On GitLab Free they may be users that GitLab takes for people.

use provisioner::forge::Users as _;
use provisioner::forge::gitlab::{JobClaims, ProjectAccess};
use provisioner::guard::AccountKind;
use provisioner::model::UserId;

use super::new_scene;

/// Every Developer can print the token of the check. The apply token is a person's, too, if the project has one token.
#[test]
fn attack_an_approval_by_the_user_of_the_jobs_own_token() {
    let scene = new_scene();
    let kind_of_bob = |token: String| {
        scene.call_with(
            |it| it.token = Some(token.into()),
            async |gitlab| gitlab.find_user("bob").await.unwrap().unwrap().kind,
        )
    };
    let own = scene.fake.token(&scene.bob);
    assert_eq!(kind_of_bob(own), AccountKind::JobBot);
    assert_eq!(kind_of_bob(scene.fake.apply_token()), AccountKind::Person);
}

/// A check whose token is another user's fails: approvals by that user would count.
#[test]
fn attack_a_check_by_another_user_than_the_known_one() {
    let scene = new_scene();
    let claims = |source: &str| {
        Some(JobClaims {
            iss: scene.fake.server_url(),
            pipeline_source: source.to_owned(),
            ..JobClaims::default()
        })
    };
    let user = |token: String, source: &str| {
        let access = |it: &mut ProjectAccess| {
            (it.token, it.claims) = (Some(token.into()), claims(source));
        };
        scene.call_with(access, async |gitlab| {
            gitlab
                .current_user()
                .await
                .map_err(|error| error.to_string())
        })
    };
    let check = "merge_request_event";
    let error = user(scene.fake.token(&scene.bob), check).unwrap_err();
    let help = format!("`check-user` to \"{}\"", scene.bob.id);
    assert!(error.contains(&help), "{error}");
    let checker = UserId(scene.fake.check_bot().id);
    assert_eq!(user(scene.fake.check_token(), check), Ok(Some(checker)));
    // Other jobs have a token of their own.
    assert_eq!(
        user(scene.fake.apply_token(), "push"),
        Ok(Some(scene.own()))
    );
}
