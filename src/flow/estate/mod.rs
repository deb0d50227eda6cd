//! The estate: reads what is known of each config and its stack, writes the page and the document, and keeps an issue for each config
//! that is not applied, and for each stack without a config.

mod history;
mod issues;
mod publish;
mod read;
mod stacks;

pub use publish::{ScannedEstate, publish};
pub use read::{EstateInput, read_estate};
pub use stacks::StackAccess;
