//! The REST endpoints, one file per subject.

pub mod ci;
pub mod deployments;
pub mod environments;
pub mod issues;
pub mod merge_requests;
pub mod notes;
pub mod projects;
pub mod repository;
pub mod statuses;
pub mod tree;
pub mod users;
