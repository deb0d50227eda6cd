//! The items of a config that have folders, such as solutions.

use indexmap::IndexSet;
use minijinja::{Value, context};

use super::fault::{self, ProductError, failure};
use super::{Product, eval_text, limits};

/// Maximum length of an item's name for all products.
const MAX_NAME: usize = 100;

/// An item that a person names, such as one solution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FolderItem {
    /// No item can have this name.
    Invalid {
        /// The names that the product allows.
        help: String,
    },
    /// The config lists it.
    Listed { prefix: String },
    /// The config does not list it.
    Unlisted {
        prefix: String,
        /// The SSM parameter that the stack publishes for a listed item.
        parameter: Option<String>,
    },
}

impl Product {
    /// The config keys from which the list of folders is computed.
    pub fn folder_keys(&self) -> &[String] {
        self.folders
            .as_ref()
            .map_or(&[], |folders| &folders.each.reads)
    }

    /// The prefixes of a config's folders, in order, without duplicates.
    pub fn folder_prefixes(&self, scope: &Value) -> Result<Vec<String>, ProductError> {
        let Some(folders) = &self.folders else {
            return Ok(Vec::new());
        };
        let items = self.items(scope)?;
        let mut prefixes = IndexSet::with_capacity(items.len());
        for item in items {
            let scope = context! { item, ..scope.clone() };
            prefixes.insert(eval_text(["folders", "prefix"], &folders.prefix, &scope)?);
        }
        Ok(prefixes.into_iter().collect())
    }

    /// The items of a config that have folders, by name.
    pub fn folder_items(&self, scope: &Value) -> Result<Vec<String>, ProductError> {
        let items = self.items(scope)?.into_iter();
        Ok(items.map(|item| item.to_string()).collect())
    }

    fn items(&self, scope: &Value) -> Result<Vec<Value>, ProductError> {
        let Some(folders) = &self.folders else {
            return Ok(Vec::new());
        };
        let items = folders.each.eval(scope);
        let items = items.and_then(|items| limits::folder_items(&items));
        items.map_err(|source| failure(fault::key(["folders", "each"]), source))
    }

    /// An item by its name; `None` if the product has no folders.
    pub fn folder_item(
        &self,
        scope: &Value,
        item: &str,
    ) -> Result<Option<FolderItem>, ProductError> {
        let (Some(folders), Some(spec)) = (&self.folders, &self.manifest.folders) else {
            return Ok(None);
        };
        let own = context! { item, ..scope.clone() };
        let valid = folders.valid.as_ref().map(|valid| valid.eval(&own));
        let valid = valid.transpose();
        let valid = valid.map_err(|source| failure(fault::key(["folders", "valid"]), source))?;
        if !is_name(item) || valid.is_some_and(|valid| !valid.is_true()) {
            let help = spec.help.clone().unwrap_or_else(|| {
                format!("use at most {MAX_NAME} letters, digits, `.`, `_` and `-`, with a letter or digit first")
            });
            return Ok(Some(FolderItem::Invalid { help }));
        }
        let prefix = eval_text(["folders", "prefix"], &folders.prefix, &own)?;
        if self.folder_prefixes(scope)?.contains(&prefix) {
            return Ok(Some(FolderItem::Listed { prefix }));
        }
        let parameter = folders.parameter.as_ref();
        let parameter = parameter.map(|name| eval_text(["folders", "parameter"], name, &own));
        Ok(Some(FolderItem::Unlisted {
            prefix,
            parameter: parameter.transpose()?,
        }))
    }
}

/// Whether a text can be one part of a key: no path, and nothing hidden.
fn is_name(text: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    text.len() <= MAX_NAME
        && text.starts_with(|first: char| first.is_ascii_alphanumeric())
        && text.bytes().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_no_path_is_a_name() {
        for name in [
            "",
            ".",
            "..",
            "../../x",
            "a/b",
            "a\\b",
            "-x",
            "a b",
            "a\n",
            "ä",
            &"a".repeat(101),
        ] {
            assert!(!is_name(name), "{name:?}");
        }
        assert!(
            ["a", "Bad_Name", "v1.2", &"a".repeat(100)]
                .into_iter()
                .all(is_name)
        );
    }
}
