//! One command for each action of the products. Manifests name the actions, so clap learns them at run time. An action's options
//! follow from its verb.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::BoolishValueParser;
use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches as _};

use super::config_args::{ConfigArgs, require_configs};
use super::examples::examples;
use super::original::CommandForm;
use super::request::ActionRequest;
use super::result::ResultFormat;
use crate::entries::NamedResource;
use crate::product::{Class, ProductAction, Registry, RunInput, Verb};
use crate::workspace::add_repository_products;

/// Arguments of every action.
#[derive(Debug, Args)]
struct ActionArgs {
    #[command(flatten)]
    configs: ConfigArgs,
    /// Tier for configs that name no tier
    #[arg(
        long,
        value_name = "TIER",
        env = "PROVISIONER_TIER",
        hide_env_values = true
    )]
    tier: Option<String>,
    /// Print results in this format
    #[arg(long, value_enum, default_value_t)]
    format: ResultFormat,
    /// Write no log into reports/
    #[arg(
        long,
        env = "PROVISIONER_NO_LOG",
        hide_env_values = true,
        value_parser = BoolishValueParser::new()
    )]
    no_log: bool,
}

/// Arguments of some actions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActionOption {
    Overwrite,
    Real,
    FailOnDrift,
    Resolved,
    Keep,
    Solution,
    Skip,
    Resource,
    Force,
    Yes,
    DryRun,
}

impl ActionOption {
    const ALL: [Self; 11] = [
        Self::Overwrite,
        Self::Real,
        Self::FailOnDrift,
        Self::Resolved,
        Self::Keep,
        Self::Solution,
        Self::Skip,
        Self::Resource,
        Self::Force,
        Self::Yes,
        Self::DryRun,
    ];

    fn for_verb(verb: Verb) -> &'static [Self] {
        match verb {
            Verb::ValidateConfig => &[Self::Resolved],
            Verb::ReviewReport => &[Self::DryRun],
            Verb::RenderTemplate | Verb::RenderPolicy => &[Self::Overwrite, Self::DryRun],
            Verb::ValidateTemplate | Verb::ShowChanges => &[Self::Real],
            Verb::CheckDrift => &[Self::FailOnDrift],
            Verb::TestDeploy => &[Self::Keep, Self::DryRun],
            Verb::Provision => &[Self::Solution, Self::Force, Self::Yes, Self::DryRun],
            Verb::DeployFolders | Verb::UploadTemplate => &[Self::Solution, Self::DryRun],
            Verb::Restore => &[Self::Force, Self::Yes, Self::DryRun],
            Verb::ContinueRollback => &[Self::Skip, Self::Force, Self::DryRun],
            Verb::Adopt | Verb::Unadopt => &[Self::Force, Self::Yes, Self::DryRun],
            Verb::Import => &[Self::Resource, Self::Force, Self::Yes, Self::DryRun],
            Verb::Delete | Verb::TearDown | Verb::Replace => &[Self::Force, Self::DryRun],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Overwrite => "overwrite",
            Self::Real => "real",
            Self::FailOnDrift => "fail-on-drift",
            Self::Resolved => "resolved",
            Self::Keep => "keep",
            Self::Solution => "solution",
            Self::Skip => "skip",
            Self::Resource => "resource",
            Self::Force => "force",
            Self::Yes => "yes",
            Self::DryRun => "dry-run",
        }
    }

    fn arg(self, verb: Verb) -> Arg {
        let help = match (self, verb) {
            (Self::Overwrite, _) => "Overwrite files that were edited by hand",
            (Self::Real, Verb::ShowChanges) => {
                "Also create and delete a change set for stacks that do not exist"
            }
            (Self::Real, _) => "Also validate with CloudFormation and check dependencies in AWS",
            (Self::FailOnDrift, _) => "Exit with 12 if a stack has drifted, 30 if unknown",
            (Self::Resolved, _) => {
                "Also print all values, with those of `_defaults.yaml` and of the product"
            }
            (Self::Keep, _) => "Keep the stack and print the command that deletes it",
            (Self::Solution, Verb::UploadTemplate) => {
                "Upload for this solution only [default: all of the config]"
            }
            (Self::Solution, _) => {
                "Create folders for this solution only [default: all of the config]"
            }
            (Self::Force, Verb::Import) => "Confirm creating stacks with these resources",
            (Self::Force, Verb::Provision) => "Confirm creating or updating stacks",
            (Self::Force, Verb::Delete) => "Confirm deleting stacks",
            (Self::Force, Verb::TearDown) => "Confirm deleting stacks and buckets",
            (Self::Resource, _) => {
                "Import a resource, such as Bucket=BucketName=acme-data; can be repeated"
            }
            (Self::Skip, _) => "Leave this resource as it is; can be given several times",
            (Self::Force, Verb::Restore | Verb::ContinueRollback) => "Confirm the repair",
            (Self::Force, _) => "Confirm creating, updating or deleting stacks",
            (Self::Yes, _) => "Skip the prompt if the change deletes and replaces no resource",
            (Self::DryRun, _) => "Report what the action would do, and change nothing",
        };
        let arg = Arg::new(self.name()).long(self.name()).help(help);
        match self {
            Self::Solution => arg.value_name("NAME"),
            Self::Skip => arg.value_name("LOGICAL_ID").action(ArgAction::Append),
            Self::Resource => arg
                .value_name("ID=KEY=VALUE")
                .required(true)
                .action(ArgAction::Append)
                .value_parser(named_resource),
            _ => arg.action(ArgAction::SetTrue),
        }
    }
}

