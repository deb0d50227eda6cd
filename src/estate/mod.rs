//! The estate: each config of the default branch with its stack, and each own stack without a config. Every fact is known, or has the
//! reason why it is not.

mod document;
mod fact;
mod row;
mod stacks;

pub use document::{DriftRotation, Estate, EstateProblem, StateCount};
pub use fact::{Fact, Unknown};
pub use row::{
    ConfigFacts, EstateDrift, EstateRow, EstateState, LastChange, TemplateState, invalid_row, row,
};
pub use stacks::{EstatePlace, PlaceStacks, stacks_without_config};
