//! Effects. Each is a type of its own, so that a permit for one cannot be spent on another.

use crate::model::EffectKind;

mod sealed {
    /// Keeps other modules from adding effects that no rule knows.
    pub trait Sealed {}
}

/// Something that a permit allows.
pub trait Effect: sealed::Sealed {
    /// Rules differ by kind.
    const KIND: EffectKind;
}

/// Decided by facts that are read once: no person confirms it, or CloudFormation executes no change set of an earlier stack.
pub trait DecidedOnce: Effect {}
/// Decided again by facts that are read after the confirmation, immediately before the effect.
pub trait DecidedAgain: Effect {}
pub trait RunsChangeSet: Effect {}
/// Its change set has the stack's own template and parameters, and other tags.
pub trait ChangesTags: RunsChangeSet + DecidedOnce {}
pub trait DeletesStack: Effect {}
pub trait EmptiesBuckets: DeletesStack {}

macro_rules! effects {
    ($($(#[$about:meta])* $name:ident,)*) => {
        // Every kind has its type.
        const _: fn(EffectKind) = |kind| match kind {
            $(EffectKind::$name => (),)*
        };

        $(
            $(#[$about])*
            #[derive(Debug)]
            pub enum $name {}

            impl sealed::Sealed for $name {}
            impl Effect for $name {
                const KIND: EffectKind = EffectKind::$name;
            }
        )*
    };
}

effects! {
    /// Reads a stack and its resources.
    Inspect,
    /// Creates a change set and deletes it.
    Preview,
    /// Creates a stack that does not exist.
    Create,
    /// Finishes a creation that a killed run started: watches it and rolls it back on failure, or adds the rest to what was imported.
    Resume,
    /// Creates a stack under a name of its own, and deletes it.
    Test,
    /// Updates a stack.
    Update,
    /// Writes folders into a stack's bucket.
    Folders,
    /// Writes a template into a stack's bucket.
    Upload,
    /// Deletes a stack.
    Delete,
    /// Deletes a stack together with the contents of its buckets.
    TearDown,
    /// Gives a stack the tags of provisioner's own stacks.
    Adopt,
    /// Removes the tags of provisioner's own stacks.
    Unadopt,
    /// Deletes a stack so that the same config creates it again.
    Replace,
    /// Deletes a stack whose creation failed, so that it can be created.
    RemoveFailed,
    /// Reverts the drift of a stack's resources to its deployed template.
    Restore,
    /// Continues the failed rollback of an update.
    ContinueRollback,
}

impl DecidedOnce for Inspect {}
impl DecidedOnce for Preview {}
impl DecidedOnce for Create {}
impl DecidedOnce for Resume {}
impl DecidedOnce for Test {}
impl DecidedOnce for Update {}
impl DecidedOnce for Folders {}
impl DecidedOnce for Upload {}
impl DecidedOnce for Adopt {}
impl DecidedOnce for Unadopt {}
impl DecidedAgain for Delete {}
impl DecidedAgain for TearDown {}
impl DecidedAgain for Replace {}
impl DecidedAgain for RemoveFailed {}
impl DecidedAgain for Restore {}
impl DecidedAgain for ContinueRollback {}
impl RunsChangeSet for Create {}
impl RunsChangeSet for Resume {}
impl RunsChangeSet for Test {}
impl RunsChangeSet for Update {}
impl RunsChangeSet for Adopt {}
impl RunsChangeSet for Unadopt {}
impl ChangesTags for Adopt {}
impl ChangesTags for Unadopt {}
impl RunsChangeSet for Restore {}
impl DeletesStack for Test {}
impl DeletesStack for Delete {}
impl DeletesStack for TearDown {}
impl DeletesStack for Replace {}
impl DeletesStack for RemoveFailed {}
impl EmptiesBuckets for Test {}
impl EmptiesBuckets for TearDown {}
