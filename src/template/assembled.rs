//! Texts that CloudFormation puts together from parts, and the dynamic references that they can become. No value is computed: a part
//! whose text the template does not show at its place is a computed part.

use std::collections::BTreeMap;

use super::intrinsic::tag_of;
use crate::config::{Node, NodeKind};

/// Represents a computed part. A template that holds this character itself only gets more references.
const COMPUTED: char = '\0';
/// Bytes of a text. With repeated delimiters and variables it can be far longer than the template.
const MAX_TEXT: usize = 1 << 20;

/// The text of a value, with marks for its computed parts.
pub fn assembled(node: &Node) -> String {
    match (tag_of(node), &node.kind) {
        (Some("Join"), _) => joined(node),
        (Some("Sub"), _) => substituted(node),
        (None, NodeKind::Text(text)) => with_computed_parts(text),
        (None, NodeKind::Number(number)) => number.to_string(),
        (None, NodeKind::Mapping(entries)) => match entries.as_slice() {
            [only] if only.key == "Fn::Join" => joined(&only.value),
            [only] if only.key == "Fn::Sub" => substituted(&only.value),
            _ => COMPUTED.to_string(),
        },
        _ => COMPUTED.to_string(),
    }
}

/// The text of a `Fn::Join`, from its argument.
pub fn joined(argument: &Node) -> String {
    let [delimiter, parts] = argument.items() else {
        return COMPUTED.to_string();
    };
    let delimiter = assembled(delimiter);
    let mut text = String::new();
    match (&parts.tag, &parts.kind) {
        (None, NodeKind::Sequence(parts)) => {
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    append(&mut text, &delimiter);
                }
                append(&mut text, &assembled(part));
            }
        }
        _ => text = format!("{COMPUTED}{delimiter}{COMPUTED}"),
    }
    text
}

/// The text of a `Fn::Sub`, from its argument.
pub fn substituted(argument: &Node) -> String {
    match (&argument.kind, argument.items()) {
        (NodeKind::Text(text), _) => with_computed_parts(text),
        (_, [template, variables]) => {
            let (None, Some(text)) = (&template.tag, template.text()) else {
                return assembled(template);
            };
            let entries = variables.entries().iter();
            let values = entries.map(|entry| (entry.key.as_str(), assembled(&entry.value)));
            with_values(text, &values.collect())
        }
        _ => COMPUTED.to_string(),
    }
}

/// A text whose placeholders are computed parts: `${…}` of `Fn::Sub`, and `${…}` and `&{…}` of `Fn::ForEach`, which replaces them
/// in every text and key.
pub fn with_computed_parts(text: &str) -> String {
    with_values(text, &BTreeMap::new())
}

fn with_values(text: &str, values: &BTreeMap<&str, String>) -> String {
    if !text.contains('{') {
        return text.to_owned();
    }
    let mut result = String::new();
    // Where the placeholders begin that no brace has closed yet. A name holds no brace except those of placeholders inside it.
    let mut open: Vec<usize> = Vec::new();
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            // `${!Literal}` is the text `${Literal}`.
            '{' if result.ends_with('$') && characters.next_if_eq(&'!').is_some() => open.clear(),
            '{' if result.ends_with(['$', '&']) => open.push(result.len() - 1),
            '{' => open.clear(),
            '}' => {
                if let Some(start) = open.pop() {
                    let value = values.get(result[start + 2..].trim()).cloned();
                    result.truncate(start);
                    match value {
                        Some(value) => {
                            open.clear();
                            append(&mut result, &value);
                        }
                        None => result.push(COMPUTED),
                    }
                    continue;
                }
            }
            _ => {}
        }
        result.push(character);
    }
    result
}

/// Appends a part. A text that becomes too long counts as a reference.
fn append(text: &mut String, part: &str) {
    if text.len() + part.len() > MAX_TEXT {
        *text = format!("{{{COMPUTED}");
    } else {
        text.push_str(part);
    }
}

/// First characters of the delimiters at which a template splits its texts. A text can come apart before each of them.
#[derive(Debug, Default)]
pub struct Cuts(String);

impl Cuts {
    pub fn of_template(template: &Node) -> Self {
        let mut cuts = Self::default();
        let parameters = template.get("Parameters").map_or(&[][..], Node::entries);
        let mut kinds = parameters
            .iter()
            .filter_map(|parameter| parameter.value.get("Type")?.text());
        if kinds.any(|kind| kind.contains("List")) {
            cuts.0.push(',');
        }
        cuts.collect(template);
        cuts
    }

    fn collect(&mut self, node: &Node) {
        if tag_of(node) == Some("Split") {
            self.0.extend(delimiter_start(node));
        }
        for entry in node.entries() {
            if entry.key == "Fn::Split" {
                self.0.extend(delimiter_start(&entry.value));
            }
            self.collect(&entry.value);
        }
        node.items().iter().for_each(|item| self.collect(item));
    }

