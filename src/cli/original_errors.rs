//! Wrong command lines in the form of the original tools.

use std::ffi::OsString;

use clap::Command;
use clap::error::ErrorKind;

use super::original::{ACTION, CONFIG, is_flag, split};
use super::tips::takes_configs;
use crate::text::did_you_mean;

/// What a command line in the original form has.
#[derive(Default)]
struct OriginalForm<'a> {
    config: Option<&'a str>,
    action: Option<&'a str>,
    /// The other flags, without values.
    flags: Vec<&'a str>,
}

/// Rejects flags that look like those of the original form, and `--all`, which it does not have. `arguments`: as they were typed.
pub fn reject_misspelled_form(
    root: &mut Command,
    arguments: &[OsString],
) -> Result<(), clap::Error> {
    let Some(words) = read(arguments) else {
        return Ok(());
    };
    let Some((kind, message)) = misspelled(root, &words).or_else(|| all(root, &words)) else {
        return Ok(());
    };
    Err(root.error(kind, message))
}

/// `None` if the command line begins with a command, or is in no form of the original tools.
fn read(arguments: &[OsString]) -> Option<OriginalForm<'_>> {
    let mut rest = arguments.iter().skip(1);
    rest.clone().next().filter(|first| is_flag(first))?;
    let mut words = OriginalForm::default();
    while let Some(word) = rest.next() {
        if word == "--" {
            break;
        }
        let (flag, inline) = split(word);
        let slot = match flag {
            flag if CONFIG.contains(&flag) => &mut words.config,
            flag if ACTION.contains(&flag) => &mut words.action,
            flag => {
                if is_flag(word) {
                    words.flags.push(flag);
                }
                continue;
            }
        };
        let value = inline.or_else(|| rest.next().and_then(|value| value.to_str()));
        *slot = slot.or(value);
    }
    Some(words)
}

fn misspelled(root: &Command, words: &OriginalForm<'_>) -> Option<(ErrorKind, String)> {
    let is_long = |name: &str| {
        let commands = [root].into_iter().chain(root.get_subcommands());
        let mut args = commands.flat_map(Command::get_arguments);
        args.any(|arg| arg.get_long() == Some(name))
    };
    words.flags.iter().find_map(|flag| {
        let name = flag.trim_start_matches('-');
        let is_short = !flag.starts_with("--");
        let is_absent = |name: &str| match name {
            "config" => words.config.is_none(),
            _ => words.action.is_none(),
        };
        let tip = match name {
            "c" if is_short => "write `--config CONFIG`, or `-con CONFIG`".to_owned(),
            "a" if is_short => "write `--action ACTION`, or `-act ACTION`".to_owned(),
            // Also the form of this program, with a flag before the command.
            _ if words.config.is_none() && words.action.is_none() && !is_short => return None,
            _ if is_short && name.len() > 1 && is_long(name) => format!("write `--{name}`"),
            _ if is_long(name) || name.len() < 2 => return None,
            _ => {
                let meant = did_you_mean(name, ["config", "action"]);
                let meant = meant.or_else(|| {
                    let mut both = ["config", "action"].into_iter();
                    both.find(|flag| flag.starts_with(name))
                });
                format!("write `--{}`", meant.filter(|meant| is_absent(meant))?)
            }
        };
        let message = format!("unexpected argument '{flag}' found\n\n  tip: {tip}");
        Some((ErrorKind::UnknownArgument, message))
    })
}

fn all(root: &Command, words: &OriginalForm<'_>) -> Option<(ErrorKind, String)> {
    let action = words.action.filter(|_| words.flags.contains(&"--all"))?;
    let command = root
        .find_subcommand(action)
        .filter(|it| takes_configs(it))?;
    let others = words.flags.iter().filter(|flag| **flag != "--all");
    let others: String = others.map(|flag| format!(" {flag}")).collect();
    let message = format!(
        "`--all` is not an option of the form with `--config` and `--action`\n\n  tip: run `provisioner {} --all{others}`",
        command.get_name()
    );
    Some((ErrorKind::ArgumentConflict, message))
}
