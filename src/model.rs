//! Types that every module shares. Each is parsed once, where its text enters the program.

mod unique_keys;

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

pub use unique_keys::UniqueKeys;

/// An `http` or `https` address without characters that mean something in Markdown or HTML.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
pub struct WebAddress(String);

impl WebAddress {
    /// `None` if the text is not such an address.
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"))?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b".:/-_~".contains(&byte);
        let fits = !rest.is_empty() && rest.len() < MAX_ADDRESS_BYTES;
        (fits && rest.bytes().all(is_plain)).then(|| Self(text.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for WebAddress {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a plain web address")
    }
}

const MAX_ADDRESS_BYTES: usize = 500;

/// A file's place inside a repository: `/`-separated, relative, free of `.` and `..`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct RepoPath(String);

/// Why a text is not a [`RepoPath`].
#[derive(Debug, thiserror::Error)]
#[error("not a path inside the repository: {0:?}")]
pub struct NotARepoPath(String);

impl RepoPath {
    /// Accepts a path that git can store in a tree. Rejects a path that leaves the tree.
    pub fn parse(text: &str) -> Result<Self, NotARepoPath> {
        let inside = |part: &str| !matches!(part, "" | "." | "..") && !part.contains('\0');
        if text.split('/').all(inside) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotARepoPath(text.to_owned()))
        }
    }

    /// A path as the user typed it on the command line. It may lead outside the repository, so it is only shown.
    pub fn typed(text: &str) -> Self {
        Self(text.to_owned())
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path as a relative URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded.
    pub fn percent_encoded(&self) -> String {
        let mut uri = String::with_capacity(self.0.len());
        for byte in self.0.bytes() {
            match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                    uri.push(char::from(byte))
                }
                _ => uri.push_str(&format!("%{byte:02X}")),
            }
        }
        uri
    }

    /// The last part: `a/b/c.yaml` → `c.yaml`.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// The part before the last: `a/b/c.yaml` → `a/b`; empty at the top.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// The path of another file of the same folder.
    pub fn sibling(&self, file_name: &str) -> Self {
        match self.folder() {
            "" if !self.0.starts_with('/') => Self(file_name.to_owned()),
            folder => Self(format!("{folder}/{file_name}")),
        }
    }

    /// The file name without its YAML ending: `a/b/c.yaml` → `c`.
    pub fn stem(&self) -> &str {
        let name = self.file_name();
        name.strip_suffix(".yaml")
            .or_else(|| name.strip_suffix(".yml"))
            .unwrap_or(name)
    }
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a commit or a work tree has at the path of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileContents {
    /// The bytes of a regular file.
    Regular(Vec<u8>),
    /// Never followed, and never treated as absent: an absent config plans a deletion.
    NotRegular(IrregularFile),
}

impl FileContents {
    /// The bytes of a regular file.
    pub fn bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Regular(bytes) => Some(bytes),
            Self::NotRegular(_) => None,
        }
    }
}

/// What is at a path instead of a regular file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum IrregularFile {
    SymbolicLink,
    Submodule,
    Folder,
    /// A device, a socket, or a mode that git does not document.
    Other,
}

impl IrregularFile {
    /// With its article, for messages.
    pub fn words(self) -> &'static str {
        match self {
            Self::SymbolicLink => "a symbolic link",
            Self::Submodule => "a submodule",
            Self::Folder => "a folder",
            Self::Other => "a special file",
        }
    }
}

/// A numeric user id. Another account can take over a login; ids are never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct UserId(pub u64);

/// A full git object name: 40 (SHA-1) or 64 (SHA-256) lower-case hexadecimal digits.
#[derive(
    Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(into = "String", try_from = "String")]
pub struct CommitSha(String);

/// Why a text is not a [`CommitSha`].
#[derive(Debug, thiserror::Error)]
#[error("not a full commit SHA: {0:?}")]
pub struct NotACommitSha(String);