    fn is_boundary(&self, character: char) -> bool {
        character == COMPUTED || self.0.contains(character)
    }
}

/// The first character of a `Fn::Split`'s delimiter. `None` if the delimiter is computed, or can cut a brace out of JSON that AWS
/// returns: `"` and `}` follow an opening brace there.
pub fn delimiter_start(argument: &Node) -> Option<char> {
    let delimiter = argument.items().first()?;
    let text = delimiter.literal()?;
    let start = text.chars().next()?;
    let is_computed = with_computed_parts(text).contains(COMPUTED);
    (!is_computed && !matches!(start, '"' | '}')).then_some(start)
}

/// Whether a text is, or together with other parts can become, a dynamic reference to anything but a parameter that may be read.
/// Every reference begins with two braces. Both are in one text, or one ends a text, or one is next to a computed part.
pub fn has_dynamic_reference(text: &str, cuts: &Cuts, may_read: impl Fn(&str) -> bool) -> bool {
    let is_foreign = |(at, word): (usize, &str)| {
        let before = text[..at].trim_end();
        let is_open = before.is_empty() || before.ends_with('{');
        let reference = &text[at + word.len()..];
        let name = reference
            .strip_prefix("ssm:")
            .and_then(|rest| rest.split_once("}}"));
        let is_known = name.is_some_and(|(name, _)| !name.contains(COMPUTED) && may_read(name));
        is_open && !is_known
    };
    let is_last_in_part = |(at, _): (usize, &str)| {
        let next = text[at + 1..].chars().next();
        next.is_none_or(|next| cuts.is_boundary(next))
    };
    // Most texts have neither.
    let has_brace = text.contains('{');
    has_brace && (has_open_braces(text, cuts) || text.match_indices('{').any(is_last_in_part))
        || text.contains(':') && text.match_indices("resolve:").any(is_foreign)
}

/// Whether a text has two braces that no braces close, or whose content has parts.
fn has_open_braces(text: &str, cuts: &Cuts) -> bool {
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        match after.split_once("}}") {
            Some((content, after)) if !content.contains(|c| cuts.is_boundary(c)) => rest = after,
            _ => return true,
        }
    }
    false
}

/// Whether a key has a placeholder. `Fn::ForEach` replaces them in keys too, `${…}` and `&{…}`.
pub fn is_computed(key: &str) -> bool {
    key.contains('{') && (key.contains("${") || key.contains("&{"))
}

/// Whether a key with placeholders can become a name.
pub fn can_become(key: &str, name: &str) -> bool {
    let text = with_computed_parts(key);
    let mut parts = text.split(COMPUTED);
    let first = parts.next().unwrap_or_default();
    let Some(last) = parts.next_back() else {
        return text == name;
    };
    let middle = name
        .strip_prefix(first)
        .and_then(|rest| rest.strip_suffix(last));
    let mut rest = middle;
    for part in parts {
        rest = rest.and_then(|rest| Some(rest.split_once(part)?.1));
    }
    rest.is_some()
}

#[cfg(test)]
mod tests {
    use crate::template::external::tests::found;

