//! Words as YAML.

/// Plain words that a YAML reader may take for another type.
const NOT_TEXT: [&str; 11] = [
    "true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan",
];

/// A scalar that every YAML reader takes for this text. Plain if it is a word of letters, digits, hyphens and underscores.
pub fn yaml(text: &str) -> String {
    let is_word = text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_/".contains(&byte))
        && !NOT_TEXT.contains(&text.to_ascii_lowercase().as_str());
    match is_word {
        true => text.to_owned(),
        // JSON's strings are YAML's.
        false => serde_json::Value::from(text).to_string(),
    }
}

/// A list on one line.
pub fn yaml_list<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let items: Vec<String> = items.into_iter().map(yaml).collect();
    format!("[{}]", items.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_other_types_are_quoted() {
        assert_eq!(yaml_list(["dev", "prod"]), "[dev, prod]");
        assert_eq!(
            yaml_list(["null", "On", "123456789012", "a: b", "release/1.2"]),
            r#"["null", "On", "123456789012", "a: b", "release/1.2"]"#
        );
    }
}
