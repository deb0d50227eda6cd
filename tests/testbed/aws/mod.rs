//! The actions that query AWS, at the command line against an emulator.

mod calls;
mod discover;
mod estate;
mod faults;
mod inventory;
mod journey;
mod kills;
mod new_product;
mod provision;
mod replace;
pub mod scene;
mod secrets;
mod signals;
mod stack_tags;
mod terminal;

pub use kills::table;
