//! Acting on the stacks of a change: many at once, within the policy's bound; one failure does not stop the others.

mod clock;
mod comments;
mod credentials;
mod deployments;
mod executor;
mod fresh;
mod job_time;
mod known_stacks;
mod merge_record;
mod merge_work;
mod not_started;
mod order;
mod outcome;
mod read_record;
mod recorded;
mod recorder;
mod repair;
mod run;
mod run_scope;
mod run_tasks;
mod schedule;
mod task;
mod unapplied;

pub use clock::RunClock;
pub use comments::{concerns_a_job, report_unserved};
pub use credentials::run_with_role;
pub use executor::Executor;
pub use known_stacks::{EarlierRuns, KnownStacks};
pub use order::first_paths;
pub use outcome::{ApplyReport, to_outcome};
pub use recorder::DecisionRecorder;
pub use repair::{RepairReport, RepairTask};
pub use run::Run;
pub use run_scope::merge_marker;
pub use task::{RefusedUpdate, Resolution, StackTask};
pub use unapplied::{InspectedConfig, SearchRole, Unapplied, UnappliedSearch};
