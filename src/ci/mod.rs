//! The CI environment: variables in, outputs out. No other module reads the environment.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to the environment, the files of a job, its log and the clock"
)]

mod accounts;
mod detect;
mod environment;
mod event;
mod fit;
pub mod github;
pub mod gitlab;
mod outputs;
mod system;

pub use accounts::JobAccounts;
pub use detect::{actor, alerts, annotations, in_job, read_environment, worded};
pub use environment::{JobEnvironment, JobRun, is_blank, scope_of, variable};
pub use event::{CiEvent, DispatchMode};
pub use outputs::{JobOutputs, counts, links, start_jobs, summary};
pub use system::CiSystem;

/// The supported CI systems.
const SYSTEMS: &[CiSystem] = &[github::SYSTEM, gitlab::SYSTEM];

/// The time now in UTC, as part of a file name: `20261123T232156Z`.
pub fn timestamp() -> String {
    now().strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// The time of this machine.
pub fn now() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// Six random lower-case letters and digits, which distinguish what this run creates from other runs.
pub fn random_suffix() -> String {
    let letters = b"abcdefghijklmnopqrstuvwxyz0123456789";
    (0..6)
        .map(|_| char::from(letters[fastrand::usize(..letters.len())]))
        .collect()
}
