//! A request, errors as GitLab words them, and pages. <https://docs.gitlab.com/api/rest/>

use serde_json::{Value, json};

use super::super::forge::wire::escape;
pub use super::super::forge::wire::{Answer, Body, Reply};
use super::auth::Token;

pub type Call = super::super::forge::wire::Call<Token>;

impl Call {
    /// A flag of the query. Grape reads `True` too, which clients in Python send.
    pub fn flag(&self, name: &str) -> bool {
        let given = self.param(name);
        given.is_some_and(|value| value.eq_ignore_ascii_case("true"))
    }

    /// A parameter of the body or of the query; null without one.
    pub fn input(&self, name: &str) -> Value {
        let body: Value = serde_json::from_slice(&self.body).unwrap_or(Value::Null);
        match body.get(name) {
            Some(value) => value.clone(),
            None => self.param(name).map_or(Value::Null, |text| json!(text)),
        }
    }

    pub fn text(&self, name: &str) -> Option<String> {
        match self.input(name) {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            _ => None,
        }
    }

    pub fn required(&self, name: &str) -> Result<String, Reply> {
        self.text(name)
            .ok_or_else(|| Reply::json(400, json!({"error": format!("{name} is missing")})))
    }
}

pub fn error(status: u16, message: &str) -> Reply {
    Reply::json(status, json!({ "message": message }))
}

/// A number of the path; Grape refuses anything else.
pub fn number(name: &str, text: &str) -> Result<u64, Reply> {
    let invalid = || Reply::json(400, json!({"error": format!("{name} is invalid")}));
    text.parse().map_err(|_| invalid())
}

pub struct Page {
    pub number: usize,
    pub size: usize,
}

impl Page {
    pub fn new(call: &Call) -> Self {
        let number = |name: &str| call.param(name).and_then(|v| v.parse::<usize>().ok());
        Self {
            number: number("page").unwrap_or(1).max(1),
            size: number("per_page").unwrap_or(20).clamp(1, 100),
        }
    }
}

/// Offset pages with totals. <https://docs.gitlab.com/api/rest/#offset-based-pagination>
pub fn paged(call: &Call, all: Vec<Value>) -> Answer {
    filtered(call, all, |_| true)
}

/// As `paged`; entries that the caller may not see are removed after the page was cut, so a page can be short though more follow.
pub fn filtered(call: &Call, all: Vec<Value>, visible: impl Fn(&Value) -> bool) -> Answer {
    let page = Page::new(call);
    let total = all.len();
    let pages = total.div_ceil(page.size).max(1);
    let cut = all
        .into_iter()
        .skip((page.number - 1) * page.size)
        .take(page.size);
    let shown = cut.filter(|entry| visible(entry)).collect();
    let reply = headers(
        call,
        &page,
        Reply::json(200, Value::Array(shown)),
        page.number < pages,
    );
    // GitLab leaves totals out above this number.
    // <https://docs.gitlab.com/user/gitlab_com/#pagination-response-headers>
    if total > 10_000 {
        return Ok(reply);
    }
    Ok(reply
        .header("x-total", total)
        .header("x-total-pages", pages))
}

/// Pages of a list that GitLab does not count.
pub fn uncounted(call: &Call, all: Vec<Value>) -> Answer {
    let page = Page::new(call);
    let more = all.len() > page.number * page.size;
    let cut = all
        .into_iter()
        .skip((page.number - 1) * page.size)
        .take(page.size);
    Ok(headers(call, &page, Reply::json(200, cut.collect()), more))
}

fn headers(call: &Call, page: &Page, reply: Reply, more: bool) -> Reply {
    let next = if more {
        (page.number + 1).to_string()
    } else {
        String::new()
    };
    let before = if page.number > 1 {
        (page.number - 1).to_string()
    } else {
        String::new()
    };
    let link = |rel: &str, to: &str| {
        let change = [("page", to), ("per_page", &page.size.to_string())];
        format!("<{}>; rel=\"{rel}\"", address(call, &change))
    };
    let mut links = Vec::new();
    if !before.is_empty() {
        links.push(link("prev", &before));
    }
    if !next.is_empty() {
        links.push(link("next", &next));
    }
    links.push(link("first", "1"));
    reply
        .header("x-page", page.number)
        .header("x-per-page", page.size)
        .header("x-next-page", next)
        .header("x-prev-page", before)
        .header("link", links.join(", "))
}

/// Pages by token: only the `Link` header leads on. <https://docs.gitlab.com/api/rest/#keyset-based-pagination>
pub fn keyset(call: &Call, all: Vec<Value>, token: impl Fn(&Value) -> String) -> Answer {
    let page = Page::new(call);
    let start = match call.param("page_token") {
        None | Some("") => 0,
        Some(known) => {
            let at = all.iter().position(|entry| token(entry) == known);
            at.map(|at| at + 1)
                .ok_or_else(|| error(400, "400 Bad request - Invalid page token"))?
        }
    };
    let end = (start + page.size).min(all.len());
    let shown = &all[start..end];
    let reply = Reply::json(200, json!(shown));
    Ok(match shown.last().filter(|_| end < all.len()) {
        Some(last) => {
            let change = [
                ("page_token", token(last)),
                ("per_page", page.size.to_string()),
            ];
            let change = change.each_ref().map(|(key, value)| (*key, value.as_str()));
            reply.header(
                "link",
                format!("<{}>; rel=\"next\"", address(call, &change)),
            )
        }
        None => reply,
    })
}

fn address(call: &Call, change: &[(&str, &str)]) -> String {
    let kept = call
        .query
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()));
    let kept = kept.filter(|(key, _)| change.iter().all(|(changed, _)| changed != key));
    let parts = kept.chain(change.iter().copied());
    let parts: Vec<String> = parts
        .map(|(key, value)| format!("{}={}", escape(key), escape(value)))
        .collect();
    format!("{}{}?{}", call.base, call.below, parts.join("&"))
}
