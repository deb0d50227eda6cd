//! A product of the repository: every offline verb works, without a line of Rust for it.
#![expect(clippy::disallowed_methods, reason = "a product is a folder")]

use std::path::Path;

use tempfile::TempDir;

use crate::support::check::Scene;
use crate::support::job::{config, git, path, run_in};

const FOLDER: &str = ".provisioner/products/queue";
const CONFIG: &str = "queue:\n  name: orders\n  account: \"123456789012\"\n  region: eu-west-1\n";

fn files() -> Vec<(String, &'static str)> {
    [
        (
            "product.yaml",
            "name: queue\ntitle: Queue\nsummary: A queue.\nsection: queue\nfiles: '*-queue.yaml'\n\
             target: {account: queue.account, region: queue.region, environment: \"'prod'\"}\n\
             names: {config: \"queue.name ~ '-queue'\", stack: names.config ~ '-stack'}\n\
             outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
             rules:\n  - {code: queue-fifo-name, at: queue.fifo, when: \"queue.fifo and queue.name is not endingwith('-fifo')\", \
             message: \"a FIFO queue is called `{{ queue.name }}-fifo`\"}\n\
             impact:\n  - {keys: [queue.name], level: critical, consequence: Another queue.}\n\
             actions: {validate-config: validate-config, create-prov-template: render-template, create-policy: render-policy, \
             validate-prov-template: validate-template, look: validate-config}\n",
        ),
        (
            "config.schema.json",
            r#"{"type":"object","additionalProperties":false,"required":["queue"],"properties":{"queue":{"type":"object",
            "additionalProperties":false,"required":["name","account","region"],"properties":{"name":{"type":"string"},
            "account":{"type":"string"},"region":{"type":"string"},"fifo":{"type":"boolean","default":false}}}}}"#,
        ),
        (
            "stack.yaml.j2",
            "Resources:\n  Queue:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: {{ queue.name }}\n",
        ),
        ("iam-policy.json.j2", "{ \"Version\": \"2012-10-17\", \"Statement\": [], \"Id\": {{ names.stack }} }\n"),
    ]
    .map(|(name, text)| (format!("{FOLDER}/{name}"), text))
    .to_vec()
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn every_offline_action_accepts_an_own_product() {
    let folder = TempDir::new().unwrap();
    for (path, text) in files() {
        write(folder.path(), &path, text);
    }
    write(folder.path(), "queues/configs/orders-queue.yaml", CONFIG);
    for action in [
        "validate-config",
        "create-prov-template",
        "create-policy",
        "validate-prov-template",
    ] {
        let output = run_in(folder.path(), &[action, "queues/configs/orders-queue.yaml"]);
        assert!(
            output.status.success(),
            "{action}: {}",
            String::from_utf8_lossy(&output.stdout)
        );
    }
    let template =
        std::fs::read_to_string(folder.path().join("queues/templates/orders-queue.yaml")).unwrap();
    assert!(template.contains("QueueName: \"orders\""));
    // An action with its own name, in both forms, and from outside of the repository.
    let path = "queues/configs/orders-queue.yaml";
    let outside = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet"]);
    let full = folder.path().join(path);
    for output in [
        run_in(folder.path(), &["look", path]),
        run_in(folder.path(), &["--config", path, "--action", "look"]),
        run_in(outside.path(), &["look", full.to_str().unwrap()]),
    ] {
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    let help = run_in(folder.path(), &["--help"]).stdout;
    assert!(String::from_utf8_lossy(&help).contains("\n  look "));
    assert_eq!(run_in(outside.path(), &["look"]).status.code(), Some(2));
    assert!(run_in(folder.path(), &["schema", "queue"]).status.success());

    write(
        folder.path(),
        "queues/configs/orders-queue.yaml",
        &format!("{CONFIG}  fifo: true\n"),
    );
    let output = run_in(
        folder.path(),
        &["validate-config", "queues/configs/orders-queue.yaml"],
    );
    assert!(
        String::from_utf8_lossy(&output.stdout)
            .contains("error[queue-fifo-name]: a FIFO queue is called `orders-fifo`")
    );
}

#[test]
fn region_of_no_partition_is_an_error_at_its_key() {
    let folder = TempDir::new().unwrap();
    for (path, text) in files() {
        write(folder.path(), &path, text);
    }
    let path = "queues/configs/orders-queue.yaml";
    let text = CONFIG.replace("eu-west-1", "xx-west-1");
    write(folder.path(), path, &text);
    let output = run_in(folder.path(), &["validate-config", path]);
    assert_eq!(output.status.code(), Some(10));
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains(
            "orders-queue.yaml:4:11: error[region-unknown]: the region belongs to no known partition of AWS: `xx-west-1`"
        ),
        "{text}"
    );
    assert!(text.contains("set `queue.region` to a region of AWS"));
    assert!(text.contains("1 error,"), "{text}");
}

