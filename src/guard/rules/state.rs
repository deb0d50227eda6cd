//! The stack's state.

use super::Question;
use crate::guard::{Denial, Kind, TEST_TAG};
use crate::stack::{Health, Stack};

impl Question<'_> {
    /// The stack, if it is known to exist. An empty shell is as good as none.
    fn existing(&self) -> Option<&Stack> {
        let stack = self.facts.stack.as_ref()?.as_ref()?;
        (!matches!(stack.status.health(), Health::Shell | Health::Deleted)).then_some(stack)
    }

    fn needs_state(&self) -> bool {
        self.kind != Kind::Inspect
    }
}

/// Nothing else is under way, as far as is known.
pub fn is_not_busy(question: &Question<'_>) -> Option<Denial> {
    if !question.needs_state() {
        return None;
    }
    let remedy = "wait until the operation has ended, then try again";
    let Some(stack) = &question.facts.stack else {
        return Some(Denial::new(
            "stack-busy",
            "the stack's state is not known",
            remedy,
        ));
    };
    let stack = stack.as_ref()?;
    match stack.status.health() {
        Health::Busy if question.kind == Kind::Resume => None,
        Health::Busy | Health::Unknown => Some(Denial::new(
            "stack-busy",
            format!("the stack is {}", stack.status),
            remedy,
        )),
        _ => None,
    }
}

/// A stack whose last operation failed can only be deleted.
pub fn has_not_failed(question: &Question<'_>) -> Option<Denial> {
    let stack = question.existing()?;
    let deletes = matches!(question.kind, Kind::Delete | Kind::TearDown | Kind::Test);
    let matters = question.needs_state() && !deletes;
    (matters && stack.status.health() == Health::Failed).then(|| {
        Denial::new(
            "stack-failed",
            format!("the stack is {}", stack.status),
            "delete the stack, or repair it by hand",
        )
    })
}

/// Termination protection is somebody's decision, and is not undone here.
pub fn is_not_protected(question: &Question<'_>) -> Option<Denial> {
    let stack = question.existing()?;
    let deletes = matches!(question.kind, Kind::Delete | Kind::TearDown);
    (deletes && stack.protected).then(|| {
        Denial::new(
            "stack-protected",
            "termination protection is on",
            "turn termination protection off, if the stack really is to go",
        )
    })
}

/// A stack that this program did not make is not touched.
pub fn is_ours(question: &Question<'_>) -> Option<Denial> {
    let stack = question.existing()?;
    if matches!(question.kind, Kind::Inspect | Kind::Preview) {
        return None;
    }
    let owner = &question.facts.owner;
    let is_marked = !owner.is_empty()
        && owner
            .iter()
            .all(|(key, value)| stack.tags.get(key) == Some(value));
    // What a test makes may be deleted by a test only, and nothing else may.
    let is_test = stack.tags.contains_key(TEST_TAG);
    let fits = is_test == (question.kind == Kind::Test);
    (!is_marked || !fits).then(|| {
        let tags: Vec<String> = owner
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        let fact = match (is_marked, is_test) {
            (false, _) => "the stack does not have the tags of a stack that this program made",
            (true, true) => "the stack was made by a test",
            (true, false) => "the stack was not made by a test",
        };
        Denial::new(
            "stack-foreign",
            fact,
            format!(
                "if it is the config's own stack, tag it with {}",
                tags.join(" and ")
            ),
        )
    })
}
