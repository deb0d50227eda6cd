//! `estate`: what is known of each config of a commit and its stack, as a text, a document or a page.

use std::collections::BTreeMap;

use clap::{Args, ValueEnum};

use super::config_args::CommitArgs;
use super::console::width;
use super::tier::check_tier;
use crate::change::{configs_at, load_valid, policy_at, products, require_matches};
use crate::ci;
use crate::cloud::Session;
use crate::diagnostic::LOG_TARGET;
use crate::estate::Estate;
use crate::exit::{Exit, exit_codes};
use crate::flow::estate::{EstateInput, StackAccess, read_estate};
use crate::forge::local::LocalRepository;
use crate::job::cancel_on_signal;
use crate::product::Registry;
use crate::report::{diagnostics, estate_page, estate_text, json_text};
use crate::workspace::ConfigSelector;

const EXAMPLES: &str = "Examples:
  provisioner estate                                    counts, and stacks that need somebody
  provisioner estate --format html > estate.html        the page with all configs
  provisioner estate --no-aws --format json             what the repository knows alone

Reads the configs of a commit, the history of the checkout, and with your AWS
credentials the stacks of their account. Facts of other accounts, reviews and open
pull requests are unknown here: the drift job of CI reads them. Changes nothing.";

/// Queries of AWS at the same time in each account and region.
const CONCURRENCY: usize = 4;

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct EstateArgs {
    /// Branch or commit whose configs are read
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    revision: String,
    /// Do not query AWS
    #[arg(long)]
    no_aws: bool,
    #[command(flatten)]
    of_commit: CommitArgs,
    /// Print the estate in this format
    #[arg(long, value_enum, default_value_t)]
    format: EstateFormat,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum EstateFormat {
    /// Counts, and the rows that need somebody
    #[default]
    Text,
    /// All rows, for programs
    Json,
    /// One page with all rows, which loads no other file
    Html,
}

fn after_help() -> String {
    let codes = exit_codes(&[
        (Exit::Ok, "the configs are listed"),
        (Exit::Usage, "the commit or a glob does not exist"),
        (Exit::Config, "the policy file has errors"),
        (
            Exit::Unreachable,
            "AWS did not answer for some; the rest is printed",
        ),
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

/// Reads the estate. Returns standard output and the exit code.
pub fn run(args: &EstateArgs) -> (String, Exit) {
    match read(args) {
        Ok((estate, exit)) => match show(&estate, args.format) {
            Ok(text) => (text, exit),
            Err(error) => {
                log::error!("{error:#}");
                (String::new(), Exit::Internal)
            }
        },
        Err((message, exit)) => {
            log::error!(target: LOG_TARGET, "{message}");
            (String::new(), exit)
        }
    }
}

/// A message for people, and the exit code.
type EstateError = (String, Exit);

fn read(args: &EstateArgs) -> Result<(Estate, Exit), EstateError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| (format!("error: {error}"), Exit::Internal))?;
    runtime.block_on(read_commit(args))
}

async fn read_commit(args: &EstateArgs) -> Result<(Estate, Exit), EstateError> {
    let usage = |error: &dyn std::fmt::Display| (format!("error: {error}"), Exit::Usage);
    let repository =
        LocalRepository::open(args.of_commit.repository.clone()).map_err(|error| usage(&error))?;
    let commit = repository
        .commit(&args.revision)
        .map_err(|error| usage(&error))?;
    let policy = policy_at(&repository, &commit).await;
    let policy = policy.map_err(|error| usage(&error))?;
    let policy = policy.map_err(|problems| (diagnostics(&problems), Exit::Config));
    let policy = policy?;
    let globs = args.of_commit.globs();
    let selection = ConfigSelector::for_policy(&globs, &Ok(policy.clone()))
        .map_err(|error| (format!("error: {error:#}"), Exit::Usage))?;
    require_matches(&repository, &[&commit], &globs, &selection)
        .await
        .map_err(|error| usage(&error))?;
    let given = args.of_commit.given();
    let registry: Registry = products(&repository, &commit, &given)
        .await
        .map_err(|error| usage(&error))?;
    check_tier(args.of_commit.tier.as_deref(), &registry).map_err(|error| usage(&error))?;
    let files = configs_at(&repository, &commit, &registry, &selection).await;
    let (configs, invalid) = load_valid(&registry, &files.map_err(|error| usage(&error))?);
    let session = match args.no_aws {
        true => None,
        false => Some(Session::open(cancel_on_signal()).await),
    };
    let current = BTreeMap::new();
    let input = EstateInput {
        rotation: None,
        repository: None,
        source: &repository,
        forge: None,
        commit: &commit,
        configs: &configs,
        invalid: &invalid,
        is_whole: globs.is_empty(),
        access: session
            .as_ref()
            .map_or(StackAccess::Nobody, StackAccess::Person),
        policy: &policy,
        current: &current,
        concurrency: CONCURRENCY,
        now: ci::now(),
    };
    let (estate, _) = read_estate(&input).await.map_err(|error| usage(&error))?;
    for problem in &estate.problems {
        log::warn!("{}: {}", problem.what, problem.reason);
    }
    let exit = match estate.problems.is_empty() {
        true => Exit::Ok,
        false => Exit::Unreachable,
    };
    Ok((estate, exit))
}

fn show(estate: &Estate, format: EstateFormat) -> anyhow::Result<String> {
    Ok(match format {
        EstateFormat::Text => estate_text(estate, width()),
        EstateFormat::Json => json_text(estate)?,
        EstateFormat::Html => estate_page(estate, "pull request")?,
    })
}
