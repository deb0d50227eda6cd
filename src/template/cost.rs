//! What resources of a type are billed for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

static COSTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    // Compiled in, and read in a test.
    serde_yaml::from_str(include_str!("../../templates/cost.yaml")).unwrap_or_default()
});

/// What resources of this type are billed for, in a few words; `None` if it is not known here.
pub fn billed(kind: &str) -> Option<&'static str> {
    COSTS.get(kind).map(String::as_str)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_table_is_read() {
        assert_eq!(super::billed("AWS::IAM::Role"), Some("free"));
        assert_eq!(super::billed("AWS::X::Y"), None);
    }
}
