//! Why a job has nothing to do.

use std::fmt;

/// Why a job has nothing to do, for its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NothingToDo {
    /// A push to a branch that is not provisioned.
    Push { reference: String },
    /// A push to the default branch that does not name the commit before it, such as the one that creates the branch.
    UnknownPush,
    /// The program does not handle the event, or handles it only in another case.
    Event {
        name: String,
        only_if: Option<&'static str>,
    },
    /// The job of a cancelled step changes no stacks.
    Cancelled,
    /// No line of the comment is a command.
    NoCommand,
    /// The comment was deleted.
    CommentGone,
    /// A bot wrote the comment.
    Bot,
    /// The comment was edited.
    Edited,
    /// The event's comment differs from the forge's.
    OtherComment,
    /// The comment's author may not give commands.
    AuthorNotAllowed,
    /// The comment is on an issue that is not the program's.
    OtherIssue,
    /// The program itself wrote the comment.
    OwnComment,
}

impl fmt::Display for NothingToDo {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self {
            Self::Push { reference } => {
                return write!(out, "nothing to do for a push to `{reference}`");
            }
            Self::Event { name, only_if } => {
                write!(out, "nothing to do for the event `{name}`")?;
                return match only_if {
                    Some(case) => write!(out, ": provisioner handles it only if {case}"),
                    None => Ok(()),
                };
            }
            Self::UnknownPush => {
                "the push does not name the commit before it, so its merges are not known. A scheduled run applies them; without a schedule, or if the policy sets `max-failures`, start a run by hand with `configs`"
            }
            Self::Cancelled => "the cancelled job changes no stacks",
            Self::NoCommand => "the comment has no command",
            Self::CommentGone => "the comment was deleted",
            Self::Bot => "provisioner ignores commands of bots",
            Self::Edited => "provisioner ignores commands in edited comments",
            Self::OtherComment => "the comment differs from the event's comment",
            Self::AuthorNotAllowed => "the comment's author may not run commands",
            Self::OtherIssue => "the issue is not one that provisioner opened about a stack",
            Self::OwnComment => "provisioner ignores its own comments",
        };
        write!(out, "provisioner: nothing to do: {why}")
    }
}
