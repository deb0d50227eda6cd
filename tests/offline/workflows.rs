//! The action, its build, and the workflows: which jobs build, and which binary a job with an identity runs.
#![expect(
    clippy::disallowed_methods,
    reason = "a step is a shell with variables and files"
)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use provisioner::model::Digest;
use serde_json::{Map, Value};
use tempfile::TempDir;

use crate::support::action::{IDENTITY, step_script};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
const FOLDERS: [&str; 3] = [
    ".github/workflows",
    "examples/development",
    "examples/workflows",
];

fn yaml(path: &Path) -> Value {
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn files_in(folder: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// The workflow's file, the job's name, and the job, of every workflow here.
fn jobs() -> Vec<(String, String, Value)> {
    let files = FOLDERS.into_iter().flat_map(files_in);
    let jobs = files.flat_map(|path| {
        let jobs = yaml(&path)["jobs"].as_object().unwrap().clone();
        let file = path.display().to_string();
        jobs.into_iter()
            .map(move |(name, job)| (file.clone(), name, job))
    });
    jobs.collect()
}

fn steps(job: &Value) -> &Vec<Value> {
    job["steps"].as_array().unwrap()
}

/// What a step uses, without the version.
fn used(step: &Value) -> &str {
    let uses = step["uses"].as_str().unwrap_or_default();
    uses.split('@').next().unwrap()
}

fn is_build(step: &Value) -> bool {
    used(step).ends_with("/build")
        || step["run"]
            .as_str()
            .is_some_and(|run| run.contains("cargo") || run.contains("release/build.sh"))
}

fn is_provisioner(step: &Value) -> bool {
    ["acme/provisioner", "./"].contains(&used(step))
}

#[test]
fn jobs_with_an_identity_or_a_write_permission_never_build() {
    let mut built = 0;
    for (file, name, job) in jobs() {
        let place = format!("{file}: {name}");
        let permissions = job["permissions"].as_object().expect(&place);
        let may_write = permissions.values().any(|level| level == "write");
        let builds = steps(&job).iter().any(is_build);
        assert!(!(may_write && builds), "{place}");
        if builds {
            built += 1;
            let text = job.to_string();
            assert!(!text.contains("secrets"), "{place}");
            assert!(!text.contains("github.token"), "{place}");
            assert!(job["environment"].is_null(), "{place}");
        }
        if builds && file.contains("examples") {
            assert_eq!(permissions, &Map::new(), "{place}");
            let checks_out = steps(&job)
                .iter()
                .any(|step| used(step).contains("checkout"));
            assert!(!checks_out, "{place}");
        }
        if permissions.contains_key("id-token") {
            // A `run` step could build, or run something that another job made.
            assert!(
                steps(&job).iter().all(|step| step["run"].is_null()),
                "{place}"
            );
        }
    }
    assert_eq!(built, 4);
}

/// The workflows that people copy take the release of the commit that they pin. The others pass on what the build job reports.
#[test]
fn every_job_runs_the_pinned_release_or_the_reported_build() {
    let (mut released, mut built) = (0, 0);
    for (file, name, job) in jobs() {
        let place = format!("{file}: {name}");
        for step in steps(&job).iter().filter(|step| is_provisioner(step)) {
            let with = &step["with"];
            if file.contains("examples/workflows") {
                released += 1;
                let keys = ["binary", "binary-sha256", "download-url"];
                assert!(keys.iter().all(|key| with[key].is_null()), "{place}");
                continue;
            }
            built += 1;
            assert_eq!(
                with["binary-sha256"], "${{ needs.build.outputs.sha256 }}",
                "{place}"
            );
            let binary = "${{ runner.temp }}/provisioner-binary/provisioner";
            assert_eq!(with["binary"], binary, "{place}");
            let needs = job["needs"].to_string();
            assert!(needs.contains("\"build\""), "{place}");
        }
    }
    assert_eq!((released, built), (12, 2));
}

/// Parts of the workflows that act does not have: environments, subjects of tokens, queues.
#[test]
fn applying_jobs_have_environment_and_concurrency() {
    let mut seen = 0;
    for (file, name, job) in jobs() {
        let place = format!("{file}: {name}");
        let Some(step) = steps(&job).iter().find(|step| is_provisioner(step)) else {
            continue;
        };
        let given = &step["with"]["environment"];
        assert_eq!(*given, job["environment"]["name"], "{place}");
        if given.is_null() {
            assert_eq!(job["permissions"]["deployments"], Value::Null, "{place}");
            continue;
        }
        seen += 1;
        let concurrency = serde_json::json!({
            "group": "provisioner-${{ matrix.environment }}",
            "cancel-in-progress": false,
            "queue": "max",
        });
        assert_eq!(job["concurrency"], concurrency, "{place}");
    }
    assert_eq!(seen, 3);
}

#[test]
fn workflows_grant_nothing_by_default() {
    for file in FOLDERS.into_iter().flat_map(files_in) {
        let permissions = &yaml(&file)["permissions"];
        assert_eq!(*permissions, serde_json::json!({}), "{}", file.display());
    }
}

/// GitHub counts a skipped job as passed, and skips a job whose needed job failed.
#[test]
fn the_required_check_runs_when_the_build_failed() {
    let check = yaml(&Path::new(ROOT).join("examples/development/check.yml"));
    let condition = "${{ !cancelled() || needs.build.result != 'success' }}";
    assert_eq!(check["jobs"]["check"]["if"], condition);
    // Without a build nothing skips the job.
    let check = yaml(&Path::new(ROOT).join("examples/workflows/check.yml"));
    let job = &check["jobs"]["check"];
    assert!(job["if"].is_null() && job["needs"].is_null(), "{job}");
}

#[test]
fn actions_of_others_are_pinned_by_commit() {
    let mut seen = 0;
    for (file, name, job) in jobs() {
        for step in steps(&job) {
            let uses = step["uses"].as_str().unwrap_or("./");
            if let Some((_, version)) = uses.split_once('@') {
                seen += 1;
                let is_commit =
                    version.len() == 40 && version.chars().all(|c| c.is_ascii_hexdigit());
                assert!(is_commit, "{file}: {name}: {uses}");
            }
        }
    }
    assert!(seen > 15, "{seen}");
}

/// C17. A file that no step keeps is gone with the runner, also after a failed check.
#[test]
fn workflows_keep_every_file_of_the_action() {
    let action = yaml(&Path::new(ROOT).join("action.yml"));
    let outputs = action["outputs"].as_object().unwrap().keys();
    // A step of the team's own reads the events.
    let files = outputs.filter(|name| name.ends_with("-file") && *name != "events-file");
    let files: Vec<&String> = files.collect();
    assert_eq!(
        files,
        ["sarif-file", "report-file", "evidence-file", "estate-file"]
    );
    for output in files {
        let kept = jobs().into_iter().any(|(_, _, job)| {
            steps(&job).iter().any(|step| {
                let path = step["with"]["path"].as_str().unwrap_or_default();
                let condition = step["if"].as_str().unwrap_or_default();
                used(step).starts_with("actions/upload-artifact")
                    && path.contains(&format!("steps.provisioner.outputs.{output}"))
                    && condition.contains("!cancelled()")
            })
        });
        assert!(kept, "{output}");
    }
}

/// An expression inside a script is replaced before the shell reads the script, so a hostile value could end a string there.
fn scripts_with_expressions(file: &str, steps: &[Value]) -> Vec<String> {
    let scripts = steps.iter().filter_map(|step| step["run"].as_str());
    let with_expressions = scripts.filter(|script| script.contains("${{"));
    with_expressions
        .map(|script| format!("{file}: {script}"))
        .collect()
}

/// Threat 13.
#[test]
fn attack_no_script_contains_an_expression() {
    let hostile = serde_json::json!([
        {"run": "echo ${{ github.head_ref }}"},
        {"run": "echo \"$HEAD\"", "env": {"HEAD": "${{ github.head_ref }}"}},
    ]);
    let found = scripts_with_expressions("x", hostile.as_array().unwrap());
    assert_eq!(found, ["x: echo ${{ github.head_ref }}"]);
    let mut all: Vec<(String, Vec<Value>)> = jobs()
        .into_iter()
        .map(|(file, name, job)| (format!("{file}: {name}"), steps(&job).clone()))
        .collect();
    for folder in [".", "build"] {
        let action = yaml(&Path::new(ROOT).join(folder).join("action.yml"));
        let steps = action["runs"]["steps"].as_array().unwrap();
        all.push((folder.to_owned(), steps.clone()));
    }
    for (file, steps) in &all {
        assert_eq!(scripts_with_expressions(file, steps), [""; 0]);
    }
    let scripts = all.iter().flat_map(|(_, steps)| steps);
    let scripts = scripts.filter(|step| step["run"].is_string()).count();
    assert!(scripts > 3, "{scripts}");
}

/// Threat 13: the program gets each input as it is, and the shell runs none of it.
#[test]
fn attack_inputs_are_not_code() {
    let work = workspace();
    let program = "#!/bin/sh\nprintf '%s|' \"$PROVISIONER_CONFIGS\" \"$PROVISIONER_TIER\" \"$PROVISIONER_SARIF_FILE\" \"$GITHUB_TOKEN\"\n";
    std::fs::write(work.path().join("provisioner"), program).unwrap();
    let digest = Digest::sha256(program).to_string();
    for hostile in [
        "$(touch stolen)",
        "`touch stolen`",
        "'; touch stolen; '",
        "\"; touch stolen; \"",
        "x\ntouch stolen\n",
        "$((a[$(touch stolen)]))",
        "-x; touch stolen",
    ] {
        let inputs = [
            ("PROVISIONER_CONFIGS", hostile),
            ("PROVISIONER_TIER", hostile),
            ("PROVISIONER_SARIF_FILE", hostile),
            ("GITHUB_TOKEN", hostile),
        ];
        let binary = [("PROVISIONER_BINARY", "provisioner"), sum(&digest)];
        let output = run(".", &work, &[&inputs[..], &binary].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(text, format!("{hostile}|").repeat(4));
        for (path, digest) in [(hostile, digest.as_str()), ("provisioner", hostile)] {
            let variables = [("PROVISIONER_BINARY", path), sum(digest), IDENTITY];
            let output = run(".", &work, &variables);
            assert!(!output.status.success(), "{hostile}");
        }
        assert!(!work.path().join("stolen").exists(), "{hostile}");
    }
}

#[test]
fn every_input_reaches_the_script_by_the_environment_alone() {
    let action = yaml(&Path::new(ROOT).join("action.yml"));
    let step = &action["runs"]["steps"][0];
    let variables: Vec<&Value> = step["env"].as_object().unwrap().values().collect();
    for name in action["inputs"].as_object().unwrap().keys() {
        let value = format!("${{{{ inputs.{name} }}}}");
        let uses = variables.iter().filter(|variable| ***variable == value);
        assert_eq!(uses.count(), 1, "{name}");
    }
    let known = action["inputs"].as_object().unwrap().len() + 1;
    assert_eq!(variables.len(), known, "the action's repository besides");
}

/// The steps of the action in a folder that run a shell.
fn scripts(folder: &str) -> Vec<String> {
    let action = yaml(&Path::new(ROOT).join(folder).join("action.yml"));
    let steps = action["runs"]["steps"].as_array().unwrap();
    let scripts = steps
        .iter()
        .map(|step| step["run"].as_str().unwrap().to_owned());
    scripts.collect()
}

/// Runs the one step of the action in a folder, with a program that prints `ran`.
fn run(folder: &str, work: &TempDir, variables: &[(&str, &str)]) -> Output {
    let script = step_script(&Path::new(ROOT).join(folder).join("action.yml"));
    Command::new("bash")
        .args([
            "--noprofile",
            "--norc",
            "-e",
            "-o",
            "pipefail",
            "-c",
            &script,
        ])
        .current_dir(work.path())
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("RUNNER_TEMP", work.path())
        .env("GITHUB_ACTION_PATH", ROOT)
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

fn sum(digest: &str) -> (&'static str, &str) {
    ("PROVISIONER_BINARY_SHA256", digest)
}

const PROGRAM: &str = "#!/bin/sh\necho ran \"$@\"\n";

fn workspace() -> TempDir {
    let work = TempDir::new().unwrap();
    std::fs::write(work.path().join("provisioner"), PROGRAM).unwrap();
    work
}

/// Standard output, if the action refused the binary.
#[track_caller]
fn refused(output: &Output) -> String {
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.starts_with("::error title=Binary refused::"), "{text}");
    assert!(!text.contains("ran"), "{text}");
    text
}

#[test]
fn the_action_runs_a_binary_with_the_right_digest() {
    let work = workspace();
    let digest = Digest::sha256(PROGRAM).to_string();
    let absolute = work.path().join("provisioner").display().to_string();
    for binary in ["provisioner", "./provisioner", &absolute] {
        let variables = [
            ("PROVISIONER_BINARY", binary),
            ("PROVISIONER_BINARY_SHA256", &digest),
            IDENTITY,
        ];
        let output = run(".", &work, &variables);
        let text = String::from_utf8_lossy(&output.stdout);
        assert_eq!(text, "ran ci\n", "{binary}");
        let doctor = [&variables[..], &[("PROVISIONER_DOCTOR", "true")]].concat();
        let output = run(".", &work, &doctor);
        assert_eq!(String::from_utf8_lossy(&output.stdout), "ran doctor\n");
    }
}

/// The forge counts the time of the job from its start, the download included.
#[test]
fn the_program_knows_what_the_action_took() {
    let work = workspace();
    let program = "#!/bin/sh\nprintf '%s' \"$PROVISIONER_SPENT_SECONDS\"\n";
    std::fs::write(work.path().join("provisioner"), program).unwrap();
    let digest = Digest::sha256(program).to_string();
    // bash continues from the variable.
    let variables = [
        ("PROVISIONER_BINARY", "provisioner"),
        sum(&digest),
        ("SECONDS", "70"),
    ];
    let output = run(".", &work, &variables);
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.parse::<u64>().is_ok_and(|spent| spent >= 70), "{text}");
}

#[test]
fn attack_a_job_with_an_identity_runs_no_binary_without_its_digest() {
    let work = workspace();
    let missing = work.path().join("missing").display().to_string();
    let digest = Digest::sha256(PROGRAM).to_string();
    let binary = ("PROVISIONER_BINARY", "provisioner");
    let other = Digest::sha256("another program").to_string();
    let text = refused(&run(".", &work, &[binary, sum(""), IDENTITY]));
    assert!(text.contains("`binary-sha256` is empty"), "{text}");
    for wrong in [&other, &digest[1..], "*"] {
        for identity in [&[][..], &[IDENTITY]] {
            let variables = [&[binary, sum(wrong)], identity].concat();
            refused(&run(".", &work, &variables));
        }
    }
    // An output that has another name is empty.
    let empty = [("PROVISIONER_BINARY", ""), sum(&digest), IDENTITY];
    let text = refused(&run(".", &work, &empty));
    assert!(text.contains("the input `binary` is empty"), "{text}");
    let gone = run(
        ".",
        &work,
        &[("PROVISIONER_BINARY", &missing), sum(&digest)],
    );
    assert!(!gone.status.success());
}

#[test]
fn attack_the_build_refuses_a_job_with_an_identity() {
    let work = workspace();
    // Where the build would start.
    let action = work.path().join("build").display().to_string();
    std::fs::create_dir(&action).unwrap();
    let output = run("build", &work, &[IDENTITY, ("GITHUB_ACTION_PATH", &action)]);
    assert_eq!(output.status.code(), Some(2));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("::error title=Build refused::"), "{text}");
    assert!(text.contains("Build in a job without id-token"), "{text}");
    let entries = std::fs::read_dir(work.path()).unwrap().count();
    assert_eq!(entries, 2, "nothing was built");
}

#[test]
fn only_the_build_action_builds() {
    assert!(!scripts(".").concat().contains("cargo"));
    for script in files_in("action") {
        let text = std::fs::read_to_string(&script).unwrap();
        assert!(!text.contains("cargo"), "{}", script.display());
    }
    assert!(
        scripts("build")
            .concat()
            .contains("cargo build --release --locked")
    );
}

/// People paste the block over the keys of the job.
#[test]
fn groups_of_the_page_on_scale_keep_the_keys_of_the_job() {
    let page = std::fs::read_to_string(Path::new(ROOT).join("docs/scale.md")).unwrap();
    let blocks = page.split("```yaml\n").skip(1);
    let mut blocks = blocks.map(|block| block.split("```").next().unwrap());
    let block: Value = serde_yaml::from_str(blocks.next().unwrap()).unwrap();
    let exclude = blocks.find(|block| block.contains("exclude:")).unwrap();
    let exclude: Value = serde_yaml::from_str(exclude).unwrap();
    let accounts = block["strategy"]["matrix"]["accounts"].as_array().unwrap();
    for excluded in exclude["exclude"].as_array().unwrap() {
        assert!(accounts.contains(&excluded["accounts"]), "{excluded}");
    }
    for (name, job) in [
        ("provision", "provision"),
        ("apply", "apply"),
        ("command", "act"),
    ] {
        let file = yaml(&Path::new(ROOT).join(format!("examples/workflows/{name}.yml")));
        let job = &file["jobs"][job];
        for key in ["strategy", "concurrency"] {
            let (own, shown) = (
                job[key].as_object().unwrap(),
                block[key].as_object().unwrap(),
            );
            assert!(
                own.keys().all(|own| shown.contains_key(own)),
                "{name} {key}"
            );
            for scalar in ["fail-fast", "cancel-in-progress", "queue"] {
                assert_eq!(own.get(scalar), shown.get(scalar), "{name} {scalar}");
            }
        }
    }
}
