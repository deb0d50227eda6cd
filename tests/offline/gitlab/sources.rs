//! Contents, and the files of merge requests.

use provisioner::forge::{ChangeKind, FileAt, PathSelection, PullRequests as _, Source as _};
use provisioner::model::{FileContents, IrregularFile, RepoPath};

use super::{Scene, new_scene, sha};

struct All;

impl PathSelection for All {
    fn matches(&self, _: &str) -> bool {
        true
    }

    fn may_match_below(&self, _: &str) -> bool {
        true
    }
}

fn read(scene: &Scene, commit: &str, path: &str) -> Option<FileContents> {
    let commit = sha(commit);
    let path = RepoPath::parse(path).unwrap();
    let file = FileAt {
        commit: &commit,
        path: &path,
    };
    let read = scene.call(async |gitlab| gitlab.read(&[file]).await.unwrap());
    read.into_iter().next().unwrap()
}

#[test]
fn files_are_read_and_links_are_not_followed() {
    let scene = new_scene();
    let commit = scene.repo.commit("feature").author(&scene.alice);
    let head = commit
        .write("s3/configs/b.yaml", "b: 1\n")
        .symlink("link.yaml", "a.yaml")
        .symlink("folder", "s3")
        .push();
    let regular = |text: &str| Some(FileContents::Regular(text.as_bytes().to_vec()));
    assert_eq!(read(&scene, &head, "s3/configs/b.yaml"), regular("b: 1\n"));
    assert_eq!(read(&scene, &head, "a.yaml"), regular("a: 1\n"));
    assert_eq!(read(&scene, &head, "none.yaml"), None);
    let link = Some(FileContents::NotRegular(IrregularFile::SymbolicLink));
    assert_eq!(read(&scene, &head, "link.yaml"), link);
    assert_eq!(read(&scene, &head, "folder/configs/b.yaml"), link);
    let listed = scene.call(async |gitlab| gitlab.list(&sha(&head), &All).await.unwrap());
    let listed: Vec<String> = listed.iter().map(ToString::to_string).collect();
    assert_eq!(
        listed,
        [
            "README.md",
            "a.yaml",
            "folder",
            "link.yaml",
            "s3/configs/b.yaml"
        ]
    );
}

#[test]
fn the_files_of_a_merge_request_are_listed_or_compared() {
    let scene = new_scene();
    let commit = scene.repo.commit("feature").author(&scene.alice);
    commit
        .remove("README.md")
        .write("s3/configs/b.yaml", "b: 1\n")
        .push();
    let files = scene.call(async |gitlab| {
        let pull = gitlab.pull_request(7).await.unwrap();
        assert_eq!(pull.head, scene.head());
        assert!(!pull.fork);
        gitlab.files_of(&pull).await.unwrap()
    });
    let mut shown: Vec<(String, bool)> = files
        .iter()
        .map(|file| (file.path.to_string(), file.kind == ChangeKind::Removed))
        .collect();
    shown.sort();
    let expected = [
        ("README.md", true),
        ("a.yaml", false),
        ("s3/configs/b.yaml", false),
    ];
    assert_eq!(
        shown,
        expected.map(|(path, removed)| (path.to_owned(), removed))
    );
}

#[test]
fn a_merge_base_is_that_of_both_branches() {
    let scene = new_scene();
    let fork = scene.repo.head("main");
    scene.repo.commit("main").write("other", "x").push();
    let main = scene.repo.head("main");
    let base = scene.call(async |gitlab| gitlab.merge_base(&sha(&main), &scene.head()).await);
    assert_eq!(base.unwrap(), sha(&fork));
}

#[test]
fn a_large_folder_has_several_pages() {
    let scene = new_scene();
    let mut commit = scene.repo.commit("feature").author(&scene.alice);
    for number in 0..230 {
        commit = commit.write(&format!("many/{number:03}.yaml"), "x\n");
    }
    let head = commit.push();
    let listed = scene.call(async |gitlab| gitlab.list(&sha(&head), &All).await.unwrap());
    assert_eq!(listed.len(), 232);
}
