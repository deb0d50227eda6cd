//! What can be asked for. Each effect is a type of its own, so that a permit for one cannot be spent on another.

use serde::{Deserialize, Serialize};

mod sealed {
    /// Nobody adds effects of their own, which no rule would know.
    pub trait Sealed {}
}

/// Something that can be asked for.
pub trait Effect: sealed::Sealed {
    /// What kind of thing it is: rules differ by it.
    const KIND: EffectKind;
}

/// Runs a change set.
pub trait RunsChangeSet: Effect {}
/// Deletes a stack.
pub trait DeletesStack: Effect {}
/// Deletes a stack with all that is in its buckets.
pub trait EmptiesBuckets: DeletesStack {}

macro_rules! effects {
    ($($(#[$about:meta])* $name:ident,)*) => {
        /// Kinds of effects.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum EffectKind {
            $($(#[$about])* $name,)*
        }

        impl EffectKind {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Its name.
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$name => stringify!($name),)*
                }
            }
        }

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
    /// Reads a stack and what belongs to it.
    Inspect,
    /// Makes a change set, and deletes it.
    Preview,
    /// Makes a stack that is not there.
    Create,
    /// Watches a stack whose making was begun by a run that was killed, and takes it back if that fails.
    Resume,
    /// Makes a stack under a name of its own, and deletes it.
    Test,
    /// Changes a stack.
    Update,
    /// Writes folders into a stack's bucket.
    Folders,
    /// Writes a template into a stack's bucket.
    Upload,
    /// Deletes a stack.
    Delete,
    /// Deletes a stack with all that is in its buckets.
    TearDown,
}

impl RunsChangeSet for Create {}
impl RunsChangeSet for Test {}
impl RunsChangeSet for Update {}
impl DeletesStack for Test {}
impl DeletesStack for Delete {}
impl DeletesStack for TearDown {}
impl EmptiesBuckets for Test {}
impl EmptiesBuckets for TearDown {}
