//! The command line: the engine's own commands, and those that products add.

use std::ffi::OsString;

use clap::{
    ArgMatches, Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
    ValueHint,
};

use super::actions::{self, Actions};
use super::check::CheckArgs;
use super::check_product::CheckProductArgs;
use super::completions::{self, CompletionsArgs};
use super::config_args::explain_missing_configs;
use super::discover::DiscoverArgs;
use super::doctor::DoctorArgs;
use super::errors::{explain_source_of_value, explain_unknown_command, reject_useless_config};
use super::estate::EstateArgs;
use super::global::GlobalArgs;
use super::init::InitArgs;
use super::lock::LockArgs;
use super::man::{self, ManArgs};
use super::new_product::NewProductArgs;
use super::original::{self, CommandForm};
use super::original_errors::reject_misspelled_form;
use super::products::{ExplainArgs, ListProductsArgs, ShowProductArgs};
use super::replay::ReplayArgs;
use super::request::ActionRequest;
use super::roles::RolesArgs;
use super::schema::SchemaArgs;
use super::tips::explain_unknown_flag;
use super::{
    check, check_product, discover, doctor, estate, init, lock, new_product, products, replay,
    roles, run_action, schema,
};
use crate::exit::{Exit, exit_codes};
use crate::product::Registry;

const EXAMPLES: &str = "Examples:
  provisioner validate-config                     all configs in the usual folders
  provisioner check --base main                   what a pull request would show
  provisioner show-changes CONFIG                 what a deployment would change
  provisioner --config CONFIG --action ACTION     the form of the original tools

CONFIG is a path, a glob, a folder or a file name. The usual folders are configs,
s3/configs and ml/configs. The policy file .provisioner.yaml sets which changes are
allowed.

Commands that query AWS use your AWS credentials (AWS_PROFILE, environment variables,
...). The config names the account and region. Results are printed on standard output,
messages on standard error. RUST_LOG=debug shows more messages, and NO_COLOR turns
colors off.

The original form takes the options of its action, except --all. In this form, --force
also means --overwrite for actions that render files. show-changes, test-deploy and
the actions for templates accept --solution, and only check its name.";

/// Provision AWS CloudFormation stacks from reviewed configuration.
#[derive(Debug, Parser)]
#[command(
    name = "provisioner",
    version,
    after_help = after_help()
)]
struct Root {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(flatten)]
    _original: OriginalArgs,
    #[command(subcommand)]
    command: Option<EngineCommand>,
}

fn after_help() -> String {
    let all: Vec<(Exit, String)> = Exit::all()
        .into_iter()
        .map(|exit| (exit, exit.meaning().replace('`', "")))
        .collect();
    let all: Vec<(Exit, &str)> = all.iter().map(|(exit, text)| (*exit, &**text)).collect();
    format!("{EXAMPLES}\n\n{}", exit_codes(&all))
}

/// For help, and for the error if one of them is missing. A command line with both is rewritten before clap reads it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Original form")]
struct OriginalArgs {
    /// Config to use; also -con
    #[arg(long, value_name = "CONFIG", requires = "action", value_hint = ValueHint::FilePath)]
    config: Option<String>,
    /// Action to run, one of the commands above; also -act
    #[arg(long, value_name = "ACTION", requires = "config")]
    action: Option<String>,
}

/// Commands that need no action of a product.
#[derive(Debug, Subcommand)]
pub enum EngineCommand {
    /// Write the setup of a repository: policy, workflows, code owners, first config
    Init(InitArgs),
    /// List products and their tiers
    ListProducts(ListProductsArgs),
    /// Show what a product creates, keeps on deletion and costs
    ShowProduct(ShowProductArgs),
    /// Print the JSON Schema of configs, of the policy file or of a report
    Schema(SchemaArgs),
    /// Explain a diagnostic code and how to resolve it
    Explain(ExplainArgs),
    /// Write a small product of your own, with a sample and a test
    NewProduct(NewProductArgs),
    /// Check products of your own: files, expressions, samples and tests
    CheckProduct(CheckProductArgs),
    /// Write or check the lock file of the built-in products
    Lock(LockArgs),
    /// Check what changed since a revision, as for a pull request
    Check(CheckArgs),
    /// Print a CloudFormation template of the IAM roles that CI assumes
    Roles(RolesArgs),
    /// Check credentials, token permissions and IAM roles (read-only)
    Doctor(DoctorArgs),
    /// List an account's stacks and draft configs for them (read-only in AWS)
    Discover(DiscoverArgs),
    /// List each config with its stack, drift and last change (read-only)
    Estate(EstateArgs),
    /// Recompute a run's decisions from its evidence file, offline
    Replay(ReplayArgs),
    /// Handle the event of a CI job; the GitHub action and GitLab component run it
    #[command(
        after_help = "Runs only in GitHub Actions and GitLab CI, and reads the job's environment variables.
It checks pull requests, applies merges, runs commands of comments and detects drift.
On a laptop, run check or doctor instead."
    )]
    Ci,
    /// Print a completion script for a shell
    #[command(after_help = "Examples:
  provisioner completions bash > /etc/bash_completion.d/provisioner
  provisioner completions fish > ~/.config/fish/completions/provisioner.fish

