//! The component `templates/provisioner/template.yml`.
#![expect(clippy::disallowed_methods, reason = "the component is a file")]

use std::collections::BTreeSet;

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

fn jobs() -> Vec<(String, Value)> {
    let [_, jobs] = component();
    let jobs = jobs.as_object().unwrap().clone();
    jobs.into_iter().collect()
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
    assert!(user.is_match("") && user.is_match("42"));
    assert!(!user.is_match("4' evil '2") && !user.is_match("$X"));
}

#[test]
fn the_component_sets_nothing_global() {
    for (name, _) in jobs() {
        assert!(name.starts_with("$[[ inputs.prefix ]]-"), "{name}");
    }
    assert_eq!(jobs().len(), 5);
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
        let server =
            "CI_SERVER_URL='$[[ inputs.server ]]' CI_API_V4_URL='$[[ inputs.server ]]/api/v4'";
        let user = match checks {
            true => "",
            false => "PROVISIONER_CHECK_USER='$[[ inputs.check-user ]]' ",
        };
        // A trigger's variables replace those of a job, and no word of a script.
        let script = format!("{server} {user}PROVISIONER_TOKEN=\"${token}\" provisioner ci");
        assert_eq!(job["script"], serde_json::json!([script]), "{name}");
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
        assert_eq!(matrix, "$[[ inputs.environments ]]", "{name}");
        number += 1;
    }
    assert_eq!(number, applying.len());
}
