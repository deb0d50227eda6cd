//! `list-products`, `show-product` and `create-review-report`: pages for reviewers.
#![expect(clippy::disallowed_methods, reason = "reports are files")]

use std::path::Path;
use std::process::{Command, Output};

use provisioner::product::Registry;
use provisioner::report::{self, ProductFormat};
use tempfile::TempDir;

use crate::support::job::BINARY;

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(BINARY);
    command
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

fn printed(folder: &Path, arguments: &[&str]) -> String {
    let output = run(folder, arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// The page of a config, and its folder.
fn page(config: &str, text: &str) -> (String, TempDir) {
    let folder = TempDir::new().unwrap();
    let configs = folder.path().join("configs");
    std::fs::create_dir_all(&configs).unwrap();
    std::fs::write(configs.join(config), text).unwrap();
    let page = again(&folder);
    (page, folder)
}

fn again(folder: &TempDir) -> String {
    let printed = printed(
        folder.path(),
        &["create-review-report", "--no-log", "configs"],
    );
    let path = printed
        .lines()
        .find_map(|line| line.strip_prefix("created "))
        .unwrap();
    assert!(path.contains("-create-review-report-20") && path.ends_with("Z.html"));
    std::fs::read_to_string(folder.path().join(path)).unwrap()
}

/// Removes text that differs between runs, non-text, and the policy, which has its own tests.
fn normalize(page: &str) -> String {
    let mut page = page.replace(env!("CARGO_PKG_VERSION"), "[version]");
    for (pattern, normalize) in [
        (r"[0-9-]{10} [0-9:]{8} UTC", "[time]"),
        (r"SHA-256 [0-9a-f]{64}", "SHA-256 [digest]"),
        (r"(?s)<style>.*</style>", "<style>[style]</style>"),
        (r"(?s)<pre>\{.*?\}\n</pre>", "<pre>[policy]</pre>"),
        (r"(?s)<pre>AWSTemplate.*?</pre>", "<pre>[template]</pre>"),
    ] {
        let pattern = regex::Regex::new(pattern).unwrap();
        page = pattern.replace_all(&page, normalize).into_owned();
    }
    page
}

const CONFIG: &str = include_str!(
    "../../examples/ml/configs/globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml"
);
const NAME: &str =
    "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm.yaml";

const BUCKET: &str = include_str!("../../examples/s3/configs/edge-prod-b001-us-west-1-s3.yaml");

#[test]
fn products_are_listed_and_shown() {
    let folder = TempDir::new().unwrap();
    let of = |arguments: &[&str]| printed(folder.path(), arguments);
    insta::assert_snapshot!("list_products", of(&["list-products"]));
    insta::assert_snapshot!("show_product_s3", of(&["show-product", "s3"]));
    insta::assert_snapshot!(
        "show_product_ml",
        of(&["show-product", "ml", "--format", "markdown"])
    );
    let json: serde_json::Value = serde_json::from_str(&of(&[
        "show-product",
        "ml",
        "--tier",
        "professional",
        "--format",
        "json",
    ]))
    .unwrap();
    assert_eq!(json["products"][0]["tiers"].as_array().unwrap().len(), 1);
    // The syntax of the original tools, which required a config and ignored it.
    assert_eq!(
        of(&["-con", "x.yaml", "-act", "list-products"]),
        of(&["list-products"])
    );
    assert_eq!(
        of(&["-con", "x.yaml", "-act", "show-product"]),
        of(&["show-product"])
    );
}

/// The template retains the bucket, and `tear-down`, the product's only deletion, empties and deletes it.
#[test]
fn a_bucket_that_the_delete_action_empties_is_not_called_retained() {
    let (page, folder) = page("edge-prod-b001-us-west-1-s3.yaml", BUCKET);
    assert!(page.contains(
        "The action <code>tear-down</code> deletes the stack: 1 deleted, with its data · "
    ));
    assert!(page.contains(r#"<td class="bad">deleted, with its data</td>"#));
    assert!(!page.contains("retained"));

    let show = |arguments: &[&str]| printed(folder.path(), arguments);
    let text = show(&["show-product", "s3"]);
    assert!(
        text.contains("deleted, with its data") && !text.contains("retained"),
        "{text}"
    );
    let markdown = show(&["show-product", "s3", "--format", "markdown"]);
    assert!(
        markdown.contains("| 🔴 deleted, **with its data** |"),
        "{markdown}"
    );
    let json = show(&["show-product", "s3", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let bucket = &json["products"][0]["tiers"][0]["resources"][0];
    assert_eq!(bucket["type"], "AWS::S3::Bucket");
    assert_eq!(
        [&bucket["on_deletion"], &bucket["holds"]],
        ["deleted", "data"]
    );

    // The delete action of this product keeps what the template retains.
    let text = show(&["show-product", "ml", "--tier", "starter"]);
    assert!(text.contains("retained, no longer managed"), "{text}");
}

#[test]
fn unknown_product_parts_are_errors() {
    let folder = TempDir::new().unwrap();
    let original = ["--format=sarif", "-con", "x.yaml", "-act"];
    for (arguments, said) in [
        (&["show-product", "mll"][..], "did you mean `ml`?"),
        (&["show-product", "x"], "there are `ml` and `s3`"),
        (&["show-product", "--tier=gold"], "there are `starter`"),
        (
            &["show-product", "s3", "--tier=gold"],
            "there is only `standard`",
        ),
        (
            &["list-products", "--format=sarif"],
            "[possible values: text, json, markdown]",
        ),
        (
            &["show-product", "--format=sarif"],
            "[possible values: text, json, markdown]",
        ),
        (
            &[&original[..], &["list-products"]].concat(),
            "[possible values: text, json, markdown]",
        ),
        (
            &[&original[..], &["show-product"]].concat(),
            "[possible values: text, json, markdown]",
        ),
    ] {
        let output = run(folder.path(), arguments);
        assert!(output.stdout.is_empty(), "{arguments:?}");
        assert_eq!(output.status.code(), Some(2));
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(said), "{error}");
    }
}

#[test]
fn the_review_page_lists_every_resource() {
    let (bucket, _folder) = page("edge-prod-b001-us-west-1-s3.yaml", BUCKET);
    insta::assert_snapshot!("review_report", normalize(&bucket));

    let (first, folder) = page(NAME, CONFIG);
    assert!(first.contains("beside the config to compare with."));

    printed(
        folder.path(),
        &["create-prov-template", "--no-log", "configs"],
    );
    assert!(again(&folder).contains("None: the config renders to <code>templates"));

    let changed = CONFIG.replace("use_case", "log_retention_days: 30\n  use_case");
    std::fs::write(folder.path().join("configs").join(NAME), changed).unwrap();
    let page = again(&folder);
    assert!(page.contains("1 line added, 1 removed."));
    assert!(
        page.contains(r#"<span class="add">+      RetentionInDays: 30</span>"#),
        "{page}"
    );
}

const ENTERPRISE: &str = include_str!(
    "../../examples/ml/configs/globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-standalone-ssm.yaml"
);

/// The rows of a table, without markup.
fn rows(page: &str, heading: &str) -> Vec<String> {
    let start = page
        .find(&format!("<table aria-labelledby=\"{heading}\">"))
        .unwrap();
    let table = &page[start..start + page[start..].find("</table>").unwrap()];
    let markup = regex::Regex::new("<[^>]*>").unwrap();
    let rows = table.split("<tr>").skip(2);
    rows.map(|row| {
        markup
            .replace_all(
                &row.replace("</div><div", " | <div")
                    .replace("</th><td", " | <td")
                    .replace("</td><td", " | <td"),
                "",
            )
            .trim()
            .to_owned()
    })
    .collect()
}

#[test]
fn limits_have_the_size_and_what_to_do() {
    let (page, _folder) = page(
        "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-standalone-ssm.yaml",
        ENTERPRISE,
    );
    let limits = rows(&page, "limits");
    let [policy, template, resources, ..] = limits.as_slice() else {
        panic!("{limits:?}");
    };
    assert!(
        policy.contains(
            "Add it to a role as an inline policy: the inline policies of a role hold 10,240"
        ),
        "{policy}"
    );
    assert!(policy.ends_with(" | 6,144"), "{policy}");
    assert!(
        template.starts_with("Bytes of the template") && template.ends_with(" | 51,200"),
        "{template}"
    );
    assert_eq!(resources, "Resources of the template |  | 46 | 500");
    assert!(page.contains("<details><summary>Show the template: "));
    assert!(page.contains("\nResources:\n"), "the whole template");
}

#[test]
fn the_diagram_has_a_table_of_the_same_references() {
    let (page, _folder) = page(
        "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-standalone-ssm.yaml",
        ENTERPRISE,
    );
    assert_eq!(page.matches("<svg").count(), 1);
    assert_eq!(page.matches("<rect").count(), 46);
    let references = rows(&page, "references");
    let row = |id: &str| {
        references
            .iter()
            .find(|row| row.starts_with(&format!("{id} |")))
            .unwrap()
    };
    assert_eq!(row("BuildRepository"), "BuildRepository | Key");
    assert_eq!(
        row("FailureAlarm"),
        "FailureAlarm | BuildProject, BuildPipeline, DeployProject, DeployPipeline, AlertsTopic"
    );
    // A line for each reference.
    let listed: usize = references
        .iter()
        .map(|row| row.matches(", ").count() + 1)
        .sum();
    assert_eq!(page.matches("<path").count(), listed);
    let folded = "<details class=\"picture\"><summary>Show the diagram</summary>";
    assert!(page.contains(folded));
}

#[test]
fn a_tier_lead_lists_everything_the_tier_has() {
    let (page, folder) = page(
        "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-standalone-ssm.yaml",
        ENTERPRISE,
    );
    let tiers = [
        "starter</dt><dd>Model package group",
        "professional</dt><dd>Adds",
        "enterprise</dt><dd>Adds",
    ];
    assert!(tiers.iter().all(|tier| page.contains(tier)));
    let shown = printed(
        folder.path(),
        &["show-product", "ml", "--tier", "enterprise"],
    );
    assert!(
        shown.contains("with their roles.\nAdds a published"),
        "{shown}"
    );
}

#[test]
fn config_values_follow_the_rules_for_values() {
    let (page, folder) = page("edge-prod-b001-us-west-1-s3.yaml", BUCKET);
    let values = rows(&page, "values");
    for row in [
        "client.company_prefix | edge",
        "client.account_id | 123456789012",
        "s3.versioning | true",
        "s3.lifecycle_policy | ml-optimized",
    ] {
        assert!(
            values.iter().any(|value| value == row),
            "{row}: {values:#?}"
        );
    }
    let hidden = [
        "Edge Corporation",
        "forecasting",
        "4711",
        "rtb-0a1b2c3d4e5f60718",
    ];
    assert!(
        !values
            .iter()
            .any(|row| hidden.iter().any(|text| row.contains(text))),
        "{values:#?}"
    );
    let defaults = rows(&page, "defaults");
    assert_eq!(
        defaults,
        [
            "s3.bucket_name_override | &quot;&quot;",
            "s3.existing_endpoint | false"
        ]
    );
    let name = values
        .iter()
        .find(|row| row.starts_with("client.company_name"));
    assert_eq!(name.unwrap(), "client.company_name | (hidden 1)");

    // The policy file shows more keys.
    let policy = "version: 1\nvalues: { show: [s3.tags] }\nenvironments: { prod: {} }\n";
    std::fs::write(folder.path().join(".provisioner.yaml"), policy).unwrap();
    let values = rows(&again(&folder), "values");
    assert!(
        values.iter().any(|row| row == "s3.tags.Team | forecasting"),
        "{values:#?}"
    );
}

#[test]
fn a_config_with_errors_gets_no_page() {
    let (_, folder) = page(NAME, CONFIG);
    let base = folder.path();
    std::fs::remove_dir_all(base.join("reports")).unwrap();
    let wrong = CONFIG.replace("env: prod", "env: production");
    std::fs::write(base.join("configs").join(NAME), wrong).unwrap();
    let output = run(base, &["create-review-report", "--no-log", "configs"]);
    assert_eq!(output.status.code(), Some(10));
    assert!(!base.join("reports").exists());
}

/// The repository may contain a link in place of the reports folder.
#[cfg(unix)]
#[test]
fn attack_reports_stay_beside_the_config() {
    use std::os::unix::fs::symlink;
    let (_, folder) = page(NAME, CONFIG);
    let base = folder.path();
    let reports = base.join("reports");
    std::fs::remove_dir_all(&reports).unwrap();
    let elsewhere = TempDir::new().unwrap();
    symlink(elsewhere.path(), &reports).unwrap();
    let output = run(base, &["create-review-report", "configs"]);
    assert_eq!(output.status.code(), Some(10));
    let printed = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        printed.contains("error[output-not-written]: reports is a link"),
        "{printed}"
    );
    let logs = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(logs.contains("no log was written to reports"), "{logs}");
    assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
}

/// A page that is opened from a mail or an artifact runs in the reader's browser.
#[test]
fn attack_config_values_are_escaped_in_the_page() {
    let attack = "</style></pre><script>alert(1)</script><img src=x onerror=alert(1)>\\u202E\\e[31m{{ 7 * 7 }}";
    let config = CONFIG.replace(
        "company_name: Global Bank",
        &format!("company_name: \"{attack}\""),
    );
    let folder = TempDir::new().unwrap();
    std::fs::create_dir_all(folder.path().join("configs")).unwrap();
    std::fs::write(folder.path().join("configs").join(NAME), &config).unwrap();
    let output = run(
        folder.path(),
        &["create-review-report", "--no-log", "configs"],
    );
    assert_eq!(
        output.status.code(),
        Some(10),
        "deceptive characters are an error"
    );

    // Values that the schema accepts, and texts of a product.
    let (page, folder) = page_of_hostile_product();
    for live in [
        "<script",
        "<img",
        "onerror=alert(1)>",
        "\u{202e}",
        "javascript:alert(1)\"",
    ] {
        assert!(!page.contains(live), "{live}");
    }
    assert!(page.contains("&lt;script&gt;alert(1)"));
    assert_eq!(page.matches("<style>").count(), 1);
    assert!(page.contains(r#"content="default-src 'none'; style-src 'unsafe-inline'""#));
    for loads in [" src=", " href=", "url(", "@import", "<link", "<iframe"] {
        assert!(!page.contains(loads), "{loads}");
    }
    let arguments = ["show-product", "evil", "--format", "markdown"];
    let shown = printed(folder.path(), &arguments);
    assert!(shown.starts_with("## `</style><script>"), "{shown}");
    assert!(
        shown.contains("<U+202E>`") && shown.contains("no sample"),
        "{shown}"
    );
}

/// A product of the repository with hostile texts, and a config of it.
fn page_of_hostile_product() -> (String, TempDir) {
    let folder = TempDir::new().unwrap();
    let product = folder.path().join(".provisioner/products/evil");
    std::fs::create_dir_all(&product).unwrap();
    let words = "</style><script>alert(1)</script><img alt=x>\u{202e}";
    // JSON is valid YAML; Rust's own notation is not.
    let words = serde_json::to_string(words).unwrap();
    let manifest = format!(
        "name: evil\ntitle: {words}\nsummary: {words}\nsection: evil\nfiles: '*.yaml'\n\
         target: {{ account: \"'1'\", region: \"'eu-west-1'\", environment: \"'e'\" }}\n\
         names: {{ config: file.stem, stack: file.stem, other: evil.x }}\n\
         outputs: {{ template: \"'t.yaml'\", policy: \"'p.json'\" }}\n\
         preflight: [{{ text: {words}, severity: error, at: evil.x, needs: {{ parameter: evil.x }} }}]\n\
         impact: [{{ keys: [{words}], level: safe, consequence: {words}, when: \"true\" }}]\n\
         actions: {{ create-review-report: review-report }}\n"
    );
    std::fs::write(product.join("product.yaml"), manifest).unwrap();
    std::fs::write(product.join("config.schema.json"), "{}").unwrap();
    let stack = "Resources:\n  {{ evil.x }}:\n    Type: {{ evil.x }}\n    Properties:\n      Name: {{ evil.x }}\n  B:\n    Type: T\n    DependsOn: {{ evil.x }}\n";
    std::fs::write(product.join("stack.yaml.j2"), stack).unwrap();
    std::fs::write(product.join("iam-policy.json.j2"), "{\"x\": {{ evil.x }} }").unwrap();
    let configs = folder.path().join("configs");
    std::fs::create_dir_all(&configs).unwrap();
    let value = "</pre></details><script>alert(1)</script><img onerror=alert(1)>";
    std::fs::write(configs.join("a.yaml"), format!("evil:\n  x: {value:?}\n")).unwrap();
    let page = again(&folder);
    (page, folder)
}

#[test]
fn samples_are_valid_and_of_their_tier() {
    let registry = provisioner::product::Registry::built_in();
    for name in registry.names() {
        let product = registry.product(name).unwrap().unwrap();
        assert!(!product.manifest.tiers.is_empty(), "{name}");
        for tier in &product.manifest.tiers {
            let config = provisioner::config::sample(&registry, &product, &tier.name).unwrap();
            assert_eq!(config.derived.names["tier"], tier.name);
        }
    }
}

/// No sample resource has an unknown price.
#[test]
fn every_sample_type_has_a_billing_text() {
    let folder = TempDir::new().unwrap();
    let shown = printed(folder.path(), &["show-product", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let tiers = json["products"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|product| product["tiers"].as_array().unwrap());
    for resource in tiers.flat_map(|tier| tier["resources"].as_array().unwrap()) {
        assert!(resource["billed"].is_string(), "{resource}");
    }
}

/// U9: tables wrap, and so do sentences.
#[test]
fn products_fit_a_terminal() {
    let registry = Registry::built_in();
    let format = ProductFormat::Text(Some(80));
    let shown = report::show_product(&registry, None, None, format).unwrap();
    let listed = report::list_products(&registry, format).unwrap();
    for line in shown.lines().chain(listed.lines()) {
        // A long name has no place to break.
        let is_name = !line.trim().contains(' ');
        assert!(is_name || line.chars().count() <= 80, "{line}");
    }
}
