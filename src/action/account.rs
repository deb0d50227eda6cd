//! The actions that need AWS: many stacks at once, within the policy's bound.

use std::path::Path;

use futures_util::StreamExt as _;
use serde::Serialize;
use serde_json::Value;

use super::console::{Console, width};
use super::failure::{denied, explain};
use super::{Details, Item, Loaded, Request, Results, validate};
use crate::cloud::{Session, Stop};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::forge::local::Repository;
use crate::guard::{Policy, read_policy};
use crate::operation::{self, Desired, Failure, Site};
use crate::plan::Deletion;
use crate::product::Verb;
use crate::report::{self, Medium, Values};
use crate::wording::counted;
use crate::workspace::policy_file;

/// Runs one verb on its configs.
pub fn run(verb: Verb, request: &Request, group: &[Loaded], results: &mut Results) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            for one in group {
                let problem =
                    Diagnostic::error("aws-unreachable", &one.file.shown, error.to_string());
                results.fail(
                    &one.file,
                    one.config.as_ref(),
                    vec![problem],
                    Exit::Internal,
                );
            }
            return;
        }
    };
    runtime.block_on(run_all(verb, request, group, results));
}

async fn run_all(verb: Verb, request: &Request, group: &[Loaded], results: &mut Results) {
    let stop = stop_on_signal();
    let session = Session::open(stop).await;
    let (path, bytes) = policy_file();
    let policy = read_policy(&path, bytes.as_deref());
    let run = Run {
        verb,
        request,
        session,
        console: Console::new(request.force),
        policy,
    };
    // Whoever is asked something should be asked one thing at a time.
    let bound = match (&run.policy, verb) {
        (_, Verb::Delete | Verb::TearDown) => 1,
        (Ok(policy), _) => policy.concurrency(),
        (Err(_), _) => 1,
    };
    let configs = group
        .iter()
        .filter_map(|one| Some((one, one.config.as_ref()?)));
    let done = futures_util::stream::iter(configs)
        .map(|(one, config)| {
            let run = &run;
            async move { (one, config, run.one(one, config).await) }
        })
        .buffer_unordered(bound)
        .collect::<Vec<_>>()
        .await;
    for (one, config, outcome) in done {
        match outcome {
            Ok(details) => {
                if let Some(exit) = details.exit {
                    results.worst(exit);
                }
                results
                    .diagnostics
                    .extend(details.diagnostics.iter().cloned());
                results.add(Item {
                    ok: !details.diagnostics.iter().any(validate::is_error),
                    details: Some(details),
                    ..Item::done(&one.file, Some(config))
                });
            }
            Err((problems, exit)) => results.fail(&one.file, Some(config), problems, exit),
        }
    }
    if let Err(problems) = &run.policy {
        results.diagnostics.extend(problems.iter().cloned());
    }
}

/// One run of one verb.
struct Run<'a> {
    verb: Verb,
    request: &'a Request,
    session: Session,
    console: Console,
    policy: Result<Policy, Vec<Diagnostic>>,
}

