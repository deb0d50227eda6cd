//! Requirements that must hold in the account before a stack is created: entries of the manifest, evaluated for a config.

use minijinja::Value;

use super::expression::{Compiled, ProductError, as_text, failure};
use super::manifest::{PreflightSpec, RequirementSpec, VpcRule};
use crate::diagnostic::Severity;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PreflightCheck {
    /// An error stops a deployment, a warning does not.
    pub severity: Severity,
    /// The requirement, in one sentence.
    pub text: String,
    /// The config key that the requirement comes from.
    pub at: String,
    pub needed: Requirement,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// A resource of any type that the Cloud Control API reads.
    Resource {
        /// Such as `AWS::EC2::VPC`.
        kind: String,
        /// The primary identifier.
        id: String,
    },
    /// A parameter of SSM.
    Parameter { name: String },
    Bucket {
        name: String,
        /// Whether versioning must be enabled.
        versioned: bool,
    },
    Object {
        /// If this bucket is missing, the object cannot be checked.
        bucket: String,
        key: String,
    },
    /// The bucket must send its events to EventBridge. A missing bucket is no problem of this requirement.
    BucketEvents { name: String },
    /// No bucket of this name may exist.
    FreeBucket { name: String },
    Vpc {
        /// Its id, or the name of an SSM parameter that holds it, beginning with `/`.
        vpc: String,
        rule: VpcRule,
        /// Services, route tables or subnets. A name that begins with `/` is an SSM parameter.
        of: Vec<String>,
    },
}

#[derive(Debug)]
pub(super) struct CompiledCheck {
    when: Option<Compiled>,
    /// Expressions for the identifier, and for an object also its bucket, for what is in a VPC also the VPC.
    subject: Compiled,
    container: Option<Compiled>,
}

impl CompiledCheck {
    pub(super) fn new(
        check: &PreflightSpec,
        compile: impl Fn(String, &str) -> anyhow::Result<Compiled>,
    ) -> anyhow::Result<Self> {
        let what = |part: &str| format!("preflight {:?}: {part}", check.text);
        let when = check.when.as_deref();
        let (subject, container) = match &check.needs {
            RequirementSpec::Resource { id, .. } => (id, None),
            RequirementSpec::Parameter { parameter } => (parameter, None),
            RequirementSpec::Object { bucket, object } => (object, Some(bucket)),
            RequirementSpec::Bucket { bucket, .. }
            | RequirementSpec::BucketEvents { bucket, .. } => (bucket, None),
            RequirementSpec::FreeBucket { free_bucket } => (free_bucket, None),
            RequirementSpec::Vpc { vpc, of, .. } => (of.as_ref().unwrap_or(vpc), Some(vpc)),
        };
        Ok(Self {
            when: when.map(|when| compile(what("when"), when)).transpose()?,
            subject: compile(what("needs"), subject)?,
            container: container
                .map(|container| compile(what("needs"), container))
                .transpose()?,
        })
    }

    /// The requirements for one config: none, one, or one for each item of a list.
    pub(super) fn evaluate(
        &self,
        check: &PreflightSpec,
        scope: &Value,
    ) -> Result<Vec<PreflightCheck>, ProductError> {
        let failed = |source| failure(format!("preflight {:?}", check.text), source);
        if let Some(when) = &self.when
            && !when.eval(scope).map_err(failed)?.is_true()
        {
            return Ok(Vec::new());
        }
        if matches!(
            check.needs,
            RequirementSpec::BucketEvents { events: false, .. }
        ) {
            return Ok(Vec::new());
        }
        let container = self.container.as_ref();
        let container = container.map(|container| container.eval(scope)).transpose();
        let container = container.map_err(failed)?;
        let container = container.map(|container| as_text(&container));
        let subject = self.subject.eval(scope).map_err(failed)?;
        let subjects: Vec<String> = match subject.as_str() {
            Some(text) => vec![text.to_owned()],
            None => subject
                .try_iter()
                .map_err(failed)?
                .map(|subject| as_text(&subject))
                .collect(),
        };
        let check_of = |needed| PreflightCheck {
            severity: check.severity,
            text: check.text.clone(),
            at: check.at.clone(),
            needed,
        };
        if let RequirementSpec::Vpc { requires, of, .. } = &check.needs {
            return Ok(vec![check_of(Requirement::Vpc {
                vpc: container.unwrap_or_default(),
                rule: *requires,
                of: if of.is_some() { subjects } else { Vec::new() },
            })]);
        }
        let needed = subjects
            .into_iter()
            .map(|subject| needed(&check.needs, subject, container.clone()));
        Ok(needed.map(check_of).collect())
    }
}

fn needed(looked: &RequirementSpec, subject: String, bucket: Option<String>) -> Requirement {
    match looked {
        RequirementSpec::Resource { resource, .. } => Requirement::Resource {
            kind: resource.clone(),
            id: subject,
        },
        RequirementSpec::Parameter { .. } => Requirement::Parameter { name: subject },
        RequirementSpec::Object { .. } => Requirement::Object {
            bucket: bucket.unwrap_or_default(),
            key: subject,
        },
        RequirementSpec::Bucket { versioned, .. } => Requirement::Bucket {
            name: subject,
            versioned: *versioned,
        },
        RequirementSpec::BucketEvents { .. } => Requirement::BucketEvents { name: subject },
        RequirementSpec::FreeBucket { .. } | RequirementSpec::Vpc { .. } => {
            Requirement::FreeBucket { name: subject }
        }
    }
}
