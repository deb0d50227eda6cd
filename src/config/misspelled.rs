//! Required keys that a config has in another spelling.

use crate::product::{Schema, ValidationErrorKind as Violated, Violation};
use crate::text::did_you_mean;

/// An unknown key in place of a required one.
pub struct Misspelled {
    /// The mapping that has it.
    pub path: Vec<String>,
    /// The unknown key.
    pub written: String,
    /// The required key, which is absent.
    pub meant: String,
}

impl Misspelled {
    pub fn is_written_as(&self, path: &[String], key: &str) -> bool {
        self.path == path && self.written == key
    }

    pub fn means(&self, path: &[String], key: &str) -> bool {
        self.path == path && self.meant == key
    }
}

/// The misspelled keys among violations of a schema. A key that belongs elsewhere is not one, and no two mean the same key.
pub fn misspelled(schema: &Schema, violations: &[Violation<'_>]) -> Vec<Misspelled> {
    let mut found: Vec<Misspelled> = Vec::new();
    for violation in violations {
        let (Violated::AdditionalProperties { unexpected }
        | Violated::UnevaluatedProperties { unexpected }) = &violation.kind
        else {
            continue;
        };
        let path = &violation.path;
        let missing = violations.iter().filter_map(|other| match &other.kind {
            Violated::Required { property } if other.path == *path => property.as_str(),
            _ => None,
        });
        let missing: Vec<&str> = missing.collect();
        for written in unexpected {
            let free = missing.iter().copied();
            let free = free.filter(|name| {
                let mut taken = found.iter().filter(|found| found.path == *path);
                !taken.any(|found| found.meant == *name)
            });
            let extended = free.clone().find(|name| extends(written, name));
            let meant = did_you_mean(written, free).or(extended);
            if let Some(meant) = meant.filter(|_| schema.parents_of(written).is_empty()) {
                found.push(Misspelled {
                    path: path.clone(),
                    written: written.clone(),
                    meant: meant.to_owned(),
                });
            }
        }
    }
    found
}

/// Whether a text is a name with more before or after it, such as `s3bucket`.
fn extends(text: &str, name: &str) -> bool {
    let (text, name) = (text.to_lowercase(), name.to_lowercase());
    !name.is_empty() && (text.starts_with(&name) || text.ends_with(&name))
}
