//! Provision AWS CloudFormation stacks from reviewed configuration.
//!
//! | modules | pure | purpose |
//! |---|---|---|
//! | `run` | | parse arguments, dispatch, exit code |
//! | [`cli`] | | the command line: arguments, one file for each family of commands, console and prompts |
//! | [`flow`] | | the jobs of CI: one folder or file for each flow |
//! | [`apply`], [`doctor`] | | apply: change a change's stacks; doctor: report what a job or a laptop may do |
//! | [`change`] | | a change: selection, inputs, policy, history, what was reviewed and merged |
//! | [`job`] | | a job of CI: environment, forge, checkout, credentials, progress without prompts |
//! | [`operation`] | | one stack: read facts, decide, act, watch, verify |
//! | [`ci`], [`cloud`] | | ci: environment, event, outputs and clock of a job; cloud: port to AWS |
//! | [`forge`] | | port to forges; one folder for each forge, and one adapter for a local repository |
//! | [`lanes`], [`pacing`] | | lanes: how much is worked on at once; pacing: pauses between attempts, which tests shorten |
//! | [`workspace`] | | configs and outputs on disk |
//! | [`init`], [`discover`], [`product_check`] | yes | init: files and steps of a repository's setup; discover: configs for stacks that exist; product_check: whether a product is whole: keys, expressions, samples, names, policy |
//! | [`exit`], [`report`], [`roles`] | yes | exit: exit codes; report: comments, summaries, annotations, SARIF; roles: IAM roles of a repository's jobs |
//! | [`command`] | yes | commands in comments: the grammar, and which lines count |
//! | [`guard`] | yes | whether an effect may happen: policy, facts, rules, permits |
//! | [`estate`] | yes | what is known of each config, its stack and its last change |
//! | [`plan`] | yes | the effect of a change on stacks: impact, verdicts, digest |
//! | [`template`] | yes | rendered templates: structure, references, limits |
//! | [`entries`] | yes | entries: what a pull request asks for a stack that exists, by its full id |
//! | [`stack`] | yes | what CloudFormation reports about stacks: status, change sets, events, drift |
//! | [`config`] | yes | text → tree with spans → checked values |
//! | [`product`] | yes | products as data: manifest, schema, rules, templates |
//! | [`diagnostic`] | yes | what is wrong, where, and how to fix it |
//! | [`diff`], [`text`] | yes | diff: a line diff; text: lists, quotes, near misses, invisible characters |
//! | [`model`] | yes | types that every module shares: paths, commits, digests |
//!
//! A module uses only modules of lower rows, and no two files use each other in a circle. Pure modules have no async, file
//! system, environment, clock, network or randomness. `tests/offline/modules` reads this table and checks the sources.

pub mod apply;
pub mod change;
pub mod ci;
pub mod cli;
pub mod cloud;
pub mod command;
pub mod config;
pub mod diagnostic;
pub mod diff;
pub mod discover;
pub mod doctor;
pub mod entries;
pub mod estate;
pub mod exit;
pub mod flow;
pub mod forge;
pub mod guard;
pub mod init;
pub mod job;
pub mod lanes;
pub mod model;
pub mod operation;
pub mod pacing;
pub mod plan;
pub mod product;
pub mod product_check;
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
