//! The file name of a config with a workload.
#![expect(clippy::disallowed_methods, reason = "outputs are files")]

use super::{BASE, HEAD, loaded, valid};
use crate::support::workdir::Workdir;

fn config(workload: &str) -> String {
    format!(
        "{HEAD}ml_product:\n  use_case: churn\n  workload: {workload}\n  source_control: s3\n  s3_prefix: acme-source\n"
    )
}

#[test]
fn two_workloads_of_one_use_case_lie_side_by_side() {
    let configs = ["batch", "realtime"].map(|workload| {
        let own = valid(&format!("{BASE}-churn-ml-s3-{workload}"), &config(workload));
        let literal = valid(&format!("{BASE}-churn-ml-s3-workload"), &config(workload));
        assert_eq!(own.stack(), literal.stack());
        assert_eq!(own.outputs, literal.outputs);
        own
    });
    let [batch, realtime] = &configs;
    assert_ne!(batch.stack(), realtime.stack());
    assert_ne!(batch.outputs.template, realtime.outputs.template);
    assert_ne!(batch.outputs.policy, realtime.outputs.policy);
}

/// The name with the workload is the one that no other workload can have.
#[test]
fn the_proposed_name_holds_the_workload() {
    let wrong = loaded(&format!("{BASE}-churn-ml-s3"), &config("batch"), None);
    let problem = &wrong.diagnostics[0];
    assert_eq!(
        problem.message,
        format!(
            "the file name lacks `ml_product.workload` (`batch`); the fields give `{BASE}-churn-ml-s3-batch.yaml` or `{BASE}-churn-ml-s3-workload.yaml`"
        )
    );
    let help = problem.help.as_deref().unwrap_or_default();
    assert!(
        help.ends_with(&format!(
            "rename the file to `{BASE}-churn-ml-s3-batch.yaml`"
        )),
        "{help}"
    );
}

#[test]
fn the_name_of_another_workload_is_wrong() {
    let wrong = loaded(
        &format!("{BASE}-churn-ml-s3-realtime"),
        &config("batch"),
        None,
    );
    assert_eq!(wrong.diagnostics[0].code.as_str(), "wrong-file-name");
}

#[test]
fn two_configs_never_write_one_output() {
    let workdir = Workdir::offline();
    let files =
        ["batch", "workload"].map(|name| format!("ml/configs/{BASE}-churn-ml-s3-{name}.yaml"));
    for file in &files {
        workdir.write(file, &config("batch"));
    }
    for action in ["create-prov-template", "create-policy"] {
        let output = workdir.run(&[action, &files[0], &files[1]]);
        assert_eq!(output.status, 10, "{}", output.stdout);
        for (file, other) in [(0, 1), (1, 0)] {
            let error = format!(
                "{}: error[output-not-written]: `{}` renders to the same file",
                files[file], files[other]
            );
            assert!(output.stdout.contains(&error), "{}", output.stdout);
        }
    }
    assert!(!workdir.folder().join("ml/templates").exists());
    // One file may be named twice.
    let output = workdir.run(&["create-policy", &files[0], &format!("./{}", files[0])]);
    assert_eq!(output.status, 0, "{}", output.stdout);
}