impl Run<'_> {
    async fn one(&self, one: &Loaded, config: &Config) -> Result<Details, (Vec<Diagnostic>, Exit)> {
        let shown = self
            .policy
            .as_ref()
            .map_or(&[][..], |policy| &policy.values.show);
        let values = Values::of(config, shown);
        self.act(one, config, &values)
            .await
            .map_err(|failure| explain(config, &values, failure))
    }

    async fn act(
        &self,
        one: &Loaded,
        config: &Config,
        values: &Values,
    ) -> Result<Details, Failure> {
        let cloud = self.session.at(&config.target.region).await?;
        let console = self.console.of(values.clone());
        let site = Site {
            cloud: &cloud,
            policy: &self.policy,
            authority: &console,
            progress: &console,
        };
        let suffixed;
        let desired = match self.verb {
            Verb::TestDeploy => {
                let suffix = format!("-t{}", &self.request.token);
                suffixed = config.suffixed(&suffix).map_err(Failure::Invalid)?;
                Desired::of_test(&suffixed, config.stack(), self.request.keep)?
            }
            _ => Desired::of(config)?,
        };
        match self.verb {
            Verb::ShowChanges => {
                let deployed = |body: &str| self.deployed(one, config, body);
                let changes =
                    operation::changes(&site, &desired, self.request.real, &deployed).await?;
                let refused = changes.refused.is_some();
                let details = Details::new(
                    report::changes_line(&changes),
                    report::changes(&changes, values, Medium::Text(width())),
                    report::changes(&changes, values, Medium::Markdown),
                    &report::shown_changes(&changes, values),
                );
                Ok(details.with_exit(refused.then_some(Exit::Operation)))
            }
            Verb::CheckDrift => {
                let drift = operation::drift(&site, &desired).await?;
                let drifted = drift.has_drifted() && self.request.fail_on_drift;
                let details = Details::new(
                    report::drift_line(&drift),
                    report::drift(&drift, values, Medium::Text(width())),
                    report::drift(&drift, values, Medium::Markdown),
                    &report::shown_drift(&drift, values),
                );
                Ok(details.with_exit(drifted.then_some(Exit::Drift)))
            }
            Verb::TestDeploy => {
                let tested =
                    operation::test_deploy(&site, &desired, config.stack(), self.request.keep)
                        .await?;
                let end = match tested.kept {
                    true => format!(
                        "kept; remove it with `aws cloudformation delete-stack --stack-name {} --region {}`",
                        tested.stack.name, config.target.region
                    ),
                    false => "removed".to_owned(),
                };
                let line = format!("{}: created, verified, {end}", tested.stack.name);
                Ok(Details::line(line, &tested))
            }
            Verb::Provision => self.provision(config, &site, &desired).await,
            Verb::DeployFolders => {
                let folders =
                    operation::deploy_folders(&site, &desired, &self.prefixes(config)?).await?;
                let line = format!(
                    "{}: {} made, {} in all",
                    folders.bucket,
                    counted(folders.made, "folder"),
                    folders.wanted
                );
                Ok(Details::line(line, &folders))
            }
            Verb::UploadTemplate => {
                let places =
                    operation::upload_template(&site, &desired, &self.prefixes(config)?).await?;
                Ok(Details::line(
                    format!("wrote {}", places.join(", ")),
                    &places,
                ))
            }
            Verb::Delete | Verb::TearDown => self.delete(config, &site, &desired).await,
            Verb::ValidateTemplate => {
                let capabilities = cloud.validate(&desired.sent).await?;
                let missing = operation::preflight_of(&site, &desired).await?;
                let line = format!(
                    "{}: CloudFormation accepts the template{}",
                    desired.stack.name,
                    match capabilities.is_empty() {
                        true => String::new(),
                        false => format!("; it needs {}", capabilities.join(", ")),
                    }
                );
                let failed = missing.iter().any(validate::is_error);
                let details = Details::line(line, &Value::Null).with_diagnostics(missing);
                Ok(details.with_exit(failed.then_some(Exit::Config)))
            }
            _ => Err(Failure::Unverified(
                "this action does not need AWS".to_owned(),
            )),
        }
    }

    /// Whoever is refused is told what would have gone.
    async fn delete(
        &self,
        config: &Config,
        site: &Site<'_>,
        desired: &Desired<'_>,
    ) -> Result<Details, Failure> {
        let empties = self.verb == Verb::TearDown;
        let table = |deletion: &Deletion, medium| report::deletion(deletion, medium);
        match operation::delete(site, desired, empties).await {
            Ok(gone) => {
                let deletion = &gone.deletion;
                Ok(Details::new(
                    report::deleted_line(deletion),
                    table(deletion, Medium::Text(width())),
                    table(deletion, Medium::Markdown),
                    &gone,
                ))
            }
            // Whoever did not type the name has just seen it.
            Err(Failure::Denied(denials))
                if denials.iter().all(|it| it.code != "delete-not-confirmed") =>
            {
                let deletion = operation::preview_deletion(site, desired, empties).await;
                let Ok(deletion) = deletion else {
                    return Err(Failure::Denied(denials));
                };
                let details = Details::new(
                    report::deletion_line(&deletion),
                    table(&deletion, Medium::Text(width())),
                    table(&deletion, Medium::Markdown),
                    &deletion,
                );
                let denials = denied(&config.path, denials);
                Ok(details
                    .with_diagnostics(denials)
                    .with_exit(Some(Exit::Denied)))
            }
            Err(failure) => Err(failure),
        }
    }

    async fn provision(
        &self,
        config: &Config,
        site: &Site<'_>,
        desired: &Desired<'_>,
    ) -> Result<Details, Failure> {
        let prefixes = self.prefixes(config)?;
        let provisioned = operation::provision(site, desired).await?;
        let mut line = format!(
            "{}: {}; {} and {} verified",
            desired.stack.name,
            provisioned.outcome.word(),
            counted(provisioned.outputs.len(), "output"),
            counted(provisioned.parameters.len(), "parameter")
        );
        if !prefixes.is_empty() {
            let folders = operation::deploy_folders(site, desired, &prefixes).await?;
            line.push_str(&format!(
                "; {} made in {}, {} in all",
                counted(folders.made, "folder"),
                folders.bucket,
                folders.wanted
            ));
        }
        Ok(Details::line(line, &provisioned).with_diagnostics(provisioned.warnings.clone()))
    }

    /// The version of a config that a deployed template was rendered from, if the repository's history has it.
    fn deployed(&self, one: &Loaded, config: &Config, body: &str) -> Option<Config> {
        let folder = one
            .file
            .file
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty());
        let folder = folder.unwrap_or(Path::new("."));
        let repository = Repository::new(folder.to_path_buf());
        let versions = repository.versions(config.path.file_name());
        let mut versions = versions.iter().filter_map(|bytes| config.with_bytes(bytes));
        versions.find(|version| Desired::renders_to(version, body))
    }

    /// The prefixes below which folders go: of `--solution`, or of all that the config names.
    fn prefixes(&self, config: &Config) -> Result<Vec<String>, Failure> {
        let product = &config.product;
        let scope = &config.derived.scope;
        let prefixes = match &self.request.solution {
            None => product.folder_prefixes(scope),
            Some(solution) => product.folder_prefix(scope, solution).map(Vec::from_iter),
        };
        prefixes.map_err(|failure| {
            let problem = Diagnostic::error("product-invalid", &config.path, failure.to_string());
            Failure::Invalid(vec![problem])
        })
    }
}

/// Ctrl-C, or the signal by which CI cancels a job, lets the run clean up; the second one ends it at once.
fn stop_on_signal() -> Stop {
    let (ask, asked) = tokio::sync::watch::channel(false);
    tokio::spawn(async move {
        interrupted().await;
        eprintln!("note: the run ends after it has cleaned up; once more ends it at once");
        let _ = ask.send(true);
        interrupted().await;
        std::process::exit(130);
    });
    Stop::when(asked)
}

async fn interrupted() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}

impl Details {
    fn line(line: String, data: &impl Serialize) -> Self {
        Self::new(line, String::new(), String::new(), data)
    }
}
