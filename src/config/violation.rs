//! Turns schema violations into diagnostics: position, problem, suggestion.

use std::collections::BTreeMap;

use serde_json::Value;

use super::expected;
use super::misspelled::misspelled;
use super::node::Node;
use super::values::{LayeredValues, ValuePlace};
use crate::diagnostic::{Code, Diagnostic};
use crate::product::{Schema, ValidationErrorKind as Violated, Violation, known_keys};
use crate::text::{and_list, did_you_mean, pluralize, quote};

/// Longer lists of allowed values are truncated.
const MAX_LISTED: usize = 16;

/// Diagnostics of one kind for one file. Each one's line is looked up, so without a limit a large file would take quadratic time.
pub const MAX_REPORTED: usize = 100;

/// Reports violations of a schema: of those about one value only the most specific, of those about keys all. `whole` names the
/// kind of file, such as "product `s3`".
pub fn report(
    files: &LayeredValues,
    (schema, whole): (&Schema, &str),
    violations: Vec<Violation<'_>>,
    diagnostics: &mut Vec<Diagnostic>,
) {
    let context = ViolationContext {
        files,
        schema,
        whole,
    };
    let misspelled = misspelled(schema, &violations);
    let mut limit = DiagnosticLimit::new(diagnostics);
    let mut of_values: BTreeMap<Vec<String>, Violation<'_>> = BTreeMap::new();
    for violation in violations {
        match &violation.kind {
            Violated::AdditionalProperties { unexpected }
            | Violated::UnevaluatedProperties { unexpected } => {
                for key in unexpected {
                    let mut found = misspelled.iter();
                    let found = found.find(|it| it.is_written_as(&violation.path, key));
                    let meant = found.map(|found| &*found.meant);
                    limit.push(|| context.unknown_key(&violation, key, meant));
                }
            }
            Violated::Required { property } => {
                let key = property.as_str().unwrap_or_default();
                if !misspelled.iter().any(|it| it.means(&violation.path, key)) {
                    limit.push(|| context.missing_key(&violation, key));
                }
            }
            Violated::PropertyNames { error } => {
                limit.push(|| context.invalid_key(&violation, error));
            }
            _ => {
                let rank = rank(&violation.kind);
                match of_values.get(&violation.path) {
                    Some(other) if self::rank(&other.kind) <= rank => {}
                    _ => {
                        of_values.insert(violation.path.clone(), violation);
                    }
                }
            }
        }
    }
    for violation in of_values.values() {
        limit.push(|| context.value(violation));
    }
    if let Some(rest) = limit.overflow() {
        diagnostics.push(files.own.start().error(Code::SchemaViolation, rest));
    }
}

/// Collects diagnostics up to a limit, and counts the rest.
pub struct DiagnosticLimit<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    reported: usize,
    omitted: usize,
}

impl<'a> DiagnosticLimit<'a> {
    pub fn new(diagnostics: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            diagnostics,
            reported: 0,
            omitted: 0,
        }
    }

    /// Adds a diagnostic unless the limit is reached.
    pub fn push(&mut self, problem: impl FnOnce() -> Diagnostic) {
        if self.reported < MAX_REPORTED {
            self.reported += 1;
            self.diagnostics.push(problem());
        } else {
            self.omitted += 1;
        }
    }

    /// A message with the number of diagnostics beyond the limit.
    pub fn overflow(self) -> Option<String> {
        (self.omitted > 0).then(|| {
            let rest = pluralize(self.omitted, "more problem");
            format!("{rest} of this kind; the first {MAX_REPORTED} are listed")
        })
    }
}

/// Ranks violations of one value: the lowest is the most specific.
fn rank(kind: &Violated) -> u8 {
    match kind {
        Violated::Type { .. } => 0,
        Violated::Enum { .. } | Violated::Constant { .. } => 1,
        Violated::Pattern { .. } | Violated::Format { .. } => 3,
        Violated::MinLength { .. } | Violated::MaxLength { .. } => 2,
        _ => 4,
    }
}

struct ViolationContext<'a> {
    files: &'a LayeredValues,
    schema: &'a Schema,
    whole: &'a str,
}

