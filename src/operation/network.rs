//! Preflight of networks: what a VPC has already, and what the stack would add.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{Cloud, Result, VpcEndpoint};
use crate::product::VpcRule;
use crate::report::Unmet;

/// The DNS attributes of a VPC that private DNS needs.
const DNS_ATTRIBUTES: [&str; 2] = ["enableDnsSupport", "enableDnsHostnames"];

/// The network during one preflight. Endpoints and SSM parameters are read once.
pub(super) struct Network<'a> {
    pub cloud: &'a Cloud,
    /// Physical ids of the stack's resources.
    pub own: BTreeSet<String>,
    endpoints: BTreeMap<String, Vec<VpcEndpoint>>,
    parameters: BTreeMap<String, Vec<String>>,
}

impl<'a> Network<'a> {
    pub fn new(cloud: &'a Cloud, own: BTreeSet<String>) -> Self {
        Self {
            cloud,
            own,
            endpoints: BTreeMap::new(),
            parameters: BTreeMap::new(),
        }
    }

    /// Everything that breaks a rule. A missing SSM parameter breaks none: another requirement reports it.
    pub async fn unmet(&mut self, vpc: &str, rule: VpcRule, of: &[String]) -> Result<Vec<Unmet>> {
        let Some(vpc) = self.values(vpc).await?.pop() else {
            return Ok(Vec::new());
        };
        let mut subjects = Vec::new();
        for subject in of {
            subjects.extend(self.values(subject).await?);
        }
        match rule {
            VpcRule::Dns => self.dns(&vpc).await,
            VpcRule::Endpoint => self.missing_endpoints(&vpc, subjects).await,
            VpcRule::FreeEndpoint => self.taken_endpoints(&vpc, subjects).await,
            VpcRule::FreeRouteTable => self.taken_route_tables(&vpc, subjects).await,
            VpcRule::NoNeighbors => self.neighbors(&vpc).await,
            VpcRule::Subnets => self.subnets(&vpc, subjects).await,
        }
    }

    /// The text, or the values of the SSM parameter that it names.
    async fn values(&mut self, text: &str) -> Result<Vec<String>> {
        if !text.starts_with('/') {
            return Ok(vec![text.to_owned()]);
        }
        if let Some(known) = self.parameters.get(text) {
            return Ok(known.clone());
        }
        let name = text.to_owned();
        let found = self.cloud.parameters(std::slice::from_ref(&name)).await?;
        let value = found.get(text).map_or("", |parameter| &parameter.value);
        let values = value.split(',').map(str::trim);
        let values = values.filter(|value| !value.is_empty());
        let values: Vec<String> = values.map(str::to_owned).collect();
        self.parameters.insert(name, values.clone());
        Ok(values)
    }

    async fn endpoints(&mut self, vpc: &str) -> Result<&[VpcEndpoint]> {
        if !self.endpoints.contains_key(vpc) {
            let found = self.cloud.vpc_endpoints(vpc).await?;
            self.endpoints.insert(vpc.to_owned(), found);
        }
        Ok(self.endpoints.get(vpc).map_or(&[], Vec::as_slice))
    }

    async fn dns(&self, vpc: &str) -> Result<Vec<Unmet>> {
        let mut unmet = Vec::new();
        for attribute in DNS_ATTRIBUTES {
            if !self.cloud.has_vpc_attribute(vpc, attribute).await? {
                unmet.push(Unmet::DnsOff { attribute });
            }
        }
        Ok(unmet)
    }

    async fn missing_endpoints(&mut self, vpc: &str, services: Vec<String>) -> Result<Vec<Unmet>> {
        let endpoints = self.endpoints(vpc).await?;
        let missing = services.into_iter().filter_map(|service| {
            let mut of_service = endpoints.iter().filter(|found| found.is_of(&service));
            if of_service
                .clone()
                .any(|found| found.is_gateway || found.private_dns)
            {
                return None;
            }
            Some(match of_service.next() {
                Some(found) => Unmet::EndpointWithoutDns {
                    service,
                    endpoint: found.id.clone(),
                },
                None => Unmet::NoEndpoint { service },
            })
        });
        Ok(missing.collect())
    }

    async fn taken_endpoints(&mut self, vpc: &str, services: Vec<String>) -> Result<Vec<Unmet>> {
        let own = self.own.clone();
        let endpoints = self.endpoints(vpc).await?;
        let taken = services.into_iter().filter_map(|service| {
            let other = endpoints.iter().find(|found| {
                found.is_of(&service) && found.private_dns && !own.contains(&found.id)
            })?;
            Some(Unmet::EndpointTaken {
                service,
                endpoint: other.id.clone(),
            })
        });
        Ok(taken.collect())
    }

    async fn taken_route_tables(&mut self, vpc: &str, tables: Vec<String>) -> Result<Vec<Unmet>> {
        let own = self.own.clone();
        let endpoints = self.endpoints(vpc).await?;
        let taken = tables.into_iter().filter_map(|table| {
            let other = endpoints.iter().find(|found| {
                found.is_gateway
                    && found.is_of("s3")
                    && found.route_tables.contains(&table)
                    && !own.contains(&found.id)
            })?;
            Some(Unmet::RouteTaken {
                table,
                endpoint: other.id.clone(),
            })
        });
        Ok(taken.collect())
    }

    async fn subnets(&self, vpc: &str, ids: Vec<String>) -> Result<Vec<Unmet>> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let mut unmet = Vec::new();
        let mut zones: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for subnet in self.cloud.subnets(&ids).await? {
            if subnet.vpc != vpc {
                unmet.push(Unmet::SubnetElsewhere {
                    subnet: subnet.id.clone(),
                    vpc: subnet.vpc,
                });
            }
            if subnet.owner != self.cloud.caller().account {
                unmet.push(Unmet::SubnetShared {
                    subnet: subnet.id.clone(),
                    owner: subnet.owner,
                });
            }
            zones.entry(subnet.zone).or_default().push(subnet.id);
        }
        for (zone, subnets) in zones {
            if subnets.len() > 1 {
                unmet.push(Unmet::SameZone { zone, subnets });
            }
        }
        Ok(unmet)
    }

    /// A stack with endpoints is expected.
    async fn neighbors(&mut self, vpc: &str) -> Result<Vec<Unmet>> {
        let own = self.own.clone();
        let endpoints = self.endpoints(vpc).await?;
        let mut endpoints = endpoints.iter();
        if endpoints.any(|found| found.private_dns && own.contains(&found.id)) {
            return Ok(Vec::new());
        }
        let interfaces = self.cloud.network_interfaces(vpc).await?;
        let others = interfaces.iter().filter(|interface| {
            let mut groups = interface.groups.iter();
            !groups.any(|group| own.contains(group))
        });
        Ok(match others.count() {
            0 => Vec::new(),
            count => vec![Unmet::Neighbors { count }],
        })
    }
}
