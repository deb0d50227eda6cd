//! Git's trees.

use std::fmt::Write as _;

/// One item of a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GitItem {
    /// One part of a path. Names that are not UTF-8 are left out of trees.
    pub name: String,
    pub mode: GitMode,
    /// In hexadecimal digits.
    pub id: String,
}

/// The modes of a tree's items. <https://git-scm.com/docs/git-fast-import#_filemodify>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitMode {
    /// A regular file, executable or not: it is never executed. Trees of old versions of git have a third mode.
    File {
        executable: bool,
    },
    Folder,
    SymbolicLink,
    Submodule,
    Other,
}

impl GitMode {
    /// Reads a mode such as `100644`, with or without a zero before it.
    pub fn parse(digits: &str) -> Self {
        match digits.trim_start_matches('0') {
            "100644" | "100664" => Self::File { executable: false },
            "100755" => Self::File { executable: true },
            "40000" => Self::Folder,
            "120000" => Self::SymbolicLink,
            "160000" => Self::Submodule,
            _ => Self::Other,
        }
    }
}

/// Whether a name can be part of a config's path: UTF-8, and one part. APIs print U+FFFD for bytes that are not UTF-8.
pub fn is_usable(name: &str) -> bool {
    !matches!(name, "" | "." | "..") && !name.contains(['/', '\0', '\u{fffd}'])
}

/// Reads a tree object: `mode name<NUL>id` for each item, the id as bytes. `None` if it is cut off.
pub fn parse_tree(mut bytes: &[u8], id_bytes: usize) -> Option<Vec<GitItem>> {
    let mut items = Vec::new();
    while !bytes.is_empty() {
        let space = bytes.iter().position(|byte| *byte == b' ')?;
        let (mode, rest) = (&bytes[..space], &bytes[space + 1..]);
        let end = rest.iter().position(|byte| *byte == 0)?;
        let name = &rest[..end];
        let id = rest.get(end + 1..end + 1 + id_bytes)?;
        bytes = &rest[end + 1 + id_bytes..];
        let mode = GitMode::parse(std::str::from_utf8(mode).ok()?);
        let Some(name) = std::str::from_utf8(name)
            .ok()
            .filter(|name| is_usable(name))
        else {
            continue;
        };
        let mut digits = String::with_capacity(2 * id_bytes);
        for byte in id {
            let _ = write!(digits, "{byte:02x}");
        }
        items.push(GitItem {
            name: name.to_owned(),
            mode,
            id: digits,
        });
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_with_modes_and_without_names_that_no_config_has() {
        let mut tree = Vec::new();
        for (mode, name) in [
            ("100644", "a.yaml".as_bytes()),
            ("100755", b"run"),
            ("40000", b"s3"),
            ("120000", b"link"),
            ("160000", b"lib"),
            ("140000", b"odd"),
            ("100644", b"caf\xe9.yaml"),
            ("100644", b".."),
            ("100644", b"a/b.yaml"),
            ("100644", b"line\nbreak.yaml"),
        ] {
            tree.extend([mode.as_bytes(), b" ", name, b"\0", &[0xab; 20]].concat());
        }
        let items = parse_tree(&tree, 20).unwrap();
        let found: Vec<(&str, GitMode)> = items
            .iter()
            .map(|item| (item.name.as_str(), item.mode))
            .collect();
        assert_eq!(
            found,
            [
                ("a.yaml", GitMode::File { executable: false }),
                ("run", GitMode::File { executable: true }),
                ("s3", GitMode::Folder),
                ("link", GitMode::SymbolicLink),
                ("lib", GitMode::Submodule),
                ("odd", GitMode::Other),
                ("line\nbreak.yaml", GitMode::File { executable: false }),
            ]
        );
        assert_eq!(items[0].id, "ab".repeat(20));
        assert_eq!(parse_tree(&tree[..tree.len() - 1], 20), None);
    }
}
