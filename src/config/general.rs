//! Parses any text into a tree with spans, or reports its mistakes. Depth and the expansion of aliases are bounded.

use std::borrow::Cow;
use std::collections::HashMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};

use super::expected::{without_colon, without_space};
use super::node::{MapEntry, Node, NodeKind};
use super::scalar;
use crate::diagnostic::{Code, Diagnostic, Position, SourceText, Span};
use crate::model::RepoPath;
use crate::text::quote;

/// Collections inside each other.
pub const MAX_DEPTH: usize = 64;
pub const MAX_NODES: usize = 100_000;
/// Lines before a mistake that are searched for its cause: finding a line takes time.
const MAX_LINES_BACK: usize = 20;
const BYTES_PER_NODE: usize = 64;
/// Each problem's line is looked up, so their number is bounded.
const MAX_PROBLEMS: usize = 100;

/// How to treat YAML tags.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tags {
    /// A tag is an error: configs are plain data.
    Refuse,
    /// Tags stay in the tree, such as CloudFormation's short form `!Ref`.
    Keep,
}

/// One document; `Err` holds all its problems.
pub fn parse(path: &RepoPath, text: &str, tags: Tags) -> Result<Node, Vec<Diagnostic>> {
    Builder::new(path, text, tags).run(text)
}

/// A collection whose end has not been read.
struct OpenNode {
    node: Node,
    anchor: usize,
    /// A key that waits for its value.
    key: Option<(String, Span)>,
    /// The line of each key so far. Filled only for large mappings, where searching the entries takes quadratic time.
    lines: HashMap<String, usize>,
    /// How many entries `lines` covers.
    seen: usize,
}

impl OpenNode {
    /// The line of an earlier entry with this key.
    fn line_of(&mut self, key: &str) -> Option<usize> {
        const FEW: usize = 32;
        let entries = self.node.entries();
        if entries.len() <= FEW {
            let twin = entries.iter().find(|entry| entry.key == key);
            return twin.map(|entry| entry.key_span.start.line);
        }
        // The first call indexes all entries, later calls only the last one.
        let known = self.seen;
        self.seen = entries.len();
        for entry in &entries[known..] {
            self.lines
                .entry(entry.key.clone())
                .or_insert(entry.key_span.start.line);
        }
        self.lines.get(key).copied()
    }
}

#[derive(Clone, Copy)]
struct SubtreeSize {
    nodes: usize,
    depth: usize,
}

struct Builder<'a> {
    path: &'a RepoPath,
    source: SourceText<'a>,
    tags: Tags,
    problems: Vec<Diagnostic>,
    stack: Vec<OpenNode>,
    /// Anchored nodes, and the size of a copy of each.
    anchors: HashMap<usize, (Node, SubtreeSize)>,
    nodes: usize,
    root: Option<Node>,
}

impl<'a> Builder<'a> {
    fn new(path: &'a RepoPath, text: &'a str, tags: Tags) -> Self {
        Self {
            path,
            source: SourceText::new(text),
            tags,
            problems: Vec::new(),
            stack: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            root: None,
        }
    }

