//! Own stacks without a config.

use std::collections::{BTreeMap, BTreeSet};

use super::fact::{Fact, Unknown};
use super::row::{EstateRow, EstateState, drift};
use crate::stack::{Health, Stack, StackName, TEST_TAG};

/// Account and region.
pub type EstatePlace = (String, String);

/// The stacks of the places that the configs name, or why they are not known.
pub type PlaceStacks = BTreeMap<EstatePlace, Result<Vec<Stack>, Unknown>>;

/// The own stacks that no config asks for. `names`: the stacks of all valid configs. `is_complete`: whether no config has errors, which
/// could ask for one of the stacks.
pub fn stacks_without_config(
    places: &PlaceStacks,
    names: &[StackName],
    is_complete: bool,
) -> Vec<EstateRow> {
    let asked: BTreeSet<(&str, &str, &str)> = names
        .iter()
        .map(|name| {
            let target = &name.target;
            (
                target.account.as_str(),
                target.region.as_str(),
                name.name.as_str(),
            )
        })
        .collect();
    let mut rows = Vec::new();
    for ((account, region), stacks) in places {
        for stack in stacks.iter().flatten() {
            let is_asked = asked.contains(&(account.as_str(), region.as_str(), &stack.name));
            if is_asked || !is_left(stack) {
                continue;
            }
            let tag = |name: &str| stack.tags.get(&format!("provisioner:{name}")).cloned();
            rows.push(EstateRow {
                config: None,
                environment: tag("environment"),
                account: Some(account.clone()),
                region: Some(region.clone()),
                product: tag("product"),
                tier: None,
                stack: Some(stack.name.clone()),
                state: match stack.status.health() {
                    Health::InProgress => EstateState::InProgress,
                    _ if is_complete => EstateState::WithoutConfig,
                    _ => EstateState::Unknown,
                },
                status: Fact::known(stack.status.0.clone()),
                template: match is_complete {
                    true => Fact::none(),
                    false => Fact::unknown(Unknown::ConfigErrors),
                },
                drift: Fact::known(drift(&stack.drift)),
                last_change: Fact::none(),
                pull_requests: Fact::none(),
            });
        }
    }
    rows
}

/// Whether provisioner created a stack, other than for a test.
fn is_left(stack: &Stack) -> bool {
    stack.tags.get("provisioner:stack") == Some(&stack.name)
        && !stack.tags.contains_key(TEST_TAG)
        && !matches!(
            stack.status.health(),
            Health::Deleted | Health::ReviewInProgress
        )
}
