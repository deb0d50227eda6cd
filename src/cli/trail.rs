//! What an action did to one config, in order, for the config's log.

use std::sync::{Arc, Mutex, PoisonError};

use crate::ci::timestamp;
use crate::guard::Caller;

/// Shared by the action and its progress display.
#[derive(Clone, Debug, Default)]
pub struct Trail(Arc<Mutex<TrailRecord>>);

#[derive(Debug, Default)]
struct TrailRecord {
    caller: Option<Caller>,
    lines: Vec<String>,
}

impl Trail {
    /// The identity whose credentials AWS accepted.
    pub fn set_caller(&self, caller: &Caller) {
        self.with(|record| record.caller = Some(caller.clone()));
    }

    /// Adds a line with the current time.
    pub fn add_now(&self, line: &str) {
        let line = format!("{} {line}", timestamp());
        self.add(line);
    }

    pub fn add(&self, line: String) {
        self.with(|record| record.lines.push(line));
    }

    pub fn caller(&self) -> Option<Caller> {
        self.with(|record| record.caller.clone())
    }

    pub fn lines(&self) -> Vec<String> {
        self.with(|record| record.lines.clone())
    }

    fn with<T>(&self, read: impl FnOnce(&mut TrailRecord) -> T) -> T {
        read(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
