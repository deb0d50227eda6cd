//! Selects the changes that a command means, and the verb of its action.

use super::answer::Answer;
use crate::command::{Class, Command, CommentAction};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::exit::Exit;
use crate::plan::{Change, Intent, Plan};
use crate::product::Verb;
use crate::report::code;
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
            (true, true) => Err(no_match("The pull request changes no config.")),
            (true, false) => Err(no_match("The pull request only removes configs.")),
        };
    };
    let is_meant =
        |change: &&Change| change.path.as_str() == wanted || change.path.file_name() == wanted;
    let selected: Vec<Change> = changes.iter().filter(is_meant).cloned().collect();
    if selected.len() == 1 {
        return Ok(selected);
    }
    let names: Vec<&str> = changes.iter().map(|change| change.path.as_str()).collect();
    let files = changes.iter().map(|change| change.path.file_name());
    let meant = did_you_mean(wanted, names.iter().copied().chain(files));
    let hint = match (meant, names.as_slice()) {
        _ if selected.len() > 1 => "Name it with its folder.".to_owned(),
        (_, []) => "It changes none.".to_owned(),
        (Some(meant), _) => format!("Did you mean {}?", code(meant)),
        (None, names) => {
            let few: Vec<String> = names.iter().take(10).map(|name| code(name)).collect();
            let more = match names.len() > few.len() {
                true => format!(", and {} more", names.len() - few.len()),
                false => String::new(),
            };
            format!("It changes {}{more}.", few.join(", "))
        }
    };
    let why = match selected.len() {
        0 => "is no config that this pull request changes",
        _ => "is the name of several configs of this pull request",
    };
    Err(no_match(&format!("{} {why}. {hint}", code(wanted))))
}

fn no_match(text: &str) -> Answer {
    Answer::new(format!("😕 {text}"), Exit::Usage)
}

/// The verb of an action in the config's product.
pub fn verb_for(config: &Config, action: CommentAction) -> Result<Verb, Diagnostic> {
    let name = action.name();
    let problem =
        |message: String| Diagnostic::error(Code::ActionNotOffered, &config.path, message);
    match config.product.action(name, &config.derived.scope) {
        Some(Ok((offered, true))) if required_class(offered.verb) == action.class() => {
            Ok(offered.verb)
        }
        // A product is data of the repository: it cannot widen what a command may do.
        Some(Ok((_, true))) => Err(problem(format!(
            "product `{}` means something else by `{name}` than comments do",
            config.product.name()
        ))),
        Some(Ok((offered, false))) => {
            let problem = problem(format!("`{name}` is not for this config"));
            Err(match &offered.otherwise {
                Some(other) => problem.with_help(other.clone()),
                None => problem,
            })
        }
        Some(Err(failure)) => Err(problem(failure.to_string())),
        None => Err(problem(format!(
            "product `{}` has no action `{name}`",
            config.product.name()
        ))),
    }
}

/// The class that a command needs for a verb.
fn required_class(verb: Verb) -> Class {
    match verb {
        Verb::ValidateTemplate | Verb::ShowChanges | Verb::CheckDrift => Class::Read,
        Verb::TestDeploy => Class::Test,
        Verb::Provision | Verb::DeployFolders | Verb::UploadTemplate => Class::Write,
        Verb::Delete | Verb::TearDown => Class::Destructive,
        _ => Class::Offline,
    }
}
