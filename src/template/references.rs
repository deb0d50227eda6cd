//! References between the resources of a template.

use std::collections::BTreeMap;

use super::document::Document;
use super::intrinsic::{Reference, walk};
use crate::config::Node;

/// One resource refers to another. Two resources have one reference in a direction, however often it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResourceReference {
    /// Position of the referring resource in the template.
    pub from: usize,
    /// Position of the other one.
    pub to: usize,
    /// Whether a function uses a value of it: `Ref`, `Fn::GetAtt` or `Fn::Sub`. Otherwise only `DependsOn` names it.
    pub uses_value: bool,
}

/// The references by position, without those of a resource to itself.
pub fn resource_references(document: &Document) -> Vec<ResourceReference> {
    let ids = document.resources().map(|resource| resource.logical_id);
    let positions: BTreeMap<&str, usize> = ids.zip(0..).collect();
    let mut found: BTreeMap<(usize, usize), bool> = BTreeMap::new();
    for (from, resource) in document.resources().enumerate() {
        let mut add = |name: &str, uses_value: bool| {
            if let Some(&to) = positions.get(name)
                && to != from
            {
                *found.entry((from, to)).or_default() |= uses_value;
            }
        };
        let node = &resource.entry.value;
        walk(node, &mut |reference, _| match reference {
            Reference::Ref(name) | Reference::Attribute(name) => add(&name, true),
            Reference::Condition(_) | Reference::Mapping(_) => {}
        });
        let depends = node.get("DependsOn");
        let listed = depends.map_or(&[][..], Node::items);
        for name in depends.into_iter().chain(listed).filter_map(Node::text) {
            add(name, false);
        }
    }
    let references = found.into_iter();
    references
        .map(|((from, to), uses_value)| ResourceReference {
            from,
            to,
            uses_value,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    #[test]
    fn references_between_resources_are_found_once() {
        let text = "Parameters: {P: {Type: String}}
Resources:
  A: {Type: T, Properties: {Own: !Ref A, P: !Ref P, Gone: !Ref X}}
  B: {Type: T, DependsOn: A, Properties: {X: [!Ref A, {Fn::GetAtt: [A, Arn]}]}}
  C: {Type: T, DependsOn: [A, B], Properties: {X: !Sub '${B.Arn}-${P}'}}
  D: {Type: T, DependsOn: [D, X], Condition: A}
";
        let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
        let references = resource_references(&document);
        let found: Vec<_> = references
            .iter()
            .map(|one| (one.from, one.to, one.uses_value))
            .collect();
        assert_eq!(found, [(1, 0, true), (2, 0, false), (2, 1, true)]);
    }
}
