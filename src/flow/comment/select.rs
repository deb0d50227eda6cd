//! Selects the changes that a command means, and the verb of its action.

use super::answer::Answer;
use crate::command::{Command, CommentAction};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::exit::Exit;
use crate::plan::{Change, Intent, Plan};
use crate::product::{Class, Verb};
use crate::report::{Refusal, Reply};
use crate::text::did_you_mean;

/// The changes that a command means: the one that it names, or all. A command cannot name a config outside the pull request.
pub fn chosen(plan: &Plan, command: &Command) -> Result<Vec<Change>, Answer> {
    let changes = &plan.changes;
    let Some(wanted) = &command.config else {
        // Only a deletion acts on a removed config, and a deletion names its config.
        let makes = matches!(command.action.class(), Class::Test | Class::Write);
        let is_meant = |change: &&Change| !(makes && change.intent == Intent::Delete);
        let meant: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
        return match (meant.is_empty(), changes.is_empty()) {
            (false, _) => Ok(meant),
            (true, true) => Err(no_match(Reply::NoConfigChanged)),
            (true, false) => Err(no_match(Reply::OnlyRemovals)),
        };
    };
    let is_meant =
        |change: &&Change| change.path.as_str() == wanted || change.path.file_name() == wanted;
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

fn no_match(reply: Reply) -> Answer {
    Answer::new(reply, Exit::Usage)
}

/// The verb of an action in the config's product.
pub fn verb_for(config: &Config, action: CommentAction) -> Result<Verb, Diagnostic> {
    let name = action.name();
    let offered = config.product.action(name, &config.derived.scope);
    let (product, action_name) = (config.product.name().to_owned(), name.to_owned());
    let refusal = match offered {
        Some(Ok((offered, true))) if offered.verb.class() == action.class() => {
            return Ok(offered.verb);
        }
        // A product is data of the repository: it cannot widen what a command may do.
        Some(Ok((_, true))) => Refusal::OtherAction {
            product,
            action: action_name,
        },
        Some(Ok((offered, false))) => Refusal::ActionNotOffered {
            action: action_name,
            instead: offered.otherwise.clone(),
        },
        Some(Err(failure)) => Refusal::ActionUndecided {
            error: failure.to_string(),
        },
        None => Refusal::NoSuchAction {
            product,
            action: action_name,
        },
    };
    Err(refusal.diagnostic(&config.path))
}
