//! Parses one command line, word by word.

use super::action::{CommentAction, CommentActions};
use super::error::{CommandParseError, flags};
use super::grammar::{Argument, Flag, TRIGGER};
use super::lines::Line;
use super::parsed::Command;

/// Parses a line that begins with the trigger. Blanks and tabs separate words. There is no quoting, and nothing is expanded.
pub(super) fn parse(
    line: &Line<'_>,
    actions: &CommentActions,
) -> Result<Command, CommandParseError> {
    let mut words = line.text.split([' ', '\t']).filter(|word| !word.is_empty());
    if let Some(problem) = words
        .next()
        .and_then(|trigger| CommandParseError::non_ascii(trigger, [TRIGGER]))
    {
        return Err(problem);
    }
    let name = words.next().ok_or(CommandParseError::MissingAction)?;
    if let Some(problem) = CommandParseError::non_ascii(name, actions.names()) {
        return Err(problem);
    }
    let action = actions
        .find(name)
        .ok_or_else(|| CommandParseError::unknown_action(name, actions))?;
    let mut command = Command::bare(action.clone());
    let mut given: Vec<Flag> = Vec::new();
    while let Some(word) = words.next() {
        if let Some(problem) = CommandParseError::non_ascii(word, flags()) {
            return Err(problem);
        }
        if word.starts_with('-') {
            let flag = flag_of(word, action)?;
            if given.contains(&flag) && !flag.repeats() {
                return Err(CommandParseError::DuplicateFlag { flag: flag.name() });
            }
            given.push(flag);
            set_flag(&mut command, flag, &mut words)?;
        } else {
            set_argument(&mut command, word)?;
        }
    }
    if let Some((argument, _, true)) = action.argument().value()
        && argument_of(&mut command).is_some_and(|slot| slot.is_none())
    {
        let action = action.clone();
        return Err(CommandParseError::MissingArgument { action, argument });
    }
    match line.plain {
        true => Ok(command),
        false => Err(CommandParseError::AmbiguousMarkdown),
    }
}

fn flag_of(word: &str, action: &CommentAction) -> Result<Flag, CommandParseError> {
    let flag = Flag::ALL.into_iter().find(|flag| flag.name() == word);
    let flag = flag.ok_or_else(|| CommandParseError::unknown_flag(word, action))?;
    if action.flags().contains(&flag) {
        return Ok(flag);
    }
    Err(CommandParseError::FlagNotAllowed {
        action: action.clone(),
        flag: flag.name(),
    })
}

fn set_flag<'a>(
    command: &mut Command,
    flag: Flag,
    words: &mut impl Iterator<Item = &'a str>,
) -> Result<(), CommandParseError> {
    let mut value = || {
        let Some((value, shape)) = flag.value() else {
            return Ok(None);
        };
        let word = words.next().filter(|word| !word.starts_with('-'));
        let word = word.ok_or(CommandParseError::MissingValue {
            flag: flag.name(),
            value,
        })?;
        if let Some(problem) = CommandParseError::non_ascii(word, flags()) {
            return Err(problem);
        }
        match shape.matches(word) {
            true => Ok(Some(word.to_owned())),
            false => Err(CommandParseError::invalid_value(value, word, shape)),
        }
    };
    match flag {
        Flag::Solution => command.solution = value()?,
        Flag::Tier => command.tier = value()?,
        Flag::Confirm => command.confirm = value()?,
        Flag::Skip => command.skip.extend(value()?),
        Flag::Keep => command.keep = true,
        Flag::Force => command.force = true,
    }
    Ok(())
}

fn set_argument(command: &mut Command, word: &str) -> Result<(), CommandParseError> {
    let action = command.action.clone();
    let unexpected = || CommandParseError::ExtraArgument {
        word: word.to_owned(),
        action: action.clone(),
    };
    let (what, shape, _) = action.argument().value().ok_or_else(unexpected)?;
    let slot = argument_of(command).filter(|slot| slot.is_none());
    let slot = slot.ok_or_else(unexpected)?;
    if !shape.matches(word) {
        return Err(CommandParseError::invalid_value(what, word, shape));
    }
    *slot = Some(word.to_owned());
    Ok(())
}

/// The field for the word that is not a flag.
fn argument_of(command: &mut Command) -> Option<&mut Option<String>> {
    match command.action.argument() {
        Argument::Nothing => None,
        Argument::Config | Argument::NamedConfig => Some(&mut command.config),
        Argument::Code => Some(&mut command.code),
        Argument::Product => Some(&mut command.product),
    }
}
