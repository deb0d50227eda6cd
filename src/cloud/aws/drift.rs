//! Drift detection.

use std::collections::HashSet;

use aws_sdk_cloudformation::types::StackResourceDriftStatus;

use super::change_set_findings::unread;
use super::classify::Situation;
use super::poll::PollBackoff;
use super::{Cloud, convert, error};
use crate::cloud::{AwsErrorKind, CloudError, Result};
use crate::stack::{Drift, DriftStatus, ResourceDrift, Stack};

const DIFFERS: &[StackResourceDriftStatus] = &[
    StackResourceDriftStatus::Modified,
    StackResourceDriftStatus::Deleted,
];

impl Cloud {
    /// Starts drift detection of a stack and waits for its result.
    ///
    /// Resources whose type does not support drift detection are listed as `NOT_CHECKED`: they may have drifted. A detection also leaves
    /// out resources that the rollback of an update skipped. AWS does not say until when, so what was not checked is checked one by one.
    /// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_StackResourceDriftInformationSummary.html>
    pub async fn drift(&self, stack_id: &str) -> Result<Drift> {
        let incomplete = self.detect(stack_id).await?;
        let mut resources = self.resource_drifts(stack_id, &[]).await?;
        let looked_at: HashSet<String> = resources
            .iter()
            .map(|drift| drift.logical_id.clone())
            .collect();
        for resource in self.resources(stack_id).await? {
            if !looked_at.contains(&resource.logical_id) {
                resources.push(ResourceDrift {
                    logical_id: resource.logical_id,
                    physical_id: resource.physical_id,
                    kind: resource.kind,
                    status: DriftStatus::NotChecked,
                    differences: Vec::new(),
                });
            }
        }
        self.check_skipped(stack_id, &mut resources).await?;
        resources.sort_by(|a, b| {
            (a.status.clone(), &a.logical_id).cmp(&(b.status.clone(), &b.logical_id))
        });
        Ok(Drift {
            resources,
            incomplete,
        })
    }

    /// Starts drift detection of a stack, and returns the resources that have drifted. The text says why the detection did not check
    /// every resource, if so.
    pub async fn detect_drifted(
        &self,
        stack_id: &str,
    ) -> Result<(Vec<ResourceDrift>, Option<String>)> {
        let mut drift = self.drift(stack_id).await?;
        drift.resources.retain(|one| one.status.is_drift());
        Ok((drift.resources, drift.incomplete))
    }

    /// Drifted resources of the last detection, or why they could not be read. Starts no detection. A resource that was checked alone may
    /// have drifted beside a stack that has not.
    pub async fn last_drift(&self, stack: &Stack) -> Result<(Vec<ResourceDrift>, Option<String>)> {
        if stack.drift.checked.is_none() && !stack.drift.status.is_drift() {
            return Ok((Vec::new(), None));
        }
        match self.resource_drifts(&stack.id, DIFFERS).await {
            Ok(resources) => Ok((resources, None)),
            Err(error) => Ok((Vec::new(), Some(unread("drift of the resources", error)?))),
        }
    }

    /// Resources of the last detection: all of them, or those with one of these statuses.
    async fn resource_drifts(
        &self,
        stack_id: &str,
        states: &[StackResourceDriftStatus],
    ) -> Result<Vec<ResourceDrift>> {
        let mut pages = self
            .stacks
            .describe_stack_resource_drifts()
            .stack_name(stack_id)
            .set_stack_resource_drift_status_filters((!states.is_empty()).then(|| states.to_vec()))
            .into_paginator()
            .send();
        let mut resources = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("DescribeStackResourceDrifts", e))?;
            let drifts = page.stack_resource_drifts.into_iter().flatten();
            resources.extend(drifts.map(convert::resource_drift));
        }
        Ok(resources)
    }

    /// Detects drift of each resource that was not checked and whose type supports it.
    async fn check_skipped(&self, stack_id: &str, resources: &mut [ResourceDrift]) -> Result<()> {
        let unchecked = resources
            .iter_mut()
            .filter(|drift| drift.status == DriftStatus::NotChecked);
        for resource in unchecked {
            let detected = self
                .stacks
                .detect_stack_resource_drift()
                .stack_name(stack_id)
                .logical_resource_id(&resource.logical_id)
                .send()
                .await;
            match detected.map_err(|e| error::from_sdk("DetectStackResourceDrift", e)) {
                Ok(detected) => {
                    if let Some(drift) = detected.stack_resource_drift {
                        *resource = convert::resource_drift(drift);
                    }
                }
                // The type does not support drift detection.
                Err(CloudError::Aws(error)) if error.kind == AwsErrorKind::Invalid => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    /// Why detection did not check every resource, if so.
    async fn detect(&self, stack_id: &str) -> Result<Option<String>> {
        let mut pauses = PollBackoff::new(&self.stop);
        let detection = loop {
            let started = self.stacks.detect_stack_drift().stack_name(stack_id).send();
            match started
                .await
                .map_err(|e| error::from_sdk("DetectStackDrift", e))
            {
                Ok(started) => break started.stack_drift_detection_id.unwrap_or_default(),
                // Another detection, or this run's own whose response was lost: AWS has no request for its id.
                Err(error) if error.describes(Situation::DriftDetectionRuns) => {
                    pauses.wait().await?
                }
                Err(error) => return Err(error),
            }
        };
        loop {
            let status = self
                .stacks
                .describe_stack_drift_detection_status()
                .stack_drift_detection_id(&detection)
                .send()
                .await;
            let status =
                status.map_err(|e| error::from_sdk("DescribeStackDriftDetectionStatus", e))?;
            let word = status
                .detection_status
                .as_ref()
                .map_or("", |status| status.as_str());
            match word {
                "DETECTION_IN_PROGRESS" => pauses.wait().await?,
                "DETECTION_COMPLETE" => {
                    let drift = status.stack_drift_status.as_ref();
                    let is_unknown = drift.is_some_and(|word| word.as_str() == "UNKNOWN");
                    return Ok(is_unknown.then(|| "the drift of a resource is UNKNOWN".to_owned()));
                }
                _ => {
                    let reason = status.detection_status_reason;
                    return Ok(Some(
                        reason.unwrap_or_else(|| format!("detection is {word}")),
                    ));
                }
            }
        }
    }
}
