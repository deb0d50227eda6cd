//! What was seen. Every fact may be missing; one that is missing and matters denies.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use super::ChangeRequest;
use crate::plan::Verdict;
use crate::stack::{Stack, StackName};

/// Facts of one stack, read in this run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Facts {
    /// Who asks AWS, and where.
    pub caller: Option<Caller>,
    /// The stack: `Some(None)` if there is none of that name. Written, one that is not known is left out, and one that is not
    /// there is null.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "known")]
    pub stack: Option<Option<Stack>>,
    /// The tags by which a stack of this program is known.
    pub owner: BTreeMap<String, String>,
    /// What the change set would do at worst.
    pub verdict: Option<Verdict>,
    /// The digest of the change set that was shown, and that of the one about to run.
    pub digests: Option<[String; 2]>,
    /// Stacks that import an output of this one.
    pub importers: Option<Vec<String>>,
    /// The digest of what its deletion would do now.
    pub deletion: Option<String>,
    /// Its buckets with what is in them, those that the stack's deletion leaves alone apart.
    pub buckets: Option<Buckets>,
    /// What stands behind the request.
    pub authority: Authority,
}

/// What is written is known, null included.
fn known<'de, D: Deserializer<'de>>(written: D) -> Result<Option<Option<Stack>>, D::Error> {
    Option::deserialize(written).map(Some)
}

/// An identity of AWS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Caller {
    /// 12-digit account id.
    pub account: String,
    /// ARN of the user or role.
    pub arn: String,
    /// Region that requests go to.
    pub region: String,
}

/// Buckets that go with the stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buckets {
    /// Object versions and delete markers by bucket.
    pub deleted: BTreeMap<String, u64>,
    /// The same of buckets that stay behind.
    pub retained: BTreeMap<String, u64>,
}

/// What stands behind a request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "from")]
pub enum Authority {
    /// Nothing is known of it.
    #[default]
    Unknown,
    /// Somebody at a command line, with credentials of their own.
    CommandLine {
        /// `--force`.
        force: bool,
        /// On a terminal, the stack's name as it was typed. `None` where nobody can be asked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        typed: Option<String>,
    },
    /// A pull request, and perhaps a comment on it that commands.
    Request(Box<ChangeRequest>),
}

/// Marks a stack of `test-deploy`; its value is the name of the stack that it tests.
pub const TEST_TAG: &str = "provisioner:test";

/// The tags that a stack of this program has: its product, and the stack's own name, so that tags that were copied from
/// another one do not count.
pub fn owner_tags(product: &str, stack: &StackName) -> BTreeMap<String, String> {
    BTreeMap::from([
        ("provisioner:product".to_owned(), product.to_owned()),
        ("provisioner:stack".to_owned(), stack.name.clone()),
    ])
}
