//! Selects the changes that a command means, and the verb of its action.

use super::answer::Answer;
use crate::command::Command;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::plan::{Change, Plan};
use crate::product::{Class, Verb};
use crate::report::{Refusal, Reply};
use crate::text::did_you_mean;

/// The changes that a command means: the one that it names, or all. A command cannot name a config outside the pull request. If a
/// config names another stack than before, deletions act on the former stack, and other commands on the new one.
pub fn chosen(plan: &Plan, command: &Command) -> Result<Vec<Change>, Answer> {
    let changes = &plan.changes;
    let Some(wanted) = &command.config else {
        // Only a deletion acts on a removed config, and a deletion names its config.
        let changes_aws = matches!(command.action.class(), Class::Test | Class::Write);
        let is_meant = |change: &&Change| {
            !(changes_aws && change.is_removed()) && is_of_command(change, command)
        };
        let meant: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
        return match (meant.is_empty(), changes.is_empty()) {
            (false, _) => Ok(meant),
            (true, true) => Err(no_match(Reply::NoConfigChanged)),
            (true, false) => Err(no_match(Reply::OnlyRemovals)),
        };
    };
    let is_meant = |change: &&Change| {
        let is_named = change.path.as_str() == wanted || change.path.file_name() == wanted;
        is_named && is_of_command(change, command)
    };
    let selected: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
    if selected.len() == 1 {
        return Ok(selected);
    }
    let wanted = wanted.clone();
    if selected.len() > 1 {
        return Err(no_match(Reply::ConfigAmbiguous { wanted }));
    }
    let paths = changes.iter().map(|change| change.path.as_str());
    let files = changes.iter().map(|change| change.path.file_name());
    let similar = did_you_mean(&wanted, paths.clone().chain(files)).map(str::to_owned);
    Err(no_match(Reply::ConfigNotChanged {
        wanted,
        similar,
        changed: paths.map(str::to_owned).collect(),
    }))
}

/// Whether a command acts on this one of the two changes of a config that names another stack.
fn is_of_command(change: &Change, command: &Command) -> bool {
    let deletes = command.action.class() == Class::Destructive;
    change.stack_move.is_none() || change.is_former_stack() == deletes
}

fn no_match(reply: Reply) -> Answer {
    Answer::new(reply, Exit::Usage)
}

/// The verb of the command's action for a config. `None` if the command names no config and this one does not have the action.
pub fn verb_for(config: &Config, command: &Command) -> Result<Option<Verb>, Diagnostic> {
    let action = &command.action;
    let name = action.name().to_owned();
    let offered = config.product.action(&name, &config.derived.scope);
    let product = config.product.name().to_owned();
    let refusal = match offered {
        Some(Ok((offered, true))) if offered.verb.class() == action.class() => {
            return Ok(Some(offered.verb));
        }
        // A product of the pull request cannot widen what a command may do.
        Some(Ok((_, true))) => Refusal::OtherAction {
            product,
            action: name,
        },
        Some(Err(failure)) => Refusal::ActionUndecided {
            error: failure.to_string(),
        },
        None | Some(Ok((_, false))) if command.config.is_none() => return Ok(None),
        Some(Ok((offered, false))) => Refusal::ActionNotOffered {
            action: name,
            instead: offered.otherwise.clone(),
        },
        None => Refusal::NoSuchAction {
            product,
            action: name,
        },
    };
    Err(refusal.diagnostic(&config.path))
}

pub fn no_matching_config(command: &Command) -> Answer {
    let action = command.action.name().to_owned();
    no_match(Reply::NoMatchingConfig { action })
}
