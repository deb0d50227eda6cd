//! Plain scalars by the YAML 1.2 core schema (<https://yaml.org/spec/1.2.2/#103-core-schema>).
//!
//! YAML 1.1's forms (`on`, `1_000`, `12:30:00`, `0777` as octal) stay text.

use serde_json::Number;

use super::node::NodeKind;

/// The value of a plain, untagged scalar.
pub fn resolve(text: &str) -> NodeKind {
    match text {
        _ if is_null(text) => return NodeKind::Null,
        "true" | "True" | "TRUE" => return NodeKind::Bool(true),
        "false" | "False" | "FALSE" => return NodeKind::Bool(false),
        _ => {}
    }
    // Most scalars are words. The first character decides, without running the number parsers.
    let numeric = matches!(text.as_bytes()[0], b'0'..=b'9' | b'+' | b'-' | b'.');
    match numeric.then(|| number(text)).flatten() {
        Some(number) => NodeKind::Number(number),
        None => NodeKind::Text(text.to_owned()),
    }
}

/// Whether a plain scalar is `null`.
pub fn is_null(text: &str) -> bool {
    matches!(text, "" | "~" | "null" | "Null" | "NULL")
}

fn number(text: &str) -> Option<Number> {
    if let Some(digits) = text.strip_prefix("0x") {
        return unsigned(digits, 16);
    }
    if let Some(digits) = text.strip_prefix("0o") {
        return unsigned(digits, 8);
    }
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.is_empty() {
        let text = text.strip_prefix('+').unwrap_or(text);
        let integer = text
            .parse::<i64>()
            .map(Number::from)
            .or_else(|_| text.parse::<u64>().map(Number::from));
        return integer
            .ok()
            .or_else(|| Number::from_f64(text.parse().ok()?));
    }
    let float_digits =
        |byte: u8| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-');
    if digits.bytes().all(float_digits) && digits.bytes().any(|byte| byte.is_ascii_digit()) {
        return Number::from_f64(text.parse().ok()?);
    }
    None
}

fn unsigned(digits: &str, radix: u32) -> Option<Number> {
    // `from_str_radix` accepts a sign, which YAML does not allow here.
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    plain
        .then(|| u64::from_str_radix(digits, radix).ok().map(Number::from))
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> serde_json::Value {
        let span = crate::diagnostic::Span::default();
        super::super::node::Node {
            kind: resolve(text),
            span,
            tag: None,
        }
        .to_json()
    }

    #[test]
    fn only_yaml_1_2_core_schema_applies() {
        use serde_json::json;
        for (text, value) in [
            ("", json!(null)),
            ("~", json!(null)),
            ("true", json!(true)),
            ("0", json!(0)),
            ("-12", json!(-12)),
            ("+12", json!(12)),
            ("012345678901", json!(12_345_678_901_u64)),
            ("0o17", json!(15)),
            ("0xff", json!(255)),
            ("1.5", json!(1.5)),
            ("1e3", json!(1000.0)),
            (
                "123456789012345678901234567890",
                json!(123_456_789_012_345_678_901_234_567_890_f64),
            ),
        ] {
            assert_eq!(json(text), value, "{text}");
        }
        for text in [
            "on",
            "off",
            "yes",
            "no",
            "y",
            "1_000",
            "12:30:00",
            "0b11",
            "1.2.3",
            ".nan",
            ".inf",
            "-",
            "+",
            ".",
            "2026-11-23",
            "0x",
            "0x+1",
            "1e",
            "c001",
        ] {
            assert_eq!(json(text), json!(text), "{text}");
        }
    }
}
