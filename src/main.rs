//! The binary: arguments in, exit code out.
#![expect(
    clippy::disallowed_methods,
    reason = "the process's arguments are read here and nowhere else"
)]

use std::process::ExitCode;

fn main() -> ExitCode {
    provisioner::run(std::env::args_os()).into()
}
