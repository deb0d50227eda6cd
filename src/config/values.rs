//! The values of a config, and the location of each value: in its own file, or in the defaults of its folder.

use std::sync::Arc;

use serde_json::Value;

use super::contents::{ConfigContents, defaults_of};
use super::general::Tags;
use super::node::{Node, NodeKind, ReachedNode};
use super::parse::{decode, parse};
use crate::diagnostic::{Code, Diagnostic, Location, SourceText, Span};
use crate::model::{FileContents, RepoPath};

/// Bytes of the defaults of a folder.
const MAX_DEFAULTS_BYTES: usize = 64 << 10;

#[derive(Clone, Debug)]
pub struct ParsedFile {
    pub path: RepoPath,
    pub root: Node,
    text: Arc<str>,
}

/// A parsed file, and the defaults below it. A mapping has the entries of both; of anything else the file's own value counts.
#[derive(Clone, Debug)]
pub struct LayeredValues {
    pub own: ParsedFile,
    pub defaults: Option<ParsedFile>,
}

/// A span of one of the files.
#[derive(Clone, Copy, Debug)]
pub struct ValuePlace<'a> {
    pub file: &'a ParsedFile,
    pub span: Span,
}

impl ParsedFile {
    pub fn parse(path: &RepoPath, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let root = parse(path, bytes, Tags::Refuse)?;
        let text = decode(path, bytes).map_err(|problem| vec![problem])?;
        Ok(Self {
            path: path.clone(),
            root,
            text: text.into(),
        })
    }

    pub fn source(&self) -> SourceText<'_> {
        SourceText::new(&self.text)
    }

    /// The first character of the document.
    pub fn start(&self) -> ValuePlace<'_> {
        let start = self.root.span.start;
        self.at(Span::point(start.line, start.column))
    }

    pub fn at(&self, span: Span) -> ValuePlace<'_> {
        ValuePlace { file: self, span }
    }

    fn contents(path: &RepoPath, file: &FileContents) -> Result<Self, Vec<Diagnostic>> {
        match file {
            FileContents::Regular(bytes) => Self::parse(path, bytes),
            FileContents::NotRegular(found) => {
                Err(vec![Diagnostic::not_a_regular_file(path, *found)])
            }
        }
    }
}

impl ValuePlace<'_> {
    /// An error that quotes the line.
    pub fn error(&self, code: impl Into<Code>, message: impl Into<String>) -> Diagnostic {
        let problem = Diagnostic::error(code, &self.file.path, message);
        problem.at(&self.file.source(), self.span)
    }

    /// The text of the span; `None` if it covers several lines.
    pub fn text(&self) -> Option<&str> {
        self.file.source().slice(self.span)
    }

    pub fn location(&self) -> Location {
        Location {
            path: self.file.path.clone(),
            span: self.span,
        }
    }
}

impl LayeredValues {
    /// Parses a config and its defaults; `Err` holds the problems of both.
    pub fn parse(path: &RepoPath, contents: &ConfigContents) -> Result<Self, Vec<Diagnostic>> {
        let own = ParsedFile::contents(path, &contents.file);
        let defaults = contents.defaults.as_ref();
        let defaults = defaults.map(|file| {
            let path = defaults_of(path);
            within_bounds(&path, file)?;
            ParsedFile::contents(&path, file)
        });
        match (own, defaults.transpose()) {
            (Ok(own), Ok(defaults)) => Self::new(own, defaults),
            (own, defaults) => {
                let problems = [own.err(), defaults.err()];
                Err(problems.into_iter().flatten().flatten().collect())
            }
        }
    }

    fn new(own: ParsedFile, defaults: Option<ParsedFile>) -> Result<Self, Vec<Diagnostic>> {
        if let Some(defaults) = &defaults
            && !is_mapping(&defaults.root)
        {
            let message = "defaults are a mapping of sections, as a config is";
            let problem = defaults.start().error(Code::ConfigNotAMapping, message);
            return Err(vec![problem]);
        }
        Ok(Self { own, defaults })
    }

    /// The values of a file without defaults.
    pub fn of_file(path: &RepoPath, bytes: &[u8]) -> Result<Self, Vec<Diagnostic>> {
        let own = ParsedFile::parse(path, bytes)?;
        let defaults = None;
        Ok(Self { own, defaults })
    }

    /// Leaves out sections of the defaults, such as those of another product.
    pub fn retain_defaults(&mut self, is_kept: impl Fn(&str) -> bool) {
        if let Some(defaults) = &mut self.defaults
            && let NodeKind::Mapping(entries) = &mut defaults.root.kind
        {
            entries.retain(|entry| is_kept(&entry.key));
        }
    }

