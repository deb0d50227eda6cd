//! The lines of a change, as a tree of keys: what can be compared between configs.

use std::collections::HashMap;

use serde_json::Value;

use super::check::Report;
use super::signature::{own_names, signature};
use crate::plan::{Change, EffectNames, Intent};
use crate::stack::StackName;

/// What no key of a template begins with.
const FACT: char = '\0';

/// The number of a text. Equal texts have equal numbers.
pub(super) type TextId = u32;

/// Numbers texts in the order of their appearance.
#[derive(Default)]
pub(super) struct TextIds(HashMap<String, TextId>);

impl TextIds {
    pub(super) fn id(&mut self, text: &str) -> TextId {
        let next = TextId::try_from(self.0.len()).unwrap_or(TextId::MAX);
        match self.0.get(text) {
            Some(id) => *id,
            None => *self.0.entry(text.to_owned()).or_insert(next),
        }
    }

    /// The texts by their numbers.
    pub(super) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![""; self.0.len()];
        for (text, id) in &self.0 {
            texts[*id as usize] = text;
        }
        texts
    }
}

/// A line, without the names of its config.
pub(super) struct ComparedLine {
    pub parent: Option<usize>,
    pub level: usize,
    pub key: TextId,
    /// The value, and whether the line is added; `None` if the change does not touch the line.
    pub value: Option<TextId>,
    /// Key and value.
    pub whole: TextId,
    /// The number of the line in the diff; `None` if it is no whole line of the template.
    pub shown: Option<usize>,
    /// Whether the report says it, and not the template.
    pub is_fact: bool,
}

/// A fact's key without what no key of a template begins with.
pub(super) fn fact_name(key: &str) -> &str {
    key.strip_prefix(FACT).unwrap_or(key)
}

/// What the report says of a change, a line each, and the changed lines of its template. `place`: the account, if few others are in it.
pub(super) fn compared_lines(
    report: &Report,
    change: &Change,
    place: Option<&str>,
    ids: &mut TextIds,
) -> Vec<ComparedLine> {
    let names = change.stack.clone().zip(change.target.clone());
    let words = names.map(|(name, target)| {
        let stack = StackName { name, target };
        EffectNames::with_words_of_name(&stack, change.path.stem()).and(&change.derived_names)
    });
    let own = own_names(change);
    let mut lines = Lines::new(ids);
    lines.add_facts(&signature(report, change, own.as_ref(), false));
    lines.add_fact("account", place.unwrap_or_default());
    if let Some(outline) = &change.outline {
        lines.add_fact("policy", &outline.policy.to_string());
    }
    let [template, policy] = diffs(change);
    let masked = |text: &str, names: &Option<EffectNames>| match names {
        // What stands for a word could pass for another one.
        Some(names) if !EffectNames::has_marker(text) => names.abstracted(text),
        _ => text.to_owned(),
    };
    if let Some(text) = template {
        lines.add_diff([&masked(text, &own), &masked(text, &words)], 0);
    }
    if let Some(text) = policy {
        lines.root = Some(lines.add_fact("policy", ""));
        let before = template.map_or(0, |text| text.lines().count());
        lines.add_diff([&masked(text, &own), &masked(text, &words)], before);
    }
    lines.all
}

/// The changed lines of a diff.
#[cfg(test)]
pub(super) fn lines_of_diff(text: &str, ids: &mut TextIds) -> Vec<ComparedLine> {
    let mut lines = Lines::new(ids);
    lines.add_diff([text; 2], 0);
    lines.all
}

/// A line of the change's diffs, with its sign.
pub(super) fn diff_line(change: &Change, number: usize) -> Option<&str> {
    let lines = diffs(change).into_iter().flatten().flat_map(str::lines);
    lines.into_iter().nth(number)
}

