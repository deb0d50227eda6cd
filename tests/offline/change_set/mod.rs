//! The verdict of change sets.

mod corpus;
mod verdicts;
