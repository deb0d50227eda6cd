//! All output: text, Markdown, HTML, annotations, SARIF, evidence. One place escapes, one fits limits.

mod action_summary;
mod adoption;
mod after_deletion;
mod alert;
mod allow_list;
mod attempts;
mod change_lines;
mod changed_keys;
mod changes;
mod check;
mod check_comment;
mod check_group_text;
mod check_groups;
mod check_headline;
mod check_lock;
mod check_policy;
mod check_products;
mod check_section;
mod check_text;
mod check_unselected;
mod code_page;
mod code_quality;
mod command_help;
mod confirmed;
mod consumers;
mod costs;
mod deletion;
mod diagnostics;
mod discovery;
mod doctor;
mod doctor_finding;
mod doctor_help;
mod drift;
mod drift_issue;
mod escape;
mod estate;
mod estate_issue;
mod estate_page;
mod evidence;
mod evidence_version;
mod explain;
mod fingerprint;
mod fit;
mod fit_list;
mod folded_diff;
mod format;
mod hidden_values;
mod html;
mod identity;
mod inventory;
mod json_document;
mod line_places;
mod log;
mod merge_requests;
mod next_step;
mod nothing_to_do;
mod notice;
mod on_merge;
mod operation_fault;
mod outcome;
mod page_link;
mod pending;
mod plan_counts;
mod plan_marker;
mod preview;
mod products;
mod progress;
mod provisioning;
mod public_values;
mod rare_lines;
mod rare_place;
mod recorded_facts;
mod redactor;
mod refusal;
mod remains;
mod repair;
mod replay;
mod replay_stack;
mod reply;
mod resolved;
mod result_counts;
mod review;
mod run_event;
mod run_summary;
mod sample;
mod sarif;
mod signature;
mod status;
mod table;
mod templates;
mod text;
mod truncate;
mod unserved;
mod watched;

pub use action_summary::{ActionSummary, FolderCount};
pub use adoption::{
    adoption, adoption_line, adoption_summary, next_update, obstacle, unadoption, unadoption_line,
};
pub use alert::Alert;
pub use attempts::{Attempts, MAX_ATTEMPTS, held_reasons, run_began};
pub use changed_keys::show_values_of;
pub use changes::{
    changes, changes_summary, config_to_remove, continued_replacement, denied_update,
    redacted_changes, unfinished_creation,
};
pub use check::{CheckContext, Collision, Report};
pub use check_comment::{MARKER, markdown, results_markdown};
pub use check_groups::{equal_updates, group_keys};
pub use check_text::check_text;
pub use code_quality::code_quality;
pub use command_help::command_help;
pub use confirmed::{ConfirmedDeletion, close_confirmations};
pub use deletion::{deleted_summary, deletion, deletion_summary, replaced};
pub use diagnostics::{diagnostic, diagnostics, problems_line};
pub use discovery::{
    DiscoveredRegion, DiscoveredStack, DiscoveredState, Discovery, discovery_text,
};
pub use doctor::{DoctorReport, Finding, Status, doctor_markdown, doctor_text};
pub use doctor_finding::Found;
pub use drift::{drift, drift_summary, redacted_drift, unknown_drift};
pub use drift_issue::{
    DRIFT_MARKER, FoundDrift, ScannedStacks, StackDrift, UnwrittenIssue, closed_drift_issue,
    drift_counts, drift_issue, drift_issue_marker, drift_issue_title, drift_scan_alerts,
    drift_scan_lines, drift_scan_markdown,
};
pub use escape::{code, details_block, escape_markdown, fence};
pub use estate::{estate_markdown, estate_text};
pub use estate_issue::{
    ESTATE_MARKER, closed_estate_issue, estate_issue, estate_issue_marker, estate_issue_title,
    parse_estate_marker,
};
pub use estate_page::estate_page;
pub use evidence::{
    ChangeRecord, Decision, Evidence, EvidenceError, Predicate, RecordedPolicies, RunRecord,
    SealedChange, StackRecord, Subject,
};
pub use explain::{CodeList, CodeMeaning, UnknownCode, explain, without_expressions};
pub use fit::{Block, Rest, fit_blocks};
pub use format::Format;
pub use identity::identity_text;
pub use inventory::{ListedResource, inventory};
pub use json_document::{JsonDocument, json_schema, json_text};
pub use log::{escape_json, escape_workflow_commands};
pub use merge_requests::{is_same_text, with_merge_requests};
pub use next_step::NextStep;
pub use nothing_to_do::NothingToDo;
pub use notice::{NotWritten, Notice, OfflineReason};
pub use on_merge::{BeforeMerge, MergeEffect, OnMerge};
pub use operation_fault::{Fault, Unmet};
pub use outcome::{Outcome, Problem, State, Success};
pub use page_link::{PageLink, page_links};
pub use pending::{
    ClosedEnvironment, LeftReason, NewerEffect, NewerMerge, PendingReport, pending_lines,
    pending_markdown, pushed_environments,
};
pub use plan_counts::PlanCounts;
pub use plan_marker::{PlanMarker, comment, parse_plan_marker};
pub use preview::Preview;
pub use products::{
    ProductFormat, ProductList, ProductListError, ProductReport, list_products, show_product,
};
pub use progress::{Counted, Step, event_line};
pub use provisioning::{
    CONFIG_REMOVED, CONFIG_VALID, Heading, Provisioning, ReportSource, provisioning, review_written,
};
pub use recorded_facts::{RecordedFacts, RecordedStack};
pub use redactor::Redactor;
pub use refusal::Refusal;
pub use remains::{RemainingFolders, Remains, StackRemains};
pub use repair::{
    continued_summary, redacted_restoration, redacted_rollback, restoration, restoration_summary,
    restored_summary, rollback, rollback_summary,
};
pub use replay::{Replayed, replay};
pub use reply::{Reply, ReplySection, reply_markdown, reply_summary};
pub use resolved::{ResolvedValue, resolved_values, resolved_yaml};
pub use result_counts::result_counts;
pub use review::{LastAction, ReviewReport, review};
pub use run_event::{
    RunEvent, RunEventKind, RunEventLine, check_events, drift_events, estate_events, event_lines,
    run_events,
};
pub use run_summary::{
    exhausted_configs, failed_job, outcome_lines, run_summary, states_line, unread_merge,
    unwritten_comment,
};
pub use sample::{Sample, ShownDigest};
pub use sarif::sarif;
pub use status::{
    PLAN_STATUS, check_line, deployment_description, status_description, status_digest,
};
pub use table::{markdown as markdown_table, plain as plain_table};
pub use text::Text;
pub use unserved::{UNSERVED_MARKER, UnservedConfig, unserved_comment};
