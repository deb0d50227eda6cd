//! One request, in AWS's terms.

use axum::http::request;

use crate::support::forge::wire::unescape;

/// A request and its result.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// The service of the signature, such as `cloudformation`.
    pub service: String,
    /// The API's name of the operation.
    pub operation: String,
    /// The resource, as far as the request names it.
    pub resource: String,
    /// AWS's status; `None` if the request did not reach AWS.
    pub status: Option<u16>,
}

impl ApiCall {
    pub fn parse(parts: &request::Parts, body: &[u8]) -> Self {
        let header = |name: &str| {
            let value = parts.headers.get(name);
            value
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default()
        };
        // Credential=KEY/DATE/REGION/SERVICE/aws4_request
        let service = header("authorization")
            .split('/')
            .nth(3)
            .unwrap_or_default();
        let text = String::from_utf8_lossy(body);
        let target = header("x-amz-target");
        let (operation, resource) = if service == "s3" {
            objects(parts)
        } else if let Some((_, operation)) = target.rsplit_once('.') {
            (operation.to_owned(), text.chars().take(200).collect())
        } else {
            let of = |name: &str| parameter(&text, name).unwrap_or_default();
            let names = [of("ChangeSetName"), of("StackName")];
            let resource = names.into_iter().find(|name| !name.is_empty());
            (of("Action"), resource.unwrap_or_default())
        };
        Self {
            service: service.to_owned(),
            operation,
            resource,
            status: None,
        }
    }

    /// Whether the request may change something. Unknown operations count as mutations.
    pub fn mutates(&self) -> bool {
        const READS: &[&str] = &["Describe", "Detect", "Get", "Head", "List", "Validate"];
        !READS.iter().any(|word| self.operation.starts_with(word))
    }

    pub fn succeeded(&self) -> bool {
        self.status
            .is_some_and(|status| (200..300).contains(&status))
    }
}

fn parameter(form: &str, name: &str) -> Option<String> {
    let pairs = form.split('&').filter_map(|pair| pair.split_once('='));
    let found = pairs.into_iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| unescape(value, true))
}

/// A request to S3 has no operation name: method, path and query identify it.
fn objects(parts: &request::Parts) -> (String, String) {
    let path = parts.uri.path().trim_start_matches('/');
    let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
    let query = parts.uri.query().unwrap_or_default();
    let asks = |name: &str| {
        let mut names = query.split('&').map(|pair| pair.split('=').next());
        names.any(|known| known == Some(name))
    };
    let method = parts.method.as_str();
    let operation = match (method, bucket.is_empty(), key.is_empty()) {
        (_, true, _) => "ListBuckets",
        ("HEAD", _, true) => "HeadBucket",
        ("HEAD", _, false) => "HeadObject",
        ("GET", _, true) if asks("versions") => "ListObjectVersions",
        ("GET", _, true) if asks("list-type") => "ListObjectsV2",
        ("GET", _, true) if asks("tagging") => "GetBucketTagging",
        ("GET", _, true) if asks("policy") => "GetBucketPolicy",
        ("GET", _, true) if asks("notification") => "GetBucketNotificationConfiguration",
        ("GET", _, true) if asks("versioning") => "GetBucketVersioning",
        ("POST", _, true) if asks("delete") => "DeleteObjects",
        ("DELETE", _, true) => "DeleteBucket",
        ("PUT", _, false) => "PutObject",
        _ => return (format!("{method}?{query}"), path.to_owned()),
    };
    (operation.to_owned(), path.to_owned())
}
