//! Exit codes of the process. They are stable, because scripts rely on them.

/// Exit codes.
///
/// Ordered by precedence: if several apply, the process exits with the highest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    Ok = 0,
    /// Drift was found, and `--fail-on-drift` was given.
    Drift = 12,
    /// The impact of a change is above what the policy allows.
    Impact = 11,
    /// A config, template or output is wrong.
    Config = 10,
    /// The forge or AWS could not be reached.
    Unreachable = 31,
    /// The guard denied an effect.
    Denied = 20,
    /// An operation on a stack failed.
    Operation = 30,
    /// The command line is wrong.
    Usage = 2,
    /// A bug or a broken machine.
    Internal = 1,
    /// A second Ctrl-C ended the process.
    Interrupted = 130,
}

impl Exit {
    /// By precedence, lowest first.
    const ORDER: [Self; 10] = [
        Self::Ok,
        Self::Drift,
        Self::Impact,
        Self::Config,
        Self::Unreachable,
        Self::Denied,
        Self::Operation,
        Self::Usage,
        Self::Internal,
        Self::Interrupted,
    ];

    /// Every code, by number.
    pub fn all() -> Vec<Self> {
        let mut all = Self::ORDER.to_vec();
        all.sort_by_key(|exit| *exit as u8);
        all
    }

    /// A few words for tables.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Ok => "success",
            Self::Drift => "drift found, with `--fail-on-drift`",
            Self::Impact => "the policy does not allow the impact of an update",
            Self::Config => "errors in a config or a template, or a missing dependency",
            Self::Unreachable => "no credentials, or no answer",
            Self::Denied => "denied by the policy, by the stack's state, or for lack of `--force`",
            Self::Operation => "an operation on a stack failed or was interrupted",
            Self::Usage => "wrong command line",
            Self::Internal => "internal error",
            Self::Interrupted => "ended at once by a second Ctrl-C",
        }
    }

    fn rank(self) -> Option<usize> {
        Self::ORDER.iter().position(|known| *known == self)
    }
}

/// A table of exit codes for help texts, one line each.
pub fn exit_codes(meanings: &[(Exit, &str)]) -> String {
    let line = |(exit, meaning): &(Exit, &str)| format!("\n  {:>3}  {meaning}", *exit as u8);
    let lines: String = meanings.iter().map(line).collect();
    format!("Exit codes:{lines}")
}

/// A derived order would follow the numbers.
impl Ord for Exit {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.rank().cmp(&other.rank())
    }
}

impl PartialOrd for Exit {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn exit_code_precedence() {
        assert_eq!(Exit::Unreachable.max(Exit::Denied), Exit::Denied);
        assert_eq!(Exit::Drift.max(Exit::Config), Exit::Config);
        assert_eq!(Exit::Operation.max(Exit::Usage), Exit::Usage);
        assert_eq!(Some(Exit::Impact).max(None), Some(Exit::Impact));
    }
}
