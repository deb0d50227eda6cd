//! A test deployment of a built-in product has no problem that its stack does not have. So no template of it is rendered to validate
//! a config.
#![expect(clippy::disallowed_methods, reason = "the examples are files")]

use proptest::prelude::*;
use provisioner::config::{Config, load};
use provisioner::model::RepoPath;
use provisioner::plan::RenderedProblems;
use provisioner::product::Registry;
use provisioner::template::Document;
use std::sync::LazyLock;

static BUILT_IN: LazyLock<Registry> = LazyLock::new(Registry::built_in);

/// `None`: the config has errors.
fn config(path: &str, text: &str) -> Option<Config> {
    load(&BUILT_IN, &RepoPath::parse(path).unwrap(), text.as_bytes()).config
}

fn names_of(config: &Config) -> Vec<String> {
    let problems = RenderedProblems::new(config);
    assert_eq!(problems.faults, []);
    let problems = problems.names.into_iter();
    problems.map(|problem| problem.message).collect()
}

/// Logical ids and types.
fn resources(config: &Config) -> Vec<(String, String)> {
    let text = config.product.render_template(&config.derived.scope);
    let document = Document::parse(&config.path, &text.unwrap()).unwrap();
    let resources = document.resources();
    resources
        .map(|found| (found.logical_id.to_owned(), found.kind.to_owned()))
        .collect()
}

/// Problems of names, and resources, that only a test deployment has.
fn only_in_test(config: &Config) -> Vec<String> {
    let Ok(test) = config.with_name_suffix("-tab12cd") else {
        return Vec::new();
    };
    let known = resources(config);
    let mut found = resources(&test);
    found.retain(|resource| !known.contains(resource));
    let found = found.into_iter().map(|(id, kind)| format!("{id} ({kind})"));
    let names = match names_of(config).is_empty() {
        true => names_of(&test),
        false => Vec::new(),
    };
    names.into_iter().chain(found).collect()
}

/// The path and text of a config for each product, with the longest values that their schemas allow, and longer ones.
fn longest() -> impl Strategy<Value = (String, String)> {
    let words = (
        "[a-z]([a-z0-9-]{0,24}[a-z0-9])?",
        prop::sample::select(vec!["prod", "staging"]),
        "[a-z0-9]{4}",
        prop::sample::select(vec!["us-east-1", "ap-southeast-2", "us-gov-west-1"]),
        "[a-z]([a-z0-9-]{0,30}[a-z0-9])?",
        prop_oneof![Just(String::new()), "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"],
        prop_oneof![Just(String::new()), "[a-z][A-Za-z0-9/_-]{200,239}"],
        prop::sample::select(vec!["", "professional", "enterprise"]),
        any::<bool>(),
    );
    words.prop_map(
        |(prefix, env, tenant, region, use_case, bucket, alias, tier, with_network)| {
            let head = format!(
                "client: {{company_name: A, company_prefix: {prefix}, account_id: \"123456789012\", tenant_id: \"{tenant}\"}}\n\
                 environment: {{env: {env}, region: {region}}}\n"
            );
            let stem = format!("{prefix}-{env}-{tenant}-{region}");
            let network = "vpc_id: vpc-0a1b2c3d";
            if tier.is_empty() {
                let network = if with_network { format!("  {network}\n") } else { String::new() };
                let text = format!(
                    "{head}s3:\n  versioning: true\n  solutions: [{use_case}]\n  bucket_name_override: \"{bucket}\"\n{network}"
                );
                return (format!("s3/configs/{stem}-s3.yaml"), text);
            }
            let head = head.replace("company_name: A, ", "");
            let (ending, network) = match with_network {
                true => (
                    "-standalone-direct",
                    format!("  vpc_mode: standalone\n  vpc_source: direct\n  vpc: {{{network}, subnet_ids: subnet-0a1b2c3d}}\n"),
                ),
                false => ("", String::new()),
            };
            let kms = match tier {
                "enterprise" => format!("  kms: {{alias: \"{alias}\"}}\n"),
                _ => String::new(),
            };
            let text = format!(
                "{head}ml_product:\n  use_case: {use_case}\n  source_control: codecommit\n  tier: {tier}\n  \
                 artifacts_bucket_name: \"{bucket}\"\n{network}{kms}"
            );
            (format!("ml/configs/{stem}-{use_case}-ml-codecommit{ending}.yaml"), text)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_test_deployment_has_no_problem_of_its_own((path, text) in longest()) {
        if let Some(config) = config(&path, &text) {
            prop_assert_eq!(only_in_test(&config), Vec::<String>::new(), "{}:\n{}", path, text);
        }
    }
}

/// The examples have each kind of resource.
#[test]
fn examples_have_the_same_resources_in_a_test_deployment() {
    let mut checked = 0;
    for folder in ["s3", "ml"] {
        let folder = format!("examples/{folder}/configs");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let text = std::fs::read_to_string(&path).unwrap();
            let shown = path.to_str().unwrap();
            if let Some(config) = config(shown, &text) {
                assert_eq!(only_in_test(&config), Vec::<String>::new(), "{shown}");
                checked += 1;
            }
        }
    }
    assert!(checked > 20, "{checked}");
}
