//! GitLab CI: what its variables mean, and what a job leaves.

mod events;
mod fetched;
mod flows;
mod identity;
mod job;
mod outputs;
mod template;
