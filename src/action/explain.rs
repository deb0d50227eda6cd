//! `explain [CODE]`: what a code means, and what clears it.

use crate::diagnostic::{CATALOGUE, explain as of_engine};
use crate::exit::Exit;
use crate::product::Registry;
use crate::text::did_you_mean;

/// One code in full, or all of them in a line each.
pub fn explain(code: Option<&str>) -> (String, Exit) {
    let of_products = product_rules();
    let Some(code) = code else {
        let engine = CATALOGUE
            .iter()
            .map(|entry| format!("{:<28} {}\n", entry.code, first_sentence(entry.meaning)));
        let products = of_products
            .iter()
            .map(|(code, message, _)| format!("{code:<28} {message}\n"));
        return (engine.chain(products).collect(), Exit::Ok);
    };
    if let Some(entry) = of_engine(code) {
        return (
            format!("{code}\n\n{}\n\n{}\n", entry.meaning, entry.remedy),
            Exit::Ok,
        );
    }
    if let Some((_, message, help)) = of_products.iter().find(|(known, ..)| known == code) {
        let help = help
            .as_ref()
            .map(|help| format!("\n{help}\n"))
            .unwrap_or_default();
        return (format!("{code}\n\n{message}\n{help}"), Exit::Ok);
    }
    let known = CATALOGUE
        .iter()
        .map(|entry| entry.code)
        .chain(of_products.iter().map(|(code, ..)| code.as_str()));
    match did_you_mean(code, known) {
        Some(meant) => {
            eprintln!("error: no diagnostic has the code `{code}`; did you mean `{meant}`?")
        }
        None => eprintln!(
            "error: no diagnostic has the code `{code}`; `provisioner explain` lists them"
        ),
    }
    (String::new(), Exit::Usage)
}

fn product_rules() -> Vec<(String, String, Option<String>)> {
    let registry = Registry::built_in();
    let products = registry
        .names()
        .into_iter()
        .filter_map(|name| registry.product(name)?.ok())
        .collect::<Vec<_>>();
    products
        .iter()
        .flat_map(|product| &product.manifest.rules)
        .map(|rule| (rule.code.clone(), rule.message.clone(), rule.help.clone()))
        .collect()
}

fn first_sentence(text: &str) -> &str {
    text.find(". ").map_or(text, |end| &text[..=end])
}
