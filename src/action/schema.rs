//! `schema [PRODUCT]`: the JSON Schema of a product's configs, for editors.

use std::path::Path;

use crate::exit::Exit;
use crate::product::Registry;
use crate::wording::all_of;
use crate::workspace::add_repository_products;

/// The schema of a product; without a name, that of the only product, or the names of all.
pub fn schema(product: Option<&str>) -> (String, Exit) {
    let mut registry = Registry::built_in();
    add_repository_products(&mut registry, Path::new("."));
    let names = registry.names();
    let name = match (product, names.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => only,
        (None, _) => {
            eprintln!("error: which product? There are {}", all_of(&names));
            return (String::new(), Exit::Usage);
        }
    };
    match registry.product(name) {
        Some(Ok(product)) => (format!("{:#}\n", product.schema.document()), Exit::Ok),
        Some(Err(error)) => {
            eprintln!("error[product-invalid]: {error}");
            (String::new(), Exit::Config)
        }
        None => {
            eprintln!(
                "error: no product is called `{name}`; there are {}",
                all_of(&names)
            );
            (String::new(), Exit::Usage)
        }
    }
}
