//! Commands in comments: the grammar, and which lines of a comment count.
//!
//! A line counts if the forge shows it as plain text of a top-level paragraph, and if it begins with `/provisioner`, in these
//! ASCII characters, after at most three spaces. People use quotes, lists, headings, tables, code, HTML, comments, links and
//! emphasis to show a command without giving it.

mod action;
mod ambiguity;
mod error;
mod grammar;
mod html;
mod line;
mod lines;
mod parsed;

pub use action::{CommentAction, CommentActions};
pub use error::CommandParseError;
pub use grammar::{Flag, MAX_CHARACTERS, MAX_COMMANDS, TRIGGER};
pub use parsed::Command;

/// All commands of a comment, in order. A line that begins as a command but is not valid gives an error. A comment with too many
/// commands gives only that error.
pub fn parse(body: &str, actions: &CommentActions) -> Vec<Result<Command, CommandParseError>> {
    // Fast path: nearly all comments contain no command.
    if !body.contains(TRIGGER) {
        return Vec::new();
    }
    if body.len() > MAX_CHARACTERS {
        let characters = body.chars().count();
        if characters > MAX_CHARACTERS {
            return vec![Err(CommandParseError::TooLong { characters })];
        }
    }
    // Markdown has three line ends, and forges send two of them.
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let lines = lines::command_lines(&body);
    if lines.len() > MAX_COMMANDS {
        return vec![Err(CommandParseError::TooMany { found: lines.len() })];
    }
    lines
        .iter()
        .map(|line| line::parse(line, actions))
        .collect()
}
