//! The template engine of HTML pages: escapes invisible characters, then HTML.

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, UndefinedBehavior};

use crate::text::escape_invisible;

/// An engine without templates.
pub(super) fn html_environment() -> Result<Environment<'static>, Error> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    engine.set_auto_escape_callback(|_| AutoEscape::Html);
    engine.set_formatter(|out, state, value| match value.as_str() {
        // A page's macros return escaped text.
        Some(text) if !value.is_safe() => minijinja::escape_formatter(
            out,
            state,
            &Value::from(escape_invisible(text, true).into_owned()),
        ),
        _ => minijinja::escape_formatter(out, state, value),
    });
    Ok(engine)
}
