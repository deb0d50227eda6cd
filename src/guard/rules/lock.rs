//! The rule about the lock of the built-in products.

use super::RuleInput;
use crate::config::{LOCK_FILE, ProductLock};
use crate::diagnostic::Code;
use crate::guard::{Authority, Denial, LockState};

/// Products that a denial lists.
const MAX_LISTED: usize = 5;

/// The products that run are those of the lock: another version may render other templates than were reviewed. Read-only effects pass,
/// so that an upgrade can be previewed.
pub fn products_are_locked(input: &RuleInput<'_>) -> Option<Denial> {
    if input.is_read_only() {
        return None;
    }
    let state = match &input.facts.authority {
        // Another rule denies unrequested effects.
        Authority::Unknown => return None,
        Authority::CommandLine { lock, .. } => Some(lock),
        Authority::Request(request) => request.lock.as_ref(),
    };
    let (fact, remedy) = match state {
        Some(LockState::Absent | LockState::Same) => return None,
        Some(LockState::Different {
            locked,
            runs,
            products,
        }) => (
            different(locked, runs, products),
            ProductLock::remedy(locked, runs),
        ),
        Some(LockState::Removed) => (
            format!("the change removes {LOCK_FILE}"),
            "keep the lock, or remove it in a pull request that changes no config".to_owned(),
        ),
        Some(LockState::Invalid { problem, remedy }) => (
            format!("{LOCK_FILE}: {problem}"),
            remedy
                .clone()
                .unwrap_or_else(|| "commit what `provisioner lock` writes".to_owned()),
        ),
        None => (
            format!("{LOCK_FILE} is not known"),
            "run the job again".to_owned(),
        ),
    };
    Some(Denial::new(Code::ProductNotLocked, fact, remedy))
}

fn different(locked: &str, runs: &str, products: &[String]) -> String {
    let fact = match locked == runs {
        true => format!("the lock does not name the products of the provisioner {runs} that runs"),
        false => format!("the lock is of provisioner {locked}, and {runs} runs"),
    };
    if products.is_empty() {
        return fact;
    }
    let more = products.len().saturating_sub(MAX_LISTED);
    let mut listed: Vec<String> = products.iter().take(MAX_LISTED).cloned().collect();
    if more > 0 {
        listed.push(format!("{more} more"));
    }
    format!("{fact}; other products: {}", listed.join(", "))
}
