//! The command line: the engine's own commands, and those that products add.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{
    ArgMatches, Args, Command, CommandFactory as _, FromArgMatches as _, Parser, Subcommand,
};

use super::actions::{self, Actions};
use super::check::CheckArgs;
use super::completions::{self, CompletionsArgs, ManArgs};
use super::doctor::DoctorArgs;
use super::global::GlobalArgs;
use super::original::{self, CommandForm};
use super::products::{ExplainArgs, ListProductsArgs, ShowProductArgs};
use super::replay::ReplayArgs;
use super::request::ActionRequest;
use super::roles::RolesArgs;
use super::schema::SchemaArgs;
use super::{check, doctor, products, replay, roles, run_action, schema, tips};
use crate::exit::Exit;
use crate::product::Registry;
use crate::report::escape_workflow_commands;
use crate::text::did_you_mean;

/// Provision AWS CloudFormation stacks from reviewed configuration.
#[derive(Debug, Parser)]
#[command(
    name = "provisioner",
    version,
    after_help = "Examples:
  provisioner validate-config                     all configs in the usual folders
  provisioner check --base main                   what a pull request would show
  provisioner show-changes CONFIG                 what a deployment would change
  provisioner --config CONFIG --action ACTION     the form of the original tools

CONFIG is a path, a glob, a folder or a file name. Results go to standard output,
all else to standard error. AWS commands use the usual credentials (AWS_PROFILE,
environment variables, ...) in the account and region that the config names. The
policy file .provisioner.yaml says what may happen to stacks. RUST_LOG selects
messages, such as RUST_LOG=debug, and NO_COLOR turns colors off.

The original form takes the options of its action. There, --force with an action
that renders files overwrites hand-edited files, as --overwrite does elsewhere.

Exit codes:
   0  success                  12  drift found, with --fail-on-drift
   1  internal error           20  denied
   2  wrong command line       30  stack operation failed, or interrupted
  10  errors in configs        31  no credentials, or no answer
  11  impact above what the policy allows"
)]
struct Root {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(flatten)]
    _original: OriginalArgs,
    #[command(subcommand)]
    command: Option<EngineCommand>,
}

/// For help, and for the error if one of them is missing. A command line with both is rewritten before clap reads it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Original form")]
struct OriginalArgs {
    /// Config of the action; also -con
    #[arg(long, value_name = "CONFIG", requires = "action")]
    config: Option<String>,
    /// Action, a name of the commands above; also -act
    #[arg(long, value_name = "ACTION", requires = "config")]
    action: Option<String>,
}

/// Commands that need no action of a product.
#[derive(Debug, Subcommand)]
pub enum EngineCommand {
    /// List products and their tiers
    ListProducts(ListProductsArgs),
    /// Show what a product creates, keeps on deletion and costs
    ShowProduct(ShowProductArgs),
    /// Print the JSON Schema of a product's configs or of the policy file
    Schema(SchemaArgs),
    /// Explain a diagnostic code and what clears it
    Explain(ExplainArgs),
    /// Check what changed since a revision, as for a pull request
    Check(CheckArgs),
    /// Print a CloudFormation template of the IAM roles that CI assumes
    Roles(RolesArgs),
    /// Check credentials, token permissions and IAM roles (read-only)
    Doctor(DoctorArgs),
    /// Recompute a run's decisions from its evidence file, offline
    Replay(ReplayArgs),
    /// Read the CI environment and handle its event; the action runs this
    Ci,
    /// Print a completion script for a shell
    #[command(after_help = "Examples:
  provisioner completions bash > /etc/bash_completion.d/provisioner
  provisioner completions fish > ~/.config/fish/completions/provisioner.fish

The script knows the actions of the products in this repository.")]
    Completions(CompletionsArgs),
    /// Print a manual page, or write one for each command
    #[command(hide = true)]
    Man(ManArgs),
}

impl EngineCommand {
    /// Returns standard output and the exit code.
    fn run(self) -> (String, Exit) {
        match self {
            Self::ListProducts(args) => products::list_products(&args),
            Self::ShowProduct(args) => products::show_product(&args),
            Self::Schema(args) => schema::schema(&args),
            Self::Explain(args) => products::explain(&args),
            Self::Check(args) => check::check(&args),
            Self::Roles(args) => roles::roles(args),
            Self::Doctor(args) => doctor::doctor(&args),
            Self::Replay(args) => replay::replay(&args),
            Self::Ci => crate::flow::run_in_ci(),
            Self::Completions(args) => completions::completions(&args, command(&products_here())),
            Self::Man(args) => completions::man(&args, command(&products_here())),
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

/// The whole command line for these products, without the flags of `tips`.
pub fn command(registry: &Registry) -> Command {
    assemble(&actions_of(registry), CommandForm::Command)
}

/// Reads a command line.
pub fn parse(arguments: &[OsString]) -> Result<(GlobalArgs, Invocation), clap::Error> {
    let (arguments, form) = original::rewrite(arguments);
    let named = arguments.get(1).and_then(|first| first.to_str());
    // The engine's commands need no product to be parsed.
    let registry = match named {
        Some(name) if engine_commands().iter().any(|known| known == name) => Registry::built_in(),
        _ => actions::products(&arguments),
    };
    let actions = actions_of(&registry);
    let mut command = without_blank_variables(tips::refuse_foreign_flags(assemble(&actions, form)));
    let matches = command
        .try_get_matches_from_mut(&arguments)
        .map_err(|error| explain_unknown_command(error, &command, &registry))?;
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

/// For an unknown command, suggests only the nearest name. The command may also be the action of a product that cannot be read.
fn explain_unknown_command(
    mut error: clap::Error,
    command: &Command,
    registry: &Registry,
) -> clap::Error {
    let unknown = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(unknown)) if error.kind() == ErrorKind::InvalidSubcommand => {
            unknown.clone()
        }
        _ => return error,
    };
    error.remove(ContextKind::SuggestedSubcommand);
    let names = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    if let Some(nearest) = did_you_mean(&unknown, names.map(Command::get_name)) {
        let nearest = ContextValue::Strings(vec![nearest.to_owned()]);
        error.insert(ContextKind::SuggestedSubcommand, nearest);
    }
    let unreadable = registry.unreadable_products().map(|why| {
        let tip = format!("a product with more actions cannot be read: {why}");
        StyledStr::from(escape_workflow_commands(&tip))
    });
    let unreadable: Vec<StyledStr> = unreadable.collect();
    if !unreadable.is_empty() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(unreadable));
    }
    error
}
