//! Requirements that must hold in the account before a stack is created: entries of the manifest, evaluated for a config.

use minijinja::Value;

use super::expression::{Compiled, as_text};
use super::fault::{ProductError, failure};
use super::manifest::PreflightSpec;
use super::needs::{RequirementSpec, VpcRule};
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
        index: usize,
        check: &PreflightSpec,
        compile: impl Fn(Vec<String>, &str) -> Option<Compiled>,
    ) -> Option<Self> {
        let when = check.when.as_deref();
        let when = when.map(|when| compile(key(index, &["when"]), when));
        let mut needs = check.needs.expressions().into_iter();
        let mut next = || {
            let (part, source) = needs.next()?;
            Some(compile(key(index, &["needs", part]), source))
        };
        let subject = next().flatten();
        let container = next();
        Some(Self {
            when: match when {
                Some(when) => Some(when?),
                None => None,
            },
            subject: subject?,
            container: match container {
                Some(container) => Some(container?),
                None => None,
            },
        })
    }

    /// All expressions with their keys.
    pub(super) fn expressions(
        &self,
        index: usize,
    ) -> impl Iterator<Item = (Vec<String>, &Compiled)> {
        let when = self
            .when
            .iter()
            .map(move |when| (key(index, &["when"]), when));
        let needs = [Some(&self.subject), self.container.as_ref()];
        let needs = needs.into_iter().flatten();
        when.chain(needs.map(move |needs| (key(index, &["needs"]), needs)))
    }

    /// The requirements for one config: none, one, or one for each item of a list.
    pub(super) fn evaluate(
        &self,
        index: usize,
        check: &PreflightSpec,
        scope: &Value,
    ) -> Result<Vec<PreflightCheck>, ProductError> {
        let failed = |source| failure(key(index, &["needs"]), source);
        if let Some(when) = &self.when
            && !when
                .eval(scope)
                .map_err(|source| failure(key(index, &["when"]), source))?
                .is_true()
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

fn key(index: usize, below: &[&str]) -> Vec<String> {
    let index = index.to_string();
    let parts = ["preflight", &index]
        .into_iter()
        .chain(below.iter().copied());
    parts.map(str::to_owned).collect()
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
