//! The text of the file of adoptions, with more entries.

use serde_json::{Value, json};

use super::edit::Edit;
use crate::config::{Node, NodeKind, Tags, parse};
use crate::diagnostic::{Code, Diagnostic};
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

/// Adds entries of configs and stacks to a file of adoptions, in whatever style of YAML it is written. Entries that it has, and all else,
/// stay as they are.
pub fn with_entries(
    path: &RepoPath,
    text: Option<&str>,
    entries: &[(RepoPath, String)],
) -> Result<EntriesText, Vec<Diagnostic>> {
    let text = text.unwrap_or("version: 1\n");
    let root = parse(path, text.as_bytes(), Tags::Refuse)?;
    let list = root.get(LIST);
    let known = |stack: &str| {
        let items = list.map_or(&[][..], |list| list.items());
        let mut stacks = items.iter().filter_map(|item| item.get("stack")?.text());
        stacks.any(|known| known == stack)
    };
    let new: Vec<&(RepoPath, String)> = entries.iter().filter(|(_, stack)| !known(stack)).collect();
    let added = new.len();
    if added == 0 {
        let text = text.to_owned();
        return Ok(EntriesText { text, added });
    }
    let wanted = with_list(&root, &new);
    let is_wanted = |text: &String| {
        let parsed = parse(path, text.as_bytes(), Tags::Refuse);
        parsed.is_ok_and(|parsed| Some(parsed.to_json()) == wanted)
    };
    let mut texts = candidates(text, &root, &new).into_iter();
    match texts.find(is_wanted) {
        Some(text) => Ok(EntriesText { text, added }),
        None => {
            let message = "the entries were not written: provisioner cannot extend this file";
            let entries: Vec<String> = new.iter().map(|entry| inline(entry)).collect();
            let help = format!("add to the list `{LIST}`: {}", entries.join(", "));
            let problem = Diagnostic::error(Code::OutputNotWritten, path, message);
            Err(vec![problem.with_help(help)])
        }
    }
}

/// The data of the file with the entries. `None` if it has no place for them.
fn with_list(root: &Node, new: &[&(RepoPath, String)]) -> Option<Value> {
    let mut data = root.to_json();
    let list = data.as_object_mut()?.entry(LIST).or_insert(json!([]));
    let new = new
        .iter()
        .map(|(config, stack)| json!({"config": config.as_str(), "stack": stack}));
    list.as_array_mut()?.extend(new);
    Some(data)
}

/// Texts that may have the entries. A style of YAML that none of them fits is left to a person.
fn candidates(text: &str, root: &Node, new: &[&(RepoPath, String)]) -> Vec<String> {
    let edit = Edit::new(text);
    let lines = |indent: usize| {
        let indent = " ".repeat(indent);
        let lines = new.iter().flat_map(|(config, stack)| {
            [
                format!("{indent}- config: {}", scalar(config.as_str())),
                format!("{indent}  stack: {}", scalar(stack)),
            ]
        });
        lines.collect::<Vec<String>>()
    };
    let inline = new.iter().map(|entry| inline(entry));
    let inline = inline.collect::<Vec<String>>().join(", ");
    let key_indent = root
        .entries()
        .first()
        .map_or(0, |first| first.key_span.start.column.saturating_sub(1));
    let Some(entry) = root.entry(LIST) else {
        let mut block = vec![format!("{}{LIST}:", " ".repeat(key_indent))];
        block.extend(lines(key_indent + 2));
        return vec![
            edit.with_lines(edit.lines(), &block),
            edit.with_lines(edit.last_line(root), &block),
            edit.before_end(root, &format!(", {LIST}: [{inline}]")),
            edit.before_end(root, &format!("{LIST}: [{inline}]")),
        ];
    };
    let list = &entry.value;
    match &list.kind {
        NodeKind::Sequence(items) if items.is_empty() => {
            let line = entry.key_span.start.line;
            let emptied = edit.without(list);
            vec![
                Edit::new(&emptied).with_lines(line, &lines(key_indent + 2)),
                edit.before_end(list, &inline),
            ]
        }
        NodeKind::Sequence(items) => {
            // A list without indentation begins at its key, by its span.
            let first = items.first().map_or(1, |item| item.span.start.line);
            let block = lines(edit.indent(first));
            vec![
                edit.with_lines(edit.last_line(list), &block),
                edit.before_end(list, &format!(", {inline}")),
                edit.before_end(list, &inline),
                edit.with_lines(first - 1, &block),
            ]
        }
        _ => Vec::new(),
    }
}

