//! Which configs claim a stack. Two files with one stack would undo each other's changes, and the removal of one would delete the
//! stack of the other.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::stacks::shared_stack;
use super::{Change, Intent, Plan};
use crate::config::load_file;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::{FileContents, RepoPath};
use crate::product::{Registry, Target};
use crate::text::quote;

/// The configs of each stack in a tree.
#[derive(Debug, Default)]
pub struct StackClaims(BTreeMap<[String; 3], Vec<RepoPath>>);

impl StackClaims {
    /// `configs` are files with their contents. A config with errors creates no stack, so that it claims none.
    pub fn new(registry: &Registry, configs: &BTreeMap<RepoPath, FileContents>) -> Self {
        let stacks: Vec<_> = configs
            .par_iter()
            .filter_map(|(path, contents)| {
                let config = load_file(registry, path, contents).config?;
                Some((key(&config.target, config.stack()), path.clone()))
            })
            .collect();
        let mut claims: BTreeMap<_, Vec<RepoPath>> = BTreeMap::new();
        for (stack, path) in stacks {
            claims.entry(stack).or_default().push(path);
        }
        Self(claims)
    }

    /// The other configs that claim the stack of a change.
    pub fn others<'a>(&'a self, change: &'a Change) -> impl Iterator<Item = &'a RepoPath> {
        let stack = change.target.as_ref().zip(change.stack.as_deref());
        let claims = stack.and_then(|(target, stack)| self.0.get(&key(target, stack)));
        let claims = claims.into_iter().flatten();
        claims.filter(|path| **path != change.path)
    }
}

/// Account, region and name.
fn key(target: &Target, stack: &str) -> [String; 3] {
    [
        target.account.clone(),
        target.region.clone(),
        stack.to_owned(),
    ]
}

impl Plan {
    /// Reports changes of stacks that other configs claim. `claims` are those of the head. The digest stays: a plan with errors is not
    /// applied.
    pub fn reject_claimed_stacks(&mut self, claims: &StackClaims) {
        for change in &mut self.changes {
            let (Some(other), Some(stack)) = (claims.others(change).next(), &change.stack) else {
                continue;
            };
            match change.intent {
                Intent::Invalid => {}
                Intent::Delete => {
                    let message = format!(
                        "the stack {} is not deleted: it is also that of {}",
                        quote(stack),
                        quote(other.as_str())
                    );
                    let problem = Diagnostic::error(Code::DuplicateStack, &change.path, message);
                    let problem = problem.with_severity(Severity::Warning);
                    change.diagnostics.push(problem);
                }
                Intent::Create | Intent::Update | Intent::Unchanged => {
                    let problem = shared_stack(&change.path, stack, other);
                    change.diagnostics.push(problem);
                    change.intent = Intent::Invalid;
                    self.invalid += 1;
                }
            }
        }
    }
}
