//! What the runs of a merge record in its comment. If the policy limits failures, no stack begins while earlier failures are not known.

use crate::exit::Exit;
use crate::forge::{Forge, ForgeError};
use crate::model::UserId;
use crate::report::{Attempts, run_began};

/// Why the failures of earlier runs are not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordGap {
    Absent,
    Edited,
    /// A run began and did not end, or an earlier run found the record absent or edited.
    Uncertain,
    /// The job writes no comments, or its user is not known.
    NoComments,
    /// This run could not record that it begins.
    NotWritten,
}

impl RecordGap {
    /// After "the policy sets `max-failures`, and ".
    pub fn why(self) -> &'static str {
        match self {
            Self::Absent => "no comment on the merge counts the failures of earlier runs",
            Self::Edited => {
                "somebody edited the comment on the merge that counts the failures of earlier runs"
            }
            Self::Uncertain => {
                "an earlier run did not end, or the comment that counts failures was deleted or edited"
            }
            Self::NoComments => "the job writes no comment that counts failures",
            Self::NotWritten => "the comment that counts failures could not be written",
        }
    }

    pub fn exit(self) -> Exit {
        match self {
            Self::NotWritten => Exit::Unreachable,
            _ => Exit::Operation,
        }
    }
}

/// Who asks for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunKind {
    /// The push, or a person who names configs: it begins anew.
    Anew,
    /// A schedule.
    Pending,
    Command,
}

/// The record of a merge.
#[derive(Default)]
pub struct MergeRecord<'a> {
    pub attempts: Attempts,
    pub gap: Option<RecordGap>,
    /// Writes before the run begins; `None` if failures are not limited.
    pub keeper: Option<RecordKeeper<'a>>,
}

pub struct RecordKeeper<'a> {
    pub forge: &'a dyn Forge,
    pub number: u64,
    pub own: UserId,
    pub marker: String,
}

impl RecordKeeper<'_> {
    /// Records that a run begins. A run that is killed leaves it so.
    pub async fn open(&self, attempts: &Attempts) -> Result<(), RecordGap> {
        let text = run_began(&self.marker);
        self.write(attempts, Some(&text)).await.map_err(|error| {
            log::warn!("{error}");
            RecordGap::NotWritten
        })
    }

    /// Writes the record into the comment, and keeps the other text. `otherwise`: the text of a new comment.
    pub async fn write(
        &self,
        attempts: &Attempts,
        otherwise: Option<&str>,
    ) -> Result<(), ForgeError> {
        let (number, own, marker) = (self.number, self.own, &self.marker);
        let comment = self.forge.own_text(number, own, marker).await?;
        let Some(comment) = comment.as_deref().or(otherwise) else {
            return Ok(());
        };
        let body = attempts.replaced_in(comment);
        self.forge
            .upsert_comment(number, own, marker, &body)
            .await?;
        Ok(())
    }
}
