//! Expressions of a manifest. Each is compiled once and evaluated for every config.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Expression, UndefinedBehavior, Value};

use super::{budget, limits, operands};

/// A compiled expression and the config keys it reads.
#[derive(Debug)]
pub struct Compiled {
    expression: Expression<'static, 'static>,
    /// Dotted paths, such as `client.company_prefix` or `names.bucket`.
    pub reads: Vec<String>,
}

impl Compiled {
    /// Compiles `source`; `what` names it in the error.
    pub fn new(
        engine: &'static Environment<'static>,
        what: &str,
        source: &str,
    ) -> anyhow::Result<Self> {
        let expression = operands::measure_expression(source)
            .and_then(|source| {
                let charged = format!("({source})|{}", budget::CHARGED);
                engine.compile_expression_owned(charged)
            })
            .map_err(|error| anyhow::anyhow!("{what}: {error}"))?;
        let mut reads: Vec<String> = expression.undeclared_variables(true).into_iter().collect();
        reads.sort();
        Ok(Self { expression, reads })
    }

    pub fn eval(&self, scope: &Value) -> Result<Value, minijinja::Error> {
        budget::within(scope, || {
            let value = self.expression.eval(scope.clone())?;
            limits::check(&value)?;
            Ok(value)
        })
    }
}

/// How a template prints values. The template cannot choose: neither `autoescape` nor an included template changes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Printed {
    /// As JSON literals, so that no value becomes structure.
    Json,
    /// As plain text, for people.
    Text,
}

/// The template engine with the one setting for all products: strict, limited work, no filesystem, no clock.
///
/// The engine lives as long as the process, because expressions and templates borrow from it. A process loads a handful of
/// products once, so freeing them gains nothing.
pub fn engine(
    printed: Printed,
    sources: impl IntoIterator<Item = (String, String)>,
) -> anyhow::Result<&'static Environment<'static>> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()?;
    engine.set_syntax(syntax.clone());
    limits::register(&mut engine);
    engine.add_filter(budget::CHARGED, budget::charged);
    engine.set_auto_escape_callback(|_| AutoEscape::None);
    engine.set_formatter(move |out, state, value| {
        limits::check(value)?;
        match printed {
            Printed::Json => super::filters::write_json(out, value),
            Printed::Text => minijinja::escape_formatter(out, state, value),
        }
    });
    super::filters::register(&mut engine);
    for (name, source) in sources {
        operands::measure_template(&name, &source, syntax.clone())
            .and_then(|source| engine.add_template_owned(name.clone(), source))
            .map_err(|error| anyhow::anyhow!("{name}: {error}"))?;
    }
    Ok(Box::leak(Box::new(engine)))
}

/// An expression or template of the product failed. The product has a bug, not the config.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {}", limits::reason(.source))]
pub struct ProductError {
    /// The expression or file.
    pub what: String,
    /// With the line.
    pub source: minijinja::Error,
}

pub(super) fn failure(what: String, source: minijinja::Error) -> ProductError {
    ProductError { what, source }
}

/// A text without quotes, and any other value as minijinja prints it.
pub(super) fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
