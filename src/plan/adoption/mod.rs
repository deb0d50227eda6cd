//! Compares a live stack with what a config renders, before the stack gets the tags of provisioner's own stacks. The adoption itself
//! changes nothing but these tags; the comparison says what a later update of the stack would change.

mod compare;
mod digest;
mod input;
mod inspect;
mod obstacle;
mod result;
mod tags;

pub use input::AdoptionInput;
pub use obstacle::{Obstacle, owner_mark};
pub use result::{
    Adoption, AdoptionStep, AdoptionVerdict, ComparedResource, DifferentSide, OutputDifference,
    ResourceDifference, ResourceMatch,
};
pub use tags::{AdoptionTags, TagClash};
