//! Faults and their conditions. Each error has the text of its service.

use axum::body::Body;
use axum::http::{Response, header, response};

use super::ApiCall;

/// Before AWS receives a request, or after AWS executed it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    Before,
    After,
}

#[derive(Clone, Debug)]
pub enum Fault {
    /// Too many requests.
    Throttled,
    /// A server error with this status.
    Broken(u16),
    /// The caller lacks the permission.
    Denied,
    /// The credentials expired.
    Expired,
    /// The connection is cut.
    Drop(Side),
    /// No answer is ever sent.
    Silent(Side),
    /// Replaces texts in the answer.
    Rewrites(Vec<[String; 2]>),
    /// Not executed; answers this status, code and explanation.
    Error(u16, &'static str, String),
}

/// A fault and the requests that it applies to.
#[derive(Debug)]
pub struct Rule {
    fault: Fault,
    operation: Option<String>,
    percent: u32,
    skip: usize,
    left: usize,
    /// State of a pseudo-random sequence that is the same in every run.
    state: u32,
    pub fired: usize,
}

impl Rule {
    /// Applies to every request.
    pub fn new(fault: Fault) -> Self {
        Self {
            fault,
            operation: None,
            percent: 100,
            skip: 0,
            left: usize::MAX,
            state: 1,
            fired: 0,
        }
    }

    /// Only requests of this operation.
    pub fn for_operation(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// Only this percentage of the requests.
    pub fn percent(mut self, percent: u32) -> Self {
        self.percent = percent;
        self
    }

    /// Only after this number of requests.
    pub fn after(mut self, skip: usize) -> Self {
        self.skip = skip;
        self
    }

    /// Only this number of times.
    pub fn times(mut self, times: usize) -> Self {
        self.left = times;
        self
    }

    fn matches(&mut self, call: &ApiCall) -> bool {
        let meant = self.operation.as_ref();
        if meant.is_some_and(|meant| *meant != call.operation) || self.left == 0 {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        // Numerical Recipes' generator, whose low bits are not random enough.
        self.state = self
            .state
            .wrapping_mul(1_664_525)
            .wrapping_add(1_013_904_223);
        if (self.state >> 16) % 100 >= self.percent {
            return false;
        }
        self.left -= 1;
        self.fired += 1;
        true
    }
}

/// The fault of the first rule that applies to a request.
pub fn choose(rules: &mut [Rule], call: &ApiCall) -> Option<Fault> {
    let rule = rules.iter_mut().find_map(|rule| {
        let matches = rule.matches(call);
        matches.then_some(rule)
    });
    rule.map(|rule| rule.fault.clone())
}

impl Fault {
    /// Replaces texts in the answer.
    pub fn rewrites<const N: usize>(texts: [[&str; 2]; N]) -> Self {
        Self::Rewrites(texts.map(|pair| pair.map(str::to_owned)).to_vec())
    }

    /// The answer in place of forwarding the request.
    pub fn instead(&self, call: &ApiCall) -> Option<Response<Body>> {
        let service = call.service.as_str();
        // A request without a signature assumes a role.
        let json = !matches!(service, "cloudformation" | "s3" | "sts" | "");
        let (status, code, message) = match self {
            Self::Throttled if service == "s3" => {
                (503, "SlowDown", "Please reduce your request rate.")
            }
            Self::Throttled if json => (400, "ThrottlingException", "Rate exceeded"),
            Self::Throttled => (400, "Throttling", "Rate exceeded"),
            Self::Broken(status) if service == "s3" => (
                *status,
                "InternalError",
                "We encountered an internal error. Please try again.",
            ),
            Self::Broken(status) => (*status, "InternalFailure", "An internal error occurred."),
            Self::Denied if json => (400, "AccessDeniedException", "User is not authorized"),
            Self::Denied => (403, "AccessDenied", "User is not authorized"),
            Self::Expired if json => (
                400,
                "ExpiredTokenException",
                "The security token included in the request is expired",
            ),
            Self::Expired if service == "s3" => {
                (400, "ExpiredToken", "The provided token has expired.")
            }
            Self::Expired => (
                403,
                "ExpiredToken",
                "The security token included in the request is expired",
            ),
            Self::Error(status, code, message) => (*status, *code, message.as_str()),
            Self::Drop(_) | Self::Silent(_) | Self::Rewrites(_) => return None,
        };
        let xml = format!("<Code>{code}</Code><Message>{message}</Message>");
        let (kind, body) = if json {
            let body = serde_json::json!({"__type": code, "message": message});
            ("application/x-amz-json-1.1", body.to_string())
        } else if service == "s3" {
            ("application/xml", format!("<Error>{xml}</Error>"))
        } else {
            let body =
                format!("<ErrorResponse><Error><Type>Sender</Type>{xml}</Error></ErrorResponse>");
            ("text/xml", body)
        };
        // An answer to HEAD has no body.
        let body = match call.operation.starts_with("Head") {
            true => Body::empty(),
            false => Body::from(body),
        };
        let answer = Response::builder().status(status);
        Some(
            answer
                .header(header::CONTENT_TYPE, kind)
                .body(body)
                .expect("a status and a type"),
        )
    }
}

/// An answer with replaced texts.
pub fn reworded(mut head: response::Parts, body: &[u8], texts: &[[String; 2]]) -> Response<Body> {
    head.headers.remove(header::CONTENT_LENGTH);
    let mut body = String::from_utf8_lossy(body).into_owned();
    for [from, to] in texts {
        body = body.replace(from, to);
    }
    Response::from_parts(head, Body::from(body))
}
