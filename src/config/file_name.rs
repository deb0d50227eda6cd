//! The name of a config's file.

use super::contents::DEFAULTS_FILE;
use super::values::LayeredValues;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::product::Product;
use crate::text::{or_list, quote};

/// The file must have a name that the config's fields give, so that a reader finds it by them. Where the name lacks a field's value, the
/// problem is at that field.
pub fn wrong_file_name(
    files: &LayeredValues,
    product: &Product,
    stems: &[String],
) -> Option<Diagnostic> {
    let path = &files.own.path;
    let is_named = stems.iter().any(|stem| stem == path.stem());
    if is_named && path.file_name().ends_with(".yaml") {
        return None;
    }
    let names: Vec<String> = stems.iter().map(|stem| format!("{stem}.yaml")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let name = names.first().unwrap_or(&"");
    let first = files.own.at(Span::point(1, 1));
    if let Some(name) = names
        .iter()
        .find(|name| path.file_name().starts_with(**name))
    {
        let message = format!("a config with these fields has the name `{name}`");
        let help = format!("use `{name}`, or rename this copy to it");
        return Some(first.error(Code::WrongFileName, message).with_help(help));
    }
    let keys = product.file_name_keys();
    let lacking: Vec<&String> = keys
        .iter()
        .filter(|key| value(files, key).is_some_and(|value| !path.stem().contains(&value)))
        .collect();
    let Some(key) = lacking.first() else {
        let source = match keys.iter().find(|key| files.is_default(key.split('.'))) {
            Some(key) => format!(" with `{key}` of `{DEFAULTS_FILE}`"),
            None => String::new(),
        };
        let message = format!(
            "the fields of this config{source} give the name {}",
            or_list(&names)
        );
        let help = format!("rename the file to `{name}`, or correct the fields of its name");
        return Some(first.error(Code::WrongFileName, message).with_help(help));
    };
    let fields = lacking.iter().map(|key| field(files, key));
    let fields: Vec<String> = fields.collect();
    let message = format!(
        "the file name lacks {}; the fields give {}",
        fields.join(", "),
        or_list(&names)
    );
    let own_stack = product.stack_keys();
    let these = if lacking.len() == 1 {
        "this field"
    } else {
        "these fields"
    };
    // The keys of some stack names are not known.
    let is_of_stack = |key: &&&String| own_stack.is_empty() || own_stack.contains(**key);
    let help = match lacking.iter().any(|key| is_of_stack(&key)) {
        true => format!(
            "correct {these}, because another value means another stack; to create that, rename the file to `{name}`"
        ),
        false => format!("rename the file to `{name}`, or correct {these}"),
    };
    // The config's own file is wrong, also if the value comes from the defaults.
    let place = match files.is_default(key.split('.')) {
        true => first,
        false => files.place(key.split('.')),
    };
    Some(place.error(Code::WrongFileName, message).with_help(help))
}

fn value(files: &LayeredValues, key: &str) -> Option<String> {
    let node = files.node(key.split('.'))?;
    Some(node.to_json().as_str()?.to_owned())
}

/// A key with its value.
fn field(files: &LayeredValues, key: &str) -> String {
    let source = match files.is_default(key.split('.')) {
        true => format!(" of `{DEFAULTS_FILE}`"),
        false => String::new(),
    };
    let value = value(files, key).unwrap_or_default();
    format!("`{key}`{source} ({})", quote(&value))
}
