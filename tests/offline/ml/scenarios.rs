//! Every example renders; one of each kind has a full snapshot.
#![expect(clippy::disallowed_methods, reason = "the examples are files")]

use std::collections::BTreeSet;
use std::path::Path;

use provisioner::config::Config;
use provisioner::template::{DeletionBehavior, Document, check, import_template};

use super::{BASE, HEAD, valid};

fn examples() -> Vec<Config> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/ml/configs");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    files
        .iter()
        .map(|file| {
            let name = file.file_stem().unwrap().to_string_lossy();
            valid(&name, &std::fs::read_to_string(file).unwrap())
        })
        .collect()
}

fn template(config: &Config) -> String {
    let rendered = config.product.render_template(&config.derived.scope);
    rendered.unwrap()
}

/// The parameters of the specification, by tier and source.
fn published(config: &Config) -> BTreeSet<String> {
    let names = &config.derived.names;
    let (tier, scenario) = (&*names["tier"], &*names["scenario"]);
    let mut wanted = vec!["ModelPackageGroupArn"];
    if scenario.starts_with("codecommit") {
        wanted.push("RepositoryUrl");
    }
    if tier != "starter" {
        wanted.extend(["BucketName", "DashboardName"]);
    }
    if tier == "enterprise" {
        wanted.extend([
            "KmsKeyArn",
            "LogGroupName",
            "VpcEndpointIdSagemakerApi",
            "VpcEndpointIdSagemakerRuntime",
            "VpcEndpointIdS3",
            "VpcEndpointIdSts",
        ]);
    }
    if scenario.contains("standalone") {
        wanted.push("SecurityGroupId");
    }
    wanted
        .iter()
        .map(|name| format!("/ml/{}/{name}", names["ml_name"]))
        .collect()
}

#[test]
fn every_scenario_renders_publishes_and_fits() {
    let examples = examples();
    let scenarios: BTreeSet<_> = examples
        .iter()
        .map(|config| {
            let names = &config.derived.names;
            (names["tier"].clone(), names["scenario"].clone())
        })
        .collect();
    // Sources × networks × workload × route tables for enterprise; sources × workload for the others.
    assert_eq!(scenarios.len(), 2 * 4 * 2 * 2 + 2 * (2 * 2));
    for config in &examples {
        let text = template(config);
        let document = Document::parse(&config.path, &text).unwrap();
        assert_eq!(check(&config.path, &text, &document), [], "{}", config.path);
        let parameters: BTreeSet<String> = document
            .resources()
            .filter(|resource| resource.kind == "AWS::SSM::Parameter")
            .map(|resource| {
                let body = resource.body();
                body["Properties"]["Name"].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(parameters, published(config), "{}", config.path);
        config.product.render_policy(&config.derived.scope).unwrap();
    }
}

/// Tags stand at every resource, and a request holds 51,200 bytes.
#[test]
fn an_enterprise_template_with_five_tags_fits_into_a_request() {
    let mut text = format!(
        "{HEAD}ml_product:\n  use_case: demand-forecasting\n  source_control: codecommit\n  vpc_mode: standalone\n  \
         vpc_source: ssm\n  alerts_email: ml@example.com\n  route_table_ids: rtb-0a1b2c3d\ntags:\n"
    );
    for number in 0..5 {
        text += &format!("  CostCenter{number}: acme-forecast\n");
    }
    let name = format!("{BASE}-demand-forecasting-ml-codecommit-standalone-ssm-rtb");
    let config = valid(&name, &text);
    let text = template(&config);
    let document = Document::parse(&config.path, &text).unwrap();
    assert_eq!(check(&config.path, &text, &document), []);
}

/// Names of the config's file and of its outputs: source before mode in some, mode before source in others.
/// Also those whose names are near the limits.
#[test]
fn every_example_can_be_tested() {
    for config in examples() {
        let test = config.with_name_suffix("-tab12cd");
        assert!(test.is_ok(), "{}: {test:?}", config.path);
    }
}

#[test]
fn names_match_the_original() {
    let examples = examples();
    let config = examples
        .iter()
        .find(|config| {
            config.path.stem()
                == "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-sgprov-ssm"
        })
        .unwrap();
    let names = config.derived.names.iter();
    let list: Vec<String> = names
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    insta::assert_snapshot!(format!(
        "{}\ntemplate: {}\npolicy: {}",
        list.join("\n"),
        config.outputs.template,
        config.outputs.policy
    ));
}

#[test]
fn one_template_and_policy_of_each_tier() {
    for (tier, stem) in [
        (
            "starter",
            "globalbank-dev-c001-us-west-2-demand-forecasting-ml-s3",
        ),
        (
            "professional",
            "globalbank-test-c001-us-west-2-demand-forecasting-ml-codecommit",
        ),
        (
            "enterprise_standalone_ssm",
            "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit-standalone-ssm-rtb",
        ),
        (
            "enterprise_sgprov_direct",
            "globalbank-prod-c001-us-west-2-churn-ml-s3-sgprov-direct-workload",
        ),
    ] {
        let examples = examples();
        let config = examples
            .iter()
            .find(|config| config.path.stem() == stem)
            .unwrap();
        insta::assert_snapshot!(format!("{tier}_template"), template(config));
        let policy = config.product.render_policy(&config.derived.scope);
        insta::assert_snapshot!(format!("{tier}_policy"), policy.unwrap());
    }
}

/// A stack that takes its former resources back imports them first. What a type requires cannot be left out there.
#[test]
fn retained_resources_can_be_imported_first() {
    for config in examples() {
        let text = template(&config);
        let document = Document::parse(&config.path, &text).unwrap();
        let retained: Vec<_> = document
            .resources()
            .filter(|resource| resource.deletion_behavior == DeletionBehavior::Retained)
            .collect();
        let ids: BTreeSet<&str> = retained
            .iter()
            .map(|resource| resource.logical_id)
            .collect();
        let import = import_template(&document, &ids).unwrap();
        let import: serde_json::Value = serde_json::from_str(&import).unwrap();
        for resource in retained {
            // CloudFormation imports no repositories: a replacement of their stack is denied.
            let is_repository = resource.kind == "AWS::CodeCommit::Repository";
            assert_eq!(
                resource.is_importable(),
                !is_repository,
                "{}",
                resource.kind
            );
            let required: &[&str] = match resource.kind {
                "AWS::KMS::Key" => &["KeyPolicy"],
                "AWS::S3::BucketPolicy" => &["Bucket", "PolicyDocument"],
                "AWS::SageMaker::ModelPackageGroup" => {
                    &["ModelPackageGroupName", "ModelPackageGroupDescription"]
                }
                _ => &[],
            };
            let properties = &import["Resources"][resource.logical_id]["Properties"];
            for key in required {
                assert!(properties.get(key).is_some(), "{} {key}", config.path);
            }
        }
    }
}
