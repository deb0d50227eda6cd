//! The result of a write that creates or replaces.

/// What a write did, with the address of the result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Upsert {
    /// Nothing existed.
    Created(String),
    /// The old contents differed.
    Updated(String),
    /// The old contents were equal; nothing was written.
    Unchanged(String),
}

impl Upsert {
    /// The page that people read.
    pub fn url(&self) -> &str {
        match self {
            Self::Created(url) | Self::Updated(url) | Self::Unchanged(url) => url,
        }
    }
}
