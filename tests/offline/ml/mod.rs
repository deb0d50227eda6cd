//! The ML product: three tiers, every scenario, and mistakes in its configs.

mod boundary;
mod examples;
mod file_names;
mod invalid;
mod names;
mod pipelines;
mod scenarios;
mod tiers;

use std::sync::LazyLock;

use provisioner::config::{Config, LoadResult, load};
use provisioner::model::RepoPath;
use provisioner::product::{Registry, RunInput};

/// Loads a config, in a run with or without a tier.
pub fn loaded(name: &str, text: &str, tier: Option<&str>) -> LoadResult {
    let path = RepoPath::parse(&format!("ml/configs/{name}.yaml")).unwrap();
    static WITHOUT_TIER: LazyLock<Registry> = LazyLock::new(Registry::built_in);
    match tier {
        None => load(&WITHOUT_TIER, &path, text.as_bytes()),
        Some(tier) => {
            let mut registry = Registry::built_in();
            registry.given = RunInput {
                tier: Some(tier.to_owned()),
                ..RunInput::default()
            };
            load(&registry, &path, text.as_bytes())
        }
    }
}

/// Loads a valid config.
pub fn valid(name: &str, text: &str) -> Config {
    let loaded = loaded(name, text, None);
    let mut unexpected = loaded.diagnostics.iter();
    let unexpected = unexpected.find(|diagnostic| diagnostic.code.as_str() != "ml-no-route-tables");
    assert_eq!(unexpected, None, "{name}");
    loaded.config.unwrap()
}

/// The start of all configs of these tests, and the base of their names.
pub const HEAD: &str = r#"client:
  company_prefix: acme
  account_id: "123456789012"
  tenant_id: "c001"

environment:
  env: prod
  region: us-east-1

"#;
pub const BASE: &str = "acme-prod-c001-us-east-1";
