//! The profile that `AWS_PROFILE` names.

use aws_config::profile;
use aws_runtime::env_config::file::EnvConfigFiles;
use aws_types::os_shim_internal::{Env, Fs};

use crate::cloud::CloudError;

/// Each file, and the variable that replaces its path.
const FILES: [(&str, &str); 2] = [
    ("~/.aws/config", "AWS_CONFIG_FILE"),
    ("~/.aws/credentials", "AWS_SHARED_CREDENTIALS_FILE"),
];

/// The error about a profile that `AWS_PROFILE` names and no file has. `None` if the environment has keys, because they come first.
pub async fn missing_profile() -> Option<CloudError> {
    check(&Env::real(), &Fs::real()).await
}

/// The error about an access key of which one variable is set, and the other one is not.
pub fn half_of_key() -> Option<CloudError> {
    half(&Env::real())
}

fn half(env: &Env) -> Option<CloudError> {
    let is_set = |name| env.get(name).is_ok_and(|value| !value.trim().is_empty());
    let (id, secret) = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY");
    let error = |set, missing| Some(CloudError::HalfOfKey { set, missing });
    match (is_set(id), is_set(secret)) {
        (true, false) => error(id, secret),
        (false, true) => error(secret, id),
        _ => None,
    }
}

async fn check(env: &Env, fs: &Fs) -> Option<CloudError> {
    let variable = |name| env.get(name).ok().filter(|value| !value.trim().is_empty());
    if variable("AWS_ACCESS_KEY_ID").is_some() {
        return None;
    }
    let name = variable("AWS_PROFILE")?;
    // A file that cannot be parsed is reported with the credentials.
    let profiles = profile::load(fs, env, &EnvConfigFiles::default(), None).await;
    if profiles.ok()?.get_profile(&name).is_some() {
        return None;
    }
    let files = FILES.map(|(path, replaced)| variable(replaced).unwrap_or_else(|| path.to_owned()));
    Some(CloudError::NoProfile {
        name,
        files: files.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_missing_half_of_a_key_is_named() {
        let half = |variables: &[(&str, &str)]| {
            let found = half(&Env::from_slice(variables));
            found.map(|found| found.to_string())
        };
        let (id, secret) = (
            ("AWS_ACCESS_KEY_ID", "AKIA"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        );
        let found = half(&[id]).unwrap();
        assert_eq!(
            found,
            "AWS credentials: AWS_ACCESS_KEY_ID is set, and AWS_SECRET_ACCESS_KEY is not"
        );
        let found = half(&[secret, ("AWS_ACCESS_KEY_ID", " ")]).unwrap();
        assert_eq!(
            found,
            "AWS credentials: AWS_SECRET_ACCESS_KEY is set, and AWS_ACCESS_KEY_ID is not"
        );
        assert_eq!(half(&[id, secret]), None);
        assert_eq!(half(&[]), None);
    }

    async fn missing(variables: &[(&str, &str)]) -> Option<String> {
        let env = Env::from_slice(variables);
        let files = [("/home/.aws/config", "[profile dev]\nregion = us-west-2\n")];
        let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
        let fs = Fs::from_map(files.into());
        let failed = check(&env, &fs).await;
        failed.map(|failed| failed.to_string())
    }

    #[tokio::test]
    async fn a_missing_profile_is_named_with_the_files() {
        let home = ("HOME", "/home");
        let message = missing(&[home, ("AWS_PROFILE", "nope")]).await.unwrap();
        assert_eq!(
            message,
            "profile nope is in none of these files: ~/.aws/config, ~/.aws/credentials"
        );
        let other = ("AWS_CONFIG_FILE", "/etc/aws");
        let message = missing(&[home, other, ("AWS_PROFILE", "dev")]).await;
        assert!(message.unwrap().contains("/etc/aws, ~/.aws/credentials"));
        assert_eq!(missing(&[home, ("AWS_PROFILE", "dev")]).await, None);
        assert_eq!(missing(&[home, ("AWS_PROFILE", "")]).await, None);
        let keys = ("AWS_ACCESS_KEY_ID", "a");
        assert_eq!(missing(&[home, keys, ("AWS_PROFILE", "nope")]).await, None);
    }
}
