//! Arguments in commands that a person copies into a shell.

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
    use super::quote_argument;

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
