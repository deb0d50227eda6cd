//! Filters for products' templates and expressions, beside minijinja's own.

use minijinja::value::ValueKind;
use minijinja::{Environment, Error, ErrorKind, Output, Value};

use crate::model::Digest;

pub fn register(engine: &mut Environment<'_>) {
    engine.add_filter("between", between);
    engine.add_filter("logical_id", logical_id);
    engine.add_filter("hash8", hash8);
    engine.add_filter("fit", fit);
    super::partition::register(engine);
    engine.add_test("cidr", cidr);
    engine.add_test("holding", holding);
    engine.add_test("kebab", kebab);
}

/// Writes a value as JSON that is also valid YAML 1.1 and 1.2: characters that YAML cannot print are escaped.
pub fn write_json(out: &mut Output, value: &Value) -> Result<(), Error> {
    if value.is_undefined() {
        return Err(Error::new(
            ErrorKind::UndefinedError,
            "the value is undefined",
        ));
    }
    if value.kind() == ValueKind::String
        && let Some(text) = value.as_str().filter(|text| text.bytes().all(is_literal))
    {
        out.write_str("\"")?;
        out.write_str(text)?;
        return out.write_str("\"").map_err(Error::from);
    }
    let json = serde_json::to_string(value).map_err(|error| {
        Error::new(ErrorKind::BadSerialization, "not representable as JSON").with_source(error)
    })?;
    // JSON outside of strings is ASCII, so every character here is inside a string.
    let mut rest = json.as_str();
    while let Some(at) = rest.find(unprintable) {
        out.write_str(&rest[..at])?;
        let mut chars = rest[at..].chars();
        if let Some(character) = chars.next() {
            write!(out, "\\u{:04x}", u32::from(character))?;
        }
        rest = chars.as_str();
    }
    out.write_str(rest).map_err(Error::from)
}

/// Whether a byte of a text is the same in JSON. So are most texts.
fn is_literal(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\'
}

/// Characters that YAML readers refuse, fold or read as a line break. All are below U+10000.
fn unprintable(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}' | '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}'
    )
}

/// The text between a prefix and a suffix; empty if the text lacks either.
fn between(text: &str, prefix: &str, suffix: &str) -> String {
    text.strip_prefix(prefix)
        .and_then(|rest| rest.strip_suffix(suffix))
        .unwrap_or("")
        .to_owned()
}

/// Whether a text is lower-case letters, digits and hyphens, and begins with a letter.
fn kebab(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text is a range of IPv4 addresses, written with its first address.
fn cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else {
        return false;
    };
    let parts: Vec<Option<u8>> = address.split('.').map(|part| part.parse().ok()).collect();
    let [Some(a), Some(b), Some(c), Some(d)] = parts[..] else {
        return false;
    };
    let address = u64::from(u32::from_be_bytes([a, b, c, d]));
    length
        .parse::<u32>()
        .is_ok_and(|length| length <= 32 && address % (1 << (32 - length)) == 0)
}

/// Whether a text holds another one.
fn holding(text: &str, part: &str) -> bool {
    text.contains(part)
}

/// The first eight hexadecimal digits of the text's SHA-256.
fn hash8(text: &str) -> String {
    Digest::sha256(text).prefix(8)
}

/// The text if it has at most `limit` characters; else its beginning and its hash, so that different texts stay different.
fn fit(text: &str, limit: usize) -> String {
    if text.chars().count() <= limit {
        return text.to_owned();
    }
    let hash = hash8(text);
    let kept: String = text
        .chars()
        .take(limit.saturating_sub(hash.len() + 1))
        .collect();
    let kept = kept.trim_end_matches(|c: char| !c.is_alphanumeric());
    match kept.is_empty() {
        true => hash,
        false => format!("{kept}-{hash}"),
    }
}

/// A name as part of a CloudFormation logical id (`[A-Za-z0-9]+`): `master-solution` → `MasterSolution`.
///
/// Injective, so that no two names of a config share a resource: `X` escapes what PascalCase would lose, and a name that does not
/// begin with a lower-case letter gets a leading `0`.
fn logical_id(text: &str) -> String {
    let mut id = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    match chars.next_if(char::is_ascii_lowercase) {
        Some(first) => id.push(first.to_ascii_uppercase()),
        None => id.push('0'),
    }
    while let Some(character) = chars.next() {
        match character {
            'a'..='z' | '0'..='9' => id.push(character),
            '-' => match chars.next_if(char::is_ascii_lowercase) {
                Some('x') => id.push_str("Xx"),
                Some(letter) => id.push(letter.to_ascii_uppercase()),
                None => id.push_str("X0"),
            },
            other => id.push_str(&format!("X1{:x}X", u32::from(other))),
        }
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn logical_ids_are_readable() {
        assert_eq!(logical_id("master-solution"), "MasterSolution");
        assert_ne!(logical_id("a-b"), logical_id("ab"));
        assert_ne!(logical_id("a-1"), logical_id("a1"));
        assert_eq!(
            (logical_id("a-x").as_str(), logical_id("a-").as_str()),
            ("AXx", "AX0")
        );
    }

    #[test]
    fn long_texts_are_cut_before_a_hash() {
        assert_eq!(fit("a-b", 3), "a-b");
        assert_eq!(fit("demand-forecasting", 16), "demand-f0a8ed73");
        assert_eq!(fit("demand-forecasting", 9), "f0a8ed73");
    }

    #[test]
    fn ranges_begin_with_their_first_address() {
        for range in ["10.0.0.0/8", "0.0.0.0/0", "10.1.2.3/32", "172.16.0.0/12"] {
            assert!(cidr(range), "{range}");
        }
        for range in [
            "10.0.0.1/16",
            "172.16.0.0/11",
            "10.0.0.0",
            "10.0.0.0/33",
            "a/8",
        ] {
            assert!(!cidr(range), "{range}");
        }
    }

    proptest! {
        #[test]
        fn fitted_texts_are_within_the_limit_and_differ(a in "[a-z-]{0,30}", b in "[a-z-]{0,30}", limit in 8_usize..30) {
            prop_assert!(fit(&a, limit).chars().count() <= limit);
            prop_assert!(a == b || fit(&a, limit) != fit(&b, limit));
        }

        #[test]
        fn logical_ids_are_injective(a in "[a0xX1-]{0,5}", b in "[a0xX1-]{0,5}") {
            prop_assert!(a == b || logical_id(&a) != logical_id(&b));
            prop_assert!(logical_id(&a).bytes().all(|byte| byte.is_ascii_alphanumeric()));
        }
    }
}
