//! What is wrong with a line that begins as a command. Words in it are those of a stranger: whoever shows them makes them inert.

use super::grammar::{CommentAction, Flag, ValueFormat};
use super::{MAX_CHARACTERS, MAX_COMMANDS, TRIGGER};
use crate::text::{did_you_mean, escape_invisible, quote};

/// Why a line, or a whole comment, is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandParseError {
    /// More than a forge accepts.
    #[error("the comment has {characters} characters")]
    TooLong {
        /// How many.
        characters: usize,
    },
    /// More lines that begin as commands than one comment may have.
    #[error("the comment has {found} commands")]
    TooMany {
        /// How many.
        found: usize,
    },
    /// The trigger and nothing else.
    #[error("nothing follows `{TRIGGER}`")]
    MissingAction,
    /// A character that only looks like one of the grammar's, or cannot be seen.
    #[error("{} holds {}", quoted(word), character_name(*character))]
    NonAscii {
        /// The word.
        word: String,
        /// The first such character.
        character: char,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// No action has this name.
    #[error("there is no action {}", quoted(word))]
    UnknownAction {
        /// The word.
        word: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// No action has this flag.
    #[error("there is no flag {}", quoted(word))]
    UnknownFlag {
        /// The word.
        word: String,
        /// What was probably meant.
        meant: Option<&'static str>,
        /// Those that the action has.
        action: CommentAction,
    },
    /// Another action has this flag.
    #[error("`{}` has no flag `{flag}`", action.name())]
    FlagNotAllowed {
        /// The action.
        action: CommentAction,
        /// The flag.
        flag: &'static str,
    },
    /// A flag stands twice.
    #[error("`{flag}` is given twice")]
    DuplicateFlag {
        /// The flag.
        flag: &'static str,
    },
    /// A flag stands without its value.
    #[error("`{flag}` has no value")]
    MissingValue {
        /// The flag.
        flag: &'static str,
        /// What is missing.
        value: &'static str,
    },
    /// The action needs to be told what it is about.
    #[error("`{}` has no {argument}", action.name())]
    MissingArgument {
        /// The action.
        action: CommentAction,
        /// What is missing.
        argument: &'static str,
    },
    /// A value has a character that it cannot have, or too many.
    #[error("{} is no {what}", quoted(word))]
    InvalidValue {
        /// What it should be.
        what: &'static str,
        /// The word.
        word: String,
        /// What that looks like.
        shape: &'static str,
    },
    /// There is one more word than the action takes.
    #[error("{} is more than `{}` takes", quoted(word), action.name())]
    ExtraArgument {
        /// The word.
        word: String,
        /// The action.
        action: CommentAction,
    },
    /// A forge may show the line as something else than it is.
    #[error("Markdown may show the line differently from how it is written")]
    AmbiguousMarkdown,
}

impl CommandParseError {
    /// What to do about it.
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
                format!("did you mean `{meant}`? A value stands behind a blank")
            }
            Self::UnknownFlag {
                meant: Some(meant), ..
            } => format!("did you mean `{meant}`?"),
            Self::UnknownFlag { action, .. }
            | Self::FlagNotAllowed { action, .. }
            | Self::ExtraArgument { action, .. } => usage(*action),
            Self::DuplicateFlag { flag } => format!("give `{flag}` once"),
            Self::MissingValue { flag, value } => format!("write `{flag} {value}`"),
            Self::MissingArgument { action, .. } => usage(*action),
            Self::InvalidValue { what, shape, .. } => format!("{what} is {shape}"),
            Self::AmbiguousMarkdown => {
                "write it into a paragraph of its own, below an empty line, and without underscores around words"
                    .to_owned()
            }
        }
    }

    /// A word that holds what the grammar does not know, if it does. `known` is what could have been meant.
    pub(super) fn non_ascii(
        word: &str,
        known: impl IntoIterator<Item = &'static str>,
    ) -> Option<Self> {
        let character = word
            .chars()
            .find(|character| !character.is_ascii_graphic())?;
        // Some keyboards make one dash of two hyphens.
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
            meant,
        })
    }

    pub(super) fn unknown_action(word: &str) -> Self {
        Self::UnknownAction {
            word: word.to_owned(),
            meant: did_you_mean(word, names()),
        }
    }

    pub(super) fn unknown_flag(word: &str, action: CommentAction) -> Self {
        let name = word.split('=').next().unwrap_or(word);
        Self::UnknownFlag {
            word: word.to_owned(),
            meant: did_you_mean(name, flags()),
            action,
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

/// The names of all actions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    CommentAction::ALL.iter().map(|action| action.name())
}

/// The names of all flags.
pub(super) fn flags() -> impl Iterator<Item = &'static str> {
    Flag::ALL.iter().map(|flag| flag.name())
}

fn usage(action: CommentAction) -> String {
    format!("write `{TRIGGER} {}`", action.usage())
}

fn quoted(word: &str) -> String {
    quote(&escape_invisible(word, false))
}

fn character_name(character: char) -> String {
    format!("the character U+{:04X}", u32::from(character))
}
