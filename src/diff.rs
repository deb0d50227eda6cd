//! A line diff of two texts.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use similar::{DiffTag, TextDiff};

/// Larger texts are not compared by line: the result is unreadable and slow.
const MAX_BYTES: usize = 512 * 1024;
/// Unchanged lines around a change.
const CONTEXT: usize = 3;

/// A unified diff with its counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Diff {
    /// Hunks without file headers; `None` if the texts are too large to compare.
    pub unified: Option<String>,
    /// Number of lines.
    pub added: usize,
    /// Number of lines.
    pub removed: usize,
}

/// Compares two texts by line; `None` if they are equal.
pub fn diff(before: &str, after: &str) -> Option<Diff> {
    if before == after {
        return None;
    }
    if before.len().max(after.len()) > MAX_BYTES {
        let (removed, added) = (before.lines().count(), after.lines().count());
        return Some(Diff {
            unified: None,
            added,
            removed,
        });
    }
    let lines = TextDiff::from_lines(before, after);
    let changes = lines.ops().iter().filter(|op| op.tag() != DiffTag::Equal);
    let (added, removed) = changes.fold((0, 0), |(added, removed), op| {
        (added + op.new_range().len(), removed + op.old_range().len())
    });
    let unified = lines.unified_diff().context_radius(CONTEXT).to_string();
    Some(Diff {
        unified: Some(unified),
        added,
        removed,
    })
}

/// Whether more than half of the lines of each text are in the other one, in any order.
pub fn share_most_lines(before: &[u8], after: &[u8]) -> bool {
    fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
        text.split(|byte| *byte == b'\n')
            .map(<[u8]>::trim_ascii_end)
            .filter(|line| !line.is_empty())
    }
    let mut unmatched: HashMap<&[u8], usize> = HashMap::new();
    for line in lines(before) {
        *unmatched.entry(line).or_default() += 1;
    }
    let mut shared = 0;
    for line in lines(after) {
        if let Some(left) = unmatched.get_mut(line).filter(|left| **left > 0) {
            *left -= 1;
            shared += 1;
        }
    }
    shared * 2 > lines(before).count().max(lines(after).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(diff("a\n", "a\n"), None);
    }

    #[test]
    fn counts_and_hunks() {
        let diff = diff("a\nb\nc\n", "a\nB\nc\nd\n").unwrap();
        assert_eq!((diff.added, diff.removed), (2, 1));
        insta::assert_snapshot!(diff.unified.unwrap(), @"
        @@ -1,3 +1,4 @@
         a
        -b
        +B
         c
        +d
        ");
    }

    #[test]
    fn most_lines_are_more_than_half_of_each_text() {
        let share =
            |before: &str, after: &str| share_most_lines(before.as_bytes(), after.as_bytes());
        assert!(share("a\nb\nc\n", "c\r\nb\nx\n"));
        assert!(!share("a\nb\n", "a\nx\n"));
        assert!(!share("a\na\n", "a\nx\ny\n"));
        assert!(!share("a\n", "a\nx\ny\nz\n"));
        assert!(!share("", ""));
    }
}