The script knows the actions of the products in this repository.")]
    Completions(CompletionsArgs),
    /// Print a manual page, or write one for each command
    #[command(after_help = "Examples:
  provisioner man | man -l -    the first page
  provisioner man DIR           a page for each command")]
    Man(ManArgs),
}

impl EngineCommand {
    /// Returns standard output and the exit code.
    fn run(self) -> (String, Exit) {
        match self {
            Self::Init(args) => init::run(&args),
            Self::ListProducts(args) => products::list_products(&args),
            Self::ShowProduct(args) => products::show_product(&args),
            Self::Schema(args) => schema::schema(&args),
            Self::Explain(args) => products::explain(&args),
            Self::NewProduct(args) => new_product::run(&args),
            Self::CheckProduct(args) => check_product::run(&args),
            Self::Lock(args) => lock::run(&args),
            Self::Check(args) => check::check(&args),
            Self::Roles(args) => roles::roles(args),
            Self::Doctor(args) => doctor::doctor(&args),
            Self::Discover(args) => discover::run(&args),
            Self::Estate(args) => estate::run(&args),
            Self::Replay(args) => replay::replay(&args),
            Self::Ci => crate::flow::run_in_ci(),
            Self::Completions(args) => {
                let registry = products_here();
                completions::completions(&args, command(&registry), &registry)
            }
            Self::Man(args) => man::man(&args, command(&products_here())),
        }
    }
}

/// A parsed command line.
#[derive(Debug)]
pub enum Invocation {
    Engine(EngineCommand),
    Action(ActionRequest),
    /// Options without a command.
    Nothing,
}

impl Invocation {
    /// Returns standard output and the exit code.
    pub fn run(self) -> (String, Exit) {
        match self {
            Self::Engine(command) => command.run(),
            Self::Action(request) => run_action::run(&request),
            Self::Nothing => {
                log::error!("no command given\n  help: run `provisioner --help`");
                (String::new(), Exit::Usage)
            }
        }
    }
}

/// The whole command line for these products.
pub fn command(registry: &Registry) -> Command {
    assemble(&actions_of(registry), CommandForm::Command)
}

/// Reads a command line.
pub fn parse(arguments: &[OsString]) -> Result<(GlobalArgs, Invocation), clap::Error> {
    let typed = arguments;
    let (arguments, form) = original::rewrite(&original::help_of_help(arguments));
    let named = arguments.get(1).and_then(|first| first.to_str());
    // The engine's commands need no product to be parsed.
    let registry = match named {
        Some(name) if engine_commands().iter().any(|known| known == name) => Registry::built_in(),
        _ => actions::products(&arguments),
    };
    let actions = actions_of(&registry);
    let mut command = without_blank_variables(assemble(&actions, form));
    command.build();
    reject_misspelled_form(&mut command, typed)?;
    if let (CommandForm::Original, Some(name)) = (form, named) {
        reject_useless_config(&mut command, name)?;
    }
    let matches = command
        .try_get_matches_from_mut(&arguments)
        .map_err(|error| explain_unknown_command(error, &command, &registry, form))
        .map_err(|error| explain_missing_configs(error, &arguments))
        .map_err(|error| explain_unknown_flag(error, &command, &arguments, form))
        .map_err(|error| explain_source_of_value(error, &command, &arguments))?;
    let invocation = match matches.subcommand() {
        Some((name, sub)) if actions.contains(name) => {
            Invocation::Action(actions::request(name, sub)?)
        }
        _ => engine(&matches)?,
    };
    Ok((GlobalArgs::from_arg_matches(&matches)?, invocation))
}

fn engine(matches: &ArgMatches) -> Result<Invocation, clap::Error> {
    let root = Root::from_arg_matches(matches)?;
    Ok(root.command.map_or(Invocation::Nothing, Invocation::Engine))
}

fn products_here() -> Registry {
    actions::products(&[])
}

fn actions_of(registry: &Registry) -> Actions {
    Actions::new(registry, &engine_commands())
}

fn engine_commands() -> Vec<String> {
    let root = Root::command();
    let names = root.get_subcommands().map(|sub| sub.get_name().to_owned());
    names.chain(["help".to_owned()]).collect()
}

/// Actions first, then the engine's commands, each in their order.
fn assemble(actions: &Actions, form: CommandForm) -> Command {
    let mut place = 0;
    let mut root = Root::command();
    for command in actions.commands(form) {
        root = root.subcommand(command.display_order(place));
        place += 1;
    }
    let own = engine_commands();
    for name in own.iter().filter(|name| *name != "help") {
        root = root.mut_subcommand(name, |sub| sub.display_order(place));
        place += 1;
    }
    root
}

/// Workflows pass absent inputs as empty variables. An empty variable counts as absent.
fn without_blank_variables(command: Command) -> Command {
    command
        .mut_args(|arg| match arg.get_env().is_some_and(crate::ci::is_blank) {
            true => arg.env(None::<&'static str>),
            false => arg,
        })
        .mut_subcommands(without_blank_variables)
}
