//! The preview of a change set, in the report.

use provisioner::config::load;
use provisioner::model::RepoPath;
use provisioner::plan::Changes;
use provisioner::product::Registry;
use provisioner::report::{Preview, Redactor};
use provisioner::stack::{ChangeSet, DescribedChangeSet, StackName};

use crate::support::job::{config, path};

#[test]
fn attack_a_reason_with_a_value_is_hidden_in_the_report_too() {
    const SECRET: &str = "correct-horse-battery";
    let path = RepoPath::parse(&path("b001")).unwrap();
    let text = config("b001", &format!("  tags:\n    Team: {SECRET}\n"));
    let config = load(&Registry::built_in(), &path, text.as_bytes())
        .config
        .unwrap();
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
