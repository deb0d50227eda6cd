//! Flow 3: provisions what was merged into the default branch and approved.
//!
//! | file | what it provisions |
//! |---|---|
//! | `push` | what a push brought |
//! | `named` | configs that a person names once more |
//! | `pending` | what was merged and is not applied |
//! | `find` | nothing: it finds the environments of `pending` |
//! | `find_pushed` | nothing: it finds the environments of `push` |
//! | `waiting` | the merges of `pending` |
//! | `cause` | why a config is no part of them |
//! | `merge` | one merge of each of them |

mod find;
mod find_pushed;
mod merge;
mod named;
mod pending;
mod push;
mod waiting;

pub use find::find_environments;
pub use named::provision_again;
pub use pending::provision_pending;
pub use push::provision;
