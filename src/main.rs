//! The binary: arguments in, exit code out.
#![expect(
    clippy::disallowed_methods,
    reason = "the process's arguments are read here and nowhere else, and so is the variable of the tests"
)]

use std::process::ExitCode;

/// A plan creates and drops many small texts on all cores. This allocator takes a fifth of the time of the system's.
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
