//! Tips for flags that a command does not take. clap alone suggests the flag with the most similar name, such as `--format` for
//! `--force`.

use std::ffi::OsString;

use clap::Command;
use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::original::CommandForm;
use crate::text::{or_list, quote_argument};

/// Flags that no action takes.
const FOREIGN: &[(&str, &str)] = &[
    ("region", "the config names the region of its stack"),
    ("account", "the config names the account of its stack"),
    ("env", "the config names the environment of its stack"),
    ("profile", "set the environment variable `AWS_PROFILE`"),
    ("stack-name", "the config names its stack"),
    (
        "action",
        "the command is the action; `--action` is only for `--config CONFIG --action ACTION`",
    ),
];

/// Replaces the suggestions for an unknown flag by the form that works.
pub fn explain_unknown_flag(
    mut error: clap::Error,
    root: &Command,
    arguments: &[OsString],
    form: CommandForm,
) -> clap::Error {
    let flag = match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(flag)) if error.kind() == ErrorKind::UnknownArgument => {
            flag.clone()
        }
        _ => return error,
    };
    let Some(flag) = flag.strip_prefix("--") else {
        return error;
    };
    let command = command_of(root, arguments);
    if let Some(tip) = tip(root, command, flag, arguments, form) {
        // clap's usage names the flag that it would have suggested.
        let usage = command.unwrap_or(root).clone().render_usage();
        error.insert(ContextKind::Usage, ContextValue::StyledStr(usage));
        error.remove(ContextKind::SuggestedArg);
        error.insert(
            ContextKind::Suggested,
            ContextValue::StyledStrs(vec![StyledStr::from(tip)]),
        );
    }
    error
}

fn command_of<'a>(root: &'a Command, arguments: &[OsString]) -> Option<&'a Command> {
    let named = |word: &OsString| root.find_subcommand(word.to_str()?);
    arguments.iter().skip(1).find_map(named)
}

fn tip(
    root: &Command,
    command: Option<&Command>,
    flag: &str,
    arguments: &[OsString],
    form: CommandForm,
) -> Option<String> {
    if command.is_some_and(|command| takes(command, flag)) {
        return Some(format!("write `--{flag}` after the command"));
    }
    if let Some((_, tip)) = FOREIGN.iter().find(|(known, _)| *known == flag) {
        return Some((*tip).to_owned());
    }
    let Some(command) = command else {
        let is_known = !owners(root, flag, form).is_empty();
        return is_known.then(|| format!("write `--{flag}` after a command that takes it"));
    };
    if flag == "config" && takes_configs(command) {
        let name = command.get_name();
        let config = quote_argument(value_after(arguments, "--config").unwrap_or("CONFIG"));
        return Some(format!(
            "use `provisioner {name} {config}` or `provisioner --config {config} --action {name}`"
        ));
    }
    if flag == "force" && takes(command, "overwrite") {
        return Some("`--overwrite` overwrites hand-edited files".to_owned());
    }
    let owners = owners(root, flag, form);
    (!owners.is_empty()).then(|| format!("`--{flag}` is an option of {}", or_list(&owners)))
}

/// The value of a flag, as `--flag VALUE` or `--flag=VALUE`.
fn value_after<'a>(arguments: &'a [OsString], flag: &str) -> Option<&'a str> {
    let mut words = arguments.iter().filter_map(|word| word.to_str());
    let value = words.find_map(|word| match word.strip_prefix(flag)? {
        "" => Some(None),
        rest => Some(Some(rest.strip_prefix('=')?)),
    })?;
    value.or_else(|| words.next())
}

/// The commands that take a flag.
fn owners<'a>(root: &'a Command, flag: &str, form: CommandForm) -> Vec<&'a str> {
    let commands = root.get_subcommands().filter(|sub| !sub.is_hide_set());
    let owners = commands.filter(|sub| match form {
        CommandForm::Command => takes(sub, flag),
        CommandForm::Original => accepts(sub, flag),
    });
    owners.map(Command::get_name).collect()
}

/// Whether a command takes config files as arguments.
pub fn takes_configs(command: &Command) -> bool {
    let mut positionals = command.get_positionals();
    positionals.any(|arg| arg.get_id() == "configs")
}

/// Also a flag that only the original form has.
fn accepts(command: &Command, flag: &str) -> bool {
    let mut args = command.get_arguments();
    args.any(|arg| {
        let aliases = arg.get_all_aliases().unwrap_or_default();
        arg.get_long() == Some(flag) || aliases.contains(&flag)
    })
}

fn takes(command: &Command, flag: &str) -> bool {
    let mut visible = command.get_arguments().filter(|arg| !arg.is_hide_set());
    visible.any(|arg| arg.get_long() == Some(flag))
}
