//! The answer to one command.

use crate::exit::Exit;
use crate::job::JobError;
use crate::report::{Refusal, Reply};

pub struct Answer {
    pub reply: Reply,
    pub exit: Exit,
}

impl Answer {
    pub fn new(reply: Reply, exit: Exit) -> Self {
        Self { reply, exit }
    }
}

/// Denies the whole command.
pub fn denied(refusal: Refusal) -> Answer {
    Answer::new(Reply::Denied(refusal), Exit::Denied)
}

pub fn internal(error: impl Into<anyhow::Error>) -> JobError {
    JobError::Internal(error.into())
}
