//! The component `templates/provisioner/template.yml`.
#![expect(clippy::disallowed_methods, reason = "the component is a file")]

use std::collections::BTreeSet;

use provisioner::ci::gitlab::CHILD_PIPELINE;
use serde_json::Value;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

fn text() -> String {
    std::fs::read_to_string(format!("{ROOT}/templates/provisioner/template.yml")).unwrap()
}

/// The inputs, and the jobs.
fn component() -> [Value; 2] {
    let text = text();
    let (header, jobs) = text.split_once("\n---\n").unwrap();
    let header: Value = serde_yaml::from_str(header).unwrap();
    [
        header["spec"]["inputs"].clone(),
        serde_yaml::from_str(jobs).unwrap(),
    ]
}

/// The jobs that run a script, and that of the child pipeline.
fn jobs() -> Vec<(String, Value)> {
    let [_, jobs] = component();
    let jobs = jobs.as_object().unwrap().clone();
    let with_script = jobs
        .into_iter()
        .filter(|(_, job)| job.get("script").is_some());
    with_script.chain([child()]).collect()
}

/// The text that the job which finds environments passes to the program.
fn child_template() -> String {
    let [_, jobs] = component();
    let script = jobs["$[[ inputs.prefix ]]-find"]["script"][0].as_str();
    let (_, text) = script.unwrap().split_once(" <<'JOBS'\n").unwrap();
    text.strip_suffix("JOBS\n").unwrap().to_owned()
}

/// The job of the child pipeline.
fn child() -> (String, Value) {
    let text = child_template().replace("@environments@", "[FOUND]");
    let text = text.replace("@configs@", "'$[[ inputs.configs ]]'");
    let jobs: Value = serde_yaml::from_str(&text).unwrap();
    let jobs = jobs.as_object().unwrap();
    assert_eq!(jobs.len(), 1);
    let (name, job) = jobs.iter().next().unwrap();
    (name.clone(), job.clone())
}

#[test]
fn every_input_is_described_and_used() {
    let [inputs, jobs] = component();
    let body = jobs.to_string();
    let name = regex::Regex::new(r"\$\[\[ inputs\.([a-z-]+) \]\]").unwrap();
    let used: BTreeSet<&str> = name
        .captures_iter(&body)
        .map(|found| found.get(1).unwrap().as_str())
        .collect();
    let inputs = inputs.as_object().unwrap();
    let declared: BTreeSet<&str> = inputs.keys().map(String::as_str).collect();
    assert_eq!(used, declared);
    for (name, input) in inputs {
        let description = input["description"].as_str().unwrap_or_default();
        assert!(description.ends_with('.'), "{name}");
    }
    // An image by tag is another one tomorrow.
    let digest = regex::Regex::new(inputs["image"]["regex"].as_str().unwrap()).unwrap();
    let zeros = "0".repeat(64);
    assert!(digest.is_match(&format!("registry.example/a/provisioner-ci@sha256:{zeros}")));
    for wrong in ["registry.example/a:1.0.0", "a@sha256:0", "a b@sha256:0"] {
        assert!(!digest.is_match(wrong), "{wrong}");
    }
    // These become parts of a script.
    let regex = |name: &str| regex::Regex::new(inputs[name]["regex"].as_str().unwrap()).unwrap();
    let (server, user) = (regex("server"), regex("check-user"));
    for right in ["https://gitlab.com", "https://git.example:8443/gitlab"] {
        assert!(server.is_match(right), "{right}");
    }
    for wrong in [
        "http://git.example",
        "https://git.example/",
        "https://x' evil '",
        "https://$X",
        "https://x\nevil",
        "",
    ] {
        assert!(!server.is_match(wrong), "{wrong}");
    }
    assert!(user.is_match("42"));
    for wrong in ["", "0", "4' evil '2", "$X"] {
        assert!(!user.is_match(wrong), "{wrong}");
    }
    let (configs, tier, variables) = (regex("configs"), regex("tier"), regex("variables"));
    assert!(configs.is_match("") && configs.is_match("a/*.yaml\nb/*.yml"));
    assert!(!configs.is_match("a' evil '"));
    assert!(tier.is_match("enterprise") && !tier.is_match("a b"));
    for right in [
        "",
        "HTTPS_PROXY='http://proxy.example:3128'",
        "A='x y' B_C='$(evil)'",
    ] {
        assert!(variables.is_match(right), "{right}");
    }
    for wrong in [
        "A=x",
        "A='x'; evil",
        "A='x' evil",
        // It would end a line of the child pipeline.
        "A='x\ny'",
        "A=\"$X\"",
        "='x'",
        "A='x",
    ] {
        assert!(!variables.is_match(wrong), "{wrong}");
    }
}

