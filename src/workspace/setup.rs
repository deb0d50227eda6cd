//! Files of a repository's setup. Existing files are read and never replaced; several new ones are written whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::irregular;

/// A file that is longer is of another kind.
const MAX_BYTES: u64 = 4 << 20;

/// What is at a path.
#[derive(Debug)]
pub enum SetupPlace {
    Free,
    /// The file's text.
    Taken(String),
    /// Why no file can be read or written there.
    Blocked(String),
}

/// What is at a path below `root`. Follows no link, that of a folder neither.
pub fn setup_place(root: &Path, path: &str) -> SetupPlace {
    let mut above = root.to_path_buf();
    let parts: Vec<&str> = path.split('/').collect();
    for (index, part) in parts.iter().enumerate() {
        above.push(part);
        let is_last = index + 1 == parts.len();
        let shown = parts[..=index].join("/");
        let blocked = |what: &str| SetupPlace::Blocked(format!("`{shown}` is {what}"));
        if let Some(found) = irregular(&above) {
            return blocked(found.words());
        }
        let metadata = match fs::symlink_metadata(&above) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return SetupPlace::Free,
            Err(error) => return SetupPlace::Blocked(format!("`{shown}`: {error}")),
        };
        match (metadata.is_dir(), is_last) {
            (true, true) => return blocked("a folder"),
            (false, false) => return blocked("a file, not a folder"),
            _ => {}
        }
        if is_last && metadata.len() > MAX_BYTES {
            return blocked("too large");
        }
    }
    match fs::read(&above).map(String::from_utf8) {
        Ok(Ok(text)) => SetupPlace::Taken(text),
        Ok(Err(_)) => SetupPlace::Blocked(format!("`{path}` is not UTF-8 text")),
        Err(error) => SetupPlace::Blocked(format!("`{path}`: {error}")),
    }
}

/// The YAML files of a folder below `root`, in order of their names.
pub fn config_files(root: &Path, folder: &str) -> Vec<String> {
    let entries = fs::read_dir(root.join(folder));
    let names = entries.into_iter().flatten().flatten().filter_map(|entry| {
        let name = entry.file_name().into_string().ok()?;
        let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        is_yaml.then(|| format!("{folder}/{name}"))
    });
    let mut files: Vec<String> = names.collect();
    files.sort();
    files
}

/// Creates all files below `root`, or none. Each error names its file. A file that appears in the meantime is kept, and is an error.
pub fn create_files(root: &Path, files: &[(&str, &str)]) -> Result<(), Vec<String>> {
    let mut folders: Vec<PathBuf> = Vec::new();
    let mut drafts: Vec<(PathBuf, NamedTempFile)> = Vec::new();
    let mut errors = Vec::new();
    for (path, text) in files {
        match draft(&root.join(path), text, &mut folders) {
            Ok(draft) => drafts.push((root.join(path), draft)),
            Err(error) => errors.push(format!("cannot write `{path}`: {error}")),
        }
    }
    let mut written: Vec<PathBuf> = Vec::new();
    if errors.is_empty() {
        for ((path, draft), (shown, _)) in drafts.into_iter().zip(files) {
            match draft.persist_noclobber(&path) {
                Ok(_) => written.push(path),
                Err(error) => {
                    errors.push(format!("cannot write `{shown}`: {}", error.error));
                    break;
                }
            }
        }
    }
    if errors.is_empty() {
        return Ok(());
    }
    // Deletes only what this call created. A folder that has other files by now stays.
    for path in &written {
        let _ = fs::remove_file(path);
    }
    for folder in folders.iter().rev() {
        let _ = fs::remove_dir(folder);
    }
    Err(errors)
}

/// A draft beside the path. Adds the folders that it created, outermost first.
fn draft(path: &Path, text: &str, folders: &mut Vec<PathBuf>) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let missing = folder.ancestors().take_while(|folder| {
        !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err()
    });
    let missing: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
    for folder in missing.into_iter().rev() {
        fs::create_dir(&folder)?;
        folders.push(folder);
    }
    let folder = match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    };
    let mut draft = tempfile::Builder::new()
        .prefix(".provisioner-")
        .suffix(".draft")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder)?;
    draft.write_all(text.as_bytes())?;
    File::sync_all(draft.as_file())?;
    Ok(draft)
}