    /// Defaults that cannot be combined with the config: it has a mapping where they have something else.
    pub fn mismatches(&self) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        if let Some(defaults) = &self.defaults {
            add_mismatches(
                defaults,
                (&self.own.root, &defaults.root),
                &mut Vec::new(),
                &mut found,
            );
        }
        found
    }

    /// The parsed files, the config's own first.
    pub fn files(&self) -> impl Iterator<Item = &ParsedFile> {
        [&self.own].into_iter().chain(&self.defaults)
    }

    /// The values as JSON, the file's own keys first.
    pub fn to_json(&self) -> Value {
        let mut values = self.own.root.to_json();
        if let Some(defaults) = &self.defaults {
            merge(&mut values, defaults.root.to_json());
        }
        values
    }

    /// The node that counts; of a mapping in both files, the file's own.
    pub fn node<'a>(&self, path: impl IntoIterator<Item = &'a str> + Clone) -> Option<&Node> {
        let (_, reached) = self.reach(path.clone());
        (reached.parts == path.into_iter().count()).then_some(reached.node)
    }

    /// The place of a path, or of the longest part of it that is set: a scalar's value, otherwise the key that leads to it.
    pub fn place<'a>(&self, path: impl IntoIterator<Item = &'a str> + Clone) -> ValuePlace<'_> {
        let (file, reached) = self.reach(path);
        file.at(reached.span)
    }

    /// The same in the config's own file: where something that is absent would be added.
    pub fn own_place<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> ValuePlace<'_> {
        self.own.at(self.own.root.reach(path).span)
    }

    /// The place of the key at the end of a path, or of the last key on the way that is set.
    pub fn key_place<'a>(&self, path: impl IntoIterator<Item = &'a str> + Clone) -> ValuePlace<'_> {
        let (file, _) = self.reach(path.clone());
        file.at(file.root.key_of(path))
    }

    /// Whether the value of a path comes from the defaults.
    pub fn is_default<'a>(&self, path: impl IntoIterator<Item = &'a str> + Clone) -> bool {
        let (file, reached) = self.reach(path.clone());
        file.path != self.own.path && reached.parts == path.into_iter().count()
    }

    /// Follows a path in the file that has the longest part of it.
    fn reach<'a>(
        &self,
        path: impl IntoIterator<Item = &'a str> + Clone,
    ) -> (&ParsedFile, ReachedNode<'_>) {
        let own = self.own.root.reach(path.clone());
        if let Some(defaults) = &self.defaults
            && own.only_mappings
            && is_mapping(own.node)
        {
            let default = defaults.root.reach(path);
            if default.parts > own.parts {
                return (defaults, default);
            }
        }
        (&self.own, own)
    }
}

fn is_mapping(node: &Node) -> bool {
    matches!(node.kind, NodeKind::Mapping(_))
}

/// Each config of the folder has all the defaults, so large ones cost much.
fn within_bounds(path: &RepoPath, file: &FileContents) -> Result<(), Vec<Diagnostic>> {
    match file.bytes() {
        Some(bytes) if bytes.len() > MAX_DEFAULTS_BYTES => {
            let message = format!("the file has more than {MAX_DEFAULTS_BYTES} bytes");
            let problem = Diagnostic::error(Code::ConfigTooLarge, path, message);
            let help = "move values that only some configs need into these configs";
            Err(vec![problem.with_help(help)])
        }
        _ => Ok(()),
    }
}

fn add_mismatches(
    defaults: &ParsedFile,
    (own, default): (&Node, &Node),
    at: &mut Vec<String>,
    found: &mut Vec<Diagnostic>,
) {
    for entry in default.entries() {
        let Some(own) = own.get(&entry.key).filter(|own| is_mapping(own)) else {
            continue;
        };
        at.push(entry.key.clone());
        match &entry.value.kind {
            NodeKind::Mapping(_) => add_mismatches(defaults, (own, &entry.value), at, found),
            // An empty value has no entries, either.
            _ if entry.value.to_json().is_null() => {}
            _ => {
                // The message does not name the config, so that it is reported once for all.
                let message = format!(
                    "`{}` is not a mapping, but a config of this folder has a mapping there",
                    at.join(".")
                );
                let place = defaults.at(entry.value.span);
                let problem = place.error(Code::WrongType, message);
                found.push(problem.with_help("write keys and values below it, or delete it"));
            }
        }
        at.pop();
    }
}

/// Adds the entries that are absent.
fn merge(values: &mut Value, defaults: Value) {
    let (Value::Object(values), Value::Object(defaults)) = (values, defaults) else {
        return;
    };
    for (key, default) in defaults {
        match values.get_mut(&key) {
            Some(value) => merge(value, default),
            None => {
                values.insert(key, default);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layered(own: &str, defaults: &str) -> LayeredValues {
        let file = |text: &str| FileContents::Regular(text.into());
        let contents = ConfigContents {
            file: file(own),
            defaults: Some(Arc::new(file(defaults))),
        };
        LayeredValues::parse(&RepoPath::typed("c/a.yaml"), &contents).unwrap()
    }

    fn place(values: &LayeredValues, path: &str) -> String {
        let place = values.place(path.split('.'));
        format!("{}:{}", place.file.path, place.span.start.line)
    }

    #[test]
    fn mappings_have_the_entries_of_both_files() {
        let values = layered(
            "a:\n  x: 1\n  l: [1]\nb: text\nn:\n",
            "a:\n  x: 2\n  y: 3\n  l: [2, 3]\nb: {z: 1}\nn: 1\nc:\n  d: 4\n",
        );
        assert_eq!(
            values.to_json().to_string(),
            r#"{"a":{"x":1,"l":[1],"y":3},"b":"text","n":null,"c":{"d":4}}"#
        );
        for (path, at) in [
            ("a.x", "c/a.yaml:2"),
            ("a.y", "c/_defaults.yaml:3"),
            ("a.l.1", "c/a.yaml:3"),
            ("a.none", "c/a.yaml:1"),
            ("b.z", "c/a.yaml:4"),
            ("n", "c/a.yaml:5"),
            ("c", "c/_defaults.yaml:7"),
            ("c.d", "c/_defaults.yaml:8"),
            ("c.none", "c/_defaults.yaml:7"),
        ] {
            assert_eq!(place(&values, path), at, "{path}");
        }
        let node = |path: &str| values.node(path.split('.')).map(Node::to_json);
        assert_eq!(node("a.y"), Some(3.into()));
        assert_eq!(node("b.z"), None);
        assert!(values.is_default(["a", "y"]));
        assert!(!values.is_default(["a", "x"]));
        assert!(!values.is_default(["c", "none"]));
    }
}
