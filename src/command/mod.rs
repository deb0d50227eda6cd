//! Commands in comments: the grammar, and which lines of a comment count.
//!
//! A line counts if the forge shows it as plain text of a top-level paragraph, and if it begins with `/provisioner`, in these
//! ASCII characters, after at most three spaces. People use quotes, lists, headings, tables, code, HTML, comments, links and
//! emphasis to show a command without giving it.

mod ambiguity;
mod error;
mod grammar;
mod help;
mod html;
mod line;
mod lines;

use std::fmt;

pub use error::CommandParseError;
pub use grammar::{Class, CommentAction};
pub use help::help;

/// Begins every command.
pub const TRIGGER: &str = "/provisioner";
/// Characters of a comment, as many as GitHub accepts.
pub const MAX_CHARACTERS: usize = 65_536;
pub const MAX_COMMANDS: usize = 10;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    pub action: CommentAction,
    /// A path inside the repository, or a bare file name.
    pub config: Option<String>,
    /// `--solution`: the solution whose folders are meant.
    pub solution: Option<String>,
    /// `--tier`: the tier of configs that name none.
    pub tier: Option<String>,
    /// `--force`.
    pub force: bool,
    /// `--confirm`: 16 to 64 lower-case hexadecimal digits.
    pub confirm: Option<String>,
    /// `--keep`: do not delete the test's stack.
    pub keep: bool,
    pub code: Option<String>,
    pub product: Option<String>,
}

impl Command {
    fn bare(action: CommentAction) -> Self {
        Self {
            action,
            config: None,
            solution: None,
            tier: None,
            force: false,
            confirm: None,
            keep: false,
            code: None,
            product: None,
        }
    }
}

/// The command as a comment would contain it: [`parse`] returns the same command.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{TRIGGER} {}", self.action.name())?;
        for argument in [&self.config, &self.code, &self.product] {
            argument
                .iter()
                .try_for_each(|value| write!(f, " {value}"))?;
        }
        let valued = [
            ("--solution", &self.solution),
            ("--tier", &self.tier),
            ("--confirm", &self.confirm),
        ];
        for (flag, value) in valued {
            value
                .iter()
                .try_for_each(|value| write!(f, " {flag} {value}"))?;
        }
        for (flag, _) in [("--force", self.force), ("--keep", self.keep)]
            .into_iter()
            .filter(|(_, given)| *given)
        {
            write!(f, " {flag}")?;
        }
        Ok(())
    }
}

/// All commands of a comment, in order. A line that begins as a command but is not valid gives an error. A comment with too many
/// commands gives only that error.
pub fn parse(body: &str) -> Vec<Result<Command, CommandParseError>> {
    // Nearly all comments end here.
    if !body.contains(TRIGGER) {
        return Vec::new();
    }
    if body.len() > MAX_CHARACTERS {
        let characters = body.chars().count();
        if characters > MAX_CHARACTERS {
            return vec![Err(CommandParseError::TooLong { characters })];
        }
    }
    // Markdown knows three line ends, and forges send two of them.
    let body = body.replace("\r\n", "\n").replace('\r', "\n");
    let lines = lines::command_lines(&body);
    if lines.len() > MAX_COMMANDS {
        return vec![Err(CommandParseError::TooMany { found: lines.len() })];
    }
    lines.iter().map(line::parse).collect()
}
