//! What is to be done to one stack of a merged change.

use super::merged::Merged;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::guard::{Command, Denial};
use crate::operation::Failure;
use crate::plan::{Change, Impact, Intent};
use crate::product::{Level, Verb};
use crate::report::{Outcome, Problem, State};

/// One stack's errand.
#[derive(Clone)]
pub struct Errand<'a> {
    /// The change that it is for.
    pub change: &'a Change,
    /// The config: as it was merged, or as it was removed.
    pub config: Config,
    /// What is to be done.
    pub verb: Verb,
    /// The comment that commands it, if one does.
    pub command: Option<Command>,
    /// The solution whose folders are meant.
    pub solution: Option<String>,
}

/// What a change comes to.
pub enum Due<'a> {
    /// Something is to be done.
    Errand(Box<Errand<'a>>),
    /// Nothing can be done.
    Stuck(Box<Outcome>, Exit),
    /// There is nothing to do.
    Nothing,
}

impl<'a> Due<'a> {
    /// What the merge of a change asks for.
    pub fn of(merged: &Merged, change: &'a Change) -> Self {
        let stuck = |problems: Vec<Diagnostic>| {
            let mut outcome = Outcome::new(change.path.as_str(), None, State::Failed);
            outcome.problems = problems.iter().map(Problem::of).collect();
            Self::Stuck(Box::new(outcome), Exit::Config)
        };
        let lost = |message: &str| {
            let problem = Diagnostic::error("render-failed", &change.path, message);
            stuck(vec![problem])
        };
        if change.intent == Intent::Invalid {
            let errors = change.diagnostics.iter();
            let errors = errors.filter(|it| it.severity == Severity::Error).cloned();
            return stuck(errors.collect());
        }
        let Some(config) = merged.config(change) else {
            return match change.intent {
                // Of a config that had errors no stack was ever made.
                Intent::Delete => Self::Nothing,
                _ => lost("the config could not be read again"),
            };
        };
        let verb = match change.intent {
            Intent::Create | Intent::Update => Verb::Provision,
            Intent::Unchanged if change.folders.is_empty() => return Self::Nothing,
            // New entries of a list of folders are no change of the stack.
            Intent::Unchanged => Verb::DeployFolders,
            Intent::Delete => match removal(&config) {
                Some((_, verb)) => verb,
                None => return lost("the product has no action that deletes a stack"),
            },
            Intent::Invalid => return Self::Nothing,
        };
        Self::Errand(Box::new(Errand {
            change,
            config,
            verb,
            command: None,
            solution: None,
        }))
    }
}

/// The action by which a product's stacks are deleted, and what it does.
pub fn removal(config: &Config) -> Option<(&str, Verb)> {
    let product = &config.product;
    product.manifest.actions.keys().find_map(|name| {
        let (action, offered) = product.action(name, &config.derived.scope)?.ok()?;
        let deletes = matches!(action.verb, Verb::Delete | Verb::TearDown);
        (deletes && offered).then_some((name.as_str(), action.verb))
    })
}

impl Errand<'_> {
    /// What a second person has to write, in Markdown. The path is a config's, which the parser of commands takes as it is.
    pub fn how_to_confirm(&self, digest: Option<&str>) -> String {
        let (Some((action, _)), Some(digest)) = (removal(&self.config), digest) else {
            return String::new();
        };
        let short = digest.get(..16).unwrap_or(digest);
        let line = format!(
            "/provisioner {action} {} --force --confirm {short}",
            self.change.path
        );
        format!(
            "Nothing goes until a second person, who neither opened nor pushed the pull request, comments on it:\n\n{}",
            crate::report::fence(&line, "text")
        )
    }

    /// Whether the change of the config asks for new folders, and for nothing else.
    pub fn asks_for_folders_alone(&self) -> bool {
        let keys = self.config.product.folder_keys();
        let impact = &self.change.impact;
        let alone = |it: &Impact| it.level == Level::Safe && keys.contains(&it.key);
        !self.change.folders.is_empty() && !impact.is_empty() && impact.iter().all(alone)
    }

    /// What is left after folders alone were made.
    pub fn how_the_rest_comes(&self) -> String {
        "The folders are there. The stack itself stays as it is, since its update was not allowed; what that would change is below."
            .to_owned()
    }

    /// How a stack is replaced that is not updated.
    pub fn how_to_replace(&self, problems: &[Problem]) -> String {
        let moved = problems
            .iter()
            .any(|problem| problem.code == "plan-changed");
        match moved {
            true => "The stack stays as it is: this is what an update would do now, and nobody has reviewed that. Open a new pull \
                     request that changes the config.",
            false => "The stack stays as it is. To replace it, remove the config in a pull request, have the deletion confirmed, and \
                      add the config again; or let the policy allow more under `updates`.",
        }
        .to_owned()
    }
}

/// What the job itself lacks for a stack's environment.
pub fn denied_here(fact: &str, remedy: &str) -> Failure {
    Failure::Denied(vec![Denial {
        code: "environment-not-allowed",
        fact: fact.to_owned(),
        remedy: remedy.to_owned(),
    }])
}
