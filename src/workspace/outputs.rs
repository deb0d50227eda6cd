//! Outputs beside the config. provisioner replaces a file only if provisioner wrote it last and it was not edited since:
//! `SHA256SUMS`, in the format of `sha256sum`, records what was written. Comments have the sums of earlier contents, so that a restored
//! copy of a written file does not look edited.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::repository::repository_folder;
use crate::model::Digest;

const SUMS: &str = "SHA256SUMS";
/// Marks a sum of earlier contents. `sha256sum --check` ignores such lines.
const EARLIER: &str = "# ";
/// Sums of earlier contents of one file.
const MAX_EARLIER: usize = 20;

/// The sums of each file, the newest first.
type Sums = BTreeMap<String, Vec<String>>;

/// A folder of outputs, such as `s3/templates`.
#[derive(Debug)]
pub struct OutputFolder {
    folder: PathBuf,
    overwrite: bool,
    dry_run: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WriteOutcome {
    /// The file did not exist.
    Created,
    /// The file was written by provisioner and had other contents.
    Updated,
    /// The file already had these contents.
    Unchanged,
    /// The file was edited by hand and overwritten on request.
    Overwritten,
}

impl WriteOutcome {
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Overwritten => "overwritten",
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file was edited since provisioner wrote it.
    #[error("the file was edited by hand, or was not written by provisioner")]
    Edited,
    /// The name is a path out of the folder.
    #[error("{0:?} is not a file name")]
    Name(String),
    /// The path exists and is not a regular file.
    #[error("the path is not a regular file")]
    NotAFile,
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl OutputFolder {
    /// The outputs in `folder`, which the first write creates. `overwrite` replaces edited files.
    pub fn new(folder: PathBuf, overwrite: bool) -> Self {
        Self {
            folder,
            overwrite,
            dry_run: false,
        }
    }

    /// The same folder. With `dry_run`, a write changes nothing and reports what it would do.
    pub fn with_dry_run(self, dry_run: bool) -> Self {
        Self { dry_run, ..self }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The contents of an output; `None` if it does not exist.
    pub fn read(&self, name: &str) -> Result<Option<String>, OutputError> {
        self.check_name(name)?;
        match fs::read_to_string(self.path(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes several outputs under one lock. The results are in the order of the outputs.
    pub fn write(&self, outputs: &[(String, String)]) -> Vec<Result<WriteOutcome, OutputError>> {
        if self.dry_run {
            let mut sums = self.read_sums().unwrap_or_default();
            let outputs = outputs.iter();
            return outputs
                .map(|(name, text)| self.write_one(&mut sums, name, text))
                .collect();
        }
        match self.lock() {
            Ok((_lock, mut sums)) => {
                let before = sums.clone();
                let mut results: Vec<_> = outputs
                    .iter()
                    .map(|(name, text)| self.write_one(&mut sums, name, text))
                    .collect();
                if sums != before
                    && let Err(error) = self.save(&sums)
                    && let Some(last) = results.last_mut()
                {
                    *last = Err(error.into());
                }
                results
            }
            Err(error) => outputs
                .iter()
                .map(|_| Err(io::Error::new(error.kind(), error.to_string()).into()))
                .collect(),
        }
    }

    fn write_one(
        &self,
        sums: &mut Sums,
        name: &str,
        text: &str,
    ) -> Result<WriteOutcome, OutputError> {
        self.check_name(name)?;
        let path = self.path(name);
        let digest = Digest::sha256(text).to_string();
        let outcome = match fs::read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => WriteOutcome::Created,
            Err(error) => return Err(error.into()),
            Ok(old) if old == text.as_bytes() => WriteOutcome::Unchanged,
            Ok(old) if is_written(sums, name, &old) => WriteOutcome::Updated,
            Ok(_) if self.overwrite => WriteOutcome::Overwritten,
            Ok(_) => return Err(OutputError::Edited),
        };
        if outcome != WriteOutcome::Unchanged && !self.dry_run {
            write_atomically(&path, text)?;
        }
        let known = sums.entry(name.to_owned()).or_default();
        known.retain(|earlier| *earlier != digest);
        known.insert(0, digest);
        known.truncate(1 + MAX_EARLIER);
        Ok(outcome)
    }

    /// Rejects names with folders, and paths that are not regular files, so that no link redirects the write.
    fn check_name(&self, name: &str) -> Result<(), OutputError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\n', '\0']) {
            return Err(OutputError::Name(name.to_owned()));
        }
        match fs::symlink_metadata(self.path(name)) {
            Ok(metadata) if !metadata.is_file() => Err(OutputError::NotAFile),
            _ => Ok(()),
        }
    }

    /// Locks the folder for other processes until the file is dropped.
    fn lock(&self) -> io::Result<(File, Sums)> {
        create_dir(&self.folder)?;
        ensure_regular(&self.folder.join(SUMS), fs::Metadata::is_file)?;
        let lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.folder.join(SUMS))?;
        lock.lock()?;
        let sums = self.read_sums()?;
        Ok((lock, sums))
    }

    fn read_sums(&self) -> io::Result<Sums> {
        let text = fs::read_to_string(self.folder.join(SUMS))?;
        let mut sums = Sums::new();
        for line in text.lines() {
            let line = line.strip_prefix(EARLIER).unwrap_or(line);
            if let Some((sum, name)) = line.split_once("  ") {
                sums.entry(name.to_owned())
                    .or_default()
                    .push(sum.to_owned());
            }
        }
        Ok(sums)
    }

    fn save(&self, sums: &Sums) -> io::Result<()> {
        let mut text = String::new();
        for (name, sums) in sums {
            for (index, sum) in sums.iter().enumerate() {
                let mark = if index == 0 { "" } else { EARLIER };
                text.push_str(&format!("{mark}{sum}  {name}\n"));
            }
        }
        // Written in place, since the lock is on this file. After a torn write, outputs look edited, which loses nothing.
        fs::write(self.folder.join(SUMS), text)
    }
}

/// Whether provisioner wrote these contents of a file.
fn is_written(sums: &Sums, name: &str, contents: &[u8]) -> bool {
    let sum = Digest::sha256(contents).to_string();
    sums.get(name).is_some_and(|known| known.contains(&sum))
}

/// Runs of one action on one config within a second, each with its log.
const MAX_LOGS: usize = 1000;

/// Writes a report into a folder. Replaces an existing file. Reports of a run do not belong into git, so a new folder costs a hint.
pub fn write_report(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    create_reports(folder)?;
    write_atomically(&folder.join(name), text)
}

/// Writes a log into a folder of reports, as `STEM.log`, or `STEM-2.log` if another run has that name. Replaces no file.
pub fn write_log(folder: &Path, stem: &str, text: &str) -> io::Result<()> {
    create_reports(folder)?;
    let mut names = (1..=MAX_LOGS).map(|number| match number {
        1 => format!("{stem}.log"),
        _ => format!("{stem}-{number}.log"),
    });
    let created = names.find_map(|name| match File::create_new(folder.join(name)) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => None,
        created => Some(created),
    });
    let taken = || io::Error::from(io::ErrorKind::AlreadyExists);
    created.ok_or_else(taken)??.write_all(text.as_bytes())
}

fn create_reports(folder: &Path) -> io::Result<()> {
    let is_new = fs::symlink_metadata(folder).is_err();
    create_dir(folder)?;
    if is_new && !is_ignored(folder) {
        let shown = folder.display();
        log::info!(
            "created {shown} for logs and reports; to keep them out of git, add `reports/` to .gitignore"
        );
    }
    Ok(())
}

/// Whether `.gitignore` at the root of the repository names a folder of reports.
fn is_ignored(folder: &Path) -> bool {
    let text = fs::read_to_string(repository_folder().join(".gitignore"));
    let text = text.unwrap_or_default();
    let mut patterns = text.lines().map(|line| line.trim().trim_matches('/'));
    patterns.any(|pattern| {
        let path = Path::new(pattern);
        let is_general = ["reports", "*/reports", "**/reports"].contains(&pattern);
        is_general || path.ends_with("reports") && folder.ends_with(path)
    })
}

/// Writes a file of the program, with its folder. Replaces a regular file, and nothing else.
pub fn write_output(path: &Path, text: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        create_dir(folder)?;
    }
    ensure_regular(path, fs::Metadata::is_file)?;
    write_atomically(path, text)
}

fn create_dir(folder: &Path) -> io::Result<()> {
    ensure_regular(folder, fs::Metadata::is_dir)?;
    fs::create_dir_all(folder)
}

/// Fails if the path exists and is of another kind, so that no link redirects a write.
fn ensure_regular(path: &Path, kind: fn(&fs::Metadata) -> bool) -> io::Result<()> {
    let what = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => "a link",
        Ok(metadata) if kind(&metadata) => return Ok(()),
        Ok(metadata) if metadata.is_file() => "a file, not a folder",
        Ok(metadata) if metadata.is_dir() => "a folder, not a file",
        Ok(_) => "neither a file nor a folder",
        Err(_) => return Ok(()),
    };
    Err(io::Error::other(format!("{} is {what}", path.display())))
}

/// Writes a file of its own name beside the path and renames it, so that two runs do not disturb each other and a full disk leaves
/// nothing.
fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    let mut draft = tempfile::Builder::new()
        .prefix(".provisioner-")
        .suffix(".draft")
        .permissions(fs::Permissions::from_mode(0o666))
        .tempfile_in(folder.unwrap_or(Path::new(".")))?;
    draft.write_all(text.as_bytes())?;
    draft.persist(path).map_err(|error| error.error)?;
    Ok(())
}
