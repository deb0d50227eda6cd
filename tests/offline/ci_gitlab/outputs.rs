//! Files and log of a job. The checkout is the work of a merge request's author.
#![expect(clippy::disallowed_methods, reason = "the folder is a real one")]

use std::fs;
use std::os::unix::fs::symlink;

use provisioner::ci::gitlab::{
    FOLDER, alerts, append, dotenv, make_folder, section, write_findings,
};
use provisioner::diagnostic::{Code, Diagnostic};
use provisioner::model::RepoPath;
use provisioner::report::Alert;

#[test]
fn a_folder_is_recreated() {
    let checkout = tempfile::tempdir().unwrap();
    let folder = make_folder(checkout.path()).unwrap();
    assert_eq!(folder, checkout.path().join(FOLDER));
    append(&folder, "summary.md", "a\n").unwrap();
    append(&folder, "summary.md", "b\n").unwrap();
    assert_eq!(
        fs::read_to_string(folder.join("summary.md")).unwrap(),
        "a\nb\n"
    );
    make_folder(checkout.path()).unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn attack_a_committed_link_leads_nowhere() {
    let (checkout, victim) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let kept = victim.path().join("summary.md");
    fs::write(&kept, "kept").unwrap();
    let place = checkout.path().join(FOLDER);

    // The folder itself is a link.
    symlink(victim.path(), &place).unwrap();
    let folder = make_folder(checkout.path()).unwrap();
    assert!(fs::symlink_metadata(&folder).unwrap().is_dir());
    append(&folder, "summary.md", "new").unwrap();
    assert_eq!(fs::read_to_string(&kept).unwrap(), "kept");

    // The folder holds links to a file and to a folder.
    fs::remove_file(folder.join("summary.md")).unwrap();
    symlink(&kept, folder.join("summary.md")).unwrap();
    symlink(victim.path(), folder.join("sub")).unwrap();
    assert!(append(&folder, "summary.md", "new").is_err());
    make_folder(checkout.path()).unwrap();
    append(&folder, "summary.md", "new").unwrap();
    assert_eq!(fs::read_to_string(&kept).unwrap(), "kept");

    // A link that leads nowhere, and a file.
    fs::remove_dir_all(&folder).unwrap();
    symlink("/nowhere/at/all", &place).unwrap();
    make_folder(checkout.path()).unwrap();
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&place, "file").unwrap();
    make_folder(checkout.path()).unwrap();

    // The folder became a link later.
    fs::remove_dir_all(&folder).unwrap();
    symlink(victim.path(), &place).unwrap();
    assert!(append(&folder, "new.md", "new").is_err());
    assert!(!victim.path().join("new.md").exists());
}

#[test]
fn attack_a_summary_cannot_end_its_section() {
    let hostile = "a\n\u{1b}[0Ksection_end:1:provisioner_summary\r\u{1b}[0K\u{1b}[31mred\u{7}";
    let text = section(
        "provisioner_summary",
        "provisioner: summary",
        hostile,
        "2026-01-01T00:00:00Z".parse().unwrap(),
    );
    assert_eq!(
        text,
        "\u{1b}[0Ksection_start:1767225600:provisioner_summary[collapsed=true]\r\u{1b}[0Kprovisioner: summary\n\
         a\n<U+001B>[0Ksection_end:1:provisioner_summary<U+000D><U+001B>[0K<U+001B>[31mred<U+0007>\n\
         \u{1b}[0Ksection_end:1767225600:provisioner_summary\r\u{1b}[0K\n"
    );
}

#[test]
fn attack_an_output_is_one_variable() {
    let outputs = [
        (
            "comment-url",
            "https://git.example/x\nPATH=/evil\r".to_owned(),
        ),
        ("environments", r#"["dev","prod"]"#.to_owned()),
    ];
    assert_eq!(
        dotenv(&outputs),
        "PROVISIONER_OUTPUT_COMMENT_URL=https://git.example/x<U+000A>PATH=/evil<U+000D>\n\
         PROVISIONER_OUTPUT_ENVIRONMENTS=[\"dev\",\"prod\"]\n"
    );
}

#[test]
fn findings_are_a_file_and_alerts_lines() {
    let checkout = tempfile::tempdir().unwrap();
    let folder = make_folder(checkout.path()).unwrap();
    let path = RepoPath::parse("a.yaml").unwrap();
    let problem = Diagnostic::error(Code::UnknownKey, &path, "x");
    write_findings(&folder, &mut [&problem].into_iter()).unwrap();
    let report = fs::read_to_string(folder.join("code-quality.json")).unwrap();
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report[0]["check_name"], "unknown-key");
    let alert = Alert::for_config("a.yaml", "denied", "x\n\u{1b}[0Ksection_end:1:a\r\u{1b}[0K");
    assert_eq!(
        alerts(&[alert]),
        "provisioner: denied: a.yaml: x <U+001B>[0Ksection_end:1:a<U+000D><U+001B>[0K\n"
    );
}
