//! Stands for a pull request before the guard, tells how it goes, and writes down what was decided.

use std::sync::Mutex;

use super::policy::Loaded;
use crate::action::StackConsole;
use crate::guard::{Authority, Denial, Facts, Kind, Request, early_denials};
use crate::operation::{Consent, Progress};
use crate::plan::Deletion;
use crate::report::Decision;
use crate::stack::{Event, StackName};

/// The clerk of one stack.
pub struct Clerk {
    request: Request,
    console: StackConsole,
    decisions: Mutex<Vec<Decision>>,
    /// Digest of what a deletion would do.
    deletion: Mutex<Option<String>>,
}

impl Clerk {
    /// Speaks for `request`.
    pub fn new(request: Request, console: StackConsole) -> Self {
        Self {
            request,
            console,
            decisions: Mutex::default(),
            deletion: Mutex::default(),
        }
    }

    /// What speaks against it already, so that no credentials are asked for.
    pub fn refuses(&self, kind: Kind, policy: &Loaded, stack: &StackName) -> Vec<Denial> {
        let facts = Facts {
            authority: self.authority(stack, None),
            ..Facts::default()
        };
        let denials = early_denials(kind, policy, &facts, stack);
        if let (false, Ok(mut decisions)) = (denials.is_empty(), self.decisions.lock()) {
            decisions.push(Decision::of(stack, kind, true, &facts, &denials));
        }
        denials
    }

    /// Whether AWS was asked anything: nothing was refused before that.
    pub fn has_asked(&self) -> bool {
        let decisions = self.decisions.lock();
        decisions.is_ok_and(|made| made.iter().any(|decision| !decision.early))
    }

    /// The digest by which a deletion is confirmed, if one was looked at.
    pub fn deletion(&self) -> Option<String> {
        self.deletion.lock().ok()?.clone()
    }

    /// What was decided, in the order of time.
    pub fn decisions(self) -> Vec<Decision> {
        self.decisions.into_inner().unwrap_or_default()
    }
}

impl Consent for Clerk {
    fn authority(&self, _: &StackName, _: Option<&Deletion>) -> Authority {
        Authority::Request(Box::new(self.request.clone()))
    }
}

impl Progress for Clerk {
    fn step(&self, stack: &StackName, what: &str) {
        self.console.step(stack, what);
    }

    fn event(&self, stack: &StackName, event: &Event) {
        self.console.event(stack, event);
    }

    fn count(&self, stack: &StackName, what: &str, done: u64, of: Option<u64>) {
        self.console.count(stack, what, done, of);
    }

    fn decided(&self, stack: &StackName, kind: Kind, facts: &Facts, denials: &[Denial]) {
        if let (Some(digest), Ok(mut deletion)) = (&facts.deletion, self.deletion.lock()) {
            *deletion = Some(digest.clone());
        }
        if let Ok(mut decisions) = self.decisions.lock() {
            decisions.push(Decision::of(stack, kind, false, facts, denials));
        }
    }
}
