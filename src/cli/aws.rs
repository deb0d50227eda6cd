//! The actions that query AWS, on several stacks at a time as the policy allows.

use std::collections::BTreeSet;
use std::path::Path;

use super::console::{Console, width};
use super::former_entries::former_entries;
use super::load::LoadedConfig;
use super::places::folder_of;
use super::request::ActionRequest;
use super::result::{ActionResults, ConfigResult};
use super::trail::Trail;
use crate::cloud::Session;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::forge::local::LocalRepository;
use crate::guard::{
    Facts, LockState, Policies, Policy, denials_before_credentials, place_problems,
    read_policy_file,
};
use crate::job::cancel_on_signal;
use crate::lanes::{Lane, Lanes, work_in_lanes};
use crate::operation::{
    ActionData, ActionOutcome, AuthoritySource, Desired, FailureReport, OperationContext,
    OperationError, Task, Warnings, complete_commands, perform, to_diagnostics,
};
use crate::plan::LinkNeeds;
use crate::product::{Class, Verb};
use crate::report::Redactor;
use crate::stack::StackName;
use crate::workspace::{ProductLockFile, ignored_policies, policy_file, policy_mismatch};

/// Runs one verb on its configs. `needs`: what all configs need of other stacks.
pub fn run(
    verb: Verb,
    (request, needs): (&ActionRequest, Option<&LinkNeeds>),
    group: &[LoadedConfig],
    results: &mut ActionResults,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            for one in group {
                let problem =
                    Diagnostic::error(Code::AwsUnreachable, &one.file.shown, error.to_string());
                results.fail(
                    &one.file,
                    one.config.as_deref(),
                    vec![problem],
                    Exit::Internal,
                );
            }
            return;
        }
    };
    runtime.block_on(run_all(verb, (request, needs), group, results));
}

/// The lock of the repositories that the configs are in. One that differs counts for all.
fn lock_around(group: &[LoadedConfig]) -> LockState {
    let folders: BTreeSet<&Path> = group.iter().map(|one| folder_of(&one.file.file)).collect();
    let states = folders
        .into_iter()
        .map(|folder| match ProductLockFile::around(folder).read() {
            Ok(file) => LockState::new(false, file.as_ref()),
            Err(error) => LockState::Invalid {
                problem: format!("cannot be read: {error}"),
                remedy: Some("allow the user who runs provisioner to read the file".to_owned()),
            },
        });
    let mut state = LockState::Absent;
    for found in states {
        match found {
            LockState::Absent => {}
            LockState::Same => state = found,
            _ => return found,
        }
    }
    state
}

async fn run_all(
    verb: Verb,
    (request, needs): (&ActionRequest, Option<&LinkNeeds>),
    group: &[LoadedConfig],
    results: &mut ActionResults,
) {
    let stop = cancel_on_signal();
    let session = Session::open(stop).await;
    let (path, file) = policy_file();
    let policy = read_policy_file(&path, file.as_ref());
    let lock = lock_around(group);
    let folders = group.iter().map(|one| folder_of(&one.file.file));
    for ignored in ignored_policies(&folders.collect()) {
        log::warn!(
            "the policy file {} is not read: {}\n  help: {}",
            ignored.path.display(),
            ignored.reason,
            ignored.help
        );
    }
    let run = AccountRun {
        verb,
        request,
        needs,
        session,
        console: Console::new(request.force, request.yes, lock),
        policy,
    };
    // Prompts come one after another.
    let is_serial = verb.deletes() || verb.class() == Class::Write && run.console.prompts();
    let lanes = match &run.policy {
        Ok(policy) if !is_serial => Lanes::new(policy.concurrency()),
        _ => Lanes::serial(),
    };
    let mut configs = Vec::new();
    for one in group {
        let Some(config) = one.config.as_deref() else {
            continue;
        };
        let mismatch = policy_mismatch(&config.path, folder_of(&one.file.file));
        let mismatch = mismatch.filter(|_| verb.class() > Class::Read);
        // A place that the policy does not allow is not queried.
        let problems = match mismatch {
            Some(problem) => vec![problem],
            None => place_problems(&run.policy, config),
        };
        match problems.is_empty() {
            true => configs.push((Lane::from(&config.target), (one, config))),
            false => results.fail(&one.file, Some(config), problems, Exit::Denied),
        }
    }
    let done = work_in_lanes(lanes, &run.session, configs, async |(one, config)| {
        let trail = Trail::default();
        let outcome = run.run_one(one, config, &trail).await;
        (one, config, trail, outcome)
    })
    .await;
    for (one, config, trail, outcome) in done {
        match outcome {
            Ok(details) => {
                if let Some(exit) = details.conclusion.exit() {
                    results.raise_exit(exit);
                }
                results
                    .diagnostics
                    .extend(details.diagnostics.iter().cloned());
                let is_done = details.conclusion.is_success();
                results.add(ConfigResult {
                    ok: is_done && !details.diagnostics.iter().any(Diagnostic::is_error),
                    details: Some(Box::new(details)),
                    trail,
                    ..ConfigResult::done(&one.file, Some(config))
                });
            }
            Err(failed) => {
                let item = ConfigResult {
                    remains: failed.remains,
                    trail,
                    ..ConfigResult::failed(&one.file, Some(config))
                };
                results.raise_exit(failed.exit);
                results.diagnostics.extend(failed.diagnostics);
                results.add(item);
            }
        }
    }
    if let Err(problems) = &run.policy {
        results.diagnostics.extend(problems.iter().cloned());
    }
}

