//! CI: one folder or file for each flow. No flow imports another.
//!
//! | file | what it is |
//! |---|---|
//! | `dispatch` | event → one flow |
//! | `check` | flow 1: checks a change |
//! | `comment` | flow 2: runs the commands of a comment |
//! | `provision` | flow 3: provisions a merged change |
//! | `drift` | scheduled drift detection |

pub mod check;
mod comment;
mod dispatch;
mod drift;
mod provision;

pub use dispatch::{run_in_ci, run_job};
