//! CI: one folder or file for each flow. No flow imports another.
//!
//! | file | what it is |
//! |---|---|
//! | `dispatch` | event → one flow |
//! | `check` | flow 1: checks a change |
//! | `comment` | flow 2: runs the commands of a comment |
//! | `provision` | flow 3: provisions a merged change |
//! | `drift` | scheduled drift detection |
//! | `estate` | what is known of all configs and stacks; the end of a scheduled scan |

pub mod check;
mod comment;
mod dispatch;
mod drift;
pub mod estate;
mod provision;

pub use dispatch::{run_in_ci, run_job};
