//! Reads stacks.

use std::collections::HashSet;

use aws_sdk_cloudformation::types::StackResourceSummary;

use super::classify::Situation;
use super::{Cloud, convert, error};
use crate::cloud::bucket::Holding;
use crate::cloud::{Result, StackBucket, StackResource};
use crate::stack::{Stack, StackEvent};

impl Cloud {
    /// A stack by name or ARN; `None` if it does not exist. A deleted stack is found by its ARN only.
    pub async fn stack(&self, name: &str) -> Result<Option<Stack>> {
        let described = self.stacks.describe_stacks().stack_name(name).send().await;
        match described.map_err(|e| error::from_sdk("DescribeStacks", e)) {
            Ok(described) => Ok(described
                .stacks
                .into_iter()
                .flatten()
                .next()
                .map(convert::stack)),
            Err(error) if error.describes(Situation::NoStack) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All stacks that have a tag with this key.
    pub async fn stacks_tagged(&self, key: &str) -> Result<Vec<Stack>> {
        let mut pages = self.stacks.describe_stacks().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("DescribeStacks", e))?;
            let stacks = page.stacks.into_iter().flatten().map(convert::stack);
            found.extend(stacks.filter(|stack| stack.tags.contains_key(key)));
        }
        Ok(found)
    }

    /// The template as submitted.
    pub async fn template(&self, stack_id: &str) -> Result<String> {
        let template = self.stacks.get_template().stack_name(stack_id).send().await;
        let template = template.map_err(|e| error::from_sdk("GetTemplate", e))?;
        Ok(template.template_body.unwrap_or_default())
    }

    pub async fn resources(&self, stack_id: &str) -> Result<Vec<StackResource>> {
        let summaries = self.resource_summaries(stack_id).await?.into_iter();
        let mut found: Vec<StackResource> = summaries
            .map(|resource| StackResource {
                logical_id: resource.logical_resource_id.unwrap_or_default(),
                physical_id: resource.physical_resource_id.filter(|id| !id.is_empty()),
                kind: resource.resource_type.unwrap_or_default(),
                status: resource
                    .resource_status
                    .map(|status| status.as_str().to_owned())
                    .unwrap_or_default(),
                bucket: None,
            })
            .collect();
        self.find_buckets(stack_id, &mut found).await?;
        Ok(found)
    }

    /// All pages, as AWS answers.
    pub(super) async fn resource_summaries(
        &self,
        stack_id: &str,
    ) -> Result<Vec<StackResourceSummary>> {
        let mut pages = self
            .stacks
            .list_stack_resources()
            .stack_name(stack_id)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("ListStackResources", e))?;
            found.extend(page.stack_resource_summaries.into_iter().flatten());
        }
        Ok(found)
    }

    /// Adds the buckets that the stack holds to its resources. Reads the stack's events only if a status leaves it open.
    async fn find_buckets(&self, stack_id: &str, resources: &mut [StackResource]) -> Result<()> {
        let mut events = None;
        for resource in resources {
            let Some(id) = &resource.physical_id else {
                continue;
            };
            let bucket = StackBucket::new(stack_id, id);
            let held = match Holding::new(&resource.kind, &resource.status) {
                Holding::Held => true,
                Holding::No => false,
                Holding::Uncertain => {
                    let events = match &events {
                        Some(events) => events,
                        None => events.insert(self.events(stack_id, &HashSet::new()).await?),
                    };
                    bucket.was_created(events)
                }
            };
            resource.bucket = held.then_some(bucket);
        }
        Ok(())
    }

    /// Events that are not in `seen`, oldest first. AWS lists the newest first, so the search ends at the first seen event.
    pub async fn events(&self, stack_id: &str, seen: &HashSet<String>) -> Result<Vec<StackEvent>> {
        let mut pages = self
            .stacks
            .describe_stack_events()
            .stack_name(stack_id)
            .into_paginator()
            .send();
        let mut new = Vec::new();
        'pages: while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("DescribeStackEvents", e))?;
            for event in page.stack_events.into_iter().flatten().map(convert::event) {
                if seen.contains(&event.id) {
                    break 'pages;
                }
                new.push(event);
            }
        }
        new.reverse();
        Ok(new)
    }

    /// Names of the stacks that import any of these exports.
    pub async fn importers(&self, exports: &[String]) -> Result<Vec<String>> {
        let mut importers = Vec::new();
        for export in exports {
            let mut pages = self
                .stacks
                .list_imports()
                .export_name(export)
                .into_paginator()
                .send();
            while let Some(page) = pages.next().await {
                match page.map_err(|e| error::from_sdk("ListImports", e)) {
                    Ok(page) => importers.extend(page.imports.into_iter().flatten()),
                    // CloudFormation reports an error instead of an empty list.
                    Err(error) if error.describes(Situation::NoImporter) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        importers.sort();
        importers.dedup();
        Ok(importers)
    }

    /// Has CloudFormation validate a template, and returns the capabilities that it needs, such as `CAPABILITY_NAMED_IAM`. A
    /// rejected template is [`AwsErrorKind::Invalid`](crate::cloud::AwsErrorKind).
    pub async fn validate(&self, body: &str) -> Result<Vec<String>> {
        let validated = self
            .stacks
            .validate_template()
            .template_body(body)
            .send()
            .await;
        let validated = validated.map_err(|e| error::from_sdk("ValidateTemplate", e))?;
        let capabilities = validated.capabilities.into_iter().flatten();
        Ok(capabilities
            .map(|capability| capability.as_str().to_owned())
            .collect())
    }
}
