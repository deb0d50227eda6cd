//! Wrong products: each is made from a right one by one edit. The snapshot has the message of each.
#![expect(clippy::disallowed_methods, reason = "a product is a folder")]

use std::fmt::Write as _;

use tempfile::TempDir;

use crate::support::job::run_in;

const FOLDER: &str = ".provisioner/products/queue";

/// What is wrong, the file, and the text that is replaced.
const EDITS: &[(&str, &str, &str, &str)] = &[
    (
        "the name is not that of the folder",
        "product.yaml",
        "name: queue\n",
        "name: quue\n",
    ),
    ("a key is missing", "product.yaml", "title: queue\n", ""),
    (
        "an unknown key",
        "product.yaml",
        "title: queue\n",
        "title: queue\nowner: shop\n",
    ),
    (
        "a key is misspelled",
        "product.yaml",
        "summary: An",
        "sumary: An",
    ),
    (
        "no config has the section",
        "product.yaml",
        "section: queue\n",
        "section: qeue\n",
    ),
    (
        "the glob is invalid",
        "product.yaml",
        "\"*-queue.yaml\"",
        "\"[-queue.yaml\"",
    ),
    (
        "the glob matches no config",
        "product.yaml",
        "\"*-queue.yaml\"",
        "\"*-queues.yaml\"",
    ),
    ("not YAML", "product.yaml", "target:\n", "target\n"),
    (
        "a key stands twice",
        "product.yaml",
        "title: queue\n",
        "title: queue\ntitle: queue\n",
    ),
    (
        "an expression is a number",
        "product.yaml",
        "region: environment.region",
        "region: 5",
    ),
    (
        "an expression reads an unknown key",
        "product.yaml",
        "region: environment.region",
        "region: environment.regoin",
    ),
    (
        "an expression reads an unknown section",
        "product.yaml",
        "account: client.account_id",
        "account: cleint.account_id",
    ),
    (
        "a text without its inner quotes",
        "product.yaml",
        "environment: environment.env",
        "environment: prod",
    ),
    (
        "the target is another key",
        "product.yaml",
        "account: client.account_id",
        "account: client.company_prefix",
    ),
    (
        "a name is read before it is defined",
        "product.yaml",
        "stack: (names.config",
        "stack: (names.queue",
    ),
    (
        "a name does not exist",
        "product.yaml",
        "stack: (names.config",
        "stack: (names.confg",
    ),
    (
        "a required name is missing",
        "product.yaml",
        "  stack: (names.config | fit(114)) ~ '-stack' ~ given.suffix\n",
        "",
    ),
    ("an unknown filter", "product.yaml", "fit(72)", "cut(72)"),
    (
        "an expression is not complete",
        "product.yaml",
        "(names.config | fit(72))",
        "(names.config | fit(72)",
    ),
    (
        "a code without the product's name",
        "product.yaml",
        "code: queue-short-retention",
        "code: short-retention",
    ),
    (
        "a code of the program",
        "product.yaml",
        "code: queue-short-retention",
        "code: name-invalid",
    ),
    (
        "a rule points at an unknown key",
        "product.yaml",
        "at: queue.retention_days",
        "at: queue.retention",
    ),
    (
        "a message reads an unknown key",
        "product.yaml",
        "{{ queue.retention_days }} days\"",
        "{{ queue.retention_day }} days\"",
    ),
    (
        "an unknown severity",
        "product.yaml",
        "severity: warning",
        "severity: warn",
    ),
    (
        "a rule without a message",
        "product.yaml",
        "    message: \"unread messages are deleted early for production: {{ queue.retention_days }} days\"\n",
        "",
    ),
    (
        "impact of an unknown key",
        "product.yaml",
        "keys: [client.company_prefix",
        "keys: [client.company_prefx",
    ),
    (
        "an unknown level",
        "product.yaml",
        "level: critical",
        "level: dangerous",
    ),
    (
        "an impact rule reads neither config",
        "product.yaml",
        "when: after.queue.retention_days",
        "when: queue.retention_days",
    ),
    (
        "a consequence reads an unknown key",
        "product.yaml",
        "older than {{ after.queue.retention_days",
        "older than {{ after.queue.retention",
    ),
    (
        "an unknown verb",
        "product.yaml",
        "create-policy: render-policy",
        "create-policy: render-polcy",
    ),
    (
        "an action with a condition, without a way out",
        "product.yaml",
        "delete-product: delete",
        "delete-product: {verb: delete, when: queue.purpose}",
    ),
    (
        "an action has the name of a command",
        "product.yaml",
        "check-drift: check-drift",
        "check: check-drift",
    ),
    (
        "an output is not a YAML file",
        "product.yaml",
        "'-template.yaml'",
        "'-template'",
    ),
    (
        "a stack's name without the suffix",
        "product.yaml",
        " ~ '-stack' ~ given.suffix",
        " ~ '-stack'",
    ),
    (
        "a resource's name without the suffix",
        "product.yaml",
        "fit(72)) ~ given.suffix",
        "fit(72))",
    ),
    (
        "a name that AWS refuses",
        "product.yaml",
        "queue: (names.config | fit(72))",
        "queue: (names.config | fit(72)) ~ '.q'",
    ),
    (
        "a requirement that is not complete",
        "product.yaml",
        "actions:\n",
        "preflight:\n  - text: The key exists.\n    severity: error\n    at: queue\n    needs: { resource: \"AWS::KMS::Key\" }\nactions:\n",
    ),
    (
        "a prefix of parameters without slashes",
        "product.yaml",
        "parameters: [/queue/]",
        "parameters: [vpc]",
    ),
    (
        "a tier without its sample",
        "product.yaml",
        "actions:\n",
        "tiers:\n  - { name: small, summary: A small one., sample: small.yaml }\nactions:\n",
    ),
    (
        "not JSON",
        "config.schema.json",
        "\"type\": \"object\",",
        "\"type\": \"object\"",
    ),
    (
        "an unknown keyword",
        "config.schema.json",
        "\"pattern\": \"^[0-9]{12}$\"",
        "\"patern\": \"^[0-9]{12}$\"",
    ),
    (
        "an unknown type",
        "config.schema.json",
        "\"type\": \"integer\"",
        "\"type\": \"int\"",
    ),
    (
        "a pattern that is not one",
        "config.schema.json",
        "^[0-9]{12}$",
        "^[0-9{12}$",
    ),
    (
        "a reference to nothing",
        "config.schema.json",
        "\"purpose\": { \"$ref\": \"#/$defs/name\" }",
        "\"purpose\": { \"$ref\": \"#/$defs/nam\" }",
    ),
    (
        "a required key does not exist",
        "config.schema.json",
        "\"required\": [\"purpose\"]",
        "\"required\": [\"purpos\"]",
    ),
    (
        "a default of another type",
        "config.schema.json",
        "\"default\": 4",
        "\"default\": \"4\"",
    ),
    (
        "an optional key without a default",
        "config.schema.json",
        ",\n          \"default\": {}",
        "",
    ),
    (
        "a word of the engine as a section",
        "config.schema.json",
        "  \"properties\": {\n    \"client\"",
        "  \"properties\": {\n    \"names\": {},\n    \"client\"",
    ),
    (
        "a template reads an unknown name",
        "stack.yaml.j2",
        "{{ names.queue }}",
        "{{ names.qeue }}",
    ),
    (
        "a template reads an unknown key",
        "stack.yaml.j2",
        "{{ queue.retention_days * 86400 }}",
        "{{ queue.retention * 86400 }}",
    ),
    (
        "a block is not closed",
        "stack.yaml.j2",
        "{% endfor %}\n",
        "",
    ),
    (
        "quotes around an expression",
        "stack.yaml.j2",
        "QueueName: {{ names.queue }}",
        "QueueName: \"{{ names.queue }}\"",
    ),
    (
        "a list where a text is joined",
        "stack.yaml.j2",
        "{{ 'queue ' ~ names.config }}",
        "{{ 'queue ' + queue.tags }}",
    ),
    (
        "wrong indentation",
        "stack.yaml.j2",
        "      SqsManagedSseEnabled",
        "     SqsManagedSseEnabled",
    ),
    (
        "a reference to no resource",
        "stack.yaml.j2",
        "Ref: Queue\n",
        "Ref: Queu\n",
    ),
    (
        "a resource without a type",
        "stack.yaml.j2",
        "    Type: AWS::SQS::Queue\n",
        "",
    ),
    (
        "a misspelled type",
        "stack.yaml.j2",
        "AWS::SQS::Queue",
        "AWS::SQS::Queu",
    ),
    (
        "an included file does not exist",
        "stack.yaml.j2",
        "Outputs:\n",
        "{% include '_outputs.yaml.j2' %}\nOutputs:\n",
    ),
    (
        "a policy that is not JSON",
        "iam-policy.json.j2",
        "\"sqs:UntagQueue\"\n",
        "\"sqs:UntagQueue\",\n",
    ),
    (
        "a policy that denies",
        "iam-policy.json.j2",
        "\"Sid\": \"Queue\",\n      \"Effect\": \"Allow\"",
        "\"Sid\": \"Queue\",\n      \"Effect\": \"Deny\"",
    ),
    (
        "a wide grant without a reason",
        "iam-policy.json.j2",
        "\"Resource\": [{{ queue_arn }}, {{ queue_arn ~ test }}]",
        "\"Resource\": \"*\"",
    ),
    (
        "a policy without a right on the stack",
        "iam-policy.json.j2",
        "        \"cloudformation:ExecuteChangeSet\",\n",
        "",
    ),
    (
        "a policy without rights on tests",
        "iam-policy.json.j2",
        "[{{ stack_arn ~ '/*' }}, {{ stack_arn ~ test ~ '/*' }}]",
        "{{ stack_arn ~ '/*' }}",
    ),
    (
        "an old version of policies",
        "iam-policy.json.j2",
        "2012-10-17",
        "2008-10-17",
    ),
    (
        "a resource that is not an ARN",
        "iam-policy.json.j2",
        "[{{ queue_arn }}, {{ queue_arn ~ test }}]",
        "{{ names.queue }}",
    ),
    (
        "a misspelled key in the sample",
        "sample.yaml",
        "purpose: orders",
        "purpse: orders",
    ),
    (
        "an account id without quotes",
        "sample.yaml",
        "\"123456789012\"",
        "123456789012",
    ),
    (
        "the sample is not YAML",
        "sample.yaml",
        "client:\n",
        "client\n",
    ),
    (
        "the sample belongs to another product",
        "sample.yaml",
        "queue:\n",
        "s3:\n",
    ),
    (
        "a test expects no problem",
        "test-short-retention.yaml",
        "# expect: queue-short-retention",
        "# expect: ok",
    ),
    (
        "a test expects nothing",
        "test-short-retention.yaml",
        "# expect: queue-short-retention\n",
        "",
    ),
];

