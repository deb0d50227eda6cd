//! The lock of the built-in products as a fact: whether the program that runs is the one that the repository expects.

use serde::{Deserialize, Serialize};

use crate::config::{LOCK_FILE, ProductLock};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FileContents, RepoPath};

/// The lock of a repository, compared with the products that run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LockState {
    /// The repository has no lock, so any version may run.
    Absent,
    Same,
    /// The change removes the lock.
    Removed,
    /// The file has errors, is not a regular file, or cannot be read.
    Invalid {
        problem: String,
        remedy: Option<String>,
    },
    Different {
        /// The version of the program that wrote the lock.
        locked: String,
        /// The version that runs.
        runs: String,
        /// The products that differ.
        products: Vec<String>,
    },
}

impl LockState {
    /// `before`: whether the lock existed before the change.
    pub fn new(before: bool, file: Option<&FileContents>) -> Self {
        let Some(file) = file else {
            return match before {
                true => Self::Removed,
                false => Self::Absent,
            };
        };
        let lock = match ProductLock::read(&RepoPath::typed(LOCK_FILE), file) {
            Ok(lock) => lock,
            Err(problems) => {
                let problem = problems.into_iter().next();
                let is_newer = |problem: &Diagnostic| problem.code == Code::ProgramTooOld;
                return Self::Invalid {
                    remedy: problem.clone().filter(is_newer).and_then(|it| it.help),
                    problem: problem.map(|problem| problem.message).unwrap_or_default(),
                };
            }
        };
        let running = ProductLock::running();
        let differences = lock.differences(running);
        match differences.is_empty() {
            true => Self::Same,
            false => Self::Different {
                locked: lock.provisioner,
                runs: running.provisioner.clone(),
                products: differences
                    .into_iter()
                    .filter_map(|difference| difference.product)
                    .collect(),
            },
        }
    }
}
