//! What `init` writes into a repository, and what an administrator does afterwards: from answers and from what exists.

mod answers;
mod check;
mod code_owners;
mod earlier;
mod enterprise_server;
mod environment_list;
mod existing;
mod finding;
mod git_state;
mod gitlab_pipeline;
mod plan;
mod planned_file;
mod policy_merge;
mod policy_text;
mod question;
mod remote;
mod sample;
mod scalar;
mod setup;
mod setup_report;
mod shared_accounts;
mod shell;
mod show;
mod step;
mod steps;
mod steps_github;
mod steps_gitlab;
mod workflows;
mod yaml_edit;

pub use answers::Answers;
pub use check::check_answer;
pub use code_owners::places as code_owner_places;
pub use earlier::{add_earlier, earlier_answers};
pub use existing::{ExistingFiles, SETUP_PATHS};
pub use finding::{FindingKind, SetupFinding};
pub use git_state::{GitState, RepositoryFacts};
pub use plan::{PlanError, SetupPlan, plan};
pub use planned_file::{FileState, PlannedFile};
pub use question::{
    AnswerProblem, Given, Givens, Origin, Question, default_answer, open_questions,
    optional_questions,
};
pub use remote::answers_of_remote;
pub use setup::{EnvironmentAccounts, Pin, SetupForge};
pub use setup_report::SetupReport;
pub use shell::quote_argument;
pub use show::{PlanMode, patch, plan_text};
pub use step::SetupStep;
