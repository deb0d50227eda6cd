//! The configs of a command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Args, Command, ValueHint};

use crate::product::RunInput;

/// Arguments of every command that reads configs.
#[derive(Debug, Args)]
pub struct ConfigArgs {
    /// Paths, globs, folders or file names [default: all in the usual folders]
    #[arg(value_name = "CONFIG", value_hint = ValueHint::FilePath)]
    pub configs: Vec<String>,
    /// Use every config of the policy file; without it, of the usual folders
    #[arg(long, conflicts_with = "configs")]
    all: bool,
}

/// Arguments of the commands that read the configs of a commit.
#[derive(Debug, Args)]
pub struct CommitArgs {
    /// Configs to read, as a glob; repeatable [default: those of the policy file]
    #[arg(
        long,
        value_name = "GLOB",
        value_delimiter = '\n',
        env = "PROVISIONER_CONFIGS",
        hide_env_values = true
    )]
    configs: Vec<String>,
    /// Tier for configs that name no tier
    #[arg(
        long,
        value_name = "TIER",
        env = "PROVISIONER_TIER",
        hide_env_values = true
    )]
    pub tier: Option<String>,
    /// Folder of the repository
    #[arg(long, value_name = "DIR", default_value = ".", value_hint = ValueHint::DirPath)]
    pub repository: PathBuf,
}

impl CommitArgs {
    /// A variable may end with a line break.
    pub fn globs(&self) -> Vec<String> {
        let globs = self.configs.iter().map(|glob| glob.trim().to_owned());
        globs.filter(|glob| !glob.is_empty()).collect()
    }

    pub fn given(&self) -> RunInput {
        RunInput {
            tier: self.tier.clone(),
            ..RunInput::default()
        }
    }
}

/// Requires configs or `--all`, for a command that changes AWS.
pub fn require_configs(command: Command) -> Command {
    command.mut_arg("configs", |configs| {
        configs
            .required_unless_present("all")
            .help("Paths, globs, folders or file names")
    })
}

/// Adds the form that works to the error about missing configs.
pub fn explain_missing_configs(mut error: clap::Error, arguments: &[OsString]) -> clap::Error {
    let is_missing = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::Strings(missing)) => missing.iter().any(|arg| arg.contains("<CONFIG>")),
        _ => false,
    };
    if is_missing && error.kind() == ErrorKind::MissingRequiredArgument {
        let action = match arguments {
            [_, flag, action, ..] if flag == "--action" => action.to_str(),
            _ => None,
        };
        let tip = match action {
            Some(action) => format!(
                "write `--config CONFIG`; for every config, run `provisioner {action} --all`"
            ),
            None => "name the configs, or write `--all` for every config in the usual folders"
                .to_owned(),
        };
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![StyledStr::from(tip)]),
        );
    }
    error
}
