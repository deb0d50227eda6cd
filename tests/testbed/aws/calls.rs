//! The number of AWS calls of each action without faults.
#![expect(clippy::disallowed_methods, reason = "configs are files")]

use aws_sdk_s3::primitives::ByteStream;
use futures_util::{StreamExt as _, stream};

use super::kills::table;
use super::scene::{Baseline, with_stack};
use crate::support::proxy::{ApiCall, FaultProxy, counted};
use crate::support::workdir::Workdir;

fn listed(journal: &[ApiCall]) -> String {
    let counts = counted(journal).into_iter();
    let counts: Vec<String> = counts
        .map(|(operation, count)| match count {
            1 => operation,
            count => format!("{operation} {count}"),
        })
        .collect();
    counts.join(", ")
}

/// The calls since the last time.
fn row(what: &str, proxy: &FaultProxy) -> [String; 3] {
    let journal = proxy.journal();
    proxy.clear();
    let calls = journal.len().to_string();
    [what.to_owned(), calls, listed(&journal)]
}

#[test]
fn api_calls_of_each_action() {
    let baseline = Baseline::all().iter();
    let mut rows: Vec<[String; 3]> = baseline
        .map(|baseline| {
            let calls = baseline.journal.len().to_string();
            [baseline.scene.name(), calls, listed(&baseline.journal)]
        })
        .collect();
    let mut workdir = Workdir::with_few_folders();
    workdir.run_action("prep-master", &["--force"]);
    let proxy = FaultProxy::in_front_of(&workdir.url);
    workdir.url = proxy.url();
    workdir.run_action("prep-master", &["--force"]);
    rows.push(row("prep-master again", &proxy));
    // The first run deletes the change set that the deployment left.
    workdir.run_action("show-changes", &[]);
    proxy.clear();
    // A detected drift costs one more call.
    workdir.run_action("show-changes", &[]);
    rows.push(row("show-changes of a stack", &proxy));
    let parameter = workdir.aws.parameters().put_parameter().overwrite(true);
    let parameter = parameter.name(format!("/s3/{}/SolutionsPrefix", workdir.name));
    workdir
        .aws
        .wait(parameter.value("elsewhere/").send())
        .unwrap();
    workdir.run_action("check-drift", &[]);
    proxy.clear();
    workdir.run_action("show-changes", &[]);
    rows.push(row("show-changes of a drifted one", &proxy));
    // Two of three configs have no stack: the caller's identity is queried once for all.
    let config = std::fs::read_to_string(workdir.folder().join(workdir.path())).unwrap();
    let tenant = &workdir.aws.account[8..];
    for other in ["7001", "7002"] {
        let of_other = format!("tenant_id: \"{other}\"");
        let config = config.replace(&format!("tenant_id: \"{tenant}\""), &of_other);
        workdir.write(&workdir.path().replace(tenant, other), &config);
    }
    let inspected = workdir.run(&["check-drift", "lake/configs"]);
    assert_eq!(inspected.status, 0, "{}", inspected.stdout);
    rows.push(row("check-drift of 3", &proxy));
    let head = ["action", "calls", "which"];
    insta::assert_snapshot!("calls", table(head, rows));
}

/// One more page than whole batches, so that the last page is requested too.
#[test]
fn a_bucket_is_emptied_in_batches() {
    const VERSIONS: usize = 5001;
    let mut workdir = Workdir::new();
    with_stack(&workdir);
    let objects = workdir.aws.objects();
    let puts = stream::iter(0..VERSIONS).map(|number| {
        let put = objects.put_object().bucket(&workdir.name);
        let put = put.key(format!("{:04}", number / 2));
        put.body(ByteStream::from_static(b"")).send()
    });
    let puts = puts.buffer_unordered(32);
    workdir.aws.wait(puts.for_each(|put| async move {
        put.unwrap();
    }));
    let proxy = FaultProxy::in_front_of(&workdir.url);
    workdir.url = proxy.url();
    workdir.run_action("tear-down", &["--force"]);
    assert_eq!(workdir.aws.buckets(), [""; 0]);
    let counts = counted(&proxy.journal());
    let of = |wanted: &str| {
        let found = counts.iter().find(|(operation, _)| operation == wanted);
        found.map(|(_, count)| *count)
    };
    // Counted once, and listed again during the deletion.
    assert_eq!(of("ListObjectVersions"), Some(2 * 6));
    assert_eq!(of("DeleteObjects"), Some(6));
}
