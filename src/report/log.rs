//! Escapes logs, in which a CI runner searches for commands.

use crate::text::{escape_invisible, is_invisible_or_bidi};

/// Breaks workflow commands: `::name::` at the start of a line, `##[name]` anywhere.
/// Source: `ActionCommand.TryParseV2` and `TryParse` of <https://github.com/actions/runner>.
pub fn escape_workflow_commands(text: &str) -> String {
    // Escapes invisible characters first, because they could split a command.
    let text = escape_invisible(text, true);
    let mut safe = String::with_capacity(text.len() + 8);
    for line in text.split_inclusive('\n') {
        let line = line.replace("##[", "# #[");
        let body = line.trim_start();
        safe.push_str(&line[..line.len() - body.len()]);
        match body.strip_prefix("::") {
            Some(rest) => {
                safe.push_str(": :");
                safe.push_str(rest);
            }
            None => safe.push_str(body),
        }
    }
    safe
}

/// The same for JSON without changing its value: invisible characters and commands become JSON escapes.
pub fn escape_json(json: String) -> String {
    let json = match json.contains("##[") {
        true => json.replace("##[", "#\\u0023["),
        false => json,
    };
    let mut hidden = json.match_indices(is_invisible_or_bidi).peekable();
    if hidden.peek().is_none() {
        return json;
    }
    let mut safe = String::with_capacity(json.len());
    let mut from = 0;
    for (at, character) in hidden {
        safe.push_str(&json[from..at]);
        for unit in character.encode_utf16() {
            safe.push_str(&format!("\\u{unit:04x}"));
        }
        from = at + character.len();
    }
    safe + &json[from..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_workflow_commands_are_only_text() {
        assert_eq!(
            escape_workflow_commands("a\n  ::set-output name=x::y\n##[add-path]z\n"),
            "a\n  : :set-output name=x::y\n# #[add-path]z\n"
        );
        assert_eq!(
            escape_workflow_commands("#\r#[add-path]z\n:\r:x::\n\u{200b}::y::\n"),
            "#<U+000D>#[add-path]z\n:<U+000D>:x::\n<U+200B>::y::\n"
        );
        assert_eq!(escape_workflow_commands("a::b\n"), "a::b\n");
    }

    #[test]
    fn attack_json_keeps_its_values_and_hides_nothing() {
        let value = serde_json::json!({"a": "##[x]\u{202e}\u{e0041}\u{85}\n::y::"});
        let safe = escape_json(value.to_string());
        assert_eq!(
            safe,
            r##"{"a":"#\u0023[x]\u202e\udb40\udc41\u0085\n::y::"}"##
        );
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&safe).unwrap(),
            value
        );
    }
}
