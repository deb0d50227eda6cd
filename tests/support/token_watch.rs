//! Looks for a token where other users of a machine could read it: in the arguments of processes and in the job's files.
#![expect(clippy::disallowed_methods, reason = "processes and files are read")]

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use walkdir::WalkDir;

/// What a look found while git waited for an answer.
const WAITING: &str = "waiting";

#[derive(Clone, Default)]
pub struct TokenWatch {
    needles: Arc<Mutex<Vec<String>>>,
    folder: Arc<Mutex<Option<PathBuf>>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl TokenWatch {
    /// The token of a user in plain text and as HTTP sends it, in processes and below `folder`.
    pub fn look_for(&self, user: &str, token: &str, folder: &Path) {
        let pair = format!("{user}:{token}");
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        *self.needles.lock().unwrap() = vec![token.to_owned(), pair];
        *self.folder.lock().unwrap() = Some(folder.to_owned());
    }

    pub fn look(&self) {
        let needles = self.needles.lock().unwrap().clone();
        let found = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes);
            needles.iter().any(|needle| text.contains(needle))
        };
        let mut seen = self.seen.lock().unwrap();
        for process in std::fs::read_dir("/proc").unwrap().flatten() {
            let line = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            let text = String::from_utf8_lossy(&line).replace('\0', " ");
            if found(&line) {
                seen.push(format!("token in {text}"));
            }
            if text.contains("remote-http") {
                seen.push(WAITING.to_owned());
            }
        }
        let folder = self.folder.lock().unwrap().clone().unwrap();
        for file in WalkDir::new(folder).into_iter().flatten() {
            // git removes its own files meanwhile.
            let bytes = std::fs::read(file.path()).unwrap_or_default();
            if found(&bytes) {
                seen.push(format!("token in {}", file.path().display()));
            }
        }
    }

    /// git was seen, and the token was not.
    #[track_caller]
    pub fn assert_unseen(&self) {
        let seen = self.seen.lock().unwrap();
        assert!(seen.iter().any(|line| line == WAITING), "{seen:?}");
        assert!(seen.iter().all(|line| line == WAITING), "{seen:?}");
    }
}
