//! What people and machines read: text, Markdown, annotations, SARIF. One place for escaping, one for size limits.

mod annotation;
mod comment;
mod inert;
mod log;
mod sarif;
mod text;
mod view;

pub use annotation::{Annotations, annotations};
pub use comment::{COMMENT_LIMIT, MARKER, SUMMARY_LIMIT, markdown, results_markdown};
pub use log::log_safe;
pub use sarif::sarif;
pub use text::{diagnostic, diagnostics};
pub use view::{Collision, Context, Report};
