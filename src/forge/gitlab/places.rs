//! Where listed folders are.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::model::CommitSha;

/// Where trees are: a commit and a path. GitLab lists a folder by these, and not by the tree's id.
#[derive(Debug, Default)]
pub struct Places(Mutex<HashMap<String, (CommitSha, String)>>);

impl Places {
    pub fn add(&self, id: String, place: (CommitSha, String)) {
        let mut places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.entry(id).or_insert(place);
    }

    pub fn get(&self, id: &str) -> Option<(CommitSha, String)> {
        let places = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        places.get(id).cloned()
    }
}
