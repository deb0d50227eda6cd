//! The templates of comments: minijinja, in which everything is inert Markdown unless the program itself wrote it.

use std::sync::OnceLock;

use minijinja::syntax::SyntaxConfig;
use minijinja::value::Value;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior};

use super::escape;

/// Renders one of the templates of `templates/comment`.
pub(super) fn render(name: &str, scope: Value) -> Result<String, Error> {
    engine()?.get_template(name)?.render(scope)
}

/// Every expression is inert Markdown unless the program itself wrote it and says so with `raw`.
fn engine() -> Result<&'static Environment<'static>, Error> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .keep_trailing_newline(true)
            .build()?,
    );
    engine.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    engine.set_formatter(write_escaped);
    engine.add_filter("raw", Value::from_safe_string);
    engine.add_filter("code", |text: &str| {
        Value::from_safe_string(escape::code(text))
    });
    engine.add_filter("fence", |text: &str, language: &str| {
        Value::from_safe_string(escape::fence(text, language))
    });
    engine.add_template(
        "head.md.j2",
        include_str!("../../templates/comment/head.md.j2"),
    )?;
    engine.add_template(
        "change.md.j2",
        include_str!("../../templates/comment/change.md.j2"),
    )?;
    engine.add_template(
        "provision.md.j2",
        include_str!("../../templates/comment/provision.md.j2"),
    )?;
    engine.add_template(
        "foot.md.j2",
        include_str!("../../templates/comment/foot.md.j2"),
    )?;
    Ok(ENGINE.get_or_init(|| engine))
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
