//! Reads stacks with their parameters and their origin.

use aws_sdk_cloudformation::types;

use super::classify::Situation;
use super::{Cloud, convert, error};
use crate::cloud::Result;
use crate::stack::{LiveStack, StackParameter};

impl Cloud {
    /// A stack by name or ARN; `None` if it does not exist. A deleted stack is found by its ARN only.
    pub async fn live_stack(&self, name: &str) -> Result<Option<LiveStack>> {
        let described = self.stacks.describe_stacks().stack_name(name).send().await;
        match described.map_err(|e| error::from_sdk("DescribeStacks", e)) {
            Ok(described) => Ok(described.stacks.into_iter().flatten().next().map(live)),
            Err(error) if error.describes(Situation::NoStack) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All stacks of the account and region that are not deleted. `pages` hears the number of stacks after each page.
    pub async fn live_stacks(&self, mut pages: impl FnMut(usize)) -> Result<Vec<LiveStack>> {
        let mut stream = self.stacks.describe_stacks().into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = stream.next().await {
            let page = page.map_err(|e| error::from_sdk("DescribeStacks", e))?;
            found.extend(page.stacks.into_iter().flatten().map(live));
            pages(found.len());
            self.ensure_not_cancelled()?;
        }
        Ok(found)
    }
}

fn live(stack: types::Stack) -> LiveStack {
    let parameters = stack.parameters().iter();
    let parameters = parameters.filter_map(|parameter| {
        let value = StackParameter {
            value: parameter.parameter_value.clone()?,
            resolved: parameter.resolved_value.clone(),
        };
        Some((parameter.parameter_key.clone()?, value))
    });
    let capabilities = stack.capabilities().iter();
    LiveStack {
        parameters: parameters.collect(),
        parent: stack.parent_id.clone().filter(|id| !id.is_empty()),
        root: stack.root_id.clone().filter(|id| !id.is_empty()),
        role: stack.role_arn.clone().filter(|role| !role.is_empty()),
        capabilities: capabilities.map(|it| it.as_str().to_owned()).collect(),
        stack: convert::stack(stack),
    }
}
