//! What is wrong with a line that begins as a command. Words in it are those of a stranger: whoever shows them makes them inert.

use super::grammar::{Action, Flag, Shape};
use super::{MOST_CHARACTERS, MOST_COMMANDS, TRIGGER};
use crate::wording::{nearest, quote, visible};

/// Why a line, or a whole comment, is no command.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
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
    NoAction,
    /// A character that only looks like one of the grammar's, or cannot be seen.
    #[error("{} holds {}", shown(word), named(*character))]
    Foreign {
        /// The word.
        word: String,
        /// The first such character.
        character: char,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// No action has this name.
    #[error("there is no action {}", shown(word))]
    UnknownAction {
        /// The word.
        word: String,
        /// What was probably meant.
        meant: Option<&'static str>,
    },
    /// No action has this flag.
    #[error("there is no flag {}", shown(word))]
    UnknownFlag {
        /// The word.
        word: String,
        /// What was probably meant.
        meant: Option<&'static str>,
        /// Those that the action has.
        action: Action,
    },
    /// Another action has this flag.
    #[error("`{}` has no flag `{flag}`", action.name())]
    NotItsFlag {
        /// The action.
        action: Action,
        /// The flag.
        flag: &'static str,
    },
    /// A flag stands twice.
    #[error("`{flag}` is given twice")]
    Repeated {
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
        action: Action,
        /// What is missing.
        argument: &'static str,
    },
    /// A value has a character that it cannot have, or too many.
    #[error("{} is no {what}", shown(word))]
    WrongShape {
        /// What it should be.
        what: &'static str,
        /// The word.
        word: String,
        /// What that looks like.
        shape: &'static str,
    },
    /// There is one more word than the action takes.
    #[error("{} is more than `{}` takes", shown(word), action.name())]
    Unexpected {
        /// The word.
        word: String,
        /// The action.
        action: Action,
    },
    /// A forge may show the line as something else than it is.
    #[error("Markdown may show the line differently from how it is written")]
    NotPlain,
}

impl Problem {
    /// What to do about it.
    pub fn help(&self) -> String {
        match self {
            Self::TooLong { .. } => format!(
                "write a comment of at most {MOST_CHARACTERS} characters; nothing of this one was done"
            ),
            Self::TooMany { .. } => format!(
                "write at most {MOST_COMMANDS} in one comment; nothing of this one was done"
            ),
            Self::NoAction => format!("`{TRIGGER} help` lists the actions"),
            Self::Foreign {
                meant: Some(meant), ..
            } => {
                format!("did you mean `{meant}`? Commands are written in ASCII")
            }
            Self::Foreign { meant: None, .. } => "commands are written in ASCII".to_owned(),
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
            | Self::NotItsFlag { action, .. }
            | Self::Unexpected { action, .. } => usage(*action),
            Self::Repeated { flag } => format!("give `{flag}` once"),
            Self::MissingValue { flag, value } => format!("write `{flag} {value}`"),
            Self::MissingArgument { action, .. } => usage(*action),
            Self::WrongShape { what, shape, .. } => format!("{what} is {shape}"),
            Self::NotPlain => {
                "write it into a paragraph of its own, below an empty line, and without underscores around words"
                    .to_owned()
            }
        }
    }

    /// A word that holds what the grammar does not know, if it does. `known` is what could have been meant.
    pub(super) fn foreign(
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
            true => nearest(word, known),
            false => nearest(&format!("--{name}"), known),
        };
        Some(Self::Foreign {
            word: word.to_owned(),
            character,
            meant,
        })
    }

    pub(super) fn unknown_action(word: &str) -> Self {
        Self::UnknownAction {
            word: word.to_owned(),
            meant: nearest(word, names()),
        }
    }

    pub(super) fn unknown_flag(word: &str, action: Action) -> Self {
        let name = word.split('=').next().unwrap_or(word);
        Self::UnknownFlag {
            word: word.to_owned(),
            meant: nearest(name, flags()),
            action,
        }
    }

    pub(super) fn wrong_shape(what: &'static str, word: &str, shape: Shape) -> Self {
        Self::WrongShape {
            what,
            word: word.to_owned(),
            shape: shape.words(),
        }
    }
}

/// The names of all actions.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    Action::ALL.iter().map(|action| action.name())
}

/// The names of all flags.
pub(super) fn flags() -> impl Iterator<Item = &'static str> {
    Flag::ALL.iter().map(|flag| flag.name())
}

fn usage(action: Action) -> String {
    format!("write `{TRIGGER} {}`", action.usage())
}

fn shown(word: &str) -> String {
    quote(&visible(word, false))
}

fn named(character: char) -> String {
    format!("the character U+{:04X}", u32::from(character))
}
