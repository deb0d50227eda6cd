//! Impact rules: the effect of a changed config key on a stack that exists.

use minijinja::Value;

use super::fault::{self, ProductError, failure};
use super::{Level, Product, budget, render};

impl Product {
    /// The level and the consequence by the first impact rule that covers a changed key. `before` and `after` are the scopes of the
    /// config at base and head.
    pub fn impact_of(
        &self,
        key: &str,
        before: &Value,
        after: &Value,
    ) -> Result<Option<(Level, String)>, ProductError> {
        let scope = Value::from_pairs([
            ("before", before.clone()),
            ("after", after.clone()),
            (budget::VARIABLE, budget::of_scope(after)),
        ]);
        let rules = self.manifest.impact.iter().zip(&self.impact);
        for (index, (rule, compiled)) in rules.enumerate() {
            if !rule.keys.iter().any(|covered| covers(covered, key)) {
                continue;
            }
            let holds = match &compiled.when {
                None => true,
                Some(when) => when
                    .eval(&scope)
                    .map_err(|source| {
                        failure(fault::key(["impact", &index.to_string(), "when"]), source)
                    })?
                    .is_true(),
            };
            if holds {
                let consequence = render(self.texts, &compiled.consequence, &scope)?;
                return Ok(Some((rule.level, consequence)));
            }
        }
        Ok(None)
    }
}

/// Whether a rule's key is the changed key or a section above it.
fn covers(rule: &str, key: &str) -> bool {
    key.strip_prefix(rule)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}
