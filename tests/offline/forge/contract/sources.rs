//! Files of commits, and what a pull request changes.

use provisioner::forge::{
    Capabilities as _, ChangeKind, ChangedFile, FileAt, PathSelection, PullRequests as _,
    Source as _,
};
use provisioner::model::{FileContents, IrregularFile, RepoPath};

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene, sha};
use crate::support::forge::Fault;

struct All;

impl PathSelection for All {
    fn matches(&self, _: &str) -> bool {
        true
    }

    fn may_match_below(&self, _: &str) -> bool {
        true
    }
}

fn read<F: ForgeFixture>(scene: &Scene<F>, commit: &str, path: &str) -> Option<FileContents> {
    let (commit, path) = (sha(commit), RepoPath::parse(path).unwrap());
    let file = FileAt {
        commit: &commit,
        path: &path,
    };
    let read = scene.call(async |forge| forge.read(&[file]).await.unwrap());
    read.into_iter().next().unwrap()
}

/// Paths, and whether each was removed, sorted. A moved file may be one change or two.
fn shown(files: &[ChangedFile]) -> Vec<(String, bool)> {
    let mut shown = Vec::new();
    for file in files {
        let removed = file.kind == ChangeKind::Removed;
        shown.push((file.path.to_string(), removed));
        if let ChangeKind::Renamed { from } = &file.kind {
            shown.push((from.to_string(), true));
        }
    }
    shown.sort();
    shown
}

fn files_are_read_and_links_are_not_followed<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let commit = scene.repo.commit("feature").author(&scene.alice);
    let head = commit
        .write("s3/configs/b.yaml", "b: 1\n")
        .symlink("link.yaml", "a.yaml")
        .symlink("folder", "s3")
        .submodule("other", &"1".repeat(40))
        .push();
    let regular = |text: &str| Some(FileContents::Regular(text.as_bytes().to_vec()));
    assert_eq!(read(&scene, &head, "s3/configs/b.yaml"), regular("b: 1\n"));
    assert_eq!(read(&scene, &head, "a.yaml"), regular("a: 1\n"));
    assert_eq!(read(&scene, &head, "none.yaml"), None);
    assert_eq!(read(&scene, &head, "none/none.yaml"), None);
    let link = Some(FileContents::NotRegular(IrregularFile::SymbolicLink));
    assert_eq!(read(&scene, &head, "link.yaml"), link);
    assert_eq!(read(&scene, &head, "folder/configs/b.yaml"), link);
    let listed = scene.call(async |forge| forge.list(&sha(&head), &All).await.unwrap());
    let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
    let expected = [
        "README.md",
        "a.yaml",
        "folder",
        "link.yaml",
        "other",
        "s3/configs/b.yaml",
    ];
    assert_eq!(listed, expected);
}

fn a_large_folder_is_listed_whole<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let mut commit = scene.repo.commit("feature").author(&scene.alice);
    for number in 0..230 {
        commit = commit.write(&format!("many/{number:03}.yaml"), "x\n");
    }
    let head = commit.push();
    let listed = scene.call(async |forge| forge.list(&sha(&head), &All).await.unwrap());
    assert_eq!(listed.len(), 232);
}

/// A commit that does not exist has no files, which is an error and not an empty list.
fn an_unknown_commit_has_no_list<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let nothing = sha(&"0".repeat(40));
    scene.call(async |forge| {
        assert!(forge.list(&nothing, &All).await.is_err());
        assert!(forge.changed_files(&nothing, &scene.head()).await.is_err());
        assert!(forge.merge_base(&nothing, &scene.head()).await.is_err());
    });
}

fn a_pull_request_lists_its_files<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let commit = scene.repo.commit("feature").author(&scene.alice);
    commit
        .rename("README.md", "docs/README.md")
        .write("s3/configs/b.yaml", "b: 1\n")
        .push();
    // The base went on.
    scene.repo.commit("main").write("later.yaml", "x").push();
    let expected = [
        ("README.md".to_owned(), true),
        ("a.yaml".to_owned(), false),
        ("docs/README.md".to_owned(), false),
        ("s3/configs/b.yaml".to_owned(), false),
    ];
    let (main, head) = (sha(&scene.repo.head("main")), scene.head());
    scene.call(async |forge| {
        let pull = forge.pull_request(7).await.unwrap();
        assert_eq!((pull.number, &pull.head, pull.fork), (7, &head, false));
        assert_eq!(pull.target, "main");
        assert_eq!(shown(&forge.files_of(&pull).await.unwrap()), expected);
        let base = forge.merge_base(&main, &head).await.unwrap();
        let changed = forge.changed_files(&base, &head).await.unwrap();
        assert_eq!(shown(&changed), expected);
    });
}

