//! Drift detection.

use std::collections::HashSet;

use aws_sdk_cloudformation::types::StackResourceDriftStatus;

use super::change_set_findings::unread;
use super::classify::Situation;
use super::poll::PollBackoff;
use super::{Cloud, error};
use crate::cloud::Result;
use crate::stack::{Difference, Drift, DriftStatus, ResourceDrift, Stack};

const DIFFERS: &[StackResourceDriftStatus] = &[
    StackResourceDriftStatus::Modified,
    StackResourceDriftStatus::Deleted,
];

impl Cloud {
    /// Starts drift detection of a stack and waits for its result.
    ///
    /// Resources whose type does not support drift detection are listed as `NOT_CHECKED`: they may have drifted.
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
        let incomplete = self.detect(stack_id).await?;
        Ok((self.resource_drifts(stack_id, DIFFERS).await?, incomplete))
    }

    /// Drifted resources of the last detection, or why they could not be read. Starts no detection.
    pub async fn last_drift(&self, stack: &Stack) -> Result<(Vec<ResourceDrift>, Option<String>)> {
        if !stack.drift.status.is_drift() {
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
            for drift in page.stack_resource_drifts.into_iter().flatten() {
                let status = drift.stack_resource_drift_status;
                resources.push(ResourceDrift {
                    logical_id: drift.logical_resource_id.unwrap_or_default(),
                    physical_id: drift.physical_resource_id,
                    kind: drift.resource_type.unwrap_or_default(),
                    status: status.map_or(DriftStatus::Unknown, |status| {
                        DriftStatus::parse(status.as_str())
                    }),
                    differences: drift
                        .property_differences
                        .into_iter()
                        .flatten()
                        .map(|difference| Difference {
                            path: difference.property_path.unwrap_or_default(),
                            kind: difference
                                .difference_type
                                .map(|kind| kind.as_str().to_owned())
                                .unwrap_or_default(),
                            expected: difference.expected_value.unwrap_or_default(),
                            actual: difference.actual_value.unwrap_or_default(),
                        })
                        .collect(),
                });
            }
        }
        Ok(resources)
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
                "DETECTION_COMPLETE" => return Ok(None),
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
