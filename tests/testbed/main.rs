//! Tests against the servers and runners of the test bed. `make test` installs it and runs them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot continue fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod act;
mod aws;
mod cancelled;
mod check;
mod comment;
mod contract;
mod doctor;
mod download;
mod drift;
mod fake_github;
mod forges;
mod gitlab;
mod init;
mod provision;
mod roles;
mod runner;
mod setup;
mod world;
