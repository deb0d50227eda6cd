//! A laptop.

use std::collections::BTreeMap;
use std::path::Path;

use super::diagnosis::{Diagnosis, stacks_by_target};
use super::scope::check_scope;
use crate::cloud::{CancellationToken, Session};
use crate::config::{Config, ConfigContents, load_contents};
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::guard::{LoadedPolicy, place_problems, read_policy_file};
use crate::model::{FileContents, RepoPath};
use crate::product::Registry;
use crate::report::Found;
use crate::workspace::{
    ConfigFile, add_repository_products, configs_by_policy, exit_of_search, locate, policy_file,
    policy_mismatch,
};

/// Checks the policy file, the configs, and the credentials in each account and region that these name.
pub async fn check_laptop(diagnosis: &mut Diagnosis, arguments: &[String]) {
    let (path, file) = policy_file();
    let policy = read_policy_file(&path, file.as_ref());
    match (&policy, &file) {
        (Ok(_), Some(_)) => {
            let path = path.to_string();
            diagnosis.pass("policy", "policy file", &Found::PolicyFile { path });
        }
        (Ok(_), None) => diagnosis.skip("policy", "policy file", &Found::PolicyAbsent),
        (Err(problems), _) => diagnosis.invalid_policy(problems),
    }
    let found = match arguments.is_empty() {
        true => configs_by_policy(&path, &policy),
        false => locate(arguments),
    };
    let files = match found {
        Ok(files) => files,
        Err(problems) => {
            let exit = exit_of_search(&problems);
            let messages = problems
                .iter()
                .map(|problem| format!("{}: {}", problem.path, problem.message));
            let messages = messages.collect();
            let found = Found::PathsInvalid { messages };
            return diagnosis.fail("policy", "configs", &found, exit);
        }
    };
    let configs = read(diagnosis, &policy, &files);
    credentials(diagnosis, &configs).await;
    for what in ["settings of the repository", "deployed roles"] {
        diagnosis.skip("job", what, &Found::OnlyInJob);
    }
}

/// The configs that load, in places that the policy allows. Roles for the others would be no remedy.
fn read(diagnosis: &mut Diagnosis, policy: &LoadedPolicy, files: &[ConfigFile]) -> Vec<Config> {
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    let mut problems = Vec::new();
    let mut configs = Vec::new();
    for file in files {
        let contents = file.read();
        let contents =
            contents.unwrap_or_else(|_| ConfigContents::alone(FileContents::Regular(Vec::new())));
        let loaded = load_contents(&registry, &file.shown, &contents);
        problems.extend(loaded.diagnostics);
        let folder = file.file.parent().filter(|it| !it.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let is_own = policy.is_ok() && policy_mismatch(&RepoPath::typed(""), folder).is_none();
        let denied = loaded.config.iter().filter(|_| is_own);
        let denied: Vec<Diagnostic> = denied
            .flat_map(|config| place_problems(policy, config))
            .collect();
        configs.extend(loaded.config.filter(|_| denied.is_empty()));
        problems.extend(denied);
    }
    diagnosis.configs(files.len(), &problems);
    if let Ok(policy) = policy {
        check_scope(diagnosis, policy, &registry, &configs);
    }
    configs
}

async fn credentials(diagnosis: &mut Diagnosis, configs: &[Config]) {
    let session = Session::open(CancellationToken::new()).await;
    // Several environments may share an account.
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    for ((_, account, region), stacks) in stacks_by_target(configs) {
        *places.entry((account, region)).or_default() += stacks.len();
    }
    for ((account, region), stacks) in places {
        let what = format!("account {account} in {region}");
        match session.at(&region).await {
            Ok(cloud) if cloud.caller().account == account => {
                let arn = cloud.caller().arn.clone();
                diagnosis.pass("credentials", &what, &Found::Caller { arn });
            }
            // A person who works in several accounts has the credentials of one at a time.
            Ok(cloud) => {
                let found = Found::OtherCaller {
                    account: cloud.caller().account.clone(),
                    stacks,
                };
                diagnosis.skip("credentials", &what, &found);
            }
            Err(failed) => {
                let error = failed.to_string();
                let found = match failed.is_transient() {
                    true => Found::AwsFailed { error },
                    false => Found::NoCredentials { error },
                };
                diagnosis.fail("credentials", &what, &found, Exit::Unreachable);
            }
        }
    }
}
