//! Rollback triggers: alarms that make CloudFormation roll back an operation on a stack.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// CloudFormation's limit, alarms of both types together.
pub const MAX_TRIGGERS: usize = 5;

/// The alarms that CloudFormation watches while it creates or updates a stack.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(default, rename_all = "kebab-case")]
pub struct RollbackTriggers {
    /// ARNs of metric alarms.
    pub alarms: Vec<String>,
    /// ARNs of composite alarms.
    pub composite_alarms: Vec<String>,
    /// How long CloudFormation watches after the operation.
    pub monitoring_minutes: u16,
}

impl RollbackTriggers {
    /// The ARNs of all alarms.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        let all = self.alarms.iter().chain(&self.composite_alarms);
        all.map(String::as_str)
    }

    /// The number of alarms.
    pub fn count(&self) -> usize {
        self.alarms.len() + self.composite_alarms.len()
    }

    /// The same with the alarms of `other`, up to CloudFormation's limit, and the longer time.
    pub fn joined(mut self, other: &Self) -> Self {
        for alarm in &other.alarms {
            if self.count() < MAX_TRIGGERS && !self.alarms.contains(alarm) {
                self.alarms.push(alarm.clone());
            }
        }
        for alarm in &other.composite_alarms {
            if self.count() < MAX_TRIGGERS && !self.composite_alarms.contains(alarm) {
                self.composite_alarms.push(alarm.clone());
            }
        }
        self.monitoring_minutes = self.monitoring_minutes.max(other.monitoring_minutes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_policies_add_alarms_up_to_the_limit() {
        let triggers = |names: &[&str], minutes| RollbackTriggers {
            alarms: names.iter().map(|&name| name.to_owned()).collect(),
            composite_alarms: vec!["all".to_owned()],
            monitoring_minutes: minutes,
        };
        let joined = triggers(&["a", "b"], 5).joined(&triggers(&["b", "c", "d", "e"], 3));
        assert_eq!(joined, triggers(&["a", "b", "c", "d"], 5));
    }
}
