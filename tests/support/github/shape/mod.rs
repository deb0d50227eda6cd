//! The JSON of GitHub's answers, with every required field of its OpenAPI description.

mod activity;
mod comments;
mod commit;
mod issue;
mod pull;
mod repo;
mod user;

pub use activity::activity;
pub use comments::{comment, deployment, deployment_status, reaction, status, status_simple};
pub use commit::{commit, file_change, git_commit, parents};
pub use issue::{issue, issue_of_pull};
pub use pull::{pull, pull_simple, review};
pub use repo::{repo, repo_full, repo_minimal};
pub use user::{account, user, user_full};

/// The real web address, unlike the API's: the program must never fetch it.
pub const WEB: &str = "https://github.com";

/// Opaque to clients. Each object has another.
pub fn node_id(kind: &str, id: impl std::fmt::Display) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(format!("{kind}{id}"))
}
