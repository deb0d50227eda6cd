//! A request and an answer, without types of an HTTP library.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::auth::Token;

pub struct Call {
    pub method: String,
    /// Decoded segments of the path.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub accept: String,
    pub body: Vec<u8>,
    /// The address that the client used, with the Enterprise prefix if present.
    pub base: String,
    pub who: Option<Token>,
}

impl Call {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

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

pub enum Body {
    Empty,
    Json(Value),
    Bytes(Vec<u8>, &'static str),
}

impl Body {
    pub fn bytes(&self) -> Vec<u8> {
        match self {
            Body::Empty => Vec::new(),
            Body::Json(value) => value.to_string().into_bytes(),
            Body::Bytes(bytes, _) => bytes.clone(),
        }
    }

    pub fn media_type(&self) -> Option<&'static str> {
        match self {
            Body::Empty => None,
            Body::Json(_) => Some("application/json; charset=utf-8"),
            Body::Bytes(_, media_type) => Some(media_type),
        }
    }
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Body,
}

/// `Err` is an answer too: the refusal that `?` carries out of a handler.
pub type Answer = Result<Reply, Reply>;

impl Reply {
    pub fn json(status: u16, value: Value) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Body::Json(value),
        }
    }

    pub fn ok(value: Value) -> Answer {
        Ok(Self::json(200, value))
    }

    pub fn created(value: Value) -> Answer {
        Ok(Self::json(201, value))
    }

    pub fn empty() -> Answer {
        Ok(Self {
            status: 204,
            headers: Vec::new(),
            body: Body::Empty,
        })
    }

    pub fn text(status: u16, media_type: &'static str, text: &str) -> Self {
        let body = Body::Bytes(text.as_bytes().to_vec(), media_type);
        Self {
            status,
            headers: Vec::new(),
            body,
        }
    }

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

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_string()));
        self
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

pub fn escape(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => {
                char::from(b).to_string()
            }
            _ => format!("%{b:02X}"),
        })
        .collect()
}

pub fn unescape(text: &str, plus_is_space: bool) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let pair = tail.get(..2).and_then(|d| std::str::from_utf8(d).ok());
        let byte = pair.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                out.push(byte);
                rest = &tail[2..];
                continue;
            }
            (b'+', _) if plus_is_space => out.push(b' '),
            _ => out.push(*first),
        }
        rest = tail;
    }
    String::from_utf8_lossy(&out).into_owned()
}
