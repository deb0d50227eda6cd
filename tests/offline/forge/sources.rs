//! Policy, configs and their history from commits: regular files only, whatever the user's git is set to.
#![expect(clippy::disallowed_methods, reason = "a repository is made of files")]

use std::path::Path;

use provisioner::change::{configs_at, policy_at};
use provisioner::diagnostic::Code;
use provisioner::forge::Source;
use provisioner::forge::local::LocalRepository;
use provisioner::model::{CommitSha, FileContents, IrregularFile};
use provisioner::product::Registry;
use provisioner::workspace::ConfigSelector;
use tempfile::TempDir;

use super::{new_scene, sha};
use crate::support::github::CommitBuilder;
use crate::support::job::{config, git, path};

/// Runs a check of a commit through the API and through a checkout.
fn both(
    change: impl Fn(CommitBuilder) -> CommitBuilder,
    check: impl AsyncFn(&dyn Source, &CommitSha),
) {
    let scene = new_scene();
    let at = sha(&change(scene.repo.commit("main")).push());
    scene.call(async |api| check(api, &at).await);
    let folder = TempDir::new().unwrap();
    scene.repo.clone_into(folder.path());
    let checkout = LocalRepository::new(folder.path().to_owned());
    wait_for(async || check(&checkout, &at).await);
}

fn wait_for<T>(work: impl AsyncFnOnce() -> T) -> T {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    runtime.build().unwrap().block_on(work())
}

#[test]
fn attack_a_policy_that_is_a_link_does_not_load() {
    let change = |commit: CommitBuilder| {
        let commit = commit.write("other.yaml", "version: 1\n");
        commit.symlink(".provisioner.yaml", "other.yaml")
    };
    both(change, async |source, at| {
        let problems = policy_at(source, at).await.unwrap().unwrap_err();
        let codes: Vec<&Code> = problems.iter().map(|problem| &problem.code).collect();
        assert_eq!(codes, [&Code::NotARegularFile]);
        assert_eq!(problems[0].path.as_str(), ".provisioner.yaml");
    });
    let change = |commit: CommitBuilder| commit.write("other.yaml", "x: 1\n");
    both(change, async |source, at| {
        assert!(policy_at(source, at).await.unwrap().is_ok());
    });
}

#[test]
fn all_configs_of_a_commit_are_read_with_links_as_links() {
    let change = |commit: CommitBuilder| {
        let mut commit = commit.symlink(&path("link"), "/etc/passwd");
        for number in 0..5 {
            commit = commit.write(&path(&number.to_string()), config("x", ""));
        }
        let commit = commit.write("apps/s3/configs/a.yaml", "not a config");
        commit.submodule("ml", &"1".repeat(40))
    };
    both(change, async |source, at| {
        let selector = ConfigSelector::new(&[]).unwrap();
        let registry = Registry::built_in();
        let files = configs_at(source, at, &registry, &selector).await.unwrap();
        assert_eq!(files.len(), 6);
        for (file, contents) in &files {
            match file.as_str() == path("link") {
                true => {
                    let link = FileContents::NotRegular(IrregularFile::SymbolicLink);
                    assert_eq!(contents.file, link);
                }
                false => assert_eq!(contents.file.bytes(), Some(config("x", "").as_bytes())),
            }
        }
    });
}

#[test]
fn a_path_with_a_line_break_is_one_path() {
    let odd = "s3/configs/a\nb.yaml";
    let folder = repository();
    std::fs::write(folder.path().join(odd), "odd").unwrap();
    let head = commit(folder.path());
    let checkout = LocalRepository::new(folder.path().to_owned());
    wait_for(async || {
        let selector = ConfigSelector::new(&[]).unwrap();
        let registry = Registry::built_in();
        let files = configs_at(&checkout, &head, &registry, &selector)
            .await
            .unwrap();
        let found: Vec<(&str, &[u8])> = files
            .iter()
            .map(|(path, contents)| (path.as_str(), contents.file.bytes().unwrap()))
            .collect();
        assert_eq!(
            found,
            [
                (odd, &b"odd"[..]),
                (path("b001").as_str(), config("b001", "").as_bytes())
            ]
        );
    });
}

/// Such a file cannot be a config, whatever it is called.
#[cfg(target_os = "linux")]
#[test]
fn a_file_name_that_is_not_utf_8_is_skipped() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = repository();
    let base = commit(folder.path());
    for name in [&b"s3/configs/caf\xe9.yaml"[..], b"caf\xe9"] {
        let name = Path::new(std::ffi::OsStr::from_bytes(name));
        std::fs::write(folder.path().join(name), "x").unwrap();
    }
    std::fs::write(folder.path().join(path("b002")), config("b002", "")).unwrap();
    let head = commit(folder.path());
    let checkout = LocalRepository::new(folder.path().to_owned());
    wait_for(async || {
        let files = checkout.changed_files(&base, &head).await.unwrap();
        let changed: Vec<&str> = files.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(changed, [path("b002")]);
        let selector = ConfigSelector::new(&[]).unwrap();
        let registry = Registry::built_in();
        let configs = configs_at(&checkout, &head, &registry, &selector)
            .await
            .unwrap();
        assert_eq!(configs.len(), 2);
    });
}

#[test]
fn settings_of_the_users_git_change_nothing() {
    let folder = repository();
    let base = commit(folder.path());
    std::fs::rename(
        folder.path().join(path("b001")),
        folder.path().join(path("b002")),
    )
    .unwrap();
    std::fs::write(folder.path().join("s3/configs/gr\u{fc}n.yaml"), "x").unwrap();
    let head = commit(folder.path());
    let checkout = LocalRepository::new(folder.path().join("s3/configs"));
    let read = || {
        let name = path("b001");
        let versions = checkout.versions(name.rsplit('/').next().unwrap());
        let versions: Vec<_> = versions.iter().map(|one| one.file.bytes()).collect();
        assert_eq!(versions, [Some(config("b001", "").as_bytes())]);
        wait_for(async || checkout.changed_files(&base, &head).await.unwrap())
    };
    let before = read();
    assert_eq!(before.len(), 2, "{before:?}");
    for (name, value) in [
        ("log.showSignature", "true"),
        ("log.showRoot", "false"),
        ("log.follow", "true"),
        ("diff.renames", "false"),
        ("diff.noprefix", "true"),
        ("diff.external", "false"),
        ("diff.relative", "true"),
        ("diff.orderFile", "/dev/null"),
        ("core.quotePath", "true"),
        ("color.ui", "always"),
        ("core.pager", "false"),
        ("log.date", "human"),
        ("format.pretty", "oneline"),
    ] {
        git(folder.path(), &["config", name, value]);
    }
    assert_eq!(read(), before);
}

fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    std::fs::create_dir_all(folder.path().join("s3/configs")).unwrap();
    std::fs::write(folder.path().join(path("b001")), config("b001", "")).unwrap();
    folder
}

fn commit(folder: &Path) -> CommitSha {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "x"]);
    sha(git(folder, &["rev-parse", "HEAD"]).trim())
}
