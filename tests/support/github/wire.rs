//! A request and an answer, without types of an HTTP library.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

pub use super::super::forge::wire::{Answer, Body, Reply, escape};
use super::auth::Token;

pub type Call = super::super::forge::wire::Call<Token>;

impl Call {
    pub fn json(&self) -> Result<Value, Reply> {
        serde_json::from_slice(&self.body)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| Reply::error(400, "Problems parsing JSON"))
    }

    pub fn wants_raw(&self) -> bool {
        self.accept.contains("application/vnd.github.raw")
            || self.accept.contains("application/vnd.github.v3.raw")
    }
}

impl Reply {
    pub fn error(status: u16, message: &str) -> Self {
        let docs = "https://docs.github.com/rest";
        Self::json(
            status,
            json!({"message": message, "documentation_url": docs, "status": status.to_string()}),
        )
    }

    /// GitHub's 422 for one field.
    pub fn invalid(resource: &str, field: &str, code: &str, message: &str) -> Self {
        let error = json!({"resource": resource, "field": field, "code": code, "message": message});
        Self::json(
            422,
            json!({
                "message": "Validation Failed",
                "errors": [error],
                "documentation_url": "https://docs.github.com/rest",
                "status": "422",
            }),
        )
    }
}

pub fn epoch() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// A page of a list.
pub struct Page {
    number: usize,
    size: usize,
}

impl Page {
    pub fn new(call: &Call) -> Self {
        let number = |name: &str| call.param(name).and_then(|v| v.parse::<usize>().ok());
        Self {
            number: number("page").unwrap_or(1).max(1),
            size: number("per_page").unwrap_or(30).clamp(1, 100),
        }
    }

    pub fn is_first(&self) -> bool {
        self.number == 1
    }

    pub fn cut<T>(&self, all: Vec<T>) -> Vec<T> {
        all.into_iter()
            .skip((self.number - 1) * self.size)
            .take(self.size)
            .collect()
    }

    /// The `Link` header; `None` if everything fits on one page. Like GitHub's it names the repository by id, so a client has to
    /// follow the address instead of building its own.
    pub fn link(&self, call: &Call, repo_id: Option<u64>, total: usize) -> Option<String> {
        let last = total.div_ceil(self.size).max(1);
        if last == 1 && self.number == 1 {
            return None;
        }
        let path = match (repo_id, call.path.as_slice()) {
            (Some(id), [repos, _, _, rest @ ..]) if repos == "repos" => {
                format!("repositories/{id}/{}", escape(&rest.join("/")))
            }
            (_, path) => escape(&path.join("/")),
        };
        let kept: String = call
            .query
            .iter()
            .filter(|(key, _)| key != "page")
            .map(|(key, value)| format!("{key}={}&", escape(value)))
            .collect();
        let link = |rel: &str, page: usize| {
            format!("<{}/{path}?{kept}page={page}>; rel=\"{rel}\"", call.base)
        };
        let mut links = Vec::new();
        if self.number > 1 {
            links.push(link("prev", self.number - 1));
        }
        if self.number < last {
            links.push(link("next", self.number + 1));
            links.push(link("last", last));
        }
        if self.number > 1 {
            links.push(link("first", 1));
        }
        Some(links.join(", "))
    }
}

/// A page of a list, with links to the others.
pub fn paged(call: &Call, repo_id: Option<u64>, all: Vec<Value>) -> Answer {
    let page = Page::new(call);
    let link = page.link(call, repo_id, all.len());
    let reply = Reply::json(200, Value::Array(page.cut(all)));
    Ok(match link {
        Some(link) => reply.header("link", link),
        None => reply,
    })
}
