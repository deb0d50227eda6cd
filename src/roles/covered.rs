//! The laws of a scope, and whether they cover a config.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::boundary::{Boundary, Ceiling, boundary_arn, role_without_boundary};
use super::coverage::uncovered;
use super::error::{RolesError, ScopeProblem};
use super::gap::{Gap, warning};
use super::iam::partition_of;
use super::law::{ProductLaw, product_law};
use super::operator::written_statements;
use super::statement::Statement;
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::guard::{Policy, Scope};
use crate::model::RepoPath;
use crate::product::{Product, Registry, Target};
use crate::template::Document;

/// Account, region and environment, in this order.
pub(super) type Targets = BTreeSet<(String, String, String)>;

/// The laws of a scope by target, each computed once.
pub struct Laws<'a> {
    scope: &'a Scope,
    registry: &'a Registry,
    known: BTreeMap<(String, String, String), Vec<ProductOfLaw>>,
    /// Keys that keep their default, by product. They depend on no target.
    closed: BTreeMap<String, BTreeSet<String>>,
}

pub(super) struct ProductOfLaw {
    pub product: Arc<Product>,
    pub law: ProductLaw,
}

impl<'a> Laws<'a> {
    pub fn new(scope: &'a Scope, registry: &'a Registry) -> Self {
        Self {
            scope,
            registry,
            known: BTreeMap::new(),
            closed: BTreeMap::new(),
        }
    }

    pub(super) fn scope(&self) -> &Scope {
        self.scope
    }

    /// Computes the laws of a target.
    fn at(&mut self, target: &(String, String, String)) -> Result<(), RolesError> {
        if !self.known.contains_key(target) {
            let (account, region, environment) = target.clone();
            let place = Target {
                account,
                region,
                environment,
            };
            let mut laws = Vec::new();
            for name in &self.scope.products {
                let product = self.product(name)?;
                let closed = self.closed.entry(name.clone()).or_default();
                if let Some(law) = product_law(&product, &place, self.scope, closed)? {
                    if law.ceiling.creates_roles && self.scope.boundary.is_none() {
                        return Err(RolesError::scope(name, ScopeProblem::NoBoundary));
                    }
                    laws.push(ProductOfLaw { product, law });
                }
            }
            self.known.insert(target.clone(), laws);
        }
        Ok(())
    }

    fn product(&self, name: &str) -> Result<Arc<Product>, RolesError> {
        let known = || {
            self.registry
                .names()
                .into_iter()
                .map(str::to_owned)
                .collect()
        };
        match self.registry.product(name) {
            Some(Ok(product)) => Ok(product),
            Some(Err(error)) => Err(RolesError::PolicyFile(ScopeProblem::ProductUnreadable(
                error.to_string(),
            ))),
            None => Err(RolesError::PolicyFile(ScopeProblem::UnknownProduct {
                name: name.to_owned(),
                known: known(),
            })),
        }
    }

    /// The laws of a role.
    pub(super) fn of(&mut self, targets: &Targets) -> Result<Vec<&ProductOfLaw>, RolesError> {
        for target in targets {
            self.at(target)?;
        }
        let known = targets.iter().filter_map(|target| self.known.get(target));
        Ok(known.flatten().collect())
    }

