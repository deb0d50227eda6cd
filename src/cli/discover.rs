//! `discover`: lists the stacks of an account, and drafts configs for those that a product's names describe.

use std::path::{Path, PathBuf};

use clap::{Args, ValueHint};
use futures_util::StreamExt as _;
use rayon::prelude::*;

use super::console::width;
use super::discover_files::write_drafts;
use super::discover_stack::{Described, LoadedRepository, describe};
use super::former_entries::FormerEntries;
use super::load::{load_with, registry};
use super::products::TextFormat;
use super::roles::account;
use crate::cloud::{AwsErrorKind, Cloud, CloudError, Session};
use crate::diagnostic::{Diagnostic, LOG_TARGET};
use crate::discover::{KnownConfig, Sorted, product_environments, sort};
use crate::exit::{Exit, exit_codes};
use crate::job::cancel_on_signal;
use crate::product::{Partition, RunInput};
use crate::report::{
    DiscoveredRegion, DiscoveredState, Discovery, diagnostics, discovery_text, json_text,
};
use crate::stack::{LiveStack, StackName};
use crate::text::{or_list, quote, quote_argument};
use crate::workspace::{exit_of_search, is_folder, root_above, selected_configs};

/// Templates that are read at a time.
const CONCURRENCY: usize = 4;
/// CloudFormation may have expanded the template of such a stack.
const AUTO_EXPAND: &str = "CAPABILITY_AUTO_EXPAND";

const EXAMPLES: &str = "Examples:
  provisioner discover --account 123456789012 --region us-west-2
  provisioner discover --account 123456789012 --region us-west-1,us-west-2 --draft .
  provisioner discover --account 123456789012 --region us-west-2 --all --format json

Reads stacks with the usual credentials, which must be of the account. A stack
whose name a product gives is compared with its config, or with a drafted one.
--draft writes the drafts and their entries in .provisioner/adoptions.yaml. Run
it in the root of the repository. It replaces no config.";

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct DiscoverArgs {
    /// Account whose stacks are listed
    #[arg(long, value_name = "ID", value_parser = account)]
    account: String,
    /// Region; several with commas
    #[arg(long, value_name = "REGION", required = true, value_delimiter = ',', value_parser = region)]
    region: Vec<String>,
    /// Environment whose names are recognized [default: all]
    #[arg(long, value_name = "NAME")]
    environment: Option<String>,
    /// Write configs and entries for the stacks below this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    draft: Option<PathBuf>,
    /// List the stacks of no product, too
    #[arg(long)]
    all: bool,
    /// Print the stacks in this format
    #[arg(long, value_enum, default_value_t)]
    format: TextFormat,
}

