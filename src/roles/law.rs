//! Roles by naming law: what the operator's policies of a product allow for every config of a scope.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::boundary::Ceiling;

use super::error::{PolicyProblem, RolesError, ScopeProblem};
use super::marker::{first_marker, has_marker, pattern, statement_pattern};
use super::pattern::widest;
use super::shapes::Shapes;
use super::statement::{Statement, statements};
use super::wide::{WideGrant, is_open, wide_grants};
use crate::guard::Scope;
use crate::product::{Derived, Product, ProductError, Requirement, Target};

/// What a product's stacks of one account, region and environment need, whichever configs there are.
#[derive(Debug, Default)]
pub(super) struct ProductLaw {
    pub statements: Vec<Statement>,
    pub wide: Vec<WideGrant>,
    /// Objects that `preflight` names, as `BUCKET/KEY`.
    pub objects: BTreeSet<String>,
    /// Patterns of the stacks' names.
    pub stacks: BTreeSet<String>,
    /// What the stacks' own roles may do.
    pub ceiling: Ceiling,
}

/// The law of a product for a target, and the keys that it closes; `None` if the product has no config of that target.
pub(super) fn product_law(
    product: &Product,
    target: &Target,
    scope: &Scope,
    closed: &mut BTreeSet<String>,
) -> Result<Option<ProductLaw>, RolesError> {
    for value in scope.names.values().flatten() {
        if has_marker(value) {
            let value = value.to_owned();
            return Err(RolesError::scope(
                product.name(),
                ScopeProblem::Reserved { value },
            ));
        }
    }
    let mut templates = BTreeSet::new();
    loop {
        let Some(shapes) = Shapes::new(product, target, scope, closed)? else {
            return Ok(None);
        };
        let all = shapes.all()?;
        if all.is_empty() {
            return Err(RolesError::scope(product.name(), ScopeProblem::NoConfig));
        }
        let mut read = LawReader {
            product,
            open: &shapes.open,
            law: ProductLaw::default(),
            closed: BTreeSet::new(),
            seen: BTreeSet::new(),
        };
        let policies = rendered(product, &all, Product::render_policy)?;
        for (shape, policy) in all.iter().zip(policies) {
            read.add(shape, policy)?;
        }
        match read.closed.is_empty() {
            true => {
                let mut law = read.law;
                let rendered = rendered(product, &all, Product::render_template)?;
                for (shape, template) in all.iter().zip(rendered) {
                    let stack = shape.names.get("stack").map_or("", String::as_str);
                    if templates.insert(template.clone()) {
                        law.ceiling.add(product, &template, stack)?;
                    }
                }
                law.statements = without_covered(law.statements);
                law.stacks = widest(law.stacks);
                return Ok(Some(law));
            }
            // These could name anything, so only their defaults are in the law.
            false => closed.append(&mut read.closed),
        }
    }
}

/// Renders a file of each shape, on all cores.
fn rendered(
    product: &Product,
    shapes: &[Derived],
    render: impl Fn(&Product, &minijinja::Value) -> Result<String, ProductError> + Sync,
) -> Result<Vec<String>, RolesError> {
    let rendered = shapes.par_iter().map(|shape| render(product, &shape.scope));
    let rendered: Result<_, ProductError> = rendered.collect();
    rendered.map_err(|source| RolesError::product(product.name(), source))
}

struct LawReader<'a> {
    product: &'a Product,
    /// Keys by the number of their marker, and whether each is required.
    open: &'a [(String, bool)],
    law: ProductLaw,
    /// Optional keys whose open value could name any resource.
    closed: BTreeSet<String>,
    /// Rendered policies and their statements, most of which repeat.
    seen: BTreeSet<String>,
}

impl LawReader<'_> {
    /// `text` is the shape's policy.
    fn add(&mut self, shape: &Derived, text: String) -> Result<(), RolesError> {
        let failed = |source: ProductError| RolesError::product(self.product.name(), source);
        let scope = &shape.scope;
        let stack = shape.names.get("stack").map_or("", String::as_str);
        self.check_open(stack, || stack.to_owned())?;
        self.law.stacks.insert(pattern(stack));
        if !self.seen.insert(text.clone()) {
            return Ok(());
        }
        for check in self.product.needs(scope).map_err(failed)? {
            if let Requirement::Object { bucket, key } = check.needed {
                self.law.objects.insert(pattern(&format!("{bucket}/{key}")));
            }
        }
        let in_policy = |problem| RolesError::Policy {
            product: self.product.name().to_owned(),
            problems: vec![problem],
        };
        let written =
            statements(&text).map_err(|wrong| in_policy(PolicyProblem::Unsupported(wrong)))?;
        for (place, raw) in written {
            if !self.seen.insert(format!("{raw:?}")) {
                continue;
            }
            let statement = statement_pattern(&raw).map_err(|operator| {
                let problem = format!("`{operator}` cannot compare with a pattern");
                let place = Some(place.clone());
                in_policy(PolicyProblem::Unsupported(super::statement::Unsupported {
                    place,
                    problem,
                }))
            })?;
            for value in condition_values(&raw.conditions) {
                self.check_open(&value, || value.clone())?;
            }
            match wide_grants(&statement, &self.product.manifest) {
                Ok(grants) => {
                    for grant in grants {
                        grant.add_to(&mut self.law.wide);
                    }
                    self.law.statements.push(statement);
                }
                Err(undeclared) => {
                    for (action, resources) in undeclared {
                        let open = |wide: &String| {
                            let mut raw = raw.resources.iter();
                            raw.find(|raw| has_marker(raw) && pattern(raw) == *wide)
                        };
                        let Some(raw) = resources.iter().find_map(open) else {
                            return Err(in_policy(PolicyProblem::Undeclared {
                                place: place.clone(),
                                action,
                                resources,
                            }));
                        };
                        self.close(raw)?;
                    }
                }
            }
        }
        Ok(())
    }

    /// A name or the value of a condition may not begin with the value of an open key.
    fn check_open(&mut self, text: &str, shown: impl Fn() -> String) -> Result<(), RolesError> {
        match has_marker(text) && is_open(&pattern(text)) {
            true => self.close(&shown()),
            false => Ok(()),
        }
    }

    /// Closes the first open key of a text. A required key cannot be closed, so the scope has to list its values.
    fn close(&mut self, text: &str) -> Result<(), RolesError> {
        let number = first_marker(text).unwrap_or_default();
        match self.open.get(number) {
            Some((key, false)) => {
                self.closed.insert(key.clone());
                Ok(())
            }
            Some((key, true)) => Err(RolesError::scope(
                self.product.name(),
                ScopeProblem::Missing {
                    key: key.clone(),
                    pattern: pattern(text),
                },
            )),
            None => Err(RolesError::scope(
                self.product.name(),
                ScopeProblem::OpenFileName {
                    pattern: pattern(text),
                },
            )),
        }
    }
}

/// All texts that conditions compare with.
fn condition_values(conditions: &serde_json::Value) -> Vec<String> {
    use serde_json::Value;
    match conditions {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(condition_values).collect(),
        Value::Object(keys) => keys.values().flat_map(condition_values).collect(),
        _ => Vec::new(),
    }
}

/// The statements without those that another one covers.
pub(super) fn without_covered(statements: Vec<Statement>) -> Vec<Statement> {
    let mut kept: Vec<Statement> = Vec::new();
    for statement in statements {
        if kept.iter().any(|known| known.covers(&statement)) {
            continue;
        }
        kept.retain(|known| !statement.covers(known));
        kept.push(statement);
    }
    kept
}
