//! A stack with what says where it comes from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Stack;

/// A stack as `DescribeStacks` returns it, with its parameters and its origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveStack {
    pub stack: Stack,
    pub parameters: BTreeMap<String, StackParameter>,
    /// ARN of the stack that nests this one.
    pub parent: Option<String>,
    /// ARN of the outermost stack that nests this one.
    pub root: Option<String>,
    /// ARN of the role that CloudFormation assumes for the stack.
    pub role: Option<String>,
    /// Such as `CAPABILITY_NAMED_IAM`.
    pub capabilities: Vec<String>,
}

/// The value of a stack's parameter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StackParameter {
    /// As submitted; for a type of SSM the name of the SSM parameter. CloudFormation returns asterisks for a hidden value.
    pub value: String,
    /// What the SSM parameter was resolved to.
    pub resolved: Option<String>,
}