fn after_help() -> String {
    let codes = exit_codes(&[
        (Exit::Ok, "all stacks are listed"),
        (
            Exit::Config,
            "a config has errors, or a stack got no draft and no entry",
        ),
        (Exit::Denied, "the credentials are of another account"),
        (Exit::Operation, "AWS refused a request"),
        (Exit::Unreachable, "AWS or the credentials do not work"),
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

fn region(text: &str) -> Result<String, &'static str> {
    match Partition::of_region(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err("write a region of AWS, such as eu-west-1"),
    }
}

/// A message for people, and the exit code.
type DiscoverError = (String, Exit);

/// Lists the stacks. Returns standard output and the exit code.
pub fn run(args: &DiscoverArgs) -> (String, Exit) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let found = runtime
        .map_err(|error| (format!("error: {error}"), Exit::Internal))
        .and_then(|runtime| runtime.block_on(discover(args)));
    let (found, exit) = match found {
        Ok(found) => found,
        Err((message, exit)) => {
            log::error!(target: LOG_TARGET, "{message}");
            return (String::new(), exit);
        }
    };
    if !found.problems.is_empty() {
        log::error!(target: LOG_TARGET, "{}", diagnostics(&found.problems));
    }
    match args.format {
        TextFormat::Text => (discovery_text(&found, width()), exit),
        TextFormat::Json => match json_text(&found) {
            Ok(text) => (text, exit),
            Err(error) => {
                log::error!("{error}");
                (String::new(), Exit::Internal)
            }
        },
    }
}

async fn discover(args: &DiscoverArgs) -> Result<(Discovery, Exit), DiscoverError> {
    let repository = read_repository()?;
    if let Some(environment) = &args.environment {
        ensure_known_environment(&repository, environment)?;
    }
    ensure_folder(args.draft.as_deref())?;
    let session = Session::open(cancel_on_signal()).await;
    let mut regions = args.region.clone();
    regions.sort();
    regions.dedup();
    let mut found = Discovery {
        account: args.account.clone(),
        environment: args.environment.clone(),
        regions: Vec::new(),
        written: Vec::new(),
        problems: Vec::new(),
        next: Vec::new(),
    };
    let former = FormerEntries::read(Path::new("."));
    let former = former.unwrap_or_else(|problems| {
        found.problems.extend(problems);
        FormerEntries::default()
    });
    let mut described = Vec::new();
    for region in &regions {
        let cloud = session.at(region).await;
        let cloud = cloud.map_err(|failed| failure(region, &failed))?;
        let caller = cloud.caller();
        if caller.account != args.account {
            let message = format!(
                "error: the credentials are of another account than --account: {}\n  help: unset AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, which AWS reads first; then set AWS_PROFILE to a profile of account {}",
                caller.account, args.account
            );
            return Err((message, Exit::Denied));
        }
        let (total, mut stacks) = read_region(args, &repository, &cloud, region)
            .await
            .map_err(|failed| failure(region, &failed))?;
        for one in &mut stacks {
            one.warn_of_entries(&former);
        }
        found.regions.push(DiscoveredRegion {
            region: region.clone(),
            total,
            stacks: stacks.iter().map(|one| one.stack.clone()).collect(),
        });
        described.extend(stacks);
    }
    if let Some(folder) = &args.draft {
        write_drafts(folder, &described, &mut found);
    }
    found.next = next(args, &regions, &found);
    let stacks = || found.regions.iter().flat_map(|region| &region.stacks);
    let exit = match () {
        () if stacks().any(|stack| stack.problem.is_some()) => Exit::Operation,
        () if !found.problems.is_empty() => Exit::Config,
        () => Exit::Ok,
    };
    Ok((found, exit))
}

/// An environment that no config and no product has is a typing error.
fn ensure_known_environment(
    repository: &LoadedRepository,
    name: &str,
) -> Result<(), DiscoverError> {
    let products = repository.products.iter().map(product_environments);
    let Some(mut known) = products.collect::<Option<Vec<_>>>().map(|all| all.concat()) else {
        return Ok(());
    };
    let configs = repository.known.iter();
    known.extend(configs.map(|config| config.stack.target.environment.clone()));
    known.sort();
    known.dedup();
    if known.iter().any(|known| known == name) {
        return Ok(());
    }
    let message = format!(
        "error: no product and no config has the environment {}\n  help: write {}",
        quote(name),
        or_list(&known.iter().map(String::as_str).collect::<Vec<_>>())
    );
    Err((message, Exit::Usage))
}

/// The folder of `--draft` exists: a misspelt path is not created.
fn ensure_folder(folder: Option<&Path>) -> Result<(), DiscoverError> {
    match folder {
        Some(folder) if !is_folder(folder) => {
            let message = format!(
                "error: the folder of --draft does not exist: {}\n  help: write the root of a repository, or create the folder first",
                quote(&folder.to_string_lossy())
            );
            Err((message, Exit::Usage))
        }
        // The paths of entries begin at the root, and provisioner reads the file of entries there.
        Some(folder) => [Path::new("."), folder]
            .into_iter()
            .try_for_each(ensure_root),
        None => Ok(()),
    }
}

/// A folder of a repository is its root.
fn ensure_root(folder: &Path) -> Result<(), DiscoverError> {
    let Some(root) = root_above(folder) else {
        return Ok(());
    };
    let message = format!(
        "error: the folder is below the root of its repository, which has the entries: {}\n  help: run `cd {}`, then `provisioner discover` with `--draft .`",
        quote(&folder.to_string_lossy()),
        quote_argument(&root.to_string_lossy())
    );
    Err((message, Exit::Usage))
}

/// The configs and products here. Configs with errors claim no stack.
fn read_repository() -> Result<LoadedRepository, DiscoverError> {
    let wrong = |problems: Vec<Diagnostic>| (diagnostics(&problems), exit_of_search(&problems));
    let files = selected_configs().map_err(wrong)?;
    let registry = registry(&files, &RunInput::default());
    let names: Vec<String> = registry.names().into_iter().map(str::to_owned).collect();
    let products = names.iter().filter_map(|name| registry.product(name));
    let products = products.filter_map(|product| product.ok()).collect();
    let loaded = load_with(&registry, files);
    let invalid = loaded.iter().filter(|one| one.config.is_none()).count();
    if invalid > 0 {
        log::warn!(
            "configs with errors are left out: {invalid}\n  help: run `provisioner validate-config`"
        );
    }
    let configs: Vec<_> = loaded
        .into_iter()
        .filter_map(|one| Some(*one.config?))
        .collect();
    let known = configs.iter().map(|config| KnownConfig {
        path: config.path.clone(),
        product: config.product.name().to_owned(),
        stack: StackName::for_config(config),
    });
    Ok(LoadedRepository {
        known: known.collect(),
        configs,
        products,
        registry,
    })
}

/// The number of stacks, and those that are listed.
async fn read_region(
    args: &DiscoverArgs,
    repository: &LoadedRepository,
    cloud: &Cloud,
    region: &str,
) -> Result<(usize, Vec<Described>), CloudError> {
    let listed = |count| log::debug!("{region}: {count} stacks listed");
    let stacks = cloud.live_stacks(listed).await?;
    let total = stacks.len();
    let place = (args.account.as_str(), region);
    let environment = args.environment.as_deref();
    let sorted = sort(
        &stacks,
        &repository.products,
        &repository.known,
        place,
        environment,
    );
    let wanted = stacks
        .into_iter()
        .zip(sorted)
        .filter(|(_, sorted)| args.all || !matches!(sorted, Sorted::Other));
    let read = futures_util::stream::iter(wanted)
        .map(|(live, sorted)| async move {
            let needs_template = match &sorted {
                Sorted::Claimed { .. } | Sorted::Named(_) => true,
                Sorted::Other => live.capabilities.iter().any(|word| word == AUTO_EXPAND),
                _ => false,
            };
            let template = match needs_template {
                true => Some(template(cloud, &live).await?),
                false => None,
            };
            Ok((live, sorted, template))
        })
        .buffered(CONCURRENCY)
        .collect::<Vec<Result<_, CloudError>>>()
        .await;
    let read: Result<Vec<_>, CloudError> = read.into_iter().collect();
    let described = read?
        .into_par_iter()
        .map(|(live, sorted, template)| describe(repository, &live, sorted, template));
    let mut described: Vec<Described> = described.collect();
    described.sort_by(|a, b| {
        let key = |one: &Described| (one.stack.state, one.stack.name.clone());
        key(a).cmp(&key(b))
    });
    Ok((total, described))
}

/// The template, or why AWS does not return it.
async fn template(cloud: &Cloud, live: &LiveStack) -> Result<Result<String, String>, CloudError> {
    match cloud.template(&live.stack.id).await {
        Ok(text) => Ok(Ok(text)),
        Err(failed) if failed.aws().is_some_and(|error| error.is_refusal()) => {
            Ok(Err(failed.to_string()))
        }
        Err(failed) => Err(failed),
    }
}

fn failure(region: &str, failed: &CloudError) -> DiscoverError {
    let kind = failed.aws().map(|error| &error.kind);
    let (exit, help) = match kind {
        Some(AwsErrorKind::NotAllowed) => (
            Exit::Operation,
            "allow `cloudformation:DescribeStacks` on all stacks of the region",
        ),
        Some(AwsErrorKind::NotFound | AwsErrorKind::Invalid) => (Exit::Operation, "check --region"),
        Some(AwsErrorKind::Unreachable) => (
            Exit::Unreachable,
            "run it again; if the answer stays the same, read it with `aws cloudformation describe-stacks`",
        ),
        _ if matches!(failed, CloudError::Interrupted) => (Exit::Operation, "run it again"),
        _ if failed.is_transient() => (Exit::Unreachable, "check the network, then run it again"),
        _ => (
            Exit::Unreachable,
            "set AWS_PROFILE or the AWS_… variables, or sign in again",
        ),
    };
    (format!("error: {region}: {failed}\n  help: {help}"), exit)
}

/// The next commands.
fn next(args: &DiscoverArgs, regions: &[String], found: &Discovery) -> Vec<String> {
    let account = &args.account;
    let stacks = found.regions.iter().flat_map(|region| &region.stacks);
    let open: Vec<_> = stacks
        .filter(|stack| stack.state == DiscoveredState::NotAdopted && stack.is_adoptable())
        .collect();
    if open.is_empty() {
        return Vec::new();
    }
    if args.draft.is_none() {
        let environment = args.environment.as_ref();
        let environment =
            environment.map_or(String::new(), |name| format!(" --environment {name}"));
        let regions = regions.join(",");
        return vec![format!(
            "provisioner discover --account {account} --region {regions}{environment} --draft ."
        )];
    }
    if found.written.is_empty() {
        return Vec::new();
    }
    let folders = found.written.iter().map(|path| path.folder());
    let mut folders: Vec<String> = folders.map(quote_argument).collect();
    folders.sort_unstable();
    folders.dedup();
    // The commands are for the root of the repository that has the drafts.
    let elsewhere = args
        .draft
        .as_deref()
        .filter(|draft| *draft != Path::new("."));
    let enter = elsewhere.map(|draft| format!("cd {}", quote_argument(&draft.to_string_lossy())));
    let commands = [
        "provisioner validate-config".to_owned(),
        format!("git switch --create adopt-{account}"),
        format!("git add {}", folders.join(" ")),
        format!("git commit --message \"Adopt the stacks of account {account}\""),
        format!("git push --set-upstream origin adopt-{account}"),
    ];
    enter.into_iter().chain(commands).collect()
}