/// The table of names holds for any product, and the error names the key.
#[test]
fn own_products_have_names_that_aws_accepts() {
    let folder = TempDir::new().unwrap();
    for (path, text) in files() {
        write(folder.path(), &path, text);
    }
    let path = "queues/configs/a.b-queue.yaml";
    write(folder.path(), path, &CONFIG.replace("orders", "a.b"));
    let output = run_in(folder.path(), &["validate-config", path]);
    assert_eq!(output.status.code(), Some(10));
    insta::assert_snapshot!(
        "own_product_name",
        String::from_utf8(output.stdout).unwrap()
    );
}

/// The names of the partition reach the templates of any product.
#[test]
fn own_products_render_the_names_of_the_partition() {
    let folder = TempDir::new().unwrap();
    let template = "Resources:\n  Endpoint:\n    Type: AWS::EC2::VPCEndpoint\n    Properties:\n      \
                    ServiceName: {{ queue.region | endpoint_service('sqs') }}\n      \
                    Tags: [{{ queue.region | partition }}, {{ queue.region | dns_suffix }}, {{ queue.region | service_principal('logs') }}]\n";
    for (path, text) in files() {
        let text = match path.ends_with("stack.yaml.j2") {
            true => template,
            false => text,
        };
        write(folder.path(), &path, text);
    }
    let path = "queues/configs/orders-queue.yaml";
    write(
        folder.path(),
        path,
        &CONFIG.replace("eu-west-1", "cn-north-1"),
    );
    let output = run_in(folder.path(), &["create-prov-template", path]);
    assert!(output.status.success());
    let rendered =
        std::fs::read_to_string(folder.path().join("queues/templates/orders-queue.yaml")).unwrap();
    for name in [
        "\"cn.com.amazonaws.cn-north-1.sqs\"",
        "\"aws-cn\", \"amazonaws.com.cn\", \"logs.cn-north-1.amazonaws.com.cn\"",
    ] {
        assert!(rendered.contains(name), "{rendered}");
    }
}

#[test]
fn a_broken_product_is_reported_once_per_config() {
    let folder = TempDir::new().unwrap();
    for (path, text) in files() {
        write(
            folder.path(),
            &path,
            &text.replace("{{ queue.name }}", "{{ queue.nam }}"),
        );
    }
    write(folder.path(), "queues/configs/orders-queue.yaml", CONFIG);
    let output = run_in(
        folder.path(),
        &["create-prov-template", "queues/configs/orders-queue.yaml"],
    );
    assert_eq!(output.status.code(), Some(10));
    insta::assert_snapshot!("broken_product", String::from_utf8(output.stdout).unwrap());
}

#[test]
fn a_product_change_lists_every_config_of_the_product() {
    let scene = Scene::new();
    let mut commit = scene.repo.commit("main");
    for (path, text) in files() {
        commit = commit.write(&path, text);
    }
    commit
        .write("s3/configs/orders-queue.yaml", CONFIG)
        .write(
            "s3/configs/bills-queue.yaml",
            CONFIG.replace("orders", "bills"),
        )
        .push();
    scene.repo.branch("feature", &scene.repo.head("main"));
    let stack = files()[2].1.replace(
        "Properties:\n",
        "Properties:\n      KmsMasterKeyId: alias/aws/sqs\n",
    );
    scene
        .repo
        .commit("feature")
        .write(&format!("{FOLDER}/stack.yaml.j2"), stack)
        .push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.take_writes();
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    let intents: Vec<_> = changes
        .iter()
        .map(|c| (c["path"].as_str().unwrap(), c["intent"].as_str().unwrap()))
        .collect();
    // The config of the built-in product is unaffected.
    assert_eq!(
        intents,
        [
            ("s3/configs/bills-queue.yaml", "update"),
            ("s3/configs/orders-queue.yaml", "update")
        ]
    );
    assert!(
        run.summary.contains("the product's template changed"),
        "{}",
        run.summary
    );
}

