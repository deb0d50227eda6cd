//! The meaning and the remedy of diagnostic codes.

use crate::diagnostic::{CATALOGUE, Code, ProductCode, explain as of_engine};
use crate::product::Registry;
use crate::text::did_you_mean;

/// One code in full, or all of them in a line each.
pub fn explain(registry: &Registry, code: Option<&str>) -> Result<String, UnknownCode> {
    let of_products = product_rules(registry);
    let Some(code) = code else {
        let engine = CATALOGUE
            .iter()
            .map(|entry| format!("{:<28} {}\n", entry.code, first_sentence(entry.meaning)));
        let products = of_products
            .iter()
            .map(|(code, message, _)| format!("{code:<28} {message}\n"));
        return Ok(engine.chain(products).collect());
    };
    if let Some(entry) = Code::of_engine(code).and_then(|code| of_engine(&code)) {
        return Ok(format!("{code}\n\n{}\n\n{}\n", entry.meaning, entry.remedy));
    }
    if let Some((_, message, help)) = of_products
        .iter()
        .find(|(known, ..)| known.as_str() == code)
    {
        let help = help
            .as_ref()
            .map(|help| format!("\n{help}\n"))
            .unwrap_or_default();
        return Ok(format!("{code}\n\n{message}\n{help}"));
    }
    let known = CATALOGUE
        .iter()
        .map(|entry| entry.code.as_str())
        .chain(of_products.iter().map(|(code, ..)| code.as_str()));
    Err(UnknownCode {
        code: code.to_owned(),
        similar: did_you_mean(code, known).map(str::to_owned),
    })
}

#[derive(Debug, thiserror::Error)]
#[error("no diagnostic has the code `{code}`")]
pub struct UnknownCode {
    pub code: String,
    /// A known code that is spelled like it.
    pub similar: Option<String>,
}

fn product_rules(registry: &Registry) -> Vec<(ProductCode, String, Option<String>)> {
    let products = registry
        .names()
        .into_iter()
        .filter_map(|name| registry.product(name)?.ok())
        .collect::<Vec<_>>();
    products
        .iter()
        .flat_map(|product| &product.manifest.rules)
        .map(|rule| {
            let help = rule.help.as_deref().map(without_expressions);
            (rule.code.clone(), without_expressions(&rule.message), help)
        })
        .collect()
}

/// A text of a manifest with a word in capitals for each expression, as usage lines have them: `{{ names.bucket }}` becomes
/// `BUCKET`, and a number of characters `N`. A loop's body stays, once.
pub fn without_expressions(text: &str) -> String {
    let text = without_statements(text);
    let mut words = String::new();
    let mut rest = text.as_str();
    while let Some((before, (expression, after))) = rest
        .split_once("{{")
        .and_then(|(before, from)| Some((before, from.split_once("}}")?)))
    {
        words.push_str(before);
        words.push_str(&placeholder(expression));
        rest = after;
    }
    words + rest
}

/// The text without `{% for … %}` and other statements. A minus sign takes the space beside it, as in a template.
fn without_statements(text: &str) -> String {
    let mut words = String::new();
    let mut rest = text;
    while let Some((before, (statement, after))) = rest
        .split_once("{%")
        .and_then(|(before, from)| Some((before, from.split_once("%}")?)))
    {
        words.push_str(match statement.starts_with('-') {
            true => before.trim_end(),
            false => before,
        });
        rest = match statement.ends_with('-') {
            true => after.trim_start(),
            false => after,
        };
    }
    words + rest
}

fn placeholder(expression: &str) -> String {
    let mut parts = expression.split('|').map(str::trim);
    let key = parts.next().unwrap_or_default();
    match parts.any(|filter| filter == "length") {
        true => "N".to_owned(),
        false => key.rsplit('.').next().unwrap_or(key).to_uppercase(),
    }
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_words_and_statements_are_left_out() {
        for (text, expected) in [
            ("no expression", "no expression"),
            ("`{{ names.bucket }}`", "`BUCKET`"),
            ("{{ names.bucket | length }} characters", "N characters"),
            (
                "keys differ: {%- for key in tags if key %} `{{ key }}` {%- endfor %}.",
                "keys differ: `KEY`.",
            ),
            ("a {% if b -%} c {% endif %}d", "a c d"),
            ("an open {% stays", "an open {% stays"),
        ] {
            assert_eq!(without_expressions(text), expected, "{text}");
        }
    }
}
