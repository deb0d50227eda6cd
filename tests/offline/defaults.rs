//! `_defaults.yaml` beside configs, at the command line.
#![expect(clippy::disallowed_methods, reason = "a user has files")]

use serde_json::Value;

use crate::support::workdir::{CommandOutput, Workdir};

const CONFIG: &str = "s3/configs/edge-prod-b002-us-west-1-s3.yaml";
const DEFAULTS: &str = "s3/configs/_defaults.yaml";
const OWN: &str = "client:\n  tenant_id: b002\ns3:\n  versioning: false\n";
const SHARED: &str = "client:\n  company_name: Edge\n  company_prefix: edge\n  account_id: \"123456789012\"\n\
                      environment:\n  env: prod\n  region: us-west-1\n\
                      s3:\n  versioning: true\n  lifecycle_policy: development\n";

fn empty() -> Workdir<()> {
    let workdir = Workdir::offline();
    std::fs::remove_file(workdir.folder().join(workdir.path())).unwrap();
    workdir
}

fn folder(own: &str, shared: &str) -> Workdir<()> {
    let workdir = empty();
    workdir.write(CONFIG, own);
    workdir.write(DEFAULTS, shared);
    workdir
}

fn validate(workdir: &Workdir<()>, arguments: &[&str]) -> CommandOutput {
    let all = [&["validate-config", "--no-log"], arguments].concat();
    workdir.run(&all)
}

#[test]
fn a_config_has_the_values_of_the_defaults_unless_it_sets_its_own() {
    let workdir = folder(OWN, SHARED);
    let output = validate(&workdir, &["--resolved", CONFIG]);
    assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
    insta::assert_snapshot!("defaults_resolved", output.stdout);
    let json = validate(&workdir, &["--resolved", "--format", "json", CONFIG]);
    let json: Value = serde_json::from_str(&json.stdout).unwrap();
    let resolved = json["items"][0]["resolved"].as_array().unwrap();
    let of = |keys: &[&str]| {
        let mut values = resolved.iter();
        let value = values.find(|value| value["key"] == serde_json::json!(keys));
        value.unwrap().clone()
    };
    assert_eq!(of(&["s3", "versioning"])["location"]["path"], CONFIG);
    let account = of(&["client", "account_id"]);
    assert_eq!(account["location"]["path"], DEFAULTS);
    assert_eq!(account["location"]["span"]["start"]["line"], 4);
    assert_eq!(of(&["s3", "vpc_id"])["location"], Value::Null);
    // The resolved values are a config without defaults.
    let template = |workdir: &Workdir<()>| {
        let output = workdir.run(&["create-prov-template", "--no-log", CONFIG]);
        assert_eq!(output.status, 0, "{}", output.stderr);
        workdir.read("s3/templates/edge-prod-b002-us-west-1-s3-template.yaml")
    };
    let lines = output.stdout.lines().skip(1);
    let yaml: Vec<&str> = lines
        .take_while(|line| !line.contains("sets keys"))
        .collect();
    let alone = empty();
    alone.write(CONFIG, &yaml.join("\n"));
    assert_eq!(template(&alone), template(&workdir));
}

/// Each wrong default, and where the message points.
#[test]
fn messages_point_at_the_file_that_a_value_comes_from() {
    let cases = [
        (
            "a wrong value",
            OWN,
            SHARED.replace("development", "developmint"),
        ),
        (
            "a wrong type",
            OWN,
            SHARED.replace("\"123456789012\"", "123456789012"),
        ),
        (
            "an unknown key",
            OWN,
            SHARED.replace("versioning", "versionning"),
        ),
        ("an unknown section", OWN, format!("{SHARED}s4:\n  a: 1\n")),
        (
            "a broken rule",
            OWN,
            format!("{SHARED}  route_table_ids: rtb-0a1b2c3d4e5f60718\n"),
        ),
        (
            "an unknown region",
            OWN,
            SHARED.replace("us-west-1", "mars-west-1"),
        ),
        (
            "an invisible character",
            OWN,
            SHARED.replace("Edge", "Ed\u{202e}ge"),
        ),
        ("no mapping", OWN, "- a\n".to_owned()),
        ("no YAML", OWN, "client: {\n".to_owned()),
        (
            "another file name",
            OWN,
            SHARED.replace("company_prefix: edge", "company_prefix: acme"),
        ),
        (
            "a missing key",
            OWN,
            SHARED.replace("  company_name: Edge\n", ""),
        ),
        (
            "a value of the config",
            "client:\n  tenant_id: b002\ns3:\n  versioning: maybe\n",
            SHARED.to_owned(),
        ),
        (
            "a scalar in place of a section",
            "client:\n  tenant_id: b002\nenvironment: prod\ns3: {}\n",
            SHARED.to_owned(),
        ),
    ];
    let mut text = String::new();
    for (what, own, shared) in cases {
        let output = validate(&folder(own, &shared), &[CONFIG]);
        assert_eq!(output.status, 10, "{what}: {}", output.stdout);
        text.push_str(&format!("# {what}\n{}\n", output.stdout));
    }
    insta::assert_snapshot!("defaults_messages", text);
}

#[test]
fn defaults_are_no_config() {
    let workdir = folder(OWN, SHARED);
    for arguments in [
        &[][..],
        &["s3/configs"],
        &["s3/configs/*.yaml"],
        &["s3/configs/**"],
    ] {
        let output = validate(&workdir, arguments);
        assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
        assert!(
            output.stdout.contains("validate-config: 1 config,"),
            "{}",
            output.stdout
        );
    }
    let output = validate(&workdir, &[DEFAULTS]);
    assert_eq!(output.status, 10, "{}", output.stdout);
    let all = format!("{}{}", output.stdout, output.stderr);
    assert!(
        all.contains("holds defaults for the configs beside it"),
        "{all}"
    );
}

