//! The tier of a config, and the keys that it allows.

use super::{BASE, HEAD, loaded, valid};

const SECTION: &str = "ml_product:\n  use_case: churn\n  source_control: codecommit\n";

fn codes(text: &str, name: &str, tier: Option<&str>) -> Vec<String> {
    let loaded = loaded(name, text, tier);
    let codes = loaded.diagnostics.iter();
    codes
        .map(|diagnostic| diagnostic.code.to_string())
        .collect()
}

#[test]
fn the_tier_comes_from_config_network_then_argument() {
    let name = format!("{BASE}-churn-ml-codecommit");
    let tier = |section: &str, name: &str, given: Option<&str>| {
        let loaded = loaded(name, &format!("{HEAD}{section}"), given);
        loaded.config.unwrap().derived.names["tier"].clone()
    };
    assert_eq!(tier(SECTION, &name, None), "starter");
    assert_eq!(tier(SECTION, &name, Some("professional")), "professional");
    let own = format!("{SECTION}  tier: starter\n");
    assert_eq!(tier(&own, &name, Some("professional")), "starter");
    let vpc = format!("{SECTION}  vpc_mode: standalone\n  vpc_source: ssm\n");
    let vpc_name = format!("{name}-standalone-ssm");
    assert_eq!(tier(&vpc, &vpc_name, Some("starter")), "enterprise");
}

#[test]
fn a_feature_reports_its_required_tier() {
    let text = format!(
        "{HEAD}{SECTION}  alerts_email: a@example.com\n  kms: {{ rotation: false }}\n  log_retention_days: 30\n"
    );
    let name = format!("{BASE}-churn-ml-codecommit");
    let loaded = loaded(&name, &text, None);
    insta::assert_snapshot!(provisioner::report::diagnostics(&loaded.diagnostics));
    assert_eq!(
        codes(&text, &name, Some("professional")),
        ["tier-too-low", "tier-too-low"]
    );
}

#[test]
fn a_default_value_needs_no_tier() {
    let text =
        format!("{HEAD}{SECTION}  alerts_email: \"\"\n  kms: {{}}\n  log_retention_days: 365\n");
    valid(&format!("{BASE}-churn-ml-codecommit"), &text);
}

#[test]
fn an_unknown_tier_is_an_error() {
    let name = format!("{BASE}-churn-ml-codecommit");
    let loaded = loaded(&name, &format!("{HEAD}{SECTION}"), Some("profesional"));
    insta::assert_snapshot!(provisioner::report::diagnostics(&loaded.diagnostics));
}

#[test]
fn a_region_that_lacks_a_type_is_a_warning() {
    let codes = |region: &str, source: &str| {
        let head = HEAD.replace("us-east-1", region);
        let base = BASE.replace("us-east-1", region);
        let text = format!("{head}ml_product:\n  use_case: churn\n{source}");
        let name = match source.contains("codecommit") {
            true => format!("{base}-churn-ml-codecommit"),
            false => format!("{base}-churn-ml-s3"),
        };
        let loaded = loaded(&name, &text, None);
        assert!(loaded.config.is_some(), "{:?}", loaded.diagnostics);
        let codes = loaded
            .diagnostics
            .iter()
            .map(|problem| problem.code.to_string());
        codes.collect::<Vec<_>>()
    };
    let codecommit = "  source_control: codecommit\n";
    let s3 = "  source_control: s3\n  s3_prefix: acme-source/churn\n";
    assert_eq!(codes("us-east-1", codecommit), [""; 0]);
    assert_eq!(
        codes("eu-central-2", codecommit),
        ["ml-region-lacks-codecommit"]
    );
    assert_eq!(codes("eu-central-2", s3), [""; 0]);
    assert_eq!(codes("ap-east-2", s3), ["ml-region-lacks-type"]);
    assert_eq!(codes("us-isof-east-1", s3), [""; 0]);
    assert_eq!(
        codes("eusc-de-east-1", codecommit),
        ["ml-region-lacks-codecommit"]
    );
    assert_eq!(
        codes("us-iso-east-1", codecommit),
        ["ml-region-lacks-codecommit", "ml-region-lacks-type"]
    );
}

