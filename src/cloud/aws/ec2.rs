//! EC2's query protocol, for the few descriptions that `preflight` reads.
//!
//! The SDK's client of EC2 has some 700 operations and takes longer to compile than everything else together. This one signs, sends and
//! retries requests with the parts of the SDK's clients.

use aws_config::SdkConfig;
use aws_config::retry::RetryConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::auth::{SigV4OperationSigningConfig, SigningOptions};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime::client::retries::classifiers::{
    HttpStatusCodeClassifier, TransientErrorClassifier,
};
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::auth::{
    AuthSchemeOptionResolverParams, SharedAuthScheme, SharedAuthSchemeOptionResolver,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::ErrorMetadata;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use aws_types::service_config::ServiceConfigKey;

use super::error;
use crate::cloud::Result;
use crate::product::Partition;

const VERSION: &str = "2016-11-15";
/// Pages of one description.
const MAX_PAGES: usize = 20;

/// Parameters of a request.
type QueryParameters = Vec<(String, String)>;

/// EC2 in one region.
#[derive(Clone, Debug)]
pub struct Client {
    operation: Operation<QueryParameters, String, ErrorMetadata>,
}

impl Client {
    pub fn new(config: &SdkConfig, region: &str) -> Self {
        let url = endpoint(config, region);
        let mut layer = Layer::new("ec2");
        layer.store_put(AuthSchemeOptionResolverParams::new(()));
        layer.store_put(SigningName::from_static("ec2"));
        layer.store_put(SigningRegion::from(Region::new(region.to_owned())));
        layer.store_put(SigV4OperationSigningConfig {
            signing_options: SigningOptions::default(),
            ..SigV4OperationSigningConfig::default()
        });
        let mut components = RuntimeComponentsBuilder::new("ec2")
            .with_auth_scheme(SharedAuthScheme::new(SigV4AuthScheme::new()))
            .with_auth_scheme_option_resolver(Some(SharedAuthSchemeOptionResolver::new(
                StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID]),
            )))
            .with_time_source(config.time_source())
            .with_identity_cache(config.identity_cache());
        if let Some(credentials) = config.credentials_provider() {
            components.set_identity_resolver(SCHEME_ID, credentials);
        }
        let mut operation = Operation::builder()
            .service_name("EC2")
            .operation_name("Describe")
            .endpoint_url(&url)
            .standard_retry(config.retry_config().unwrap_or(&RetryConfig::standard()))
            .retry_classifier(TransientErrorClassifier::<ErrorMetadata>::new())
            .retry_classifier(AwsErrorCodeClassifier::<ErrorMetadata>::new())
            .retry_classifier(HttpStatusCodeClassifier::default())
            .with_connection_poisoning()
            .runtime_plugin(
                StaticRuntimePlugin::new()
                    .with_config(layer.freeze())
                    .with_runtime_components(components),
            );
        if let Some(behavior) = config.behavior_version() {
            operation = operation.behavior_version(behavior);
        }
        if let Some(client) = config.http_client() {
            operation = operation.http_client(client);
        }
        if let Some(timeouts) = config.timeout_config() {
            operation = operation.timeout_config(timeouts.clone());
        }
        if let Some(sleep) = config.sleep_impl() {
            operation = operation.sleep_impl(sleep);
        }
        let operation = operation
            .serializer(|form: QueryParameters| {
                let mut request = HttpRequest::new(SdkBody::from(encoded(&form)));
                request.set_method("POST")?;
                request.set_uri("/")?;
                let headers = request.headers_mut();
                headers.insert("content-type", "application/x-www-form-urlencoded");
                Ok(request)
            })
            .deserializer(read)
            .build();
        Self { operation }
    }

    /// The answers of an action, one for each page.
    pub async fn describe(
        &self,
        action: &'static str,
        parameters: QueryParameters,
    ) -> Result<Vec<String>> {
        let mut pages = Vec::new();
        let mut next = None;
        for _ in 0..MAX_PAGES {
            let mut form = vec![
                ("Action".to_owned(), action.to_owned()),
                ("Version".to_owned(), VERSION.to_owned()),
            ];
            form.extend(parameters.iter().cloned());
            form.extend(next.map(|token| ("NextToken".to_owned(), token)));
            let page = self.operation.invoke(form).await;
            let page = page.map_err(|e| error::from_sdk(action, e))?;
            next = next_token(&page);
            pages.push(page);
            if next.is_none() {
                break;
            }
        }
        Ok(pages)
    }
}

