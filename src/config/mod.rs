//! Text → spanned tree → checked value.

mod check;
mod hygiene;
mod node;
mod parse;
mod sample;
mod scalar;
mod tier;
mod violation;

pub use check::{Config, Loaded, conform, load};
pub use node::{Entry, Kind, Node};
pub use parse::{MAX_BYTES, Tags, decode, parse};
pub use sample::sample;
