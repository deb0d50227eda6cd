//! Provision AWS CloudFormation stacks from reviewed configuration.
//!
//! | room | what it is for |
//! |---|---|
//! | [`model`], [`wording`] | the words every room shares; words for messages |
//! | [`diagnostic`] | what is wrong, where, what to do |
//! | [`product`] | products as data: manifest, schema, rules, templates |
//! | [`config`] | text → spanned tree → checked value |
//! | [`template`] | rendered templates: structure, references, limits |
//! | [`diff`] | what changed between two texts |
//! | [`plan`] | what a change would do to stacks; impact; digest |
//! | [`report`] | what people and machines read |
//! | [`forge`] | port to forges; GitHub, local git |
//! | [`workspace`] | configs and outputs on disk |
//! | [`ci`] | the CI environment |
//! | [`action`], [`flow`] | what the command line and CI ask for |
//! | [`cli`], [`exit`] | arguments in, exit code out |
//!
//! Directions: each room uses only rooms above it in this table; `report` and above are pure. `tests/it/rooms.rs` holds them
//! to it.

pub mod action;
pub mod ci;
pub mod cli;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod exit;
pub mod flow;
pub mod forge;
pub mod model;
pub mod plan;
pub mod product;
pub mod report;
mod run;
pub mod template;
pub mod wording;
pub mod workspace;

pub use run::run;
