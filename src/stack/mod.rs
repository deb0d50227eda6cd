//! What CloudFormation reports about stacks. Names and values are those of the API (2010-05-15). A value that AWS adds to an
//! enumeration later is kept, and counts as unknown.

mod arn;
mod change_set;
mod drift;
mod event;
mod findings;
mod live;
mod name;
mod other_tool;
mod owner;
mod repair;
mod shown;
mod state;
mod triggers;

pub use arn::{NotAStackArn, StackArn};
pub use change_set::{
    ChangeAction, ChangeSet, ChangeTarget, Detail, Evaluation, IgnoredDrift, LiveDrift,
    PolicyAction, Recreation, Replacement, ResourceChange,
};
pub use drift::{Difference, Drift, DriftCheck, DriftStatus, Drifted, ResourceDrift};
pub use event::{StackEvent, first_failure, kept_creations};
pub use findings::{DescribedChangeSet, Hook, Validation};
pub use live::{LiveStack, StackParameter};
pub use name::StackName;
pub use other_tool::{OtherTool, ToolMark};
pub use owner::{OWN_TAGS, TEST_TAG, TagChanges, foreign_tags, is_reserved_tag, owner_tags};
pub use repair::FailedRollback;
pub use shown::{ShownStack, StackPart};
pub use state::{Health, Output, ROLLBACK_FAILED, Stack, StackStatus};
pub use triggers::{MAX_TRIGGERS, RollbackTriggers};
