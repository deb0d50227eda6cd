//! The actions that products offer, by name.

use super::{Class, Verb};
use crate::text::is_invisible_or_bidi;

/// Characters of an action's name.
const MAX_NAME: usize = 50;
/// Characters of an action's summary.
const MAX_SUMMARY: usize = 120;

/// The commands of the program, which no action can have as its name.
pub const RESERVED_ACTIONS: &[&str] = &[
    "check",
    "check-product",
    "ci",
    "completions",
    "discover",
    "doctor",
    "estate",
    "explain",
    "help",
    "init",
    "list-products",
    "lock",
    "man",
    "new-product",
    "replay",
    "roles",
    "schema",
    "show-product",
];

/// An action of one product or of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductAction {
    /// The name on the command line and in comments.
    pub name: String,
    /// The product's name and its verb for the action, in the order of the registry.
    pub verbs: Vec<(String, Verb)>,
    summary: Option<String>,
    /// Whether stacks of a product have folders that provisioner creates.
    pub has_folders: bool,
}

impl ProductAction {
    pub(super) fn new(name: &str, summary: Option<String>) -> Self {
        Self {
            name: name.to_owned(),
            verbs: Vec::new(),
            summary,
            has_folders: false,
        }
    }

    pub(super) fn add(&mut self, product: &str, verb: Verb, has_folders: bool) {
        self.verbs.push((product.to_owned(), verb));
        self.verbs.sort_by_key(|(_, verb)| *verb);
        self.has_folders |= has_folders;
    }

    /// The most harmful one if products differ.
    pub fn class(&self) -> Class {
        let classes = self.verbs.iter().map(|(_, verb)| verb.class());
        classes.max().unwrap_or(Class::Destructive)
    }

    pub fn has_verb(&self, condition: impl Fn(Verb) -> bool) -> bool {
        self.verbs.iter().any(|(_, verb)| condition(*verb))
    }

    /// The first verb, from harmless to destructive.
    pub fn first_verb(&self) -> Option<Verb> {
        self.verbs.first().map(|(_, verb)| *verb)
    }

    /// The manifest's summary, or that of the verb.
    pub fn summary(&self) -> &str {
        let same = self
            .first_verb()
            .filter(|first| !self.has_verb(|verb| verb != *first));
        match (&self.summary, same) {
            (Some(summary), _) => summary,
            (None, Some(verb)) => verb.summary(),
            (None, None) => "Run the verb that the product of each config names",
        }
    }
}

/// Why a manifest's action has an invalid name or summary.
pub(super) fn action_error(name: &str, summary: Option<&str>) -> Option<String> {
    if !is_action_name(name) {
        return Some(format!(
            "invalid action name: {name:?}; use at most {MAX_NAME} letters, digits, `-` and `_`, with a letter or digit first"
        ));
    }
    let is_common = Verb::COMMON.iter().any(|verb| verb.name() == name);
    if is_common || RESERVED_ACTIONS.contains(&name) {
        return Some(format!("provisioner has a command of this name: `{name}`"));
    }
    let summary = summary.filter(|summary| !is_summary(summary))?;
    Some(format!(
        "invalid summary of action `{name}`: {summary:?}; use one line of at most {MAX_SUMMARY} visible characters"
    ))
}

fn is_action_name(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    name.len() <= MAX_NAME
        && name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name.bytes().all(allowed)
}

fn is_summary(summary: &str) -> bool {
    let hidden = |character: char| character.is_control() || is_invisible_or_bidi(character);
    summary.chars().count() <= MAX_SUMMARY && !summary.chars().any(hidden)
}
