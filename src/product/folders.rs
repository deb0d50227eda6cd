//! The folders of a product: a tree as data (nested mappings with empty leaves), and a list of items, each with its own tree.

use anyhow::bail;

use super::expression::Compiled;
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
        compile: impl Fn(String, &str) -> anyhow::Result<Compiled>,
    ) -> anyhow::Result<Self> {
        let optional = |key: &str, source: &Option<String>| {
            let source = source.as_deref();
            source
                .map(|source| compile(format!("folders.{key}"), source))
                .transpose()
        };
        Ok(Self {
            each: compile("folders.each".into(), &folders.each)?,
            prefix: compile("folders.prefix".into(), &folders.prefix)?,
            valid: optional("valid", &folders.valid)?,
            parameter: optional("parameter", &folders.parameter)?,
        })
    }
}

/// The folders of one item, such as one solution.
#[derive(Debug)]
pub struct FolderTree(Vec<String>);

impl FolderTree {
    /// Reads nested mappings. Every key is a folder, and a parent comes before its children.
    pub fn parse(text: &str) -> anyhow::Result<Self> {
        let tree: serde_yaml::Value = serde_yaml::from_str(text)?;
        let mut paths = Vec::new();
        walk(&tree, "", &mut paths)?;
        Ok(Self(paths))
    }

    /// Paths that end with `/`, relative to the item's prefix.
    pub fn paths(&self) -> &[String] {
        &self.0
    }
}

fn walk(tree: &serde_yaml::Value, prefix: &str, paths: &mut Vec<String>) -> anyhow::Result<()> {
    let Some(folders) = tree.as_mapping() else {
        if tree.is_null() {
            return Ok(());
        }
        bail!("{prefix:?} must hold folders (a mapping) or nothing");
    };
    for (name, below) in folders {
        let Some(name) = name
            .as_str()
            .filter(|name| !name.is_empty() && !name.contains('/'))
        else {
            bail!("{prefix:?} holds a folder whose name is not a word");
        };
        let path = format!("{prefix}{name}/");
        paths.push(path.clone());
        walk(below, &path, paths)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_come_first() {
        let tree = FolderTree::parse("a: {b: {}, c: }\nd: {}\n").unwrap();
        assert_eq!(tree.paths(), ["a/", "a/b/", "a/c/", "d/"]);
        assert!(FolderTree::parse("a: 1").is_err());
        assert!(FolderTree::parse("a/b: {}").is_err());
    }
}
