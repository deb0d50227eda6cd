//! Names that AWS refuses, and the config keys that they come from.

use super::key_dependencies::variants;
use super::render::rendered;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::template::{Document, NamePart, NameProblem, STACK_TYPE, name_rule, physical_names};
use crate::text::quote;

/// Represents the stack itself among logical ids.
const STACK: &str = "";

struct BadName {
    logical_id: String,
    kind: String,
    name: String,
    problem: NameProblem,
    source: &'static str,
}

/// The names of the stack and of its resources that AWS refuses, also as a test deployment has them.
pub(super) fn naming_problems(
    config: &Config,
    document: &Document,
    test: Option<(&Config, &Document)>,
) -> Vec<Diagnostic> {
    let mut bad: Vec<(BadName, bool)> = Vec::new();
    bad.extend(
        bad_names(config, document)
            .into_iter()
            .map(|bad| (bad, false)),
    );
    if let Some((test, document)) = test {
        for name in bad_names(test, document) {
            if bad
                .iter()
                .all(|(known, _)| known.logical_id != name.logical_id)
            {
                bad.push((name, true));
            }
        }
    }
    if bad.is_empty() {
        return Vec::new();
    }
    let sources = NameSources::new(config);
    let problems = bad.iter().map(|(bad, is_test)| {
        let text = &bad.problem.text;
        let resource = match bad.logical_id.as_str() {
            STACK => "the stack".to_owned(),
            logical_id => format!("`{logical_id}` ({})", bad.kind),
        };
        let test = if *is_test {
            " in a test deployment"
        } else {
            ""
        };
        let message = format!("the name of {resource}{test} {text}: {}", quote(&bad.name));
        let source = bad.source;
        let (key, help) = match sources.key(&bad.logical_id, bad.problem.part) {
            Some(key) => (key, format!("change `{key}`; the rules: {source}")),
            None => {
                let section = config.product.manifest.section.as_str();
                (
                    section,
                    format!("change the name in the product; the rules: {source}"),
                )
            }
        };
        let problem = Diagnostic::error(Code::NameInvalid, &config.path, message);
        problem.located(config.location_of(key)).with_help(help)
    });
    problems.collect()
}

fn bad_names(config: &Config, document: &Document) -> Vec<BadName> {
    let stack = name_rule(STACK_TYPE).and_then(|rule| {
        Some(BadName {
            logical_id: STACK.to_owned(),
            kind: STACK_TYPE.to_owned(),
            name: config.stack().to_owned(),
            problem: rule.problem(config.stack())?,
            source: &rule.source,
        })
    });
    let names = physical_names(document).filter_map(|name| {
        Some(BadName {
            logical_id: name.resource.logical_id.to_owned(),
            kind: name.resource.kind.to_owned(),
            name: name.name.to_owned(),
            problem: name.rule.problem(name.name)?,
            source: &name.rule.source,
        })
    });
    stack.into_iter().chain(names).collect()
}

/// Names of the stack (under an empty id) and of its resources.
fn names_of(config: &Config) -> Vec<(String, String)> {
    let stack = (STACK.to_owned(), config.stack().to_owned());
    let rendered = rendered(config).ok();
    let names = rendered.iter();
    let names = names.flat_map(|(_, document)| physical_names(document));
    let names = names.map(|name| (name.resource.logical_id.to_owned(), name.name.to_owned()));
    [stack].into_iter().chain(names).collect()
}

/// Which keys each name comes from.
pub(super) struct NameSources {
    /// Logical id, key, the length of the key's value, and the first byte of the name that changes with it.
    parts: Vec<(String, String, usize, usize)>,
}

impl NameSources {
    /// Changes each key once.
    pub(super) fn new(config: &Config) -> Self {
        let before = names_of(config);
        let mut parts = Vec::new();
        for (key, other) in variants(config) {
            let pointer = format!("/{}", key.replace('.', "/"));
            let value = config.values.pointer(&pointer);
            let length = value.map_or(0, |value| value.as_str().map_or(0, str::len));
            for (logical_id, after) in names_of(&other) {
                let name = before.iter().find(|(id, _)| *id == logical_id);
                if let Some((_, name)) = name.filter(|(_, name)| *name != after) {
                    let same = name.bytes().zip(after.bytes());
                    let at = same.take_while(|(a, b)| a == b).count();
                    parts.push((logical_id, key.clone(), length, at));
                }
            }
        }
        Self { parts }
    }

    /// The key that a part of a name comes from; for a whole name, the one with the longest value.
    pub(super) fn key(&self, logical_id: &str, part: NamePart) -> Option<&str> {
        let parts = self.parts.iter().filter(|(id, ..)| id == logical_id);
        let found = match part {
            NamePart::Start => parts.min_by_key(|(.., at)| *at),
            NamePart::End => parts.max_by_key(|(.., at)| *at),
            NamePart::Whole => parts.max_by_key(|(_, _, length, _)| *length),
        };
        found.map(|(_, key, ..)| key.as_str())
    }
}
