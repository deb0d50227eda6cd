//! Provision AWS CloudFormation stacks from reviewed configuration.
//!
//! | room | what it is for |
//! |---|---|
//! | [`model`], [`text`] | the words every room shares; words for messages |
//! | [`diagnostic`] | what is wrong, where, what to do |
//! | [`product`] | products as data: manifest, schema, rules, templates |
//! | [`config`] | text → spanned tree → checked value |
//! | [`template`] | rendered templates: structure, references, limits |
//! | [`diff`] | what changed between two texts |
//! | [`stack`] | what CloudFormation says of stacks: status, change sets, events, drift |
//! | [`plan`] | what a change would do to stacks; impact; digest |
//! | [`guard`] | whether an effect may happen: policy, facts, rules, permits |
//! | [`command`] | what a comment commands: grammar, and which lines count |
//! | [`roles`] | IAM roles of a repository's jobs: whom they trust, what they may do |
//! | [`report`] | what people and machines read |
//! | [`exit`] | what the process says when it ends |
//! | [`forge`] | port to forges; adapters for GitHub and for a local repository |
//! | [`cloud`] | port to AWS: stacks, change sets, drift, objects, parameters |
//! | [`operation`] | what is done to a stack: gather facts, decide, act, watch, verify |
//! | [`workspace`] | configs and outputs on disk |
//! | [`ci`] | environment variables, event, output variables, clock |
//! | [`action`] | the actions of the command line |
//! | [`cli`] | arguments, declared |
//! | [`flow`] | one file for each flow: gather, decide, act, report |
//!
//! Directions: each room uses only rooms above it in this table; `report` and above are pure. `tests/it/rooms.rs` holds them
//! to it.

pub mod action;
pub mod ci;
pub mod cli;
pub mod cloud;
pub mod command;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod exit;
pub mod flow;
pub mod forge;
pub mod guard;
pub mod model;
pub mod operation;
pub mod plan;
pub mod product;
pub mod report;
pub mod roles;
mod run;
pub mod stack;
pub mod template;
pub mod text;
pub mod workspace;

pub use run::run;