/// The address of EC2: the user's own for this service or for all, or AWS's.
fn endpoint(config: &SdkConfig, region: &str) -> String {
    let key = ServiceConfigKey::builder()
        .service_id("EC2")
        .env("AWS_ENDPOINT_URL")
        .profile("endpoint_url")
        .build();
    let of_service = key
        .ok()
        .and_then(|key| config.service_config()?.load_config(key));
    let of_user = of_service.or_else(|| config.endpoint_url().map(str::to_owned));
    of_user.unwrap_or_else(|| {
        let partition = Partition::of_region(region);
        let suffix = partition.map_or("amazonaws.com", |known| &known.dns_suffix);
        let fips = match config.use_fips() {
            Some(true) => "-fips",
            _ => "",
        };
        format!("https://ec2{fips}.{region}.{suffix}")
    })
}

fn next_token(page: &str) -> Option<String> {
    let document = roxmltree::Document::parse(page).ok()?;
    let token = child(document.root_element(), "nextToken")?;
    (!token.is_empty()).then_some(token)
}

/// The text of an element below a node.
pub fn child(node: roxmltree::Node<'_, '_>, name: &str) -> Option<String> {
    let found = node.children().find(|child| child.has_tag_name_of(name))?;
    Some(found.text().unwrap_or_default().to_owned())
}

/// The items of a list below a node.
pub fn items<'a, 'i>(
    node: roxmltree::Node<'a, 'i>,
    list: &str,
) -> impl Iterator<Item = roxmltree::Node<'a, 'i>> {
    let list = node.children().find(|child| child.has_tag_name_of(list));
    list.into_iter()
        .flat_map(|list| list.children())
        .filter(|child| child.has_tag_name_of("item"))
}

trait LocalName {
    /// Whether an element has this name, in any namespace.
    fn has_tag_name_of(&self, name: &str) -> bool;
}

impl LocalName for roxmltree::Node<'_, '_> {
    fn has_tag_name_of(&self, name: &str) -> bool {
        self.is_element() && self.tag_name().name() == name
    }
}

fn read(response: &HttpResponse) -> std::result::Result<String, OrchestratorError<ErrorMetadata>> {
    let body = response.body().bytes().unwrap_or_default();
    let text = String::from_utf8_lossy(body).into_owned();
    if response.status().is_success() {
        return Ok(text);
    }
    let mut metadata = ErrorMetadata::builder();
    if let Ok(document) = roxmltree::Document::parse(&text) {
        let mut nodes = document.descendants();
        let error = nodes.find(|node| node.has_tag_name_of("Error"));
        if let Some(code) = error.and_then(|error| child(error, "Code")) {
            metadata = metadata.code(code);
        }
        if let Some(message) = error.and_then(|error| child(error, "Message")) {
            metadata = metadata.message(message);
        }
    }
    Err(OrchestratorError::operation(metadata.build()))
}

/// `application/x-www-form-urlencoded`.
fn encoded(form: &[(String, String)]) -> String {
    let escaped = |text: &str| {
        let mut escaped = String::with_capacity(text.len());
        for byte in text.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    escaped.push(char::from(byte));
                }
                other => escaped.push_str(&format!("%{other:02X}")),
            }
        }
        escaped
    };
    let pairs: Vec<String> = form
        .iter()
        .map(|(name, value)| format!("{}={}", escaped(name), escaped(value)))
        .collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_address_of_a_user_comes_first() {
        let config = SdkConfig::builder().build();
        assert_eq!(
            endpoint(&config, "eu-west-1"),
            "https://ec2.eu-west-1.amazonaws.com"
        );
        assert_eq!(
            endpoint(&config, "cn-north-1"),
            "https://ec2.cn-north-1.amazonaws.com.cn"
        );
        let fips = SdkConfig::builder().use_fips(true).build();
        assert_eq!(
            endpoint(&fips, "us-east-1"),
            "https://ec2-fips.us-east-1.amazonaws.com"
        );
        let own = SdkConfig::builder()
            .endpoint_url("http://127.0.0.1:1")
            .build();
        assert_eq!(endpoint(&own, "us-east-1"), "http://127.0.0.1:1");
    }

    #[test]
    fn forms_are_escaped() {
        let form = [("Filter.1.Value.1".to_owned(), "a b&c=é".to_owned())];
        assert_eq!(encoded(&form), "Filter.1.Value.1=a%20b%26c%3D%C3%A9");
    }
}
