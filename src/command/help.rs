//! The reply to `/provisioner help`, made from the grammar.

use super::grammar::{CommentAction, Flag, MAX_COMMANDS, TRIGGER};
use crate::product::Class;

/// Every action, its flags, its class and who may use it, as Markdown.
pub fn help() -> String {
    let mut page = format!(
        "A command is a line of its own that begins with `{TRIGGER}`; a comment has at most {MAX_COMMANDS}. \
         Without a CONFIG, all configs of the pull request are meant.\n"
    );
    page.push_str("\n| class | command | what it does |\n|---|---|---|\n");
    for action in CommentAction::ALL {
        page.push_str(&format!(
            "| {} | `{TRIGGER} {}` | {} |\n",
            action.class().name(),
            action.usage(),
            action.summary()
        ));
    }
    page.push_str("\n| flag | what it says |\n|---|---|\n");
    for flag in Flag::ALL {
        page.push_str(&format!("| `{}` | {} |\n", flag.usage(), flag.summary()));
    }
    page.push_str("\n| class | who may |\n|---|---|\n");
    for class in Class::ALL {
        page.push_str(&format!(
            "| {} | {} |\n",
            class.name(),
            class.requirements()
        ));
    }
    page
}
