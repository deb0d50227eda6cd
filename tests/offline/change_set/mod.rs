//! The verdict of change sets.

mod corpus;
pub mod judged;
mod kinds;
mod reasons;
mod verdicts;
