//! The verdict on a change set.

mod corpus;
mod verdicts;
