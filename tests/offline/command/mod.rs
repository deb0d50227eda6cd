//! Comments that command, and those that only look as if they did.

mod attacks;
mod grammar;
mod properties;

use std::sync::LazyLock;

use provisioner::command::{self, Command, CommandParseError, CommentActions};
use provisioner::product::Registry;

/// Of the built-in products.
static ACTIONS: LazyLock<CommentActions> =
    LazyLock::new(|| CommentActions::from_products(&Registry::built_in()));

fn parse(body: &str) -> Vec<Result<Command, CommandParseError>> {
    command::parse(body, &ACTIONS)
}

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
