//! The meaning and the remedy of diagnostic codes.

use schemars::JsonSchema;
use serde::Serialize;

use super::code_page::code_page;
use super::json_document::JsonDocument;
use crate::diagnostic::{CATALOGUE, Code, ProductCode};
use crate::product::Registry;
use crate::text::did_you_mean;

/// Narrowest column of meanings.
const MIN_MEANING: usize = 24;

/// What diagnostic codes mean.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeList {
    /// The requested code, or all codes.
    pub codes: Vec<CodeMeaning>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub struct CodeMeaning {
    /// Such as `wrong-file-name`.
    pub code: String,
    /// What is wrong, in sentences.
    pub meaning: String,
    /// What clears it, if the product says so.
    pub remedy: Option<String>,
    /// Address of its page. Absent for a code of a repository's own product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page: Option<String>,
}

impl JsonDocument for CodeList {
    const NAME: &'static str = "code-list";
    const TITLE: &'static str = "What diagnostic codes mean";
    const FORMAT: &'static str = "provisioner-codes/1";
}

impl CodeList {
    /// One code in full. Of several, the first sentence, which wraps at `width`.
    pub fn text(&self, width: Option<u16>) -> String {
        if let [code] = &self.codes[..] {
            return code.text();
        }
        let codes = self.codes.iter().map(|code| code.code.len());
        let column = codes.max().unwrap_or_default() + 1;
        let lines = self.codes.iter().map(|code| {
            let meaning = first_sentence(&code.meaning);
            let lines = match width {
                Some(width) => {
                    let width = usize::from(width).saturating_sub(column);
                    wrapped(meaning, width.max(MIN_MEANING))
                }
                None => vec![meaning.to_owned()],
            };
            let below = format!("\n{:column$}", "");
            format!("{:column$}{}\n", code.code, lines.join(&below))
        });
        lines.collect()
    }
}

impl CodeMeaning {
    fn text(&self) -> String {
        let rest = [&self.remedy, &self.page].into_iter().flatten();
        let rest: String = rest.map(|text| format!("\n{text}\n")).collect();
        format!("{}\n\n{}\n{rest}", self.code, self.meaning)
    }
}

/// Breaks a text between words.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The meaning of one code, or of all.
pub fn explain(registry: &Registry, code: Option<&str>) -> Result<CodeList, UnknownCode> {
    let engine = CATALOGUE.iter().map(|entry| CodeMeaning {
        code: entry.code.to_string(),
        meaning: entry.meaning.to_owned(),
        remedy: Some(entry.remedy.to_owned()),
        page: code_page(&entry.code),
    });
    let products = product_rules(registry);
    let products = products
        .into_iter()
        .map(|(code, meaning, remedy)| CodeMeaning {
            code: code.as_str().to_owned(),
            page: code_page(&Code::Product(code)),
            meaning,
            remedy,
        });
    let mut codes: Vec<CodeMeaning> = engine.chain(products).collect();
    let Some(code) = code else {
        return Ok(CodeList { codes });
    };
    match codes.iter().position(|known| known.code == code) {
        Some(index) => Ok(CodeList {
            codes: vec![codes.swap_remove(index)],
        }),
        None => {
            let known = codes.iter().map(|known| known.code.as_str());
            Err(UnknownCode {
                code: code.to_owned(),
                similar: did_you_mean(code, known).map(str::to_owned),
            })
        }
    }
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
    fn a_list_fits_a_terminal() {
        let codes = explain(&Registry::built_in(), None).unwrap();
        let text = codes.text(Some(80));
        let longest = text.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(80), "{text}");
        assert_eq!(codes.text(None).lines().count(), codes.codes.len());
    }

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
