//! Errors in a line that begins as a command. The words in them come from the commenter: callers must escape them.

use super::action::{CommentAction, CommentActions};
use super::grammar::{Flag, MAX_CHARACTERS, MAX_COMMANDS, TRIGGER, ValueFormat};
use crate::text::{did_you_mean, escape_invisible, quote};

/// Why a line, or a whole comment, is not a command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandParseError {
    /// Longer than a forge accepts.
    #[error("the comment has {characters} characters")]
    TooLong { characters: usize },
    /// More commands than one comment may have.
    #[error("the comment has {found} commands")]
    TooMany { found: usize },
    /// The trigger alone.
    #[error("nothing follows `{TRIGGER}`")]
    MissingAction,
    /// A character outside of ASCII: it looks like one of the grammar's, or is invisible.
    #[error("{} holds {}", quoted(word), character_name(*character))]
    NonAscii {
        word: String,
        /// The first such character.
        character: char,
        meant: Option<String>,
    },
    #[error("unknown action: {}", quoted(word))]
    UnknownAction { word: String, meant: Option<String> },
    #[error("unknown flag: {}", quoted(word))]
    UnknownFlag {
        word: String,
        meant: Option<String>,
        action: CommentAction,
    },
    /// The flag belongs to another action.
    #[error("`{}` has no flag `{flag}`", action.name())]
    FlagNotAllowed {
        action: CommentAction,
        flag: &'static str,
    },
    #[error("`{flag}` is given twice")]
    DuplicateFlag { flag: &'static str },
    #[error("`{flag}` has no value")]
    MissingValue {
        flag: &'static str,
        value: &'static str,
    },
    #[error("`{}` has no {argument}", action.name())]
    MissingArgument {
        action: CommentAction,
        argument: &'static str,
    },
    /// A forbidden character, or too many characters.
    #[error("{} is not a {what}", quoted(word))]
    InvalidValue {
        what: &'static str,
        word: String,
        /// The expected format.
        shape: &'static str,
    },
    /// One word more than the action takes.
    #[error("{} is more than `{}` takes", quoted(word), action.name())]
    ExtraArgument { word: String, action: CommentAction },
    /// A forge may not show the line as plain text.
    #[error("Markdown may show the line differently from how it is written")]
    AmbiguousMarkdown,
}

impl CommandParseError {
    pub fn help(&self) -> String {
        match self {
            Self::TooLong { .. } => format!(
                "write a comment of at most {MAX_CHARACTERS} characters; nothing of this one was done"
            ),
            Self::TooMany { .. } => format!(
                "write at most {MAX_COMMANDS} in one comment; nothing of this one was done"
            ),
            Self::MissingAction => format!("`{TRIGGER} help` lists the actions"),
            Self::NonAscii {
                meant: Some(meant), ..
            } => {
                format!("did you mean `{meant}`? Commands are written in ASCII")
            }
            Self::NonAscii { meant: None, .. } => "commands are written in ASCII".to_owned(),
            Self::UnknownAction {
                meant: Some(meant), ..
            } => format!("did you mean `{meant}`?"),
            Self::UnknownAction { meant: None, .. } => {
                format!("`{TRIGGER} help` lists the actions")
            }
            Self::UnknownFlag {
                word,
                meant: Some(meant),
                ..
            } if word.contains('=') => {
                format!("did you mean `{meant}`? A value follows a blank")
            }
            Self::UnknownFlag {
                meant: Some(meant), ..
            } => format!("did you mean `{meant}`?"),
            Self::UnknownFlag { action, .. }
            | Self::FlagNotAllowed { action, .. }
            | Self::ExtraArgument { action, .. } => usage(action),
            Self::DuplicateFlag { flag } => format!("give `{flag}` once"),
            Self::MissingValue { flag, value } => format!("write `{flag} {value}`"),
            Self::MissingArgument { action, .. } => usage(action),
            Self::InvalidValue { what, shape, .. } => format!("{what} is {shape}"),
            Self::AmbiguousMarkdown => {
                "write it into a paragraph of its own, below an empty line, and without underscores around words"
                    .to_owned()
            }
        }
    }

    /// Rejects a word with a character outside of ASCII. `known` lists the words that the commenter may have meant.
    pub(super) fn non_ascii<'a>(
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
    ) -> Option<Self> {
        let character = word
            .chars()
            .find(|character| !character.is_ascii_graphic())?;
        // Some keyboards replace two hyphens by one dash.
        let is_dash =
            |character: char| matches!(character, '\u{2010}'..='\u{2015}' | '\u{2212}' | '-');
        let name = word.trim_start_matches(is_dash);
        let meant = match name.len() == word.len() {
            true => did_you_mean(word, known),
            false => did_you_mean(&format!("--{name}"), known),
        };
        Some(Self::NonAscii {
            word: word.to_owned(),
            character,
            meant: meant.map(str::to_owned),
        })
    }

    pub(super) fn unknown_action(word: &str, actions: &CommentActions) -> Self {
        Self::UnknownAction {
            word: word.to_owned(),
            meant: did_you_mean(word, actions.names()).map(str::to_owned),
        }
    }

    pub(super) fn unknown_flag(word: &str, action: &CommentAction) -> Self {
        let name = word.split('=').next().unwrap_or(word);
        Self::UnknownFlag {
            word: word.to_owned(),
            meant: did_you_mean(name, flags()).map(str::to_owned),
            action: action.clone(),
        }
    }

    pub(super) fn invalid_value(what: &'static str, word: &str, shape: ValueFormat) -> Self {
        Self::InvalidValue {
            what,
            word: word.to_owned(),
            shape: shape.description(),
        }
    }
}

pub(super) fn flags() -> impl Iterator<Item = &'static str> {
    Flag::ALL.iter().map(|flag| flag.name())
}

fn usage(action: &CommentAction) -> String {
    format!("write `{TRIGGER} {}`", action.usage())
}

fn quoted(word: &str) -> String {
    quote(&escape_invisible(word, false))
}

fn character_name(character: char) -> String {
    format!("the character U+{:04X}", u32::from(character))
}