fn many_files_of_a_pull_request_are_all_listed<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let mut commit = scene.repo.commit("feature").author(&scene.alice);
    for number in 0..130 {
        commit = commit.write(&format!("many/{number:03}.yaml"), "x\n");
    }
    commit.push();
    let files = scene.call(async |forge| {
        let pull = forge.pull_request(7).await.unwrap();
        forge.files_of(&pull).await.unwrap()
    });
    assert_eq!(files.len(), 131);
}

fn a_merge_base_is_that_of_both_branches<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let fork = scene.repo.head("main");
    let main = scene.repo.commit("main").write("other", "x").push();
    let base = scene.call(async |forge| forge.merge_base(&sha(&main), &scene.head()).await);
    assert_eq!(base.unwrap(), sha(&fork));
}

fn the_history_of_a_file_is_newest_first<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let mut commits = vec![scene.head()];
    for number in 2..5 {
        let commit = scene.repo.commit("feature").author(&scene.alice);
        let text = format!("a: {number}\n");
        commits.insert(0, sha(&commit.write("a.yaml", text).push()));
        let commit = scene.repo.commit("feature").author(&scene.alice);
        commit.write("other.yaml", format!("{number}")).push();
    }
    let path = RepoPath::parse("a.yaml").unwrap();
    let head = scene.head();
    scene.call(async |forge| {
        let all = forge.history(&head, &path, 10).await.unwrap();
        assert_eq!((all.commits, all.complete), (commits.clone(), true));
        let some = forge.history(&head, &path, 2).await.unwrap();
        assert_eq!(some.commits, commits[..2]);
        assert!(!some.complete);
    });
}

fn open_pull_requests_have_their_files<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    scene.repo.branch("second", &scene.repo.head("main"));
    let commit = scene.repo.commit("second").author(&scene.carol);
    commit.write("second.yaml", "x").push();
    let second = scene.repo.pull("second").author(&scene.carol);
    let second = second.number(8).open();
    let numbers = || {
        scene.call(async |forge| {
            let found = forge.open_pull_requests().await.unwrap();
            let mut open: Vec<_> = found
                .open
                .iter()
                .map(|it| {
                    (
                        it.number,
                        it.paths.iter().map(ToString::to_string).collect(),
                    )
                })
                .collect::<Vec<(u64, Vec<String>)>>();
            open.sort();
            open
        })
    };
    let first = (7, vec!["a.yaml".to_owned()]);
    assert_eq!(
        numbers(),
        [first.clone(), (8, vec!["second.yaml".to_owned()])]
    );
    F::close(&second);
    assert_eq!(numbers(), [first]);
}

fn the_repository_is_described<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    scene.call(async |forge| {
        let info = forge.repository_info().await.unwrap();
        assert_eq!((info.id, info.branch.as_str()), (scene.repo.id, "main"));
        assert_eq!(info.tip, sha(&scene.repo.head("main")));
        assert_eq!(info.protected, Some(true));
    });
}

/// Half an answer is none.
fn a_partial_pull_request_is_an_error<F: ForgeFixture>() {
    for fault in [
        Fault::TruncatedJson,
        Fault::Text(200, String::new()),
        Fault::Text(200, "{}".to_owned()),
    ] {
        let scene = Scene::<F>::new();
        scene
            .fake
            .fault_always(F::ROUTES.pull_request, fault.clone());
        let read = scene.call(async |forge| forge.pull_request(7).await);
        assert!(read.is_err(), "{fault:?}");
    }
}

on_both_forges! {
    files_are_read_and_links_are_not_followed
    a_large_folder_is_listed_whole
    an_unknown_commit_has_no_list
    a_pull_request_lists_its_files
    many_files_of_a_pull_request_are_all_listed
    a_merge_base_is_that_of_both_branches
    the_history_of_a_file_is_newest_first
    open_pull_requests_have_their_files
    the_repository_is_described
    a_partial_pull_request_is_an_error
}
