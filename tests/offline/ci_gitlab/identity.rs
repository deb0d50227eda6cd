//! The job's identity token, which is made when the job starts.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use provisioner::forge::IdentityTokens as _;
use provisioner::forge::gitlab::JobIdentity;
use secrecy::{ExposeSecret as _, SecretString};

/// The token that a job gets, or the error.
fn token(payload: &str) -> Result<String, String> {
    let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(payload));
    let identity = JobIdentity {
        token: SecretString::from(token),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let token = runtime.block_on(identity.token());
    token
        .map(|token| token.expose_secret().to_owned())
        .map_err(|error| error.to_string())
}

#[test]
fn a_token_that_lives_is_given_again() {
    let payload = r#"{"exp":4102444800,"sub":"project_path:acme/infra:ref_type:branch:ref:main"}"#;
    let given = token(payload).unwrap();
    assert_eq!(
        given.split('.').nth(1),
        Some(&*URL_SAFE_NO_PAD.encode(payload))
    );
    assert_eq!(token(payload).unwrap(), given);
}

#[test]
fn an_expired_token_is_an_error_that_names_the_timeout() {
    // Without a time of its own, a token has expired.
    for payload in [r#"{"exp":1767225600}"#, "{}"] {
        let error = token(payload).unwrap_err();
        assert!(error.contains("`timeout:`"), "{error}");
        assert!(!error.contains("e30."), "{error}");
    }
    let error = token("no JSON").unwrap_err();
    assert!(error.contains("PROVISIONER_ID_TOKEN"), "{error}");
}
