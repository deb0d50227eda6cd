//! The digest of an adoption. Equal digests mean that the same stack would get the same tags.

use std::collections::BTreeMap;

use serde::Serialize;

use super::input::AdoptionInput;
use super::tags::AdoptionTags;
use crate::model::Digest;

/// A new field changes every digest: raise the version with it.
const VERSION: &str = "provisioner-adoption/1\n";

#[derive(Serialize)]
struct CoveredAdoption<'a> {
    stack: &'a str,
    template: Digest,
    parameters: BTreeMap<&'a str, &'a str>,
    tags: &'a BTreeMap<String, String>,
    added: &'a BTreeMap<String, String>,
}

pub(super) fn digest(input: &AdoptionInput<'_>, tags: &AdoptionTags) -> Digest {
    let live = input.live;
    let parameters = live.parameters.iter();
    let covered = CoveredAdoption {
        stack: &live.stack.id,
        template: Digest::sha256(input.template),
        parameters: parameters
            .map(|(name, parameter)| (name.as_str(), parameter.value.as_str()))
            .collect(),
        tags: &live.stack.tags,
        added: &tags.added,
    };
    // Serializing this plain data cannot fail.
    let text = serde_json::to_string(&covered).unwrap_or_default();
    Digest::sha256(format!("{VERSION}{text}"))
}
