//! Text for people, in pieces that are the program's own or foreign. Only the program's own words can be live Markdown.

use std::borrow::Cow;

use super::escape::{code, escape_markdown};
use crate::model::WebAddress;
use crate::text::{escape_invisible, pluralize};

/// A cell, a line or a sentence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    /// The program's own words. Only literals and numbers, so that no foreign text gets here.
    Ours(Cow<'static, str>),
    /// A name or a value of a config, of AWS or of the forge: always a code span.
    Name(String),
    /// A foreign name that links to an address of the program's own.
    Link(String, WebAddress),
    /// A sentence of a product, of AWS or of the forge: plain if nothing in it is live, otherwise a code span.
    Sentence(String),
}

impl Text {
    /// The program's own words, which may contain Markdown.
    pub fn ours(words: &'static str) -> Self {
        Self(vec![Piece::Ours(words.into())])
    }

    pub fn number(number: impl TryInto<u64>) -> Self {
        let number = number.try_into().unwrap_or(u64::MAX);
        Self(vec![Piece::Ours(number.to_string().into())])
    }

    /// `1 config`, `2 configs`.
    pub fn count(number: usize, noun: &'static str) -> Self {
        Self(vec![Piece::Ours(pluralize(number, noun).into())])
    }

    /// A time, to the minute.
    pub fn time(time: jiff::Timestamp) -> Self {
        let time = time.strftime("%Y-%m-%d %H:%M UTC");
        Self(vec![Piece::Ours(time.to_string().into())])
    }

    /// A foreign name or value.
    pub fn name(name: impl Into<String>) -> Self {
        Self(vec![Piece::Name(name.into())])
    }

    /// A foreign name that links to an address.
    pub fn link(name: impl Into<String>, address: &WebAddress) -> Self {
        Self(vec![Piece::Link(name.into(), address.clone())])
    }

    /// A foreign name or value, or nothing.
    pub fn optional(name: Option<impl Into<String>>) -> Self {
        name.map(Self::name).unwrap_or_default()
    }

    /// A foreign sentence.
    pub fn sentence(sentence: impl Into<String>) -> Self {
        Self(vec![Piece::Sentence(sentence.into())])
    }

    /// A known value as the program's own word, any other value as a foreign name.
    pub fn known(word: &str, known: &[&'static str]) -> Self {
        match known.iter().find(|ours| **ours == word) {
            Some(ours) => Self::ours(ours),
            None => Self::name(word),
        }
    }

    /// `a, b, c`.
    pub fn list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, ", ")
    }

    /// `a, b and c`.
    pub fn and_list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, " and ")
    }

    /// `a, b or c`.
    pub fn or_list(items: impl IntoIterator<Item = Self>) -> Self {
        Self::joined(items, " or ")
    }

    /// `a, b`, and `last` before the last one.
    pub(super) fn joined(items: impl IntoIterator<Item = Self>, last: &'static str) -> Self {
        let mut items = items.into_iter().peekable();
        let mut list = items.next().unwrap_or_default();
        while let Some(item) = items.next() {
            let between = if items.peek().is_some() { ", " } else { last };
            list = list.and(Self::ours(between)).and(item);
        }
        list
    }

    /// This text, then another.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// Whether it has no pieces.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Markdown without live foreign text.
    pub fn markdown(&self) -> String {
        let mut markdown = String::new();
        for piece in &self.0 {
            let shown = match piece {
                Piece::Ours(words) => Cow::Borrowed(&**words),
                Piece::Name(name) => code(name).into(),
                Piece::Link(name, address) => {
                    format!("[{}]({})", code(name), address.as_str()).into()
                }
                Piece::Sentence(sentence) => escape_markdown(sentence).into(),
            };
            // Two adjacent code spans would merge.
            if shown.starts_with('`') && markdown.ends_with('`') {
                markdown.push(' ');
            }
            markdown.push_str(&shown);
        }
        markdown
    }

    /// For a diagnostic. Names are in backticks.
    pub fn quoted(&self) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Ours(words) => Cow::Borrowed(&**words),
            Piece::Name(name) | Piece::Link(name, _) => {
                format!("`{}`", escape_invisible(name, false)).into()
            }
            Piece::Sentence(text) => escape_invisible(text, false),
        });
        pieces.collect()
    }

    /// For a terminal or a log.
    pub fn plain(&self) -> String {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Ours(words) => Cow::Borrowed(&**words),
            Piece::Name(text) | Piece::Link(text, _) | Piece::Sentence(text) => {
                escape_invisible(text, false)
            }
        });
        pieces.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_own_words_are_live() {
        let text = Text::ours("**Deletes** ")
            .and(Text::name("**x**"))
            .and(Text::name("y"))
            .and(Text::ours(": "))
            .and(Text::sentence("see @acme/admins"));
        assert_eq!(
            text.markdown(),
            "**Deletes** `**x**` `y`: `see @acme/admins`"
        );
        assert_eq!(text.plain(), "**Deletes** **x**y: see @acme/admins");
    }

    #[test]
    fn known_words_are_plain_and_others_are_code() {
        let known = ["Add", "Modify"];
        assert_eq!(Text::known("Modify", &known).markdown(), "Modify");
        assert_eq!(Text::known("<b>", &known).markdown(), "`<b>`");
    }

    #[test]
    fn lists_end_with_and() {
        let names = |names: &[&str]| Text::and_list(names.iter().copied().map(Text::name));
        assert_eq!(names(&[]).quoted(), "");
        assert_eq!(names(&["a"]).quoted(), "`a`");
        assert_eq!(names(&["a", "b"]).quoted(), "`a` and `b`");
        assert_eq!(names(&["a", "b", "c"]).plain(), "a, b and c");
    }

    #[test]
    fn an_absent_value_differs_from_an_empty_value() {
        assert_eq!(Text::optional(None::<String>).markdown(), "");
        assert_eq!(Text::optional(Some("")).markdown(), "(empty)");
    }
}
