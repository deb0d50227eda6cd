//! A file of the setup, with its state.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileState {
    /// The file does not exist.
    New,
    /// The file is as it should be.
    Unchanged,
    /// The file differs. `init` leaves it.
    Differs,
}

/// A file of the setup.
#[derive(Clone, Debug)]
pub struct PlannedFile {
    /// From the repository's root.
    pub path: String,
    /// The text that it should have.
    pub text: String,
    /// The text that it has.
    pub before: Option<String>,
    /// Whether the setup works without it.
    pub is_sample: bool,
}

impl PlannedFile {
    pub fn state(&self) -> FileState {
        match &self.before {
            None => FileState::New,
            Some(before) if *before == self.text => FileState::Unchanged,
            Some(_) => FileState::Differs,
        }
    }
}
