//! What the fake forges share: git objects, users, repositories, pull requests, comments and issues, the journal of requests, queued
//! faults, and the server.
//!
//! Each fake keeps its routes, its wire formats and its own rules, as a type that implements `Rules`.

pub mod checkout;
mod commit;
pub mod connection_faults;
mod fake;
pub mod faults;
pub mod journal;
pub mod objects;
mod pull;
mod repo;
pub mod sample;
mod server;
mod state;
mod verbs;
pub mod wire;

pub use commit::CommitBuilder;
pub use fake::Fake;
pub use faults::Fault;
pub use journal::Seen;
pub use objects::Sha;
pub use pull::{Pull, PullBuilder};
pub use repo::Repo;
pub use server::{World, lock};
pub use state::{
    Comment, Issue, Kind, NewCommit, Permission, PullRecord, Reaction, RepoRecord, Rules, State,
    User,
};
pub use verbs::{Merge, Verbs};
