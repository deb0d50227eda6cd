//! The command line: arguments, one file for each family of commands, console and prompts.

mod action_log;
mod actions;
mod args;
mod aws;
mod check;
mod completions;
mod config_args;
mod console;
mod doctor;
mod errors;
mod examples;
mod global;
mod json_schema;
mod levels;
mod load;
mod logger;
mod man;
mod original;
mod products;
mod render;
mod replay;
mod request;
mod result;
mod review;
mod roles;
mod run_action;
mod schema;
mod tier;
mod tips;
mod validate_template;

pub use args::{EngineCommand, Invocation, command, parse};
pub use global::{GlobalArgs, start_default_logger};
pub use json_schema::{DOCUMENT_SCHEMAS, DocumentSchema};
pub use products::ListFormat;
pub use request::ActionRequest;
pub use result::{ActionResults, ConfigResult, ResultFormat};
