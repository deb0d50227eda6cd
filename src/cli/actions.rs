//! A command for each action of the products. Manifests name the actions, so that clap learns them at run time; what an action takes
//! follows from its verb.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::FalseyValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches as _};

use super::original::Form;
use super::verbs::{examples, summary};
use super::{ActionRequest, Format};
use crate::product::{Registry, RunInput, Verb};
use crate::workspace::add_repository_products;

/// What every action takes.
#[derive(Debug, Args)]
struct ActionArgs {
    /// Paths, globs, folders or file names [default: all in the usual folders]
    #[arg(value_name = "CONFIG")]
    configs: Vec<String>,
    /// Tier of configs that name none, for products with tiers
    #[arg(
        long,
        value_name = "TIER",
        env = "PROVISIONER_TIER",
        hide_env_values = true
    )]
    tier: Option<String>,
    /// Print results in this format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Write no log into reports/
    #[arg(
        long,
        env = "PROVISIONER_NO_LOG",
        hide_env_values = true,
        value_parser = FalseyValueParser::new()
    )]
    no_log: bool,
}

/// What only some actions take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionOption {
    Overwrite,
    Real,
    FailOnDrift,
    Keep,
    Solution,
    Force,
}

impl ActionOption {
    fn of(verb: Verb) -> &'static [Self] {
        match verb {
            Verb::ValidateConfig | Verb::ReviewReport => &[],
            Verb::RenderTemplate | Verb::RenderPolicy => &[Self::Overwrite],
            Verb::ValidateTemplate | Verb::ShowChanges => &[Self::Real],
            Verb::CheckDrift => &[Self::FailOnDrift],
            Verb::TestDeploy => &[Self::Keep],
            Verb::Provision => &[Self::Solution, Self::Force],
            Verb::DeployFolders | Verb::UploadTemplate => &[Self::Solution],
            Verb::Delete | Verb::TearDown => &[Self::Force],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Overwrite => "overwrite",
            Self::Real => "real",
            Self::FailOnDrift => "fail-on-drift",
            Self::Keep => "keep",
            Self::Solution => "solution",
            Self::Force => "force",
        }
    }

    fn arg(self, verb: Verb) -> Arg {
        let help = match (self, verb) {
            (Self::Overwrite, _) => "Overwrite files that were edited by hand",
            (Self::Real, Verb::ShowChanges) => {
                "Also create and delete a change set for stacks that do not exist"
            }
            (Self::Real, _) => "Also validate with CloudFormation and check dependencies in AWS",
            (Self::FailOnDrift, _) => "Exit with 12 if a stack has drifted",
            (Self::Keep, _) => "Keep the stack and print the command that deletes it",
            (Self::Solution, _) => "Solution whose folders are meant [default: all of the config]",
            (Self::Force, _) => "Confirm creating, updating or deleting stacks",
        };
        let arg = Arg::new(self.name()).long(self.name()).help(help);
        match self {
            Self::Solution => arg.value_name("NAME"),
            _ => arg.action(ArgAction::SetTrue),
        }
    }
}

/// An action of one product or of several.
struct ActionCommand {
    name: String,
    /// Several if products mean different things by the name.
    verbs: Vec<Verb>,
    summary: Option<String>,
    has_folders: bool,
}

/// The actions of all products, from harmless to destructive.
pub struct Actions(Vec<ActionCommand>);

impl Actions {
    /// The actions of a registry, without names that the engine has taken.
    pub fn of(registry: &Registry, taken: &[String]) -> Self {
        let mut actions: Vec<ActionCommand> = Vec::new();
        for action in registry.actions() {
            if taken.contains(&action.name) || !is_command_name(&action.name) {
                continue;
            }
            let known = actions.iter_mut().find(|known| known.name == action.name);
            match known {
                Some(known) => {
                    if !known.verbs.contains(&action.verb) {
                        known.verbs.push(action.verb);
                    }
                    known.has_folders |= action.has_folders;
                    known.summary = known.summary.take().or(action.summary);
                }
                None => actions.push(ActionCommand {
                    name: action.name,
                    verbs: vec![action.verb],
                    summary: action.summary,
                    has_folders: action.has_folders,
                }),
            }
        }
        actions.sort_by_key(|action| {
            let first = action.verbs.first().map(|verb| *verb as u8);
            (first, action.name.clone())
        });
        Self(actions)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|action| action.name == name)
    }

    pub fn commands(&self, form: Form) -> impl Iterator<Item = Command> {
        self.0.iter().map(move |action| action.command(form))
    }
}

