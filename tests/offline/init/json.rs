//! The JSON report of `init`.

use serde_json::{Value, json};

use super::repository::{ANSWERS, InitRepository};

const JSON: [&str; 2] = ["--format", "json"];

/// The exit code and the report. Nothing else is printed.
#[track_caller]
fn report(repository: &InitRepository, arguments: &[&str]) -> (i32, Value) {
    let output = repository.init(&[arguments, &JSON].concat());
    assert_eq!(output.stderr, "");
    (output.status, serde_json::from_str(&output.stdout).unwrap())
}

/// The values of a key in a list.
fn each<'a>(list: &'a Value, key: &str) -> Vec<&'a str> {
    let list = list.as_array().unwrap().iter();
    list.map(|item| item[key].as_str().unwrap()).collect()
}

#[test]
fn report_has_what_the_text_has() {
    let repository = InitRepository::github();
    let (status, report) = report(&repository, &ANSWERS);
    assert_eq!(status, 0);
    assert_eq!(report["format"], "provisioner-init/1");
    let files = each(&report["files"], "path");
    assert_eq!(files.len(), repository.files().len());
    let results = each(&report["files"], "result");
    assert_eq!(results, vec!["created"; files.len()]);
    let forge = json!({"question": "forge", "value": "github", "origin": "guess", "source": "the git remote"});
    assert_eq!(report["answers"][0], forge);
    let release = json!({"question": "release", "flag": "--release acme/provisioner@COMMIT", "required": false});
    assert_eq!(report["unanswered"], json!([release]));

    let other = InitRepository::github();
    let text = other.init_well(&ANSWERS);
    let steps = report["steps"].as_array().unwrap();
    for (index, step) in steps.iter().enumerate() {
        let title = step["title"].as_str().unwrap();
        assert!(
            text.contains(&format!("\n{}. {title}\n", index + 1)),
            "{title}"
        );
        for command in step["commands"].as_array().unwrap() {
            let command = command.as_str().unwrap();
            assert!(text.contains(&format!("     {command}\n")), "{command}");
        }
    }
    let next = format!("\n{}. ", steps.len() + 1);
    assert!(!text.contains(&next), "{text}");
}

#[test]
fn report_has_the_patch_of_each_file_that_differs() {
    let repository = InitRepository::github();
    repository.init_well(&ANSWERS);
    let path = ".github/workflows/provisioner-check.yml";
    let text = repository.read(path);
    let own = text.replace("timeout-minutes: 15", "timeout-minutes: 99");
    repository.write(path, &own);
    repository.write(".gitignore", "");
    let (status, checked) = report(&repository, &["--check"]);
    assert_eq!((status, &checked["steps"]), (10, &json!([])));
    let files = checked["files"].as_array().unwrap().iter();
    let changed = files.filter(|file| file["result"] != "unchanged");
    let changed: Vec<&Value> = changed.collect();
    assert_eq!(changed.len(), 2);
    for file in changed {
        assert_eq!(file["result"], "different");
        let patch = file["patch"].as_str().unwrap();
        assert!(patch.starts_with("--- a/"), "{patch}");
    }
    let (status, _) = report(&repository, &[]);
    assert_eq!((status, repository.read(path)), (0, own));
}

#[test]
fn report_has_the_questions_that_need_an_answer() {
    let repository = InitRepository::new("");
    let (status, report) = report(&repository, &["--region", "nowhere"]);
    assert_eq!(status, 2);
    let open = report["unanswered"].as_array().unwrap().iter();
    let required = open.filter(|question| question["required"] == true);
    let required: Vec<&str> = required
        .map(|it| it["question"].as_str().unwrap())
        .collect();
    let all = [
        "forge",
        "repository",
        "product",
        "environments",
        "code-owners",
    ];
    assert_eq!(required, all);
    let messages = each(&report["problems"], "message");
    assert_eq!(messages.len(), 1 + required.len());
    assert!(messages[0].contains("`nowhere`"), "{messages:?}");
    assert_eq!(report["files"], json!([]));
    repository.assert_empty();
}

#[test]
fn report_has_the_errors_of_the_policy() {
    let repository = InitRepository::github();
    repository.write(".provisioner.yaml", "version: 1\nupdates: sometimes\n");
    let (status, report) = report(&repository, &ANSWERS);
    assert_eq!(status, 10);
    assert_eq!(each(&report["diagnostics"], "code"), ["unknown-key"]);
    assert_eq!(report["files"], json!([]));
}
