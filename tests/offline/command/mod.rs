//! Comments that contain commands, and comments that only seem to.

mod attacks;
mod grammar;
mod properties;

use std::sync::LazyLock;

use provisioner::command::{self, Command, CommandParseError, CommentActions};
use provisioner::product::Registry;

/// The actions of the built-in products.
static ACTIONS: LazyLock<CommentActions> =
    LazyLock::new(|| CommentActions::from_products(&Registry::built_in()));

fn parse(body: &str) -> Vec<Result<Command, CommandParseError>> {
    command::parse(body, &ACTIONS)
}

/// The commands of a comment. Fails for an invalid command.
fn commands(body: &str) -> Vec<String> {
    let each = parse(body).into_iter();
    each.map(|command| command.unwrap().to_string()).collect()
}

/// The only command of a comment.
fn command(body: &str) -> Command {
    let mut found = parse(body);
    assert_eq!(found.len(), 1, "{body:?}: {found:?}");
    found.remove(0).unwrap()
}

/// The only error of a comment.
fn problem(body: &str) -> CommandParseError {
    let mut found = parse(body);
    assert_eq!(found.len(), 1, "{body:?}: {found:?}");
    found.remove(0).unwrap_err()
}
