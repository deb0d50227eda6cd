//! What people and machines read: text, Markdown, annotations, SARIF. One place for escaping, one for size limits.

mod annotation;
mod changes;
mod check;
mod check_comment;
mod deletion;
mod diagnostics;
mod doctor;
mod drift;
mod escape;
mod evidence;
mod explain;
mod fitted;
mod format;
mod inventory;
mod log;
mod plan_marker;
mod preview;
mod products;
mod provisioning;
mod redactor;
mod review;
mod sarif;
mod table;
mod templates;

pub use annotation::{Annotations, annotations};
pub use changes::{changes, changes_summary, redacted_changes};
pub use check::{CheckContext, Collision, Report};
pub use check_comment::{COMMENT_LIMIT, MARKER, SUMMARY_LIMIT, markdown, results_markdown};
pub use deletion::{deleted_summary, deletion, deletion_summary};
pub use diagnostics::{diagnostic, diagnostics};
pub use doctor::{Finding, Status, doctor_markdown, doctor_text};
pub use drift::{drift, drift_summary, redacted_drift};
pub use escape::{code, escape_markdown, fence};
pub use evidence::{ChangeRecord, Decision, Evidence, Predicate, Replayed};
pub use explain::{UnknownCode, explain};
pub use fitted::fit_sections;
pub use format::Format;
pub use inventory::{ListedResource, inventory};
pub use log::{escape_json, escape_workflow_commands};
pub use plan_marker::{PlanMarker, comment, parse_plan_marker};
pub use preview::Preview;
pub use products::{ProductFormat, ProductListError, list_products, show_product};
pub use provisioning::{Outcome, Problem, Provisioning, State, provisioning};
pub use redactor::Redactor;
pub use review::{LastAction, ReviewReport, review};
pub use sarif::sarif;
pub use table::{markdown as markdown_table, plain as plain_table};

/// The commit status of the check. Nobody can edit one, so all else is held to the digest in it.
pub const PLAN_STATUS: &str = "provisioner/plan";
