//! The files that hold entries.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::Value;

use super::{EntryKind, NamedResource, StackEntry};
use crate::config::{Node, ParsedFile, newer_version, validate};
use crate::diagnostic::{Code, Diagnostic};
use crate::model::{FileContents, RepoPath};
use crate::product::Schema;
use crate::stack::StackArn;

/// A file that holds entries.
#[derive(Clone, Copy, Debug)]
pub struct EntryFile {
    /// From the root of the repository.
    pub path: &'static str,
    /// JSON Schema.
    pub schema: &'static str,
    /// For messages.
    what: &'static str,
    kinds: &'static [EntryKind],
}

pub const ENTRY_FILES: [EntryFile; 2] = [
    EntryFile {
        path: ".provisioner/adoptions.yaml",
        schema: include_str!("../../templates/adoptions.schema.json"),
        what: "a list of adoptions",
        kinds: &[EntryKind::Adopt, EntryKind::Unadopt, EntryKind::Import],
    },
    EntryFile {
        path: ".provisioner/replacements.yaml",
        schema: include_str!("../../templates/replacements.schema.json"),
        what: "a list of replacements",
        kinds: &[EntryKind::Replace],
    },
];

/// The version of the files' format.
const FORMAT: u64 = 1;

/// An entry that a change adds, with its place for errors.
#[derive(Clone, Debug)]
pub struct NewEntry {
    pub entry: StackEntry,
    /// An error at the entry's line, without message and help.
    place: Diagnostic,
    /// The same at the line of its stack.
    stack: Diagnostic,
    /// The same for each of its resources: at the line of the id, and of the identifier.
    resources: Vec<[Diagnostic; 2]>,
}

impl NewEntry {
    /// An error at the line of the entry's stack.
    pub fn stack_error(&self, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        let problem = Diagnostic {
            message: message.into(),
            ..self.stack.clone()
        };
        problem.with_help(help)
    }

    /// An error at the entry's line.
    pub fn error(&self, message: impl Into<String>, help: impl Into<String>) -> Diagnostic {
        let problem = Diagnostic {
            message: message.into(),
            ..self.place.clone()
        };
        problem.with_help(help)
    }

    /// An error at the line of one of its resources, by number: of the id, or of the identifier.
    pub fn resource_error(
        &self,
        (number, is_identifier): (usize, bool),
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Diagnostic {
        let places = self.resources.get(number);
        let place = places.map(|places| &places[usize::from(is_identifier)]);
        let problem = Diagnostic {
            message: message.into(),
            ..place.unwrap_or(&self.place).clone()
        };
        problem.with_help(help)
    }
}

/// All entries of a file, also those that are records.
pub fn all_entries(
    file: EntryFile,
    contents: &FileContents,
) -> Result<Vec<NewEntry>, Vec<Diagnostic>> {
    file.read(contents)
}

/// The entries that the head has and the base does not, in the order of the file. Returns all problems of the head's file, or of its new
/// entries. A base that cannot be read has no entries, so that reviewers see all of the head.
pub fn new_entries(
    file: EntryFile,
    base: Option<&FileContents>,
    head: Option<&FileContents>,
) -> Result<Vec<NewEntry>, Vec<Diagnostic>> {
    let Some(head) = head else {
        return Ok(Vec::new());
    };
    let known: Vec<StackEntry> = base
        .and_then(|base| file.read(base).ok())
        .unwrap_or_default()
        .into_iter()
        .map(|known| known.entry)
        .collect();
    let mut entries = file.read(head)?;
    entries.retain(|new| !known.contains(&new.entry));
    let mut configs = BTreeSet::new();
    let repeated = entries
        .iter()
        .filter(|new| !configs.insert(&new.entry.config));
    let repeated: Vec<Diagnostic> = repeated
        .map(|new| {
            let message = format!("two new entries name the config `{}`", new.entry.config);
            new.error(message, "keep one of them")
        })
        .collect();
    match repeated.is_empty() {
        true => Ok(entries),
        false => Err(repeated),
    }
}

impl EntryFile {
    /// The name without folder and suffix.
    pub fn name(&self) -> &'static str {
        let name = self.path.rsplit('/').next().unwrap_or_default();
        name.trim_end_matches(".yaml")
    }

