//! What happens after the merge, and by comments: through the binary, against a fake GitHub and an AWS.

mod command;
mod drift;
mod kills;
mod many;
mod provision;
mod push;
pub mod world;
