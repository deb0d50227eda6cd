//! The binary: arguments in, exit code out.
#![expect(
    clippy::disallowed_methods,
    reason = "the process's arguments are read here and nowhere else, and so is the variable of the tests"
)]

use std::process::ExitCode;

/// A plan is many small texts made and dropped on all cores, which the system's allocator makes a fifth of the work.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Percentage of the usual pauses between attempts. The tests set it, so that they do not wait in real time.
const PAUSE_PERCENT: &str = "PROVISIONER_PAUSE_PERCENT";

fn main() -> ExitCode {
    let percent = std::env::var(PAUSE_PERCENT).ok();
    if let Some(percent) = percent.and_then(|text| text.parse().ok()) {
        provisioner::pacing::shorten_to(percent);
    }
    provisioner::run(std::env::args_os()).into()
}