fn named_resource(text: &str) -> Result<NamedResource, &'static str> {
    NamedResource::parse(text)
        .ok_or("write LOGICAL_ID=KEY=VALUE, such as Bucket=BucketName=acme-data")
}

/// The actions of all products, from harmless to destructive.
pub struct Actions(Vec<ProductAction>);

impl Actions {
    /// The actions of a registry, without names that the engine has taken.
    pub fn new(registry: &Registry, taken: &[String]) -> Self {
        let mut actions = registry.actions();
        actions.retain(|action| !taken.contains(&action.name));
        Self(actions)
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|action| action.name == name)
    }

    pub fn commands(&self, form: CommandForm) -> impl Iterator<Item = Command> {
        self.0
            .iter()
            .map(move |action| action_command(action, form))
    }
}

fn takes(action: &ProductAction, option: ActionOption) -> bool {
    let has_use = option != ActionOption::Solution || action.has_folders;
    has_use && action.has_verb(|verb| ActionOption::for_verb(verb).contains(&option))
}

fn action_command(action: &ProductAction, form: CommandForm) -> Command {
    let verb = action.first_verb().unwrap_or(Verb::ValidateConfig);
    let mut command = ActionArgs::augment_args(Command::new(action.name.clone()))
        .about(action.summary().to_owned())
        .after_help(examples(verb, &action.name));
    for option in ActionOption::ALL {
        if takes(action, option) {
            command = command.arg(option.arg(verb));
        }
    }
    if action.has_verb(|verb| verb.class() > Class::Read) {
        command = require_configs(command);
    }
    match form {
        CommandForm::Command => command,
        CommandForm::Original => original_command(action, command),
    }
}

/// The original tools' documents give `--solution` to actions that do not use it, and the original rendering actions overwrote
/// existing files, with `--force` too.
fn original_command(action: &ProductAction, command: Command) -> Command {
    let ignores_solution = action.has_verb(|verb| {
        matches!(
            verb,
            Verb::RenderTemplate | Verb::ValidateTemplate | Verb::ShowChanges | Verb::TestDeploy
        )
    });
    // An action that also changes stacks keeps `--force` for confirming that.
    let overwrites = takes(action, ActionOption::Overwrite) && !takes(action, ActionOption::Force);
    let command = match overwrites {
        true => command.mut_arg(ActionOption::Overwrite.name(), |arg| arg.alias("force")),
        false => command,
    };
    match ignores_solution && !takes(action, ActionOption::Solution) {
        true => command.arg(ActionOption::Solution.arg(Verb::DeployFolders).hide(true)),
        false => command,
    }
}

/// The products whose actions a command line may name: the built-in ones, those of the repository around the working directory, and
/// those around each path that the command line names.
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

/// The request of an action's command line.
pub fn request(name: &str, matches: &ArgMatches) -> Result<ActionRequest, clap::Error> {
    let args = ActionArgs::from_arg_matches(matches)?;
    let is_set =
        |option: ActionOption| matches!(matches.try_get_one::<bool>(option.name()), Ok(Some(true)));
    let solution = matches.try_get_one::<String>(ActionOption::Solution.name());
    let skip = matches.try_get_many::<String>(ActionOption::Skip.name());
    let resources = matches.try_get_many::<NamedResource>(ActionOption::Resource.name());
    Ok(ActionRequest {
        action: name.to_owned(),
        configs: args.configs.configs,
        given: RunInput {
            tier: args.tier,
            ..RunInput::default()
        },
        overwrite: is_set(ActionOption::Overwrite),
        force: is_set(ActionOption::Force),
        yes: is_set(ActionOption::Yes),
        dry_run: is_set(ActionOption::DryRun),
        real: is_set(ActionOption::Real),
        keep: is_set(ActionOption::Keep),
        resolved: is_set(ActionOption::Resolved),
        fail_on_drift: is_set(ActionOption::FailOnDrift),
        solution: solution.ok().flatten().cloned(),
        skip: skip.ok().flatten().into_iter().flatten().cloned().collect(),
        resources: resources
            .ok()
            .flatten()
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        format: args.format,
        log: !args.no_log && !is_set(ActionOption::DryRun),
        time: crate::ci::timestamp(),
        token: crate::ci::random_suffix(),
    })
}
