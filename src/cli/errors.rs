//! Errors of the command line that clap words badly: unknown commands, values from variables, and the original form with a command
//! that takes no config.

use std::ffi::OsString;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, Command};

use super::intents::meant_commands;
use super::original::{CommandForm, IGNORE_CONFIG};
use super::tips::takes_configs;
use crate::ci::variable;
use crate::product::Registry;
use crate::report::escape_workflow_commands;
use crate::text::{did_you_mean, or_list};

/// For an unknown command, suggests the commands of the same meaning, or the one with the nearest name. The command may also be the
/// action of a product that cannot be read.
pub fn explain_unknown_command(
    mut error: clap::Error,
    command: &Command,
    registry: &Registry,
    form: CommandForm,
) -> clap::Error {
    let unknown = match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(unknown)) if error.kind() == ErrorKind::InvalidSubcommand => {
            unknown.clone()
        }
        _ => return error,
    };
    error.remove(ContextKind::SuggestedSubcommand);
    let meant = meant_commands(&unknown, command, registry);
    let meant: Vec<&str> = meant.iter().map(String::as_str).collect();
    let names = command.get_subcommands().filter(|sub| !sub.is_hide_set());
    let nearest = did_you_mean(&unknown, names.map(Command::get_name));
    let tips: Vec<String> = match meant.is_empty() {
        false => vec![format!("did you mean {}?", or_list(&meant))],
        true => nearest
            .iter()
            .map(|near| format!("did you mean `{near}`?"))
            .collect(),
    };
    let unreadable = registry.unreadable_products().map(|why| {
        let tip = format!("a product with more actions cannot be read: {why}");
        StyledStr::from(escape_workflow_commands(&tip))
    });
    let tips: Vec<StyledStr> = tips
        .into_iter()
        .map(StyledStr::from)
        .chain(unreadable)
        .collect();
    if form == CommandForm::Original {
        let tips: String = tips.iter().map(|tip| format!("\n  tip: {tip}")).collect();
        let message = format!("unrecognized action '{unknown}'\n{tips}");
        return command
            .clone()
            .error(ErrorKind::InvalidSubcommand, message.trim_end());
    }
    if !tips.is_empty() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    }
    error
}

/// Names the environment variable that an invalid value comes from.
pub fn explain_source_of_value(
    mut error: clap::Error,
    root: &Command,
    arguments: &[OsString],
) -> clap::Error {
    let kinds = [ErrorKind::InvalidValue, ErrorKind::ValueValidation];
    let shown = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(shown)) if kinds.contains(&error.kind()) => shown.clone(),
        _ => return error,
    };
    let commands = [root].into_iter().chain(root.get_subcommands());
    let mut args = commands.flat_map(Command::get_arguments);
    let from_variable = args.find_map(|arg| {
        let name = arg.get_env()?.to_str()?;
        let is_meant = arg.to_string() == shown && !is_given(arg, arguments);
        (is_meant && variable(name).is_some()).then(|| name.to_owned())
    });
    if let Some(name) = from_variable {
        let tip = format!("the environment variable `{name}` has this value");
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![StyledStr::from(tip)]),
        );
    }
    error
}

fn is_given(arg: &Arg, arguments: &[OsString]) -> bool {
    let Some(long) = arg.get_long() else {
        return false;
    };
    let flag = |word: &OsString| {
        let rest = word.to_str()?.strip_prefix("--")?.strip_prefix(long)?;
        Some(rest.is_empty() || rest.starts_with('='))
    };
    arguments.iter().any(|word| flag(word) == Some(true))
}

/// Rejects `--config CONFIG --action COMMAND` for a command of the engine that takes no config. The original tools required
/// a config for all actions, and ignored it for some.
pub fn reject_useless_config(root: &mut Command, name: &str) -> Result<(), clap::Error> {
    let command = root.find_subcommand(name);
    let takes_none = |command: &&Command| !takes_configs(command) && !IGNORE_CONFIG.contains(&name);
    let Some(command) = command.filter(takes_none) else {
        return Ok(());
    };
    let message = format!(
        "`{name}` takes no config; run `provisioner {}`",
        usage(command)
    );
    Err(root.error(ErrorKind::ArgumentConflict, message))
}

/// The command with its required options and its arguments.
fn usage(command: &Command) -> String {
    let mut words = vec![command.get_name().to_owned()];
    let value = |arg: &Arg| match arg.get_value_names() {
        Some([name, ..]) => name.to_uppercase(),
        _ => arg.get_id().as_str().to_uppercase(),
    };
    let options = command.get_opts().filter(|arg| arg.is_required_set());
    for arg in options {
        words.push(format!(
            "--{} {}",
            arg.get_long().unwrap_or_default(),
            value(arg)
        ));
    }
    words.extend(command.get_positionals().map(value));
    words.join(" ")
}
