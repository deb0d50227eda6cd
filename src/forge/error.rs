//! Why the forge gave no answer.

/// Why the forge gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum ForgeError {
    /// The forge says no: a permission of the token is missing, or the thing is not visible to it.
    #[error("{what}: the forge refuses ({status}): {message}")]
    Refused {
        what: String,
        /// HTTP status.
        status: u16,
        /// The forge's words.
        message: String,
    },
    /// No usable answer, after retries.
    #[error("{what}: {message}")]
    Unreachable {
        what: String,
        /// What came instead.
        message: String,
    },
}

impl ForgeError {
    /// No usable answer.
    pub fn unreachable(what: &str, message: impl ToString) -> Self {
        Self::Unreachable {
            what: what.to_owned(),
            message: message.to_string(),
        }
    }

    /// Whether it was refused for lack of rights.
    pub fn is_refusal(&self) -> bool {
        matches!(self, Self::Refused { .. })
    }
}