#[test]
fn each_wrong_product_has_a_message_that_names_file_line_and_key() {
    let folder = TempDir::new().unwrap();
    assert!(
        run_in(folder.path(), &["new-product", "queue"])
            .status
            .success()
    );
    let mut messages = String::new();
    let mut accepted = Vec::new();
    for (title, file, from, to) in EDITS {
        let path = folder.path().join(FOLDER).join(file);
        let right = std::fs::read_to_string(&path).unwrap();
        assert!(
            right.contains(from),
            "{title}: {from:?} in {file}:\n{right}"
        );
        std::fs::write(&path, right.replacen(from, to, 1)).unwrap();
        let output = run_in(folder.path(), &["check-product"]);
        std::fs::write(&path, right).unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let problems = text.rsplit_once("\nfailed ").or(text.rsplit_once("\nok "));
        let problems = problems.map_or(&*text, |(problems, _)| problems);
        if problems.matches(&format!("{FOLDER}/{file}:")).count() == 0 {
            accepted.push(*title);
        }
        for riddle in ["untagged enum", "<expression>", "in line", "at line"] {
            assert!(!problems.contains(riddle), "{title}: {problems}");
        }
        writeln!(messages, "# {title}\n\n{problems}").unwrap();
    }
    let right = run_in(folder.path(), &["check-product"]);
    assert!(right.status.success());
    insta::assert_snapshot!("wrong_products", messages);
    // These are reported where they show: a name at the key of the sample, the others in the template.
    assert_eq!(
        accepted,
        [
            "a resource's name without the suffix",
            "a name that AWS refuses",
            "an optional key without a default"
        ],
        "not reported in their file"
    );
}

#[test]
fn a_missing_file_is_named() {
    let folder = TempDir::new().unwrap();
    run_in(folder.path(), &["new-product", "queue"]);
    std::fs::remove_file(folder.path().join(FOLDER).join("stack.yaml.j2")).unwrap();
    let output = run_in(folder.path(), &["check-product"]);
    assert_eq!(output.status.code(), Some(10));
    let text = String::from_utf8(output.stdout).unwrap();
    let message = format!(
        "{FOLDER}: error[product-invalid]: a required file is missing: `stack.yaml.j2`\n  \
         help: create `stack.yaml.j2` in the product's folder\n"
    );
    assert!(text.starts_with(&message), "{text}");
}