impl ViolationContext<'_> {
    fn place(&self, path: &[String]) -> ValuePlace<'_> {
        self.files.place(path.iter().map(String::as_str))
    }

    fn node(&self, path: &[String]) -> Option<&Node> {
        self.files.node(path.iter().map(String::as_str))
    }

    fn key_place(&self, path: &[String], key: &str) -> ValuePlace<'_> {
        let path = path.iter().map(String::as_str);
        self.files.key_place(path.chain([key]))
    }

    fn unknown_key(&self, violation: &Violation<'_>, key: &str, meant: Option<&str>) -> Diagnostic {
        let place = dotted_path(&violation.path);
        let message = match place.as_str() {
            "" => format!("{} is not a section of {}", quote(key), self.whole),
            place => format!("{} is not a key of `{place}`", quote(key)),
        };
        let path = || violation.path.iter().map(String::as_str);
        let free = known_keys(violation.subschema)
            .filter(|known| self.files.node(path().chain([*known])).is_none());
        let elsewhere = self.schema.parents_of(key);
        let help = if let Some(meant) = meant {
            Some(format!("did you mean `{meant}`?"))
        } else if let Some(parent) = elsewhere.first() {
            Some(format!("`{key}` belongs under `{parent}`"))
        } else if let Some(meant) = did_you_mean(key, free) {
            Some(format!("did you mean `{meant}`?"))
        } else if key == "<<" {
            Some("YAML 1.2 has no merge keys: write the keys out".to_owned())
        } else {
            let known: Vec<&str> = known_keys(violation.subschema).collect();
            (!known.is_empty() && known.len() <= MAX_LISTED)
                .then(|| format!("the keys here are {}", and_list(&known)))
        };
        let place = self.key_place(&violation.path, key);
        let problem = place.error(Code::UnknownKey, message);
        Diagnostic { help, ..problem }
    }

    fn missing_key(&self, violation: &Violation<'_>, key: &str) -> Diagnostic {
        let mut path = violation.path.clone();
        path.push(key.to_owned());
        let property = violation
            .subschema
            .get("properties")
            .and_then(|properties| properties.get(key));
        let is_section = violation.path.is_empty()
            && property.is_some_and(|property| property.get("properties").is_some());
        let message = match is_section {
            true => format!("the section {} is missing", quote(key)),
            false => format!("`{}` is missing", dotted_path(&path)),
        };
        let place = violation.path.iter().map(String::as_str);
        let place = self.files.own_place(place);
        let problem = place.error(Code::MissingKey, message);
        match property
            .and_then(|property| property.get("x-help"))
            .and_then(Value::as_str)
        {
            Some(help) => problem.with_help(constraint_text(help)),
            None => problem,
        }
    }

    fn invalid_key(
        &self,
        violation: &Violation<'_>,
        error: &jsonschema::ValidationError<'static>,
    ) -> Diagnostic {
        let key = error.instance().as_str().unwrap_or_default().to_owned();
        let message = format!(
            "{} is not allowed as a key of `{}`",
            quote(&key),
            dotted_path(&violation.path)
        );
        let place = self.key_place(&violation.path, &key);
        let problem = place.error(Code::InvalidKey, message);
        match violation.advice {
            Some(help) => problem.with_help(constraint_text(help)),
            None => problem,
        }
    }

    fn value(&self, violation: &Violation<'_>) -> Diagnostic {
        let mut place = self.place(&violation.path);
        let key = dotted_path(&violation.path);
        let node = self.node(&violation.path);
        let value = node.map(Node::to_json).unwrap_or_default();
        let shown = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let advice = violation.advice.map(constraint_text);
        let (code, message, help) = match &violation.kind {
            Violated::Type { .. } => {
                let wanted = wanted_type(violation.subschema);
                let message = match (&value, node.and_then(|_| place.text())) {
                    (Value::Null, _) => {
                        format!("`{key}` must be {wanted}, but it has no value")
                    }
                    (Value::Bool(_) | Value::Number(_), Some(raw)) => {
                        format!(
                            "`{key}` must be {wanted}, and {} was read as {}",
                            quote(raw),
                            type_name(&value)
                        )
                    }
                    _ => format!("`{key}` must be {wanted}, but it is {}", type_name(&value)),
                };
                let raw = place.text().unwrap_or_default();
                let name = violation.path.last().map_or("", String::as_str);
                let help = expected::type_help(name, violation.subschema, (&value, raw), advice);
                (Code::WrongType, message, help)
            }
            Violated::Enum { options } => {
                // An empty text represents an absent key and is not listed.
                let options: Vec<String> = options
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|option| option.as_str().map_or(option.to_string(), str::to_owned))
                    .filter(|option| !option.is_empty())
                    .collect();
                let options: Vec<&str> = options.iter().map(String::as_str).collect();
                let message = match options.len() <= MAX_LISTED {
                    true => format!(
                        "`{key}` is {}; allowed are {}",
                        quote(&shown),
                        and_list(&options)
                    ),
                    false => format!(
                        "`{key}` is {}, which is not one of the {} allowed values",
                        quote(&shown),
                        options.len()
                    ),
                };
                let meant = expected::nearest_numbers(&value, &options).or_else(|| {
                    let meant = did_you_mean(&shown, options.iter().copied())?;
                    Some(format!("did you mean `{meant}`?"))
                });
                (Code::ValueNotAllowed, message, meant.or(advice))
            }
            Violated::Pattern { pattern } => {
                let message = match expected::wrong_length(pattern, &shown) {
                    Some((found, wanted)) => format!(
                        "`{key}` has {} and needs {wanted}: {}",
                        pluralize(found, "character"),
                        quote(&shown)
                    ),
                    // The help says in words what the pattern is.
                    None if advice.is_some() => {
                        format!("`{key}` has an invalid value: {}", quote(&shown))
                    }
                    None => format!(
                        "`{key}` is {}, which does not match `{pattern}`",
                        quote(&shown)
                    ),
                };
                let help = expected::with_example(violation.subschema, advice);
                (Code::ValuePattern, message, help)
            }
            Violated::Minimum { limit } => (
                Code::SchemaViolation,
                format!("`{key}` is {}; {limit} is the least", quote(&shown)),
                advice,
            ),
            Violated::Maximum { limit } => (
                Code::SchemaViolation,
                format!("`{key}` is {}; {limit} is the most", quote(&shown)),
                advice,
            ),
            Violated::MinLength { limit } => match shown.is_empty() {
                true => (Code::TooFew, format!("`{key}` is empty"), advice),
                false => (
                    Code::TooFew,
                    format!(
                        "`{key}` needs at least {}",
                        pluralize(*limit as usize, "character")
                    ),
                    advice,
                ),
            },
            Violated::MaxLength { limit } => {
                let length = shown.chars().count();
                (
                    Code::TooMany,
                    format!("`{key}` has {length} characters; {limit} is the most"),
                    advice,
                )
            }
            Violated::MinItems { limit } => (
                Code::TooFew,
                format!(
                    "`{key}` needs at least {}",
                    pluralize(*limit as usize, "item")
                ),
                advice,
            ),
            Violated::MaxItems { limit } => (
                Code::TooMany,
                format!(
                    "`{key}` may have at most {}",
                    pluralize(*limit as usize, "item")
                ),
                advice,
            ),
            Violated::MaxProperties { limit } => (
                Code::TooMany,
                format!(
                    "`{key}` may have at most {}",
                    pluralize(*limit as usize, "key")
                ),
                advice,
            ),
            Violated::UniqueItems => {
                let repeated = expected::repeated_item(&value);
                let message = repeated.map(|(earlier, item)| {
                    let mut path = violation.path.clone();
                    path.push(item.to_string());
                    place = self.place(&path);
                    format!("`{}` repeats `{key}[{earlier}]`", dotted_path(&path))
                });
                let message = message.unwrap_or_else(|| format!("`{key}` holds an item twice"));
                (Code::ItemNotUnique, message, advice)
            }
            Violated::Constant { expected_value }
                if expected::is_quoted(expected_value, &value) =>
            {
                let name = violation.path.last().map_or("", String::as_str);
                let message = format!("`{key}` must be {shown}, but it is the text \"{shown}\"");
                let help = format!("remove the quotes: `{name}: {shown}`");
                (Code::WrongType, message, Some(help))
            }
            _ if value.is_object() => {
                let keys = value.as_object().into_iter().flat_map(|keys| keys.keys());
                let keys: Vec<String> = keys.map(|key| quote(key)).collect();
                let message = match keys.len() <= MAX_LISTED {
                    true => format!(
                        "`{key}` cannot have these keys together: {}",
                        keys.join(", ")
                    ),
                    false => format!("`{key}` has keys that do not go together"),
                };
                (Code::SchemaViolation, message, advice)
            }
            _ => {
                let description = violation
                    .subschema
                    .get("description")
                    .and_then(Value::as_str)
                    .map(str::to_owned);
                (
                    Code::SchemaViolation,
                    format!(
                        "`{key}` is {}, which the schema does not allow",
                        quote(&shown)
                    ),
                    advice.or(description),
                )
            }
        };
        let problem = place.error(code, message);
        Diagnostic { help, ..problem }
    }
}

