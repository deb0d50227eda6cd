//! Why a stack operation failed, and unmet requirements of a stack.

use std::fmt;

use crate::diagnostic::Severity;
use crate::product::Requirement;
use crate::template::SsmMismatch;
use crate::text::pluralize;

/// The state after a failed operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The change set has this status.
    ChangeSet { status: String },
    /// The stack has this status.
    Stack { status: String },
    /// The creation failed, and the stack was removed.
    CreationRemoved,
    /// The stack was deleted meanwhile.
    StackGone,
    /// The operation succeeded, and the stack has other tags.
    OtherTags { status: String },
    /// The operation succeeded, but these outputs and parameters have no value.
    Incomplete {
        status: String,
        missing: Vec<String>,
    },
    /// The operation succeeded, but these SSM parameters have other values than the template.
    Different { parameters: Vec<String> },
    /// Drift was reverted, but these resources still differ from the template. Logical ids.
    DriftLeft { resources: Vec<String> },
    /// These imported resources differ from the template. Logical ids with properties.
    ImportDrift { resources: Vec<String> },
    /// The run was cancelled before CloudFormation had removed the stack.
    RemovalUnfinished { stack: String },
    /// The run was cancelled; the stack that it was creating is removed.
    RemovedAfterCancellation { stack: String },
    /// The run was cancelled, and CloudFormation continues an operation.
    LeftAfterCancellation { stack: String, status: String },
    /// The run was cancelled, and its change set is not executed.
    ChangeSetLeft { stack: String },
    /// The change set does something else than import.
    NotAnImport,
    /// Existing resources cannot be imported, because the template has short forms.
    NotImportable,
    /// The rest of the stack would delete or replace an imported resource.
    ImportedReplaced { logical_id: String },
    /// The action has no effect on a stack.
    NotForAws,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangeSet { status } => write!(out, "the change set is {status}"),
            Self::Stack { status } => write!(out, "the stack is {status}"),
            Self::CreationRemoved => write!(out, "the creation failed, and the stack was deleted"),
            Self::StackGone => write!(out, "the stack was deleted meanwhile"),
            Self::OtherTags { status } => write!(
                out,
                "the stack is {status}, but it has other tags than requested"
            ),
            Self::Incomplete { status, missing } => write!(
                out,
                "the stack is {status}, but these outputs and parameters are absent or empty: {}",
                missing.join(", ")
            ),
            Self::Different { parameters } => write!(
                out,
                "these SSM parameters have other values than the template: {}",
                parameters.join(", ")
            ),
            Self::DriftLeft { resources } => write!(
                out,
                "these resources still differ from the deployed template: {}",
                resources.join(", ")
            ),
            Self::ImportDrift { resources } => write!(
                out,
                "the stack is complete, but these imported resources differ from the template: {}",
                resources.join("; ")
            ),
            Self::RemovalUnfinished { stack } => write!(
                out,
                "the run was cancelled; the deletion of stack {stack} was requested and is not finished"
            ),
            Self::RemovedAfterCancellation { stack } => write!(
                out,
                "the run was cancelled, and its new stack {stack} was deleted"
            ),
            Self::LeftAfterCancellation { stack, status } => {
                write!(out, "the run was cancelled; stack {stack} is {status}")
            }
            Self::ChangeSetLeft { stack } => write!(
                out,
                "the run was cancelled; a change set of stack {stack} is left, and nothing executes it"
            ),
            Self::NotAnImport => write!(
                out,
                "the change set does more than import resources that exist, so it was not executed"
            ),
            Self::NotImportable => write!(
                out,
                "the existing resources cannot be imported: write the template's functions in their long form, such as `Ref:`"
            ),
            Self::ImportedReplaced { logical_id } => write!(
                out,
                "the stack would delete or replace the imported resource {logical_id}, so it was not completed"
            ),
            Self::NotForAws => write!(out, "this action does not need AWS"),
        }
    }
}

