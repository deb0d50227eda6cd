//! Protocols of AWS's services: requests to operations and parameters, answers to bytes.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::Response;
use axum::http::request::Parts;
use serde_json::Value;

/// One request.
#[derive(Clone, Debug)]
pub struct RecordedRequest {
    pub operation: String,
    /// Parameters by the protocol's names, such as `Tags.member.1.Key`.
    pub parameters: BTreeMap<String, String>,
}

impl RecordedRequest {
    /// A required parameter.
    #[track_caller]
    pub fn get(&self, name: &str) -> &str {
        let value = self.parameters.get(name);
        value.unwrap_or_else(|| panic!("{} has no {name}: {:?}", self.operation, self.parameters))
    }

    pub fn has(&self, name: &str) -> bool {
        self.parameters.contains_key(name)
    }
}

/// <https://smithy.io/2.0/aws/protocols/index.html>
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    Query,
    Ec2,
    Json,
    Rest,
}

impl Protocol {
    pub fn read(parts: &Parts, body: &[u8]) -> (Self, RecordedRequest) {
        let query = parts.uri.query().unwrap_or_default();
        if let Some(target) = parts.headers.get("x-amz-target") {
            let target = target.to_str().unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let body: Value = serde_json::from_slice(body).unwrap_or_default();
            let members = body.as_object().into_iter().flatten();
            let text = |value: &Value| value.as_str().map_or(value.to_string(), str::to_owned);
            let parameters = members.map(|(name, value)| (name.clone(), text(value)));
            let parameters = parameters.collect();
            return (
                Self::Json,
                RecordedRequest {
                    operation,
                    parameters,
                },
            );
        }
        let mut form = pairs(&String::from_utf8_lossy(body));
        if let Some(operation) = form.remove("Action") {
            let protocol = match form.get("Version").map(String::as_str) {
                Some("2016-11-15") => Self::Ec2,
                _ => Self::Query,
            };
            return (
                protocol,
                RecordedRequest {
                    operation,
                    parameters: form,
                },
            );
        }
        let mut parameters = pairs(query);
        let path = parts.uri.path().trim_start_matches('/');
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        let operation = of_s3(parts.method.as_str(), !key.is_empty(), &parameters).to_owned();
        parameters.insert("Bucket".to_owned(), bucket.to_owned());
        if !key.is_empty() {
            parameters.insert("Key".to_owned(), unescape(key));
        }
        if operation == "DeleteObjects" {
            let body = String::from_utf8_lossy(body).into_owned();
            parameters.insert("Body".to_owned(), body);
        }
        (
            Self::Rest,
            RecordedRequest {
                operation,
                parameters,
            },
        )
    }

    pub fn write(self, operation: &str, answer: &Value) -> Response<Body> {
        let error = answer.get("Error");
        let status = error.map_or(200, |error| error["Status"].as_u64().unwrap_or(400));
        let body = match (self, error) {
            (Self::Query, None) => {
                let result = xml(&format!("{operation}Result"), answer, self);
                format!("<{operation}Response>{result}</{operation}Response>")
            }
            (Self::Query, Some(error)) => {
                let error = xml("Error", error, self);
                format!("<ErrorResponse>{error}</ErrorResponse>")
            }
            (Self::Ec2, None) => xml(&format!("{operation}Response"), answer, self),
            (Self::Ec2, Some(error)) => {
                let error = xml("Error", error, self);
                format!("<Response><Errors>{error}</Errors></Response>")
            }
            (Self::Json, None) => answer.to_string(),
            (Self::Json, Some(error)) => {
                serde_json::json!({"__type": error["Code"], "message": error["Message"]})
                    .to_string()
            }
            // An answer to HEAD has no body; its status alone reports the error.
            (Self::Rest, _) if operation.starts_with("Head") => String::new(),
            (Self::Rest, _) => {
                let root = answer.as_object().and_then(|answer| answer.iter().next());
                root.map_or(String::new(), |(name, value)| xml(name, value, self))
            }
        };
        let kind = match self {
            Self::Json => "application/x-amz-json-1.1",
            Self::Query | Self::Ec2 | Self::Rest => "text/xml",
        };
        Response::builder()
            .status(u16::try_from(status).unwrap_or(400))
            .header("content-type", kind)
            .body(Body::from(body))
            .expect("an answer")
    }
}

fn of_s3(method: &str, key: bool, query: &BTreeMap<String, String>) -> &'static str {
    match (method, key) {
        ("HEAD", false) => "HeadBucket",
        ("HEAD", true) => "HeadObject",
        ("GET", false) if query.contains_key("versioning") => "GetBucketVersioning",
        ("GET", false) if query.contains_key("notification") => {
            "GetBucketNotificationConfiguration"
        }
        ("GET", false) if query.contains_key("versions") => "ListObjectVersions",
        ("GET", false) if query.contains_key("tagging") => "GetBucketTagging",
        ("GET", false) if query.contains_key("policy") => "GetBucketPolicy",
        ("GET", false) if query.contains_key("list-type") => "ListObjectsV2",
        ("POST", false) if query.contains_key("delete") => "DeleteObjects",
        ("PUT", true) => "PutObject",
        ("DELETE", false) => "DeleteBucket",
        ("DELETE", true) => "DeleteObject",
        _ => "an unknown operation of S3",
    }
}

/// Lists are `<member>`s in awsQuery, `<item>`s in EC2's form of it, and repeated elements in REST-XML.
fn xml(name: &str, value: &Value, protocol: Protocol) -> String {
    let inner: String = match value {
        Value::Array(items) if protocol == Protocol::Rest => {
            return items.iter().map(|item| xml(name, item, protocol)).collect();
        }
        Value::Array(items) => items
            .iter()
            .map(|item| {
                xml(
                    if protocol == Protocol::Ec2 {
                        "item"
                    } else {
                        "member"
                    },
                    item,
                    protocol,
                )
            })
            .collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| xml(name, value, protocol))
            .collect(),
        Value::Null => return String::new(),
        Value::String(text) => text.chars().map(escaped).collect(),
        scalar => scalar.to_string(),
    };
    format!("<{name}>{inner}</{name}>")
}

fn escaped(character: char) -> String {
    match character {
        '&' => "&amp;".to_owned(),
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        control if control.is_control() => format!("&#x{:x};", u32::from(control)),
        other => other.to_string(),
    }
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (unescape(name), unescape(value)))
        .collect()
}

fn unescape(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let digits = [rest.next(), rest.next()].map(|digit| digit.unwrap_or(b'0'));
                let digits = String::from_utf8_lossy(&digits).into_owned();
                u8::from_str_radix(&digits, 16).unwrap_or(b'?')
            }
            other => other,
        });
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
