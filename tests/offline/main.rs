//! Tests that need only Rust and git: the library, the binary, and real clients against servers inside this process.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test that cannot continue fails"
)]

#[path = "../support/mod.rs"]
mod support;

mod actions;
mod adoption;
mod aws_messages;
mod change_set;
mod check;
mod check_product;
mod ci_gitlab;
mod codes;
mod command;
mod command_errors;
mod command_line;
mod config;
mod copies;
mod credentials;
mod declared_impact;
mod defaults;
mod discover;
mod docs;
mod docs_blocks;
mod docs_consoles;
mod docs_numbers;
mod download;
mod estate;
mod fake_github;
mod fake_gitlab;
mod foreign_text;
mod forge;
mod generated;
mod gitlab;
mod guard;
mod init;
mod json_documents;
mod large_templates;
mod ml;
mod modules;
mod name_clashes;
mod network;
mod own_product;
mod own_roles;
mod policy;
mod product_limits;
mod product_lock;
mod replayed;
mod review;
mod roles;
mod roles_gitlab;
mod scope_roles;
mod test_deployments;
mod threats;
mod unknown_forge;
mod workflows;
mod wrong_products;
