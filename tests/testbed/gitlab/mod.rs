//! The flows on GitLab: the same decisions as on GitHub, with GitLab's facts.

mod attacks;
mod children;
mod clients;
mod flows;
mod runner;
mod schedules;
mod trains;
mod triggers;
mod words;
pub mod world;
