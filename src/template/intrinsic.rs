//! References inside a template, in their long and short forms.

use crate::config::{Node, NodeKind};
use crate::diagnostic::Span;

#[derive(Debug, PartialEq, Eq)]
pub enum Reference {
    /// `Ref`: a parameter, a resource or a pseudo parameter.
    Ref(String),
    /// The resource of a `Fn::GetAtt`.
    Attribute(String),
    Condition(String),
    /// The mapping of a `Fn::FindInMap`.
    Mapping(String),
}

/// The name of a short form's function, such as `Sub`.
pub fn tag_of(node: &Node) -> Option<&str> {
    node.tag.as_deref().map(|tag| tag.trim_start_matches('!'))
}

/// Calls `visit` for every reference below a node.
pub fn walk(node: &Node, visit: &mut impl FnMut(Reference, Span)) {
    if let Some(name) = tag_of(node) {
        function(name, node, node.span, visit);
    }
    match &node.kind {
        NodeKind::Mapping(entries) => {
            if let [only] = entries.as_slice() {
                let name = only.key.strip_prefix("Fn::").unwrap_or(&only.key);
                let long_form = only.key.starts_with("Fn::") || matches!(name, "Ref" | "Condition");
                if long_form {
                    function(name, &only.value, only.value.span, visit);
                }
            }
            entries.iter().for_each(|entry| walk(&entry.value, visit));
        }
        NodeKind::Sequence(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

fn function(name: &str, argument: &Node, span: Span, visit: &mut impl FnMut(Reference, Span)) {
    let first = || argument.items().first().and_then(Node::text);
    match name {
        "Ref" => argument
            .text()
            .into_iter()
            .for_each(|name| visit(Reference::Ref(name.to_owned()), span)),
        "Condition" => argument
            .text()
            .into_iter()
            .for_each(|name| visit(Reference::Condition(name.to_owned()), span)),
        "GetAtt" => {
            let dotted = argument.text().and_then(|text| text.split('.').next());
            dotted
                .or_else(first)
                .into_iter()
                .for_each(|name| visit(Reference::Attribute(name.to_owned()), span));
        }
        "If" => first()
            .into_iter()
            .for_each(|name| visit(Reference::Condition(name.to_owned()), span)),
        "FindInMap" => first()
            .into_iter()
            .for_each(|name| visit(Reference::Mapping(name.to_owned()), span)),
        "Sub" => {
            let own: Vec<&str> = argument
                .items()
                .get(1)
                .map_or(&[][..], Node::entries)
                .iter()
                .map(|entry| entry.key.as_str())
                .collect();
            let text = argument.text().or_else(first).unwrap_or("");
            for name in placeholders(text).filter(|name| !own.contains(name)) {
                let reference = match name.split_once('.') {
                    Some((resource, _)) => Reference::Attribute(resource.to_owned()),
                    None => Reference::Ref(name.to_owned()),
                };
                visit(reference, span);
            }
        }
        _ => {}
    }
}

/// The names in `${…}`, without `${!literal}`.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("${")
        .skip(1)
        .filter_map(|rest| rest.split_once('}'))
        .map(|(name, _)| name.trim())
        .filter(|name| !name.starts_with('!'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Tags, parse};
    use crate::model::RepoPath;

    #[test]
    fn long_and_short_forms() {
        let text = "a: !Ref A\nb: {Ref: B}\nc: !GetAtt C.Arn\nd: {Fn::GetAtt: [D, Arn]}\ne: !Sub '${E}-${F.Arn}-${!no}'\n\
                    f: {Fn::Sub: ['${G}${H}', {H: 1}]}\ng: !If [I, 1, 2]\nh: !FindInMap [M, a, b]\n";
        let tree = parse(
            &RepoPath::parse("t.yaml").unwrap(),
            text.as_bytes(),
            Tags::Keep,
        )
        .unwrap();
        let mut seen = Vec::new();
        walk(&tree, &mut |reference, _| {
            seen.push(format!("{reference:?}"))
        });
        insta::assert_snapshot!(seen.join(" "), @r#"Ref("A") Ref("B") Attribute("C") Attribute("D") Ref("E") Attribute("F") Ref("G") Condition("I") Mapping("M")"#);
    }
}
