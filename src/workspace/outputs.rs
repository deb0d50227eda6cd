//! Outputs beside the config. A file is only replaced if it is what we wrote last: `SHA256SUMS`, in the format of
//! `sha256sum`, remembers that, travels with the folder, and can be checked without us.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::model::Digest;

const SUMS: &str = "SHA256SUMS";

/// A folder of outputs, such as `s3/templates`.
#[derive(Debug)]
pub struct OutputFolder {
    folder: PathBuf,
    force: bool,
}

/// What became of an output.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum WriteOutcome {
    /// It was not there.
    Created,
    /// It was ours and had other contents.
    Updated,
    /// It already had these contents; nothing was written.
    Unchanged,
    /// It was edited by hand, and `--force` overwrote it.
    Overwritten,
}

impl WriteOutcome {
    /// The word for people.
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Overwritten => "overwritten",
        }
    }
}

/// Why an output was not written.
#[derive(Debug, thiserror::Error)]
pub enum OutputError {
    /// The file is not what we wrote.
    #[error("the file was edited by hand, or was not written by provisioner")]
    Edited,
    /// The name would lead out of the folder.
    #[error("{0:?} is not a file name")]
    Name(String),
    /// There is something that is no regular file.
    #[error("there is something that is no regular file")]
    NotAFile,
    /// The filesystem refused.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl OutputFolder {
    /// The outputs in `folder`, which is made when the first is written. `force` overwrites edits.
    pub fn new(folder: PathBuf, force: bool) -> Self {
        Self { folder, force }
    }

    /// Where an output is.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What an output holds; `None` if it is not there.
    pub fn read(&self, name: &str) -> Result<Option<String>, OutputError> {
        self.check_name(name)?;
        match fs::read_to_string(self.path(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Writes several outputs at once: the lock and the sums are taken once. The results are in the order of the outputs.
    pub fn write(&self, outputs: &[(String, String)]) -> Vec<Result<WriteOutcome, OutputError>> {
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
        sums: &mut BTreeMap<String, String>,
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
            Ok(old) if sums.get(name) == Some(&Digest::sha256(&old).to_string()) => {
                WriteOutcome::Updated
            }
            Ok(_) if self.force => WriteOutcome::Overwritten,
            Ok(_) => return Err(OutputError::Edited),
        };
        if outcome != WriteOutcome::Unchanged {
            write_atomically(&path, text)?;
        }
        sums.insert(name.to_owned(), digest);
        Ok(outcome)
    }

    /// The name is one, and nothing but a regular file bears it: no link leads the write elsewhere.
    fn check_name(&self, name: &str) -> Result<(), OutputError> {
        if name.is_empty() || name.starts_with('.') || name.contains(['/', '\\', '\n', '\0']) {
            return Err(OutputError::Name(name.to_owned()));
        }
        match fs::symlink_metadata(self.path(name)) {
            Ok(metadata) if !metadata.is_file() => Err(OutputError::NotAFile),
            _ => Ok(()),
        }
    }

    /// Other processes that write into this folder wait until the lock is dropped.
    fn lock(&self) -> io::Result<(File, BTreeMap<String, String>)> {
        create_dir(&self.folder)?;
        ensure_regular(&self.folder.join(SUMS), fs::Metadata::is_file)?;
        let lock = File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.folder.join(SUMS))?;
        lock.lock()?;
        let text = fs::read_to_string(self.folder.join(SUMS))?;
        let sums = text
            .lines()
            .filter_map(|line| line.split_once("  "))
            .map(|(sum, name)| (name.to_owned(), sum.to_owned()));
        Ok((lock, sums.collect()))
    }

    fn save(&self, sums: &BTreeMap<String, String>) -> io::Result<()> {
        let text: String = sums
            .iter()
            .map(|(name, sum)| format!("{sum}  {name}\n"))
            .collect();
        // In place, since the lock is on this very file; a torn write only makes our own files look edited.
        fs::write(self.folder.join(SUMS), text)
    }
}

/// Writes a report into a folder; an old one of that name is replaced.
pub fn write_report(folder: &Path, name: &str, text: &str) -> io::Result<()> {
    create_dir(folder)?;
    write_atomically(&folder.join(name), text)
}

fn create_dir(folder: &Path) -> io::Result<()> {
    ensure_regular(folder, fs::Metadata::is_dir)?;
    fs::create_dir_all(folder)
}

/// Nothing is there, or what should be: no link leads a write elsewhere.
fn ensure_regular(path: &Path, kind: fn(&fs::Metadata) -> bool) -> io::Result<()> {
    let what = match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_symlink() => "a link",
        Ok(metadata) if !kind(&metadata) => "of another kind",
        _ => return Ok(()),
    };
    Err(io::Error::other(format!("{} is {what}", path.display())))
}

/// Whole or not at all: a reader never sees half a file.
fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let draft = path.with_file_name(format!(".{name}.draft"));
    // A draft that a killed run left, or a link that somebody put there: removed, never written through.
    match fs::remove_file(&draft) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = File::create_new(&draft)?;
    file.write_all(text.as_bytes())?;
    fs::rename(&draft, path).inspect_err(|_| {
        // The rename failed and is reported; a draft left behind would only confuse.
        let _ = fs::remove_file(&draft);
    })
}
