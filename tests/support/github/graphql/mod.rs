//! GraphQL: a small parser and an executor for the types that provisioner queries.
//!
//! It answers only the selected fields, so a client that forgets to select one fails, and refuses fields, page sizes and variables
//! that GitHub refuses.

mod read;
mod run;

use serde_json::{Map, Value, json};

use super::state::State;
use super::wire::{Call, Reply};

pub use read::Field;

/// An entry of `errors`.
pub struct Refusal(pub Value);

impl Refusal {
    pub fn new(message: impl Into<String>) -> Self {
        Self(json!({"message": message.into()}))
    }

    pub fn typed(kind: &str, message: impl Into<String>) -> Self {
        Self(json!({"type": kind, "message": message.into()}))
    }
}

pub fn answer(state: &mut State, call: &Call) -> Reply {
    if call.method != "POST" {
        state
            .journal
            .unexpected
            .push(format!("{} /graphql", call.method));
        return Reply::error(404, "Not Found");
    }
    if call.who.is_none() {
        let message = "This endpoint requires you to be authenticated.";
        return Reply::error(401, message);
    }
    let request = match call.json() {
        Ok(request) => request,
        Err(reply) => return reply,
    };
    let text = request["query"].as_str().unwrap_or_default();
    let fields = match read::query(text, &request["variables"]) {
        Ok(fields) => fields,
        Err(refusal) => return Reply::json(200, json!({"errors": [refusal.0]})),
    };
    let mut data = Map::new();
    let mut errors = Vec::new();
    for field in &fields {
        match run::root(state, call, field) {
            Ok(value) => {
                data.insert(field.key.clone(), value);
            }
            Err(Refusal(mut error)) => {
                if error["extensions"]["code"] == "undefinedField" {
                    // Found before the execution, so there is no data.
                    return Reply::json(200, json!({"errors": [error]}));
                }
                error["path"] = json!([field.key]);
                data.insert(field.key.clone(), Value::Null);
                errors.push(error);
            }
        }
    }
    let mut body = json!({"data": data});
    if !errors.is_empty() {
        body["errors"] = Value::Array(errors);
    }
    Reply::json(200, body)
}
