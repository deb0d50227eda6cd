//! What the tests run against: a stateful GitHub of our own, and the servers that keep it honest.
//!
//! `github` is the fake. `prism` puts GitHub's published OpenAPI description between a client and the
//! fake, so that neither can drift from it. `emulate` is an independent GitHub emulator: what passes against both
//! is less likely to be a mistake shared by our client and our fake.

#![allow(
    dead_code,
    unused_imports,
    reason = "every test binary includes this module and uses its own part of it"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a test bed is made of ports, files, processes and deadlines"
)]

pub mod check;
pub mod emulate;
pub mod emulator;
pub mod github;
pub mod http;
pub mod issuer;
pub mod job;
pub mod markdown;
pub mod parallel;
pub mod prism;
pub mod proxy;
pub mod replay;
pub mod testbed;
pub mod workdir;
