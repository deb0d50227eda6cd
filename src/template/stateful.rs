//! Which resource types hold data.

use std::collections::BTreeSet;
use std::sync::LazyLock;

static STATEFUL: LazyLock<BTreeSet<String>> = LazyLock::new(|| {
    // Compiled in, and read in a test.
    serde_yaml::from_str(include_str!("../../templates/stateful.yaml")).unwrap_or_default()
});

/// Whether losing a resource of this type loses data. True for types that are not AWS's own, about which nothing is known.
pub fn holds_data(kind: &str) -> bool {
    let foreign = !kind.starts_with("AWS::") || kind == "AWS::CloudFormation::CustomResource";
    foreign || STATEFUL.contains(kind)
}

#[cfg(test)]
mod tests {
    use super::holds_data;

    #[test]
    fn stateful_types_load() {
        assert!(holds_data("AWS::S3::Bucket"));
        assert!(!holds_data("AWS::IAM::Role"));
        assert!(holds_data("Custom::Database"));
    }
}