/// An entry in YAML's flow style.
fn inline((config, stack): &(RepoPath, String)) -> String {
    // Colons have a meaning in this style.
    let stack = Value::from(stack.as_str());
    format!("{{config: {}, stack: {stack}}}", scalar(config.as_str()))
}

/// A text as a YAML scalar, which needs quotes only for unusual characters.
fn scalar(text: &str) -> String {
    let is_plain = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte));
    match is_plain {
        true => text.to_owned(),
        // JSON's strings are YAML's.
        false => Value::from(text).to_string(),
    }
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

    /// Every style of YAML gets the entries, and keeps all else.
    #[test]
    fn styles_of_yaml_are_kept() {
        let arn =
            |name: &str| format!("arn:aws:cloudformation:us-west-2:123456789012:stack/{name}/1");
        let item = |indent: usize, name: &str| {
            let indent = " ".repeat(indent);
            let config = format!("{indent}- config: s3/configs/{name}.yaml\n");
            format!("{config}{indent}  stack: {}\n", arn(name))
        };
        let block = |indent: usize| item(indent, "a") + &item(indent, "b");
        let flow = |name: &str| {
            format!(
                "{{config: s3/configs/{name}.yaml, stack: \"{}\"}}",
                arn(name)
            )
        };
        let inline = format!("{}, {}", flow("a"), flow("b"));
        let [none, four] = [0, 4].map(|indent| item(indent, "x"));
        let own = flow("x");
        for (text, wanted) in [
            (
                format!("version: 1\nadopt:\n{none}"),
                format!("version: 1\nadopt:\n{none}{}", block(0)),
            ),
            (
                format!("version: 1\nadopt:\n{four}# last"),
                format!("version: 1\nadopt:\n{four}{}# last", block(4)),
            ),
            (
                format!("version: 1\nadopt: [{own}] # ours\n"),
                format!("version: 1\nadopt: [{own}, {inline}] # ours\n"),
            ),
            (
                "version: 1\nadopt: [] # none\nunadopt: []\n".to_owned(),
                format!("version: 1\nadopt:  # none\n{}unadopt: []\n", block(2)),
            ),
            (
                "{version: 1, adopt: []}\n".to_owned(),
                format!("{{version: 1, adopt: [{inline}]}}\n"),
            ),
            (
                "{version: 1}\n".to_owned(),
                format!("{{version: 1, adopt: [{inline}]}}\n"),
            ),
            (
                "---\n  version: 1\n...\n".to_owned(),
                format!("---\n  version: 1\n  adopt:\n{}...\n", block(4)),
            ),
            (
                format!("version: 1\nadopt:\n{four}").replace('\n', "\r\n"),
                format!("version: 1\nadopt:\n{four}{}", block(4)).replace('\n', "\r\n"),
            ),
        ] {
            assert_eq!(added(Some(&text)).text, wanted);
        }
    }

    #[test]
    fn a_style_that_cannot_be_extended_has_its_entries_in_the_help() {
        let text = "version: 1\nunadopt: &all []\nadopt: *all\n";
        let path = RepoPath::typed("adoptions.yaml");
        let stack = "arn:aws:cloudformation:us-west-2:123456789012:stack/a/1";
        let entries = [(RepoPath::typed("s3/configs/a.yaml"), stack.to_owned())];
        let problems = with_entries(&path, Some(text), &entries).unwrap_err();
        let help = problems[0].help.as_deref();
        let entry = format!("{{config: s3/configs/a.yaml, stack: \"{stack}\"}}");
        assert_eq!(help, Some(&*format!("add to the list `adopt`: {entry}")));
    }
}
