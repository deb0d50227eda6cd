//! `check`: from a pull request or a local branch to a comment, a status and files.

mod consumers;
mod defaults;
mod faults;
mod fetched;
mod former_stack;
mod github;
mod groups;
mod hostile;
mod irregular;
mod local;
mod on_merge;
mod operator_policy;
mod places;
mod preview;
mod product_lock;
mod rare;
mod role_boundary;
mod role_scope;
mod scale;
mod selection;
