//! Integration tests: the binary and the real clients against local servers. One file for each subject.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot go on fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod aws;
mod command;
mod config;
mod contract;
mod doctor;
mod faults;
mod flow_aws;
mod flow_github;
mod flow_local;
mod forge;
mod generated;
mod hostile;
mod job;
mod merged;
mod ml;
mod modules;
mod own_product;
mod policy;
mod review;
mod roles;
mod runner;
mod scale;
