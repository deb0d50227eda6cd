//! How often AWS is asked, for each action when nothing goes wrong.
#![expect(clippy::disallowed_methods, reason = "configs are files")]

use aws_sdk_s3::primitives::ByteStream;
use futures_util::{StreamExt as _, stream};

use super::kills::table;
use super::scene::{Plain, made};
use crate::support::proxy::{Asked, Gate, counted};
use crate::support::workdir::Desk;

fn listed(journal: &[Asked]) -> String {
    let counts = counted(journal).into_iter();
    let counts: Vec<String> = counts
        .map(|(operation, count)| match count {
            1 => operation,
            count => format!("{operation} {count}"),
        })
        .collect();
    counts.join(", ")
}

/// What was asked since the last time.
fn row(what: &str, gate: &Gate) -> [String; 3] {
    let journal = gate.journal();
    gate.clear();
    let calls = journal.len().to_string();
    [what.to_owned(), calls, listed(&journal)]
}

#[test]
fn no_action_asks_more_than_it_needs() {
    let plain = Plain::all().iter();
    let mut rows: Vec<[String; 3]> = plain
        .map(|plain| {
            let calls = plain.journal.len().to_string();
            [plain.scene.name(), calls, listed(&plain.journal)]
        })
        .collect();
    let mut desk = Desk::new();
    desk.act("prep-master", &["--force"]);
    let gate = Gate::before(&desk.url);
    desk.url = gate.url();
    desk.act("prep-master", &["--force"]);
    rows.push(row("prep-master again", &gate));
    // The first look removes the change set that the deployment left.
    desk.act("show-changes", &[]);
    gate.clear();
    // What a detection found costs one request more.
    desk.act("show-changes", &[]);
    rows.push(row("show-changes of a stack", &gate));
    let parameter = desk.aws.parameters().put_parameter().overwrite(true);
    let parameter = parameter.name(format!("/s3/{}/SolutionsPrefix", desk.name));
    let changed = parameter.value("elsewhere/").send();
    desk.aws.wait(changed).unwrap();
    desk.act("check-drift", &[]);
    gate.clear();
    desk.act("show-changes", &[]);
    rows.push(row("show-changes of a drifted one", &gate));
    // Of three configs, two have no stack: who asks is asked once for all.
    let config = std::fs::read_to_string(desk.folder().join(desk.path())).unwrap();
    let tenant = &desk.aws.account[8..];
    for other in ["7001", "7002"] {
        let of_other = format!("tenant_id: \"{other}\"");
        let config = config.replace(&format!("tenant_id: \"{tenant}\""), &of_other);
        desk.write(&desk.path().replace(tenant, other), &config);
    }
    let looked = desk.run(&["check-drift", "s3/configs"]);
    assert_eq!(looked.status, 0, "{}", looked.stdout);
    rows.push(row("check-drift of 3", &gate));
    let head = ["action", "calls", "which"];
    insta::assert_snapshot!("calls", table(head, rows));
}

/// One more page than whole ones, so that the last is asked for too.
#[test]
fn a_bucket_is_emptied_by_the_thousand() {
    const VERSIONS: usize = 5001;
    let mut desk = Desk::new();
    made(&desk);
    let objects = desk.aws.objects();
    let puts = stream::iter(0..VERSIONS).map(|number| {
        let put = objects.put_object().bucket(&desk.name);
        let put = put.key(format!("{:04}", number / 2));
        put.body(ByteStream::from_static(b"")).send()
    });
    let puts = puts.buffer_unordered(32);
    desk.aws.wait(puts.for_each(|put| async move {
        put.unwrap();
    }));
    let gate = Gate::before(&desk.url);
    desk.url = gate.url();
    desk.act("tear-down", &["--force"]);
    assert_eq!(desk.aws.buckets(), [""; 0]);
    let counts = counted(&gate.journal());
    let of = |wanted: &str| {
        let found = counts.iter().find(|(operation, _)| operation == wanted);
        found.map(|(_, count)| *count)
    };
    // Counted before, and listed again while they are deleted.
    assert_eq!(of("ListObjectVersions"), Some(2 * 6));
    assert_eq!(of("DeleteObjects"), Some(6));
}
