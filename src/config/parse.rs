//! Parses a file into a tree with spans. Its size is bounded.

use super::general::{self, MAX_DEPTH, MAX_NODES, Tags};
use super::node::Node;
use super::plain;
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::model::RepoPath;

/// More than any config or rendered template needs (CloudFormation takes 1 MB).
pub const MAX_BYTES: usize = 1 << 20;

/// Decodes and parses one document; `Err` holds all its problems.
pub fn parse(path: &RepoPath, bytes: &[u8], tags: Tags) -> Result<Node, Vec<Diagnostic>> {
    let text = decode(path, bytes).map_err(|problem| vec![problem])?;
    match plain::parse(text, MAX_DEPTH, MAX_NODES) {
        Some(root) => Ok(root),
        None => {
            #[cfg(test)]
            crate::model::work::count("general parser");
            general::parse(path, text, tags)
        }
    }
}

/// The text of a file without its byte order mark.
pub fn decode<'a>(path: &RepoPath, bytes: &'a [u8]) -> Result<&'a str, Diagnostic> {
    if bytes.len() > MAX_BYTES {
        // No more is read than is needed to know that.
        let message = format!("the file has more than {MAX_BYTES} bytes");
        return Err(Diagnostic::error(Code::ConfigTooLarge, path, message));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let good = String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        let (line, column) = (
            good.matches('\n').count() + 1,
            good.rsplit('\n').next().unwrap_or("").chars().count() + 1,
        );
        let mut problem = Diagnostic::error(
            Code::ConfigNotUtf8,
            path,
            format!("byte {} is not UTF-8 text", error.valid_up_to() + 1),
        )
        .with_help("save the file as UTF-8");
        problem.span = Some(Span::point(line, column));
        problem
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The general parser's tree if the text is plain.
    fn compared(text: &str) -> Option<Node> {
        let plain = plain::parse(text, MAX_DEPTH, MAX_NODES)?;
        let general = general::parse(&RepoPath::typed("a.yaml"), text, Tags::Keep);
        assert_eq!(general.as_ref(), Ok(&plain), "{text}");
        Some(plain)
    }

    #[test]
    fn plain_documents_have_the_tree_of_the_general_parser() {
        for text in [
            "a: 1\n",
            "# c\n\na: b # c\n\n  # d\nb:   \"x\" # c\nc: 'y'  \nd: text with colon-like:things and # no\n# e\n",
            "a:\nb:\n  c:\n  d: null\ne: Null\n",
            "a:\n  - b\n  - c: 1\n    d: 2\n  - - e\n    - f\n  -   g: 1\n      h: 2\ni: 1\n",
            "a:\n- b\n-  c: 1\n   d: 2\ni:\n- {x: 1, y: [a, B::C, \"d e\"]}\n",
            "- a\n- b:\n  - c\n- d:\n- 1.5\n",
            "a: {\"b\":{\"c\":[1,\"d\", true ,null]},\"e\":-1 }\nf: [ ]\ng: {}\nh: [[], [{}]]\n",
            "  a: 1\n  b: 2\n",
            "\"k é\": \"v é\" # é\na: [\"é\", b]\nb: x é\n",
            "Fn::Join: [\"/\", [{\"Fn::GetAtt\": [Bucket, Arn]}, \"*\"]]\n",
            "a: \"\\\"q\\\" \\\\ \\/ \\n\\t\\r\"\n",
            "a: -1\nb: 0x1f\nd: -x\ne: 2026-11-29\nf: s3:GetObject*\n",
        ] {
            assert!(compared(text).is_some(), "{text}");
        }
    }

    #[test]
    fn everything_else_is_left_to_the_general_parser() {
        for text in [
            "",
            "é: 1\n",
            "a: é\n",
            "a: +1\n",
            "a: ~\n",
            "a: 1",
            "# c\n",
            "a\n",
            "[a]\n",
            "a: !Ref B\n",
            "a: &b c\n",
            "a: *b\n",
            "a: |\n  b\n",
            "a: >\n  b\n",
            "a: b\n  c\n",
            "a: \"b\n  c\"\n",
            "- a\n  b\n",
            "a: [b,\n  c]\n",
            "a: 1\na: 2\n",
            "a: {b: 1, b: 2}\n",
            "~: 1\n",
            "a: b: c\n",
            "a:\tb\n",
            "a: b\r\n",
            "---\na: 1\n",
            "a: 1\n---\nb: 2\n",
            "a: 1\n...\n",
            "? a\n: b\n",
            "a : 1\n",
            "a: 'it''s'\n",
            "a: \"\\u0041\"\n",
            "a: [b: c]\n",
            "a: {b, c}\n",
            "a: [b, ]\n",
            "a: [b] c\n",
            "a: \"b\" c\n",
            "a:\n    b: 1\n  c: 2\n",
            "a:\n  b: 1\n  - c\n",
            "- a\nb: 1\n",
            "-\n  a\n",
            "a: @b\n",
            "a: `b`\n",
            "%YAML 1.2\n",
            "a: \u{feff}b\n",
            "a: \u{85}b\n",
            "a: \u{0}\n",
            "a: {b: 1]\n",
            "a: [b c]\n",
            "a: {b:1}\n",
        ] {
            assert_eq!(compared(text), None, "{text}");
        }
        let deep = |levels: usize| format!("a: {}{}\n", "[".repeat(levels), "]".repeat(levels));
        assert!(compared(&deep(MAX_DEPTH - 1)).is_some());
        assert_eq!(compared(&deep(MAX_DEPTH)), None);
        let wide = |keys: usize| {
            (0..keys)
                .map(|key| format!("k{key}: 1\n"))
                .collect::<String>()
        };
        assert!(compared(&wide(256)).is_some());
        assert_eq!(compared(&wide(257)), None);
        let key = |length: usize| format!("{}: 1\n", "k".repeat(length));
        assert!(compared(&key(1_000)).is_some());
        assert_eq!(compared(&key(1_001)), None);
        let long = format!("a: [{}1]\n", "1,".repeat(MAX_NODES));
        assert_eq!(compared(&long), None);
    }

    fn tokens() -> impl Strategy<Value = Vec<&'static str>> {
        let token = prop::sample::select(vec![
            "a", "b", "A::B", "key", "1", "-1", "true", "~", "null", ": ", ":", ":\n", "- ", "-",
            "\n", "\n", "\n  ", "\n    ", "\n  - ", "\n- ", "  ", " ", "[", "]", "{", "}", ", ",
            ",", "\"", "\"x y\"", "\"k\":", "'z'", "'", "#", " # c", "!Ref ", "&a ", "*a", "|",
            ">", "é", "\\", "\\n", "/", "*", "?", "%", "@", "...", "---",
        ]);
        prop::collection::vec(token, 0..24)
    }

    /// A value in the layouts of rendered templates.
    fn layouts() -> impl Strategy<Value = String> {
        let scalar = prop::sample::select(vec![
            "text",
            "two words",
            "\"quoted: text\"",
            "'single'",
            "1",
            "AWS::S3::Bucket",
            "[a, \"b\"]",
            "{\"c\":[1,{}]}",
            "",
            "x # c",
            "\"q\" # c",
        ]);
        let leaf = scalar.prop_map(|text| vec![text.to_owned()]);
        let tree = leaf.prop_recursive(5, 40, 4, |inner| {
            let mapping = prop::collection::vec((inner.clone(), 0_usize..3), 1..4);
            let list = prop::collection::vec(inner, 1..4);
            prop_oneof![mapping.prop_map(mapping_lines), list.prop_map(list_lines)]
        });
        tree.prop_map(|lines| format!("root:{}\n", below(&lines, 2)))
    }

    /// The lines of a value after its key: on the same line, or below it.
    fn below(lines: &[String], indent: usize) -> String {
        match lines {
            [line] if !line.starts_with("- ") && !line.contains(": ") && !line.ends_with(':') => {
                format!(" {line}")
            }
            lines => {
                let pad = " ".repeat(indent);
                lines.iter().map(|line| format!("\n{pad}{line}")).collect()
            }
        }
    }

    fn mapping_lines(values: Vec<(Vec<String>, usize)>) -> Vec<String> {
        let entries = values.iter().enumerate().map(|(at, (lines, indent))| {
            let indent = match lines[0].starts_with("- ") {
                true => *indent,
                false => indent + 1,
            };
            format!("k{at}:{}", below(lines, indent))
        });
        let text: Vec<String> = entries.collect();
        text.join("\n").split('\n').map(str::to_owned).collect()
    }

    fn list_lines(values: Vec<Vec<String>>) -> Vec<String> {
        let items = values.iter().flat_map(|lines| {
            let lines = lines.iter().enumerate();
            lines.map(|(at, line)| format!("{}{line}", if at == 0 { "- " } else { "  " }))
        });
        items.collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn no_text_has_another_tree(tokens in tokens()) {
            compared(&(tokens.concat() + "\n"));
        }

        #[test]
        fn no_layout_has_another_tree(text in layouts(), cut in 0_usize..200, token in tokens()) {
            compared(&text);
            let cut = text.char_indices().map(|(at, _)| at).nth(cut).unwrap_or(0);
            let (before, after) = text.split_at(cut);
            let token = token.first().unwrap_or(&"");
            compared(&format!("{before}{token}{after}"));
        }
    }
}