#[test]
fn an_own_product_is_read_from_commits() {
    let folder = TempDir::new().unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    for (path, text) in files() {
        write(folder.path(), &path, text);
    }
    write(folder.path(), "s3/configs/orders-queue.yaml", CONFIG);
    git(folder.path(), &["add", "--all"]);
    git(folder.path(), &["commit", "--quiet", "--message", "x"]);
    git(folder.path(), &["switch", "--quiet", "--create", "feature"]);
    write(
        folder.path(),
        "s3/configs/orders-queue.yaml",
        &CONFIG.replace("eu-west-1", "eu-west-2"),
    );
    git(
        folder.path(),
        &["commit", "--quiet", "--all", "--message", "x"],
    );
    write(
        folder.path(),
        &format!("{FOLDER}/stack.yaml.j2"),
        "not: committed\n",
    );
    let output = run_in(
        folder.path(),
        &["check", "--base", "main", "--format", "json"],
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let change = &json["plan"]["changes"][0];
    assert_eq!(
        (change["intent"].as_str(), change["level"].as_str()),
        (Some("create"), Some("none")),
        "{json:#}"
    );
}

/// A removed config is a deletion, whatever is wrong with its product.
#[test]
fn a_removed_config_is_a_deletion_even_if_its_product_fails() {
    let scene = Scene::new();
    let mut commit = scene.repo.commit("main");
    for (path, text) in files() {
        commit = commit.write(&path, text.replace("{{ queue.name }}", "{{ queue.nam }}"));
    }
    commit
        .write("s3/configs/orders-queue.yaml", CONFIG)
        .write(
            "s3/configs/bills-queue.yaml",
            CONFIG.replace("orders", "bills"),
        )
        .push();
    scene.repo.branch("feature", &scene.repo.head("main"));
    let mut commit = scene
        .repo
        .commit("feature")
        .remove("s3/configs/orders-queue.yaml");
    for (path, text) in files() {
        commit = commit.write(&path, text);
    }
    commit.push();
    let pull = scene.pull();
    let run = scene.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    scene.github.take_writes();
    let changes = run.report["plan"]["changes"].as_array().unwrap();
    let said: Vec<_> = changes
        .iter()
        .map(|c| (c["intent"].as_str().unwrap(), c["level"].as_str().unwrap()))
        .collect();
    // The change repairs the other product. Its base cannot be compared, which is not an error of the head.
    assert_eq!(
        said,
        [("update", "unknown"), ("delete", "unknown")],
        "{:#}",
        run.report
    );
    assert!(
        run.summary.contains("what its stack holds is not known"),
        "{}",
        run.summary
    );
}

/// A product may give the name of a rendering action to a verb that changes stacks.
#[test]
fn attack_force_of_the_original_form_confirms_only_what_it_says() {
    let folder = TempDir::new().unwrap();
    let manifest = "name: q\nsection: q\nfiles: '*'\nactions: {create-prov-template: provision}\n";
    write(
        folder.path(),
        ".provisioner/products/q/product.yaml",
        manifest,
    );
    write(folder.path(), &path("b001"), &config("b001", ""));
    let config = path("b001");
    for action in ["create-prov-template", "validate-config"] {
        let output = run_in(folder.path(), &["--config", &config, "--action", action]);
        assert_eq!(output.status.code(), Some(0), "{output:?}");
    }
}

#[test]
fn attack_products_above_the_repository_are_not_used() {
    let folder = TempDir::new().unwrap();
    for (path, text) in files() {
        write(folder.path(), &path, text);
    }
    let inner = folder.path().join("inner");
    write(&inner, "configs/orders-queue.yaml", CONFIG);
    let validate = || run_in(&inner, &["validate-config", "configs/orders-queue.yaml"]);
    // Neither without a repository nor with one.
    assert_ne!(validate().status.code(), Some(0));
    git(&inner, &["init", "--quiet"]);
    assert_ne!(validate().status.code(), Some(0));
    std::fs::rename(
        folder.path().join(".provisioner"),
        inner.join(".provisioner"),
    )
    .unwrap();
    assert_eq!(validate().status.code(), Some(0));
}

/// A product cannot print a value as anything but a literal.
#[test]
fn attack_no_template_prints_a_value_as_structure() {
    let hostile = CONFIG.replace("name: orders", r#"name: "x\nTransform: Evil""#);
    for note in [
        "{{ queue.name }}",
        "{{ queue.name | safe }}",
        "{% autoescape false %}{{ queue.name }}{% endautoescape %}",
        "{% autoescape 'none' %}{{ queue.name }}{% endautoescape %}",
        "{% autoescape 'html' %}{{ queue.name }}{% endautoescape %}",
        "{% filter safe %}{{ queue.name }}{% endfilter %}",
        "{% set x %}{{ queue.name }}{% endset %}{{ x }}",
        "{% macro m() %}{{ queue.name }}{% endmacro %}{{ m() }}",
        "{% include 'rules/0/message.text' %}",
    ] {
        let folder = TempDir::new().unwrap();
        for (path, text) in files() {
            let text = text
                .replace("queue.fifo and queue.name", "false and queue.name")
                .replace(
                    "a FIFO queue is called `{{ queue.name }}-fifo`",
                    "{{ queue.name }}",
                )
                .replace("names: {config: \"queue.name", "names: {config: \"'orders'");
            let text = match path.ends_with("stack.yaml.j2") {
                // The hostile text is no name that AWS accepts.
                true => {
                    // A block takes the end of its line.
                    format!("Description: {note}\n\n{text}").replace("QueueName", "KmsMasterKeyId")
                }
                false => text,
            };
            write(folder.path(), &path, &text);
        }
        write(folder.path(), "configs/orders-queue.yaml", &hostile);
        run_in(
            folder.path(),
            &["create-prov-template", "configs/orders-queue.yaml"],
        );
        let template = folder.path().join("templates/orders-queue.yaml");
        let template = std::fs::read_to_string(template).unwrap_or_default();
        assert!(
            !template.contains("\nTransform: Evil"),
            "{note}: {template}"
        );
        // Texts of rules are not there to be included.
        let is_literal = template.contains(r#"Description: ""#);
        assert!(is_literal || note.contains("include"), "{note}: {template}");
    }
}
