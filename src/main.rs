//! The binary: arguments in, exit code out.
#![expect(
    clippy::disallowed_methods,
    reason = "the process's arguments are read here and nowhere else"
)]

use std::process::ExitCode;

/// A plan is many small texts made and dropped on all cores, which the system's allocator makes a fifth of the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    provisioner::run(std::env::args_os()).into()
}
