//! Additions to a YAML text, which keep every other character of it.

use crate::config::{Node, NodeKind, Tags, parse};
use crate::diagnostic::{Position, Span};
use crate::guard::POLICY_FILE;
use crate::model::RepoPath;

/// A YAML text to which items and keys are added.
pub struct YamlEdit {
    text: String,
}

impl YamlEdit {
    pub fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
        }
    }

    pub fn into_text(self) -> String {
        self.text
    }

    /// Adds an item at the end of a list that has items. `item`: as YAML. `None` if there is no such list.
    pub fn add_item(&mut self, path: &[&str], item: &str) -> Option<()> {
        let root = self.tree()?;
        let list = reach(&root, path)?;
        let last = list.items().last()?;
        match self.is_flow(list.span.start) {
            true => self.insert_at(last.span.end, &format!(", {item}")),
            false => {
                let line = self.line(last.span.start.line)?;
                let indent = line.len() - line.trim_start().len();
                if !line.trim_start().starts_with('-') {
                    return None;
                }
                let new = format!("{}- {item}", &line[..indent]);
                self.insert_after(self.last_line(last), indent, &[new])
            }
        }
    }

    /// Replaces a scalar. `value`: as YAML. `None` if the path has no scalar, or if its text in the file is not its value.
    pub fn replace(&mut self, path: &[&str], value: &str) -> Option<()> {
        let root = self.tree()?;
        let node = reach(&root, path)?;
        let known = node.text()?;
        let start = self.offset(node.span.start)?;
        // The span may end after a comment.
        let rest = self.text.get(start..)?;
        let quote = rest.chars().next().filter(|first| "'\"".contains(*first));
        let quote = quote.map_or(String::new(), String::from);
        let written = format!("{quote}{known}{quote}");
        rest.starts_with(&written).then_some(())?;
        self.text.replace_range(start..start + written.len(), value);
        Some(())
    }

    /// Adds a key at the end of a mapping that has keys or braces. `flow`: its value in braces. `block`: the lines of its value, indented from the key.
    pub fn add_key(
        &mut self,
        path: &[&str],
        key: &str,
        flow: &str,
        block: &[String],
    ) -> Option<()> {
        let root = self.tree()?;
        let mapping = reach(&root, path)?;
        let Some(last) = mapping.entries().last() else {
            let Position { line, column } = mapping.span.start;
            let is_open = self.is_flow(mapping.span.start);
            let column = column + 1;
            return match is_open {
                true => self.insert_at(Position { line, column }, &format!("{key}: {flow}")),
                false => None,
            };
        };
        if self.is_flow(mapping.span.start) {
            return match last.value.is_null() {
                true => None,
                false => self.insert_at(self.end(&last.value), &format!(", {key}: {flow}")),
            };
        }
        let indent = last.key_span.start.column - 1;
        let lines: Vec<String> = match block {
            [] => vec![format!("{}{key}: {flow}", " ".repeat(indent))],
            block => std::iter::once(format!("{}{key}:", " ".repeat(indent)))
                .chain(
                    block
                        .iter()
                        .map(|line| format!("{}{line}", " ".repeat(indent))),
                )
                .collect(),
        };
        let end = last.key_span.end.line.max(self.last_line(&last.value));
        self.insert_after(end, indent, &lines)
    }

    fn tree(&self) -> Option<Node> {
        let path = RepoPath::typed(POLICY_FILE);
        parse(&path, self.text.as_bytes(), Tags::Refuse).ok()
    }

    fn line(&self, number: usize) -> Option<&str> {
        self.text.lines().nth(number - 1)
    }

    fn offset(&self, at: Position) -> Option<usize> {
        let lines = self.text.split_inclusive('\n');
        let above: usize = lines.clone().take(at.line - 1).map(str::len).sum();
        let line = lines.clone().nth(at.line - 1)?;
        let mut letters = line.char_indices().map(|(index, _)| index);
        Some(above + letters.nth(at.column - 1).unwrap_or(line.len()))
    }

    /// Whether brackets or braces begin here.
    fn is_flow(&self, at: Position) -> bool {
        let rest = self.offset(at).and_then(|offset| self.text.get(offset..));
        rest.is_some_and(|rest| rest.starts_with(['[', '{']))
    }

    /// The position after a value in braces. The span of a collection ends before its bracket.
    fn end(&self, node: &Node) -> Position {
        let is_collection = matches!(node.kind, NodeKind::Sequence(_) | NodeKind::Mapping(_));
        let bracket = usize::from(is_collection && self.is_flow(node.span.start));
        let Position { line, column } = node.span.end;
        let column = column + bracket;
        Position { line, column }
    }

    /// The last line with a part of the node. The span of a collection of lines may end later; that of brackets ends before the last one.
    fn last_line(&self, node: &Node) -> usize {
        let Span { start, end } = node.span;
        let inner = match &node.kind {
            _ if self.is_flow(start) => None,
            NodeKind::Sequence(items) => items.iter().map(|item| self.last_line(item)).max(),
            NodeKind::Mapping(entries) => {
                let lines = entries.iter();
                lines
                    .map(|entry| entry.key_span.end.line.max(self.last_line(&entry.value)))
                    .max()
            }
            _ => None,
        };
        match inner {
            Some(inner) => inner,
            // Nothing stands at its key.
            None if node.is_null() => start.line,
            None => end.line,
        }
    }

    fn insert_at(&mut self, at: Position, new: &str) -> Option<()> {
        let offset = self.offset(at)?;
        self.text.insert_str(offset, new);
        Some(())
    }

    /// Inserts lines after a line, and after comments that follow it and are indented more.
    fn insert_after(&mut self, line: usize, indent: usize, new: &[String]) -> Option<()> {
        let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
        let is_inner = |line: &&&str| {
            let body = line.trim_start();
            body.starts_with('#') && line.len() - body.len() > indent
        };
        let comments = lines.iter().skip(line).take_while(is_inner).count();
        let (head, tail) = lines.split_at_checked(line + comments)?;
        let mut text: String = head.concat();
        let ending = match head.first().is_some_and(|line| line.ends_with("\r\n")) {
            true => "\r\n",
            false => "\n",
        };
        if !text.ends_with('\n') {
            text.push_str(ending);
        }
        for line in new {
            text.push_str(line);
            text.push_str(ending);
        }
        text.push_str(&tail.concat());
        self.text = text;
        Some(())
    }
}

