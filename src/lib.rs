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
//! | [`workspace`] | configs and outputs on disk |
//! | [`ci`] | environment variables, event, output variables, clock |
//! | [`operation`] | what is done to one stack: read facts, decide, act, watch, verify |
//! | [`job`] | a job of CI: environment, forge, checkout, credentials, progress without prompts |
//! | [`change`] | what a change is: selection, inputs, policy, history, what was reviewed and merged |
//! | [`apply`] | acting on a change's stacks: tasks, executor, decisions, deployments, run |
//! | [`doctor`] | what a job or a laptop may do |
//! | [`flow`] | CI: one folder or file for each flow |
//! | [`cli`] | the command line: arguments, one file for each family of commands, console and prompts |
//!
//! Directions: each room uses only rooms above it in this table; `report` and above are pure. `tests/offline/modules.rs` holds them
//! to it.

pub mod apply;
pub mod change;
pub mod ci;
pub mod cli;
pub mod cloud;
pub mod command;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod doctor;
pub mod exit;
pub mod flow;
pub mod forge;
pub mod guard;
pub mod job;
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

/// The version of the program, as reports show it.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");
