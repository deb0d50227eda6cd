//! The preview of a change set, in the report.

use provisioner::config::{Config, load};
use provisioner::model::RepoPath;
use provisioner::plan::Changes;
use provisioner::product::Registry;
use provisioner::report::{Preview, Redactor};
use provisioner::stack::{ChangeSet, DescribedChangeSet, StackName};

use crate::support::job::{config, path};

const SECRET: &str = "correct-horse-battery";

fn config_with_secret() -> Config {
    let path = RepoPath::parse(&path("b001")).unwrap();
    let text = config("b001", &format!("  tags:\n    Team: {SECRET}\n"));
    let loaded = load(&Registry::built_in(), &path, text.as_bytes());
    loaded.config.unwrap()
}

/// C21: a path of the product from public names is public, also with the suffix of a test.
#[test]
fn names_of_the_template_stay_readable_in_messages() {
    let config = config_with_secret();
    let values = Redactor::for_config(&config, &[]);
    let name = config.derived.names["bucket"].as_str();
    for shown in [
        format!(
            "User: arn:aws:sts::111122223333:assumed-role/x/y is not authorized to perform: ssm:PutParameter on resource: arn:aws:ssm:us-west-2:111122223333:parameter/s3/{name}/BucketArn"
        ),
        format!("arn:aws:ssm:us-west-2:111122223333:parameter/s3/{name}-tab12cd/BucketArn"),
        format!("/s3/{name}-tab12cd/BucketArn already exists"),
    ] {
        let text = values.redact(&shown);
        assert!(
            text.contains(&format!("/s3/{name}")) && text.contains("/BucketArn"),
            "{text}"
        );
    }
    let text = values.redact(&format!("parameter/s3/{name}/{SECRET}"));
    assert!(!text.contains(SECRET), "{text}");
}

/// A test's name may be cut.
#[test]
fn cut_names_of_a_test_stay_readable_in_messages() {
    let stem = "globalbank-prod-c001-us-west-2-demand-forecasting-ml-codecommit";
    let text = "client: {company_prefix: globalbank, account_id: \"111122223333\", tenant_id: c001}\n\
                environment: {env: prod, region: us-west-2}\n\
                ml_product: {use_case: demand-forecasting, source_control: codecommit}\n";
    let path = RepoPath::parse(&format!("ml/configs/{stem}.yaml")).unwrap();
    let loaded = load(&Registry::built_in(), &path, text.as_bytes());
    let config = loaded.config.unwrap();
    let values = Redactor::for_config(&config, &[]);
    let message =
        "globalbank-prod-c001-us-west-2-deman-f0a8ed73-models-tab12cd already exists in stack";
    assert_eq!(values.redact(message), message);
}

#[test]
fn attack_a_reason_with_a_value_is_hidden_in_the_report_too() {
    let config = config_with_secret();
    let stack = StackName {
        target: config.target.clone(),
        name: config.stack().to_owned(),
    };
    let found = DescribedChangeSet {
        change_set: ChangeSet {
            status: "FAILED".to_owned(),
            status_reason: Some(format!("Value '{SECRET}' is not allowed")),
            ..ChangeSet::default()
        },
        ..DescribedChangeSet::default()
    };
    let changes = Changes::from_change_set(&config, None, &stack, None, &found);
    let preview = Preview::from_changes(&changes, &Redactor::for_config(&config, &[]));
    let json = serde_json::to_string(&preview).unwrap();
    let told = format!("{}{}{}", preview.line, preview.markdown, json);
    assert!(told.contains("is not allowed"), "{told}");
    assert!(!told.contains(SECRET), "{told}");
}
