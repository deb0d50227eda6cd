//! Comments that command, and those that only look as if they did.

mod attacks;
mod grammar;
mod properties;

use provisioner::command::{Command, CommandParseError, parse};

/// What a comment commands; a problem fails the test.
fn commands(body: &str) -> Vec<String> {
    let each = parse(body).into_iter();
    each.map(|command| command.unwrap().to_string()).collect()
}

/// The one command of a comment.
fn command(body: &str) -> Command {
    let mut found = parse(body);
    assert_eq!(found.len(), 1, "{body:?}: {found:?}");
    found.remove(0).unwrap()
}

/// The one problem of a comment.
fn problem(body: &str) -> CommandParseError {
    let mut found = parse(body);
    assert_eq!(found.len(), 1, "{body:?}: {found:?}");
    found.remove(0).unwrap_err()
}
