//! Commands in comments: the grammar, and which lines of a comment count.
//!
//! A line counts if the forge shows it as plain text of a top-level paragraph, and if it begins with `/provisioner`, in these
//! ASCII characters, after at most three spaces. People use quotes, lists, headings, tables, code, HTML, comments, links and
//! emphasis to show a command without giving it.

mod action;
mod ambiguity;
mod error;
mod fences;
mod grammar;
mod html;
mod line;
mod lines;
mod parsed;

pub use action::{CommentAction, CommentActions};
pub use error::CommandParseError;
pub use grammar::{Flag, MAX_CHARACTERS, MAX_COMMANDS, TRIGGER};
pub use parsed::Command;

use crate::text::truncate;

/// All commands of a comment, in order. A line that begins as a command but is not valid gives an error. A comment with too many
/// commands gives only that error.
pub fn parse(body: &str, actions: &CommentActions) -> Vec<Result<Command, CommandParseError>> {
    let lines = parse_lines(body, actions).into_iter();
    lines.map(|line| line.command).collect()
}

/// A line that begins as a command.
#[derive(Clone, Debug)]
pub struct CommandLine {
    /// As written, and shortened if it is long; empty for an error of the whole comment.
    pub text: String,
    pub command: Result<Command, CommandParseError>,
}

impl CommandLine {
    fn whole_comment(error: CommandParseError) -> Self {
        Self {
            text: String::new(),
            command: Err(error),
        }
    }
}

/// The same with the lines.
pub fn parse_lines(body: &str, actions: &CommentActions) -> Vec<CommandLine> {
    // Fast path: nearly all comments contain no command.
    if !body.contains(TRIGGER) {
        return Vec::new();
    }
    if body.len() > MAX_CHARACTERS {
        let characters = body.chars().count();
        if characters > MAX_CHARACTERS {
            let error = CommandParseError::TooLong { characters };
            return vec![CommandLine::whole_comment(error)];
        }
    }
    // Markdown has three line ends, and forges send two of them.
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let lines = lines::command_lines(&body);
    if lines.len() > MAX_COMMANDS {
        let error = CommandParseError::TooMany { found: lines.len() };
        return vec![CommandLine::whole_comment(error)];
    }
    lines
        .iter()
        .map(|line| CommandLine {
            text: truncate(line.text.to_owned()),
            command: line::parse(line, actions),
        })
        .collect()
}
