//! The pages for contributors and users: every file of this repository that they name exists.
#![expect(clippy::disallowed_methods, reason = "the pages are files")]

use std::path::{Path, PathBuf};

/// Paths in `src/` and `tests/` that a text names. A path ends before `:` or a line's number.
fn named_paths(text: &str) -> Vec<&str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_./".contains(c);
    text.split(|c: char| !is_part(c))
        .map(|word| word.trim_end_matches(['.', '/']))
        .filter(|word| word.starts_with("src/") || word.starts_with("tests/"))
        .collect()
}

fn pages(root: &Path) -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root.join("docs")).unwrap();
    let docs = docs.map(|entry| entry.unwrap().path());
    docs.filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .chain(["CONTRIBUTING.md", "README.md"].map(|page| root.join(page)))
        .collect()
}

#[test]
fn pages_name_only_files_that_exist() {
    let planted = "a file in `src/action/`, and [a test](tests/offline/x.rs).";
    assert_eq!(named_paths(planted), ["src/action", "tests/offline/x.rs"]);
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut number = 0;
    for page in pages(root) {
        let text = std::fs::read_to_string(&page).unwrap();
        for path in named_paths(&text) {
            assert!(root.join(path).exists(), "{}: {path}", page.display());
            number += 1;
        }
    }
    assert!(number > 10, "{number}");
}
