//! Flags that people try on commands that do not take them. Each is rejected with the form that works. clap alone would suggest the
//! most similar flag of the command, such as `--format` for `--force`.

use std::collections::BTreeMap;

use clap::builder::UnknownArgumentValueParser;
use clap::{Arg, ArgAction, Command};

use crate::text::or_list;

/// Flags that no command takes.
const FOREIGN: &[(&str, &str)] = &[
    ("region", "the config names the region of its stack"),
    ("account", "the config names the account of its stack"),
    ("env", "the config names the environment of its stack"),
    ("profile", "set the environment variable `AWS_PROFILE`"),
    ("stack-name", "the config names its stack"),
];

/// Adds the rejected flags to a command and its subcommands.
pub fn refuse_foreign_flags(command: Command) -> Command {
    let owners = owners(&command);
    let command = refuse_flags_of_others(refuse_foreign(command), &owners);
    command.mut_subcommands(|sub| refuse_flags_of_others(refuse_foreign(sub), &owners))
}

/// The commands that take each flag.
fn owners(command: &Command) -> BTreeMap<String, Vec<String>> {
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for sub in command.get_subcommands() {
        for flag in sub.get_arguments().filter(|arg| !arg.is_hide_set()) {
            if let Some(long) = flag.get_long() {
                let names = owners.entry(long.to_owned()).or_default();
                names.push(sub.get_name().to_owned());
            }
        }
    }
    owners
}

fn refuse_foreign(mut command: Command) -> Command {
    for (flag, tip) in FOREIGN {
        command = refuse(command, flag, (*tip).to_owned());
    }
    if command
        .get_positionals()
        .any(|arg| arg.get_id() == "configs")
    {
        let form = format!(
            "name the config without a flag: `{} CONFIG`",
            command.get_name()
        );
        command = refuse(command, "config", form);
    }
    command
}

fn refuse_flags_of_others(mut command: Command, owners: &BTreeMap<String, Vec<String>>) -> Command {
    let overwrites = takes(&command, "overwrite");
    for (flag, owners) in owners {
        let tip = match flag.as_str() {
            "force" if overwrites => "`--overwrite` overwrites hand-edited files".to_owned(),
            _ => format!("`--{flag}` is an option of {}", or_list(&names(owners))),
        };
        command = refuse(command, flag, tip);
    }
    command
}

fn names(owners: &[String]) -> Vec<&str> {
    owners.iter().map(String::as_str).collect()
}

fn refuse(command: Command, flag: &str, tip: String) -> Command {
    if takes(&command, flag) {
        return command;
    }
    command.arg(
        Arg::new(format!("refused-{flag}"))
            .long(flag.to_owned())
            .action(ArgAction::SetTrue)
            .value_parser(UnknownArgumentValueParser::suggest(tip))
            .hide(true),
    )
}

fn takes(command: &Command, flag: &str) -> bool {
    command.get_arguments().any(|arg| {
        arg.get_long() == Some(flag)
            || arg
                .get_all_aliases()
                .is_some_and(|aliases| aliases.contains(&flag))
    })
}
