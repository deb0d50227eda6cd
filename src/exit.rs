//! What the process says when it ends. Stable: scripts rely on it.

/// Exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Ok = 0,
    /// A bug or a broken machine.
    Internal = 1,
    /// The command line is wrong.
    Usage = 2,
    /// A config, template or output is wrong.
    Config = 10,
    /// The forge could not be reached.
    Unreachable = 31,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