    fn run(mut self, text: &'a str) -> Result<Node, Vec<Diagnostic>> {
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok((event, span)) => (event, to_span(span)),
                Err(error) => {
                    let mark = error.marker();
                    self.syntax(
                        Span::point(mark.line().max(1), mark.col() + 1),
                        error.info(),
                    );
                    break;
                }
            };
            if matches!(event, Event::DocumentStart(_)) {
                documents += 1;
                if documents == 2 {
                    self.problem(
                        Code::YamlMultipleDocuments,
                        span,
                        "a second document begins here; a config is one document",
                    );
                    break;
                }
            }
            if self.event(event, span).is_err() {
                break;
            }
        }
        match self.root {
            Some(root) if self.problems.is_empty() => Ok(root),
            None if self.problems.is_empty() => Err(vec![Diagnostic::error(
                Code::ConfigEmpty,
                self.path,
                "the file holds no YAML document",
            )]),
            _ => Err(self.problems),
        }
    }

    /// `Err` stops the parser, because the rest would be unbounded or meaningless.
    fn event(&mut self, event: Event<'a>, span: Span) -> Result<(), ()> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let tag = self.tag(tag, span);
                let plain = style == ScalarStyle::Plain && tag.is_none();
                if self.awaits_key() {
                    return self.key(text, plain, span);
                }
                let kind = if plain {
                    scalar::resolve(&text)
                } else {
                    NodeKind::Text(text.into_owned())
                };
                self.value(Node { kind, span, tag }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(NodeKind::Sequence(Vec::new()), anchor, tag, span)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(NodeKind::Mapping(Vec::new()), anchor, tag, span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut open) = self.stack.pop() else {
                    return Ok(());
                };
                open.node.span.end = span.start.max(open.node.span.start);
                self.value(open.node, open.anchor)
            }
            Event::Alias(anchor) => {
                if self.awaits_key() {
                    return self.key_is_no_string(span);
                }
                let Some(extent) = self.anchors.get(&anchor).map(|(_, extent)| *extent) else {
                    self.syntax(span, "the alias has no anchor before it");
                    return Err(());
                };
                if self.stack.len() + extent.depth > MAX_DEPTH {
                    return self.too_deep(span);
                }
                self.charge_alias_budget(extent.nodes, span)?;
                match self.anchors.get(&anchor).cloned() {
                    Some((node, _)) => self.value(Node { span, ..node }, 0),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn awaits_key(&self) -> bool {
        self.stack.last().is_some_and(|open| {
            matches!(open.node.kind, NodeKind::Mapping(_)) && open.key.is_none()
        })
    }

    fn key(&mut self, text: Cow<'_, str>, plain: bool, span: Span) -> Result<(), ()> {
        if plain && scalar::resolve(&text) == NodeKind::Null {
            return self.key_is_no_string(span);
        }
        let mut twin = None;
        if let Some(open) = self.stack.last_mut() {
            twin = open.line_of(&text);
            open.key = Some((text.to_string(), span));
        }
        if let Some(line) = twin {
            let message = format!("{} is already set on line {line}", quote(&text));
            self.problem(Code::DuplicateKey, span, message);
        }
        self.stop_after_many_errors()
    }

    fn key_is_no_string(&mut self, span: Span) -> Result<(), ()> {
        self.problem(Code::YamlKeyNotAString, span, "this key is not a word");
        Err(())
    }

    fn open(
        &mut self,
        kind: NodeKind,
        anchor: usize,
        tag: Option<Cow<'a, Tag>>,
        span: Span,
    ) -> Result<(), ()> {
        if self.awaits_key() {
            return self.key_is_no_string(span);
        }
        if self.stack.len() == MAX_DEPTH {
            return self.too_deep(span);
        }
        let tag = self.tag(tag, span);
        self.stack.push(OpenNode {
            node: Node { kind, span, tag },
            anchor,
            key: None,
            lines: HashMap::new(),
            seen: 0,
        });
        self.stop_after_many_errors()
    }

    fn too_deep(&mut self, span: Span) -> Result<(), ()> {
        self.problem(
            Code::YamlDepth,
            span,
            format!("more than {MAX_DEPTH} levels"),
        );
        Err(())
    }

    /// Counts the cost of a copy before the copy.
    fn charge_alias_budget(&mut self, nodes: usize, span: Span) -> Result<(), ()> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            let message = format!("more than {MAX_NODES} values, aliases expanded");
            self.problem(Code::YamlAliasLimit, span, message);
            return Err(());
        }
        Ok(())
    }

    /// Stops after very many problems, with a diagnostic that says so.
    fn stop_after_many_errors(&mut self) -> Result<(), ()> {
        if self.problems.len() < MAX_PROBLEMS {
            return Ok(());
        }
        if let Some(last) = self.problems.last_mut() {
            let help = format!("correct these {MAX_PROBLEMS} first: the file was read no further");
            last.help = Some(help);
        }
        Err(())
    }

    /// Adds a finished node to its parent. An anchored node is kept for its aliases.
    fn value(&mut self, node: Node, anchor: usize) -> Result<(), ()> {
        self.stop_after_many_errors()?;
        self.charge_alias_budget(1, node.span)?;
        if anchor > 0 {
            let extent = subtree_size(&node);
            self.charge_alias_budget(extent.nodes, node.span)?;
            self.anchors.insert(anchor, (node.clone(), extent));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(open) => match (&mut open.node.kind, open.key.take()) {
                (NodeKind::Sequence(items), _) => items.push(node),
                (NodeKind::Mapping(entries), Some((key, key_span))) => entries.push(MapEntry {
                    key,
                    key_span,
                    value: node,
                }),
                _ => {}
            },
        }
        Ok(())
    }

    fn tag(&mut self, tag: Option<Cow<'_, Tag>>, span: Span) -> Option<String> {
        let tag = tag?.to_string();
        if self.tags == Tags::Refuse {
            // The tag as written, not as YAML expands it.
            let written = match tag.strip_prefix("tag:yaml.org,2002:") {
                Some(rest) => format!("!{rest}"),
                None if tag == "!!" => "!".to_owned(),
                None => tag.clone(),
            };
            let message = format!("the tag {} has no meaning in a config", quote(&written));
            let help = "write the value without the tag; quote it if it begins with `!`";
            let problem = Diagnostic::error(Code::YamlTag, self.path, message).with_help(help);
            self.problems.push(problem.at(&self.source, span));
        }
        Some(tag)
    }

    fn syntax(&mut self, span: Span, info: &str) {
        // The scanner reports a leading tab at the end of the previous line. The diagnostic points at the tab.
        let about_tabs = info.split(' ').any(|word| matches!(word, "tab" | "tabs"));
        let lines = span.start.line..=span.start.line + usize::from(about_tabs);
        let tab = lines.into_iter().find_map(|line| self.tab_of(line));
        let span = tab.filter(|_| about_tabs).unwrap_or(span);
        let tab = about_tabs || tab.is_some();
        // The scanner reads ahead and may reach its own limit of flow levels first.
        let code = match info {
            "recursion limit exceeded" => Code::YamlDepth,
            _ => Code::YamlSyntax,
        };
        // `key:value` is a text, so the next line's key has no place. The mistake is in the line before.
        let starts = ["mapping values are not allowed", "simple key expect"];
        let unpaired = match starts.iter().any(|start| info.starts_with(start)) {
            true => self.unpaired_before(span.start.line),
            false => None,
        };
        let span = unpaired.as_ref().map_or(span, |(place, ..)| *place);
        let message = match unpaired {
            Some(_) if !tab => "this line is no `key: value`",
            _ => info,
        };
        let problem = Diagnostic::error(code, self.path, message.to_owned());
        let problem = match unpaired {
            _ if tab => problem.with_help("indent with blanks: YAML does not allow tabs here"),
            Some((_, pair, what)) => problem.with_help(format!("{what}: `{pair}`")),
            None => match self.unquoted_at(span) {
                Some(text) => problem.with_help(format!("quote it: \"{text}\"")),
                None => problem,
            },
        };
        self.problems.push(problem.at(&self.source, span));
    }

    /// The text at a place that YAML takes for syntax unless it is quoted: it begins with a reserved character, or is an item with a
    /// colon in a list with brackets.
    fn unquoted_at(&self, span: Span) -> Option<&str> {
        let line = self.source.line(span.start.line)?;
        let is_end = |c: char| c.is_whitespace() || ",[]\"'".contains(c);
        let (at, _) = line.char_indices().nth(span.start.column - 1)?;
        let before = line[..at].rsplit(is_end).next()?.len();
        let text = line[at - before..].split(is_end).next()?;
        let is_reserved = text.starts_with(['@', '`', '%']);
        let is_arn = text.starts_with("arn:");
        (is_reserved || is_arn).then_some(text)
    }

    /// The last written line before this one if its key lacks the colon or the space after it: its place, the pair as it should be,
    /// and what to do.
    fn unpaired_before(&self, number: usize) -> Option<(Span, String, &'static str)> {
        let is_written = |line: &&str| !line.trim().is_empty() && !line.trim().starts_with('#');
        let mut before = (number.saturating_sub(MAX_LINES_BACK).max(1)..number).rev();
        let (number, line) = before.find_map(|number| {
            let line = self.source.line(number).filter(is_written)?;
            Some((number, line))
        })?;
        let column = line.len() - line.trim_start().len() + 1;
        let place = Span::point(number, column);
        if let Some((key, value)) = without_space(line.trim()) {
            let pair = format!("{key}: {value}");
            return Some((place, pair, "put a space after the colon"));
        }
        let pair = without_colon(line.trim())?;
        Some((place, pair, "put a colon after the key"))
    }

    /// A tab in the indentation of a line.
    fn tab_of(&self, number: usize) -> Option<Span> {
        let line = self.source.line(number)?;
        let blanks = line.len() - line.trim_start_matches(' ').len();
        line[blanks..]
            .starts_with('\t')
            .then(|| Span::point(number, blanks + 1))
    }

    fn problem(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.problems
            .push(Diagnostic::error(code, self.path, message).at(&self.source, span));
    }
}

/// Counts nodes and levels. A long text weighs as much as the nodes that would fill its memory. No tree is deeper than
/// `MAX_DEPTH`: aliases are held to it too.
fn subtree_size(node: &Node) -> SubtreeSize {
    let weight = |text: &str| text.len() / BYTES_PER_NODE;
    let keys: usize = node.entries().iter().map(|entry| weight(&entry.key)).sum();
    let own = SubtreeSize {
        nodes: 1 + keys + node.text().map_or(0, weight),
        depth: 1,
    };
    let below = node
        .items()
        .iter()
        .chain(node.entries().iter().map(|entry| &entry.value))
        .map(subtree_size);
    below.fold(own, |sum, part| SubtreeSize {
        nodes: sum.nodes + part.nodes,
        depth: sum.depth.max(part.depth + 1),
    })
}

fn to_span(span: saphyr_parser::Span) -> Span {
    let position = |mark: saphyr_parser::Marker| Position {
        line: mark.line(),
        column: mark.col() + 1,
    };
    Span {
        start: position(span.start),
        end: position(span.end),
    }
}