fn reach<'a>(root: &'a Node, path: &[&str]) -> Option<&'a Node> {
    path.iter().try_fold(root, |node, key| node.get(key))
}

#[cfg(test)]
mod tests {
    use super::YamlEdit;

    fn item(text: &str) -> Option<String> {
        let mut edit = YamlEdit::new(text);
        edit.add_item(&["a"], "new")?;
        Some(edit.into_text())
    }

    #[test]
    fn items_follow_the_last_one_in_every_style() {
        for (before, after) in [
            ("a: [x] # why\nb: 1\n", "a: [x, new] # why\nb: 1\n"),
            ("a: [\n  \"x\",\n  ]\n", "a: [\n  \"x\", new,\n  ]\n"),
            (
                "a:\n  - x # why\n\nb: 1\n",
                "a:\n  - x # why\n  - new\n\nb: 1\n",
            ),
            ("a:\n- x", "a:\n- x\n- new\n"),
            ("b: 1\r\na:\r\n- x\r\n", "b: 1\r\na:\r\n- x\r\n- new\r\n"),
        ] {
            assert_eq!(item(before).as_deref(), Some(after));
        }
        assert_eq!(item("a: []\n"), None);
        assert_eq!(item("b: 1\n"), None);
    }

    #[test]
    fn a_scalar_is_replaced_in_every_style() {
        for (before, after) in [
            ("a: {x: old, y: 1} # why\n", "a: {x: \"n\", y: 1} # why\n"),
            ("a:\n  x: 'old' # why\n", "a:\n  x: \"n\" # why\n"),
            ("a:\n  x: \"old\"", "a:\n  x: \"n\""),
        ] {
            let mut edit = YamlEdit::new(before);
            assert!(edit.replace(&["a", "x"], "\"n\"").is_some(), "{before}");
            assert_eq!(edit.into_text(), after);
        }
        for text in ["a: {x: [1]}\n", "a: {y: 1}\n", "a: {x: |\n   old\n }\n"] {
            assert!(
                YamlEdit::new(text).replace(&["a", "x"], "n").is_none(),
                "{text}"
            );
        }
    }

    #[test]
    fn keys_follow_the_last_one_in_every_style() {
        for (before, after) in [
            ("a: {x: 1} # why\n", "a: {x: 1, new: {y: 2}} # why\n"),
            ("a: {} # why\n", "a: {new: {y: 2}} # why\n"),
            ("a: {x: [1] }\n", "a: {x: [1], new: {y: 2} }\n"),
            (
                "a:\n  x:\n    y: 1 # why\n    # z: 2\n# b\nb: 1\n",
                "a:\n  x:\n    y: 1 # why\n    # z: 2\n  new:\n    y: 2\n# b\nb: 1\n",
            ),
            ("a:\n  x: {}\n", "a:\n  x: {}\n  new:\n    y: 2\n"),
            (
                "a:\n  x: [\n      1\n    ]\n",
                "a:\n  x: [\n      1\n    ]\n  new:\n    y: 2\n",
            ),
            ("a:\n  x:\nb: 1\n", "a:\n  x:\n  new:\n    y: 2\nb: 1\n"),
        ] {
            let mut edit = YamlEdit::new(before);
            let block = ["  y: 2".to_owned()];
            assert!(
                edit.add_key(&["a"], "new", "{y: 2}", &block).is_some(),
                "{before}"
            );
            assert_eq!(edit.into_text(), after);
        }
    }
}
