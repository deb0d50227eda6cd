//! Foreign text as Markdown without mentions, references, links, images, HTML and broken tables.

use std::borrow::Cow;

use super::fit::first_lines;
use super::truncate::length;
use crate::text::escape_invisible;

/// Maximum length of a sentence.
const MAX_CHARS: usize = 200;
/// Maximum length of a code span, longer than any useful name or path.
const MAX_CODE_CHARS: usize = 400;

/// Plain if no part of the text is live, otherwise a code span.
pub fn escape_markdown(text: &str) -> String {
    let shown = escape_invisible(text, false);
    let length = shown.chars().count();
    let cut: String = if length > MAX_CHARS {
        format!(
            "{}… ({length} characters)",
            shown.chars().take(MAX_CHARS).collect::<String>()
        )
    } else {
        shown.into_owned()
    };
    if is_prose(&cut) { cut } else { code(&cut) }
}

/// A code span. Its delimiters are longer than any run of backticks inside.
pub fn code(text: &str) -> String {
    let shown = escape_invisible(text, false);
    if shown.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let length = shown.chars().count();
    let (shown, rest) = match shown.char_indices().nth(MAX_CODE_CHARS) {
        Some((end, _)) => (&shown[..end], format!("… ({length} characters)")),
        None => (&*shown, String::new()),
    };
    let ticks = "`".repeat(longest_run(shown, '`') + 1);
    let pad = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    // A bar would end a table's cell, even in a code span.
    let shown = shown.replace('|', "\\|");
    format!("{ticks}{pad}{shown}{pad}{ticks}{rest}")
}

/// A code block. Its fence is longer than any run of backticks inside. No foreign line begins with a slash: GitLab takes such a line for
/// a quick action, in some versions even inside a fence.
/// <https://docs.gitlab.com/user/project/quick_actions/>
pub fn fence(text: &str, language: &str) -> String {
    let shown = escape_invisible(text, true);
    let shown = without_quick_actions(&shown);
    let ticks = "`".repeat((longest_run(&shown, '`') + 1).max(3));
    let end = if shown.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{shown}{end}{ticks}")
}

/// Lines that begin with a slash get a blank before it, but for the program's own commands.
fn without_quick_actions(text: &str) -> Cow<'_, str> {
    let is_action = |line: &str| line.starts_with('/') && !line.starts_with("/provisioner ");
    if !text.lines().any(is_action) {
        return text.into();
    }
    let lines = text
        .split_inclusive('\n')
        .map(|line| match is_action(line) {
            true => format!(" {line}").into(),
            false => Cow::Borrowed(line),
        });
    lines.collect::<String>().into()
}

/// A folded code block with the first lines of a text, at most `most` characters.
pub fn details_block(text: &str, language: &str, most: usize) -> String {
    let (shown, left_out) = first_lines(text, most);
    let rest = match left_out {
        0 => String::new(),
        _ => format!(
            "\n\n{} of {} characters shown.",
            length(shown),
            length(text)
        ),
    };
    format!(
        "<details><summary>Show</summary>\n\n{}{rest}\n\n</details>",
        fence(shown, language)
    )
}

fn longest_run(text: &str, wanted: char) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for character in text.chars() {
        run = if character == wanted { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// Whether a text is words and punctuation without anything that a forge turns into a link or mention.
fn is_prose(text: &str) -> bool {
    let sentence =
        |character: char| character.is_ascii_alphanumeric() || " .,;'()-/…".contains(character);
    // Any punctuation ends a word: `x/0a1b2c3d4` and `(GH-1)x` are as live as with blanks around them.
    let apart = |character: char| !character.is_ascii_alphanumeric() && character != '-';
    let commit = |part: &str| part.len() >= 7 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    let number = |part: &str| part.starts_with(|character: char| character.is_ascii_digit());
    let harmless =
        |word: &str| !word.split('-').any(commit) && !word.split('-').skip(1).any(number);
    text.starts_with(|character: char| character.is_ascii_alphabetic())
        && text.contains(' ')
        && !text.contains("//")
        && text.chars().all(sentence)
        && !text.to_ascii_lowercase().contains("www.")
        && text.split(apart).all(harmless)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_nothing_is_live() {
        for (text, shown) in [
            ("The bucket is replaced.", "The bucket is replaced."),
            ("@acme/admins look", "`@acme/admins look`"),
            ("fixes #1 now", "`fixes #1 now`"),
            ("see GH-12 please", "`see GH-12 please`"),
            ("at 0a1b2c3d4 it is", "`at 0a1b2c3d4 it is`"),
            ("go www.evil.example now", "`go www.evil.example now`"),
            ("see (GH-12)x please", "`see (GH-12)x please`"),
            ("see GH-12-x please", "`see GH-12-x please`"),
            ("see x,0a1b2c3d4/y please", "`see x,0a1b2c3d4/y please`"),
            ("go x(www.evil.example) now", "`go x(www.evil.example) now`"),
            ("a|b", "`a\\|b`"),
            ("`x`", "`` `x` ``"),
            ("a``b", "```a``b```"),
            ("![i](http://x)", "`![i](http://x)`"),
            ("<img src=x>", "`<img src=x>`"),
            ("two\nlines", "`two<U+000A>lines`"),
            (" ", "(empty)"),
        ] {
            assert_eq!(escape_markdown(text), shown);
        }
        let long = "x".repeat(401);
        assert_eq!(code(&long), format!("`{}`… (401 characters)", &long[1..]));
        assert_eq!(fence("```\nx", "diff"), "````diff\n```\nx\n````");
        assert_eq!(
            fence("/merge\nx\n /x\n/provisioner y", "text"),
            "```text\n /merge\nx\n /x\n/provisioner y\n```"
        );
    }
}
