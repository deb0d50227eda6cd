//! The product of `new-product` in an account: tested, deployed, updated and deleted.

use crate::support::emulator::REGION;
use crate::support::workdir::Workdir;

#[test]
fn a_new_product_is_tested_deployed_and_deleted() {
    let workdir = Workdir::new();
    let created = workdir.run(&["new-product", "work-queue"]);
    assert_eq!(created.status, 0, "{}", created.stderr);
    let account = &workdir.account;
    let config = |days: u32| {
        format!(
            "client:\n  company_prefix: acme\n  account_id: \"{account}\"\nenvironment:\n  env: dev\n  region: {REGION}\n\
             work_queue:\n  purpose: orders\n  retention_days: {days}\n  tags:\n    Team: shop\n"
        )
    };
    let path = format!("work-queue/configs/acme-dev-{REGION}-orders-work-queue.yaml");
    workdir.write(&path, &config(7));
    let run = |action: &str, more: &[&str]| {
        let output = workdir.run(&[&[action, &path], more].concat());
        assert_eq!(
            output.status, 0,
            "{action}: {}{}",
            output.stdout, output.stderr
        );
        output.stdout
    };
    assert!(run("test-deploy", &[]).contains("created, verified, deleted"));
    assert_eq!(workdir.aws.stack_names(), []);
    run("deploy-product", &["--force"]);
    let stack = format!("acme-dev-{REGION}-orders-work-queue-stack");
    let stacks = workdir.aws.stack_names();
    assert!(stacks.iter().any(|(name, _)| *name == stack), "{stacks:?}");
    // A test beside the stack shares no name with it.
    assert!(run("test-deploy", &[]).contains("created, verified, deleted"));
    assert!(run("show-changes", &[]).contains("no change"));
    run("delete-product", &["--force"]);
    assert_eq!(workdir.aws.stack_names(), []);
}
