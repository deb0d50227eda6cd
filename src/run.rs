//! From arguments to an exit code.
#![expect(
    clippy::disallowed_methods,
    reason = "what belongs on standard output is written here and nowhere else"
)]

use std::ffi::OsString;
use std::io::Write as _;

use crate::cli;
use crate::exit::Exit;

/// Runs the program and prints what belongs on standard output.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let (global, invocation) = match cli::parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            cli::start_default_logger(&arguments);
            // clap selects the stream. An error means that the stream is closed.
            let _ = error.print();
            return match error.use_stderr() {
                true => Exit::Usage,
                false => Exit::Ok,
            };
        }
    };
    global.start_logger();
    let (output, exit) = invocation.run();
    match std::io::stdout().write_all(output.as_bytes()) {
        // A closed pipe, such as that of `head`, is not a failure.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            log::error!("standard output: {error}");
            Exit::Internal
        }
        _ => exit,
    }
}
