//! The text of the file of adoptions, with more entries.

use crate::config::{ParsedFile, Tags, parse};
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;

/// A file of adoptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntriesText {
    pub text: String,
    /// New entries.
    pub added: usize,
}

/// The file, from the root of the repository.
pub const ADOPTIONS: &str = ".provisioner/adoptions.yaml";
const LIST: &str = "adopt";

/// Adds entries of configs and stacks to a file of adoptions. Entries that it has, and all else, stay as they are.
pub fn with_entries(
    path: &RepoPath,
    text: Option<&str>,
    entries: &[(RepoPath, String)],
) -> Result<EntriesText, Vec<Diagnostic>> {
    let text = text.unwrap_or("version: 1\nadopt: []\n");
    let root = parse(path, text.as_bytes(), Tags::Refuse)?;
    let list = root.get(LIST);
    let known = |stack: &str| {
        let items = list.map_or(&[][..], |list| list.items());
        let mut stacks = items.iter().filter_map(|item| item.get("stack")?.text());
        stacks.any(|known| known == stack)
    };
    let new: Vec<&(RepoPath, String)> = entries.iter().filter(|(_, stack)| !known(stack)).collect();
    let lines: String = new
        .iter()
        .map(|(config, stack)| format!("  - config: {config}\n    stack: {stack}\n"))
        .collect();
    let added = new.len();
    if added == 0 {
        let text = text.to_owned();
        return Ok(EntriesText { text, added });
    }
    let mut kept: Vec<String> = text.lines().map(str::to_owned).collect();
    match list {
        None => kept.push(format!("{LIST}:\n{}", lines.trim_end())),
        Some(list) => {
            // The last line of the list, or that of its key if the list is empty.
            let key = root
                .entry(LIST)
                .map_or(1, |entry| entry.key_span.start.line);
            let last = list.items().iter().flat_map(|item| item.entries());
            let last = last.map(|entry| entry.value.span.end.line).max();
            if last.is_none()
                && let Some(line) = kept.get_mut(key - 1)
            {
                *line = format!("{LIST}:");
            }
            let at = last.unwrap_or(key).min(kept.len());
            kept.insert(at, lines.trim_end().to_owned());
        }
    }
    let text = kept.join("\n") + "\n";
    // A list in another form than lines would be broken by more lines.
    ParsedFile::parse(path, text.as_bytes())?;
    Ok(EntriesText { text, added })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(text: Option<&str>) -> EntriesText {
        let arn =
            |name: &str| format!("arn:aws:cloudformation:us-west-2:123456789012:stack/{name}/1");
        let entries = ["a", "b"].map(|name| {
            let config = RepoPath::typed(&format!("s3/configs/{name}.yaml"));
            (config, arn(name))
        });
        with_entries(&RepoPath::typed("adoptions.yaml"), text, &entries).unwrap()
    }

    #[test]
    fn entries_are_added_once() {
        let first = added(None);
        assert_eq!(first.added, 2);
        insta::assert_snapshot!(first.text, @r"
        version: 1
        adopt:
          - config: s3/configs/a.yaml
            stack: arn:aws:cloudformation:us-west-2:123456789012:stack/a/1
          - config: s3/configs/b.yaml
            stack: arn:aws:cloudformation:us-west-2:123456789012:stack/b/1
        ");
        assert_eq!(added(Some(&first.text)), EntriesText { added: 0, ..first });
    }

    #[test]
    fn other_entries_and_comments_stay() {
        let text = "# ours\nversion: 1\nadopt:\n  # first\n  - config: s3/configs/x.yaml\n    stack: arn:aws:cloudformation:us-west-2:123456789012:stack/x/1\n\n# last\nunadopt: []\n";
        let extended = added(Some(text));
        insta::assert_snapshot!(extended.text, @r"
        # ours
        version: 1
        adopt:
          # first
          - config: s3/configs/x.yaml
            stack: arn:aws:cloudformation:us-west-2:123456789012:stack/x/1
          - config: s3/configs/a.yaml
            stack: arn:aws:cloudformation:us-west-2:123456789012:stack/a/1
          - config: s3/configs/b.yaml
            stack: arn:aws:cloudformation:us-west-2:123456789012:stack/b/1

        # last
        unadopt: []
        ");
        let none = added(Some("version: 1\nunadopt: []\n"));
        assert!(
            none.text
                .starts_with("version: 1\nunadopt: []\nadopt:\n  - config: s3/configs/a.yaml\n")
        );
    }
}