    fn schema(self) -> Result<&'static Schema, String> {
        static COMPILED: LazyLock<[Result<Schema, String>; 2]> = LazyLock::new(|| {
            ENTRY_FILES
                .map(|file| Schema::compile(file.schema).map_err(|error| format!("{error:#}")))
        });
        let mut files = ENTRY_FILES.iter().zip(&*COMPILED);
        let found = files.find(|(file, _)| file.path == self.path);
        match found {
            Some((_, compiled)) => compiled.as_ref().map_err(Clone::clone),
            None => Err("the file has no schema".to_owned()),
        }
    }

    /// All entries of the file.
    fn read(self, contents: &FileContents) -> Result<Vec<NewEntry>, Vec<Diagnostic>> {
        let path = RepoPath::typed(self.path);
        let bytes = match contents {
            FileContents::NotRegular(found) => {
                return Err(vec![Diagnostic::not_a_regular_file(&path, *found)]);
            }
            FileContents::Regular(bytes) => bytes,
        };
        let invalid = |message: String| vec![Diagnostic::error(Code::EntryInvalid, &path, message)];
        if let Some(problem) = newer_version(&path, bytes, FORMAT) {
            return Err(vec![problem]);
        }
        let schema = self.schema().map_err(invalid)?;
        let values = validate(schema, self.what, &path, bytes).map_err(|problems| {
            let problems = problems.into_iter();
            let helped = problems.map(|problem| match problem.code {
                Code::ConfigEmpty => problem.with_help("write `version: 1`, or delete the file"),
                _ => problem,
            });
            helped.collect::<Vec<_>>()
        })?;
        let parsed = ParsedFile::parse(&path, bytes)?;
        let mut entries = Vec::new();
        let mut problems = Vec::new();
        for kind in self.kinds {
            let listed = values.get(kind.word()).and_then(Value::as_array);
            let nodes = parsed.root.get(kind.word());
            let nodes = nodes.map_or(&[][..], |list| list.items());
            for (value, node) in listed.into_iter().flatten().zip(nodes) {
                let place = Diagnostic::error(Code::EntryInvalid, &path, "");
                let place = place.at(&parsed.source(), node.span_of(["config"]));
                match entry(*kind, value) {
                    Ok(entry) => {
                        let resources = node.get("resources").map_or(&[][..], Node::items);
                        let places = |resource: &Node| {
                            ["id", "identifier"].map(|key| {
                                let span = resource.span_of([key]);
                                place.clone().at(&parsed.source(), span)
                            })
                        };
                        let stack = node.span_of(["stack"]);
                        entries.push(NewEntry {
                            stack: place.clone().at(&parsed.source(), stack),
                            resources: resources.iter().map(places).collect(),
                            entry,
                            place,
                        });
                    }
                    Err((key, message)) => {
                        let problem = Diagnostic { message, ..place };
                        let problem = problem.at(&parsed.source(), node.span_of([key]));
                        problems.push(problem.with_help(help(key, value)));
                    }
                }
            }
        }
        match problems.is_empty() {
            true => Ok(entries),
            false => Err(problems),
        }
    }
}

/// An error names the key.
fn entry(kind: EntryKind, value: &Value) -> Result<StackEntry, (&'static str, String)> {
    let text = |key: &str| value.get(key).and_then(Value::as_str).unwrap_or_default();
    let config = RepoPath::parse(text("config"));
    let stack = match kind {
        EntryKind::Import => None,
        _ => {
            let stack = StackArn::parse(text("stack"));
            Some(stack.map_err(|error| ("stack", error.to_string()))?)
        }
    };
    Ok(StackEntry {
        kind,
        config: config.map_err(|error| ("config", error.to_string()))?,
        stack,
        resources: resources(value),
    })
}

/// How to write the value of a key.
fn help(key: &str, entry: &Value) -> String {
    let written = entry.get(key).and_then(Value::as_str).unwrap_or_default();
    let inside = written.trim_start_matches("./");
    match key {
        "config" if inside != written && RepoPath::parse(inside).is_ok() => {
            format!("write the path from the root of the repository: {inside}")
        }
        "config" => "write the path from the root of the repository, such as s3/configs/NAME.yaml"
            .to_owned(),
        _ => "write the full id of the stack, its ARN".to_owned(),
    }
}

