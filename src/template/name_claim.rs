//! Names that only one stack can have: two stacks with one of them cannot both be created.

use std::sync::Arc;

use super::bucket_policy::bucket_policies;
use super::document::{Document, Resource};
use super::import_types::BUCKET_POLICY;
use super::intrinsic::tag_of;
use super::naming::{Uniqueness, physical_names};
use crate::config::{Node, NodeKind};
use crate::product::{Partition, Target};
use crate::text::quote;

const ENDPOINT: &str = "AWS::EC2::VPCEndpoint";

/// A claim of a stack. Stacks whose claims have one key cannot both exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameClaim {
    /// Type, scope and name.
    pub key: Arc<[String; 3]>,
    /// Logical id of the resource.
    pub logical_id: String,
    /// What is claimed, such as "the name `x` of `Role` (AWS::IAM::Role)".
    pub what: String,
    /// Why no other stack can claim it.
    pub why: &'static str,
}

impl NameClaim {
    pub fn kind(&self) -> &str {
        &self.key[0]
    }
}

/// The claims of a template, in its order. Computed names and values are not known.
pub fn name_claims(document: &Document, target: &Target) -> Vec<NameClaim> {
    let region = format!("{} {}", target.account, target.region);
    let names = physical_names(document).filter_map(|name| {
        let property = |key: &str| name.resource.property(key);
        let (scope, why) = match name.rule.unique {
            Uniqueness::Partition => {
                let partition = Partition::of_region(&target.region)?;
                (
                    partition.name.clone(),
                    "is unique in all accounts and regions of the partition",
                )
            }
            Uniqueness::Account => (
                target.account.clone(),
                "is unique in the account, in all regions",
            ),
            Uniqueness::Region => (region.clone(), "is unique in the region of the account"),
            Uniqueness::Vpc => {
                let vpc = identity(document, property("VpcId")?)?;
                (format!("{region} {vpc}"), "is unique in the VPC")
            }
            Uniqueness::EventBus => {
                let bus = match property("EventBusName") {
                    None => "default".to_owned(),
                    Some(bus) => identity(document, bus)?,
                };
                (format!("{region} {bus}"), "is unique on the event bus")
            }
        };
        let id = name.resource.logical_id;
        let (kind, name, rule) = (name.resource.kind, name.name, name.rule);
        Some(NameClaim {
            key: Arc::new([kind.to_owned(), scope, rule.compared(name)]),
            logical_id: id.to_owned(),
            what: format!("the name {} of `{id}` ({kind})", quote(name)),
            why,
        })
    });
    let endpoints = document
        .resources()
        .filter(|resource| resource.kind == ENDPOINT);
    let endpoints = endpoints.flat_map(|endpoint| endpoint_claims(document, &endpoint, &region));
    names.chain(endpoints).collect()
}

/// The claims of bucket policies. Those of own buckets follow from the buckets' names, so only a deletion compares them.
pub fn policy_claims(document: &Document, target: &Target) -> Vec<NameClaim> {
    let Some(partition) = Partition::of_region(&target.region) else {
        return Vec::new();
    };
    let claims = bucket_policies(document).filter_map(|policy| {
        let bucket = policy.bucket.name(document)?;
        let name = bucket.to_owned();
        Some(NameClaim {
            key: Arc::new([BUCKET_POLICY.to_owned(), partition.name.clone(), name]),
            logical_id: policy.logical_id.to_owned(),
            what: format!("the policy of bucket {}", quote(bucket)),
            why: "is the only one of the bucket",
        })
    });
    claims.collect()
}

