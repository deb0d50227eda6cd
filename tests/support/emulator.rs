//! An AWS on loopback: an external emulator, one process for each core, shared by all tests. Each test has its own account.

use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};
use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_cloudformation::config::Credentials;

use super::testbed::{Server, free_port, root};

/// The region of all tests.
pub const REGION: &str = "us-west-2";

/// One for each core, so that it serves several tests at the same time.
static SERVERS: LazyLock<Vec<OnceLock<Server>>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    (0..cores).map(|_| OnceLock::new()).collect()
});
/// The same, but a caller without permission is denied.
static STRICT: OnceLock<Server> = OnceLock::new();
static ACCOUNTS: AtomicU64 = AtomicU64::new(100_000_000_001);

/// One account.
pub struct Aws {
    server: &'static Server,
    pub account: String,
    runtime: tokio::runtime::Runtime,
    config: SdkConfig,
}

impl Aws {
    /// An account that no other test has. Starts its emulator if it does not run.
    #[track_caller]
    pub fn start() -> Self {
        let account = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        let server = &SERVERS[account as usize % SERVERS.len()];
        Self::at(server.get_or_init(|| emulator("false")), account)
    }

    /// An account in which policies limit roles. The account's own key may do everything.
    #[track_caller]
    pub fn strict() -> Self {
        let account = ACCOUNTS.fetch_add(1, Ordering::Relaxed);
        Self::at(STRICT.get_or_init(|| emulator("true")), account)
    }

    #[track_caller]
    fn at(server: &'static Server, account: u64) -> Self {
        let account = account.to_string();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        let credentials = Credentials::new(&account, "test", None, None, "test");
        let config = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(REGION))
            .endpoint_url(server.url())
            .credentials_provider(credentials);
        let config = runtime.block_on(config.load());
        Self {
            server,
            account,
            runtime,
            config,
        }
    }

    pub fn url(&self) -> String {
        self.server.url()
    }

    /// Waits for a call.
    pub fn wait<T>(&self, call: impl Future<Output = T>) -> T {
        self.runtime.block_on(call)
    }

    pub fn stacks(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.config)
    }

    /// The account with the credentials of a role, assumed with a token; `Err` has AWS's reason.
    pub fn assume(&self, role: &str, token: &str) -> Result<SdkConfig, String> {
        let sts = aws_sdk_sts::Client::new(&self.config);
        let assumed = sts
            .assume_role_with_web_identity()
            .role_arn(format!("arn:aws:iam::{}:role/{role}", self.account))
            .role_session_name("test")
            .web_identity_token(token)
            .send();
        let assumed = self.wait(assumed).map_err(|error| format!("{error:?}"))?;
        let given = assumed.credentials.expect("credentials");
        let credentials = Credentials::new(
            given.access_key_id,
            given.secret_access_key,
            Some(given.session_token),
            None,
            "test",
        );
        let provider = aws_sdk_cloudformation::config::SharedCredentialsProvider::new(credentials);
        let config = self.config.to_builder();
        Ok(config.credentials_provider(provider).build())
    }

    pub fn parameters(&self) -> aws_sdk_ssm::Client {
        aws_sdk_ssm::Client::new(&self.config)
    }

    pub fn objects(&self) -> aws_sdk_s3::Client {
        let config = aws_sdk_s3::config::Builder::from(&self.config).force_path_style(true);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    pub fn control(&self) -> aws_sdk_cloudcontrol::Client {
        aws_sdk_cloudcontrol::Client::new(&self.config)
    }

    /// Names and statuses of all stacks that are not deleted, by name.
    pub fn stack_names(&self) -> Vec<(String, String)> {
        let pages = self.stacks().describe_stacks().into_paginator().items();
        let stacks: Result<Vec<_>, _> = self.wait(pages.send().collect());
        let stacks = stacks.expect("stacks").into_iter();
        let mut names: Vec<(String, String)> = stacks
            .map(|stack| {
                let status = stack.stack_status.expect("a status");
                (
                    stack.stack_name.expect("a name"),
                    status.as_str().to_owned(),
                )
            })
            .filter(|(_, status)| status != "DELETE_COMPLETE")
            .collect();
        names.sort();
        names
    }

    /// Names of all change sets of a stack.
    pub fn change_sets(&self, stack: &str) -> Vec<String> {
        let listed = self.stacks().list_change_sets().stack_name(stack).send();
        let listed = self.wait(listed).expect("change sets");
        let summaries = listed.summaries.unwrap_or_default().into_iter();
        summaries
            .filter(|summary| {
                let status = summary.execution_status.as_ref();
                status.is_none_or(|status| status.as_str() != "EXECUTE_COMPLETE")
            })
            .filter_map(|summary| summary.change_set_name)
            .collect()
    }

    /// Names of all buckets of the account.
    pub fn buckets(&self) -> Vec<String> {
        let listed = self
            .wait(self.objects().list_buckets().send())
            .expect("buckets");
        let buckets = listed.buckets.unwrap_or_default().into_iter();
        buckets.filter_map(|bucket| bucket.name).collect()
    }

    /// Keys of a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let objects = self.objects();
        let mut pages = objects
            .list_objects_v2()
            .bucket(bucket)
            .into_paginator()
            .send();
        self.wait(async {
            let mut keys = Vec::new();
            while let Some(page) = pages.next().await {
                let contents = page.expect("a page").contents.unwrap_or_default();
                keys.extend(contents.into_iter().filter_map(|object| object.key));
            }
            keys
        })
    }

    /// Names of all parameters below a path.
    pub fn parameter_names(&self, path: &str) -> Vec<String> {
        let parameters = self.parameters();
        let pages = parameters
            .get_parameters_by_path()
            .path(path)
            .recursive(true);
        let mut pages = pages.into_paginator().send();
        self.wait(async {
            let mut names = Vec::new();
            while let Some(page) = pages.next().await {
                let parameters = page.expect("a page").parameters.unwrap_or_default();
                names.extend(
                    parameters
                        .into_iter()
                        .filter_map(|parameter| parameter.name),
                );
            }
            names.sort();
            names
        })
    }
}

/// Variables that lead the program to an account, at an emulator or a proxy.
pub fn variables(account: &str, url: &str) -> [(&'static str, String); 4] {
    [
        ("AWS_ENDPOINT_URL", url.to_owned()),
        ("AWS_ACCESS_KEY_ID", account.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "test".to_owned()),
        ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
    ]
}

fn emulator(auth: &str) -> Server {
    let port = free_port();
    let mut command = Command::new(root().join("aws/bin/python"));
    command
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/testbed_servers/aws/emulator.py"
        ))
        .env("AUTH", auth)
        .env("GATEWAY_PORT", port.to_string())
        .env("BIND_HOST", "127.0.0.1")
        .env("MINISTACK_HOST", "127.0.0.1");
    Server::start(command, port, Duration::from_secs(60))
}
