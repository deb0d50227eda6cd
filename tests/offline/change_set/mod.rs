//! The verdict of change sets.

mod corpus;
mod kinds;
mod reasons;
mod verdicts;
