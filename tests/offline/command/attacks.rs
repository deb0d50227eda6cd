//! Threats 10 to 12, 14 and 30: text that is shown, quoted or hidden must not be executed.

use provisioner::command::{CommandParseError, MAX_CHARACTERS, MAX_COMMANDS};

use super::{command, commands, parse, problem};

/// The command of each attack.
const COMMAND: &str = "/provisioner tear-down a-s3.yaml --force";

/// `@` is replaced by the command. It is not executed, but a command after an empty line is.
fn assert_only_shown(text: &str) {
    assert_eq!(commands(COMMAND), [COMMAND]);
    assert!(text.contains('@'));
    let body = text.replace('@', COMMAND);
    assert_eq!(parse(&body), [], "{body:?}");
    let body = body + "\n\n/provisioner help";
    assert_eq!(commands(&body), ["/provisioner help"], "{body:?}");
}

/// The same for markup without an end: a command below is not executed either.
fn assert_hidden_to_the_end(text: &str) {
    assert_eq!(commands(COMMAND), [COMMAND]);
    assert!(text.contains('@'));
    let body = text.replace('@', COMMAND) + "\n\n/provisioner help";
    assert_eq!(parse(&body), [], "{body:?}");
}

/// If forges render it differently, the command is not executed and its author gets a reply.
fn assert_ambiguous(text: &str) {
    assert_eq!(commands(COMMAND), [COMMAND]);
    assert!(text.contains('@'));
    let body = text.replace('@', COMMAND);
    let found = parse(&body);
    assert!(!found.is_empty(), "{body:?}");
    let said = |it: &Result<_, _>| *it == Err(CommandParseError::AmbiguousMarkdown);
    assert!(found.iter().all(said), "{body:?}: {found:?}");
}

