//! Configs whose templates no request can hold.
#![expect(
    clippy::disallowed_methods,
    reason = "a user has files and runs programs"
)]

use std::process::{Command, Output};

use provisioner::config::ConfigContents;
use provisioner::diagnostic::Severity;
use provisioner::model::{FileContents, RepoPath};
use provisioner::plan::{Input, RenderedProblems, assess};
use provisioner::product::Registry;
use tempfile::TempDir;

use crate::ml::{BASE, HEAD, valid};
use crate::support::job::BINARY;

const NAME: &str = "churn-ml-codecommit-standalone-ssm";
const SECTION: &str = "ml_product:\n  use_case: churn\n  source_control: codecommit\n  \
     vpc_mode: standalone\n  vpc_source: ssm\n";

/// An enterprise config with so many tags.
fn tagged(number: usize) -> String {
    let tags = (0..number).map(|number| format!("  CostCenter{number}: acme-forecast\n"));
    format!("{HEAD}{SECTION}tags:\n{}", tags.collect::<String>())
}

fn run(folder: &TempDir, action: &str) -> (Option<i32>, String) {
    let output: Output = Command::new(BINARY)
        .args([action, "--no-log"])
        .current_dir(folder.path())
        .env_clear()
        .output()
        .unwrap();
    (
        output.status.code(),
        String::from_utf8(output.stdout).unwrap(),
    )
}

#[test]
fn a_config_of_a_template_that_is_too_large_is_invalid() {
    let folder = TempDir::new().unwrap();
    let configs = folder.path().join("ml/configs");
    std::fs::create_dir_all(&configs).unwrap();
    std::fs::write(configs.join(format!("{BASE}-{NAME}.yaml")), tagged(20)).unwrap();
    let (code, text) = run(&folder, "validate-config");
    assert_eq!(code, Some(10), "{text}");
    insta::assert_snapshot!(text);
    // Files can be used without this program.
    for action in ["create-prov-template", "create-policy"] {
        let (code, text) = run(&folder, action);
        assert_eq!(code, Some(0), "{text}");
        assert!(text.contains("warning[template-too-large]"), "{text}");
    }
    // No credentials are needed to learn it.
    let (code, text) = run(&folder, "show-changes");
    assert_eq!(code, Some(10), "{text}");
}

#[test]
fn the_check_reports_it_once() {
    let path = RepoPath::parse(&format!("ml/configs/{BASE}-{NAME}.yaml")).unwrap();
    let input = Input {
        base: None,
        head: Some(ConfigContents::alone(FileContents::Regular(
            tagged(20).into(),
        ))),
        ..Input::new(path)
    };
    let registry = Registry::built_in();
    let plan = assess(&registry, &registry, &[input]);
    assert_eq!(plan.invalid, 1);
    let problems = plan.changes[0].diagnostics.iter();
    let errors = problems.filter(|problem| problem.is_error());
    let codes: Vec<String> = errors
        .map(|problem| problem.code.as_str().to_owned())
        .collect();
    assert_eq!(codes, ["template-too-large"]);
}

/// Names of a test are longer, and stand in many places.
#[test]
fn a_template_too_large_only_for_a_test_is_a_warning() {
    let name = format!("{BASE}-churn-ml-codecommit");
    let section =
        "ml_product:\n  use_case: churn\n  source_control: codecommit\n  tier: professional\n";
    let mut tags = String::new();
    let mut found = Vec::new();
    for number in 0..50 {
        let size = |length: usize| {
            let tag = format!("  CostCenter{number}: {}\n", "x".repeat(length));
            let text = format!("{HEAD}{section}tags:\n{tags}{tag}");
            RenderedProblems::new(&valid(&name, &text)).size
        };
        if size(120).is_some() {
            found.extend((1..=120).step_by(8).filter_map(size));
            break;
        }
        tags += &format!("  CostCenter{number}: {}\n", "x".repeat(120));
    }
    let first = &found[0];
    assert_eq!(first.severity, Severity::Warning);
    assert!(
        first.message.starts_with("in a test deployment, "),
        "{first:?}"
    );
    assert!(found.last().unwrap().is_error());
}
