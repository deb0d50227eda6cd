//! The steps follow what git has, not what the run wrote.
#![expect(clippy::disallowed_methods, reason = "a repository has files")]

use super::repository::{ANSWERS, COMMIT, InitOutput, InitRepository};
use crate::support::job::{git, run_in};

/// Steps by title, each with its commands.
fn steps(text: &str) -> Vec<(String, Vec<String>)> {
    let mut steps: Vec<(String, Vec<String>)> = Vec::new();
    let (_, text) = text.split_once("\nNext steps\n").unwrap_or_default();
    for line in text.lines() {
        if let Some(command) = line.strip_prefix("     ") {
            steps.last_mut().unwrap().1.push(command.to_owned());
        } else if let Some((_, title)) = line.split_once(". ")
            && line.starts_with(|first: char| first.is_ascii_digit())
        {
            steps.push((title.to_owned(), Vec::new()));
        }
    }
    steps
}

#[track_caller]
fn step(text: &str, title: &str) -> Vec<String> {
    let found = steps(text)
        .into_iter()
        .find(|(known, _)| known.starts_with(title));
    found.unwrap_or_else(|| panic!("{title}\n{text}")).1
}

fn pinned() -> Vec<String> {
    let release = format!("acme/provisioner@{COMMIT}");
    let answers = ANSWERS.iter().map(|word| (*word).to_owned());
    answers.chain(["--release".to_owned(), release]).collect()
}

fn init_pinned(repository: &InitRepository) -> String {
    let answers = pinned();
    let answers: Vec<&str> = answers.iter().map(String::as_str).collect();
    repository.init_well(&answers)
}