/// Why a requirement of a stack is unmet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unmet {
    /// AWS denied the query, with this code.
    Unreadable { code: String },
    /// The bucket has no versioning.
    NotVersioned,
    /// The bucket sends no events to EventBridge.
    NoEvents,
    /// A bucket of this name exists. `import`: the command that imports it into the new stack.
    NameTaken { import: Option<String> },
    /// Nothing of this name exists.
    Missing,
    /// CloudFormation cannot use the parameter as the template does.
    Mismatch(SsmMismatch),
    /// A DNS attribute of the VPC is off.
    DnsOff { attribute: &'static str },
    /// The service has an endpoint with private DNS in the VPC, which is not the stack's.
    EndpointTaken { service: String, endpoint: String },
    /// The service's endpoint in the VPC has no private DNS.
    EndpointWithoutDns { service: String, endpoint: String },
    /// The service has no endpoint in the VPC.
    NoEndpoint { service: String },
    /// The route table leads to an S3 endpoint that is not the stack's.
    RouteTaken { table: String, endpoint: String },
    /// The subnet is in another VPC.
    SubnetElsewhere { subnet: String, vpc: String },
    /// Another account shares the subnet.
    SubnetShared { subnet: String, owner: String },
    /// The subnets are in one availability zone.
    SameZone { zone: String, subnets: Vec<String> },
    /// Network interfaces in the VPC that are not the stack's.
    Neighbors { count: usize },
}

impl Unmet {
    /// The problem as text.
    pub fn message(&self, requirement: &Requirement) -> String {
        let what = requirement_text(requirement);
        match self {
            Self::Unreadable { code } => format!("{what} could not be read: {code}"),
            Self::NotVersioned => format!("{what} has no versioning"),
            Self::NoEvents => format!("{what} sends no events to EventBridge"),
            Self::NameTaken { .. } => format!("{what} already exists"),
            Self::Missing => format!("{what} does not exist"),
            Self::Mismatch(mismatch) => match mismatch {
                SsmMismatch::Secure => {
                    format!("{what} is a SecureString, which CloudFormation does not read")
                }
                SsmMismatch::List => {
                    format!("{what} is a StringList, and the template takes one value")
                }
                SsmMismatch::NotAList => {
                    format!("{what} is a String, and the template takes a StringList")
                }
                SsmMismatch::NoId { of } => {
                    format!("the value of {what} does not have the type `{of}`")
                }
            },
            Self::DnsOff { attribute } => format!("{attribute} is off in {what}"),
            Self::EndpointTaken { service, endpoint } => {
                format!("the VPC has an endpoint with private DNS for `{service}`: {endpoint}")
            }
            Self::EndpointWithoutDns { service, endpoint } => {
                format!("the endpoint for `{service}` has no private DNS: {endpoint}")
            }
            Self::NoEndpoint { service } => format!("{what} has no endpoint for `{service}`"),
            Self::RouteTaken { table, endpoint } => {
                format!("route table {table} routes to another S3 endpoint: {endpoint}")
            }
            Self::SubnetElsewhere { subnet, vpc } => {
                format!("subnet {subnet} is in another VPC: {vpc}")
            }
            Self::SubnetShared { subnet, owner } => {
                format!("subnet {subnet} belongs to another account: {owner}")
            }
            Self::SameZone { zone, subnets } => {
                format!(
                    "subnets are in one availability zone, {zone}: {}",
                    subnets.join(", ")
                )
            }
            Self::Neighbors { count } => {
                let others = pluralize(*count, "network interface");
                format!("{what} has {others} that the stack did not create")
            }
        }
    }

    /// The severity of a requirement. AWS documents no error for a String in place of a StringList.
    pub fn severity(&self, of_requirement: Severity) -> Severity {
        match self {
            Self::Mismatch(SsmMismatch::NotAList) => Severity::Warning,
            _ => of_requirement,
        }
    }

    /// How to fix it, with the product's text of the requirement. `key`: the one that names what is required.
    pub fn help(&self, key: &str, need: &str) -> String {
        let fix = match self {
            Self::Missing => format!("create it in AWS, or correct `{key}`"),
            Self::Unreadable { .. } => "allow these credentials to read it".to_owned(),
            Self::NameTaken { import } => {
                let import = import.as_deref().unwrap_or("import");
                format!(
                    "if the stack is to have this bucket, run `{import}`, or `adopt` if a stack has it; else correct `{key}`"
                )
            }
            _ => format!("correct it in AWS, or correct `{key}`"),
        };
        format!("{fix}. The stack requires: {need}")
    }
}

fn requirement_text(requirement: &Requirement) -> String {
    match requirement {
        Requirement::Resource { kind, id } => format!("{kind} {id}"),
        Requirement::Parameter { name } => format!("parameter {name}"),
        Requirement::Bucket { name, .. }
        | Requirement::BucketEvents { name }
        | Requirement::FreeBucket { name } => format!("bucket {name}"),
        Requirement::Object { bucket, key } => format!("object {key} in bucket {bucket}"),
        // Never the value of a parameter: a config may name any below the product's prefixes.
        Requirement::Vpc { vpc, .. } if vpc.starts_with('/') => {
            format!("the VPC of parameter {vpc}")
        }
        Requirement::Vpc { vpc, .. } => format!("VPC {vpc}"),
    }
}
