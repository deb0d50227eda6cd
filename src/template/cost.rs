//! What AWS bills a template's resources for, with list prices.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Document, Money, Resource};
use crate::config::Node;

static TABLE: LazyLock<CostTable> = LazyLock::new(|| {
    // Compiled in, and read in a test.
    serde_yaml::from_str(include_str!("../../templates/cost.yaml")).unwrap_or_default()
});

/// AWS counts 730 hours a month.
const HOURS: u64 = 730;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct CostTable {
    date: String,
    regions: Vec<String>,
    /// By type, with a variant behind a space.
    types: BTreeMap<String, CostEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct CostEntry {
    billed: String,
    /// Something outside of the stack that the price is for.
    needs: Option<String>,
    fixed: Option<FixedPrice>,
    #[serde(default, rename = "use")]
    by_use: Vec<UsePrice>,
    /// What is billed if objects are deleted early.
    early: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FixedPrice {
    price: Money,
    each: Period,
    what: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
enum Period {
    #[serde(rename = "month")]
    Month,
    #[serde(rename = "hour")]
    Hour,
    #[serde(rename = "hour and zone")]
    HourAndZone,
}

/// A price that depends on use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UsePrice {
    /// In US dollars.
    pub price: Money,
    /// Such as `GB of logs taken in`.
    pub per: String,
}

/// What a template's resources cost, at list prices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Costs {
    /// The region that the prices are of.
    pub region: String,
    /// Whether the stack's region has these prices. Otherwise its prices differ.
    pub is_of_region: bool,
    /// When the prices were read, as year and month.
    pub date: String,
    /// What is billed while the stack exists.
    pub fixed: Vec<FixedCost>,
    /// The sum of `fixed` for a month, in US dollars, without what depends on the number of zones.
    pub monthly: Money,
    /// What each zone adds for a month, if the template does not say how many there are.
    pub monthly_per_zone: Money,
    /// What depends on use.
    pub by_use: Vec<UsePrice>,
    /// What is outside of the stack and has to exist.
    pub needs: Vec<NeededCost>,
    /// What is billed if objects are deleted early.
    pub early: Vec<String>,
    /// AWS's pages.
    pub sources: Vec<String>,
}

/// Resources of one kind that are billed while they exist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FixedCost {
    /// Such as `KMS key`.
    pub what: String,
    /// Number of billed units.
    pub count: u64,
    /// Number of zones of each; `null` if it is not per zone, or not known.
    pub zones: Option<u64>,
    /// Whether `monthly` is for each zone.
    pub is_per_zone: bool,
    /// For a month, in US dollars.
    pub monthly: Money,
}

/// Something that a stack needs and does not create.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NeededCost {
    /// In words.
    pub what: String,
    /// What the monthly price is for, such as `NAT gateway`.
    pub unit: String,
    /// For a month, in US dollars.
    pub monthly: Money,
    /// What depends on use.
    pub by_use: Vec<UsePrice>,
}

