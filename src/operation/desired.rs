//! The stack that a config requests.

use std::collections::BTreeMap;

use super::error::OperationError;
use crate::cloud::ChangeSetInput;
use crate::config::{Config, product_problem};
use crate::diagnostic::Diagnostic;
use crate::guard::{TEST_TAG, owner_tags};
use crate::plan::{BUCKET, size_problem};
use crate::stack::{Health, Stack, StackName, TagChanges, foreign_tags};
use crate::template::{Document, ExternalReference, check, external_references, in_own_product};

/// Tag of a test stack that is not removed.
pub const KEEP_TAG: &str = "provisioner:test-keep";

#[derive(Clone)]
pub struct Desired<'a> {
    pub config: &'a Config,
    pub stack: StackName,
    /// The rendered template.
    pub body: String,
    /// The template as sent to CloudFormation: `body`, or its compact form if that is too long.
    pub sent: String,
    /// The parsed template.
    pub document: Document,
    /// Tags beside the owner's.
    marks: BTreeMap<String, String>,
    /// Tags that others gave to the stack that this one replaces.
    carried: BTreeMap<String, String>,
}

impl<'a> Desired<'a> {
    /// Renders and checks the template. A template with errors is never sent to AWS.
    pub fn new(config: &'a Config) -> Result<Self, OperationError> {
        let body = config
            .product
            .render_template(&config.derived.scope)
            .map_err(|failure| {
                let problem = product_problem(&config.path, &config.product, &failure);
                OperationError::Invalid(vec![problem])
            })?;
        let invalid = |problems: Vec<Diagnostic>| {
            OperationError::Invalid(in_own_product(config, &body, problems))
        };
        let document = Document::parse(&config.path, &body).map_err(invalid)?;
        let problems = check(&config.path, &body, &document);
        if problems.iter().any(Diagnostic::is_error) {
            return Err(invalid(problems));
        }
        let sent = document.inline(&body).ok_or_else(|| {
            let problem = size_problem(config, &body, &document);
            OperationError::Invalid(problem.into_iter().collect())
        })?;
        Ok(Self {
            config,
            stack: StackName::for_config(config),
            body,
            sent,
            document,
            marks: BTreeMap::new(),
            carried: BTreeMap::new(),
        })
    }

    /// Whether a deployed template was rendered from this config.
    pub fn renders_to(config: &Config, deployed: &str) -> bool {
        Desired::new(config).is_ok_and(|desired| desired.sent == deployed)
    }

    /// The stack of a test. `config` has the test's names, `tested` is the name of the stack under test.
    pub fn for_test(config: &'a Config, tested: &str, keep: bool) -> Result<Self, OperationError> {
        let mut desired = Self::new(config)?;
        desired.marks.insert(TEST_TAG.to_owned(), tested.to_owned());
        if keep {
            desired.marks.insert(KEEP_TAG.to_owned(), "true".to_owned());
        }
        Ok(desired)
    }

    /// What the template refers to outside of it.
    pub fn external_references(&self) -> Vec<ExternalReference> {
        let permissions = &self.config.product.manifest.permissions;
        external_references(&self.document.tree, permissions)
    }

    /// The tags that mark the stack as owned by provisioner.
    pub fn owner(&self) -> BTreeMap<String, String> {
        owner_tags(self.config.product.name(), &self.stack)
    }

    /// The same with the tags that others gave to the stack that it replaces.
    pub fn carrying(&self, former: &BTreeMap<String, String>) -> Self {
        Self {
            carried: foreign_tags(former),
            ..self.clone()
        }
    }

    /// The same, unless the stack gets those of another one already.
    pub fn or_carrying(&self, former: &BTreeMap<String, String>) -> Self {
        match self.carried.is_empty() {
            true => self.carrying(former),
            false => self.clone(),
        }
    }

    /// All tags that the stack gets. `existing`: the stack that is updated, whose tags of others stay.
    fn tags(&self, existing: Option<&Stack>) -> BTreeMap<String, String> {
        let mut tags = self.carried.clone();
        tags.extend(
            existing
                .map(|stack| foreign_tags(&stack.tags))
                .unwrap_or_default(),
        );
        tags.extend(self.owner());
        tags.extend(self.marks.clone());
        tags
    }

    /// Whether the stack is that of a test.
    pub fn is_test(&self) -> bool {
        self.marks.contains_key(TEST_TAG)
    }

    /// What an update does to the tags of the stack.
    pub fn tag_changes(&self, existing: &Stack) -> TagChanges {
        TagChanges::new(&existing.tags, &self.tags(Some(existing)))
    }

    /// Whether the stack has the template and the tags already, so that no update is needed. The preview and the run decide by this.
    pub fn is_deployed(&self, existing: &Stack, template: &str) -> bool {
        template == self.sent
            && existing.status.health() == Health::Stable
            && self.tag_changes(existing).is_empty()
    }

    /// `existing`: the stack that is updated; `None` if a stack is created.
    pub fn change_set_input(&self, existing: Option<&Stack>) -> ChangeSetInput {
        ChangeSetInput {
            body: self.sent.clone(),
            tags: self.tags(existing),
            description: format!("provisioner {}", env!("CARGO_PKG_VERSION")),
            imports: Vec::new(),
            rollback: None,
        }
    }

    /// The tag that identifies the stack's buckets after the stack is deleted.
    pub fn bucket_tag(&self) -> Option<(String, String)> {
        let mut resources = self.document.resources();
        let bucket = resources.find(|resource| resource.kind == BUCKET)?;
        let tags = bucket.entry.value.get("Properties")?.get("Tags")?;
        tags.items().iter().find_map(|tag| {
            let key = tag.get("Key")?.text()?;
            let value = tag.get("Value")?.text()?;
            key.starts_with("provisioner:")
                .then(|| (key.to_owned(), value.to_owned()))
        })
    }

    /// Logical id and name of the first bucket to which the template gives a name.
    pub fn named_bucket(&self) -> Option<(String, String)> {
        let mut buckets = self
            .document
            .resources()
            .filter(|resource| resource.kind == BUCKET);
        buckets.find_map(|bucket| {
            Some((
                bucket.logical_id.to_owned(),
                bucket.physical_name()?.to_owned(),
            ))
        })
    }
}
