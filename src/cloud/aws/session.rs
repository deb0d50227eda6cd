//! Credentials and clients.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, ConfigLoader, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_runtime::client::retries::{MAXIMUM_CAPACITY, RetryPartition, TokenBucket};
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use super::connection::http_client;
use super::federated::WebIdentityProvider;
use super::profile::missing_profile;
use super::throttling::{NoRetryOfQuotas, ThrottleCounter, ThrottleCounts};
use super::{Cloud, cloudformation, control, ec2, error, s3, ssm};
use crate::cloud::{CloudError, Result};
use crate::forge::IdentityTokens;
use crate::guard::Caller;
use crate::lanes::{Lane, LaneAnswers, Throttled};
use crate::pacing;

/// Attempts of one request. With half of the requests throttled, one in 60,000 fails for good.
const ATTEMPTS: u32 = 16;
/// Attempts of the first request of a region: without a network, all fail.
const FIRST_ATTEMPTS: u32 = 10;
/// The SDK's default, which means that no other number was set.
const SDK_DEFAULT_ATTEMPTS: u32 = 3;
/// Each attempt doubles the pause. The eighth is the longest, unless AWS requests another. The SDK repeats a lost request at once.
const MIN_BACKOFF: Duration = Duration::from_millis(100);
const MAX_BACKOFF: Duration = Duration::from_secs(10);
/// No request is long: operations at AWS are started and then polled.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(10);

/// The SDK's default chain of credentials, read once.
#[derive(Debug)]
pub struct Session {
    /// For the first request of a region.
    config: SdkConfig,
    /// For all others.
    retries: RetryConfig,
    stop: CancellationToken,
    clouds: Mutex<HashMap<String, Cloud>>,
    throttles: Arc<ThrottleCounts>,
    /// Why no request can have credentials.
    no_profile: Option<CloudError>,
}

impl Session {
    /// Reads the environment, shared files and the rest of the chain. `AWS_MAX_ATTEMPTS` overrides the number of attempts.
    pub async fn open(stop: CancellationToken) -> Self {
        let config = loader().load().await;
        Self {
            no_profile: missing_profile().await,
            ..Self::with(config, stop)
        }
    }

    /// Assumes a role with an identity token at the first request, and uses no other credentials. `name`: role session name, which
    /// CloudTrail shows. `throttles`: shared by all sessions of a run.
    pub async fn federated(
        role: &str,
        name: &str,
        identity: Arc<dyn IdentityTokens>,
        region: &str,
        (stop, throttles): (CancellationToken, Arc<ThrottleCounts>),
    ) -> Self {
        let region = Region::new(region.to_owned());
        let config = loader().region(region).no_credentials().load().await;
        let plain = Self::with(config, stop);
        let config = plain.config;
        let sts = aws_sdk_sts::Client::new(&config);
        let federated = WebIdentityProvider::new(role, name, identity, sts);
        let config = config
            .into_builder()
            .credentials_provider(SharedCredentialsProvider::new(federated))
            .identity_cache(IdentityCache::lazy().build())
            .build();
        Self {
            config,
            throttles,
            ..plain
        }
    }

    fn with(config: SdkConfig, stop: CancellationToken) -> Self {
        let asked = config.retry_config().map(RetryConfig::max_attempts);
        let asked = asked.filter(|asked| *asked != SDK_DEFAULT_ATTEMPTS);
        let retries = RetryConfig::standard()
            .with_max_attempts(asked.unwrap_or(FIRST_ATTEMPTS))
            .with_initial_backoff(pacing::pause(MIN_BACKOFF))
            .with_max_backoff(pacing::pause(MAX_BACKOFF));
        let attempts = asked.unwrap_or(ATTEMPTS);
        Self {
            retries: retries.clone().with_max_attempts(attempts),
            config: config.into_builder().retry_config(retries).build(),
            stop,
            clouds: Mutex::default(),
            throttles: Arc::default(),
            no_profile: None,
        }
    }

    /// AWS in one region. Queries the caller's identity once. A cancelled run begins nothing.
    pub async fn at(&self, region: &str) -> Result<Cloud> {
        if self.stop.is_cancelled() {
            return Err(CloudError::Interrupted);
        }
        if let Some(error) = &self.no_profile {
            return Err(error.clone());
        }
        let mut clouds = self.clouds.lock().await;
        if let Some(cloud) = clouds.get(region) {
            return Ok(cloud.clone());
        }
        let config = self
            .config
            .to_builder()
            .region(Region::new(region.to_owned()))
            .build();
        let identity = aws_sdk_sts::Client::new(&config)
            .get_caller_identity()
            .send()
            .await
            .map_err(|e| error::from_sdk("GetCallerIdentity", e))?;
        let caller = Caller {
            account: identity.account.unwrap_or_default(),
            arn: identity.arn.unwrap_or_default(),
            region: region.to_owned(),
        };
        log::debug!("AWS credentials of {} in {region}", caller.arn);
        let config = config.into_builder();
        let config = config.retry_config(self.retries.clone()).build();
        let retries = retries(&caller.account, region);
        // An endpoint of the user's own has no host names for buckets.
        let path_style = config.endpoint_url().is_some();
        let objects = s3::config::Builder::from(&config)
            .retry_partition(retries.clone())
            .force_path_style(path_style)
            .build();
        let counter = ThrottleCounter {
            lane: Lane {
                account: caller.account.clone(),
                region: region.to_owned(),
            },
            counts: Arc::clone(&self.throttles),
        };
        let stacks = cloudformation::config::Builder::from(&config)
            .retry_partition(retries.clone())
            .interceptor(counter)
            .retry_classifier(NoRetryOfQuotas);
        let parameters = ssm::config::Builder::from(&config).retry_partition(retries.clone());
        let control = control::config::Builder::from(&config).retry_partition(retries);
        let cloud = Cloud {
            caller,
            stacks: cloudformation::Client::from_conf(stacks.build()),
            objects: s3::Client::from_conf(objects),
            parameters: ssm::Client::from_conf(parameters.build()),
            control: control::Client::from_conf(control.build()),
            network: ec2::Client::new(&config, region),
            stop: self.stop.clone(),
        };
        clouds.insert(region.to_owned(), cloud.clone());
        Ok(cloud)
    }
}

impl Throttled for Session {
    fn answers(&self, lane: &Lane) -> LaneAnswers {
        self.throttles.answers(lane)
    }
}

/// The SDK lets all requests of a process to a service share 100 repetitions that are not successful yet, whatever the account. A run with
/// more stacks at once would give up at the first throttling. Here, [`ATTEMPTS`] bounds each request, and [`crate::lanes`] their number.
fn retries(account: &str, region: &str) -> RetryPartition {
    let unbounded = TokenBucket::builder().capacity(MAXIMUM_CAPACITY).build();
    RetryPartition::custom(format!("{account}/{region}"))
        .token_bucket(unbounded)
        .build()
}

fn loader() -> ConfigLoader {
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let loader = aws_config::defaults(BehaviorVersion::latest()).timeout_config(timeouts);
    match http_client() {
        Some(client) => loader.http_client(client),
        None => loader,
    }
}
