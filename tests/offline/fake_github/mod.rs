//! The fake GitHub against a real client, and its own checks.

mod client;
mod faults;
mod graphql;
mod state;
