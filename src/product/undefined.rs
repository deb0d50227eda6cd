//! Variables that expressions and templates read, and that no config has. Found without evaluating them.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::expression::Compiled;
use super::fault::{self, FaultPlace, text_name};
use super::manifest_keys::known_keys_help;
use super::{KeyStatus, MANIFEST, POLICY, Product, ProductFault, TEMPLATE, budget, known_keys};
use crate::diagnostic::SourceText;
use crate::text::{did_you_mean, or_list};

/// What an expression may read beside the config.
#[derive(Clone, Copy)]
struct Words<'a> {
    /// The names of the manifest that are known here.
    names: &'a [&'a str],
    item: bool,
    /// Whether it reads two whole scopes, `before` and `after`.
    changes: bool,
}

/// An unknown variable.
struct UndefinedRead {
    path: String,
    help: String,
}

impl UndefinedRead {
    fn at(self, place: FaultPlace, file: &str) -> ProductFault {
        let message = format!("`{}` is not defined", self.path);
        ProductFault::new(file, place, message).with_help(self.help)
    }
}

/// The names that a template assigns: by `set`, `macro`, `for`, `with` or `import`.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let name = r"[A-Za-z_]\w*";
    let list = format!(r"\(?{name}(?:\s*,\s*{name})*\)?");
    Regex::new(&format!(
        r"\{{%[-+]?\s*(?:set\s+({list})|macro\s+({name})|for\s+({list})\s+in|with\s+({name})|(?:import|from)\s[^%]*?\b(?:as|import)\s+({list}))"
    ))
    .ok()
});

/// The file that a template includes.
static INCLUDED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r#"\{%[-+]?\s*(?:include|import|from|extends)\s+["']([^"']+)["']"#).ok()
});

impl Product {
    /// Faults of variables that are never defined, and of files that are included and absent.
    pub fn undefined_reads(&self) -> &[ProductFault] {
        self.undefined.get_or_init(|| self.find_undefined())
    }

    fn find_undefined(&self) -> Vec<ProductFault> {
        let all: Vec<&str> = self.names.iter().map(|(name, _)| name.as_str()).collect();
        let words = Words {
            names: &all,
            item: false,
            changes: false,
        };
        let mut faults = Vec::new();
        for (index, (name, expression)) in self.names.iter().enumerate() {
            let words = Words {
                names: all.get(..index).unwrap_or_default(),
                ..words
            };
            faults.extend(self.in_expression(fault::key(["names", name]), expression, words));
        }
        for (key, expression) in ["account", "region", "environment"]
            .iter()
            .zip(&self.target)
        {
            faults.extend(self.in_expression(fault::key(["target", key]), expression, words));
        }
        for (key, expression) in ["template", "policy"].iter().zip(&self.outputs) {
            faults.extend(self.in_expression(fault::key(["outputs", key]), expression, words));
        }
        for (index, rule) in self.rules.iter().enumerate() {
            let key = fault::key(["rules", &index.to_string(), "when"]);
            faults.extend(self.in_expression(key, &rule.when, words));
            for text in ["message", "help"] {
                faults.extend(self.in_text("rules", index, text, words));
            }
        }
        for (index, rule) in self.impact.iter().enumerate() {
            let words = Words {
                changes: true,
                ..words
            };
            let key = fault::key(["impact", &index.to_string(), "when"]);
            if let Some(when) = &rule.when {
                faults.extend(self.in_expression(key, when, words));
            }
            faults.extend(self.in_text("impact", index, "consequence", words));
        }
        for (path, expression) in &self.defaults {
            let key = fault::key(["defaults", &path.join(".")]);
            faults.extend(self.in_expression(key, expression, words));
        }
        if let Some(aliases) = &self.aliases {
            faults.extend(self.in_expression(fault::key(["aliases"]), aliases, words));
        }
        if let Some(folders) = &self.folders {
            let each = fault::key(["folders", "each"]);
            faults.extend(self.in_expression(each, &folders.each, words));
            let words = Words {
                item: true,
                ..words
            };
            let others = [
                ("prefix", Some(&folders.prefix)),
                ("valid", folders.valid.as_ref()),
                ("parameter", folders.parameter.as_ref()),
            ];
            for (key, expression) in others {
                if let Some(expression) = expression {
                    let key = fault::key(["folders", key]);
                    faults.extend(self.in_expression(key, expression, words));
                }
            }
        }
        let names = self.manifest.actions.keys();
        for (name, when) in names.zip(&self.actions) {
            if let Some(when) = when {
                let key = fault::key(["actions", name, "when"]);
                faults.extend(self.in_expression(key, when, words));
            }
        }
        for (index, check) in self.preflight.iter().enumerate() {
            for (key, expression) in check.expressions(index) {
                faults.extend(self.in_expression(key, expression, words));
            }
        }
        faults.extend(self.in_templates(words));
        faults
    }