#[test]
fn the_component_sets_nothing_global() {
    let [_, jobs] = component();
    for name in jobs.as_object().unwrap().keys() {
        assert!(name.starts_with("$[[ inputs.prefix ]]-"), "{name}");
    }
    assert_eq!(jobs.as_object().unwrap().len(), 7);
}

/// The one command of a job, without its standard input.
fn script(job: &Value) -> String {
    let lines = job["script"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let text = lines[0].as_str().unwrap();
    let command = text
        .split_once(" <<'JOBS'")
        .map_or(text, |(command, _)| command);
    command.replace("\\\n", "")
}

/// The child pipeline does what the job did in its place. Only its environments, and how it learns what it is for, differ.
#[test]
fn the_child_pipeline_has_the_job_of_the_component() {
    let (name, mut child) = child();
    let [_, jobs] = component();
    let mut own = jobs[&name].clone();
    let (inner, outer) = (script(&child), script(&own));
    for key in ["stage", "needs", "rules", "parallel", "script"] {
        own.as_object_mut().unwrap().remove(key);
        child.as_object_mut().unwrap().remove(key);
    }
    assert_eq!(child, own);
    let words = |text: &str| -> BTreeSet<String> { text.split(' ').map(str::to_owned).collect() };
    let (inner, outer) = (words(&inner), words(&outer));
    let more: Vec<&String> = inner.difference(&outer).collect();
    assert_eq!(
        more,
        [
            "CI_COMMIT_BEFORE_SHA=@before@",
            "PROVISIONER_PARENT_SOURCE=@source@"
        ]
    );
    let less: Vec<&String> = outer.difference(&inner).collect();
    assert_eq!(
        less,
        [
            "CI_COMMIT_BEFORE_SHA=\"$CI_COMMIT_BEFORE_SHA\"",
            "PROVISIONER_ACCOUNTS=\"$PROVISIONER_ACCOUNTS\"",
            "PROVISIONER_MODE=\"$PROVISIONER_MODE\"",
            "PROVISIONER_PATHS=\"$PROVISIONER_PATHS\"",
        ]
    );
}

/// In folded text, a line that begins deeper than the others is a line of its own: the shell would run it without the variables.
#[test]
fn attack_empty_inputs_split_no_command_of_the_child_pipeline() {
    let input = regex::Regex::new(r"\$\[\[ inputs\.[a-z-]+ \]\]").unwrap();
    let text = child_template()
        .replace("@environments@", "[x]")
        .replace("@configs@", "''");
    for value in ["", "x"] {
        let jobs: Value = serde_yaml::from_str(&input.replace_all(&text, value)).unwrap();
        let job = jobs.as_object().unwrap().values().next().unwrap();
        let script = job["script"][0].as_str().unwrap();
        assert!(!script.contains('\n'), "{script}");
        assert!(
            script.ends_with(" /usr/local/bin/provisioner ci"),
            "{script}"
        );
    }
}

/// Only the file of the job that found environments is the child pipeline, and no variable of a person or of a job reaches it.
#[test]
fn attack_no_variable_and_no_other_file_reaches_the_child_pipeline() {
    let [_, jobs] = component();
    let find = "$[[ inputs.prefix ]]-find";
    let bridge = &jobs["$[[ inputs.prefix ]]-environments"];
    assert_eq!(
        bridge["trigger"],
        serde_json::json!({
            "include": [{ "artifact": format!("provisioner-out/{CHILD_PIPELINE}"), "job": find }],
            "strategy": "mirror",
            "forward": { "yaml_variables": false, "pipeline_variables": false },
        })
    );
    assert_eq!(bridge["inherit"]["variables"], false);
    assert!(bridge.get("variables").is_none());
    assert_eq!(bridge["needs"], serde_json::json!([find]));
    let conditions = |job: &Value| -> Vec<Value> {
        let rules = job["rules"].as_array().unwrap();
        rules.iter().map(|rule| rule["if"].clone()).collect()
    };
    // The two jobs are in the same pipelines, and none of them is one that a person starts.
    assert_eq!(conditions(bridge), conditions(&jobs[find]));
    for condition in conditions(bridge) {
        let condition = condition.as_str().unwrap().to_owned();
        assert!(
            condition.contains("== \"push\"") || condition.contains("== \"schedule\""),
            "{condition}"
        );
    }
    assert!(jobs[find].get("environment").is_none());
    for placeholder in ["@environments@", "@source@", "@before@", "@configs@"] {
        assert_eq!(child_template().matches(placeholder).count(), 1);
    }
}

/// What a script passes: literals, and variables with their names.
const LITERALS: [&str; 9] = [
    "PATH=/usr/local/bin:/usr/bin:/bin",
    "GITLAB_CI=true",
    "CI_PROJECT_DIR=.",
    "CI_SERVER_URL='$[[ inputs.server ]]'",
    "CI_API_V4_URL='$[[ inputs.server ]]/api/v4'",
    "PROVISIONER_CHECK_USER='$[[ inputs.check-user ]]'",
    "PROVISIONER_CONFIGS='$[[ inputs.configs ]]'",
    "PROVISIONER_TIER='$[[ inputs.tier ]]'",
    "PROVISIONER_COMMENT='$[[ inputs.comment ]]'",
];
/// Variables that select what is read. The page lists what each of them can do.
const PASSED: [&str; 28] = [
    "CI_COMMIT_BEFORE_SHA",
    "CI_COMMIT_BRANCH",
    "CI_COMMIT_REF_NAME",
    "CI_COMMIT_SHA",
    "CI_DEFAULT_BRANCH",
    "CI_JOB_ID",
    "CI_JOB_STARTED_AT",
    "CI_JOB_TIMEOUT",
    "CI_JOB_URL",
    "CI_MERGE_REQUEST_EVENT_TYPE",
    "CI_MERGE_REQUEST_IID",
    "CI_MERGE_REQUEST_PROJECT_ID",
    "CI_MERGE_REQUEST_REF_PATH",
    "CI_MERGE_REQUEST_TARGET_BRANCH_SHA",
    "CI_PIPELINE_CREATED_AT",
    "CI_PIPELINE_ID",
    "CI_PIPELINE_SOURCE",
    "CI_PROJECT_ID",
    "CI_PROJECT_PATH",
    "GITLAB_USER_LOGIN",
    "PROVISIONER_ACCOUNTS",
    "PROVISIONER_APPLY_TOKEN",
    "PROVISIONER_CHECK_TOKEN",
    "PROVISIONER_ENVIRONMENT",
    "PROVISIONER_ID_TOKEN",
    "PROVISIONER_MODE",
    "PROVISIONER_PATHS",
    "TRIGGER_PAYLOAD",
];

/// A trigger's variables replace those of a job, and no word of a script.
#[test]
fn attack_a_script_passes_listed_variables_only() {
    let passed = regex::Regex::new("^([A-Z0-9_]+)=\"\\$([A-Z0-9_]+)\"$").unwrap();
    for (name, job) in jobs() {
        let script = script(&job);
        let words = script.strip_prefix("/bin/env -i ").unwrap();
        let end = " $[[ inputs.variables ]] /usr/local/bin/provisioner ci";
        let words = words.strip_suffix(end).unwrap();
        let words = words
            .replace("$[[ inputs.", "$[[inputs.")
            .replace(" ]]", "]]");
        for word in words.split(' ') {
            let literal = word
                .replace("$[[inputs.", "$[[ inputs.")
                .replace("]]", " ]]");
            let is_source = ["merge_request_event", "trigger"]
                .map(|source| format!("CI_PIPELINE_SOURCE={source}"))
                .contains(&literal);
            let is_of_child = [
                "PROVISIONER_MODE=find",
                "PROVISIONER_ENVIRONMENTS='$[[ inputs.environments ]]'",
                "CI_COMMIT_BEFORE_SHA=@before@",
                "PROVISIONER_PARENT_SOURCE=@source@",
            ]
            .contains(&&*literal);
            if is_source || is_of_child || LITERALS.contains(&&*literal) {
                continue;
            }
            let found = passed.captures(word);
            let found = found.unwrap_or_else(|| panic!("{name}: {word}"));
            let (to, from) = (&found[1], &found[2]);
            assert!(PASSED.contains(&from), "{name}: {word}");
            assert!(to == from || to == "PROVISIONER_TOKEN", "{name}: {word}");
        }
        for literal in LITERALS {
            let is_passed = script.contains(&format!(" {literal} "));
            let of_check = literal.starts_with("PROVISIONER_COMMENT") && !name.ends_with("-check");
            assert!(is_passed != of_check, "{name}: {literal}");
        }
    }
}

/// A merge request could hide stacks from its check. Only jobs that change stacks take accounts, and do less by them.
#[test]
fn attack_accounts_hide_stacks_from_a_check() {
    for (name, job) in jobs() {
        let changes = name.ends_with("-provision") || name.ends_with("-command-apply");
        let is_child = job == child().1;
        assert_eq!(
            script(&job).contains("PROVISIONER_ACCOUNTS="),
            changes && !is_child,
            "{name}"
        );
        let group = job["resource_group"].as_str().unwrap_or_default();
        assert_eq!(
            group.ends_with("$PROVISIONER_ENVIRONMENT"),
            changes,
            "{name}"
        );
    }
}

/// The variables that the program gets when a shell runs a job's script, with these variables of the job.
fn passed_to_program(script: &str, variables: &str, job: &[(&str, &str)]) -> String {
    let script = script
        .replace("$[[ inputs.server ]]", "https://git.example")
        .replace("$[[ inputs.check-user ]]", "17")
        .replace("$[[ inputs.configs ]]", "a/*.yaml\nb/$X.yaml")
        .replace("$[[ inputs.tier ]]", "")
        .replace("$[[ inputs.environments ]]", "[\"dev\"]")
        .replace("$[[ inputs.comment ]]", "true")
        .replace("$[[ inputs.variables ]]", variables)
        .replace("/usr/local/bin/provisioner ci", "/usr/bin/env");
    let run = |shell: &[&str], script: &str| {
        let ended = std::process::Command::new(shell[0])
            .args(&shell[1..])
            .args(["-c", script])
            .env_clear()
            .envs(job.iter().copied())
            .output()
            .unwrap();
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    let text = run(&["/bin/sh"], &script);
    // The image has busybox alone.
    let busybox = "/usr/bin/busybox";
    if std::path::Path::new(busybox).exists() {
        let script = script.replace("/bin/env -i", &format!("{busybox} env -i"));
        assert_eq!(run(&[busybox, "sh"], &script), text);
    }
    text
}

/// Programs obey these variables: they lead requests elsewhere, run something, or make provisioner another program.
#[test]
fn attack_variables_that_programs_obey_do_not_reach_them() {
    let hostile = [
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "ALL_PROXY",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_ENDPOINT_URL",
        "AWS_ENDPOINT_URL_CLOUDFORMATION",
        "AWS_ENDPOINT_URL_STS",
        "AWS_PROFILE",
        "AWS_USE_FIPS_ENDPOINT",
        "BASH_ENV",
        "CURL_CA_BUNDLE",
        "ENV",
        "GITHUB_ACTIONS",
        "GITHUB_API_URL",
        "GIT_CONFIG_COUNT",
        "GIT_EXEC_PATH",
        "GIT_SSL_CAINFO",
        "HOME",
        "HTTPS_PROXY",
        "LD_LIBRARY_PATH",
        "PROVISIONER_FINISH_CANCELLED",
        "PROVISIONER_PAUSE_PERCENT",
        "PROVISIONER_SARIF_FILE",
        "RUST_LOG",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TMPDIR",
        "http_proxy",
        "https_proxy",
    ];
    let mut job = hostile.map(|name| (name, "/evil")).to_vec();
    job.extend([
        ("PATH", "/evil"),
        ("IFS", "/="),
        ("CI_PROJECT_DIR", "/evil"),
        ("CI_SERVER_URL", "https://evil.example"),
        ("CI_API_V4_URL", "https://evil.example/api/v4"),
        ("PROVISIONER_CHECK_USER", "666"),
        ("PROVISIONER_CONFIGS", "/evil"),
        ("CI_PROJECT_PATH", "a' \" $(/evil) `/evil`\nb"),
    ]);
    for (name, own) in jobs() {
        let own = script(&own);
        let text = passed_to_program(&own, "", &job);
        let path = "CI_PROJECT_PATH=a' \" $(/evil) `/evil`\nb\n";
        assert!(text.contains(path), "{name}: {text}");
        let rest = text.replace(path, "");
        assert!(
            !rest.contains("evil") && !rest.contains("666"),
            "{name}: {rest}"
        );
        for right in [
            "PATH=/usr/local/bin:/usr/bin:/bin\n",
            "CI_API_V4_URL=https://git.example/api/v4\n",
            "PROVISIONER_CHECK_USER=17\n",
            "PROVISIONER_CONFIGS=a/*.yaml\nb/$X.yaml\n",
        ] {
            assert!(text.contains(right), "{name}: {text}");
        }
        // What the component's author writes does reach it.
        let given = "HTTPS_PROXY='http://proxy.example:3128' NO_PROXY='a b'";
        let text = passed_to_program(&own, given, &job);
        assert!(
            text.contains("HTTPS_PROXY=http://proxy.example:3128\nNO_PROXY=a b\n"),
            "{text}"
        );
    }
}

#[test]
fn attack_a_job_has_no_checkout_and_one_token() {
    for (name, job) in jobs() {
        assert_eq!(job["variables"]["GIT_STRATEGY"], "none", "{name}");
        let checks = name.ends_with("-check");
        let token = match checks {
            true => "PROVISIONER_CHECK_TOKEN",
            false => "PROVISIONER_APPLY_TOKEN",
        };
        let script = script(&job);
        let given = format!(" PROVISIONER_TOKEN=\"${token}\" ");
        assert!(script.contains(&given), "{name}: {script}");
        assert_eq!(script.matches("_TOKEN\"").count(), 2, "{name}: {script}");
        let audience = &job["id_tokens"]["PROVISIONER_ID_TOKEN"]["aud"];
        assert_eq!(audience, "sts.amazonaws.com", "{name}");
        // The lifetime of the identity token; five minutes without it.
        assert!(job["timeout"].is_string(), "{name}");
        assert_eq!(
            job["artifacts"]["paths"],
            serde_json::json!(["provisioner-out/"])
        );
        assert_eq!(job["interruptible"], checks, "{name}");
    }
}

#[test]
fn attack_the_apply_token_is_for_pipelines_of_the_default_branch() {
    for (name, job) in jobs() {
        let rules = job["rules"].as_array().unwrap();
        for rule in rules {
            let rule = rule["if"].as_str().unwrap();
            let of_default_branch = rule.contains("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH");
            assert_eq!(
                of_default_branch,
                !name.ends_with("-check"),
                "{name}: {rule}"
            );
        }
        assert!(!rules.is_empty(), "{name}");
    }
}

/// Merged changes and commands wait for each other in each environment.
#[test]
fn jobs_that_change_stacks_share_a_resource_group() {
    let applying = ["-provision", "-command-apply"];
    let all = jobs();
    let apply = all
        .iter()
        .filter(|(name, _)| applying.iter().any(|end| name.ends_with(end)));
    let mut number = 0;
    for (name, job) in apply {
        assert_eq!(
            job["resource_group"], "provisioner-$PROVISIONER_ENVIRONMENT",
            "{name}"
        );
        assert_eq!(job["environment"]["name"], "$PROVISIONER_ENVIRONMENT");
        let matrix = &job["parallel"]["matrix"][0]["PROVISIONER_ENVIRONMENT"];
        if job != &child().1 {
            assert_eq!(matrix, "$[[ inputs.environments ]]", "{name}");
        }
        number += 1;
    }
    assert_eq!(number, applying.len() + 1);
}