impl CommitSha {
    /// Accepts full names only: an abbreviated name may match another commit later.
    pub fn parse(text: &str) -> Result<Self, NotACommitSha> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if matches!(text.len(), 40 | 64) && text.bytes().all(hex) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotACommitSha(text.to_owned()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first seven digits, as forges print them.
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl TryFrom<String> for CommitSha {
    type Error = NotACommitSha;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<CommitSha> for String {
    fn from(sha: CommitSha) -> Self {
        sha.0
    }
}

impl fmt::Display for CommitSha {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What an effect does. The guard's rules differ by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EffectKind {
    /// Reads a stack and its resources.
    Inspect,
    /// Creates a change set and deletes it.
    Preview,
    /// Creates a stack that does not exist.
    Create,
    /// Watches a stack whose creation was started by a run that was killed, and rolls it back on failure.
    Resume,
    /// Creates a stack under a name of its own, and deletes it.
    Test,
    /// Updates a stack.
    Update,
    /// Writes folders into a stack's bucket.
    Folders,
    /// Writes a template into a stack's bucket.
    Upload,
    /// Deletes a stack.
    Delete,
    /// Deletes a stack together with the contents of its buckets.
    TearDown,
    /// Gives a stack the tags of provisioner's own stacks, and changes nothing else.
    Adopt,
    /// Removes these tags from a stack, and changes nothing else.
    Unadopt,
    /// Deletes a stack so that the same config creates it again.
    Replace,
    /// Deletes a stack whose creation failed, so that it can be created.
    RemoveFailed,
    /// Reverts the drift of a stack's resources to its deployed template.
    Restore,
    /// Continues the failed rollback of an update.
    ContinueRollback,
}

impl EffectKind {
    pub const ALL: &[Self] = &[
        Self::Inspect,
        Self::Preview,
        Self::Create,
        Self::Resume,
        Self::Test,
        Self::Update,
        Self::Folders,
        Self::Upload,
        Self::Delete,
        Self::TearDown,
        Self::Adopt,
        Self::Unadopt,
        Self::Replace,
        Self::RemoveFailed,
        Self::Restore,
        Self::ContinueRollback,
    ];

    /// Whether it deletes a stack that is or was in use.
    pub fn deletes(self) -> bool {
        matches!(self, Self::Delete | Self::TearDown | Self::Replace)
    }

    /// Whether it repairs a stack, and follows no change of a config.
    pub fn repairs(self) -> bool {
        matches!(self, Self::Restore | Self::ContinueRollback)
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Inspect => "Inspect",
            Self::Preview => "Preview",
            Self::Create => "Create",
            Self::Resume => "Resume",
            Self::Test => "Test",
            Self::Update => "Update",
            Self::Folders => "Folders",
            Self::Upload => "Upload",
            Self::Delete => "Delete",
            Self::TearDown => "TearDown",
            Self::Adopt => "Adopt",
            Self::Unadopt => "Unadopt",
            Self::Replace => "Replace",
            Self::RemoveFailed => "RemoveFailed",
            Self::Restore => "Restore",
            Self::ContinueRollback => "ContinueRollback",
        }
    }
}

/// A SHA-256 digest, printed as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digest([u8; 32]);

impl Digest {
    pub fn sha256(bytes: impl AsRef<[u8]>) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Reads 64 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let is_hex = text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit());
        for (at, byte) in bytes.iter_mut().enumerate().filter(|_| is_hex) {
            *byte = u8::from_str_radix(text.get(2 * at..2 * at + 2)?, 16).ok()?;
        }
        is_hex.then_some(Self(bytes))
    }

    /// The first `digits` hexadecimal digits, for people.
    pub fn prefix(&self, digits: usize) -> String {
        let mut text = self.to_string();
        text.truncate(digits);
        text
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for Digest {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Digest".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| D::Error::custom("not a SHA-256 digest"))
    }
}

/// Counts the work of a thread: which steps are taken for each config, and how often.
#[cfg(test)]
pub mod work {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    thread_local! {
        static DONE: RefCell<BTreeMap<&'static str, usize>> = RefCell::default();
    }

    /// Counts one step.
    pub fn count(step: &'static str) {
        DONE.with_borrow_mut(|done| *done.entry(step).or_default() += 1);
    }

    /// The steps that `run` takes. One thread does all of its parallel work.
    pub fn steps_of(run: impl FnOnce() + Send) -> BTreeMap<&'static str, usize> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
        pool.unwrap().install(|| {
            DONE.take();
            run();
            DONE.take()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repo_path_stays_inside_repository() {
        for bad in [
            "",
            "/etc/passwd",
            "a//b",
            "../x",
            "a/../b",
            "./a",
            "a/.",
            "a\0b",
        ] {
            assert!(RepoPath::parse(bad).is_err(), "{bad:?}");
        }
        let path = RepoPath::parse("s3/configs/a-s3.yaml").unwrap();
        assert_eq!((path.file_name(), path.stem()), ("a-s3.yaml", "a-s3"));
    }

    #[test]
    fn commit_sha_has_all_digits() {
        assert!(CommitSha::parse(&"a".repeat(40)).is_ok());
        for bad in [
            "",
            "abc1234",
            &"A".repeat(40),
            &"g".repeat(40),
            &"a".repeat(41),
        ] {
            assert!(CommitSha::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_digest_is_sha256() {
        assert_eq!(
            Digest::sha256("").to_string(),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
