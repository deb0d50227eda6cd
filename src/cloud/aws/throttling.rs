//! Counts the answers of CloudFormation, and those that throttle a request. The SDK repeats these requests, and none that reaches a quota.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, InterceptorContext,
};
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use super::classify::{code_of, is_limit};
use crate::cloud::error::is_quota;
use crate::lanes::{Lane, LaneAnswers, Throttled};

/// LaneAnswers by account and region.
#[derive(Debug, Default)]
pub struct ThrottleCounts(Mutex<BTreeMap<Lane, LaneAnswers>>);

impl ThrottleCounts {
    fn add(&self, lane: &Lane, is_throttled: bool) {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let answers = counts.entry(lane.clone()).or_default();
        answers.all += 1;
        answers.throttled += u64::from(is_throttled);
    }
}

impl Throttled for ThrottleCounts {
    fn answers(&self, lane: &Lane) -> LaneAnswers {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.get(lane).copied().unwrap_or_default()
    }
}

/// Counts for one client.
#[derive(Debug)]
pub struct ThrottleCounter {
    pub lane: Lane,
    pub counts: Arc<ThrottleCounts>,
}

impl Intercept for ThrottleCounter {
    fn name(&self) -> &'static str {
        "ThrottleCounter"
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let answer = context.response();
        // The SDK has read the body of an error.
        let body = answer.body().bytes().unwrap_or_default();
        let is_throttled = is_limit(answer.status().as_u16(), body);
        self.counts.add(&self.lane, is_throttled);
        Ok(())
    }
}

/// The SDK takes the code of a quota for one of throttling.
#[derive(Debug)]
pub struct NoRetryOfQuotas;

impl ClassifyRetry for NoRetryOfQuotas {
    fn name(&self) -> &'static str {
        "NoRetryOfQuotas"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let body = context.response().and_then(|answer| answer.body().bytes());
        let code = body.and_then(code_of);
        match code.is_some_and(|code| is_quota(&code)) {
            true => RetryAction::RetryForbidden,
            false => RetryAction::NoActionIndicated,
        }
    }
}
