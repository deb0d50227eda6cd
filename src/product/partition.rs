//! Partitions of AWS: which one a region belongs to, and the names of services there.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::{Environment, Error, ErrorKind};
use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Partitions {
    partitions: Vec<Partition>,
    regional_principals: Vec<String>,
}

/// A group of regions with accounts of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// As in ARNs, such as `aws-cn`.
    pub name: String,
    /// The part of a region's name before its last two words.
    areas: Vec<String>,
    /// The end of the host names of services.
    pub dns_suffix: String,
    #[serde(default)]
    endpoints: OtherEndpoints,
}

/// Interface endpoints whose names do not begin with [`ENDPOINT_PREFIX`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct OtherEndpoints {
    prefix: String,
    groups: Vec<EndpointGroup>,
    #[serde(default)]
    renamed: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndpointGroup {
    regions: Vec<String>,
    services: Vec<String>,
}

impl EndpointGroup {
    fn has(&self, region: &str, service: &str) -> bool {
        self.regions.iter().any(|known| known == region)
            && self.services.iter().any(|known| known == service)
    }
}

const ENDPOINT_PREFIX: &str = "com.amazonaws";

impl Partitions {
    /// Compiled in. If it did not load, no region would be known; a test reads it.
    fn read() -> Result<Self, serde_yaml::Error> {
        serde_yaml::from_str(include_str!("../../templates/partitions.yaml"))
    }
}

static PARTITIONS: LazyLock<Partitions> = LazyLock::new(|| Partitions::read().unwrap_or_default());

impl Partition {
    /// The partition of a region; `None` if the region's name belongs to no known partition.
    pub fn of_region(region: &str) -> Option<&'static Self> {
        let mut parts = region.rsplitn(3, '-');
        let (number, word, area) = (parts.next()?, parts.next()?, parts.next()?);
        let is_region = !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && !word.is_empty()
            && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let mut partitions = PARTITIONS.partitions.iter();
        partitions.find(|partition| is_region && partition.areas.iter().any(|known| known == area))
    }

    /// The part before the suffix of a service's host name or principal; `None` if the text is neither.
    pub fn host_service(text: &str) -> Option<&str> {
        let mut partitions = PARTITIONS.partitions.iter();
        partitions.find_map(|partition| {
            let host = text.strip_suffix(partition.dns_suffix.as_str())?;
            host.strip_suffix('.')
        })
    }

    /// Whether a text is the service name of an endpoint.
    pub fn is_endpoint_service(text: &str) -> bool {
        let other = PARTITIONS.partitions.iter();
        let other = other.map(|partition| partition.endpoints.prefix.as_str());
        let mut prefixes = [ENDPOINT_PREFIX].into_iter().chain(other);
        prefixes.any(|prefix| {
            let service = text.strip_prefix(prefix).filter(|_| !prefix.is_empty());
            service.is_some_and(|service| service.starts_with('.'))
        })
    }
}

/// Adds the filters that take a region.
pub(super) fn register(engine: &mut Environment<'_>) {
    engine.add_filter("partition", |region: &str| {
        known(region).map(|partition| partition.name.clone())
    });
    engine.add_filter("dns_suffix", |region: &str| {
        known(region).map(|partition| partition.dns_suffix.clone())
    });
    engine.add_filter("endpoint_service", endpoint_service);
    engine.add_filter("gateway_service", gateway_service);
    engine.add_filter("service_principal", service_principal);
}

fn known(region: &str) -> Result<&'static Partition, Error> {
    Partition::of_region(region).ok_or_else(|| {
        let message = format!("unknown AWS region: {region:?}");
        Error::new(ErrorKind::InvalidOperation, message)
    })
}

/// The service name of an interface endpoint.
fn endpoint_service(region: &str, service: &str) -> Result<String, Error> {
    let other = &known(region)?.endpoints;
    let mut groups = other.groups.iter();
    if !groups.any(|group| group.has(region, service)) {
        return Ok(format!("{ENDPOINT_PREFIX}.{region}.{service}"));
    }
    let name = other.renamed.get(service).map_or(service, String::as_str);
    Ok(format!("{}.{region}.{name}", other.prefix))
}

/// The service name of a gateway endpoint.
fn gateway_service(region: &str, service: &str) -> Result<String, Error> {
    known(region)?;
    Ok(format!("{ENDPOINT_PREFIX}.{region}.{service}"))
}