/// A schema's sentence in the form of our help: without a capital at the start and a full stop at the end.
fn constraint_text(sentence: &str) -> String {
    let mut chars = sentence.strip_suffix('.').unwrap_or(sentence).chars();
    match chars.next() {
        Some(first) => first.to_lowercase().chain(chars).collect(),
        None => String::new(),
    }
}

fn wanted_type(subschema: &Value) -> String {
    let word = |name: &Value| match name.as_str() {
        Some("string") => "a string",
        Some("boolean") => "`true` or `false`",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("array") => "a list",
        Some("object") => "a mapping",
        _ => "of another type",
    };
    match subschema.get("type") {
        Some(Value::Array(names)) => {
            let words: Vec<&str> = names.iter().map(word).collect();
            words.join(" or ")
        }
        name => word(name.unwrap_or(&Value::Null)).to_owned(),
    }
}

fn type_name(value: &Value) -> &'static str {
    match value {
        Value::Null => "nothing",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a number",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "a mapping",
    }
}

fn dotted_path(path: &[String]) -> String {
    let mut text = String::new();
    for part in path {
        match part.parse::<usize>() {
            Ok(index) if !text.is_empty() => text.push_str(&format!("[{index}]")),
            _ => {
                if !text.is_empty() {
                    text.push('.');
                }
                text.push_str(part);
            }
        }
    }
    text
}
