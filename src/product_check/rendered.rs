//! Rendered templates, whose problems are reported in the template's source.

use super::place::in_file;
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic, SourceText};
use crate::product::{Product, ProductSource, TEMPLATE};
use crate::template::{Document, check, source_line};
use crate::text::quote;

pub(super) struct RenderedSample {
    /// `None` if it cannot be read.
    pub document: Option<Document>,
    pub problems: Vec<Diagnostic>,
}

/// Renders the template of a config and reads it back. `what`: the file of the config.
pub(super) fn template(product: &Product, what: &str, config: &Config) -> RenderedSample {
    let source = &product.source;
    let text = match product.render_template(&config.derived.scope) {
        Ok(text) => text,
        Err(failure) => {
            return RenderedSample {
                document: None,
                problems: vec![product_problem(&source.path(what), product, &failure)],
            };
        }
    };
    let path = source.path(TEMPLATE);
    let (document, problems) = match Document::parse(&path, &text) {
        Ok(document) => {
            let problems = check(&path, &text, &document);
            (Some(document), problems)
        }
        Err(problems) => (None, problems),
    };
    let problems = problems.into_iter();
    let problems = problems.map(|problem| in_source(source, what, &text, problem));
    RenderedSample {
        document,
        problems: problems.collect(),
    }
}

/// Help for a text that is no YAML. `written`: the rendered line.
fn help_of(code: &Code, written: &str) -> Option<String> {
    let help = match code {
        Code::DuplicateKey => "give one of the two another name",
        Code::YamlSyntax if written.trim_end().contains("\"-") || written.contains("\"/") => {
            "join texts inside the expression: `{{ name ~ '-main' }}`"
        }
        Code::YamlSyntax => {
            "check the lines before it, too: an expression and a macro print a whole value"
        }
        _ => return None,
    };
    Some(help.to_owned())
}

/// A problem of a rendered text at the line of the source that it comes from.
fn in_source(source: &ProductSource, what: &str, text: &str, problem: Diagnostic) -> Diagnostic {
    let line = problem.span.map(|span| span.start.line);
    let written = line.and_then(|line| SourceText::new(text).line(line));
    let written = written.map(str::trim_end).unwrap_or_default();
    let message = match line {
        Some(line) if !written.trim().is_empty() => format!(
            "{}; line {line} of the template that `{what}` renders to: {}",
            problem.message,
            quote(written.trim())
        ),
        _ => format!(
            "{}; in the template that `{what}` renders to",
            problem.message
        ),
    };
    let (file, line) = match source_line(source, written) {
        Some((file, line)) => (file, Some(line)),
        None => (TEMPLATE, None),
    };
    let own = line.and_then(|line| SourceText::new(source.files.get(file)?).line(line));
    let is_quoted = own.is_some_and(|own| own.contains("\"{{") || own.contains("'{{"));
    let help = match is_quoted {
        true => Some("delete the quotes around the expression: it prints its own".to_owned()),
        false => problem.help.or_else(|| help_of(&problem.code, written)),
    };
    Diagnostic {
        code: problem.code,
        severity: problem.severity,
        help,
        ..in_file(source, file, line, message)
    }
}
