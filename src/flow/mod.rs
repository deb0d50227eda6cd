//! One file for each flow: gather, decide, act, report.

mod check;
mod check_ci;
mod check_local;
mod gather;
mod preview;

pub use check_ci::check_in_ci;
pub use check_local::check_locally;
