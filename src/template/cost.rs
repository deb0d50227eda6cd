//! What AWS bills resources for.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::Resource;

static COSTS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
    // Compiled in, and read in a test.
    serde_yaml::from_str(include_str!("../../templates/cost.yaml")).unwrap_or_default()
});

/// What AWS bills a resource for, in a few words; `None` if the table has no entry.
pub fn billed(resource: &Resource<'_>) -> Option<&'static str> {
    let kind = resource.kind;
    // This type has two prices. CloudFormation's default is a gateway.
    let endpoint = || match resource.property("VpcEndpointType") {
        None => COSTS.get("AWS::EC2::VPCEndpoint Gateway"),
        Some(value) => COSTS.get(&format!("{kind} {}", value.text()?)),
    };
    match kind {
        "AWS::EC2::VPCEndpoint" => endpoint(),
        _ => COSTS.get(kind),
    }
    .map(String::as_str)
}

#[cfg(test)]
mod tests {
    use crate::model::RepoPath;
    use crate::template::Document;

    #[test]
    fn cost_table_loads() {
        let template = "Resources:
  Role: { Type: AWS::IAM::Role }
  Other: { Type: AWS::X::Y }
  Plain: { Type: AWS::EC2::VPCEndpoint }
  Gateway: { Type: AWS::EC2::VPCEndpoint, Properties: { VpcEndpointType: Gateway } }
  Interface: { Type: AWS::EC2::VPCEndpoint, Properties: { VpcEndpointType: Interface } }
  Asked: { Type: AWS::EC2::VPCEndpoint, Properties: { VpcEndpointType: { Ref: Kind } } }
";
        let document = Document::parse(&RepoPath::typed("t.yaml"), template).unwrap();
        let billed = document
            .resources()
            .map(|resource| super::billed(&resource));
        let hourly = Some("by hour and zone, and by GB");
        let free = Some("free");
        assert_eq!(
            billed.collect::<Vec<_>>(),
            [free, None, free, free, hourly, None]
        );
    }
}
