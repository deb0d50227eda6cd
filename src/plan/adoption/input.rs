//! What an adoption is compared from.

use std::collections::BTreeMap;

use crate::stack::{LiveStack, StackName};
use crate::template::Document;

/// A live stack, and what a config renders for it.
pub struct AdoptionInput<'a> {
    pub live: &'a LiveStack,
    /// The template of the live stack, as submitted.
    pub template: &'a str,
    /// The stack that the config asks for.
    pub stack: &'a StackName,
    /// The tags of provisioner's own stacks for the config.
    pub owner: &'a BTreeMap<String, String>,
    /// The rendered template, as CloudFormation would get it.
    pub rendered: &'a str,
    /// The rendered template.
    pub document: &'a Document,
}
