//! Renames of configs. A forge reports any two similar files, such as a removed and an added config of different products.

use std::collections::{HashMap, HashSet};

use super::{Input, Renamed};
use crate::config::{ConfigContents, load_contents};
use crate::diff::share_most_lines;
use crate::model::RepoPath;
use crate::product::Registry;

/// Paths of configs that were renamed: both files have the same product and share most lines.
#[derive(Debug, Default)]
pub struct ConfigRenames<'a>(HashSet<&'a RepoPath>);

impl<'a> ConfigRenames<'a> {
    pub fn find(base: &Registry, head: &Registry, inputs: &'a [Input]) -> Self {
        let mut by_path: HashMap<&RepoPath, &Input> = HashMap::new();
        if inputs.iter().any(|input| input.renamed.is_some()) {
            by_path.extend(inputs.iter().map(|input| (&input.path, input)));
        }
        let mut renamed = HashSet::new();
        for input in inputs {
            let Some(Renamed::From(from)) = &input.renamed else {
                continue;
            };
            let Some(old) = by_path.get(from) else {
                continue;
            };
            if is_rename((base, old), (head, input)) {
                renamed.extend([&old.path, &input.path]);
            }
        }
        Self(renamed)
    }

    pub fn contains(&self, path: &RepoPath) -> bool {
        self.0.contains(path)
    }
}

fn is_rename((base, old): (&Registry, &Input), (head, new): (&Registry, &Input)) -> bool {
    let (Some(before), Some(after)) = (&old.base, &new.head) else {
        return false;
    };
    let product = |registry: &Registry, input: &Input, file: &ConfigContents| {
        let config = load_contents(registry, &input.path, file).config?;
        Some(config.product.name().to_owned())
    };
    let products = (product(base, old, before), product(head, new, after));
    let (Some(before), Some(after)) = (before.file.bytes(), after.file.bytes()) else {
        return false;
    };
    products.0.is_some() && products.0 == products.1 && share_most_lines(before, after)
}
