//! A parsed command.

use std::fmt;

use super::action::CommentAction;
use super::grammar::TRIGGER;
use crate::product::Verb;

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
    /// `--skip`: logical ids of resources whose rollback is skipped.
    pub skip: Vec<String>,
    /// `--keep`: do not delete the test's stack.
    pub keep: bool,
    pub code: Option<String>,
    pub product: Option<String>,
}

impl Command {
    /// The verb, if the command repairs a stack.
    pub fn repair(&self) -> Option<Verb> {
        let repairs = [Verb::Restore, Verb::ContinueRollback];
        let mut repairs = repairs.into_iter();
        repairs.find(|verb| self.action.has_verb(|other| other == *verb))
    }

    /// Whether both repair the same: the action and the resources to skip are equal.
    pub fn repairs_like(&self, other: &Self) -> bool {
        let skips = |command: &Self| {
            let mut skips = command.skip.clone();
            skips.sort();
            skips.dedup();
            skips
        };
        self.repair().is_some() && self.repair() == other.repair() && skips(self) == skips(other)
    }

    pub(super) fn bare(action: CommentAction) -> Self {
        Self {
            action,
            config: None,
            solution: None,
            tier: None,
            force: false,
            confirm: None,
            skip: Vec::new(),
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
        self.skip
            .iter()
            .try_for_each(|id| write!(f, " --skip {id}"))?;
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
