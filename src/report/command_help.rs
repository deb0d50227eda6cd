//! The reply to `/provisioner help`.

use super::escape::code;
use super::{Text, markdown_table};
use crate::command::{CommentAction, CommentActions, Flag, MAX_COMMANDS, TRIGGER};
use crate::product::Class;

/// Every action with its class, every flag, and who may use each class, as Markdown.
pub fn command_help(actions: &CommentActions) -> String {
    let command = |action: &CommentAction| {
        vec![
            Text::ours(action.class().name()),
            Text::name(format!("{TRIGGER} {}", action.usage())),
            Text::list(products(action).map(Text::name)),
            Text::sentence(action.summary()),
        ]
    };
    let commands: Vec<_> = actions.iter().map(command).collect();
    let flag = |flag: Flag| vec![Text::name(flag.usage()), Text::ours(flag.summary())];
    let class = |class: Class| vec![Text::ours(class.name()), Text::ours(class.requirements())];
    format!(
        "Write each command on a line of its own that begins with {}. A comment may have at most {MAX_COMMANDS} commands. \
         A command without a CONFIG applies to all configs of the pull request.\n\n{}\n\n{}\n\n{}\n",
        code(TRIGGER),
        markdown_table(&["class", "command", "products", "effect"], &commands),
        markdown_table(&["flag", "effect"], &Flag::ALL.map(flag)),
        markdown_table(&["class", "required"], &Class::ALL.map(class)),
    )
}

/// The products that offer an action.
fn products(action: &CommentAction) -> impl Iterator<Item = &str> {
    let product = match action {
        CommentAction::Product(action) => Some(action),
        _ => None,
    };
    let verbs = product.into_iter().flat_map(|action| &action.verbs);
    verbs.map(|(product, _)| product.as_str())
}
