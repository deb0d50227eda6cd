//! The answer to one command.

use crate::exit::Exit;
use crate::job::JobError;
use crate::report::{Alert, Refusal, Reply, RunEvent};

pub struct Answer {
    pub reply: Reply,
    pub exit: Exit,
    /// Why a command failed for a config.
    pub alerts: Vec<Alert>,
    /// What happened, without what a run records.
    pub events: Vec<RunEvent>,
}

impl Answer {
    pub fn new(reply: Reply, exit: Exit) -> Self {
        let reason = reply.plain().filter(|_| is_failure(exit));
        let alerts = reason.map(|text| Alert::new("a command failed", text));
        let events = match &reply {
            Reply::Denied(refusal) => vec![RunEvent::denied(refusal)],
            _ => Vec::new(),
        };
        Self {
            events,
            reply,
            exit,
            alerts: Vec::from_iter(alerts),
        }
    }
}

/// Whether an exit code fails the job.
pub fn is_failure(exit: Exit) -> bool {
    !matches!(exit, Exit::Ok | Exit::Drift)
}

/// Denies the whole command.
pub fn denied(refusal: Refusal) -> Answer {
    Answer::new(Reply::Denied(refusal), Exit::Denied)
}

pub fn internal(error: impl Into<anyhow::Error>) -> JobError {
    JobError::Internal(error.into())
}