    fn in_expression(
        &self,
        key: Vec<String>,
        expression: &Compiled,
        words: Words<'_>,
    ) -> Vec<ProductFault> {
        let reads = expression.reads.iter();
        let undefined = reads.filter_map(|path| self.undefined(path, words));
        undefined
            .map(|read| read.at(FaultPlace::Key(key.clone()), MANIFEST))
            .collect()
    }

    /// In a text of the manifest.
    fn in_text(&self, list: &str, index: usize, key: &str, words: Words<'_>) -> Vec<ProductFault> {
        let Ok(text) = self.texts.get_template(&text_name(list, index, key)) else {
            return Vec::new();
        };
        let written = match (
            list,
            self.manifest.rules.get(index),
            self.manifest.impact.get(index),
        ) {
            ("rules", Some(rule), _) if key == "help" => rule.help.as_deref().unwrap_or_default(),
            ("rules", Some(rule), _) => &rule.message,
            (_, _, Some(rule)) => &rule.consequence,
            _ => "",
        };
        let assigned = assigned_names([written]);
        let reads = BTreeSet::from_iter(text.undeclared_variables(true));
        let reads = reads
            .into_iter()
            .filter(|path| !assigned.contains(first(path)));
        let key = fault::key([list, &index.to_string(), key]);
        let undefined = reads.filter_map(|path| self.undefined(&path, words));
        undefined
            .map(|read| read.at(FaultPlace::Key(key.clone()), MANIFEST))
            .collect()
    }

    fn in_templates(&self, words: Words<'_>) -> Vec<ProductFault> {
        let files = self.source.files.iter();
        let files = files.filter(|(name, _)| name.ends_with(".j2"));
        let files: Vec<(&String, &String)> = files.collect();
        let mut faults = Vec::new();
        for (name, text) in &files {
            let assigned = assigned_names(including(name, &files));
            let Ok(template) = self.templates.get_template(name) else {
                continue;
            };
            for path in BTreeSet::from_iter(template.undeclared_variables(true)) {
                if assigned.contains(first(&path)) {
                    continue;
                }
                let Some(read) = self.undefined(&path, words) else {
                    continue;
                };
                let place = line_of(text, &path).map_or(FaultPlace::Whole, FaultPlace::Line);
                faults.push(read.at(place, name));
            }
            for included in INCLUDED.iter().flat_map(|regex| regex.captures_iter(text)) {
                let Some(file) = included.get(1) else {
                    continue;
                };
                if self.source.files.contains_key(file.as_str()) {
                    continue;
                }
                let line = SourceText::new(text).line_of(file.start());
                let message = format!("the product has no such file: `{}`", file.as_str());
                let known = files.iter().map(|(name, _)| name.as_str());
                let help = match did_you_mean(file.as_str(), known) {
                    Some(meant) => format!("write `{meant}`"),
                    None if file.as_str().contains('/') => {
                        "name a file of the product's folder; other folders are not read".to_owned()
                    }
                    None => format!("create `{}` in the product's folder", file.as_str()),
                };
                let fault = ProductFault::new(name, FaultPlace::Line(line), message);
                faults.push(fault.with_help(help));
            }
        }
        faults
    }

