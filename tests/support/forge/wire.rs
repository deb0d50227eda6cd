//! A request and an answer, without types of an HTTP library.

use axum::http::HeaderMap;
use serde_json::Value;

/// What a request says about its caller.
pub struct Secret {
    pub text: String,
    /// It came in the header of jobs.
    pub as_job: bool,
}

pub struct Call<T> {
    pub method: String,
    /// Decoded segments below the prefix of the API.
    pub path: Vec<String>,
    pub query: Vec<(String, String)>,
    pub accept: String,
    pub body: Vec<u8>,
    /// The address that the client used, with the prefix of the API.
    pub base: String,
    /// The path below `base`, as it was sent.
    pub below: String,
    pub secret: Option<Secret>,
    pub who: Option<T>,
}

impl<T> Call<T> {
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params(name).first().copied()
    }

    pub fn params(&self, name: &str) -> Vec<&str> {
        let all = self.query.iter().filter(|(key, _)| key == name);
        all.map(|(_, value)| value.as_str()).collect()
    }
}

pub fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = headers.get(name).and_then(|v| v.to_str().ok());
    value.map(str::to_owned)
}

pub fn pairs(query: &str) -> Vec<(String, String)> {
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts
        .map(|part| part.split_once('=').unwrap_or((part, "")))
        .map(|(key, value)| (unescape(key, true), unescape(value, true)))
        .collect()
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

    /// `json`: the forge's media type of JSON.
    pub fn media_type(&self, json: &'static str) -> Option<&'static str> {
        match self {
            Body::Empty => None,
            Body::Json(_) => Some(json),
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

    pub fn header(mut self, name: &'static str, value: impl ToString) -> Self {
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, value.to_string()));
        self
    }
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

/// The time of the header `Date`, from seconds since 1970.
pub fn http_date(second: i64) -> String {
    let time = jiff::Timestamp::from_second(second).expect("a time of this century");
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}
