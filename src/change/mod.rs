//! A change: its configs, the policy, its reviews and its merge. Facts are read from the forge once, into one value.

mod claims;
mod contents;
mod contributors;
mod entries;
mod governing;
mod history;
mod inputs;
mod later_commits;
mod limits;
mod lock;
mod merge_contents;
mod merge_queue;
mod merged;
mod policy;
mod products;
mod proposed;
mod review_facts;
mod reviewed;
mod selection;
mod tip;
mod valid_configs;

pub use claims::add_other_configs;
pub use contributors::add_contributors;
pub use governing::governing_files;
pub use history::{
    MergeReader, MergedRange, NewestMerge, last_merge_of, merge_with, merged_ranges,
    pull_request_with, range_of_pull_request,
};
pub use inputs::{ChangeInputs, configs_at, read_inputs};
pub use limits::IdentityLimits;
pub use lock::{ProposedLock, lock_at};
pub use merge_contents::MergeContents;
pub use merge_queue::{GroupOrigin, group_origin};
pub use merged::MergedChange;
pub use policy::{ProposedPolicies, policy_at, policy_file_at};
pub use products::products;
pub use proposed::PullRequestContext;
pub use review_facts::review_facts;
pub use reviewed::{ReportedPlan, plan_reports, reviewed_plan};
pub use selection::{named_paths, require_matches, unselected_configs};
pub use valid_configs::{load_valid, valid_configs};