/// The keys around a line of the change's diffs, such as `Resources.Role.Properties`, as far as the diff shows them.
pub(super) fn line_place(change: &Change, number: usize) -> String {
    let lines = diffs(change).into_iter().flatten().flat_map(str::lines);
    let lines: Vec<&str> = lines.take(number + 1).collect();
    let mut keys: Vec<&str> = Vec::new();
    let Some((line, before)) = lines.split_last() else {
        return String::new();
    };
    let mut inside = key_column(line);
    let around = before
        .iter()
        .rev()
        .take_while(|line| !line.starts_with("@@"));
    for line in around {
        let (column, key) = (key_column(line), split(text_of(line)).0);
        if column < inside && !key.is_empty() {
            inside = column;
            keys.push(key);
        }
    }
    keys.reverse();
    keys.join(".")
}

/// The column of a line's key: behind the dashes of its items. A list may have the indentation of its key, so that items of texts count
/// as deeper.
fn key_column(line: &str) -> usize {
    let text = text_of(line);
    let column = line.trim_end_matches(',').len() - text.len();
    column + usize::from(split(text).0.is_empty())
}

/// The diffs of the template and of the operator's policy that the section shows.
fn diffs(change: &Change) -> [Option<&str>; 2] {
    let template = change.diff.as_ref();
    let template = template.filter(|_| change.intent != Intent::Delete);
    let policy = change.policy_update.as_ref();
    let policy = policy.map(|update| &update.diff);
    [template, policy].map(|diff| diff?.unified.as_deref())
}

struct Lines<'i> {
    ids: &'i mut TextIds,
    /// Around the next lines without indentation.
    root: Option<usize>,
    /// Keys of tags and descriptions, and of the names of resources in a policy.
    of_words: [TextId; 4],
    all: Vec<ComparedLine>,
    /// The lines around the next one, with their indentation and the number of their items.
    open: Vec<OpenLine>,
}

struct OpenLine {
    index: usize,
    indentation: usize,
    is_item: bool,
    items: usize,
}

impl<'i> Lines<'i> {
    fn new(ids: &'i mut TextIds) -> Self {
        Self {
            of_words: ["Tags", "Description", "Resource", "NotResource"].map(|key| ids.id(key)),
            ids,
            root: None,
            all: Vec::new(),
            open: Vec::new(),
        }
    }

    /// The template has its own lines.
    fn add_facts(&mut self, facts: &Value) {
        for (key, value) in facts.as_object().into_iter().flatten() {
            match (key.as_str(), value) {
                ("lines" | "policy_lines" | "outline", _) => {}
                // Each changed key and each resource is a fact.
                ("impact" | "resources", Value::Array(items)) => {
                    let parent = self.add_fact(key, "");
                    for item in items {
                        let name = item.get(0).or_else(|| item.get("logical_id"));
                        let name = name.and_then(Value::as_str).unwrap_or_default();
                        let name = format!("{FACT}{name}");
                        self.add(Some(parent), &name, Some(&item.to_string()), None);
                    }
                }
                _ => {
                    self.add_fact(key, &value.to_string());
                }
            }
        }
    }

    fn add_fact(&mut self, key: &str, value: &str) -> usize {
        self.add(None, &format!("{FACT}{key}"), Some(value), None)
    }

    fn add(
        &mut self,
        parent: Option<usize>,
        key: &str,
        value: Option<&str>,
        shown: Option<usize>,
    ) -> usize {
        let whole = format!("{key}: {}", value.unwrap_or_default());
        let line = ComparedLine {
            parent,
            level: parent.map_or(0, |parent| self.all[parent].level + 1),
            key: self.ids.id(key),
            value: value.map(|value| self.ids.id(value)),
            whole: self.ids.id(&whole),
            shown,
            is_fact: key.starts_with(FACT),
        };
        self.all.push(line);
        self.all.len() - 1
    }

    /// The diff without the names, and without the words of the config's name. `before`: the number of lines in diffs before this one.
    fn add_diff(&mut self, [text, without_words]: [&str; 2], before: usize) {
        self.open.clear();
        let lines = text.lines().zip(without_words.lines()).enumerate();
        for (number, (line, without_words)) in lines {
            self.add_line(before + number, line, without_words);
        }
    }

