//! The folders of a product: a tree as data (nested mappings with empty leaves), and a list of items, each with its own tree.

use super::expression::Compiled;
use super::fault::{self, FaultPlace, ProductFault, yaml_fault};
use super::manifest::Folders;

#[derive(Debug)]
pub(super) struct CompiledFolders {
    pub each: Compiled,
    pub prefix: Compiled,
    pub valid: Option<Compiled>,
    pub parameter: Option<Compiled>,
}

impl CompiledFolders {
    pub(super) fn new(
        folders: &Folders,
        compile: impl Fn(Vec<String>, &str) -> Option<Compiled>,
    ) -> Option<Self> {
        let optional = |key: &str, source: &Option<String>| match source {
            Some(source) => compile(fault::key(["folders", key]), source).map(Some),
            None => Some(None),
        };
        let each = compile(fault::key(["folders", "each"]), &folders.each);
        let prefix = compile(fault::key(["folders", "prefix"]), &folders.prefix);
        let valid = optional("valid", &folders.valid);
        let parameter = optional("parameter", &folders.parameter);
        Some(Self {
            each: each?,
            prefix: prefix?,
            valid: valid?,
            parameter: parameter?,
        })
    }
}

/// The folders of one item, such as one solution.
#[derive(Debug)]
pub struct FolderTree(Vec<String>);

impl FolderTree {
    /// Reads nested mappings. Every key is a folder, and a parent comes before its children. `file`: for faults.
    pub fn parse(file: &str, text: &str) -> Result<Self, ProductFault> {
        let tree = serde_yaml::from_str(text).map_err(|error| yaml_fault(file, &error))?;
        let mut paths = Vec::new();
        walk(&tree, &mut Vec::new(), &mut paths).map_err(|(key, message)| {
            ProductFault::new(file, FaultPlace::Key(key), message)
                .with_help("write each folder as a key with `{}` or more folders below it")
        })?;
        Ok(Self(paths))
    }

    /// Paths that end with `/`, relative to the item's prefix.
    pub fn paths(&self) -> &[String] {
        &self.0
    }
}

fn walk(
    tree: &serde_yaml::Value,
    at: &mut Vec<String>,
    paths: &mut Vec<String>,
) -> Result<(), (Vec<String>, String)> {
    let Some(folders) = tree.as_mapping() else {
        if tree.is_null() {
            return Ok(());
        }
        return Err((
            at.clone(),
            "a folder holds something else than folders".to_owned(),
        ));
    };
    for (name, below) in folders {
        let Some(name) = name.as_str() else {
            return Err((at.clone(), "the name of a folder is not a text".to_owned()));
        };
        at.push(name.to_owned());
        if name.is_empty() || name.contains('/') {
            return Err((at.clone(), format!("invalid name of a folder: {name:?}")));
        }
        paths.push(format!("{}/", at.join("/")));
        walk(below, at, paths)?;
        at.pop();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first() {
        let tree = FolderTree::parse("f", "a: {b: {}, c: }\nd: {}\n").unwrap();
        assert_eq!(tree.paths(), ["a/", "a/b/", "a/c/", "d/"]);
        assert!(FolderTree::parse("f", "a: 1").is_err());
        assert!(FolderTree::parse("f", "a/b: {}").is_err());
    }
}
