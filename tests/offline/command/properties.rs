//! Parsing ends for every comment, and finds only text that two Markdown parsers show as plain text.

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use proptest::prelude::*;
use provisioner::command::{Command, CommentAction, MAX_CHARACTERS, MAX_COMMANDS, TRIGGER};
use provisioner::product::{Class, Verb};

use super::{ACTIONS, parse, problem};

/// Pieces that build every block and span of Markdown, and commands.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop::sample::select(vec![
        "/provisioner help",
        "/provisioner tear-down a.yaml --force",
        "/provisioner x",
        "/provisioner",
        "\n",
        "\n",
        "\n\n",
        "\n\n",
        "\r\n",
        "\r",
        " ",
        "  ",
        "   ",
        "    ",
        "\t",
        "> ",
        ">",
        ">>>",
        ">>>>",
        ">>> [!note]",
        "- ",
        "* ",
        "1. ",
        "# ",
        "===",
        "---",
        "***",
        "```",
        "````",
        "~~~",
        "`",
        "``",
        "<!--",
        "-->",
        "<!",
        "<?",
        "?>",
        "<div>",
        "</div>",
        "<pre>",
        "</pre>",
        "<b>",
        "</b>",
        "<a href=\"",
        "\">",
        "'",
        "\"",
        "(",
        ")",
        "[",
        "]",
        "[x]",
        "[^1]",
        "[^1]: ",
        "[^[]: ",
        "[[",
        "]]",
        "[x]: ",
        "![",
        "](",
        "](y)",
        ": ",
        "|",
        "|---|",
        "| a |",
        "*",
        "**",
        "_",
        "__",
        "~~",
        "\\",
        "&amp;",
        "&#47;",
        "$",
        "$$",
        "text",
        "x ",
        "<https://a.b",
        "<",
        ">",
        "\0",
        "\u{200b}",
        "\u{202e}",
        "é",
        "[!NOTE]",
        "<script>",
        "</script>",
        "<textarea>",
        "<source>",
        "https://a.b/",
        ":-",
        "-|-",
        ":::",
        "+++",
        "~ ",
        "~",
        ";;;",
    ]);
    prop::collection::vec(fragment, 0..24).prop_map(|all| all.concat())
}

/// Lines of plain text in top-level paragraphs, by another parser than the program's: the parser of GitLab.
fn shown_plainly(body: &str, on_gitlab: bool) -> Vec<String> {
    fn plain<'a>(node: &'a AstNode<'a>, line: &mut String, lines: &mut Vec<String>) {
        for child in node.children() {
            match &child.data.borrow().value {
                NodeValue::Text(text) => line.push_str(text),
                NodeValue::SoftBreak | NodeValue::LineBreak => lines.push(std::mem::take(line)),
                // A placeholder for markup, so that a line with markup at its start or end is not plain.
                _ => line.push('\u{fffc}'),
            }
        }
    }
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.extension.footnotes = true;
    options.extension.math_dollars = true;
    options.extension.tasklist = true;
    options.extension.alerts = true;
    options.extension.autolink = on_gitlab;
    options.extension.description_lists = on_gitlab;
    options.extension.math_code = on_gitlab;
    options.extension.multiline_block_quotes = on_gitlab;
    options.extension.wikilinks_title_before_pipe = on_gitlab;
    options.extension.cjk_friendly_emphasis = on_gitlab;
    options.parse.relaxed_autolinks = on_gitlab;
    let arena = Arena::new();
    let mut lines = Vec::new();
    for node in parse_document(&arena, body, &options).children() {
        if matches!(node.data.borrow().value, NodeValue::Paragraph) {
            let mut line = String::new();
            plain(node, &mut line, &mut lines);
            lines.push(line);
        }
    }
    lines
}

fn is_shown_plainly(body: &str) -> Result<(), TestCaseError> {
    for on_gitlab in [false, true] {
        let shown = shown_plainly(body, on_gitlab);
        for command in parse(body).into_iter().flatten() {
            let command = command.to_string();
            let among = shown.iter().any(|line| line.trim_end() == command);
            prop_assert!(among, "{command:?} of {body:?} is not among {shown:?}");
        }
    }
    Ok(())
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9.-]{0,20}"
}

fn path() -> impl Strategy<Value = String> {
    let part = "[A-Za-z0-9][A-Za-z0-9-]{0,8}(\\.[a-z]{1,4})?";
    prop::collection::vec(part, 1..4).prop_map(|parts| parts.join("/"))
}

