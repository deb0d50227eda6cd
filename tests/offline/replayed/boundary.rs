//! A stack whose roles lack the boundary that the policy file requires.

use serde_json::json;

use super::answers::no_stack;
use super::ml::ml;

#[test]
fn a_required_boundary_also_holds_at_a_command_line() {
    let workdir = ml();
    workdir.write(
        ".provisioner.yaml",
        "version: 1\npermissions_boundary: platform\n",
    );
    workdir.aws.on("DescribeStacks", json!([no_stack()]));
    let output = workdir.try_action("deploy-product", &["--force"]);
    assert_eq!(output.status, 20, "{}", output.stdout);
    assert!(
        output.stdout.contains("error[boundary-missing]: role `"),
        "{}",
        output.stdout
    );
    let help = "help: set the key for the permissions boundary in the config to `platform`";
    assert!(output.stdout.contains(help), "{}", output.stdout);
}