/// Two products share a folder and its defaults. Each takes its own section.
#[test]
fn sections_of_other_products_are_left_out() {
    let shared = format!("{SHARED}ml_product:\n  source_control: codecommit\n");
    let output = validate(&folder(OWN, &shared), &[CONFIG]);
    assert_eq!(output.status, 0, "{}", output.stdout);
}

/// The file's name comes from no default here, so the message names none.
#[test]
fn a_wrong_file_name_names_only_defaults_in_the_name() {
    let own = SHARED.replace("company_prefix: edge", "company_prefix: acme");
    let own = own.replace("  env: prod", "  env: test");
    let shared = "client:\n  tenant_id: b009\ns3:\n  bucket_name_override: any-bucket\n";
    let output = validate(&folder(&own, shared), &[CONFIG]);
    assert!(
        output
            .stdout
            .contains("`client.tenant_id` of `_defaults.yaml` (`b009`)"),
        "{}",
        output.stdout
    );
    let own = own.replace("environment:", "  tenant_id: b002\nenvironment:");
    let output = validate(&folder(&own, shared), &[CONFIG]);
    let text = "error[wrong-file-name]: the file name lacks `client.company_prefix` (`acme`)";
    assert!(output.stdout.contains(text), "{}", output.stdout);
    assert!(
        !output.stdout.contains("_defaults.yaml` ("),
        "{}",
        output.stdout
    );
}

/// Defaults of the folder above, and of another folder, do not count.
#[test]
fn only_defaults_of_the_same_folder_count() {
    for other in [
        "s3/_defaults.yaml",
        "_defaults.yaml",
        "configs/_defaults.yaml",
    ] {
        let workdir = empty();
        workdir.write(CONFIG, OWN);
        workdir.write(other, SHARED);
        let output = validate(&workdir, &[CONFIG]);
        assert_eq!(output.status, 10, "{other}: {}", output.stdout);
    }
}

/// A default alone makes no file a config of a product.
#[test]
fn the_product_comes_from_the_config_itself() {
    let workdir = empty();
    workdir.write("configs/values.yaml", "client: {tenant_id: b002}\n");
    workdir.write("configs/_defaults.yaml", SHARED);
    let output = validate(&workdir, &["configs/values.yaml"]);
    assert_eq!(output.status, 10, "{}", output.stdout);
    assert!(
        output.stdout.contains("product-unknown"),
        "{}",
        output.stdout
    );
}

/// 200 configs with one wrong default: the message comes once.
#[test]
fn a_wrong_default_of_many_configs_is_reported_once() {
    let workdir = folder(OWN, &SHARED.replace("development", "developmint"));
    for number in 0..200 {
        let own = format!("client:\n  tenant_id: \"{number:04}\"\ns3: {{}}\n");
        workdir.write(
            &format!("s3/configs/edge-prod-{number:04}-us-west-1-s3.yaml"),
            &own,
        );
    }
    let output = validate(&workdir, &[]);
    assert_eq!(output.status, 10, "{}", output.stdout);
    assert_eq!(
        output.stdout.matches("error[").count(),
        1,
        "{}",
        output.stdout
    );
    assert!(
        output.stdout.contains("201 configs, 1 error"),
        "{}",
        output.stdout
    );
}

/// A list or a text cannot be combined with a mapping, and must not vanish.
#[test]
fn defaults_of_another_kind_than_a_mapping_are_an_error() {
    for (from, to, message) in [
        (
            "client:\n  company_name: Edge\n  company_prefix: edge\n  account_id: \"123456789012\"\n",
            "client: [1, 2]\n",
            ":1:9: error[wrong-type]: `client` is not a mapping, but a config of this folder has a mapping there",
        ),
        (
            "  lifecycle_policy: development\n",
            "  tags: text\n",
            ":10:9: error[wrong-type]: `s3.tags` is not a mapping, but a config of this folder has a mapping there",
        ),
    ] {
        let own = format!("{OWN}  tags: {{Team: research}}\n");
        let workdir = folder(&own, &SHARED.replace(from, to));
        let output = validate(&workdir, &[]);
        assert_eq!(output.status, 10, "{}", output.stdout);
        let message = format!("{DEFAULTS}{message}");
        assert!(output.stdout.contains(&message), "{}", output.stdout);
    }
    // An empty section is none.
    let own = format!("{OWN}  tags: {{Team: research}}\n");
    let workdir = folder(&own, &format!("{SHARED}  tags:\n"));
    let output = validate(&workdir, &[]);
    assert_eq!(output.status, 0, "{}", output.stdout);
}

/// Every config of the folder has the work of its defaults.
#[test]
fn attack_large_defaults() {
    let tags = |count: usize| -> String {
        let tag = |number: usize| format!("    key-{number}: value\n");
        format!("{SHARED}x:\n{}", (0..count).map(tag).collect::<String>())
    };
    let workdir = folder(OWN, &tags(5000));
    let output = validate(&workdir, &[]);
    assert_eq!(output.status, 10, "{}", output.stdout);
    let message = format!("{DEFAULTS}: error[config-too-large]: the file has ");
    assert!(output.stdout.starts_with(&message), "{}", output.stdout);
}
