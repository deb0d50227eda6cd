//! Foreign text in addresses. It cannot change the route.

use std::fmt::Write as _;

/// One segment of a path; `None` for `.`, `..` and other text that a server would resolve.
pub fn segment(text: &str) -> Option<String> {
    let is_one = !matches!(text, "" | "." | "..");
    is_one.then(|| encoded(text))
}

/// Escapes every character that has a meaning in an address.
pub fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_a_name_stays_within_its_segment() {
        for (text, expected) in [
            ("octo-cat_1.x", Some("octo-cat_1.x")),
            ("dependabot[bot]", Some("dependabot%5Bbot%5D")),
            ("a/b", Some("a%2Fb")),
            ("../../user", Some("..%2F..%2Fuser")),
            ("x?ref=y#z", Some("x%3Fref%3Dy%23z")),
            ("%2e%2e", Some("%252e%252e")),
            ("a b\r\nX: y", Some("a%20b%0D%0AX%3A%20y")),
            ("grün", Some("gr%C3%BCn")),
            ("", None),
            (".", None),
            ("..", None),
        ] {
            assert_eq!(segment(text).as_deref(), expected, "{text:?}");
        }
    }
}
