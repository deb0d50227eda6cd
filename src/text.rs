//! Text for messages: lists, quotes, near misses, and characters that are invisible or reorder text.

/// `a`, `b` or `c`, each in backticks.
pub fn or_list(words: &[&str]) -> String {
    joined(words, "or")
}

/// `a`, `b` and `c`, each in backticks.
pub fn and_list(words: &[&str]) -> String {
    joined(words, "and")
}

fn joined(words: &[&str], last_word: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} {last_word} {last}", head.join(", ")),
    }
}

/// A value in backticks. Long values are truncated.
pub fn quote(value: &str) -> String {
    const MAX_CHARS: usize = 60;
    if value.chars().count() <= MAX_CHARS {
        return format!("`{value}`");
    }
    let head: String = value.chars().take(MAX_CHARS).collect();
    format!("`{head}…` ({} characters)", value.chars().count())
}

/// Limits a message's length: a parser's message may quote the whole file.
pub fn truncate(message: String) -> String {
    const MAX_CHARS: usize = 500;
    match message.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", &message[..end]),
        None => message,
    }
}

/// The nearest known word, if it is near enough.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 100 {
        return None;
    }
    let allowed = (word.chars().count() / 3).max(1);
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// `1 error`, `2 errors`.
pub fn pluralize(number: usize, noun: &str) -> String {
    if number == 1 {
        format!("1 {noun}")
    } else {
        format!("{number} {noun}s")
    }
}

/// Whether a character is invisible, reorders the text around it, or drives a terminal.
///
/// False for line breaks and tabs. Sources: Unicode TR 36 and TR 39, "Trojan Source" (CVE-2021-42574).
#[inline]
pub fn is_invisible_or_bidi(character: char) -> bool {
    match character {
        ' '..='~' | '\n' | '\t' | '\r' => false,
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' => {
            true
        }
        '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' => true,
        '\u{2060}'..='\u{206f}'
        | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}'
        | '\u{ffa0}' => true,
        '\u{fff0}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' | '\u{1bca0}'..='\u{1bca3}' => true,
        '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

/// The text with every invisible or reordering character written as `<U+202E>`. `keep_lines` leaves line breaks as they are.
pub fn escape_invisible(text: &str, keep_lines: bool) -> std::borrow::Cow<'_, str> {
    let hidden = |character: char| {
        is_invisible_or_bidi(character)
            || (!keep_lines && matches!(character, '\n' | '\r'))
            || character == '\r'
    };
    if !text.contains(hidden) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if hidden(character) {
            shown.push_str(&format!("<U+{:04X}>", u32::from(character)));
        } else {
            shown.push(character);
        }
    }
    shown.into()
}

/// The argument as one word of a POSIX shell.
pub fn quote_argument(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "@%+=:,./_-".contains(letter);
    match !text.is_empty() && text.chars().all(is_plain) {
        true => text.to_owned(),
        false => format!("'{}'", text.replace('\'', r"'\''")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn did_you_mean_finds_near_misses() {
        assert_eq!(
            did_you_mean("versionning", ["versioning", "tags"]),
            Some("versioning")
        );
        assert_eq!(did_you_mean("Prod", ["prod", "dev"]), Some("prod"));
        assert_eq!(did_you_mean("x", ["prod", "dev"]), None);
    }

    #[test]
    fn invisible_characters_are_escaped() {
        assert_eq!(
            escape_invisible("a\u{202e}b\n\u{1b}[31m", true),
            "a<U+202E>b\n<U+001B>[31m"
        );
        assert_eq!(escape_invisible("a\nb", false), "a<U+000A>b");
    }

    #[test]
    fn attack_no_argument_ends_its_quotes() {
        for text in [
            "", "a b", "$(x)", "`x`", "a;b", "a\nb", "*", "~", "#a", "!a",
        ] {
            assert_eq!(quote_argument(text), format!("'{text}'"));
        }
        assert_eq!(quote_argument("a'b"), r"'a'\''b'");
        assert_eq!(quote_argument("a/b@1.2"), "a/b@1.2");
    }
}
