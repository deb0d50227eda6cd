//! Credentials and clients.

use std::collections::HashMap;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use tokio::sync::Mutex;

use super::poll::Stop;
use super::{Cloud, cloudformation, control, error, s3, ssm};
use crate::cloud::Result;
use crate::guard::Caller;

/// Attempts of one request. With 30 % of the requests throttled, one in 150,000 would fail for good.
const ATTEMPTS: u32 = 10;
/// The SDK's own number: nobody asked for it.
const UNASKED: u32 = 3;
/// Doubled by every attempt. A request that was lost on its way is sent again at once; where AWS asks for less, the eighth pause is
/// as long as the longest.
const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// No request here has work to wait for: what takes its time at AWS is started, and asked about.
const LONGEST_ATTEMPT: Duration = Duration::from_secs(10);

/// The ordinary chain of credentials, read once.
#[derive(Debug)]
pub struct Session {
    config: SdkConfig,
    stop: Stop,
    clouds: Mutex<HashMap<String, Cloud>>,
}

impl Session {
    /// Reads environment, shared files and whatever else the chain has. Whoever sets `AWS_MAX_ATTEMPTS` gets as many.
    pub async fn open(stop: Stop) -> Self {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(Duration::from_secs(5))
            .operation_attempt_timeout(LONGEST_ATTEMPT)
            .build();
        let config = aws_config::defaults(BehaviorVersion::latest())
            .timeout_config(timeouts)
            .load()
            .await;
        let asked = config.retry_config().map(RetryConfig::max_attempts);
        let attempts = asked.filter(|asked| *asked != UNASKED);
        let retries = RetryConfig::standard()
            .with_max_attempts(attempts.unwrap_or(ATTEMPTS))
            .with_initial_backoff(SHORTEST_PAUSE)
            .with_max_backoff(LONGEST_PAUSE);
        let config = config.into_builder().retry_config(retries).build();
        Self {
            config,
            stop,
            clouds: Mutex::default(),
        }
    }

    /// The cloud in one region. Asks once who the caller is.
    pub async fn at(&self, region: &str) -> Result<Cloud> {
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
            .map_err(|e| error::of("GetCallerIdentity", e))?;
        let caller = Caller {
            account: identity.account.unwrap_or_default(),
            arn: identity.arn.unwrap_or_default(),
            region: region.to_owned(),
        };
        // Whoever sets an address of their own has no names for buckets below it.
        let path_style = config.endpoint_url().is_some();
        let objects = s3::config::Builder::from(&config)
            .force_path_style(path_style)
            .build();
        let cloud = Cloud {
            caller,
            stacks: cloudformation::Client::new(&config),
            objects: s3::Client::from_conf(objects),
            parameters: ssm::Client::new(&config),
            control: control::Client::new(&config),
            stop: self.stop.clone(),
        };
        clouds.insert(region.to_owned(), cloud.clone());
        Ok(cloud)
    }
}
