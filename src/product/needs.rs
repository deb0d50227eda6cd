//! What `preflight[].needs` of a manifest looks for.

use serde::Deserialize;

/// Each expression gives a string, or a list of them.
#[derive(Debug, Deserialize)]
#[serde(try_from = "WrittenNeeds")]
pub enum RequirementSpec {
    /// A resource of any type that the Cloud Control API reads.
    Resource {
        resource: String,
        /// Expression: its primary identifier.
        id: String,
    },
    /// A parameter of SSM.
    Parameter {
        /// Expression: its name.
        parameter: String,
    },
    Object {
        /// Expression.
        bucket: String,
        /// Expression: its key.
        object: String,
    },
    Bucket {
        /// Expression: its name.
        bucket: String,
        /// Whether versioning must be enabled.
        versioned: bool,
    },
    /// A bucket that sends its events to EventBridge.
    BucketEvents {
        /// Expression: its name.
        bucket: String,
        /// Whether it must send them.
        events: bool,
    },
    /// What a VPC must have, or must not have.
    Vpc {
        /// Expression: its id, or the name of an SSM parameter that holds it, beginning with `/`.
        vpc: String,
        requires: VpcRule,
        /// Expression: services of endpoints, route tables or subnets.
        of: Option<String>,
    },
    /// A bucket that must not exist yet.
    FreeBucket {
        /// Expression: its name.
        free_bucket: String,
    },
}

impl RequirementSpec {
    /// The expressions with their keys: first that of what is looked for, then that of what holds it.
    pub(super) fn expressions(&self) -> Vec<(&'static str, &str)> {
        match self {
            Self::Resource { id, .. } => vec![("id", id)],
            Self::Parameter { parameter } => vec![("parameter", parameter)],
            Self::Object { bucket, object } => vec![("object", object), ("bucket", bucket)],
            Self::Bucket { bucket, .. } | Self::BucketEvents { bucket, .. } => {
                vec![("bucket", bucket)]
            }
            Self::FreeBucket { free_bucket } => vec![("free-bucket", free_bucket)],
            Self::Vpc { vpc, of, .. } => match of {
                Some(of) => vec![("of", of), ("vpc", vpc)],
                None => vec![("vpc", vpc), ("vpc", vpc)],
            },
        }
    }
}

/// A rule about a VPC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VpcRule {
    /// Both DNS attributes are on, which private DNS needs.
    Dns,
    /// The services have an endpoint that the whole VPC uses.
    Endpoint,
    /// No other stack has an endpoint with private DNS for the services.
    FreeEndpoint,
    /// The route tables lead to no S3 endpoint of another stack.
    FreeRouteTable,
    /// No one else has network interfaces there.
    NoNeighbors,
    /// The subnets are in the VPC, each in another availability zone, and belong to the account.
    Subnets,
}

/// All keys of a requirement. Which of them belong together decides what it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct WrittenNeeds {
    resource: Option<String>,
    id: Option<String>,
    parameter: Option<String>,
    bucket: Option<String>,
    object: Option<String>,
    versioned: Option<bool>,
    events: Option<bool>,
    vpc: Option<String>,
    requires: Option<VpcRule>,
    of: Option<String>,
    free_bucket: Option<String>,
}

impl WrittenNeeds {
    fn written(&self) -> Vec<&'static str> {
        let all = [
            ("resource", self.resource.is_some()),
            ("id", self.id.is_some()),
            ("parameter", self.parameter.is_some()),
            ("bucket", self.bucket.is_some()),
            ("object", self.object.is_some()),
            ("versioned", self.versioned.is_some()),
            ("events", self.events.is_some()),
            ("vpc", self.vpc.is_some()),
            ("requires", self.requires.is_some()),
            ("of", self.of.is_some()),
            ("free-bucket", self.free_bucket.is_some()),
        ];
        let written = all.into_iter().filter(|(_, is_written)| *is_written);
        written.map(|(key, _)| key).collect()
    }
}

impl TryFrom<WrittenNeeds> for RequirementSpec {
    type Error = String;

    fn try_from(written: WrittenNeeds) -> Result<Self, Self::Error> {
        let keys = written.written();
        let needs = match written {
            WrittenNeeds {
                resource: Some(resource),
                id: Some(id),
                ..
            } if keys.len() == 2 => Self::Resource { resource, id },
            WrittenNeeds {
                parameter: Some(parameter),
                ..
            } if keys.len() == 1 => Self::Parameter { parameter },
            WrittenNeeds {
                bucket: Some(bucket),
                object: Some(object),
                ..
            } if keys.len() == 2 => Self::Object { bucket, object },
            WrittenNeeds {
                bucket: Some(bucket),
                events: Some(events),
                ..
            } if keys.len() == 2 => Self::BucketEvents { bucket, events },
            WrittenNeeds {
                bucket: Some(bucket),
                versioned,
                ..
            } if keys.len() == 1 + usize::from(versioned.is_some()) => {
                let versioned = versioned.unwrap_or_default();
                Self::Bucket { bucket, versioned }
            }
            WrittenNeeds {
                vpc: Some(vpc),
                requires: Some(requires),
                of,
                ..
            } if keys.len() == 2 + usize::from(of.is_some()) => Self::Vpc { vpc, requires, of },
            WrittenNeeds {
                free_bucket: Some(free_bucket),
                ..
            } if keys.len() == 1 => Self::FreeBucket { free_bucket },
            _ => {
                let keys = match keys.is_empty() {
                    true => "none".to_owned(),
                    false => keys.join(", "),
                };
                return Err(format!(
                    "these keys are not a requirement: {keys}; help: use one of: resource and id; parameter; bucket; bucket and versioned; \
                     bucket and events; bucket and object; vpc and requires; vpc, requires and of; free-bucket"
                ));
            }
        };
        Ok(needs)
    }
}
