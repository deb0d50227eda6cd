//! `init`: what it writes, what it leaves, and the steps that it prints.

mod fresh;
mod hostile;
mod json;
mod later;
mod property;
mod repository;
