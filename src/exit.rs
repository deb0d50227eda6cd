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
}

impl Exit {
    /// By precedence, lowest first.
    const ORDER: [Self; 9] = [
        Self::Ok,
        Self::Drift,
        Self::Impact,
        Self::Config,
        Self::Unreachable,
        Self::Denied,
        Self::Operation,
        Self::Usage,
        Self::Internal,
    ];

    fn rank(self) -> Option<usize> {
        Self::ORDER.iter().position(|known| *known == self)
    }
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
    fn of_several_the_one_that_matters_most_is_said() {
        assert_eq!(Exit::Unreachable.max(Exit::Denied), Exit::Denied);
        assert_eq!(Exit::Drift.max(Exit::Config), Exit::Config);
        assert_eq!(Exit::Operation.max(Exit::Usage), Exit::Usage);
        assert_eq!(Some(Exit::Impact).max(None), Some(Exit::Impact));
    }
}
