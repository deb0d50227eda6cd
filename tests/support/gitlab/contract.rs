//! What GitLab documents of each route. Requests that the fake accepts and its answers are held to it, so that neither the adapter
//! nor the fake relies on something that GitLab does not have.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use serde::Deserialize;
use serde_json::Value;

use super::wire::{Body, Call, Reply};

/// Parameters or properties with their types.
type Fields = BTreeMap<String, String>;

#[derive(Deserialize)]
pub struct Documented {
    pub routes: BTreeMap<String, Endpoint>,
    entities: BTreeMap<String, Entity>,
}

#[derive(Deserialize)]
pub struct Endpoint {
    /// Its section of the documentation.
    pub page: String,
    #[serde(default)]
    query: Fields,
    #[serde(default)]
    body: Fields,
    #[serde(default)]
    required: Vec<String>,
    /// The type of the answer; without one it is no JSON.
    answer: Option<String>,
}

#[derive(Deserialize)]
struct Entity {
    required: Vec<String>,
    fields: Fields,
}

pub fn documented() -> &'static Documented {
    static DOCUMENTED: OnceLock<Documented> = OnceLock::new();
    DOCUMENTED.get_or_init(|| {
        serde_json::from_str(include_str!("../../gitlab/api.json")).expect("the table is valid")
    })
}

/// The documented route of a request, such as `GET /projects/:id`.
pub fn route_of(method: &str, path: &[impl AsRef<str>]) -> Option<&'static String> {
    let is_it = |route: &&String| {
        let (known, template) = route.split_once(" /").expect("a route has a method");
        let template: Vec<&str> = template.split('/').collect();
        let fits =
            |(part, given): (&&str, &_)| part.starts_with(':') || *part == AsRef::as_ref(given);
        known == method && template.len() == path.len() && template.iter().zip(path).all(fits)
    };
    documented().routes.keys().find(is_it)
}

/// Where an accepted request or its answer differs from the documentation.
pub fn differences(call: &Call, reply: &Reply) -> Vec<String> {
    if !(200..300).contains(&reply.status) {
        return Vec::new();
    }
    let Some(route) = route_of(&call.method, &call.path) else {
        return vec!["GitLab documents no such route".to_owned()];
    };
    let endpoint = &documented().routes[route];
    let mut found = parameters(endpoint, call);
    // 202 is the answer to a note of commands alone.
    if reply.status < 202 {
        match (&endpoint.answer, &reply.body) {
            (Some(kind), Body::Json(value)) => check(kind, value, "", &mut found),
            (Some(_), _) => found.push("the answer is no JSON".to_owned()),
            (None, _) => {}
        }
    }
    found
        .into_iter()
        .map(|text| format!("{route}: {text}"))
        .collect()
}

fn parameters(endpoint: &Endpoint, call: &Call) -> Vec<String> {
    let mut found = Vec::new();
    let mut given: BTreeSet<&str> = BTreeSet::new();
    let writes = call.method != "GET";
    for (name, value) in &call.query {
        let name = name.strip_suffix("[]").unwrap_or(name);
        given.insert(name);
        let of_body = endpoint.body.get(name).filter(|_| writes);
        match endpoint.query.get(name).or(of_body) {
            None => found.push(format!("undocumented parameter {name}")),
            Some(kind) if !text_fits(kind, value) => {
                found.push(format!("parameter {name} is {value:?}, not {kind}"));
            }
            Some(_) => {}
        }
    }
    let body: Value = serde_json::from_slice(&call.body).unwrap_or_default();
    for (name, value) in body.as_object().into_iter().flatten() {
        given.insert(name);
        match endpoint.body.get(name) {
            None => found.push(format!("undocumented property {name} of the body")),
            Some(kind) => check(kind, value, name, &mut found),
        }
    }
    let missing = endpoint
        .required
        .iter()
        .filter(|name| !given.contains(name.as_str()));
    found.extend(missing.map(|name| format!("parameter {name} is missing")));
    found
}

/// Whether the text of a query is of a type.
fn text_fits(kind: &str, text: &str) -> bool {
    match kind {
        "integer" => text.parse::<i64>().is_ok(),
        "boolean" => ["true", "false"].contains(&text.to_lowercase().as_str()),
        _ if kind.contains('|') => kind.split('|').any(|one| one == text),
        _ => true,
    }
}

fn check(kind: &str, value: &Value, at: &str, found: &mut Vec<String>) {
    let (kind, nullable) = match kind.strip_suffix('?') {
        Some(kind) => (kind, true),
        None => (kind, false),
    };
    if nullable && value.is_null() {
        return;
    }
    if let Some(kind) = kind
        .strip_prefix('[')
        .and_then(|kind| kind.strip_suffix(']'))
    {
        match value.as_array() {
            Some(all) => all
                .iter()
                .for_each(|one| check(kind, one, &format!("{at}[]"), found)),
            None => found.push(format!("{at} is no array: {value}")),
        }
        return;
    }
    let fits = match kind {
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ if kind.contains('|') => value
            .as_str()
            .is_some_and(|text| kind.split('|').any(|one| one == text)),
        _ => {
            let entity = documented().entities.get(kind);
            return entity_fits(
                entity.unwrap_or_else(|| panic!("no entity {kind}")),
                value,
                at,
                found,
            );
        }
    };
    if !fits {
        found.push(format!("{at} is {value}, not {kind}"));
    }
}

fn entity_fits(entity: &Entity, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(given) = value.as_object() else {
        found.push(format!("{at} is no object: {value}"));
        return;
    };
    for (name, value) in given {
        match entity.fields.get(name) {
            None => found.push(format!("undocumented property {at}.{name}")),
            Some(kind) => check(kind, value, &format!("{at}.{name}"), found),
        }
    }
    let missing = entity
        .required
        .iter()
        .filter(|name| !given.contains_key(name.as_str()));
    found.extend(missing.map(|name| format!("{at}.{name} is missing")));
}
