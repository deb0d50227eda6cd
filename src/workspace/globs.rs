//! Globs of configs: the same dialect for paths of a forge and files on disk. `*` and `?` do not match `/`, `**` does, and `{a,b}`
//! matches either.

use std::path::{Path, PathBuf};

use globset::{Glob, GlobBuilder, GlobMatcher};
use walkdir::{DirEntry, WalkDir};

/// Maximum number of entries that one search reads before it fails. A forge lists as many of a tree.
const MAX_ENTRIES: usize = 100_000;

/// Why a search has no result.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The text is not a glob.
    #[error("invalid glob: {}", .0.kind())]
    Glob(#[from] globset::Error),
    /// The glob matches folders with too many entries.
    #[error("the search passed {MAX_ENTRIES} files and folders")]
    TooManyEntries,
}

/// Compiles a glob of paths inside a repository.
pub fn config_glob(glob: &str) -> Result<Glob, globset::Error> {
    GlobBuilder::new(glob).literal_separator(true).build()
}

/// The files that a glob matches, relative to the current folder like the glob itself, in no order.
pub fn find_files(glob: &str) -> Result<Vec<PathBuf>, SearchError> {
    let literal = glob.find(['*', '?', '[', '{', '\\']).unwrap_or(glob.len());
    let start = glob[..literal].rfind('/').map_or(0, |slash| slash + 1);
    find_files_in(Path::new(&glob[..start]), &glob[start..])
}

/// The files below a folder that a glob matches. The search reads only folders that the glob can match and follows no link to
/// a folder. It finds links to files as well: reading them is an error.
pub fn find_files_in(folder: &Path, glob: &str) -> Result<Vec<PathBuf>, SearchError> {
    let matcher = config_glob(glob)?.compile_matcher();
    let levels = GlobFolders::new(glob);
    let here = Path::new(".");
    let top = match folder.as_os_str().is_empty() {
        true => here,
        false => folder,
    };
    let below = |entry: &DirEntry| {
        let path = entry.path();
        path.strip_prefix(top).unwrap_or(path).to_path_buf()
    };
    let entries = WalkDir::new(top)
        .min_depth(1)
        .max_depth(levels.max_depth())
        .into_iter()
        .filter_entry(|entry| {
            !entry.file_type().is_dir() || levels.may_hold(entry.depth(), &below(entry))
        });
    let mut files = Vec::new();
    for (read, entry) in entries.enumerate() {
        if read == MAX_ENTRIES {
            return Err(SearchError::TooManyEntries);
        }
        // A folder that cannot be read holds no config that could be read.
        let Ok(entry) = entry else { continue };
        let path = below(&entry);
        if matcher.is_match(&path) && !entry.file_type().is_dir() {
            files.push(folder.join(path));
        }
    }
    Ok(files)
}

/// Which folders can hold a match of a glob.
#[derive(Clone, Debug)]
pub struct GlobFolders {
    /// One matcher for each level of folders whose names the glob gives.
    levels: Vec<GlobMatcher>,
    /// Whether the glob matches at any depth below these levels.
    any_depth: bool,
}

impl GlobFolders {
    pub fn new(glob: &str) -> Self {
        let ends = glob.match_indices('/').map(|(slash, _)| slash);
        let mut levels = Vec::new();
        let mut from = 0;
        for end in ends.chain([glob.len()]) {
            // The start of a glob does not compile where `/` is inside `{…}` or `[…]`: then any folder may match.
            let level = config_glob(&glob[..end]).ok();
            let Some(level) = level.filter(|_| &glob[from..end] != "**") else {
                return Self {
                    levels,
                    any_depth: true,
                };
            };
            levels.push(level.compile_matcher());
            from = end + 1;
        }
        // The last level names files.
        levels.pop();
        Self {
            levels,
            any_depth: false,
        }
    }

    /// Whether a folder below the root of a repository can hold a match.
    pub fn may_match_below(&self, folder: &str) -> bool {
        let depth = folder.split('/').count();
        self.may_hold(depth, Path::new(folder))
    }