fn kinds(output: &InitOutput) -> Vec<&str> {
    let (_, findings) = output.stdout.split_once("\nFindings\n").unwrap_or_default();
    let mut kinds: Vec<&str> = findings
        .lines()
        .filter(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    kinds.dedup();
    kinds
}

#[test]
fn files_that_are_not_committed_are_in_the_step_that_commits() {
    let repository = InitRepository::github();
    let first = init_pinned(&repository);
    let again = repository.init_well(&[]);
    assert_eq!(steps(&again), steps(&first));
    // A deleted file is one of several.
    std::fs::remove_file(repository.path(".github/workflows/provisioner-check.yml")).unwrap();
    assert_eq!(steps(&repository.init_well(&[])), steps(&first));
    let output = repository.init(&["--check"]);
    assert_eq!((output.status, kinds(&output)), (10, vec!["uncommitted"]));
}

#[test]
fn steps_and_findings_end_with_the_push() {
    let repository = InitRepository::github();
    repository.push("main");
    init_pinned(&repository);
    git(repository.root(), &["switch", "--quiet", "-c", "setup"]);
    repository.commit();
    let text = repository.init_well(&[]);
    let commands = ["git push -u origin setup", "gh pr create --fill"];
    assert_eq!(step(&text, "Merge the setup"), commands);
    let output = repository.init(&["--check"]);
    assert_eq!((output.status, kinds(&output)), (10, vec!["unmerged"]));
    repository.push("main");
    git(repository.root(), &["branch", "provisioner-setup"]);
    let text = repository.init_well(&[]);
    let titles: Vec<String> = steps(&text).into_iter().map(|(title, _)| title).collect();
    let setup = ["Merge the setup", "Commit the setup", "Push", "Pin"];
    let is_open = |title: &&String| setup.iter().any(|setup| title.starts_with(setup));
    assert_eq!(titles.iter().find(is_open), None, "{text}");
    let output = repository.init(&["--check"]);
    assert_eq!(
        (output.status, kinds(&output)),
        (0, vec![]),
        "{}",
        output.stdout
    );
}

/// A merge applies only what its pull request changes.
#[test]
fn a_config_of_the_default_branch_is_deployed_by_a_changed_comment() {
    let repository = InitRepository::github();
    init_pinned(&repository);
    repository.commit();
    repository.push("main");
    let commands = step(
        &repository.init_well(&[]),
        "Open a pull request that deploys",
    );
    let config = "s3/configs/acme-dev-0001-eu-central-1-s3.yaml";
    let expected = [
        "git fetch origin".to_owned(),
        "git switch -c first-stack origin/main".to_owned(),
        format!("echo '# Deployed by provisioner.' >> {config}"),
        format!("git add -- {config}"),
        "git commit -m 'Add the first stack'".to_owned(),
        "git push -u origin first-stack".to_owned(),
        "gh pr create --fill".to_owned(),
    ];
    assert_eq!(commands, expected);
}

#[test]
fn a_default_branch_that_was_never_pushed_is_pushed_first() {
    let repository = InitRepository::gitlab();
    let text = init_pinned(&repository);
    let (title, commands) = steps(&text).remove(0);
    assert_eq!(title, "Push the default branch");
    assert_eq!(commands, ["git push -u origin main"]);
    assert!(text.contains("such as a README, first run `git pull --rebase origin main`"));
    let repository = InitRepository::new("");
    let given = ["--forge", "gitlab", "--repository", "acme/infra"];
    let text = repository.init_well(&[&ANSWERS[..], &given].concat());
    let commands = steps(&text).remove(0).1;
    assert_eq!(
        commands[0],
        "git remote add origin https://gitlab.com/acme/infra.git"
    );
}

#[test]
fn the_only_branch_is_the_default_branch() {
    let repository = InitRepository::github();
    git(repository.root(), &["branch", "--move", "trunk"]);
    let text = init_pinned(&repository);
    assert!(
        text.contains("default branch  trunk (guess: the local branches)"),
        "{text}"
    );
    let commands = steps(&text).into_iter().flat_map(|(_, commands)| commands);
    let of_main = commands.filter(|command| {
        command
            .split([' ', '/', ':', '='])
            .any(|word| word == "main")
    });
    assert_eq!(of_main.collect::<Vec<_>>(), [""; 0]);
    // A branch of a change is none.
    let repository = InitRepository::github();
    git(repository.root(), &["switch", "--quiet", "-c", "feature"]);
    let text = init_pinned(&repository);
    assert!(text.contains("default branch  main (guess"), "{text}");
}

#[test]
fn placeholders_are_findings() {
    for (repository, kinds_of_values) in
        [(InitRepository::github(), 1), (InitRepository::gitlab(), 3)]
    {
        repository.init_well(&ANSWERS);
        repository.commit();
        repository.push("main");
        let output = repository.init(&["--check"]);
        assert_eq!((output.status, kinds(&output)), (10, vec!["placeholder"]));
        let lines = output.stdout.lines();
        let mut values: Vec<&str> = lines
            .filter(|line| line.starts_with("  placeholder"))
            .filter_map(|line| line.rsplit_once(": ").map(|(_, message)| message))
            .collect();
        values.sort();
        values.dedup();
        assert_eq!(values.len(), kinds_of_values, "{}", output.stdout);
        // The patch of the step changes these files, so that a later step commits them.
        let text = repository.init_well(&[]);
        let commit = step(&text, "Commit the setup");
        assert!(commit[1].starts_with("git add -- .git"), "{commit:?}");
    }
}

#[test]
fn a_patch_says_which_files_it_lacks() {
    let repository = InitRepository::github();
    let output = repository.init(&[&ANSWERS[..], &["--diff"]].concat());
    assert_eq!((output.status, output.stdout.as_str()), (0, ""));
    assert!(
        output
            .stderr
            .contains("warning: the patch has no missing files: .provisioner.yaml, "),
        "{}",
        output.stderr
    );
}

#[test]
fn steps_of_a_folder_begin_at_the_root() {
    let repository = InitRepository::github();
    repository.write("deep/er/README.md", "x\n");
    let folder = repository.path("deep/er");
    let output = run_in(&folder, &[&["init"], &ANSWERS[..]].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let (title, commands) = steps(&text).remove(0);
    assert_eq!(title, "Go to the root of the repository");
    assert_eq!(commands, ["cd ../.."]);
}
