//! Reads objects of a repository with one run of `git cat-file`: a process for each file would take most of the time.

use std::io::{BufRead, BufReader, Error, ErrorKind, Read as _, Result, Write as _, copy, sink};
use std::process::{Command, Stdio};

use crate::config::MAX_BYTES;

/// Bytes of the largest tree that is read: more than a million items.
const MAX_TREE_BYTES: u64 = 64 << 20;

/// An object, with its contents.
#[derive(Debug)]
pub struct GitObject {
    pub id: String,
    /// `blob`, `tree`, `commit` or `tag`.
    pub kind: String,
    /// Cut off after one byte more than a config may have, unless the object is a tree.
    pub bytes: Vec<u8>,
}

/// The objects of these names, in their order; `None` for an object that the repository does not have. `git` is the program with the
/// options that select the repository. A name must not hold a line break.
pub fn cat_file(mut git: Command, names: &[String]) -> Result<Vec<Option<GitObject>>> {
    git.args(["cat-file", "--batch"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = git.spawn()?;
    let (Some(mut input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(Error::other("git has no pipes"));
    };
    let objects = std::thread::scope(|scope| {
        // Writes and reads concurrently, so that neither pipe fills up and blocks both.
        scope.spawn(move || names.iter().try_for_each(|name| writeln!(input, "{name}")));
        let mut output = BufReader::new(output);
        names.iter().map(|_| object(&mut output)).collect()
    });
    child.wait()?;
    objects
}

/// One answer: `id kind size`, then the contents and a line break; or `name missing`.
fn object(output: &mut impl BufRead) -> Result<Option<GitObject>> {
    let mut header = String::new();
    if output.read_line(&mut header)? == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    let header = header.trim_end_matches('\n');
    if header.ends_with(" missing") {
        return Ok(None);
    }
    let unexpected = || Error::other(format!("unexpected answer {header:?}"));
    let [id, kind, size] = header.split(' ').collect::<Vec<_>>()[..] else {
        return Err(unexpected());
    };
    let size: u64 = size.parse().map_err(|_| unexpected())?;
    let most = match kind {
        "tree" => MAX_TREE_BYTES,
        _ => MAX_BYTES as u64 + 1,
    };
    let mut bytes = Vec::new();
    output
        .by_ref()
        .take(size.min(most))
        .read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < size.min(most) {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    // The rest, and the line break.
    copy(&mut output.take(size.saturating_sub(most) + 1), &mut sink())?;
    Ok(Some(GitObject {
        id: id.to_owned(),
        kind: kind.to_owned(),
        bytes,
    }))
}
