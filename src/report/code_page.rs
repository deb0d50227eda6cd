//! Addresses of the pages of diagnostic codes.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use crate::diagnostic::{Code, ProductCode};
use crate::product::Registry;

/// The documentation of this version.
const SITE: &str = concat!(env!("CARGO_PKG_HOMEPAGE"), "/", env!("CARGO_PKG_VERSION"));

/// Codes of the built-in products.
static PRODUCT_CODES: LazyLock<BTreeSet<ProductCode>> = LazyLock::new(|| {
    let registry = Registry::built_in();
    let names = registry.names().into_iter();
    let products = names.filter_map(|name| registry.product(name)?.ok());
    let codes = products.flat_map(|product| {
        let rules = product.manifest.rules.iter();
        rules.map(|rule| rule.code.clone()).collect::<Vec<_>>()
    });
    codes.collect()
});

/// The address of a code's page. The codes of a repository's own products have none.
pub(super) fn code_page(code: &Code) -> Option<String> {
    match code {
        Code::Product(code) if !PRODUCT_CODES.contains(code) => None,
        code => Some(format!("{SITE}/codes/{code}.html")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_own_products_have_no_page() {
        let page = |code| code_page(&Code::Product(ProductCode::new(code)));
        assert_eq!(page("queue-short-retention"), None);
        let rule = page(concat!("s3-", "route-tables-without-vpc")).unwrap();
        assert!(rule.ends_with("/codes/s3-route-tables-without-vpc.html"));
        let engine = code_page(&Code::WrongFileName).unwrap();
        assert_eq!(
            engine,
            format!(
                "https://acme.github.io/provisioner/{}/codes/wrong-file-name.html",
                env!("CARGO_PKG_VERSION")
            )
        );
    }
}
