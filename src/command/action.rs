//! The actions that a comment can command. The parser, suggestions, the reply to `help` and the documentation read them.

use std::sync::Arc;

use super::grammar::{Argument, Flag};
use crate::product::{Class, ProductAction, Registry, Verb};

/// The action of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommentAction {
    ListProducts,
    ShowProduct,
    Help,
    Explain,
    /// An action that products offer for their configs.
    Product(Arc<ProductAction>),
}

impl CommentAction {
    const ENGINE: [Self; 4] = [
        Self::ListProducts,
        Self::ShowProduct,
        Self::Help,
        Self::Explain,
    ];

    pub fn name(&self) -> &str {
        match self {
            Self::ListProducts => "list-products",
            Self::ShowProduct => "show-product",
            Self::Help => "help",
            Self::Explain => "explain",
            Self::Product(action) => &action.name,
        }
    }

    pub fn class(&self) -> Class {
        match self {
            Self::Product(action) => action.class(),
            _ => Class::Offline,
        }
    }

    /// One line without a full stop. That of a product action may come from a repository.
    pub fn summary(&self) -> &str {
        match self {
            Self::ListProducts => "List products and tiers",
            Self::ShowProduct => "Show what a product creates",
            Self::Help => "List the commands",
            Self::Explain => "Explain the code of a diagnostic or of a denial",
            Self::Product(action) => action.summary(),
        }
    }

    /// Whether a product's verb for the action meets a condition.
    pub fn has_verb(&self, condition: impl Fn(Verb) -> bool) -> bool {
        matches!(self, Self::Product(action) if action.has_verb(condition))
    }

    pub fn argument(&self) -> Argument {
        match self {
            Self::ListProducts | Self::Help => Argument::Nothing,
            Self::ShowProduct => Argument::Product,
            Self::Explain => Argument::Code,
            // An issue is about one stack.
            Self::Product(action) if action.has_verb(Verb::repairs) => Argument::Nothing,
            Self::Product(action) if action.has_verb(Verb::deletes) => Argument::NamedConfig,
            Self::Product(_) => Argument::Config,
        }
    }

    /// Without duplicates.
    pub fn flags(&self) -> Vec<Flag> {
        match self {
            Self::ListProducts | Self::Help | Self::Explain => Vec::new(),
            Self::ShowProduct => vec![Flag::Tier],
            Self::Product(action) => {
                let is_taken =
                    |flag: &Flag| action.has_verb(|verb| Flag::for_verb(verb).contains(flag));
                Flag::ALL.into_iter().filter(is_taken).collect()
            }
        }
    }

    /// The command without the trigger, with placeholders.
    pub fn usage(&self) -> String {
        let argument = self
            .argument()
            .value()
            .map(|(word, _, required)| match required {
                true => word.to_owned(),
                false => format!("[{word}]"),
            });
        let flags = self.flags().into_iter();
        let is_required = |flag: Flag| {
            self.class() == Class::Destructive && matches!(flag, Flag::Force | Flag::Confirm)
        };
        let flags = flags.map(|flag| match (is_required(flag), flag.repeats()) {
            (true, _) => flag.usage().to_owned(),
            (false, false) => format!("[{}]", flag.usage()),
            (false, true) => format!("[{}]...", flag.usage()),
        });
        let mut words = vec![self.name().to_owned()];
        words.extend(argument);
        words.extend(flags);
        words.join(" ")
    }
}

/// All actions that comments can command.
#[derive(Clone, Debug)]
pub struct CommentActions(Vec<CommentAction>);

impl CommentActions {
    /// The engine's actions and those of the products. A product cannot redefine an action of the engine.
    pub fn from_products(registry: &Registry) -> Self {
        let is_free = |action: &ProductAction| {
            let mut engine = CommentAction::ENGINE.iter();
            engine.all(|taken| taken.name() != action.name)
        };
        let products = registry.actions().into_iter();
        let products = products
            .filter(|action| is_free(action) && action.has_verb(Verb::in_comments))
            .map(|action| CommentAction::Product(Arc::new(action)));
        let mut actions: Vec<CommentAction> =
            CommentAction::ENGINE.into_iter().chain(products).collect();
        actions.sort_by_key(CommentAction::class);
        Self(actions)
    }

    /// From harmless to destructive.
    pub fn iter(&self) -> impl Iterator<Item = &CommentAction> {
        self.0.iter()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.iter().map(CommentAction::name)
    }

    /// The action of a name. Case matters.
    pub(super) fn find(&self, name: &str) -> Option<&CommentAction> {
        self.iter().find(|action| action.name() == name)
    }
}
