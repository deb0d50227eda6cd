//! Text of others as Markdown that is only text: no mention, reference, link, image, HTML or broken table comes of it.

use crate::wording::visible;

/// Characters of one value that are shown.
const MOST: usize = 200;

/// Plain where that is provably harmless, otherwise a code span.
pub fn inert(text: &str) -> String {
    let shown = visible(text, false);
    let length = shown.chars().count();
    let cut: String = if length > MOST {
        format!(
            "{}… ({length} characters)",
            shown.chars().take(MOST).collect::<String>()
        )
    } else {
        shown.into_owned()
    };
    if is_prose(&cut) { cut } else { code(&cut) }
}

/// A code span whose delimiters are longer than any run of backticks inside.
pub fn code(text: &str) -> String {
    let shown = visible(text, false);
    if shown.trim().is_empty() {
        return "(empty)".to_owned();
    }
    let ticks = "`".repeat(longest_run(&shown, '`') + 1);
    let pad = if shown.starts_with(['`', ' ']) || shown.ends_with(['`', ' ']) {
        " "
    } else {
        ""
    };
    // A bar would end a table's cell, even in a code span.
    let shown = shown.replace('|', "\\|");
    format!("{ticks}{pad}{shown}{pad}{ticks}")
}

/// A code block whose fence is longer than any run of backticks inside.
pub fn fence(text: &str, language: &str) -> String {
    let shown = visible(text, true);
    let ticks = "`".repeat((longest_run(&shown, '`') + 1).max(3));
    let end = if shown.ends_with('\n') { "" } else { "\n" };
    format!("{ticks}{language}\n{shown}{end}{ticks}")
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

/// Words and punctuation of a sentence, with nothing in them that a forge gives a meaning to.
fn is_prose(text: &str) -> bool {
    let sentence =
        |character: char| character.is_ascii_alphanumeric() || " .,;'()-/…".contains(character);
    let harmless = |word: &str| {
        let word = word.trim_matches(|character: char| !character.is_ascii_alphanumeric());
        let commit = word.len() >= 7 && word.bytes().all(|byte| byte.is_ascii_hexdigit());
        let ticket = word
            .rsplit_once('-')
            .is_some_and(|(_, number)| number.bytes().all(|byte| byte.is_ascii_digit()));
        let host = word.to_ascii_lowercase().starts_with("www.");
        !commit && !ticket && !host
    };
    text.starts_with(|character: char| character.is_ascii_alphabetic())
        && text.contains(' ')
        && !text.contains("//")
        && text.chars().all(sentence)
        && text.split(' ').all(harmless)
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
            ("a|b", "`a\\|b`"),
            ("`x`", "`` `x` ``"),
            ("a``b", "```a``b```"),
            ("![i](http://x)", "`![i](http://x)`"),
            ("<img src=x>", "`<img src=x>`"),
            ("two\nlines", "`two<U+000A>lines`"),
            (" ", "(empty)"),
        ] {
            assert_eq!(inert(text), shown);
        }
        assert_eq!(fence("```\nx", "diff"), "````diff\n```\nx\n````");
    }
}
