//! What `init` writes and prints, judged by tools of others: linters of workflows, GitHub's API description.
#![expect(clippy::disallowed_methods, reason = "tools read files")]

use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::support::job::{git, run_in};
use crate::support::testbed;

fn repository(remote: &str, answers: &[&str]) -> (TempDir, String) {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["remote", "add", "origin", remote]);
    let configs = folder.path().join("s3/configs");
    std::fs::create_dir_all(&configs).unwrap();
    std::fs::write(configs.join("own.yaml"), "x: 1\n").unwrap();
    let shared = [
        "init",
        "--product",
        "s3",
        "--region",
        "eu-central-1",
        "--environment",
        "null=123456789012",
        "--environment",
        "prod=210987654321",
        "--code-owner",
        "@acme/platform",
        "--code-owner",
        "@ann",
    ];
    let output = run_in(folder.path(), &[&shared[..], answers].concat());
    assert!(output.status.success(), "{output:?}");
    (folder, String::from_utf8(output.stdout).unwrap())
}

#[track_caller]
fn tool(folder: &Path, name: &str, arguments: &[&str]) {
    let venv = testbed::root().join("venv/bin");
    let output = Command::new(venv.join(name))
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{name}: {text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn written_workflows_and_pipelines_pass_the_linters() {
    let release = format!("octo/provisioner@{}", "1234567890".repeat(4));
    let answers = ["--release", &release, "--default-branch", "release/1.2"];
    let (folder, _) = repository("git@github.com:acme/infra.git", &answers);
    let files = ["check", "command", "drift", "provision"];
    let files = files.map(|name| format!(".github/workflows/provisioner-{name}.yml"));
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let schema = ["--builtin-schema", "vendor.github-workflows"];
    tool(
        folder.path(),
        "check-jsonschema",
        &[&schema, &files[..]].concat(),
    );
    tool(folder.path(), "actionlint", &files);
    let options = ["--offline", "--persona", "pedantic", "--no-progress"];
    tool(folder.path(), "zizmor", &[&options, &files[..]].concat());
    let (folder, _) = repository("git@gitlab.com:acme/infra.git", &answers);
    let arguments = ["--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml"];
    tool(folder.path(), "check-jsonschema", &arguments);
}

/// A program that notes its arguments and its input, one request a file, and prints a number.
const RECORDER: &str = r#"#!/usr/bin/env python3
import json, os, sys, tempfile
stdin = sys.stdin.read() if "-" in sys.argv else ""
with tempfile.NamedTemporaryFile("w", dir=os.environ["REQUESTS"], suffix=".json", delete=False) as file:
    json.dump([sys.argv[1:], stdin], file)
print(7)
"#;

/// The commands of the printed steps that begin with one of these words, run in a shell with `gh` as a recorder.
fn requests(text: &str) -> Vec<(Vec<String>, String)> {
    let work = TempDir::new().unwrap();
    let program = work.path().join("gh");
    std::fs::write(&program, RECORDER).unwrap();
    let lines = text.lines().map(str::trim_start);
    let lines = lines.filter(|line| line.starts_with("gh api") || line.starts_with("printf"));
    let script: Vec<&str> = lines.collect();
    let path = format!(
        "{}:{}",
        work.path().display(),
        std::env::var("PATH").unwrap()
    );
    let output = Command::new("sh")
        .args(["-c", &format!("chmod +x gh; set -e\n{}", script.join("\n"))])
        .current_dir(work.path())
        .env("PATH", path)
        .env("REQUESTS", work.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let files = std::fs::read_dir(work.path())
        .unwrap()
        .map(|file| file.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|ending| ending == "json"));
    files
        .map(|path| serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap())
        .collect()
}

/// Method, route and body, as `gh api` builds them: <https://cli.github.com/manual/gh_api>.
fn request(arguments: &[String], stdin: &str) -> (String, String, Value) {
    let mut arguments = arguments.iter().skip(1).map(String::as_str);
    let (mut method, mut route, mut body) = ("get", "", Value::Object(Map::new()));
    while let Some(argument) = arguments.next() {
        match argument {
            "--method" => method = arguments.next().unwrap(),
            "--jq" => drop(arguments.next()),
            "--input" => {
                body = serde_json::from_str(stdin).unwrap_or(Value::from(arguments.next()))
            }
            "-f" | "-F" => {
                let (key, text) = arguments.next().unwrap().split_once('=').unwrap();
                let typed = serde_json::from_str(text).ok().filter(|_| argument == "-F");
                add(&mut body, key, typed.unwrap_or(Value::from(text)));
            }
            other => route = other,
        }
    }
    (method.to_lowercase(), format!("/{route}"), body)
}

/// `a[b]` is a key of an object, `a[][b]` a key of the last item of a list, or of a new one if that has the key.
fn add(body: &mut Value, key: &str, value: Value) {
    let (name, rest) = key.split_once('[').unwrap_or((key, ""));
    let parts: Vec<&str> = rest
        .split('[')
        .map(|part| part.trim_end_matches(']'))
        .collect();
    match parts[..] {
        [""] => body[name] = value,
        ["", key] => {
            if !body[name].is_array() {
                body[name] = Value::Array(Vec::new());
            }
            let items = body[name].as_array_mut().unwrap();
            if items.last().is_none_or(|item| !item[key].is_null()) {
                items.push(Value::Object(Map::new()));
            }
            items.last_mut().unwrap()[key] = value;
        }
        [key] => body[name][key] = value,
        _ => panic!("{key}"),
    }
}

/// Routes, parameters and bodies are those of the published description.
#[test]
fn printed_requests_are_in_the_description_of_github() {
    let file = "node_modules/@octokit/openapi/generated/api.github.com.deref.json";
    let description = std::fs::read(testbed::root().join(file)).unwrap();
    let description: Value = serde_json::from_slice(&description).unwrap();
    let (_folder, text) = repository("git@github.com:acme/infra.git", &[]);
    let mut seen = Vec::new();
    for (arguments, stdin) in requests(&text) {
        let (method, route, body) = request(&arguments, &stdin);
        let parts: Vec<&str> = route.split('/').collect();
        let fits = |template: &str| {
            let template: Vec<&str> = template.split('/').collect();
            let same = |(part, own): (&&str, &&str)| part.starts_with('{') || part == own;
            template.len() == parts.len() && template.iter().zip(&parts).all(same)
        };
        let paths = description["paths"].as_object().unwrap();
        let found = paths.iter().find(|(template, _)| fits(template));
        let (template, path) = found.unwrap_or_else(|| panic!("no route {route}"));
        let operation = &path[&method];
        assert!(operation.is_object(), "{method} {route}");
        seen.push(format!("{method} {template}"));
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        if schema.is_null() {
            continue;
        }
        let validator = jsonschema::validator_for(schema).unwrap();
        let errors = validator.iter_errors(&body).map(|error| error.to_string());
        let errors: Vec<String> = errors.collect();
        assert!(errors.is_empty(), "{method} {route} {body}: {errors:#?}");
        for key in body.as_object().unwrap().keys() {
            assert!(
                !schema["properties"][key].is_null(),
                "{method} {route}: {key}"
            );
        }
        if template.ends_with("{environment_name}") {
            let reviewers =
                serde_json::json!([{"type": "Team", "id": 7}, {"type": "User", "id": 7}]);
            assert_eq!(body["reviewers"], reviewers);
            assert_eq!(
                body["deployment_branch_policy"]["custom_branch_policies"],
                true
            );
        }
    }
    seen.sort();
    seen.dedup();
    let environment = "/repos/{owner}/{repo}/environments/{environment_name}";
    for route in [
        "get /orgs/{org}/teams/{team_slug}".to_owned(),
        "get /users/{username}".to_owned(),
        format!("post {environment}/deployment-branch-policies"),
        "post /repos/{owner}/{repo}/rulesets".to_owned(),
        format!("put {environment}"),
    ] {
        assert!(seen.contains(&route), "{route}: {seen:#?}");
    }
}