    /// A line of a unified diff.
    fn add_line(&mut self, number: usize, line: &str, without_words: &str) {
        if line.starts_with("@@") {
            self.open.clear();
            return;
        }
        let Some(sign) = line.get(..1) else {
            return;
        };
        let sign = matches!(sign, "+" | "-").then_some(sign);
        let mut text = &line[1..];
        let mut indentation = 0;
        let mut is_item = false;
        loop {
            let trimmed = text.trim_start();
            indentation += text.len() - trimmed.len();
            text = trimmed;
            let Some(item) = text.strip_prefix("- ") else {
                break;
            };
            let (key, value) = split(item);
            // The place of a text in a list means nothing, unless an author shifts it to hide others.
            if key.is_empty() && !item.starts_with("- ") {
                (text, is_item) = (item, true);
                break;
            }
            let own = matches!(key, "Key" | "Sid").then_some(value);
            self.add_item(sign, indentation, own);
            indentation += "- ".len();
            text = item;
        }
        match text.trim_end_matches(',') {
            // The end of a list or an object in JSON.
            "" | "]" | "}" => {}
            "[" | "{" => self.add_item(sign, indentation, None),
            text => {
                let (key, value) = split(text);
                let parent = self.parent(indentation, is_item);
                let without_words = text_of(without_words);
                let value = match self.has_words(parent, key) {
                    true => split(without_words).1,
                    false => value,
                };
                let value = sign.map(|sign| format!("{sign}{value}"));
                let index = self.add(parent, key, value.as_deref(), Some(number));
                self.open(index, indentation, false);
            }
        }
    }

    /// Whether a value may have words of the config's name: as names are compared in templates.
    fn has_words(&mut self, parent: Option<usize>, key: &str) -> bool {
        let [tags, description, resource, not_resource] = self.of_words;
        let key = self.ids.id(key);
        let is_policy = self.root.is_some();
        let mut around = parent;
        while let Some(index) = around {
            let line = &self.all[index];
            let is_resource = is_policy && [resource, not_resource].contains(&line.key);
            if line.key == tags || is_resource {
                return true;
            }
            around = line.parent;
        }
        key == description || is_policy && [resource, not_resource].contains(&key)
    }

    /// `own`: what the item is called.
    fn add_item(&mut self, sign: Option<&str>, indentation: usize, own: Option<&str>) {
        let parent = self.parent(indentation, true);
        let item = match own {
            Some(own) => format!("[{own}]"),
            None => format!("[{}]", self.next_item()),
        };
        let index = self.add(parent, &item, sign, None);
        self.open(index, indentation, true);
    }

    /// Closes the lines that do not contain the next one.
    fn parent(&mut self, indentation: usize, is_item: bool) -> Option<usize> {
        self.open.retain(|line| {
            // A list may have the indentation of its key.
            line.indentation < indentation
                || (is_item && !line.is_item && line.indentation == indentation)
        });
        let around = self.open.last().map(|line| line.index);
        around.or(self.root)
    }

    /// The number of the next item in its list.
    fn next_item(&mut self) -> usize {
        let Some(line) = self.open.last_mut() else {
            return 0;
        };
        line.items += 1;
        line.items - 1
    }

    fn open(&mut self, index: usize, indentation: usize, is_item: bool) {
        self.open.push(OpenLine {
            index,
            indentation,
            is_item,
            items: 0,
        });
    }
}

/// A line of a diff without its sign, its indentation and the dashes of its items.
fn text_of(line: &str) -> &str {
    let mut text = line.get(1..).unwrap_or_default().trim_start();
    while let Some(item) = text.strip_prefix("- ") {
        text = item.trim_start();
    }
    text.trim_end_matches(',')
}

/// Key and value of a line. A line without a key has an empty one.
fn split(line: &str) -> (&str, &str) {
    let json = line.strip_prefix('"');
    if let Some((key, value)) = json.and_then(|line| line.split_once("\":")) {
        return (key, value.trim_start().trim_end_matches(['[', '{']));
    }
    if line.starts_with(['"', '\'', '{', '[']) {
        return ("", line);
    }
    match line.split_once(": ") {
        Some(parts) => parts,
        None => match line.strip_suffix(':') {
            Some(key) => (key, ""),
            None => ("", line),
        },
    }
}
