//! CI: one folder or file for each flow. No flow imports another.
//!
//! | file | what it is |
//! |---|---|
//! | `dispatch` | event → one flow |
//! | `check` | flow 1: a change is checked |
//! | `comment` | flow 2: a comment commands |
//! | `provision` | flow 3: a merged change is provisioned |
//! | `drift` | the scheduled detection of drift |

pub mod check;
mod comment;
mod dispatch;
mod drift;
mod provision;

pub use dispatch::run_in_ci;
