//! The templates of comments. Every expression is escaped, except the program's own text: the words of a template, and values of
//! [`safe`].

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior};

use super::escape;

/// Renders a template of `templates/comment`.
pub(super) fn render(name: &str, scope: Value) -> Result<String, Error> {
    environment()?.get_template(name)?.render(scope)
}

/// Marks Markdown of the program itself.
pub(super) fn safe(markdown: String) -> Value {
    Value::from_safe_string(markdown)
}

fn environment() -> Result<&'static Environment<'static>, Error> {
    static ENVIRONMENT: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(environment) = ENVIRONMENT.get() {
        return Ok(environment);
    }
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    environment.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    environment.set_formatter(write_escaped);
    environment.add_filter("code", |text: &str| {
        Value::from_safe_string(escape::code(text))
    });
    environment.add_filter("fence", |text: &str, language: &str| {
        Value::from_safe_string(escape::fence(text, language))
    });
    environment.add_template(
        "change.md.j2",
        include_str!("../../templates/comment/change.md.j2"),
    )?;
    environment.add_template(
        "outcome.md.j2",
        include_str!("../../templates/comment/outcome.md.j2"),
    )?;
    environment.add_template(
        "foot.md.j2",
        include_str!("../../templates/comment/foot.md.j2"),
    )?;
    Ok(ENVIRONMENT.get_or_init(|| environment))
}

fn write_escaped(out: &mut Output, _: &mut State, value: &Value) -> Result<(), Error> {
    match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text)?,
        Some(text) => out.write_str(&escape::escape_markdown(text))?,
        None if value.is_number() => out.write_str(&value.to_string())?,
        None => out.write_str(&escape::code(&value.to_string()))?,
    }
    Ok(())
}
