//! `new-product` and `check-product`, and the same check of a pull request that changes a product.
#![expect(clippy::disallowed_methods, reason = "a product is a folder")]

use std::path::Path;
use std::process::Output;

use provisioner::product::{RESERVED_ACTIONS, Registry};
use tempfile::TempDir;

use crate::support::check::Scene;
use crate::support::job::{JobOutput, git, run_in};

const FOLDER: &str = ".provisioner/products/queue";
const CONFIG: &str = "queue/configs/acme-dev-eu-central-1-orders-queue.yaml";

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A repository with the product of `new-product` and a config of it.
fn repository() -> TempDir {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    let output = run_in(folder.path(), &["new-product", "queue"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let sample = std::fs::read_to_string(folder.path().join(FOLDER).join("sample.yaml")).unwrap();
    let config = folder.path().join(CONFIG);
    std::fs::create_dir_all(config.parent().unwrap()).unwrap();
    std::fs::write(config, sample).unwrap();
    folder
}

fn edit(folder: &Path, file: &str, from: &str, to: &str) {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    std::fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn every_built_in_product_is_whole() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for product in provisioner::product::built_in_products() {
        let output = run_in(root, &["check-product", &format!("templates/{product}")]);
        let text = stdout(&output);
        assert!(output.status.success(), "{text}");
        assert!(
            text.contains(&format!("ok templates/{product}: ")),
            "{text}"
        );
        assert!(!text.contains(": 0 samples"), "{text}");
    }
}

#[test]
fn a_new_product_works_in_every_offline_action() {
    let folder = repository();
    let output = run_in(folder.path(), &["check-product"]);
    assert_eq!(
        stdout(&output),
        format!("ok {FOLDER}: 1 sample, 1 test\ncheck-product: 1 product, 0 errors, 0 warnings\n")
    );
    for action in [
        "validate-config",
        "create-prov-template",
        "create-policy",
        "validate-prov-template",
        "create-review-report",
    ] {
        let output = run_in(folder.path(), &[action, "queue/configs"]);
        let text = stdout(&output);
        assert!(output.status.success(), "{action}: {text}");
        assert!(text.contains("1 config, 0 errors, 0 warnings"), "{text}");
    }
    let policy = "version: 1\nconfigs: ['queue/configs/*.yaml']\nenvironments:\n  dev:\n    roles:\n      \
                  plan: arn:aws:iam::{account_id}:role/plan\n      apply: arn:aws:iam::{account_id}:role/apply\n";
    std::fs::write(folder.path().join(".provisioner.yaml"), policy).unwrap();
    let roles = run_in(folder.path(), &["roles", "--repository", "acme@1/infra@2"]);
    assert!(roles.status.success(), "{}", stderr(&roles));
    let roles = stdout(&roles);
    assert!(roles.contains(
        "arn:aws:sqs:eu-central-1:123456789012:acme-dev-eu-central-1-orders-queue-t??????"
    ));
    assert!(!stdout(&output).contains("wide"), "{roles}");
}

#[test]
fn a_new_product_overwrites_nothing() {
    let folder = repository();
    edit(
        folder.path(),
        &format!("{FOLDER}/sample.yaml"),
        "orders",
        "bills",
    );
    let output = run_in(folder.path(), &["new-product", "queue"]);
    assert_eq!(output.status.code(), Some(2));
    let other = folder.path().join("others/jobs");
    std::fs::create_dir_all(&other).unwrap();
    let output = run_in(folder.path(), &["new-product", "jobs", "--into", "others"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("the folder exists: `others/jobs`"));
    assert_eq!(std::fs::read_dir(other).unwrap().count(), 0);
    let sample = std::fs::read_to_string(folder.path().join(FOLDER).join("sample.yaml")).unwrap();
    assert!(sample.contains("bills"));
    for name in [
        "S3",
        "s3",
        "a b",
        "-a",
        "a-",
        "names",
        "client",
        "",
        &"a".repeat(31),
    ] {
        let output = run_in(folder.path(), &["new-product", name]);
        assert_eq!(output.status.code(), Some(2), "{name}");
        assert!(
            !name.is_empty() || stderr(&output).contains("invalid name"),
            "{name}"
        );
    }
    let longest = "a".repeat(30);
    assert!(
        run_in(folder.path(), &["new-product", &longest])
            .status
            .success()
    );
    let output = run_in(folder.path(), &["check-product"]);
    assert!(output.status.success(), "{}", stdout(&output));
}

#[test]
fn a_product_is_checked_in_any_folder() {
    let folder = repository();
    run_in(
        folder.path(),
        &["new-product", "my-jobs", "--into", "elsewhere"],
    );
    for (place, argument, shown) in [
        ("", "elsewhere/my-jobs", "elsewhere/my-jobs"),
        ("", "./elsewhere/my-jobs/", "elsewhere/my-jobs"),
        ("", "elsewhere/my-jobs/product.yaml", "elsewhere/my-jobs"),
        ("elsewhere", "my-jobs", "my-jobs"),
        ("elsewhere/my-jobs", ".", "."),
        ("", "queue", FOLDER),
    ] {
        let output = run_in(&folder.path().join(place), &["check-product", argument]);
        let text = stdout(&output);
        assert!(
            output.status.success(),
            "{argument}: {text}{}",
            stderr(&output)
        );
        assert!(
            text.starts_with(&format!("ok {shown}: 1 sample, 1 test\n")),
            "{text}"
        );
    }
    let output = run_in(folder.path(), &["check-product", "nothing"]);
    assert_eq!(output.status.code(), Some(2));
    let empty = TempDir::new().unwrap();
    let output = run_in(empty.path(), &["check-product"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("run `provisioner new-product NAME`"));
}

#[test]
fn problems_of_products_have_every_format() {
    let folder = repository();
    edit(
        folder.path(),
        &format!("{FOLDER}/product.yaml"),
        "at: queue.retention_days",
        "at: queue.age",
    );
    let printed = |format: &str| {
        let output = run_in(folder.path(), &["check-product", "--format", format]);
        assert_eq!(output.status.code(), Some(10));
        stdout(&output)
    };
    let json: serde_json::Value = serde_json::from_str(&printed("json")).unwrap();
    assert_eq!(json["format"], "provisioner-product-check/1");
    assert_eq!(json["products"][0]["ok"], false);
    assert_eq!(
        json["diagnostics"][0]["path"],
        format!("{FOLDER}/product.yaml")
    );
    let sarif: serde_json::Value = serde_json::from_str(&printed("sarif")).unwrap();
    let place = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
    assert_eq!(place["region"]["startLine"], 31, "{sarif:#}");
    assert!(printed("markdown").contains("❌ `failed"));
}

/// An error of a product is reported once, in the product's file, and not at a line of a config.
#[test]
fn an_error_of_a_product_is_reported_once_for_all_configs() {
    for (file, from, to) in [
        ("product.yaml", "render-template", "render-stack"),
        (
            "product.yaml",
            "environment.region ~ '-'",
            "environment.regoin ~ '-'",
        ),
        ("stack.yaml.j2", "{{ names.queue }}", "{{ names.qeue }}"),
        ("config.schema.json", "\"integer\"", "\"int\""),
        (
            "product.yaml",
            "account: client.account_id",
            "account: client.acount_id",
        ),
        (
            "product.yaml",
            "  template: names.config",
            "  template: \"'../\" ~ names.config",
        ),
        (
            "stack.yaml.j2",
            "Outputs:",
            "{% include 'stack.yaml.j2' %}\nOutputs:",
        ),
    ] {
        let folder = repository();
        let text = std::fs::read_to_string(folder.path().join(CONFIG)).unwrap();
        for purpose in ["bills", "mails"] {
            let path = folder.path().join(CONFIG.replace("orders", purpose));
            std::fs::write(path, text.replace("orders", purpose)).unwrap();
        }
        edit(folder.path(), &format!("{FOLDER}/{file}"), from, to);
        for action in [
            "validate-config",
            "create-prov-template",
            "create-review-report",
        ] {
            let output = run_in(folder.path(), &[action, "queue/configs"]);
            let text = stdout(&output);
            assert_eq!(output.status.code(), Some(10), "{text}");
            assert_eq!(text.matches("error[").count(), 1, "{text}");
            assert!(text.starts_with(&format!("{FOLDER}/{file}:")), "{text}");
            assert_eq!(text.matches("\nfailed queue/configs/").count(), 3, "{text}");
            assert!(text.contains("3 configs, 1 error, 0 warnings"), "{text}");
        }
    }
}

/// Problems of a rendered template, too, with the line of the template's source.
#[test]
fn a_template_that_cannot_be_read_back_is_reported_at_its_source() {
    let folder = repository();
    edit(
        folder.path(),
        &format!("{FOLDER}/stack.yaml.j2"),
        "QueueName: {{ names.queue }}",
        "QueueName: \"{{ names.queue }}\"",
    );
    let text = std::fs::read_to_string(folder.path().join(CONFIG)).unwrap();
    let path = folder.path().join(CONFIG.replace("orders", "bills"));
    std::fs::write(path, text.replace("orders", "bills")).unwrap();
    let output = run_in(folder.path(), &["create-review-report", "queue/configs"]);
    let text = stdout(&output);
    assert!(
        text.starts_with(&format!(
            "{FOLDER}/stack.yaml.j2:9:7: error[yaml-syntax]: in the rendered template: "
        )),
        "{text}"
    );
    assert_eq!(text.matches("error[").count(), 1, "{text}");
    // A pull request has it once, also with samples and configs.
    let (_, run) = changed_product("stack.yaml.j2", "Ref: Queue\n", "Ref: Queu\n");
    assert_eq!(run.status, 10, "{}", run.stderr);
    let problems = run.report["product_problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["span"]["start"]["line"], 25);
    assert_eq!(run.stdout.matches("::error").count(), 1, "{}", run.stdout);
}

/// The commands that describe products report its problems in the same way.
#[test]
fn a_broken_sample_is_reported_under_its_own_path() {
    let folder = repository();
    let manifest = format!("{FOLDER}/product.yaml");
    edit(
        folder.path(),
        &manifest,
        "target:\n",
        "tiers:\n  - { name: one, summary: All., sample: sample.yaml }\n\ntarget:\n",
    );
    edit(
        folder.path(),
        &manifest,
        "names:\n",
        "names:\n  tier: \"'one'\"\n",
    );
    let output = run_in(folder.path(), &["show-product", "queue"]);
    assert!(output.status.success(), "{}", stderr(&output));
    edit(
        folder.path(),
        &format!("{FOLDER}/sample.yaml"),
        "purpose:",
        "purpse:",
    );
    let output = run_in(folder.path(), &["show-product", "queue"]);
    assert_eq!(output.status.code(), Some(10));
    let text = stderr(&output);
    assert!(
        text.contains(&format!("{FOLDER}/sample.yaml:11:3: error[unknown-key]")),
        "{text}"
    );
    edit(folder.path(), &manifest, "title: queue\n", "");
    let output = run_in(folder.path(), &["schema", "queue"]);
    let text = stderr(&output);
    assert!(
        text.contains(&format!(
            "{manifest}:3:1: error[product-invalid]: `title` is missing"
        )),
        "{text}"
    );
}

#[test]
fn explain_knows_codes_of_own_products() {
    let folder = repository();
    let output = run_in(folder.path(), &["explain", "queue-short-retention"]);
    assert_eq!(
        stdout(&output),
        "queue-short-retention\n\nunread messages are deleted early for production: RETENTION_DAYS days\n\n\
         set `queue.retention_days` to 4 or more\n"
    );
    let listed = stdout(&run_in(folder.path(), &["explain"]));
    assert!(listed.contains("\nqueue-short-retention "));
    let output = run_in(folder.path(), &["explain", "queue-short-retentoin"]);
    assert!(stderr(&output).contains("did you mean `queue-short-retention`?"));
}

/// An action of a product cannot hide a command, or be hidden by it.
#[test]
fn reserved_names_of_actions_are_the_commands() {
    let command = provisioner::cli::command(&Registry::default());
    let names = command.get_subcommands().map(|sub| sub.get_name());
    let mut names: Vec<&str> = names.chain(["help"]).collect();
    names.sort_unstable();
    assert_eq!(names, RESERVED_ACTIONS);
}

/// A branch `main` with a product and two configs, and an edit of the product on `feature`.
fn changed_product(file: &str, from: &str, to: &str) -> (Scene, JobOutput) {
    let folder = repository();
    let scene = Scene::new();
    let mut commit = scene.repo.commit("main");
    let mut texts = Vec::new();
    for entry in std::fs::read_dir(folder.path().join(FOLDER)).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        texts.push((
            format!("{FOLDER}/{name}"),
            std::fs::read_to_string(path).unwrap(),
        ));
    }
    for (path, text) in &texts {
        commit = commit.write(path, text.clone());
    }
    let config = std::fs::read_to_string(folder.path().join(CONFIG)).unwrap();
    for purpose in ["orders", "bills"] {
        let path = CONFIG.replace("queue/", "s3/").replace("orders", purpose);
        commit = commit.write(&path, config.replace("orders", purpose));
    }
    commit.push();
    scene.repo.branch("feature", &scene.repo.head("main"));
    let path = format!("{FOLDER}/{file}");
    let (_, text) = texts.iter().find(|(known, _)| *known == path).unwrap();
    assert!(text.contains(from), "{text}");
    let changed = text.replacen(from, to, 1);
    scene.repo.commit("feature").write(&path, changed).push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    scene.github.take_writes();
    (scene, run)
}

#[test]
fn a_pull_request_that_changes_a_product_has_it_checked() {
    // No config meets this one.
    let (_, run) = changed_product(
        "product.yaml",
        "keys: [queue.retention_days, queue.tags]",
        "keys: [queue.retention_days, queue.tagz]",
    );
    assert_eq!(run.status, 10, "{}", run.stderr);
    let problems = run.report["product_problems"].as_array().unwrap();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0]["path"], format!("{FOLDER}/product.yaml"));
    assert_eq!(problems[0]["span"]["start"]["line"], 45);
    let annotation = format!("file={FOLDER}/product.yaml,line=45");
    assert!(run.stdout.contains(&annotation), "{}", run.stdout);
    assert_eq!(run.stdout.matches("::error").count(), 1, "{}", run.stdout);
    let comment = &run.summary;
    assert!(
        comment.contains("### Products\n\nA product has errors."),
        "{comment}"
    );
    assert_eq!(
        comment.matches("has no key `queue.tagz`").count(),
        1,
        "{comment}"
    );
    assert!(
        comment.contains("The product of this config has errors: see Products."),
        "{comment}"
    );

    // A problem of a sample alone.
    let (_, run) = changed_product("sample.yaml", "purpose: orders", "purpse: orders");
    assert_eq!(
        (run.status, run.outputs["configs"].as_str()),
        (10, Some("0")),
        "{}",
        run.stderr
    );
    assert!(
        run.summary
            .contains(&format!("{FOLDER}/sample.yaml:11:3: error[unknown-key]")),
        "{}",
        run.summary
    );

    // A warning fails nothing.
    let (_, run) = changed_product(
        "config.schema.json",
        "\"pattern\": \"^[0-9]{12}$\"",
        "\"patern\": \"^[0-9]{12}$\"",
    );
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(
        run.summary
            .contains("warning[product-invalid]: JSON Schema has no such keyword")
    );

    // What is right is not mentioned.
    let (_, run) = changed_product("product.yaml", "level: safe", "level: high");
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert!(!run.summary.contains("### Products"), "{}", run.summary);
}

/// A file that exists is not called missing, and a test or a sample does not vanish.
#[test]
fn files_that_cannot_be_read_are_named() {
    for file in [
        "product.yaml",
        "config.schema.json",
        "stack.yaml.j2",
        "iam-policy.json.j2",
        "sample.yaml",
        "test-short-retention.yaml",
    ] {
        let folder = repository();
        let path = folder.path().join(FOLDER).join(file);
        let right = std::fs::read(&path).unwrap();
        let with_mark = [b"\xef\xbb\xbf", &*right].concat();
        let not_text = [&*right, b"# caf\xe9\n"].concat();
        let large = [&*right, " ".repeat(2 << 20).as_bytes()].concat();
        let cases = [
            (with_mark, None),
            (
                not_text,
                Some(format!(
                    "the file is not UTF-8: byte {} is invalid",
                    right.len() + 6
                )),
            ),
            (
                large,
                Some(format!(
                    "the file has {} bytes; 131072 is the most",
                    right.len() + (2 << 20)
                )),
            ),
        ];
        for (bytes, message) in cases {
            std::fs::write(&path, bytes).unwrap();
            let output = run_in(folder.path(), &["check-product"]);
            let text = stdout(&output);
            match message {
                Some(message) => assert_eq!(
                    text.lines().next(),
                    Some(&*format!(
                        "{FOLDER}/{file}: error[product-invalid]: {message}"
                    )),
                    "{text}"
                ),
                None => assert!(output.status.success(), "{text}"),
            }
        }
    }
}

/// Other files may lie beside.
#[test]
fn a_picture_of_a_product_is_not_read() {
    let folder = repository();
    std::fs::write(folder.path().join(FOLDER).join("queue.png"), b"\x89PNG").unwrap();
    let output = run_in(folder.path(), &["check-product"]);
    assert!(output.status.success(), "{}", stdout(&output));
    assert!(!stdout(&output).contains("warning["), "{}", stdout(&output));
}

#[test]
fn a_file_that_looks_like_a_test_or_sample_is_reported() {
    for (name, proposed) in [
        ("test-attempts.yml", "test-attempts.yaml"),
        ("test_attempts.yaml", "test-attempts.yaml"),
        ("sample.yml", "sample.yaml"),
        ("sample_prod.yml", "sample-prod.yaml"),
    ] {
        let folder = repository();
        let path = folder.path().join(FOLDER).join(name);
        std::fs::write(path, "queue: {}\n").unwrap();
        let text = stdout(&run_in(folder.path(), &["check-product"]));
        let message = format!("{FOLDER}/{name}: warning[product-invalid]: the file looks like a ");
        assert!(text.contains(&message), "{text}");
        let help = format!("help: rename it to `{proposed}`");
        assert!(text.contains(&help), "{text}");
    }
}

/// The message of a failing test does not hide why the product fails.
#[test]
fn a_fault_that_a_test_finds_is_reported_in_the_product() {
    let folder = repository();
    let rule = "rules:\n  - {code: queue-no-mail, at: queue.purpose, when: queue.mail == 'x', message: m}\n";
    edit(
        folder.path(),
        &format!("{FOLDER}/product.yaml"),
        "rules:\n",
        rule,
    );
    edit(
        folder.path(),
        &format!("{FOLDER}/config.schema.json"),
        "\"purpose\": {",
        "\"mail\": {\"type\": \"string\"}, \"purpose\": {",
    );
    // The sample has the key, and the test lacks it.
    edit(
        folder.path(),
        &format!("{FOLDER}/sample.yaml"),
        "queue:\n",
        "queue:\n  mail: y\n",
    );
    let text = stdout(&run_in(folder.path(), &["check-product"]));
    assert!(text.contains("`queue.mail` is undefined"), "{text}");
    assert!(text.contains(&format!("{FOLDER}/product.yaml:")), "{text}");
    assert!(!text.contains("the test expects"), "{text}");
}

#[test]
fn a_section_of_two_products_is_an_error() {
    let folder = repository();
    run_in(folder.path(), &["new-product", "topic"]);
    let topic = folder.path().join(".provisioner/products/topic");
    for file in std::fs::read_dir(&topic).unwrap() {
        let path = file.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let text = text.replace("topic:", "queue:").replace("topic.", "queue.");
        let text = text.replace("section: topic", "section: queue");
        std::fs::write(path, text.replace("\"topic\"", "\"queue\"")).unwrap();
    }
    let output = run_in(folder.path(), &["check-product"]);
    let text = stdout(&output);
    assert_eq!(output.status.code(), Some(10), "{text}");
    let message = "configs of product `topic` have this section, too: `queue`";
    assert!(text.contains(message), "{text}");
}

#[test]
fn the_sample_of_a_product_without_tiers_shows_its_resources() {
    let folder = repository();
    let text = stdout(&run_in(folder.path(), &["show-product", "queue"]));
    assert!(text.contains("AWS::SQS::Queue"), "{text}");
    assert!(text.contains("As in "), "{text}");
    let json = run_in(
        folder.path(),
        &["show-product", "queue", "--format", "json"],
    );
    let json: serde_json::Value = serde_json::from_slice(&json.stdout).unwrap();
    let sample = &json["products"][0]["sample"];
    assert_eq!(
        sample["resources"][0]["type"], "AWS::SQS::Queue",
        "{sample}"
    );
}

/// Reviewers see the template of the stack. A test deployment must not add to it.
#[test]
fn attack_a_resource_that_only_a_test_has() {
    let evil = "{% if given.suffix %}\n  Evil:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {}\n{% endif %}\n";
    let folder = repository();
    edit(
        folder.path(),
        &format!("{FOLDER}/stack.yaml.j2"),
        "Outputs:",
        &format!("{evil}Outputs:"),
    );
    let message = "only a test deployment has the resource `Evil` (`AWS::IAM::Role`)";
    for command in [
        &["check-product"][..],
        &["validate-config", "queue/configs"][..],
    ] {
        let output = run_in(folder.path(), command);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(10), "{text}");
        assert!(text.contains(message), "{text}");
        assert!(text.contains(&format!("{FOLDER}/stack.yaml.j2:")), "{text}");
    }
    // A test may leave resources out.
    let folder = repository();
    let topic = "{% if not given.suffix %}\n  Topic:\n    Type: AWS::SNS::Topic\n{% endif %}\n";
    edit(
        folder.path(),
        &format!("{FOLDER}/stack.yaml.j2"),
        "Outputs:",
        &format!("{topic}Outputs:"),
    );
    let output = run_in(folder.path(), &["validate-config", "queue/configs"]);
    assert!(output.status.success(), "{}", stdout(&output));
}

/// The guard denies it after the merge, whatever AWS says.
#[test]
fn a_local_check_shows_that_a_nested_stack_is_denied() {
    let folder = repository();
    let policy = "version: 1\nconfigs: ['queue/configs/*.yaml']\n";
    std::fs::write(folder.path().join(".provisioner.yaml"), policy).unwrap();
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "-qm", "base"]);
    let nested = "  Nested:\n    Type: AWS::CloudFormation::Stack\n    Properties:\n      TemplateURL: \"https://example.s3.amazonaws.com/t.yaml\"\n";
    edit(
        folder.path(),
        &format!("{FOLDER}/stack.yaml.j2"),
        "Outputs:",
        &format!("{nested}Outputs:"),
    );
    git(folder.path(), &["commit", "-qam", "nested"]);
    let output = run_in(folder.path(), &["check", "--base", "HEAD~1"]);
    let text = stdout(&output);
    assert!(text.contains("external-reference"), "{text}");
}

/// Git has the link, and not what lies behind it.
#[cfg(unix)]
#[test]
fn attack_products_behind_a_link() {
    for link in [".provisioner", ".provisioner/products"] {
        let folder = repository();
        let outside = TempDir::new().unwrap();
        let target = outside.path().join("moved");
        std::fs::rename(folder.path().join(link), &target).unwrap();
        std::os::unix::fs::symlink(&target, folder.path().join(link)).unwrap();
        let output = run_in(folder.path(), &["validate-config", "queue/configs"]);
        let text = stdout(&output);
        assert_eq!(output.status.code(), Some(10), "{text}");
        assert!(text.contains("a symbolic link"), "{text}");
        let output = run_in(folder.path(), &["new-product", "topic"]);
        assert!(!output.status.success(), "{}", stdout(&output));
        assert!(
            stderr(&output).contains("a symbolic link"),
            "{}",
            stderr(&output)
        );
    }
}
