//! Renders the template of a config.

use crate::config::{Config, product_problem};
use crate::diagnostic::Diagnostic;
use crate::template::{Document, in_own_product};

/// `Err`: why the template does not render, or is no YAML.
pub(super) fn rendered(config: &Config) -> Result<(String, Document), Vec<Diagnostic>> {
    let text = config.product.render_template(&config.derived.scope);
    let text =
        text.map_err(|failure| vec![product_problem(&config.path, &config.product, &failure)])?;
    let document = Document::parse(&config.path, &text)
        .map_err(|problems| in_own_product(config, &text, problems))?;
    Ok((text, document))
}