/// Service names and principals of each partition, as an enterprise config renders them.
#[test]
fn templates_have_the_names_of_their_partition() {
    let network = "  source_control: s3\n  s3_prefix: acme-source/churn\n  vpc_mode: standalone\n  vpc_source: ssm\n";
    for (region, api, sts, logs) in [
        (
            "eu-west-1",
            "com.amazonaws",
            "com.amazonaws",
            "amazonaws.com",
        ),
        (
            "cn-north-1",
            "cn.com.amazonaws",
            "cn.com.amazonaws",
            "amazonaws.com.cn",
        ),
        (
            "us-gov-west-1",
            "com.amazonaws",
            "com.amazonaws",
            "amazonaws.com",
        ),
        ("us-iso-east-1", "gov.ic.c2s", "com.amazonaws", "c2s.ic.gov"),
        (
            "eusc-de-east-1",
            "com.amazonaws",
            "com.amazonaws",
            "amazonaws.eu",
        ),
    ] {
        let head = HEAD.replace("us-east-1", region);
        let base = BASE.replace("us-east-1", region);
        let text = format!("{head}ml_product:\n  use_case: churn\n{network}");
        let name = format!("{base}-churn-ml-s3-standalone-ssm");
        let config = loaded(&name, &text, None).config.unwrap();
        let template = config.product.render_template(&config.derived.scope);
        let template = template.unwrap();
        for expected in [
            format!("ServiceName: \"{api}.{region}.sagemaker.api\""),
            format!("ServiceName: \"{api}.{region}.sagemaker.runtime\""),
            format!("ServiceName: \"{sts}.{region}.sts\""),
            format!("ServiceName: \"com.amazonaws.{region}.s3\""),
            format!("Service: \"logs.{region}.{logs}\""),
        ] {
            assert!(template.contains(&expected), "{region}: {expected}");
        }
    }
}

/// IAM refuses a role with `Environment` and `environment`. The config's tag wins.
#[test]
fn tags_of_the_config_replace_ours_in_any_case() {
    let name = format!("{BASE}-churn-ml-codecommit");
    let rendered = |tags: &str| {
        let section = "ml_product:\n  use_case: churn\n  source_control: codecommit\n";
        let text = format!("{HEAD}{section}tags: {tags}\n");
        let loaded = loaded(&name, &text, None);
        let codes: Vec<_> = loaded
            .diagnostics
            .iter()
            .map(|d| d.code.to_string())
            .collect();
        let template = loaded.config.map(|config| {
            let template = config.product.render_template(&config.derived.scope);
            template.unwrap()
        });
        (codes, template.unwrap_or_default())
    };
    let (codes, template) = rendered("{ENVIRONMENT: mine, tenant: mine}");
    assert_eq!(codes, [""; 0]);
    assert!(template.contains("Key: \"ENVIRONMENT\""));
    assert!(!template.contains("Key: \"Environment\"") && !template.contains("Key: \"Tenant\""));
    assert!(template.contains("Key: \"ManagedBy\""));
    let (codes, _) = rendered("{Team: a, TEAM: b}");
    assert_eq!(codes, ["ml-tags-clash"]);
    // CodeBuild allows keys of 127 and values of 255 characters.
    for (key, value, is_valid) in [(127, 255, true), (128, 1, false), (1, 256, false)] {
        let tags = format!("{{{}: {}}}", "k".repeat(key), "v".repeat(value));
        let (codes, _) = rendered(&tags);
        assert_eq!(codes.is_empty(), is_valid, "{key} {value}: {codes:?}");
    }
}

/// The security group is the only resource for which AWS reserves the beginning.
#[test]
fn reserved_name_is_an_error_at_the_key_that_it_comes_from() {
    let head = HEAD.replace("company_prefix: acme", "company_prefix: sg");
    let base = BASE.replace("acme", "sg");
    let text = format!(
        "{head}ml_product:\n  use_case: churn\n  source_control: codecommit\n  vpc_mode: standalone\n  vpc_source: ssm\n"
    );
    let name = format!("{base}-churn-ml-codecommit-standalone-ssm");
    let config = loaded(&name, &text, None).config.unwrap();
    let problems = provisioner::plan::RenderedProblems::new(&config).names;
    insta::assert_snapshot!(provisioner::report::diagnostics(&problems));
}
