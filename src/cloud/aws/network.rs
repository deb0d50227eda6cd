//! Reads the network that a stack uses and does not create.
//!
//! Shapes: `API_DescribeVpcEndpoints`, `API_DescribeSubnets`, `API_DescribeVpcAttribute` and `API_DescribeNetworkInterfaces` of the EC2
//! API reference.

use roxmltree::{Document, Node};

use super::Cloud;
use super::ec2::{child, items};
use crate::cloud::{NetworkInterface, Result, Subnet, VpcEndpoint};

/// States of an endpoint that is gone, or never was. EC2 writes them with either case.
const GONE: &[&str] = &["deleted", "deleting", "expired", "failed", "rejected"];

impl Cloud {
    pub async fn vpc_endpoints(&self, vpc: &str) -> Result<Vec<VpcEndpoint>> {
        let pages = self.in_vpc("DescribeVpcEndpoints", vpc).await?;
        let endpoint = |item: Node<'_, '_>| VpcEndpoint {
            id: text(item, "vpcEndpointId"),
            service: text(item, "serviceName"),
            is_gateway: text(item, "vpcEndpointType").eq_ignore_ascii_case("gateway"),
            private_dns: text(item, "privateDnsEnabled") == "true",
            route_tables: texts(item, "routeTableIdSet"),
            is_gone: GONE.contains(&text(item, "state").to_ascii_lowercase().as_str()),
        };
        let mut found = each(&pages, "vpcEndpointSet", endpoint);
        found.retain(|endpoint| !endpoint.is_gone);
        Ok(found)
    }

    /// Subnets by their ids. A missing one is an error of AWS.
    pub async fn subnets(&self, ids: &[String]) -> Result<Vec<Subnet>> {
        let ids = ids.iter().enumerate();
        let parameters = ids.map(|(index, id)| (format!("SubnetId.{}", index + 1), id.clone()));
        let pages = self
            .network
            .describe("DescribeSubnets", parameters.collect())
            .await?;
        let subnet = |item: Node<'_, '_>| Subnet {
            id: text(item, "subnetId"),
            vpc: text(item, "vpcId"),
            zone: text(item, "availabilityZone"),
            owner: text(item, "ownerId"),
        };
        Ok(each(&pages, "subnetSet", subnet))
    }

    /// Whether a VPC has this DNS attribute, such as `enableDnsSupport`.
    pub async fn has_vpc_attribute(&self, vpc: &str, attribute: &str) -> Result<bool> {
        let parameters = vec![
            ("VpcId".to_owned(), vpc.to_owned()),
            ("Attribute".to_owned(), attribute.to_owned()),
        ];
        let pages = self
            .network
            .describe("DescribeVpcAttribute", parameters)
            .await?;
        let is_on = |page: &String| {
            let document = Document::parse(page).ok()?;
            let root = document.root_element();
            let mut children = root.children();
            let node = children.find(|node| node.tag_name().name() == attribute)?;
            Some(text(node, "value") == "true")
        };
        Ok(pages.iter().find_map(is_on).unwrap_or(false))
    }

    /// The network interfaces in a VPC.
    pub async fn network_interfaces(&self, vpc: &str) -> Result<Vec<NetworkInterface>> {
        let pages = self.in_vpc("DescribeNetworkInterfaces", vpc).await?;
        let interface = |item: Node<'_, '_>| NetworkInterface {
            groups: items(item, "groupSet")
                .map(|group| text(group, "groupId"))
                .collect(),
        };
        Ok(each(&pages, "networkInterfaceSet", interface))
    }

    async fn in_vpc(&self, action: &'static str, vpc: &str) -> Result<Vec<String>> {
        let parameters = vec![
            ("Filter.1.Name".to_owned(), "vpc-id".to_owned()),
            ("Filter.1.Value.1".to_owned(), vpc.to_owned()),
            ("MaxResults".to_owned(), "1000".to_owned()),
        ];
        self.network.describe(action, parameters).await
    }
}

fn each<T>(pages: &[String], list: &str, read: impl Fn(Node<'_, '_>) -> T) -> Vec<T> {
    let mut found = Vec::new();
    for page in pages {
        if let Ok(document) = Document::parse(page) {
            found.extend(items(document.root_element(), list).map(&read));
        }
    }
    found
}

fn text(node: Node<'_, '_>, name: &str) -> String {
    child(node, name).unwrap_or_default()
}

/// The texts of a list's items.
fn texts(node: Node<'_, '_>, list: &str) -> Vec<String> {
    items(node, list)
        .map(|item| item.text().unwrap_or_default().to_owned())
        .collect()
}
