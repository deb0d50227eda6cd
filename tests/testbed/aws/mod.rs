//! The actions that need AWS, as a user types them, against an emulator.

mod calls;
mod faults;
mod inventory;
mod kills;
mod provision;
pub mod scene;
mod secrets;
mod signals;
