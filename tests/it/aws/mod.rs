//! The actions that need AWS, as a user types them, against an emulator.

mod calls;
mod corpus;
pub mod desk;
mod faults;
mod guard;
mod kills;
mod provision;
mod replayed;
pub mod scene;
mod secrets;
mod signals;
mod verdicts;
mod world;
