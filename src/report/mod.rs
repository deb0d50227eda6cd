//! What people and machines read: text, Markdown, annotations, SARIF. One place for escaping, one for size limits.

mod annotation;
mod changes;
mod comment;
mod deletion;
mod drift;
mod inert;
mod inventory;
mod log;
mod medium;
mod preview;
mod review;
mod sarif;
mod table;
mod text;
mod values;
mod view;

pub use annotation::{Annotations, annotations};
pub use changes::{changes, changes_line, shown_changes};
pub use comment::{COMMENT_LIMIT, MARKER, SUMMARY_LIMIT, markdown, results_markdown};
pub use deletion::{deleted_line, deletion, deletion_line};
pub use drift::{drift, drift_line, shown_drift};
pub use inert::inert;
pub use inventory::{Listed, inventory};
pub use log::{json_safe, log_safe};
pub use medium::Medium;
pub use preview::Preview;
pub use review::{Last, Review, review};
pub use sarif::sarif;
pub use table::{markdown as markdown_table, plain as plain_table};
pub use text::{diagnostic, diagnostics};
pub use values::Values;
pub use view::{Collision, Context, Report};