/// Valid commands.
fn written() -> impl Strategy<Value = Command> {
    let values = (path(), word(), word(), "[0-9a-f]{16,64}");
    let actions: Vec<CommentAction> = ACTIONS.iter().cloned().collect();
    let actions = prop::sample::select(actions);
    (actions, values, any::<[bool; 5]>()).prop_map(|(action, (path, name, tier, digest), given)| {
        let is_product = matches!(action, CommentAction::Product(_));
        let named = action.class() == Class::Destructive;
        let writes = action.class() == Class::Write;
        let repairs = action.has_verb(Verb::repairs);
        let skips = action.has_verb(|verb| verb == Verb::ContinueRollback);
        let is_test = action.class() == Class::Test;
        let folders =
            action.has_verb(|verb| matches!(verb, Verb::DeployFolders | Verb::UploadTemplate));
        let tiered = is_product && !writes && !named;
        let (explains, shows) = (
            action == CommentAction::Explain,
            action == CommentAction::ShowProduct,
        );
        Command {
            action,
            config: (is_product && !repairs && (named || given[0])).then_some(path),
            solution: (folders && given[1]).then(|| name.clone()),
            tier: ((tiered || shows) && given[2]).then_some(tier),
            force: (writes || named) && given[3],
            confirm: ((named || repairs) && given[4]).then_some(digest),
            skip: match skips && given[1] {
                true => vec!["Queue".to_owned(), "Bucket2".to_owned()],
                false => Vec::new(),
            },
            keep: is_test && given[1],
            code: explains.then(|| name.clone()),
            product: (shows && given[0]).then_some(name),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn parsing_always_terminates(body in any::<String>(), line in any::<String>()) {
        parse(&body);
        for found in parse(&format!("{TRIGGER} {line}")) {
            if let Err(problem) = found {
                prop_assert!(!problem.to_string().is_empty() && !problem.help().is_empty());
            }
        }
    }

    #[test]
    fn commands_are_visible_plain_text(body in fragments()) {
        is_shown_plainly(&body)?;
    }

    #[test]
    fn commands_are_visible_plain_lines(
        lines in prop::collection::vec(prop_oneof![
            Just("/provisioner help".to_owned()),
            fragments(),
        ], 1..8),
    ) {
        is_shown_plainly(&lines.join("\n"))?;
    }

    #[test]
    fn attack_wrapped_in_a_quote(body in fragments()) {
        let body = body.replace("\r\n", "\n").replace('\r', "\n");
        let quoted = format!("> {}", body.replace('\n', "\n> "));
        prop_assert_eq!(parse(&quoted), []);
    }

    #[test]
    fn attack_wrapped_in_a_fence(body in fragments()) {
        // Longer than any run in the pieces, so that no piece ends it.
        for sign in ["`", "~"] {
            let fence = sign.repeat(200);
            prop_assert_eq!(parse(&format!("{fence}\n{body}\n{fence}")), []);
        }
    }

    #[test]
    fn attack_wrapped_in_a_list(body in fragments()) {
        let body = body.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(parse(&format!("- x\n  {}", body.replace('\n', "\n  "))), []);
    }

    #[test]
    fn attack_broken_trigger(body in fragments(), at in 1..TRIGGER.len(), with in "[^a-z]") {
        let broken = format!("{}{with}{}", &TRIGGER[..at], &TRIGGER[at..]);
        prop_assert_eq!(parse(&body.replace(TRIGGER, &broken)), []);
    }

    #[test]
    fn printed_commands_parse_again(command in written()) {
        prop_assert_eq!(parse(&command.to_string()), [Ok(command)]);
    }

    #[test]
    fn a_command_is_found_after_other_text(talk in "[a-zA-Z ,.]{0,80}", command in written()) {
        let body = format!("{talk}\n\n{command}\n\n{talk}");
        prop_assert_eq!(parse(&body), [Ok(command)]);
    }
}

/// Threat 30. Bodies that cause quadratic or deep work in some parsers.
#[test]
fn attack_parsing_stays_linear() {
    for piece in [
        "[",
        "![",
        "]",
        "](",
        "[a](",
        "`",
        "``x",
        "*",
        "_",
        "*a_ ",
        "**x",
        "~~",
        "<",
        "</",
        "<a ",
        "<!--",
        "<!-- a",
        "<?",
        "<!A ",
        "<![CDATA[",
        ">",
        "> ",
        "- ",
        "* ",
        "1. ",
        "\t",
        " ",
        "\n",
        "\r",
        "\r\n",
        "|",
        "|-",
        "a|b\n-|-\n",
        "$",
        "$$",
        "$a ",
        "\\",
        "&",
        "&#",
        "&amp",
        "[^1]",
        "[^1]: x\n",
        "[a]: b\n",
        "[a]:",
        "<details>",
        "</details>",
        "<details></pre>",
        "<blockquote>\n\n",
        "<b>",
        ">>>\n",
        "\u{200b}",
        "\0",
        "/provisioner",
        "/provisioner ",
        "*/provisioner*",
        "x/provisioner\\",
        "\n/provisioner",
        "\n/provisioner help x",
        "  /provisioner\n",
        "a\n===\n",
        "#",
        "# ",
        "```\n",
        "~~~\n",
        "(",
        "\"",
        "'",
        "[x](\"",
        ":",
        "é",
    ] {
        let repeated = piece.repeat(MAX_CHARACTERS / piece.chars().count() - 20);
        for body in [
            format!("{repeated}\n\n/provisioner help"),
            format!("/provisioner help\n{repeated}"),
        ] {
            // Quadratic work would take minutes.
            let commands = parse(&body);
            assert!(commands.len() <= MAX_COMMANDS, "{piece:?}");
        }
    }
    let blanks = problem(&format!("{TRIGGER}{}x", " ".repeat(60_000)));
    assert!(!blanks.help().is_empty());
}
