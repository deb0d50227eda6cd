//! What the process says when it ends. Stable: scripts rely on it.

/// Exit codes.
///
/// In the order in which one is said rather than another, when several apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// Drift was found, and `--fail-on-drift` was given.
    Drift = 12,
    /// The impact of a change is above what the policy allows.
    Impact = 11,
    /// A config, template or output is wrong.
    Config = 10,
    /// The forge or AWS could not be reached.
    Unreachable = 31,
    /// The guard refused.
    Denied = 20,
    /// An operation on a stack failed.
    Operation = 30,
    /// The command line is wrong.
    Usage = 2,
    /// A bug or a broken machine.
    Internal = 1,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
