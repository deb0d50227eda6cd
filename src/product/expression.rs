//! Expressions of a manifest. Each is compiled once and evaluated for every config.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Expression, UndefinedBehavior, Value};

use super::source::ProductSource;
use super::{budget, limits, operands};

/// A compiled expression and the config keys it reads.
#[derive(Debug)]
pub struct Compiled {
    expression: Expression<'static, 'static>,
    /// Dotted paths, such as `client.company_prefix` or `names.bucket`.
    pub reads: Vec<String>,
}

impl Compiled {
    pub fn new(
        engine: &'static Environment<'static>,
        metering: Metering,
        source: &str,
    ) -> Result<Self, minijinja::Error> {
        let source = match metering {
            Metering::Full => {
                let source = operands::measure_expression(source)?;
                format!("({source})|{}", budget::CHARGED)
            }
            Metering::Instructions => source.to_owned(),
        };
        let expression = engine.compile_expression_owned(source)?;
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

/// How much of an evaluation's work is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metering {
    /// Instructions, the size of each operand, and the steps of all evaluations of a config: for products of a repository, which may be
    /// hostile.
    Full,
    /// Instructions of each evaluation: for built-in products, which build no value much larger than a config. The rest takes half of the
    /// time of a rendering.
    Instructions,
}

impl Metering {
    pub fn for_product(source: &ProductSource) -> Self {
        match source.is_built_in() {
            true => Self::Instructions,
            false => Self::Full,
        }
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
    metering: Metering,
    sources: impl IntoIterator<Item = (String, String)>,
) -> Result<&'static Environment<'static>, Vec<(String, minijinja::Error)>> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    let syntax = SyntaxConfig::builder()
        .trim_blocks(true)
        .lstrip_blocks(true)
        .keep_trailing_newline(true)
        .build()
        .map_err(|error| vec![(String::new(), error)])?;
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
        let measured = match metering {
            Metering::Full => operands::measure_template(&name, &source, syntax.clone()),
            Metering::Instructions => Ok(source),
        };
        let added = measured.and_then(|source| engine.add_template_owned(name.clone(), source));
        if let Err(error) = added {
            failed.push((name, error));
        }
    }
    if !failed.is_empty() {
        return Err(failed);
    }
    Ok(Box::leak(Box::new(engine)))
}

/// A text without quotes, and any other value as minijinja prints it.
pub(super) fn as_text(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}
