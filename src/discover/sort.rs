//! Which stacks are provisioner's own, which could be, and which are not.

use std::sync::Arc;

use super::keys::ConfigKey;
use super::naming::{NameValues, NamingLaw};
use crate::model::RepoPath;
use crate::product::{Product, Target};
use crate::stack::{LiveStack, OtherTool, StackName, TEST_TAG, ToolMark, owner_tags};

/// A config of the repository.
#[derive(Clone, Debug)]
pub struct KnownConfig {
    pub path: RepoPath,
    pub product: String,
    pub stack: StackName,
}

/// A stack with a name of a product.
#[derive(Clone, Debug)]
pub struct NamedStack {
    pub product: Arc<Product>,
    pub environment: String,
    pub(super) values: NameValues,
}

/// What a stack is to this repository.
#[derive(Clone, Debug)]
pub enum Sorted {
    /// It has the tags of provisioner's own stacks, and a config here.
    Owned {
        config: RepoPath,
    },
    /// It has the tags of provisioner's own stacks, and no config here.
    WithoutConfig,
    /// A test created it.
    Test {
        tested: String,
    },
    /// Another tool owns it.
    OtherTool(ToolMark),
    /// A config here asks for a stack of this name.
    Claimed {
        config: RepoPath,
    },
    /// It has a name of a product, and no config here.
    Named(Box<NamedStack>),
    Other,
}

/// Sorts the stacks of one account and region. `environment`: looks for names of this one only.
pub fn sort(
    stacks: &[LiveStack],
    products: &[Arc<Product>],
    configs: &[KnownConfig],
    place: (&str, &str),
    environment: Option<&str>,
) -> Vec<Sorted> {
    let (account, region) = place;
    let mut laws = Vec::new();
    for product in products {
        let only = environment.map(|only| vec![only.to_owned()]);
        let names = only.or_else(|| product_environments(product));
        for environment in names.unwrap_or_default() {
            let target = Target {
                account: account.to_owned(),
                region: region.to_owned(),
                environment,
            };
            if let Some(law) = NamingLaw::new(product, &target) {
                laws.push((product, target, law));
            }
        }
    }
    let here: Vec<&KnownConfig> = configs
        .iter()
        .filter(|config| {
            let target = &config.stack.target;
            target.account == account && target.region == region
        })
        .collect();
    let is_wanted = |found: &str| environment.is_none_or(|environment| environment == found);
    let sorted = stacks.iter().map(|live| {
        let stack = &live.stack;
        if let Some(tested) = stack.tags.get(TEST_TAG) {
            let tested = tested.clone();
            return Sorted::Test { tested };
        }
        let config = here.iter().find(|config| config.stack.name == stack.name);
        let is_owned = |config: &KnownConfig| {
            let owner = owner_tags(&config.product, &config.stack);
            owner
                .iter()
                .all(|(key, value)| stack.tags.get(key) == Some(value))
        };
        // A stack of another environment is not searched for.
        if config.is_some_and(|config| !is_wanted(&config.stack.target.environment)) {
            return Sorted::Other;
        }
        if let Some(config) = config.filter(|config| is_owned(config)) {
            let config = config.path.clone();
            return Sorted::Owned { config };
        }
        if config.is_none() && stack.tags.get("provisioner:stack") == Some(&stack.name) {
            let tagged = stack.tags.get("provisioner:environment");
            return match tagged.is_none_or(|tagged| is_wanted(tagged)) {
                true => Sorted::WithoutConfig,
                false => Sorted::Other,
            };
        }
        if let Some(mark) = OtherTool::of_stack(live) {
            return Sorted::OtherTool(mark);
        }
        if let Some(config) = config {
            let config = config.path.clone();
            return Sorted::Claimed { config };
        }
        let mut named = laws.iter().filter_map(|(product, target, law)| {
            Some(NamedStack {
                product: Arc::clone(product),
                environment: target.environment.clone(),
                values: law.read(&stack.name)?,
            })
        });
        let named = named.next();
        named.map_or(Sorted::Other, |named| Sorted::Named(Box::new(named)))
    });
    sorted.collect()
}

/// The environments that a product's configs can name. `None` if any word is one.
pub fn product_environments(product: &Arc<Product>) -> Option<Vec<String>> {
    let [_, _, key] = product.target_keys();
    let keys = ConfigKey::all(product);
    let key = keys.iter().find(|known| Some(known.path.as_str()) == key);
    let choices = key.map(ConfigKey::choices).unwrap_or_default();
    let names = choices.iter().filter_map(|choice| choice.as_str());
    let names: Vec<String> = names.map(str::to_owned).collect();
    (!names.is_empty()).then_some(names)
}
