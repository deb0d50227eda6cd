//! The reply to `/provisioner help`, made from the grammar.

use super::grammar::{Action, Class, Flag};
use super::{MOST_COMMANDS, TRIGGER};

/// Every action, its flags, its class and who may use it, as Markdown.
pub fn help() -> String {
    let mut page = format!(
        "A command is a line of its own that begins with `{TRIGGER}`; a comment has at most {MOST_COMMANDS}. \
         Without a CONFIG, all configs of the pull request are meant.\n"
    );
    page.push_str("\n| class | command | what it does |\n|---|---|---|\n");
    for action in Action::ALL {
        page.push_str(&format!(
            "| {} | `{TRIGGER} {}` | {} |\n",
            action.class().name(),
            action.usage(),
            action.about()
        ));
    }
    page.push_str("\n| flag | what it says |\n|---|---|\n");
    for flag in Flag::ALL {
        page.push_str(&format!("| `{}` | {} |\n", flag.usage(), flag.about()));
    }
    page.push_str("\n| class | who may |\n|---|---|\n");
    for class in Class::ALL {
        page.push_str(&format!("| {} | {} |\n", class.name(), class.who()));
    }
    page
}
