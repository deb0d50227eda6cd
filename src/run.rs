//! From arguments to an exit code.
#![expect(
    clippy::disallowed_methods,
    reason = "what belongs on standard output is written here and nowhere else"
)]

use std::ffi::OsString;
use std::io::Write as _;

use crate::cli;
use crate::exit::Exit;
use crate::text::escape_invisible;

/// Runs the program and prints what belongs on standard output.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Exit {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    let (global, invocation) = match cli::parse(&arguments) {
        Ok(parsed) => parsed,
        Err(error) => {
            cli::start_default_logger(&arguments);
            let error = visible(&arguments).unwrap_or(error);
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

/// The error of the arguments with their control characters written out, so that no argument becomes a line of its own in a log.
fn visible(arguments: &[OsString]) -> Option<clap::Error> {
    let written = arguments.iter().map(|argument| {
        let text = argument.to_string_lossy();
        OsString::from(escape_invisible(&text, false).into_owned())
    });
    let error = cli::parse(&written.collect::<Vec<_>>()).err()?;
    error.use_stderr().then_some(error)
}
