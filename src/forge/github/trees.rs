//! Trees that were read in this job.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::forge::git::GitItem;

/// Trees by their ids. An id names its contents, so a tree is read once.
#[derive(Debug, Default)]
pub struct TreeCache(Mutex<HashMap<String, Arc<Vec<GitItem>>>>);

impl TreeCache {
    pub fn get(&self, id: &str) -> Option<Arc<Vec<GitItem>>> {
        let trees = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trees.get(id).cloned()
    }

    pub fn put(&self, id: &str, items: &Arc<Vec<GitItem>>) {
        let mut trees = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        trees.insert(id.to_owned(), Arc::clone(items));
    }
}
