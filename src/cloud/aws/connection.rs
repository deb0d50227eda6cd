//! Connections to AWS: an error names the address, and a request is not repeated if its host was never reached.

use std::collections::HashSet;
use std::error::Error;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::BehaviorVersion;
use aws_smithy_runtime::client::defaults::default_http_client_plugin_v2;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::{
    RuntimeComponents, RuntimeComponentsBuilder,
};
use aws_smithy_runtime_api::client::runtime_plugin::RuntimePlugin as _;

use crate::cloud::{ConnectionFault, FaultReason};

/// The SDK's own client, whose errors name the address. `None` if the SDK has no client.
pub fn http_client() -> Option<SharedHttpClient> {
    let plugin = default_http_client_plugin_v2(BehaviorVersion::latest())?;
    let none = RuntimeComponentsBuilder::new("connection");
    let inner = plugin.runtime_components(&none).http_client()?;
    Some(SharedHttpClient::new(NamedClient {
        inner,
        reached: Arc::default(),
    }))
}

/// Hosts that sent an answer.
type Reached = Arc<Mutex<HashSet<String>>>;

#[derive(Debug)]
struct NamedClient {
    inner: SharedHttpClient,
    reached: Reached,
}

impl HttpClient for NamedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(NamedConnector {
            inner: self.inner.http_connector(settings, components),
            reached: Arc::clone(&self.reached),
        })
    }
}

#[derive(Debug)]
struct NamedConnector {
    inner: SharedHttpConnector,
    reached: Reached,
}

impl HttpConnector for NamedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let address = address(request.uri());
        let reached = Arc::clone(&self.reached);
        let answer = self.inner.call(request);
        HttpConnectorFuture::new(async move {
            let answer = answer.await;
            let mut reached = reached.lock().unwrap_or_else(PoisonError::into_inner);
            match answer {
                Ok(answer) => {
                    reached.insert(address);
                    Ok(answer)
                }
                Err(error) => Err(with_address(error, !reached.contains(&address), address)),
            }
        })
    }
}

/// `is_new`: the host sent no answer yet. Then an error that a second attempt will hardly change is final: the SDK repeats requests after
/// errors of input and output, and after no others.
fn with_address(error: ConnectorError, is_new: bool, address: String) -> ConnectorError {
    let reason = reason(&error);
    let fault = ConnectionFault {
        address: Some(address),
        reason,
    };
    match error {
        error if error.is_timeout() => ConnectorError::timeout(fault.into()),
        _ if is_new && reason.is_lasting() => ConnectorError::other(fault.into(), None),
        error if error.is_io() => ConnectorError::io(fault.into()),
        error => error,
    }
}

fn reason(error: &ConnectorError) -> FaultReason {
    if error.is_timeout() {
        return FaultReason::TimedOut;
    }
    let mut source: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(inner) = source {
        let text = inner.to_string();
        // The text of the standard library for an error of `getaddrinfo`, which has no kind of its own.
        if text.starts_with("failed to lookup address information") {
            return FaultReason::UnknownHost;
        }
        if text.starts_with("invalid peer certificate") {
            return FaultReason::Certificate;
        }
        match inner.downcast_ref::<io::Error>().map(io::Error::kind) {
            Some(io::ErrorKind::ConnectionRefused) => return FaultReason::Refused,
            Some(io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable) => {
                return FaultReason::NoRoute;
            }
            _ => {}
        }
        source = inner.source();
    }
    FaultReason::Broken
}

/// Scheme, host and port, without user, path and the name of a bucket.
fn address(uri: &str) -> String {
    let (scheme, rest) = uri.split_once("://").unwrap_or(("https", uri));
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let host = match host.find(".s3.") {
        Some(at) => &host[at + 1..],
        None => host,
    };
    format!("{scheme}://{host}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(kind: io::ErrorKind) -> ConnectorError {
        ConnectorError::io(io::Error::from(kind).into())
    }

    fn fault(error: &ConnectorError) -> &ConnectionFault {
        error.source().unwrap().downcast_ref().unwrap()
    }

    #[test]
    fn a_host_that_never_answered_is_asked_once() {
        let refused = || failed(io::ErrorKind::ConnectionRefused);
        let first = with_address(refused(), true, "http://a:1".to_owned());
        assert!(!first.is_io() && !first.is_timeout(), "{first:?}");
        assert_eq!(fault(&first).reason, FaultReason::Refused);
        assert_eq!(fault(&first).address.as_deref(), Some("http://a:1"));
        let later = with_address(refused(), false, "http://a:1".to_owned());
        assert!(later.is_io(), "{later:?}");
        assert_eq!(fault(&later).reason, FaultReason::Refused);
        let reset = with_address(
            failed(io::ErrorKind::ConnectionReset),
            true,
            "http://a:1".to_owned(),
        );
        assert!(reset.is_io());
        assert_eq!(fault(&reset).reason, FaultReason::Broken);
    }

    #[test]
    fn an_address_holds_no_bucket_and_no_user() {
        for (uri, expected) in [
            (
                "https://sts.us-west-1.amazonaws.com/?x",
                "https://sts.us-west-1.amazonaws.com",
            ),
            (
                "https://secret-bucket.s3.us-west-1.amazonaws.com/key",
                "https://s3.us-west-1.amazonaws.com",
            ),
            ("http://me:word@127.0.0.1:4566/", "http://127.0.0.1:4566"),
        ] {
            assert_eq!(address(uri), expected);
        }
    }
}
