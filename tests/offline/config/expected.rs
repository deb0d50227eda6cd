//! Mistakes of new users: each error says which form is right, with an example, and a consequence is not reported beside its cause.

use provisioner::config::load;
use provisioner::model::RepoPath;
use provisioner::product::Registry;
use provisioner::report;

use crate::support::job::{config, path};

/// The printed problems of a config.
fn told(path: &str, text: &str) -> String {
    let registry = Registry::built_in();
    let loaded = load(&registry, &RepoPath::parse(path).unwrap(), text.as_bytes());
    report::diagnostics(&loaded.diagnostics)
}

/// U7: replaces a part of a valid S3 config.
#[test]
fn s3_errors_say_which_form_is_right() {
    let valid = config(
        "b001",
        "  solutions:\n    - churn\n    - fraud\n  tags:\n    Team: x\n",
    );
    assert_eq!(told(&path("b001"), &valid), "");
    for (part, wrong, place, words) in [
        (
            "  tags:\n    Team: x\n",
            "  tags:\n    - Team=x\n",
            ":14:3: error[wrong-type]",
            "help: write a mapping: `tags: {Team: forecasting, CostCenter: \"4711\"}`; ",
        ),
        (
            "  solutions:\n    - churn\n    - fraud\n",
            "  solutions: churn\n",
            ":11:14: error[wrong-type]",
            "help: write a list: `solutions: [churn]`; ",
        ),
        (
            "  solutions:\n    - churn\n    - fraud\n",
            "  solutions:\n    -churn\n",
            ": error[wrong-type]",
            "help: put a space after the hyphen: `- churn`; ",
        ),
        (
            "- fraud",
            "- churn",
            ":13:7: error[item-not-unique]: `s3.solutions[1]` repeats `s3.solutions[0]`",
            "",
        ),
        (
            "\"123456789012\"",
            "\"12345678901\"",
            ":4:15: error[value-pattern]: `client.account_id` has 11 characters and needs 12: `12345678901`",
            "; for example \"123456789012\"",
        ),
        (
            "  tags:\n    Team: x\n",
            "tags:\n  Team: x\n",
            ":14:1: error[unknown-key]",
            "help: `tags` belongs under `s3`",
        ),
        (
            "env: prod",
            "env:prod",
            ":7:3: error[yaml-syntax]",
            "help: put a space after the colon: `env: prod`",
        ),
        (
            "company_prefix: edge",
            "company_prefix: Edge",
            ":3:19: error[value-pattern]: `client.company_prefix` has an invalid value: `Edge`",
            "; for example edge",
        ),
    ] {
        assert!(valid.contains(part), "{part}");
        let text = told(&path("b001"), &valid.replace(part, wrong));
        assert_eq!(text.matches("error[").count(), 1, "{text}");
        assert!(text.contains(place) && text.contains(words), "{text}");
    }
    let last = config("b001", "").replace("s3:\n  versioning: true", "s3:\n  versioning:true");
    let text = told(&path("b001"), &last);
    assert!(
        text.contains("put a space after the colon: `versioning: true`"),
        "{text}"
    );
}

/// U7: a consequence, and an error that another one says better, are left out.
#[test]
fn ml_errors_are_reported_once_in_sentences() {
    let ml = "client:\n  company_prefix: acme\n  account_id: \"123456789012\"\n  tenant_id: c001\nenvironment:\n  env: dev\n  region: us-west-2\nml_product:\n  use_case: churn\n  source_control: codecommit\n";
    let path = "ml/configs/acme-dev-c001-us-west-2-churn-ml-codecommit.yaml";
    assert_eq!(told(path, ml), "");
    let of = |more: &str| told(path, &format!("{ml}{more}"));
    let routes = of("  route_table_ids: rtb-0a1b2c3d\n");
    assert_eq!(routes.matches("error[").count(), 1, "{routes}");
    assert!(routes.contains("error[ml-route-tables-unused]"), "{routes}");
    let data = of(
        "  data:\n    - name: sales\n      bucket: acme-sales\n      config: acme-prod-c001-us-west-2-s3\n",
    );
    let words = "`ml_product.data[0]` cannot have these keys together: `name`, `bucket`, `config`";
    assert!(data.contains(words), "{data}");
    let twice = of(
        "  data:\n    - name: sales\n      bucket: acme-sales\n    - name: sales\n      bucket: acme-other\n",
    );
    let words = "a location has the same name as an earlier one: `ml_product.data[1]` sales\n";
    assert!(twice.contains(words), "{twice}");
    let days = of("  log_retention_days: 13\n");
    assert!(
        days.contains("help: the nearest are `7` and `14`"),
        "{days}"
    );
    let other = told(
        "ml/configs/acme-dev-c001-us-west-2-other-ml-codecommit.yaml",
        ml,
    );
    assert!(other.contains("error[wrong-file-name]"), "{other}");
}

/// No error of a built-in product prints a regular expression: its schema says in words what is allowed.
#[test]
fn every_pattern_of_a_built_in_schema_has_words() {
    let registry = Registry::built_in();
    for name in registry.names() {
        let product = registry.product(name).unwrap().unwrap();
        let mut open = vec![(product.schema.document().clone(), false)];
        while let Some((schema, has_words)) = open.pop() {
            let has_words = has_words || schema.get("x-help").is_some();
            assert!(
                has_words || schema.get("pattern").is_none(),
                "{name}: {schema}"
            );
            let below = match &schema {
                serde_json::Value::Object(keys) => keys.values().cloned().collect(),
                serde_json::Value::Array(items) => items.clone(),
                _ => Vec::new(),
            };
            open.extend(below.into_iter().map(|below| (below, has_words)));
        }
    }
}
