//! Properties whose change replaces the resource.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::table::read_table;

/// What the change of a property does to its resource, ascending.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum PropertyEffect {
    /// The resource stays.
    InPlace,
    /// The table does not have the type, so the resource may be replaced.
    MayReplace,
    /// The property is fixed when the resource is created.
    Replaces,
}

type Properties = BTreeMap<String, Vec<String>>;

/// Compiled in. If it did not load, no type would be known, and each change may replace; a test reads it.
fn read() -> anyhow::Result<Properties> {
    read_table(include_str!("../../templates/create-only.yaml"))
}

static CREATE_ONLY: LazyLock<Properties> = LazyLock::new(|| read().unwrap_or_default());

/// What a change of the property does, by the type.
pub fn property_effect(kind: &str, property: &str) -> PropertyEffect {
    match CREATE_ONLY.get(kind) {
        None => PropertyEffect::MayReplace,
        Some(fixed) if fixed.iter().any(|name| name == property) => PropertyEffect::Replaces,
        Some(_) => PropertyEffect::InPlace,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_that_is_not_listed_may_be_replaced() {
        use PropertyEffect::{InPlace, MayReplace, Replaces};
        assert!(read().unwrap().len() > 15);
        let bucket = |property| property_effect("AWS::S3::Bucket", property);
        assert_eq!(bucket("BucketName"), Replaces);
        assert_eq!(bucket("VersioningConfiguration"), InPlace);
        assert_eq!(property_effect("AWS::Future::Store", "Size"), MayReplace);
    }
}