    /// The read of a path, if no config has it.
    fn undefined(&self, path: &str, words: Words<'_>) -> Option<UndefinedRead> {
        let unknown = |help: String| {
            Some(UndefinedRead {
                path: path.to_owned(),
                help,
            })
        };
        let word = first(path);
        if word == budget::VARIABLE || self.templates.globals().any(|(name, _)| name == word) {
            return None;
        }
        if words.changes {
            let inner = match word {
                "before" | "after" => path.strip_prefix(word).unwrap_or_default(),
                _ => {
                    let help = format!("write `before.{path}` or `after.{path}`");
                    return unknown(help);
                }
            };
            let inner = inner.strip_prefix('.')?;
            let words = Words {
                changes: false,
                ..words
            };
            let read = self.undefined(inner, words)?;
            return unknown(match read.help.strip_prefix("write `") {
                Some(rest) => format!("write `{word}.{rest}"),
                None => read.help,
            });
        }
        let rest = path.strip_prefix(word).unwrap_or_default();
        let rest = rest.strip_prefix('.');
        let part = rest.map(first);
        match (word, part) {
            ("item", _) if words.item => None,
            ("names" | "file" | "given", None) => None,
            ("names", Some(name)) if words.names.contains(&name) => None,
            ("names", Some(name)) => unknown(self.name_help(name, words)),
            ("file", Some("stem")) | ("given", Some("tier" | "suffix")) => None,
            ("file", Some(_)) => unknown("write `file.stem`".to_owned()),
            ("given", Some(_)) => unknown("write `given.tier` or `given.suffix`".to_owned()),
            _ => self.unknown_section(path, words),
        }
    }

    fn name_help(&self, name: &str, words: Words<'_>) -> String {
        if self.manifest.names.contains_key(name) {
            return format!("move `names.{name}` above the names that read it");
        }
        match did_you_mean(name, words.names.iter().copied()) {
            Some(meant) => format!("write `names.{meant}`"),
            None => format!("add `{name}` to `names` in {MANIFEST}"),
        }
    }

    fn unknown_section(&self, path: &str, words: Words<'_>) -> Option<UndefinedRead> {
        let KeyStatus::Unknown { part, known } = self.schema.key_status(path.split('.')) else {
            return None;
        };
        let help = if part == first(path) {
            let sections = known_keys(self.schema.document());
            let item = words.item.then_some("item");
            let all = sections.chain(["names", "file", "given"]).chain(item);
            let all: Vec<&str> = all.collect();
            match did_you_mean(&part, all.iter().copied()) {
                Some(meant) => {
                    let rest = path.strip_prefix(&*part).unwrap_or_default();
                    format!("write `{meant}{rest}`")
                }
                None => format!(
                    "begin with {}; put other texts in quotes: `'{part}'`",
                    or_list(&all)
                ),
            }
        } else {
            known_keys_help(&part, known.iter().map(String::as_str), path)
        };
        Some(UndefinedRead {
            path: path.to_owned(),
            help,
        })
    }
}

/// The texts whose names a file may see: an included file sees what the including one has assigned before. A template can include a
/// file by a computed name, so only the policy is distinguished.
fn including<'t>(name: &str, files: &[(&'t String, &'t String)]) -> Vec<&'t str> {
    let policy = files.iter().find(|(other, _)| *other == POLICY);
    let in_policy = policy.is_some_and(|(_, text)| name == POLICY || text.contains(name));
    let mut seen = Vec::new();
    for (other, text) in files {
        let is_seen = match other.as_str() {
            POLICY => in_policy,
            TEMPLATE => name != POLICY,
            _ => true,
        };
        if is_seen {
            seen.push(text.as_str());
        }
    }
    seen
}

fn first(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

fn assigned_names<'t>(texts: impl IntoIterator<Item = &'t str>) -> BTreeSet<String> {
    let mut names = BTreeSet::from(["loop", "caller", "self", "super"].map(str::to_owned));
    for text in texts {
        for found in ASSIGNED.iter().flat_map(|regex| regex.captures_iter(text)) {
            let groups = found.iter().skip(1).flatten();
            let words = groups.flat_map(|group| group.as_str().split(|c: char| !is_word(c)));
            names.extend(words.filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    names
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The first line with this path as a whole.
fn line_of(text: &str, path: &str) -> Option<usize> {
    let is_whole = |at: usize| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text
            .get(at + path.len()..)
            .and_then(|after| after.chars().next());
        !before.is_some_and(|c| is_word(c) || c == '.') && !after.is_some_and(is_word)
    };
    let (at, _) = text.match_indices(path).find(|(at, _)| is_whole(*at))?;
    Some(SourceText::new(text).line_of(at))
}