/// One verb on many stacks.
struct AccountRun<'a> {
    verb: Verb,
    request: &'a ActionRequest,
    needs: Option<&'a LinkNeeds>,
    session: Session,
    console: Console,
    policy: Result<Policy, Vec<Diagnostic>>,
}

impl AccountRun<'_> {
    async fn run_one(
        &self,
        one: &LoadedConfig,
        config: &Config,
        trail: &Trail,
    ) -> Result<ActionOutcome, FailureReport> {
        let policies = Policies::from(&self.policy);
        let values = Redactor::for_config(config, &policies.shown_values());
        let values = values.with_alarms(policies.rollback(&config.target).as_ref());
        self.act(one, config, &values, trail)
            .await
            .map_err(|failure| {
                let mut failed = to_diagnostics(config, &values, failure);
                complete_commands(&config.path, &mut failed.diagnostics);
                failed
            })
    }

    /// Windows and freezes need no facts of AWS, so they are reported before the first request. A preview shows first what would happen.
    fn ensure_open(
        &self,
        config: &Config,
        authority: &dyn AuthoritySource,
    ) -> Result<(), OperationError> {
        let is_preview = self.verb.deletes() && !self.request.force;
        if self.request.dry_run || is_preview {
            return Ok(());
        }
        let stack = StackName::for_config(config);
        let facts = Facts {
            authority: authority.authority(&stack, None),
            ..Facts::default()
        };
        let kind = self.verb.effect();
        let mut denials = denials_before_credentials(kind, &self.policy, &facts, &stack);
        denials.retain(|denial| denial.code == Code::OutsideWindow);
        match denials.is_empty() {
            true => Ok(()),
            false => Err(OperationError::Denied(denials)),
        }
    }

    async fn act(
        &self,
        one: &LoadedConfig,
        config: &Config,
        values: &Redactor,
        trail: &Trail,
    ) -> Result<ActionOutcome, OperationError> {
        let console = self.console.for_stack(values.clone(), trail.clone());
        self.ensure_open(config, &console)?;
        let cloud = self.session.at(&config.target.region).await?;
        trail.set_caller(cloud.caller());
        let site = OperationContext {
            cloud: &cloud,
            policies: (&self.policy).into(),
            authority: &console,
            progress: &console,
            needs: self.needs,
            warnings: &Warnings::default(),
        };
        let task = Task {
            verb: self.verb,
            config,
            options: self.request.options(),
            deployed_config: &|body| deployed_config(one, config, body),
            width: width(),
        };
        let mut outcome = perform(&task, &site, values).await?;
        if self.verb == Verb::Adopt {
            let stack = match &outcome.data {
                ActionData::Adopted(adopted) => adopted.stack_id.as_str(),
                ActionData::Adoption(compared) => compared.stack.as_str(),
                _ => "",
            };
            let warnings = former_entries(&config.path, stack);
            outcome.diagnostics.extend(warnings);
        }
        Ok(outcome)
    }
}

/// The version of a config that a deployed template was rendered from, if the repository's history has it.
fn deployed_config(one: &LoadedConfig, config: &Config, body: &str) -> Option<Config> {
    let repository = LocalRepository::new(folder_of(&one.file.file).to_path_buf());
    let versions = repository.versions(config.path.file_name());
    let mut versions = versions
        .iter()
        .filter_map(|version| config.with_contents(version));
    versions.find(|version| Desired::renders_to(version, body))
}
