//! What both adapters owe the flows: each body runs against GitHub and against GitLab, each at its fake.

mod answers;
mod capabilities;
mod conversation;
mod fixture;
mod pushers;
mod records;
mod reviews;
mod sources;
mod users;

pub use fixture::{ForgeFixture, Scene, access, account, id, sha};
