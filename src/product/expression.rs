//! Expressions of a manifest. Each is compiled once and evaluated for every config.

use std::fmt;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Expression, UndefinedBehavior, Value};

use super::direct_value::DirectExpression;
use super::source::ProductSource;
use super::{budget, limits, operands};

/// A compiled expression and the config keys it reads.
pub struct Compiled {
    engine: &'static Environment<'static>,
    expression: Expression<'static, 'static>,
    /// Of a built-in product.
    direct: Option<DirectExpression>,
    /// Dotted paths, such as `client.company_prefix` or `names.bucket`.
    pub reads: Vec<String>,
}

impl Compiled {
    pub fn new(
        engine: &'static Environment<'static>,
        product: &ProductSource,
        source: &str,
    ) -> Result<Self, minijinja::Error> {
        let measured = operands::measure_expression(source)?;
        let charged = format!("({measured})|{}", budget::CHARGED);
        let expression = engine.compile_expression_owned(charged)?;
        let mut reads: Vec<String> = expression.undeclared_variables(true).into_iter().collect();
        reads.sort();
        Ok(Self {
            engine,
            expression,
            direct: match product.is_built_in() {
                true => DirectExpression::new(source),
                false => None,
            },
            reads,
        })
    }

    pub fn eval(&self, scope: &Value) -> Result<Value, minijinja::Error> {
        let direct = self.direct.as_ref();
        match direct.and_then(|direct| direct.eval(self.engine, scope)) {
            Some(value) => {
                debug_assert!(self.eval_in_engine(scope).is_ok_and(|same| same == value));
                Ok(value)
            }
            None => {
                #[cfg(test)]
                crate::model::work::count("engine");
                self.eval_in_engine(scope)
            }
        }
    }

    fn eval_in_engine(&self, scope: &Value) -> Result<Value, minijinja::Error> {
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
///
/// Returns the sources that do not compile, each with its error.
pub fn engine(
    printed: Printed,
    sources: impl IntoIterator<Item = (String, String)>,
) -> Result<&'static Environment<'static>, Vec<(String, minijinja::Error)>> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = syntax().map_err(|error| vec![(String::new(), error)])?;
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
    let mut failed = Vec::new();
    for (name, source) in sources {
        let added = operands::measure_template(&name, &source, syntax.clone())
            .and_then(|source| engine.add_template_owned(name.clone(), source));
        if let Err(error) = added {
            failed.push((name, error));
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    Ok(Box::leak(Box::new(engine)))
}

/// The syntax of all templates.
pub(super) fn syntax() -> Result<SyntaxConfig, minijinja::Error> {
    SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiled")
            .field("reads", &self.reads)
            .finish_non_exhaustive()
    }
}

/// A text without quotes, and any other value as minijinja prints it.
pub(super) fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