/// A VPC has one interface endpoint with private DNS for a service, and a route table has one gateway endpoint for it:
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-dns.html>,
/// <https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html>.
fn endpoint_claims(document: &Document, endpoint: &Resource<'_>, region: &str) -> Vec<NameClaim> {
    let text = |key: &str| endpoint.property(key).and_then(Node::literal);
    let Some(service) = text("ServiceName") else {
        return Vec::new();
    };
    let id = endpoint.logical_id;
    let claim = |place: &str, what: String, why: &'static str| NameClaim {
        key: Arc::new([
            ENDPOINT.to_owned(),
            format!("{region} {place}"),
            service.to_owned(),
        ]),
        logical_id: id.to_owned(),
        what,
        why,
    };
    match endpoint
        .property("VpcEndpointType")
        .map_or(Some("Gateway"), Node::literal)
    {
        Some("Interface") => {
            let private = endpoint.property("PrivateDnsEnabled");
            let private = private.is_some_and(|node| matches!(node.kind, NodeKind::Bool(true)));
            let vpc = endpoint
                .property("VpcId")
                .and_then(|vpc| identity(document, vpc));
            let vpc = vpc.filter(|_| private).into_iter();
            vpc.map(|vpc| {
                let what = format!("the endpoint `{id}` with private DNS for `{service}` in {vpc}");
                claim(&vpc, what, "can exist once in a VPC")
            })
            .collect()
        }
        Some("Gateway") => {
            let tables = endpoint
                .property("RouteTableIds")
                .map_or(&[][..], Node::items);
            let tables = tables.iter().filter_map(|table| identity(document, table));
            tables
                .map(|table| {
                    let what =
                        format!("the route of {table} to the endpoint `{id}` for `{service}`");
                    claim(&table, what, "can exist once in a route table")
                })
                .collect()
        }
        _ => Vec::new(),
    }
}

/// The identity of a value: its text, or the SSM parameter that it is read from. `None` if a function computes it.
fn identity(document: &Document, node: &Node) -> Option<String> {
    if let Some(text) = node.literal() {
        return Some(format!("`{text}`"));
    }
    let name = match tag_of(node) {
        Some("Ref") => node.text()?,
        Some(_) => return None,
        None => node.get("Ref")?.text()?,
    };
    let parameters = document.section("Parameters");
    let parameter = &parameters.iter().find(|entry| entry.key == name)?.value;
    let kind = parameter.get("Type").and_then(Node::text)?;
    let default = parameter.get("Default").and_then(Node::text)?;
    match kind.starts_with("AWS::SSM::Parameter::Value<") {
        true => Some(format!("what the SSM parameter `{default}` holds")),
        false => Some(format!("`{default}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn keys(text: &str, region: &str) -> Vec<String> {
        let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
        let target = Target {
            account: "1".to_owned(),
            region: region.to_owned(),
            environment: "dev".to_owned(),
        };
        let claims = name_claims(&document, &target).into_iter();
        claims.map(|claim| claim.key.join(" | ")).collect()
    }

    #[test]
    fn claims_have_the_scope_of_their_type() {
        let text = "Parameters:
  Vpc: {Type: 'AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>', Default: /vpc/x}
Resources:
  A: {Type: AWS::S3::Bucket, Properties: {BucketName: data}}
  B: {Type: AWS::IAM::Role, Properties: {RoleName: Role}}
  C: {Type: AWS::SSM::Parameter, Properties: {Name: /A/b}}
  D: {Type: AWS::EC2::SecurityGroup, Properties: {GroupName: Main, VpcId: {Ref: Vpc}}}
  E: {Type: AWS::Events::Rule, Properties: {Name: rule}}
  F: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.x.sts, VpcEndpointType: Interface, PrivateDnsEnabled: true, VpcId: !Ref Vpc}}
  G: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.x.s3, VpcId: vpc-1, RouteTableIds: [rtb-1, rtb-2]}}
  H: {Type: AWS::EC2::VPCEndpoint, Properties: {ServiceName: com.x.kms, VpcEndpointType: Interface, VpcId: vpc-1}}
";
        assert_eq!(
            keys(text, "cn-north-1"),
            [
                "AWS::S3::Bucket | aws-cn | data",
                "AWS::IAM::Role | 1 | role",
                "AWS::SSM::Parameter | 1 cn-north-1 | /A/b",
                "AWS::EC2::SecurityGroup | 1 cn-north-1 what the SSM parameter `/vpc/x` holds | main",
                "AWS::Events::Rule | 1 cn-north-1 default | rule",
                "AWS::EC2::VPCEndpoint | 1 cn-north-1 what the SSM parameter `/vpc/x` holds | com.x.sts",
                "AWS::EC2::VPCEndpoint | 1 cn-north-1 `rtb-1` | com.x.s3",
                "AWS::EC2::VPCEndpoint | 1 cn-north-1 `rtb-2` | com.x.s3",
            ]
        );
    }
}
