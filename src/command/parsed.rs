//! A parsed command.

use std::fmt;

use super::action::CommentAction;
use super::grammar::TRIGGER;

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
    pub(super) fn bare(action: CommentAction) -> Self {
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

/// The command as a comment would contain it: [`super::parse`] returns the same command.
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
