//! The tests' servers: stateful fakes of GitHub and GitLab, servers that check them, and AWS emulators.
//!
//! `github` and `gitlab` are the fakes. `prism` checks requests and answers between a client and the fake against GitHub's published OpenAPI
//! description. `emulate` is an independent GitHub emulator, which finds mistakes that the adapter and the fake share.

#![allow(
    dead_code,
    unused_imports,
    reason = "every test binary includes this module and uses its own part of it"
)]
#![allow(
    clippy::disallowed_methods,
    reason = "a test bed is made of ports, files, processes and deadlines"
)]

pub mod action;
pub mod check;
pub mod documents;
pub mod emulate;
pub mod emulator;
pub mod estate_aws;
pub mod evidence;
pub mod file_server;
pub mod forge;
pub mod git_server;
pub mod github;
pub mod gitlab;
pub mod http;
pub mod issuer;
pub mod job;
pub mod loopback;
pub mod markdown;
pub mod parallel;
pub mod prism;
pub mod product_lock;
pub mod proxy;
pub mod replay;
pub mod step;
pub mod testbed;
pub mod token_watch;
pub mod workdir;
