//! The solution that a command line names.

use serde_json::json;

use provisioner::config::{Config, load};
use provisioner::model::RepoPath;
use provisioner::product::{FolderItem, Registry};

use super::answers::stack;
use super::{Workdir, workdir};

type Offline = crate::support::workdir::Workdir<()>;

/// Actions that take `--solution`, and arguments of those that change stacks.
const ACTIONS: [(&str, &[&str]); 5] = [
    ("deploy-solution", &[]),
    ("upload-template", &[]),
    ("prep-master", &["--force"]),
    ("create-bucket", &["--force"]),
    ("deploy-solution", &["--dry-run"]),
];

#[test]
fn attack_a_solution_is_no_path() {
    let workdir = Offline::offline();
    let path = workdir.path();
    for name in ["Bad_Name", "", "../../x", "a/b", "..", "-x", "a b", "ä"] {
        for (action, more) in ACTIONS {
            let option = format!("--solution={name}");
            let arguments = [&[action, &path, &option], more].concat();
            let output = offline(&workdir, &arguments);
            // The config is one of a shared bucket.
            let code = match action {
                "create-bucket" => "error[action-not-offered]",
                _ => "error[solution-invalid]: no solution can have this name",
            };
            assert!(output.contains(code), "{action} {name}: {output}");
        }
        // The original form also gives the option to actions that do not use it.
        let option = format!("--solution={name}");
        let arguments = [
            "--config",
            &path,
            "--action",
            "create-prov-template",
            &option,
        ];
        let output = offline(&workdir, &arguments);
        assert!(
            output.contains("error[solution-invalid]"),
            "{name}: {output}"
        );
    }
}

/// The output of a run that fails without querying AWS: the script answers nothing.
fn offline(workdir: &Offline, arguments: &[&str]) -> String {
    let output = workdir.run(arguments);
    assert_eq!(output.status, 10, "{arguments:?}: {}", output.stdout);
    output.stdout
}

/// A stack that holds the config's bucket, without folders.
fn holding() -> Workdir {
    let workdir = workdir();
    let bucket = json!({"StackResourceSummaries": [{
        "LogicalResourceId": "Bucket", "PhysicalResourceId": workdir.name,
        "ResourceType": "AWS::S3::Bucket", "ResourceStatus": "CREATE_COMPLETE",
    }]});
    workdir
        .aws
        .on("DescribeStacks", stack(&workdir, "CREATE_COMPLETE"))
        .on("ListStackResources", bucket)
        .on("ListObjectsV2", json!({"ListBucketResult": {}}))
        .on("PutObject", json!({}));
    workdir
}

#[test]
fn an_unlisted_solution_is_a_warning_on_a_laptop() {
    let workdir = holding();
    let output = workdir.run_action("deploy-solution", &["--solution", "recommendation-engine"]);
    let parameter = format!(
        "/s3/{}/solutions/recommendation-engine/Prefix",
        workdir.name
    );
    let warning = format!(
        "warning[solution-not-listed]: the config does not list the solution `recommendation-engine`, so the stack has no SSM parameter `{parameter}`"
    );
    assert!(output.stdout.contains(&warning), "{}", output.stdout);
    let help = "help: add `recommendation-engine` to `s3.solutions`\n";
    assert!(output.stdout.contains(help), "{}", output.stdout);
    assert_eq!(workdir.aws.requests_of("PutObject").len(), 162);
    let line = "162 folders created below solutions/recommendation-engine/\n";
    assert!(output.stdout.contains(line), "{}", output.stdout);
}

#[test]
fn a_listed_solution_is_no_warning() {
    let workdir = holding();
    let output = workdir.run_action("deploy-solution", &["--solution", "master-solution"]);
    assert!(!output.stdout.contains("warning["), "{}", output.stdout);
}

/// The config with these keys below `s3`, and the result of an offline action of the original form with this solution.
fn rendered_with(s3: &str, solution: &str) -> (i32, String) {
    let workdir = Offline::offline();
    let path = workdir.path();
    let text = workdir.read(&path);
    workdir.write(&path, &format!("{text}{s3}"));
    let option = format!("--solution={solution}");
    let output = workdir.run(&[
        "--config",
        &path,
        "--action",
        "create-prov-template",
        &option,
    ]);
    (output.status, output.stdout)
}

#[test]
fn a_solution_of_no_list_is_an_error() {
    const LISTS: &str = "  solutions: [demand-forecasting, fraud]\n";
    const NOT_LISTED: &str = "the config does not list the solution";
    for (s3, solution, level, help) in [
        // The config lists solutions: any other is a mistake.
        (LISTS, "fraud", "", ""),
        (LISTS, "churn", "error", "add `churn` to `s3.solutions`"),
        (
            LISTS,
            "demand-forcasting",
            "error",
            "did you mean `demand-forecasting`? If not, add `demand-forcasting` to `s3.solutions`",
        ),
        // The product names it.
        (
            LISTS,
            "master-solution",
            "warning",
            "add `master-solution` to `s3.solutions`",
        ),
        // The config lists none: the original documents add solutions so.
        ("", "master-solution", "", ""),
        (
            "",
            "recommendation-engine",
            "warning",
            "add `recommendation-engine` to `s3.solutions`",
        ),
        (
            "",
            "master-soluton",
            "error",
            "did you mean `master-solution`? If not, add `master-soluton` to `s3.solutions`",
        ),
    ] {
        let (status, output) = rendered_with(s3, solution);
        let context = format!("{s3}{solution}: {output}");
        assert_eq!(status, if level == "error" { 10 } else { 0 }, "{context}");
        let problem = format!("{level}[solution-not-listed]: {NOT_LISTED} `{solution}`");
        let is_silent = level.is_empty() && !output.contains("solution-not-listed");
        assert!(is_silent || output.contains(&problem), "{context}");
        assert!(
            output.contains(&format!("help: {help}\n")) || is_silent,
            "{context}"
        );
    }
}

