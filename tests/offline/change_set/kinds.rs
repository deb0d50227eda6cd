//! What the resources of the built-in products hold.

use std::collections::BTreeSet;

use include_dir::{Dir, DirEntry, include_dir};
use provisioner::template::{DataKind, data_kind};

static TEMPLATES: Dir = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// Types of resources, in `Type: AWS::Service::Kind`. Types of parameters have a fourth part.
fn types(folder: &'static Dir<'static>, found: &mut BTreeSet<&'static str>) {
    for entry in folder.entries() {
        match entry {
            DirEntry::Dir(folder) => types(folder, found),
            DirEntry::File(file) => {
                let lines = file.contents_utf8().unwrap_or_default().lines();
                let types = lines.filter_map(|line| line.trim().strip_prefix("Type: "));
                found.extend(
                    types.filter(|name| name.starts_with("AWS::") && name.split("::").count() == 3),
                );
            }
        }
    }
}

#[test]
fn every_type_of_a_built_in_product_is_known() {
    let mut found = BTreeSet::new();
    types(&TEMPLATES, &mut found);
    assert!(found.len() >= 20, "{found:?}");
    let is_unknown = |name: &&&str| data_kind(name, false) == DataKind::NotKnown;
    let unknown: Vec<&&str> = found.iter().filter(is_unknown).collect();
    assert_eq!(unknown, [&""; 0]);
}
