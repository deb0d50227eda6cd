//! The comment about merged configs whose environments no job may change.

use super::Text;
use super::table::{markdown_head, markdown_row};

/// First line of the comment.
pub const UNSERVED_MARKER: &str = "<!-- provisioner:unserved -->";

/// Configs that the comment lists. The rest is counted.
const MAX_LISTED: usize = 100;

/// A merged config that no job provisions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnservedConfig {
    pub path: String,
    pub environment: String,
}

/// The comment, in Markdown. Equal for every job of a run, so that it is written once.
pub fn unserved_comment(configs: &[UnservedConfig]) -> String {
    let mut configs: Vec<&UnservedConfig> = configs.iter().collect();
    configs.sort();
    let rows = configs
        .iter()
        .take(MAX_LISTED)
        .map(|config| markdown_row(&[Text::name(&config.path), Text::name(&config.environment)]));
    let rows: String = rows.collect();
    let rest = match configs.len().saturating_sub(MAX_LISTED) {
        0 => String::new(),
        rest => format!("\nAnd {rest} more.\n"),
    };
    let head = Text::ours("⚠ No job provisions ")
        .and(Text::count(configs.len(), "config"))
        .and(Text::ours(
            ": the policy does not list their environments, or sets no apply role for them.",
        ));
    format!(
        "{UNSERVED_MARKER}\n## Provisioner\n\n{}\n\n{}{rows}{rest}\nAdd the environment with `roles.apply` to the policy file. Then start \
         the workflow that applies them, with these configs.\n",
        head.markdown(),
        markdown_head(&["Config", "Environment"])
    )
}