/// The principal as which a service calls others.
fn service_principal(region: &str, service: &str) -> Result<String, Error> {
    let suffix = &known(region)?.dns_suffix;
    let mut regional = PARTITIONS.regional_principals.iter();
    Ok(match regional.any(|known| known == service) {
        true => format!("{service}.{region}.{suffix}"),
        false => format!("{service}.amazonaws.com"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn partition_table_loads() {
        Partitions::read().unwrap();
        assert_eq!(PARTITIONS.partitions.len(), 8);
    }

    #[test]
    fn hosts_and_endpoint_services_are_known_in_every_partition() {
        for host in [
            "sts.amazonaws.com",
            "s3.cn-north-1.amazonaws.com.cn",
            "a.amazonaws.eu",
        ] {
            assert!(Partition::host_service(host).is_some(), "{host}");
        }
        for other in ["amazonaws.com", "a.example.com", "xamazonaws.com", ""] {
            assert_eq!(Partition::host_service(other), None, "{other}");
        }
        for service in [
            "com.amazonaws.eu-west-1.s3",
            "cn.com.amazonaws.cn-north-1.sts",
        ] {
            assert!(Partition::is_endpoint_service(service), "{service}");
        }
        for other in ["", ".s3", "com.amazonawsx.s3", "com.example.s3"] {
            assert!(!Partition::is_endpoint_service(other), "{other}");
        }
    }

    /// The regions and suffixes of botocore's `partitions.json`.
    #[test]
    fn regions_belong_to_their_partition() {
        for (region, partition, suffix) in [
            ("eu-west-1", "aws", "amazonaws.com"),
            ("us-east-1", "aws", "amazonaws.com"),
            ("ap-southeast-7", "aws", "amazonaws.com"),
            ("cn-northwest-1", "aws-cn", "amazonaws.com.cn"),
            ("eusc-de-east-1", "aws-eusc", "amazonaws.eu"),
            ("us-gov-west-1", "aws-us-gov", "amazonaws.com"),
            ("us-iso-east-1", "aws-iso", "c2s.ic.gov"),
            ("us-isob-west-1", "aws-iso-b", "sc2s.sgov.gov"),
            ("eu-isoe-west-1", "aws-iso-e", "cloud.adc-e.uk"),
            ("us-isof-south-1", "aws-iso-f", "csp.hci.ic.gov"),
        ] {
            let found = Partition::of_region(region).unwrap();
            assert_eq!((&*found.name, &*found.dns_suffix), (partition, suffix));
        }
        for unknown in [
            "",
            "-",
            "--",
            "xx-west-1",
            "us-1",
            "us--1",
            "us-west-",
            "us-west-x",
            "us-isox-west-1",
            "US-EAST-1",
            "eu-west-1 ",
            "us-gov-iso-east-1",
            "aws-global",
        ] {
            assert!(Partition::of_region(unknown).is_none(), "{unknown}");
        }
    }

    #[test]
    fn services_have_the_names_of_the_partition() {
        for (region, service, expected) in [
            ("us-east-1", "sts", "com.amazonaws.us-east-1.sts"),
            ("cn-north-1", "sts", "cn.com.amazonaws.cn-north-1.sts"),
            (
                "cn-north-1",
                "sagemaker.api",
                "cn.com.amazonaws.cn-north-1.sagemaker.api",
            ),
            ("cn-north-1", "logs", "com.amazonaws.cn-north-1.logs"),
            (
                "cn-north-1",
                "transcribe",
                "cn.com.amazonaws.cn-north-1.transcribe.cn",
            ),
            (
                "us-gov-west-1",
                "sagemaker.runtime",
                "com.amazonaws.us-gov-west-1.sagemaker.runtime",
            ),
            (
                "us-iso-west-1",
                "sagemaker.api",
                "com.amazonaws.us-iso-west-1.sagemaker.api",
            ),
            (
                "us-iso-west-1",
                "monitoring",
                "gov.ic.c2s.us-iso-west-1.monitoring",
            ),
            (
                "us-iso-east-1",
                "sagemaker.api",
                "gov.ic.c2s.us-iso-east-1.sagemaker.api",
            ),
            ("us-iso-east-1", "sts", "com.amazonaws.us-iso-east-1.sts"),
            (
                "eusc-de-east-1",
                "ecr.api",
                "eu.amazonaws.eusc-de-east-1.ecr.api",
            ),
        ] {
            assert_eq!(endpoint_service(region, service).unwrap(), expected);
        }
        let gateway = gateway_service("cn-north-1", "s3").unwrap();
        assert_eq!(gateway, "com.amazonaws.cn-north-1.s3");
        for (region, service, expected) in [
            ("eu-west-1", "logs", "logs.eu-west-1.amazonaws.com"),
            ("cn-north-1", "logs", "logs.cn-north-1.amazonaws.com.cn"),
            ("us-iso-east-1", "logs", "logs.us-iso-east-1.c2s.ic.gov"),
            ("cn-north-1", "codebuild", "codebuild.amazonaws.com"),
        ] {
            assert_eq!(service_principal(region, service).unwrap(), expected);
        }
        assert!(endpoint_service("xx-west-1", "s3").is_err());
    }
}