    /// The boundary of an account's roles; `None` if no product creates roles.
    pub(super) fn boundary<'r>(
        &mut self,
        roles: impl Iterator<Item = (&'r String, &'r Targets)>,
        account: &str,
    ) -> Result<Option<Boundary>, RolesError> {
        let mut ceiling = Ceiling::default();
        let mut partition = "aws";
        for (arn, targets) in roles {
            partition = partition_of(arn);
            for law in self.of(targets)? {
                ceiling.extend(&law.law.ceiling);
            }
        }
        let name = self
            .scope
            .boundary
            .as_ref()
            .filter(|_| ceiling.creates_roles);
        Ok(name.map(|name| ceiling.boundary(name, partition, account)))
    }

    /// ARNs of the apply roles that no law gives a permission.
    pub fn empty_roles(&mut self, policy: &Policy) -> Result<BTreeSet<String>, RolesError> {
        let mut empty = BTreeMap::new();
        for environment in policy.environments.keys() {
            for account in policy.listed_accounts(environment) {
                for region in &self.scope.regions {
                    let target = Target {
                        account: account.to_owned(),
                        region: region.clone(),
                        environment: environment.clone(),
                    };
                    let Some(arn) = policy.apply_role(&target) else {
                        continue;
                    };
                    let place = (target.account, target.region, target.environment);
                    self.at(&place)?;
                    let laws = self.known.get(&place).into_iter().flatten();
                    let mut statements = laws.flat_map(|law| &law.law.statements);
                    *empty.entry(arn).or_insert(true) &= statements.next().is_none();
                }
            }
        }
        let empty = empty.into_iter().filter(|(_, is_empty)| *is_empty);
        Ok(empty.map(|(arn, _)| arn).collect())
    }

    /// A warning about a config that the roles of the policy file do not cover.
    pub fn warning(&mut self, policy: &Policy, config: &Config) -> Option<Diagnostic> {
        policy.apply_role(&config.target)?;
        warning(config, &self.gap(policy, config))
    }

    /// The first reason why the roles of the policy file do not cover a config; `None` if they do.
    fn gap(&mut self, policy: &Policy, config: &Config) -> Result<Option<Gap>, RolesError> {
        let target = &config.target;
        let product = config.product.name().to_owned();
        let [account_key, region_key, _] = config.product.target_keys();
        let outside = |list: String, value: &str, key: Option<&str>| {
            let value = value.to_owned();
            let key = key.map(str::to_owned);
            Ok(Some(Gap::Outside { list, value, key }))
        };
        if !self.scope.products.contains(&product) {
            return outside("scope.products".to_owned(), &product, None);
        }
        if !self.scope.regions.contains(&target.region) {
            return outside("scope.regions".to_owned(), &target.region, region_key);
        }
        if !policy.accounts.is_empty() && !policy.accounts.contains(&target.account) {
            return outside("accounts".to_owned(), &target.account, account_key);
        }
        if !policy.allows_account(&target.environment, &target.account) {
            let list = format!("environments.{}.accounts", target.environment);
            return outside(list, &target.account, account_key);
        }
        let Target {
            account,
            region,
            environment,
        } = target.clone();
        let place = (account, region, environment);
        self.at(&place)?;
        let laws = self.known.get(&place).map_or(&[][..], Vec::as_slice);
        let statements: Vec<&Statement> = laws.iter().flat_map(|law| &law.law.statements).collect();
        // A config without the boundary needs other permissions.
        let missing = |laws: &Self| -> Result<Option<Gap>, RolesError> {
            for (_, wanted) in written_statements(config)? {
                if let Some(missing) = uncovered(&statements, &wanted) {
                    let keys = laws.keys_outside(config);
                    return Ok(Some(Gap::Missing { missing, keys }));
                }
            }
            Ok(None)
        };
        let boundary = self.scope.boundary.as_ref();
        let (Some(name), Some(arn)) = (boundary, policy.apply_role(target)) else {
            return missing(self);
        };
        let failed = |source| RolesError::product(&product, source);
        let text = config
            .product
            .render_template(&config.derived.scope)
            .map_err(failed)?;
        let path = RepoPath::typed("stack.yaml.j2");
        let Ok(document) = Document::parse(&path, &text) else {
            return Err(RolesError::scope(
                &product,
                ScopeProblem::TemplateUnreadable,
            ));
        };
        let boundary = boundary_arn(name, partition_of(&arn), &target.account);
        if let Some(role) = role_without_boundary(&document, &boundary) {
            return Ok(Some(Gap::NoBoundary { role, boundary }));
        }
        if let Some(gap) = missing(self)? {
            return Ok(Some(gap));
        }
        let mut wanted = Ceiling::default();
        wanted.add(&config.product, &text, config.stack())?;
        let mut known = Ceiling::default();
        laws.iter().for_each(|law| known.extend(&law.law.ceiling));
        Ok(known
            .missing(&wanted)
            .map(|action| Gap::AboveBoundary { action }))
    }

    /// The config keys that are read for names and permissions and have a value outside the scope, with the value.
    fn keys_outside(&self, config: &Config) -> Vec<(String, String)> {
        let product = &config.product;
        let closed = self.closed.get(product.name());
        let is_outside = |key: &str, value: &str| match self.scope.names.get(key) {
            Some(listed) => !listed.iter().any(|listed| listed == value),
            None => closed.is_some_and(|closed| closed.contains(key)),
        };
        let keys = product.policy_keys().iter().filter_map(|key| {
            let value = text_at(&config.values, key)?;
            let is_default = default_of(product.schema.document(), key) == Some(value);
            (!is_default && is_outside(key, value)).then(|| (key.clone(), value.to_owned()))
        });
        keys.collect()
    }
}

fn text_at<'v>(values: &'v Value, path: &str) -> Option<&'v str> {
    let mut parts = path.split('.');
    parts
        .try_fold(values, |value, part| value.get(part))?
        .as_str()
}

fn default_of<'s>(schema: &'s Value, path: &str) -> Option<&'s str> {
    let mut parts = path.split('.');
    let schema = parts.try_fold(schema, |schema, part| schema.get("properties")?.get(part))?;
    schema.get("default")?.as_str()
}
