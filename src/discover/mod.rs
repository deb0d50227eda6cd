//! Stacks that exist, and the configs that describe them. A product's own expressions give the names of its stacks; read backwards,
//! they say which product a stack's name belongs to. A config is drafted by rendering candidates and comparing them with the live
//! template, so that no product needs to say anything more.

mod draft;
mod draft_text;
mod edit;
mod entries_text;
mod features;
mod fit;
mod keys;
mod naming;
mod sort;

pub use draft::{Draft, draft};
pub use entries_text::{ADOPTIONS, EntriesText, with_entries};
pub use sort::{KnownConfig, NamedStack, Sorted, product_environments, sort};