    fn max_depth(&self) -> usize {
        match self.any_depth {
            true => usize::MAX,
            false => self.levels.len() + 1,
        }
    }

    fn may_hold(&self, depth: usize, path: &Path) -> bool {
        // The forge lists no `.git` either.
        let is_git = path.file_name().is_some_and(|name| name == ".git");
        let level = self.levels.get(depth - 1);
        !is_git && level.map_or(self.any_depth, |level| level.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::model::{FileContents, IrregularFile};

    /// Paths below a folder of the files that a glob matches.
    fn found(folder: &Path, glob: &str) -> Vec<String> {
        let mut paths: Vec<String> = find_files(&format!("{}/{glob}", folder.display()))
            .unwrap()
            .iter()
            .map(|path| path.strip_prefix(folder).unwrap().display().to_string())
            .collect();
        paths.sort();
        paths
    }

    fn folder_with(paths: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for path in paths {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        folder
    }

    #[test]
    fn disk_and_forge_match_the_same_paths() {
        let paths = [
            "a.yaml",
            "s3/a.yaml",
            "s3/configs/a.yaml",
            "s3/configs/a.yml",
            "s3/configs/deep/er/a.yaml",
            "ml/configs/.hidden.yaml",
            "[ml]/configs/a.yaml",
        ];
        let folder = folder_with(&paths);
        for glob in [
            "*.yaml",
            "*/*.yaml",
            "**/*.yaml",
            "s3/**",
            "s3/**/er/*.yaml",
            "s3/configs/*.{yaml,yml}",
            "{s3/configs,ml/configs}/*.yaml",
            "{s3,ml}/configs/*.yaml",
            "[!s]?/configs/*",
            r"\[ml\]/configs/*",
            "s3/configs**.yaml",
            "s3[/]a.yaml",
        ] {
            let matcher = config_glob(glob).unwrap().compile_matcher();
            let mut matched: Vec<&str> = paths.to_vec();
            matched.retain(|path| matcher.is_match(path));
            matched.sort_unstable();
            assert_eq!(found(folder.path(), glob), matched, "{glob}");
        }
    }

    #[test]
    fn only_folders_that_a_glob_can_match_are_read() {
        let may_hold = |glob: &str, path: &str| {
            let path = Path::new(path);
            let levels = GlobFolders::new(glob);
            let depth = path.components().count();
            depth < levels.max_depth() && levels.may_hold(depth, path)
        };
        assert!(may_hold("*/configs/*.yaml", "s3"));
        assert!(may_hold("*/configs/*.yaml", "s3/configs"));
        assert!(!may_hold("*/configs/*.yaml", "s3/reports"));
        assert!(!may_hold("*/configs/*.yaml", "s3/configs/old"));
        assert!(!may_hold("*.yaml", "s3"));
        assert!(may_hold("s*/**/x.yaml", "s3/configs/old"));
        assert!(!may_hold("s*/**/x.yaml", "ml"));
        assert!(!may_hold("**/*.yaml", "vendor/.git"));
        assert!(may_hold("{a/b,c}/*.yaml", "a/b"));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_found_and_not_followed() {
        use std::os::unix::fs::symlink;
        let outside = folder_with(&["configs/x.yaml"]);
        let folder = folder_with(&["configs/a.yaml"]);
        let at = |path: &str| folder.path().join(path);
        symlink(outside.path(), at("linked")).unwrap();
        symlink(outside.path().join("configs/x.yaml"), at("configs/x.yaml")).unwrap();
        symlink(".", at("configs/loop")).unwrap();
        assert_eq!(
            found(folder.path(), "**/*.yaml"),
            ["configs/a.yaml", "configs/x.yaml"]
        );
        let contents = super::super::read_contents(&at("configs/x.yaml"), 9).unwrap();
        let link = IrregularFile::SymbolicLink;
        assert_eq!(contents, FileContents::NotRegular(link));
    }
}
