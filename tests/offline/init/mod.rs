//! `init`: what it writes, what it leaves, and the steps that it prints.

mod accounts;
mod additions;
mod fresh;
mod git;
mod hostile;
mod json;
mod later;
mod policy_property;
mod property;
mod repository;