#[test]
fn attack_a_misspelled_solution_creates_no_stack() {
    let workdir = Offline::offline();
    let path = workdir.path();
    for solution in ["master-soluton", "other"] {
        let arguments = ["prep-master", &path, "--force", "--solution", solution];
        let output = offline(&workdir, &arguments);
        assert!(
            output.contains("error[solution-not-listed]"),
            "{solution}: {output}"
        );
    }
    let text = workdir.read(&path);
    let dedicated = path.replace("-s3.yaml", "-fraud-s3.yaml");
    workdir.write(
        &dedicated,
        &format!("{text}  bucket_name_override: acme-fraud\n"),
    );
    let arguments = ["create-bucket", &dedicated, "--force", "--solution=other"];
    let output = offline(&workdir, &arguments);
    assert!(output.contains("error[solution-not-listed]"), "{output}");
}

#[test]
fn an_unlisted_solution_is_an_error_in_ci() {
    let workdir = Offline::offline();
    let path = workdir.path();
    let mut command = workdir.command(&["deploy-solution", &path, "--solution", "fraud"]);
    command.env("GITHUB_ACTIONS", "true");
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(10), "{text}");
    assert!(text.contains("error[solution-not-listed]"), "{text}");
}

fn loaded(stem: &str, s3: &str) -> Config {
    let text = format!(
        "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"123456789012\"\n  tenant_id: \"c001\"\nenvironment:\n  env: prod\n  region: us-east-1\ns3:\n  versioning: true\n{s3}"
    );
    let path = RepoPath::parse(&format!("s3/configs/{stem}.yaml")).unwrap();
    let loaded = load(&Registry::built_in(), &path, text.as_bytes());
    loaded
        .config
        .unwrap_or_else(|| panic!("{:?}", loaded.diagnostics))
}

const SHARED: &str = "acme-prod-c001-us-east-1-s3";
const DEDICATED: &str = "acme-prod-c001-us-east-1-fraud-s3";

#[test]
fn the_parameter_of_a_warning_is_the_one_of_a_listed_solution() {
    let without = loaded(SHARED, "");
    let item = without.product.folder_item(&without.derived.scope, "churn");
    let Some(FolderItem::Unlisted {
        parameter: Some(parameter),
        ..
    }) = item.unwrap()
    else {
        panic!("churn is not listed");
    };
    let with = loaded(SHARED, "  solutions: [churn]\n");
    let template = with.product.render_template(&with.derived.scope).unwrap();
    assert!(
        template.contains(&format!("\"{parameter}\"")),
        "{parameter}"
    );
}

#[test]
fn the_solution_of_a_dedicated_bucket_is_its_default() {
    let bucket = "  bucket_name_override: acme-fraud\n";
    let config = loaded(DEDICATED, bucket);
    assert_eq!(config.values["s3"]["solutions"], json!(["fraud"]));
    let template = config
        .product
        .render_template(&config.derived.scope)
        .unwrap();
    assert!(template.contains("/solutions/fraud/Prefix"));
    assert!(!template.contains("master-solution"), "{template}");
    let prefixes = config.product.folder_prefixes(&config.derived.scope);
    assert_eq!(prefixes.unwrap(), ["solutions/fraud/"]);
    // Written out, it is the same config.
    let written = loaded(DEDICATED, &format!("{bucket}  solutions: [fraud]\n"));
    assert_eq!(written.values, config.values);
    // Listed solutions replace the default, and the bucket's own stays.
    let more = loaded(
        DEDICATED,
        &format!("{bucket}  solutions: [master-solution]\n"),
    );
    let prefixes = more.product.folder_prefixes(&more.derived.scope).unwrap();
    assert_eq!(prefixes, ["solutions/master-solution/", "solutions/fraud/"]);
    assert_eq!(
        loaded(SHARED, "").values["s3"]["solutions"],
        json!(["master-solution"])
    );
}

#[test]
fn an_action_without_named_configs_takes_those_that_have_it() {
    let workdir = workdir();
    let text = workdir.read(&workdir.path());
    let dedicated = workdir.path().replace("-s3.yaml", "-fraud-s3.yaml");
    workdir.write(
        &dedicated,
        &format!("{text}  bucket_name_override: acme-fraud\n"),
    );
    let denied = stack(&workdir, "UPDATE_IN_PROGRESS");
    workdir
        .aws
        .on("DescribeStacks", denied)
        .on("GetTemplate", json!({"TemplateBody": "Resources: {}\n"}));
    let output = workdir.run(&["prep-master", "--all", "--force"]);
    assert!(
        !output.stdout.contains("action-not-offered"),
        "{}",
        output.stdout
    );
    let last =
        "prep-master: 1 config, 1 error, 0 warnings; left out 1 other config without this action\n";
    assert!(output.stdout.ends_with(last), "{}", output.stdout);
    let json = workdir.run(&["prep-master", "--all", "--force", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["left_out"], 1);
    assert_eq!(json["items"].as_array().unwrap().len(), 1);
    // A named config without the action is an error.
    let named = workdir.run(&["prep-master", &dedicated, "--force"]);
    assert!(
        named.stdout.contains("error[action-not-offered]"),
        "{}",
        named.stdout
    );
    // So is an action that no config has.
    let none = workdir.run(&["deploy-product", "--all", "--force"]);
    assert_eq!(
        none.stdout.matches("error[action-not-offered]").count(),
        2,
        "{}",
        none.stdout
    );
}
