//! A YAML document in which every node has a span.

use serde_json::Value;

use crate::diagnostic::Span;

/// A value and its span.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub kind: NodeKind,
    pub span: Span,
    /// Its YAML tag, `!` included, where tags are kept.
    pub tag: Option<String>,
}

/// The value by the YAML 1.2 core schema.
#[derive(Clone, Debug, PartialEq)]
pub enum NodeKind {
    /// `null`, `~` or nothing.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// A number that JSON can hold.
    Number(serde_json::Number),
    /// Any text; also `.inf` and `.nan`, which JSON has no number for.
    Text(String),
    Sequence(Vec<Node>),
    /// In source order; keys are unique.
    Mapping(Vec<MapEntry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct MapEntry {
    pub key: String,
    pub key_span: Span,
    pub value: Node,
}

impl Node {
    /// The value of a key; `None` if the node is not a mapping or lacks the key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a key; `None` if the node is not a mapping or lacks the key.
    pub fn entry(&self, key: &str) -> Option<&MapEntry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// All entries; empty if the node is not a mapping.
    pub fn entries(&self) -> &[MapEntry] {
        match &self.kind {
            NodeKind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// All items; empty if the node is not a list.
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            NodeKind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// `None` if the node is not text.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            NodeKind::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a node without a tag: it is written out, and no function computes it.
    pub fn literal(&self) -> Option<&str> {
        self.text().filter(|_| self.tag.is_none())
    }

    pub fn is_null(&self) -> bool {
        self.kind == NodeKind::Null
    }

    /// The same data without spans, keys in source order. A tag becomes a key around its value, as in CloudFormation's long
    /// forms, so that values which differ only in their tags are not equal.
    pub fn to_json(&self) -> Value {
        match &self.tag {
            Some(tag) => Value::Object([(tag.clone(), self.kind_to_json())].into_iter().collect()),
            None => self.kind_to_json(),
        }
    }

    fn kind_to_json(&self) -> Value {
        match &self.kind {
            NodeKind::Null => Value::Null,
            NodeKind::Bool(value) => Value::Bool(*value),
            NodeKind::Number(value) => Value::Number(value.clone()),
            NodeKind::Text(value) => Value::String(value.clone()),
            NodeKind::Sequence(items) => items.iter().map(Node::to_json).collect(),
            NodeKind::Mapping(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
        }
    }

    /// Whether the other node holds the same data with its keys in the same order. Spans do not count.
    pub fn same_data(&self, other: &Self) -> bool {
        if self.tag != other.tag {
            return false;
        }
        match (&self.kind, &other.kind) {
            (NodeKind::Sequence(items), NodeKind::Sequence(others)) => {
                items.len() == others.len() && items.iter().zip(others).all(|(a, b)| a.same_data(b))
            }
            (NodeKind::Mapping(entries), NodeKind::Mapping(others)) => {
                let same =
                    |(a, b): (&MapEntry, &MapEntry)| a.key == b.key && a.value.same_data(&b.value);
                entries.len() == others.len() && entries.iter().zip(others).all(same)
            }
            (kind, other) => kind == other,
        }
    }

    /// The key at the end of `path` (keys and list indices from the root), or the last key on the way that exists.
    pub fn key_of<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Span {
        let mut node = self;
        let mut place = Span::point(self.span.start.line, self.span.start.column);
        for part in path {
            let item = part.parse().ok().and_then(|at: usize| node.items().get(at));
            if let Some(entry) = node.entry(part) {
                (node, place) = (&entry.value, entry.key_span);
            } else if let Some(item) = item {
                node = item;
            } else {
                break;
            }
        }
        place
    }

    /// The span for `path` (keys and list indices from the root), or for the longest part of it that exists: a scalar's value,
    /// otherwise the key that leads to it.
    pub fn span_of<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> Span {
        self.reach(path).span
    }

    /// Follows a path of keys and list indices as far as it exists.
    pub fn reach<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> ReachedNode<'_> {
        let mut reached = ReachedNode {
            node: self,
            parts: 0,
            span: Span::point(self.span.start.line, self.span.start.column),
            only_mappings: true,
        };
        for part in path {
            let next = match &reached.node.kind {
                NodeKind::Mapping(_) => reached
                    .node
                    .entry(part)
                    .map(|entry| (&entry.value, Some(entry.key_span))),
                NodeKind::Sequence(items) => part
                    .parse::<usize>()
                    .ok()
                    .and_then(|index| items.get(index))
                    .map(|item| (item, None)),
                _ => None,
            };
            let Some((value, key_span)) = next else { break };
            reached.only_mappings &= key_span.is_some();
            reached.parts += 1;
            reached.span = match (&value.kind, key_span) {
                (NodeKind::Mapping(_) | NodeKind::Sequence(_) | NodeKind::Null, Some(key_span)) => {
                    key_span
                }
                (NodeKind::Mapping(_) | NodeKind::Sequence(_), None) => {
                    Span::point(value.span.start.line, value.span.start.column)
                }
                _ => value.span,
            };
            reached.node = value;
        }
        reached
    }
}

/// How far a path exists in a tree.
#[derive(Clone, Copy, Debug)]
pub struct ReachedNode<'a> {
    pub node: &'a Node,
    /// Parts of the path that exist.
    pub parts: usize,
    /// A scalar's value, otherwise the key that leads to the node.
    pub span: Span,
    /// Whether the path leads through no list.
    pub only_mappings: bool,
}