/// The resources of an entry. The schema requires one identifier of each.
fn resources(entry: &Value) -> Vec<NamedResource> {
    let listed = entry.get("resources").and_then(Value::as_array);
    let named = listed.into_iter().flatten().filter_map(|resource| {
        let identifier = resource.get("identifier")?.as_object()?;
        let (key, value) = identifier.iter().next()?;
        Some(NamedResource {
            id: resource.get("id")?.as_str()?.to_owned(),
            key: key.clone(),
            value: value.as_str()?.to_owned(),
        })
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack/6a4c9a50";

    fn contents(text: &str) -> FileContents {
        FileContents::Regular(text.as_bytes().into())
    }

    fn adopted(configs: &[&str]) -> FileContents {
        let entries = configs
            .iter()
            .map(|config| format!("  - config: {config}\n    stack: {STACK}\n"));
        contents(&format!(
            "version: 1\nadopt:\n{}",
            entries.collect::<String>()
        ))
    }

    fn found(
        base: Option<&FileContents>,
        head: Option<&FileContents>,
    ) -> Result<Vec<String>, Vec<String>> {
        let found = new_entries(ENTRY_FILES[0], base, head);
        let entries = found.map_err(|problems| {
            problems
                .iter()
                .map(|problem| problem.message.clone())
                .collect::<Vec<_>>()
        })?;
        Ok(entries
            .into_iter()
            .map(|new| format!("{} {}", new.entry.kind.word(), new.entry.config))
            .collect())
    }

    #[test]
    fn only_entries_that_the_base_lacks_are_new() {
        let base = adopted(&["a.yaml"]);
        let head = adopted(&["a.yaml", "b.yaml"]);
        assert_eq!(
            found(Some(&base), Some(&head)),
            Ok(vec!["adopt b.yaml".to_owned()])
        );
        assert_eq!(found(Some(&head), Some(&base)), Ok(vec![]));
        assert_eq!(found(Some(&head), None), Ok(vec![]));
        let broken = contents("adopt: [");
        assert_eq!(
            found(Some(&broken), Some(&base)),
            Ok(vec!["adopt a.yaml".to_owned()])
        );
    }

    #[test]
    fn attack_entries_that_say_two_things() {
        let twice = adopted(&["a.yaml", "a.yaml"]);
        assert!(found(None, Some(&twice)).is_err());
        let both = format!(
            "version: 1\nadopt:\n  - config: a.yaml\n    stack: {STACK}\nunadopt:\n  - config: a.yaml\n    stack: {STACK}\n"
        );
        assert!(found(None, Some(&contents(&both))).is_err());
        for head in [
            "adopt: []\n",
            "version: 2\n",
            "version: 1\nadopt:\n  - config: a.yaml\n",
            "version: 1\nadopt:\n  - config: ../a.yaml\n    stack: arn:aws:cloudformation:us-west-2:123456789012:stack/a/b\n",
            "version: 1\nadopt:\n  - config: a.yaml\n    stack: acme-stack\n",
            "version: 1\nreplace: []\n",
            "version: 1\nimport:\n  - config: a.yaml\n    resources: []\n",
            "version: 1\nimport:\n  - config: a.yaml\n    resources:\n      - id: Bucket\n        identifier: {}\n",
            "version: 1\nimport:\n  - config: a.yaml\n    resources:\n      - id: Bucket\n        identifier: {BucketName: acme*}\n",
            "version: 1\nimport:\n  - config: a.yaml\n    resources:\n      - id: Bucket\n        identifier: {BucketName: 5}\n",
            "version: 1\nimport:\n  - config: a.yaml\n    resources:\n      - id: A/B\n        identifier: {BucketName: acme}\n",
            "version: 1\nimport:\n  - config: a.yaml\n    resources:\n      - id: Bucket\n        identifier: {BucketName: acme, Arn: acme}\n",
        ] {
            assert!(found(None, Some(&contents(head))).is_err(), "{head}");
        }
    }
}