/// What AWS bills a resource for, in a few words; `None` if the table has no entry.
pub fn billed(resource: &Resource<'_>) -> Option<&'static str> {
    let entry = TABLE.types.get(keys(resource).first()?)?;
    Some(entry.billed.as_str())
}

/// The costs of a template in a region; `None` if nothing in it has a price.
pub fn costs(document: &Document, region: &str) -> Option<Costs> {
    let mut fixed: IndexMap<(&str, Option<u64>), FixedCost> = IndexMap::new();
    let (mut by_use, mut needs): (Vec<UsePrice>, Vec<NeededCost>) = Default::default();
    let (mut early, mut sources): (Vec<String>, Vec<String>) = Default::default();
    for resource in document.resources() {
        for key in keys(&resource) {
            let Some(entry) = TABLE.types.get(&key) else {
                continue;
            };
            if let (Some(what), Some(price)) = (&entry.needs, &entry.fixed) {
                let needed = NeededCost {
                    what: what.clone(),
                    unit: price.what.clone(),
                    monthly: monthly(price),
                    by_use: entry.by_use.clone(),
                };
                add(&mut needs, needed);
            } else {
                if let Some(price) = &entry.fixed {
                    add_fixed(&mut fixed, &resource, price);
                }
                for price in &entry.by_use {
                    add(&mut by_use, price.clone());
                }
            }
            if let Some(text) = &entry.early {
                add(&mut early, text.clone());
            }
            if let Some(source) = &entry.source {
                add(&mut sources, source.clone());
            }
        }
    }
    let fixed: Vec<FixedCost> = fixed.into_values().collect();
    if fixed.is_empty() && by_use.is_empty() && needs.is_empty() {
        return None;
    }
    let sum = |is_per_zone: bool| {
        let costs = fixed.iter().filter(|cost| cost.is_per_zone == is_per_zone);
        costs.fold(Money::default(), |sum, cost| sum.plus(cost.monthly))
    };
    let is_of_region = TABLE.regions.iter().any(|known| known == region);
    Some(Costs {
        region: match is_of_region {
            true => region.to_owned(),
            false => TABLE.regions.first().cloned().unwrap_or_default(),
        },
        is_of_region,
        date: TABLE.date.clone(),
        monthly: sum(false),
        monthly_per_zone: sum(true),
        fixed,
        by_use,
        needs,
        early,
        sources,
    })
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// The price of one for a month; of a price by zone, for one zone.
fn monthly(price: &FixedPrice) -> Money {
    match price.each {
        Period::Month => price.price,
        Period::Hour | Period::HourAndZone => price.price.times(HOURS),
    }
}

fn add_fixed<'a>(
    fixed: &mut IndexMap<(&'a str, Option<u64>), FixedCost>,
    resource: &Resource<'_>,
    price: &'a FixedPrice,
) {
    let zones = match price.each {
        Period::HourAndZone => zones(resource),
        Period::Month | Period::Hour => None,
    };
    let is_per_zone = price.each == Period::HourAndZone && zones.is_none();
    let units = units(resource);
    let cost = fixed
        .entry((&price.what, zones))
        .or_insert_with(|| FixedCost {
            what: price.what.clone(),
            count: 0,
            zones,
            is_per_zone,
            monthly: Money::default(),
        });
    cost.count += units;
    let own = monthly(price).times(units * zones.unwrap_or(1));
    cost.monthly = cost.monthly.plus(own);
}

/// The number of subnets, of which an endpoint takes one in each zone; `None` if the template refers to them.
fn zones(resource: &Resource<'_>) -> Option<u64> {
    let subnets = resource.property("SubnetIds")?.items().len();
    (subnets > 0).then_some(subnets as u64)
}

/// The number of billed units of a resource: an alarm is billed for each metric.
fn units(resource: &Resource<'_>) -> u64 {
    let metrics = resource.property("Metrics").map_or(0, |metrics| {
        let metrics = metrics.items().iter();
        metrics
            .filter(|metric| metric.get("MetricStat").is_some())
            .count()
    });
    (metrics as u64).max(1)
}

/// The keys of a resource in the table. The first one says what it is billed for.
fn keys(resource: &Resource<'_>) -> Vec<String> {
    let kind = resource.kind;
    let variant = |variant: &str| format!("{kind} {variant}");
    match kind {
        // This type has two prices. CloudFormation's default is a gateway.
        "AWS::EC2::VPCEndpoint" => match resource.property("VpcEndpointType") {
            None => vec![variant("Gateway")],
            Some(value) => value.text().map(variant).into_iter().collect(),
        },
        "AWS::CodeBuild::Project" => {
            let in_vpc = resource.property("VpcConfig").map(|_| variant("VpcConfig"));
            [kind.to_owned()].into_iter().chain(in_vpc).collect()
        }
        "AWS::S3::Bucket" => {
            let classes = storage_classes(resource).into_iter();
            let classes = classes.map(|class| variant(&class));
            [kind.to_owned()].into_iter().chain(classes).collect()
        }
        _ => vec![kind.to_owned()],
    }
}

/// The storage classes to which a bucket's lifecycle rules move objects.
fn storage_classes(bucket: &Resource<'_>) -> Vec<String> {
    let rules = bucket.property("LifecycleConfiguration");
    let rules = rules.and_then(|lifecycle| lifecycle.get("Rules"));
    let rules = rules.map_or(&[][..], Node::items).iter();
    let lists = rules
        .flat_map(|rule| ["Transitions", "NoncurrentVersionTransitions"].map(|key| rule.get(key)));
    let moves = lists.flatten().flat_map(Node::items);
    let mut classes = Vec::new();
    for class in moves.filter_map(|to| to.get("StorageClass")?.text()) {
        add(&mut classes, class.to_owned());
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn document(template: &str) -> Document {
        Document::parse(&RepoPath::typed("t.yaml"), template).unwrap()
    }

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
        let document = document(template);
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

    #[test]
    fn every_price_has_a_source_on_a_page_of_aws() {
        assert!(!TABLE.regions.is_empty() && TABLE.date.len() == "2025-06".len());
        for (kind, entry) in &TABLE.types {
            let priced = entry.fixed.is_some() || !entry.by_use.is_empty();
            assert_eq!(entry.source.is_some(), priced, "{kind}");
            if let Some(source) = &entry.source {
                assert!(source.starts_with("https://aws.amazon.com/"), "{kind}");
            }
        }
    }

    const ENDPOINT: &str = "{ Type: AWS::EC2::VPCEndpoint, Properties: { VpcEndpointType: Interface, SubnetIds: SUBNETS } }";

    #[test]
    fn endpoints_are_counted_for_each_zone() {
        let three = |subnets: &str| {
            let endpoint = ENDPOINT.replace("SUBNETS", subnets);
            let template =
                format!("Resources:\n  A: {endpoint}\n  B: {endpoint}\n  C: {endpoint}\n");
            costs(&document(&template), "us-east-1").unwrap()
        };
        for (subnets, monthly, per_zone) in [
            ("[a, b]", "43.80", "0.00"),
            ("[a, b, c]", "65.70", "0.00"),
            ("{ Ref: SubnetIds }", "0.00", "21.90"),
        ] {
            let costs = three(subnets);
            assert_eq!(costs.monthly.to_string(), monthly, "{subnets}");
            assert_eq!(costs.monthly_per_zone.to_string(), per_zone, "{subnets}");
            assert!(costs.is_of_region);
        }
    }

    #[test]
    fn other_regions_have_other_prices() {
        let template = "Resources:\n  Key: { Type: AWS::KMS::Key }\n";
        let costs = costs(&document(template), "eu-central-1").unwrap();
        assert!(!costs.is_of_region);
        assert_eq!(
            (&*costs.region, &*costs.monthly.to_string()),
            ("us-east-1", "1.00")
        );
    }

    #[test]
    fn lifecycle_rules_and_builds_in_a_vpc_are_reported() {
        let template = "Resources:
  Bucket:
    Type: AWS::S3::Bucket
    Properties:
      LifecycleConfiguration:
        Rules:
          - Transitions: [{ StorageClass: GLACIER }]
            NoncurrentVersionTransitions: [{ StorageClass: GLACIER }]
  Build: { Type: AWS::CodeBuild::Project, Properties: { VpcConfig: { VpcId: a } } }
  Alarm: { Type: AWS::CloudWatch::Alarm, Properties: { Metrics: [{ MetricStat: {} }, { MetricStat: {} }, { Expression: a }] } }
";
        let costs = costs(&document(template), "us-west-2").unwrap();
        assert_eq!(costs.early.len(), 1);
        assert!(
            costs
                .by_use
                .iter()
                .any(|price| price.per.contains("restored from GLACIER"))
        );
        assert_eq!(costs.needs.len(), 1);
        assert_eq!(costs.needs[0].monthly.to_string(), "32.85");
        // What the stack does not create is not in its sum.
        assert_eq!(costs.monthly.to_string(), "0.20");
        assert_eq!(
            super::costs(
                &document("Resources:\n  Role: { Type: AWS::IAM::Role }\n"),
                "us-east-1"
            ),
            None
        );
    }
}