    #[test]
    fn attack_no_way_to_write_a_dynamic_reference_is_missed() {
        for (text, expected) in [
            ("A: '{{resolve:ssm:/a}}'", "dynamic reference A"),
            ("A: 'x{{ resolve:secretsmanager:a}}'", "dynamic reference A"),
            (
                "A: !Sub 'p-{{resolve:ssm-secure:${B}}}'",
                "dynamic reference A",
            ),
            (
                "A: [x, {B: '{{resolve:ssm:/a}}'}]",
                "dynamic reference A/1/B",
            ),
            (
                "'{{resolve:ssm:/a}}': 1",
                "dynamic reference {{resolve:ssm:/a}}",
            ),
            (
                "A: !Join [':', ['{{resolve', 'ssm:/a}}']]",
                "dynamic reference A",
            ),
            (
                "A: {Fn::Join: ['', ['{{res', 'olve:', !Ref B]]}",
                "dynamic reference A/Fn::Join",
            ),
            (
                "A: !Sub ['${B}${C}', {B: '{', C: '{resolve:ssm:/a}}'}]",
                "dynamic reference A",
            ),
            (
                "A: '{{resolve:ssm:/vpc/id}}{{resolve:ssm:/a}}'",
                "dynamic reference A",
            ),
            ("A: !Sub '{{resolve:ssm:/vpc/${B}}}'", "dynamic reference A"),
            ("A: '{{resolve:ssm-secure:/vpc/id}}'", "dynamic reference A"),
            (
                "A: !Sub '{{res${O}lve:ssm:/secret}}'",
                "dynamic reference A",
            ),
            ("A: !Sub '{{${R}:secretsmanager:x}}'", "dynamic reference A"),
            ("A: !Sub '{${R}resolve:ssm:/x}}'", "dynamic reference A"),
            ("A: !Sub '${!{res${O}lve:ssm:/x}}'", "dynamic reference A"),
            ("A: !Sub ['{${B}', {B: !Ref C}]", "dynamic reference A"),
            (
                "A: !Join ['', ['{', '{res', {Ref: O}, 'lve:ssm:/x}}']]",
                "dynamic reference A",
            ),
            (
                "A: !Join ['', ['{', !Join ['', ['{res', !Ref O]], 'lve:ssm:/x}}']]",
                "dynamic reference A",
            ),
            (
                "A: !Join ['', ['{', !Sub '{res${O}', 'lve:ssm:/x}}']]",
                "dynamic reference A",
            ),
            ("A: !Join ['{', !Ref L]", "dynamic reference A"),
            (
                "A: !Join ['', ['a{', {Fn::Sub: '${B}', Fn::Join: ['', [c]]}]]",
                "dynamic reference A",
            ),
            (
                "{Parameters: {P: {Type: String, Default: '{'}}, A: !Sub '${P}${Q}${R}'}",
                "dynamic reference Parameters/P/Default",
            ),
            (
                "Parameters: {P: {Type: CommaDelimitedList, Default: '{,{res,olve:ssm:/x}}'}}",
                "dynamic reference Parameters/P/Default",
            ),
            (
                "Parameters: {P: {Type: CommaDelimitedList, Default: '{{,r,esolve:ssm:/x}}'}}",
                "dynamic reference Parameters/P/Default",
            ),
            (
                "Mappings: {M: {a: {b: '{', c: '{res'}}}",
                "dynamic reference Mappings/M/a/b",
            ),
            (
                "A: !Join ['', !Split ['|', '{|{res|olve:ssm:/x}}']]",
                "dynamic reference A/1/1",
            ),
            (
                "A: !Join ['', !Split ['/vpc', '{{resolve:ssm:/vpc/x}}']]",
                "dynamic reference A/1/1",
            ),
            ("A: !Split [!Ref D, !Ref S]", "dynamic reference A"),
            (
                "A: !Split ['\"', {Fn::ToJsonString: {a: b}}]",
                "dynamic reference A",
            ),
            (
                "A: !Sub [!Join ['', ['{', '{res', !Ref O, 'lve:ssm:/x}}']], {}]",
                "dynamic reference A",
            ),
            ("A: !If [C, '{', x]", "dynamic reference A/1"),
            (
                "Fn::ForEach::L: [I, [o], {'Q${I}': {A: '{{res${I}lve:ssm:/x}}'}}]",
                "dynamic reference Fn::ForEach::L/2/Q${I}/A",
            ),
            (
                "Fn::ForEach::L: [I, [o], {'Q${I}': {A: '{&{I}{resolve'}}]",
                "dynamic reference Fn::ForEach::L/2/Q${I}/A",
            ),
        ] {
            let found = found(text);
            assert_eq!(found.first().map(String::as_str), Some(expected), "{text}");
        }
    }

    #[test]
    fn attack_a_text_that_outgrows_the_limit_is_a_reference() {
        let long = "x".repeat(1_000);
        let variables = "${V}".repeat(1_100);
        let text = format!("A: !Sub ['{variables}', {{V: {long}}}]");
        assert_eq!(found(&text), ["dynamic reference A"]);
        let text = format!("A: !Sub ['${{V}}', {{V: {long}}}]");
        assert_eq!(found(&text), [""; 0]);
    }

    #[test]
    fn texts_without_references_are_not_found() {
        for text in [
            "Resources: {Q: {Type: 'AWS::SQS::Queue', Properties: {QueueName: !Sub '${A}-q'}}}",
            "Resources: {Q: {Type: 'AWS::Events::Rule', Properties: {Input: !Join ['', ['{\"a\":', !Ref A, '}']]}}}",
            "Description: 'could not resolve:the name'",
            "A: '{{resolve:ssm:/vpc/id}}, {{resolve:ssm:/aws/service/ami:3}}'",
            "Resources: {D: {Type: 'AWS::SSM::Document', Properties: {Content: '{{ Command }}'}}}",
            "A: !Sub '{\"region\": \"${AWS::Region}\"}'",
            "A: !Sub '{{ Command }} in ${AWS::Region}'",
            "A: !Sub '{{resolve:ssm:/vpc/id}}/${AWS::Region}'",
            "A: !Sub ['${B}-{c}', {B: !Ref D}]",
            "A: !Join [\"\\n\", ['{', '\"a\": 1', '}']]",
            "A: !Join ['', ['{', !Sub '\"a\": \"${B}\"', '}']]",
            "A: !Sub '${!Literal}/${aws:username}'",
            "A: !Select [0, !Split ['/', !GetAtt Q.Arn]]",
            "Parameters: {P: {Type: CommaDelimitedList, Default: 'a,b'}}",
            "Mappings: {M: {a: {b: '{\"c\": 1}'}}}",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }
}
