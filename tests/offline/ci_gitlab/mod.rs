//! GitLab CI: what its variables mean, and what a job leaves.

mod check_user;
mod child;
mod claims;
mod events;
mod fetched;
mod flows;
mod identity;
mod job;
mod listed;
mod outputs;
mod template;
