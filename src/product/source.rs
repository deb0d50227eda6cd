//! The files of a product before they are read.

use std::collections::BTreeMap;

use crate::model::RepoPath;

/// A product's files by name.
pub type Files = BTreeMap<String, String>;

/// The files that every product has.
pub const MANIFEST: &str = "product.yaml";
/// The JSON Schema of configs.
pub const SCHEMA: &str = "config.schema.json";
/// The source of CloudFormation templates.
pub const TEMPLATE: &str = "stack.yaml.j2";
/// The source of operators' policies.
pub const POLICY: &str = "iam-policy.json.j2";

/// A product's files before they are read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ProductSource {
    pub name: String,
    /// The folder; `None` for a built-in product.
    pub root: Option<RepoPath>,
    pub files: Files,
}

impl ProductSource {
    /// A product of a repository without files.
    pub fn own(name: &str, root: RepoPath) -> Self {
        Self {
            name: name.to_owned(),
            root: Some(root),
            ..Self::default()
        }
    }

    /// Whether it is compiled into the program. Products of a repository always have a folder.
    pub fn is_built_in(&self) -> bool {
        self.root.is_none()
    }

    /// The path of one of its files.
    pub fn path(&self, file: &str) -> RepoPath {
        match &self.root {
            Some(root) if file.is_empty() => root.clone(),
            Some(root) => RepoPath::typed(&format!("{root}/{file}")),
            None => RepoPath::typed(&format!("templates/{}/{file}", self.name)),
        }
    }
}
