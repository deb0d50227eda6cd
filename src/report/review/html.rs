//! The template engine of the page: escapes every value, and breaks long words.

use std::sync::OnceLock;

use minijinja::value::Value;
use minijinja::{Environment, Error};

use crate::report::html::html_environment;

/// Renders the diagram. Its markup is the program's own, so that the page does not escape it again.
pub(super) fn render_diagram(scope: Value) -> Result<String, Error> {
    engine()?.get_template("diagram.svg.j2")?.render(scope)
}

/// Renders the page.
pub(super) fn render(scope: Value) -> Result<String, Error> {
    engine()?.get_template("report.html.j2")?.render(scope)
}

fn engine() -> Result<&'static Environment<'static>, Error> {
    static ENGINE: OnceLock<Environment<'static>> = OnceLock::new();
    if let Some(engine) = ENGINE.get() {
        return Ok(engine);
    }
    let mut engine = html_environment()?;
    engine.add_filter("parts", |text: &str| parts(text));
    engine.add_template(
        "diagram.svg.j2",
        include_str!("../../../templates/review/diagram.svg.j2"),
    )?;
    engine.add_template(
        "report.html.j2",
        include_str!("../../../templates/review/report.html.j2"),
    )?;
    Ok(ENGINE.get_or_init(|| engine))
}

/// Splits a text at the places where a line may break: after punctuation, and between a lower-case and an upper-case letter.
pub(super) fn parts(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut last = ' ';
    for character in text.chars() {
        let hump = last.is_lowercase() && character.is_uppercase();
        let after = "/:._".contains(last) && character.is_alphanumeric();
        if hump || after {
            parts.push(String::new());
        }
        if let Some(part) = parts.last_mut() {
            part.push(character);
        }
        last = character;
    }
    parts
}

#[cfg(test)]
mod tests {
    #[test]
    fn long_words_have_parts() {
        let parts = |text| super::parts(text).join("|");
        assert_eq!(parts("AWS::SSM::Parameter"), "AWS::|SSM::|Parameter");
        assert_eq!(parts("VpcEndpointIdSts"), "Vpc|Endpoint|Id|Sts");
        assert_eq!(parts("ml_product.vpc"), "ml_|product.|vpc");
        assert_eq!(parts(""), "");
    }
}
