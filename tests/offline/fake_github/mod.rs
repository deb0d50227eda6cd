//! The fake GitHub against a real client, and against its own promises.

mod client;
mod faults;
mod graphql;
mod state;