impl ActionCommand {
    fn takes(&self, option: ActionOption) -> bool {
        let takes = |verb: &Verb| ActionOption::of(*verb).contains(&option);
        let has_use = option != ActionOption::Solution || self.has_folders;
        self.verbs.iter().any(takes) && has_use
    }

    fn command(&self, form: Form) -> Command {
        let first = self.verbs.first().copied();
        let verb = first.unwrap_or(Verb::ValidateConfig);
        let about = match (&self.summary, self.verbs.as_slice()) {
            (Some(summary), _) => summary.clone(),
            (None, [verb]) => summary(*verb).to_owned(),
            (None, _) => "Do what the product of each config means by it".to_owned(),
        };
        let mut command = ActionArgs::augment_args(Command::new(self.name.clone()))
            .about(about)
            .after_help(examples(verb, &self.name));
        for option in ActionOption::of_all(&self.verbs) {
            if self.takes(option) {
                command = command.arg(option.arg(verb));
            }
        }
        let deletes = |verb: &Verb| matches!(verb, Verb::Delete | Verb::TearDown);
        if self.verbs.iter().any(deletes) {
            command = command.mut_arg("configs", |configs| {
                configs
                    .required(true)
                    .help("Paths, globs, folders or file names")
            });
        }
        match form {
            Form::Command => command,
            Form::Original => self.as_original(command),
        }
    }

    /// The original tools' documents give `--solution` to actions that do nothing with it, and the original rendering actions overwrote
    /// whatever was there, with `--force` too.
    fn as_original(&self, command: Command) -> Command {
        let ignores = |verb: &Verb| {
            matches!(
                verb,
                Verb::RenderTemplate
                    | Verb::ValidateTemplate
                    | Verb::ShowChanges
                    | Verb::TestDeploy
            )
        };
        let command = match self.takes(ActionOption::Overwrite) {
            true => command.mut_arg(ActionOption::Overwrite.name(), |arg| arg.alias("force")),
            false => command,
        };
        match self.verbs.iter().any(ignores) && !self.takes(ActionOption::Solution) {
            true => command.arg(ActionOption::Solution.arg(Verb::DeployFolders).hide(true)),
            false => command,
        }
    }
}

impl ActionOption {
    /// The options of several verbs, each once.
    fn of_all(verbs: &[Verb]) -> Vec<Self> {
        let mut options = Vec::new();
        for option in verbs.iter().flat_map(|verb| Self::of(*verb)) {
            if !options.contains(option) {
                options.push(*option);
            }
        }
        options
    }
}

/// The products whose actions a command line may name: those built in, those of the repository around the working directory, and those
/// around each path that it names.
pub fn products(arguments: &[OsString]) -> Registry {
    let mut registry = Registry::built_in();
    let folders = arguments
        .iter()
        .skip(1)
        .filter_map(|argument| Path::new(argument).parent());
    let mut folders: Vec<&Path> = folders
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    folders.sort();
    folders.dedup();
    for folder in folders.into_iter().chain([Path::new(".")]) {
        add_repository_products(&mut registry, folder);
    }
    registry
}

/// What a command line asks of an action.
pub fn request(name: &str, matches: &ArgMatches) -> Result<ActionRequest, clap::Error> {
    let args = ActionArgs::from_arg_matches(matches)?;
    let is_set =
        |option: ActionOption| matches!(matches.try_get_one::<bool>(option.name()), Ok(Some(true)));
    let solution = matches.try_get_one::<String>(ActionOption::Solution.name());
    Ok(ActionRequest {
        action: name.to_owned(),
        configs: args.configs,
        given: RunInput {
            tier: args.tier,
            ..RunInput::default()
        },
        overwrite: is_set(ActionOption::Overwrite),
        force: is_set(ActionOption::Force),
        real: is_set(ActionOption::Real),
        keep: is_set(ActionOption::Keep),
        fail_on_drift: is_set(ActionOption::FailOnDrift),
        solution: solution.ok().flatten().cloned(),
        format: args.format,
        log: !args.no_log,
        time: crate::ci::timestamp(),
        token: crate::ci::random_suffix(),
    })
}

/// Other names could not be typed, or would be flags.
fn is_command_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(allowed)
}
