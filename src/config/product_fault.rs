//! Faults of products as diagnostics: at their lines, in the product's own files.

use std::sync::LazyLock;

use super::general::Tags;
use super::node::Node;
use super::parse::{decode, parse};
use super::values::LayeredValues;
use super::violation;
use crate::diagnostic::{Code, Diagnostic, SourceText, Span};
use crate::model::RepoPath;
use crate::product::{
    FaultPlace, InvalidProduct, MANIFEST, Product, ProductError, ProductFault, ProductSource,
    RecognitionError, Schema,
};
use crate::text::pluralize;

/// The JSON Schema of `product.yaml`.
pub const PRODUCT_SCHEMA: &str = include_str!("../../templates/product.schema.json");

/// Faults of one product that are listed; the rest is counted.
const MAX_FAULTS: usize = 30;

/// The problems of a product that does not load. `path` and other errors are those of a config.
pub fn recognition_problems(error: &RecognitionError) -> Option<Vec<Diagnostic>> {
    match error {
        RecognitionError::Invalid(invalid) => Some(product_problems(invalid)),
        RecognitionError::NotRegular(path, found) => {
            Some(vec![Diagnostic::not_a_regular_file(path, *found)])
        }
        RecognitionError::Unknown | RecognitionError::Ambiguous(_) => None,
    }
}

/// The problems of a product that does not load, each at its line.
pub fn product_problems(invalid: &InvalidProduct) -> Vec<Diagnostic> {
    let source = &invalid.source;
    let is_read = |fault: &ProductFault| {
        // These say that the manifest cannot be read. Its schema says better why.
        fault.file == MANIFEST && matches!(fault.place, FaultPlace::Whole | FaultPlace::Point(..))
    };
    let of_schema = match invalid.faults.iter().any(is_read) {
        true => manifest_problems(source),
        false => Vec::new(),
    };
    let replaced = !of_schema.is_empty();
    let others = invalid.faults.iter();
    let others = others.filter(|fault| !(replaced && is_read(fault)));
    let others = others.flat_map(|fault| fault_problems(source, fault));
    let mut problems: Vec<Diagnostic> = of_schema.into_iter().chain(others).collect();
    problems.sort_by(|a, b| a.order().cmp(&b.order()));
    problems.dedup();
    if problems.len() > MAX_FAULTS {
        let more = pluralize(problems.len() - MAX_FAULTS, "more fault");
        problems.truncate(MAX_FAULTS);
        let message = format!("{more}; the first {MAX_FAULTS} are listed");
        problems.push(Diagnostic::error(
            Code::ProductInvalid,
            &source.path(""),
            message,
        ));
    }
    problems
}

/// What the schema of manifests says about a product's manifest.
pub fn manifest_problems(source: &ProductSource) -> Vec<Diagnostic> {
    static MANIFESTS: LazyLock<Option<Schema>> =
        LazyLock::new(|| Schema::compile(PRODUCT_SCHEMA).ok());
    let (Some(text), Some(schema)) = (source.files.get(MANIFEST), &*MANIFESTS) else {
        return Vec::new();
    };
    let path = source.path(MANIFEST);
    let file = match LayeredValues::of_file(&path, text.as_bytes()) {
        Ok(file) => file,
        Err(problems) => return problems,
    };
    let mut problems = Vec::new();
    let values = file.to_json();
    let violations = schema.violations(&values);
    violation::report(&file, (schema, "the manifest"), violations, &mut problems);
    for problem in &mut problems {
        problem.code = Code::ProductInvalid;
        problem.message = without_indices(&problem.message);
    }
    problems
}

/// A failed expression or template of a product, reported in the product's file. Built-in products have no file in the repository:
/// their failures are reported at `config`.
pub fn product_problem(config: &RepoPath, product: &Product, failure: &ProductError) -> Diagnostic {
    let code = match failure.is_of_template() {
        true => Code::RenderFailed,
        false => Code::ProductInvalid,
    };
    let fault = failure.fault();
    if product.source.root.is_none() {
        let message = format!("product `{}`: {fault}", product.name());
        return Diagnostic::error(code, config, message);
    }
    Diagnostic {
        code,
        ..fault_problem(&product.source, &fault)
    }
}

/// A fault at its line; if a YAML or JSON file cannot be parsed, what the parser says.
fn fault_problems(source: &ProductSource, fault: &ProductFault) -> Vec<Diagnostic> {
    let is_syntax = fault.file.ends_with(".yaml") && matches!(fault.place, FaultPlace::Point(..));
    if let (true, Some(text)) = (is_syntax, source.files.get(&fault.file)) {
        let path = source.path(&fault.file);
        if let Err(problems) = parse(&path, text.as_bytes(), Tags::Refuse) {
            return problems;
        }
    }
    vec![fault_problem(source, fault)]
}

/// A fault at its line.
pub fn fault_problem(source: &ProductSource, fault: &ProductFault) -> Diagnostic {
    let path = source.path(&fault.file);
    let mut message = fault.message.clone();
    let text = source.files.get(&fault.file).map(String::as_str);
    let tree = || -> Option<Node> {
        // JSON is YAML, too.
        parse(&path, text?.as_bytes(), Tags::Keep).ok()
    };
    let span = match &fault.place {
        FaultPlace::Whole => None,
        FaultPlace::Key(key) => {
            if !key.is_empty() && fault.file == MANIFEST {
                message = format!("{}: {message}", key_text(key));
            }
            tree().map(|tree| tree.span_of(key.iter().map(String::as_str)))
        }
        FaultPlace::Line(line) => Some(of_line(text, *line)),
        FaultPlace::Point(line, column) => Some(Span::point(*line, *column)),
    };
    let mut problem = Diagnostic::error(Code::ProductInvalid, &path, message);
    problem.help = fault.help.clone();
    match (span, text.map(str::as_bytes)) {
        (Some(span), Some(bytes)) => match decode(&path, bytes) {
            Ok(text) => problem.at(&SourceText::new(text), span),
            Err(_) => problem,
        },
        _ => problem,
    }
}

/// A whole line without the blanks around it.
fn of_line(text: Option<&str>, line: usize) -> Span {
    let text = text.and_then(|text| SourceText::new(text).line(line));
    let text = text.unwrap_or_default();
    let blanks = text.chars().take_while(|c| c.is_whitespace()).count();
    let mut span = Span::point(line, blanks + 1);
    span.end.column = (text.trim_end().chars().count() + 1).max(blanks + 2);
    span
}

/// `rules[].when`, as the documentation writes it.
fn key_text(key: &[String]) -> String {
    let mut text = String::new();
    for part in key {
        match part.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.push_str("[]"),
            false if text.is_empty() => text.push_str(part),
            false => {
                text.push('.');
                text.push_str(part);
            }
        }
    }
    format!("`{text}`")
}

/// A message without the numbers in `rules[0].when`: the line says which one it is.
fn without_indices(message: &str) -> String {
    let mut text = String::new();
    let mut rest = message;
    while let Some((before, after)) = rest.split_once('[') {
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let is_index = digits > 0 && after.as_bytes().get(digits) == Some(&b']');
        text.push_str(before);
        text.push('[');
        rest = after
            .get(if is_index { digits } else { 0 }..)
            .unwrap_or_default();
    }
    text + rest
}
