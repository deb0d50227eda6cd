//! The flows of CI, and what they share: gather, decide, act, report.
//!
//! | file | what it is |
//! |---|---|
//! | `job` | reads what happened, and runs one of the flows |
//! | `check_ci`, `check_local`, `check`, `preview` | flow 1: a change is checked |
//! | `command` | flow 2: a comment commands |
//! | `provision` | flow 3: a merged change is provisioned |
//! | `drift` | the scheduled look for drift |
//! | `doctor` | what a job or a laptop can do, proven |
//! | `gather`, `policy`, `reviewed`, `history`, `merged` | what is read from the forge |
//! | `errand`, `apply`, `clerk`, `sessions`, `deployments` | what is done to stacks, and who stands for it |

mod apply;
mod check;
mod check_ci;
mod check_local;
mod clerk;
mod command;
mod deployments;
mod doctor;
mod drift;
mod errand;
mod gather;
mod history;
mod job;
mod merged;
mod nobody;
mod policy;
mod preview;
mod provision;
mod reviewed;
mod sessions;

pub use check_local::check_locally;
pub use doctor::doctor;
pub use job::run_in_ci;
