//! Renders the template of a config.

use crate::config::{Config, product_problem};
use crate::diagnostic::Diagnostic;
use crate::template::{
    Document, INLINE_BYTES, in_own_product, name_claims, parse_names, physical_names,
};

/// `Err`: why the template does not render, or is no YAML.
pub(super) fn rendered(config: &Config) -> Result<(String, Document), Vec<Diagnostic>> {
    let text = text(config)?;
    let document = parsed(config, &text)?;
    Ok((text, document))
}

/// The same, but of a template that a request can hold and that a built-in product renders, the document has only resources, names and
/// claims: that such templates are valid is known.
pub(super) fn rendered_names(config: &Config) -> Result<(String, Document), Vec<Diagnostic>> {
    let text = text(config)?;
    let is_known = config.product.source.is_built_in() && text.len() <= INLINE_BYTES;
    let document = match is_known.then(|| parse_names(&text)).flatten() {
        Some(document) => document,
        None => parsed(config, &text)?,
    };
    debug_assert!(parsed(config, &text).is_ok_and(|whole| {
        let names = |document| {
            let all = Document::resources(document);
            let all = all.map(|one| (one.logical_id.to_owned(), one.kind.to_owned()));
            let named = physical_names(document).map(|name| name.name.to_owned());
            let (all, named): (Vec<_>, Vec<_>) = (all.collect(), named.collect());
            (all, named, name_claims(document, &config.target))
        };
        names(&document) == names(&whole)
    }));
    Ok((text, document))
}

fn text(config: &Config) -> Result<String, Vec<Diagnostic>> {
    let text = config.product.render_template(&config.derived.scope);
    text.map_err(|failure| vec![product_problem(&config.path, &config.product, &failure)])
}

fn parsed(config: &Config, text: &str) -> Result<Document, Vec<Diagnostic>> {
    let document = Document::parse(&config.path, text);
    document.map_err(|problems| in_own_product(config, text, problems))
}