macro_rules! attacks {
    ($how:ident: $($name:ident $($text:literal)+;)*) => {
        $(#[test] fn $name() { $($how($text);)+ })*
    };
}

attacks! { assert_only_shown:
    attack_quote "> @" ">@" "   > @" "> x\n> @";
    attack_nested_quote "> > @" ">>> @" "> - > @";
    attack_lazy_quote "> quoted\n@" "> > quoted\n@";
    attack_alert "> [!WARNING]\n> @" "> [!NOTE]\n@";
    attack_quote_of_several_lines ">>>\n@\n>>>" ">>>\n\nx\n\n@\n\n>>>" "   >>>\n\n@\n\n  >>> " "text\n>>>\nx\n\n@\n\n>>>";
    attack_quote_of_several_lines_with_a_longer_fence ">>>>\n\n@\n\n>>>>" "  >>>>>>\n@\n>>>>>>";
    attack_fence "```\n@\n```" "```sh\n@\n```" "````\n```\n@\n````" "   ```\n@\n   ```" "text\n```\n@\n```";
    attack_tilde_fence "~~~\n@\n~~~" "~~~ ```\n@\n~~~" "~~~\n```\n@\n~~~";
    attack_fence_with_empty_lines "```\n\n@\n\n```";
    attack_fence_in_a_list "- ```\n  @\n  ```";
    attack_indented_code "    @" "\t@" "x\n\n    @" "  \t@";
    attack_deep_indentation_in_a_paragraph "x\n    @" "x\n\t@";
    attack_code_span "`@`" "``@``" "x `\n@\n` y" "`` ` \n@\n``";
    attack_html_comment "<!-- @ -->" "<!--\n@\n-->" "<!--\n\n@\n\n-->" "x <!--\n@\n--> y" "<!-- -- \n@\n-->";
    attack_details "<details>\n@\n</details>" "<details>\n\n@\n\n</details>" "<DETAILS open>\n<summary>x</summary>\n\n@\n\n</DETAILS>";
    attack_html_quote "<blockquote>\n\n@\n\n</blockquote>" "<blockquote cite='>'>\n\n@\n\n</blockquote>" "x <blockquote>\n\n@\n\n</blockquote>";
    attack_html_code "<pre>\n\n@\n\n</pre>" "<code>\n\n@\n\n</code>" "<kbd>\n@\n</kbd>" "<del>\n\n@\n\n</del>";
    attack_html_table "<table><tr><td>\n\n@\n\n</td></tr></table>" "<table>\n<tr>\n<td>\n\n@\n\n</table>";
    attack_html_end_that_ends_nothing "<details>\n</p></div></blockquote>\n\n@\n\n</details>" "<details>\n<p title='</details>'>\n\n@\n\n</details>" "<details>\n<!-- </details> -->\n\n@\n\n</details>";
    attack_html_script "<script>\n\n@\n\n</script>" "<style>\n@\n</style>";
    attack_html_block "<div>\n@\n</div>" "<x-y>\n@\n</x-y>" "<?x\n\n@\n\n?>" "<![CDATA[\n\n@\n\n]]>";
    attack_html_attribute "<a title=\"\n@\n\">x</a>" "x <a title='\n@\n'>y</a>";
    attack_second_word "please @" "/ @" "x\n\\@" "&#32;@" "\u{200b}@" "\u{a0}@" "\u{feff}@";
    attack_escaped_slash "\\@" "x\n\\@";
    attack_entity_for_the_slash "&#47;provisioner tear-down a-s3.yaml @" "&sol;provisioner tear-down a-s3.yaml @";
    attack_list_item "- @" "* @" "+ @" "1. @" "1) @" "- x\n\n  @" "- x\n@" "- [ ] @" "- [x] @";
    attack_heading "# @" "###### @";
    attack_setext_heading "@\n===" "@\n---" "x\n@\ny\n-";
    attack_table "| @ |\n|---|\n| x |" "| x |\n|---|\n| @ |" "| x |\n|---|\n@" "@ | x\n--- | ---";
    attack_link_text "[\n@\n](https://example.com)" "[x\n@\n][y]\n\n[y]: z";
    attack_link_title "[x](y \"\n@\n\")" "[x](y '\n@\n')" "[x](y (\n@\n))";
    attack_link_definition "[x]: y \"\n@\n\"" "[x]:\ny\n'\n@\n'";
    attack_image_alt "![\n@\n](https://example.com/x.png)" "![x](y \"\n@\n\")";
    attack_footnote "[^1]: @\n\nx [^1]" "[^1]: x\n@\n\nx [^1]" "[^1]:\n    @\n\nx [^1]";
    attack_autolink "<https://example.com/?@>" "https://example.com@" "<@>";
    attack_emphasis "*x\n@\ny*" "**x\n@\ny**" "__x\n@\ny__" "_x **y\n@\nz** a_";
    attack_other_line_ends "x\u{2028}@" "x\u{85}@" "x\u{b}@" "x\u{c}@" "x\0@";
}

attacks! { assert_hidden_to_the_end:
    attack_unclosed_fence "```\n@" "~~~\n@" "````\n@\n```" "```\n@\n``` x";
    attack_unclosed_html_comment "<!--\n@" "<!-- x\n\n@" "x\n<!--\n@";
    attack_unclosed_script "<script>\n@" "<pre>\n\n@";
    attack_unclosed_details "<details>\n\n@" "<details/>\n\n@" "<details\n\n@" "<details>\n</details\n\n@";
    attack_unclosed_quote_of_several_lines ">>>\n@" ">>>>\n\n@" "  >>>\n\n@";
}

attacks! { assert_ambiguous:
    attack_line_right_below_a_container "> \n@" ">\n@" "> x\n>\n@" "-\n@" "> x\n<b>\n***\n@" "> x\n<b>\n# y\n@" "-  `\n</pre>\n</pre>\n   > \n@" "[^1]:\n@\n\nx [^1]";
    attack_table_of_one_column "@\n|---|" "@\n:--" "x\n|---|\n@" "@\n|---|\n|: -\n";
    attack_table_for_some "[x]: y\n|---|\n@" "[x]:\n|---|\n@" "x\n|---|\n)\n===\n@";
    attack_strikethrough "~~x\n@\ny~~" "~\n@\n~";
    attack_math "$$\n@\n$$" "x $$y\n@\nz$$" "$x\n@\ny$" "[\n@\n[]$````$](y)````";
    attack_emphasis_for_some "~__\"\n@\n)_" "***<https://a.bwww.a.b***&#47;\n@\n<b></b>*x";
    attack_declaration "<!x\n<script>\n\n@\n" "@\n<!x\n-" "<!x>\n\n@" "`<!x`\n@";
    attack_html_of_another_version "<pre>\n</script>\n```\n</pre>\n\n@" "<textarea>\n\n```\n</textarea>\n\n@" "<search>\n```\n\n@" "x\n<source>\n@";
    attack_quote_of_several_lines_in_a_block "- >>>\n\n@\n\n>>>" "1. >>>>\n\n@" "> >>>\n\n@" "- x\n  >>>\n\n@";
    attack_fences_of_different_lengths ">>>>\n\n>>>\n\n@\n\n>>>\n\n>>>>" ">>>\n\n>>>>\n\n@" ">>>\n```\n>>>\n```\n\n@\n>>>";
    attack_alert_of_several_lines ">>> [!note]\n\n@\n\n>>>" ">>>> [!WARNING] Title\n\n@" "  >>> [!tip]\nx\n\n@\n\n>>>";
    attack_front_matter "---\n\n@\n\n---" "---\n\n@\n\n---\n" "+++\n\n@\n\n+++" ";;;\n\n@\n\n;;;" "---yaml\n\n@\n\n---" "--- toml\n\n@\n\n---" "\n\n---\n\n@\n\n---" "# coding: utf-8\n---\n\n@\n\n---" "---\n\n@\n\n..." "-----\n\n@\n\n+++ \nx" "\u{feff}---\n\n@\n\n---";
    attack_description "@\n: x" "@\n\n: x" "@\n\n\n  : x" "@\n~ x" "x\n: y\n@" "x\n\n: y\n\n  @";
    attack_formula_of_several_paragraphs "$$\n\n@\n\n$$" "x\n\n$$ \n\ny\n\n@\n\n$$\n";
    attack_wiki_link "[[x|\n@\n]]" "[[_TOC_]]\n@";
    attack_inline_difference "{+\n@\n+}" "{- x\n@\ny -}" "[-\n@\n-]";
    attack_footnote_for_some "[^[]: x\n@" "[^[]:\n@" "[^[]: x\n\n    : y\n@" "> |a|\n[^[]: x\n\n    y\n@";
    attack_html_in_a_paragraph "x <?y?>\n@" "x <!-- y -->\n@";
}

/// More elements than the parser counts: the lines after them may be inside of one.
#[test]
fn attack_a_thousand_elements() {
    let folded = |times: usize| {
        let (open, close) = ("<details>\n", "</details>\n");
        format!("{}{}\n{COMMAND}", open.repeat(times), close.repeat(times))
    };
    assert_eq!(commands(&folded(10)), [COMMAND]);
    assert_eq!(parse(&folded(1_000)), []);
}

/// A letter, sign or blank that looks like one of the trigger: no command is executed, and only the last line gets a reply.
#[test]
fn attack_homoglyphs_in_the_trigger() {
    for body in [
        "/\u{440}rovisioner help",   // Cyrillic er
        "/pr\u{43e}visioner help",   // Cyrillic o
        "\u{ff0f}provisioner help",  // full-width slash
        "\u{2215}provisioner help",  // division slash
        "\u{2044}provisioner help",  // fraction slash
        "/\u{ff50}rovisioner help",  // full-width p
        "/pro\u{200b}visioner help", // zero width space
        "/pro\u{ad}visioner help",   // soft hyphen
        "/\u{202e}renoisivorp help", // right-to-left override
        "/provi\u{17f}ioner help",   // long s, which upper case makes an S
        "/PROVISIONER help",
        "/Provisioner help",
        "/provisioner\u{301}help",
    ] {
        assert!(parse(body).iter().all(Result::is_err), "{body:?}");
    }
    for blank in [
        '\u{a0}', '\u{200b}', '\u{3000}', '\u{2003}', '\0', '\u{b}', '\u{c}', '\u{feff}',
    ] {
        let body = format!("/provisioner{blank}help");
        assert!(
            matches!(problem(&body), CommandParseError::NonAscii { .. }),
            "{body:?}"
        );
    }
}

/// The same in actions, flags and values.
#[test]
fn attack_homoglyphs_in_arguments() {
    for body in [
        "/provisioner tear\u{2010}down a.yaml --force",
        "/provisioner t\u{435}ar-down a.yaml --force",
        "/provisioner tear-\u{200d}down a.yaml --force",
        "/provisioner tear-down\u{200b} a.yaml --force",
        "/provisioner tear-down a.yaml \u{2014}force",
        "/provisioner tear-down a.yaml \u{2013}\u{2013}force",
        "/provisioner tear-down a.yaml \u{2212}\u{2212}force",
        "/provisioner tear-down a.yaml --forc\u{435}",
        "/provisioner tear-down a.yaml --force\u{202e}",
        "/provisioner tear-down a\u{200b}.yaml --force",
        "/provisioner tear-down \u{202e}lmay.a --force",
        "/provisioner tear-down a\u{2024}yaml",
        "/provisioner tear-down a\u{2044}b.yaml",
        "/provisioner tear-down a.yaml --confirm 0123456789a\u{430}",
        "/provisioner deploy-solution a.yaml --solution ch\u{ad}urn",
        "/provisioner tear-down a.yaml\u{b}--force",
        "/provisioner tear-down\u{a0}a.yaml",
    ] {
        assert!(
            matches!(problem(body), CommandParseError::NonAscii { .. }),
            "{body:?}"
        );
    }
}

#[test]
fn attack_nul() {
    for body in [
        "/provisioner he\0lp",
        "/provisioner help \0",
        "/provisioner explain a\0b",
    ] {
        assert!(
            matches!(
                problem(body),
                CommandParseError::NonAscii {
                    character: '\0',
                    ..
                }
            ),
            "{body:?}"
        );
    }
    assert_eq!(parse("\0/provisioner help"), []);
}

/// An HTML entity is not replaced: text that only renders as a command is not one.
#[test]
fn attack_entities_in_arguments() {
    for body in [
        "/provisioner help&#32;",
        "/provisioner&#32;help",
        "/provisioner tear-down a&period;yaml",
        "/provisioner tear-down a.yaml &#45;-force",
        "/provisioner tear-down a.yaml -\\-force",
    ] {
        assert!(parse(body).iter().all(Result::is_err), "{body:?}");
    }
}

/// Threat 12: commands have no shell syntax, so nothing is quoted or expanded.
#[test]
fn attack_shell() {
    for value in [
        "$(id)", "`id`", "a;id", "a&&id", "a|id", "a>b", "$HOME", "~", "*", "?", "{a,b}", "a%00",
        "'a'", "\"a\"", "a\\", "a'b'c", "!!", "#", "a=b", "@a", "a,b", "[a]", "<a>", "(a)", "a:b",
        "a+b", "a^b",
    ] {
        for body in [
            format!("/provisioner show-changes {value}"),
            format!("/provisioner deploy-solution a.yaml --solution {value}"),
            format!("/provisioner {value}"),
        ] {
            assert!(parse(&body).iter().all(Result::is_err), "{body:?}");
        }
    }
}

#[test]
fn attack_flags_smuggled_in() {
    for words in [
        "--force=true",
        "--force=",
        "-force",
        "-f",
        "--FORCE",
        "---force",
        "--",
        "-",
        "--force,",
        "--no-force",
        "--confirm=0123456789ab",
        "--for",
        "--force\u{3d}1",
        "/force",
        "force",
        "+force",
        "--force;",
        "--confirm",
        "--confirm --force",
        "--real",
        "--format json",
    ] {
        let body = format!("/provisioner tear-down a.yaml {words}");
        assert!(!problem(&body).help().is_empty(), "{body:?}");
    }
    // A flag's value is not also a flag.
    let body = "/provisioner deploy-solution a.yaml --solution --force";
    assert!(matches!(
        problem(body),
        CommandParseError::MissingValue { .. }
    ));
}

/// Threat 14: a command that is approved for one config and contains another.
#[test]
fn attack_two_configs() {
    for words in ["a.yaml b.yaml", "a.yaml --force b.yaml", "a.yaml\tb.yaml"] {
        let body = format!("/provisioner tear-down {words}");
        assert!(
            matches!(problem(&body), CommandParseError::ExtraArgument { .. }),
            "{body:?}"
        );
    }
    let twice = "/provisioner deploy-solution a.yaml --solution churn --solution fraud";
    assert_eq!(
        problem(twice),
        CommandParseError::DuplicateFlag { flag: "--solution" }
    );
}

/// Threat 14: a write applies the reviewed change; no flag of a comment changes the stack.
#[test]
fn attack_tier_other_than_reviewed() {
    for action in [
        "deploy-product",
        "create-bucket",
        "prep-master",
        "tear-down",
        "delete-product",
    ] {
        let body = format!("/provisioner {action} a.yaml --tier enterprise");
        assert!(
            matches!(problem(&body), CommandParseError::FlagNotAllowed { .. }),
            "{body:?}"
        );
    }
}

#[test]
fn attack_path_traversal() {
    for path in [
        "../a.yaml",
        "a/../b.yaml",
        "a/..",
        "..",
        ".",
        "./a.yaml",
        "a/./b",
        "/etc/passwd",
        "//host/a",
        "a//b",
        "a/",
        "/",
        "a..b",
        "C:\\a",
        "a\\b",
        "~/a",
        "file:a",
        "a%2e%2e",
        "configs/*.yaml",
        "a.yaml\u{0}",
    ] {
        let body = format!("/provisioner tear-down {path} --force");
        assert!(
            matches!(
                problem(&body),
                CommandParseError::InvalidValue { .. } | CommandParseError::NonAscii { .. }
            ),
            "{body:?}"
        );
    }
    let longest = "a".repeat(200);
    assert_eq!(
        command(&format!("/provisioner tear-down {longest}")).config,
        Some(longest.clone())
    );
    assert!(matches!(
        problem(&format!("/provisioner tear-down {longest}a")),
        CommandParseError::InvalidValue { .. }
    ));
}

/// The rendered comment differs from its source: `a.yaml` in italics.
#[test]
fn attack_markdown_inside_a_command() {
    assert_eq!(
        problem("/provisioner tear-down _a_.yaml"),
        CommandParseError::AmbiguousMarkdown
    );
    assert_eq!(
        command("/provisioner tear-down a_b_c.yaml")
            .config
            .as_deref(),
        Some("a_b_c.yaml")
    );
    for words in [
        "**a.yaml**",
        "[a.yaml](b)",
        "<b>a.yaml</b>",
        "<!-- x --> a.yaml",
        "a.yaml <!-- x",
        "~~a.yaml~~",
        "a.yaml![x](y)",
    ] {
        let body = format!("/provisioner tear-down {words}");
        assert!(parse(&body).iter().all(Result::is_err), "{body:?}");
    }
    assert!(
        parse("/provisioner tear-down a.yaml `x\n--force`")
            .iter()
            .all(Result::is_err)
    );
}

/// A command ends with its line: no backslash, blank or flag joins it with the next line.
#[test]
fn attack_command_over_two_lines() {
    for end in ["", "  ", "\t"] {
        let body = format!("/provisioner tear-down a.yaml{end}\n--force");
        assert!(!command(&body).force, "{body:?}");
    }
    assert!(matches!(
        problem("/provisioner tear-down a.yaml \\\n--force"),
        CommandParseError::InvalidValue { .. } | CommandParseError::ExtraArgument { .. }
    ));
    assert!(matches!(
        problem("/provisioner tear-down a.yaml --confirm\n0123456789ab"),
        CommandParseError::MissingValue { .. }
    ));
}

#[test]
fn attack_ten_thousand_commands() {
    let most = "/provisioner help\n".repeat(MAX_COMMANDS);
    assert_eq!(commands(&most).len(), MAX_COMMANDS);
    // Neither the first nor the last commands are executed.
    let one_more = most + "/provisioner help";
    assert_eq!(
        problem(&one_more),
        CommandParseError::TooMany {
            found: MAX_COMMANDS + 1
        }
    );
    // Invalid commands count as well.
    let wrong = "/provisioner x\n".repeat(4_000);
    assert_eq!(problem(&wrong), CommandParseError::TooMany { found: 4_000 });
    let all = "/provisioner help\n".repeat(10_000);
    assert_eq!(
        problem(&all),
        CommandParseError::TooLong {
            characters: 180_000
        }
    );
}

#[test]
fn attack_huge_comment() {
    let fill = |length: usize| format!("/provisioner help\n\n{}", "é".repeat(length - 19));
    assert_eq!(commands(&fill(MAX_CHARACTERS)), ["/provisioner help"]);
    assert_eq!(
        problem(&fill(MAX_CHARACTERS + 1)),
        CommandParseError::TooLong {
            characters: MAX_CHARACTERS + 1
        }
    );
    let word = "x".repeat(60_000);
    let said = problem(&format!("/provisioner {word}")).to_string();
    assert!(said.len() < 200, "{said}");
}
