//! Edits of a product: configs with the same change are shown once, over accounts and regions.
//! `PROVISIONER_MANY=2000` gives the measurement of docs/benchmarks.md.
#![expect(
    clippy::disallowed_methods,
    reason = "a measurement says what it measures, and takes its size from the environment"
)]

use std::time::Instant;

use crate::support::check::Scene;
use crate::support::github::CommitBuilder;
use crate::support::job::JobOutput;

pub(super) const FOLDER: &str = ".provisioner/products/note";
pub(super) const MANIFEST: &str = "name: note\ntitle: Note\nsummary: A note.\nsection: note\nfiles: '*-note.yaml'\n\
     target: {account: note.account, region: note.region, environment: \"'prod'\"}\n\
     names: {config: \"note.name ~ '-note'\", stack: names.config ~ '-stack' ~ given.suffix}\n\
     outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
     actions: {deploy-product: provision, delete-product: delete}\n";
const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["note"],"properties":{"note":{"type":"object",
    "additionalProperties":false,"required":["name","account","region"],"properties":{"name":{"type":"string"},
    "account":{"type":"string"},"region":{"type":"string"},"trusts":{"type":"string"}}}}}"#;
pub(super) const STACK: &str = "Resources:\n  Jobs:\n    Type: AWS::SQS::Queue\n    Properties:\n      QueueName: {{ note.name ~ '-jobs' }}\n  \
     Table:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: {{ note.name ~ '-table' }}\n      \
     AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]\n      KeySchema: [{ AttributeName: id, KeyType: HASH }]\n      \
     BillingMode: PAY_PER_REQUEST\n";
const TABLE: &str = "  Table:";
const TAGGED: &str =
    "      Tags: [{ Key: trusts, Value: {{ note.trusts | default(note.account) }} }]\n";

const ACCOUNTS: u64 = 60;

fn account(number: u64) -> String {
    format!("{:012}", 100_000_000_000 + number % ACCOUNTS)
}

/// A commit with the product.
pub(super) fn with_product(commit: CommitBuilder, template: &str) -> CommitBuilder {
    commit
        .write(
            ".provisioner.yaml",
            "version: 1\nconfigs: ['notes/*.yaml']\n",
        )
        .write(&format!("{FOLDER}/product.yaml"), MANIFEST)
        .write(&format!("{FOLDER}/config.schema.json"), SCHEMA)
        .write(&format!("{FOLDER}/stack.yaml.j2"), template)
        .write(&format!("{FOLDER}/iam-policy.json.j2"), "{}\n")
}

/// A commit with `count` configs in 60 accounts and two regions. `odd`: a line of one of them.
pub(super) fn with_configs(commit: CommitBuilder, count: u64, odd: (u64, &str)) -> CommitBuilder {
    (0..count).fold(commit, |commit, number| {
        let region = ["us-west-2", "eu-west-1"][usize::from(number % 2 == 1)];
        let account = account(number);
        let more = if number == odd.0 { odd.1 } else { "" };
        let text = format!(
            "note:\n  name: n{number:04}\n  account: \"{account}\"\n  region: {region}\n{more}"
        );
        commit.write(&format!("notes/n{number:04}-note.yaml"), text)
    })
}

/// The check of the branch `change`.
pub(super) fn checked(scene: Scene) -> (Scene, JobOutput) {
    let (scene, run) = checked_with_any_exit(scene);
    assert_eq!(run.status, 0, "{}", run.stderr);
    (scene, run)
}

pub(super) fn checked_with_any_exit(scene: Scene) -> (Scene, JobOutput) {
    let pull = scene.repo.pull("change").author(&scene.alice).number(7);
    let job = scene.job(&pull.open());
    scene.repo.clone_into(job.folder.path());
    let workspace = job.folder.path().display().to_string();
    let run = job.with("GITHUB_WORKSPACE", &workspace).run();
    scene.github.take_writes();
    (scene, run)
}

/// The check of a pull request that edits the template of `count` configs. `odd`: a line of the first.
fn edited(count: u64, odd: &str, template: &str) -> (Scene, JobOutput) {
    let scene = Scene::new();
    let commit = with_product(scene.repo.commit("main"), STACK);
    let commit = with_configs(commit, count, (0, odd));
    scene.repo.branch("change", &commit.push());
    let change = scene.repo.commit("change");
    change
        .write(&format!("{FOLDER}/stack.yaml.j2"), template)
        .push();
    checked(scene)
}

/// The check of a pull request that adds `count` configs.
fn added(count: u64, odd: (u64, &str), template: &str) -> (Scene, JobOutput) {
    let scene = Scene::new();
    let commit = with_product(scene.repo.commit("main"), template);
    scene.repo.branch("change", &commit.push());
    with_configs(scene.repo.commit("change"), count, odd).push();
    checked(scene)
}

fn tagged() -> String {
    STACK.replace(TABLE, &format!("{TAGGED}{TABLE}"))
}

#[test]
fn a_product_edit_is_one_section_over_accounts_and_regions() {
    let count = std::env::var("PROVISIONER_MANY").ok();
    let count = count.and_then(|text| text.parse().ok()).unwrap_or(125);
    let begun = Instant::now();
    let (scene, run) = edited(count, "", &tagged());
    let took = begun.elapsed();
    let comment = scene.comment();
    let heading = format!("### {count} configs with the same change");
    assert!(comment.contains(&heading), "{comment}");
    // The other section is that of the product.
    assert_eq!(comment.matches("\n### ").count(), 2, "{comment}");
    assert!(comment.contains("- `notes/n0001-note.yaml` in `100000000001`, `eu-west-1`"));
    assert!(comment.contains(&format!("- and {} more configs", count - 100)));
    assert!(comment.chars().count() <= 65_536);
    let groups = run.report["groups"].as_array().unwrap();
    assert_eq!(groups.len(), 1);
    assert_eq!(groups[0].as_array().unwrap().len() as u64, count);
    println!(
        "{count} configs: {} characters, {:.1} s with the repository",
        comment.chars().count(),
        took.as_secs_f64()
    );
}

/// The own account of each stack is the same change, the account of another stack is not.
#[test]
fn attack_a_foreign_account_hidden_in_a_group() {
    let foreign = account(1);
    let (scene, run) = edited(12, &format!("  trusts: \"{foreign}\"\n"), &tagged());
    let comment = scene.comment();
    assert!(comment.contains("### 11 configs with the same change"));
    assert!(comment.contains("### `notes/n0000-note.yaml`"), "{comment}");
    assert!(comment.contains(&format!("Value: {foreign}")) || comment.contains(&foreign));
    assert_eq!(run.report["groups"][0].as_array().unwrap().len(), 11);
}

#[test]
fn attack_data_loss_hidden_in_a_group() {
    let (without, _) = STACK.split_once(TABLE).unwrap();
    let (scene, run) = edited(8, "", without);
    let comment = scene.comment();
    for number in 0..8 {
        let path = format!("`notes/n{number:04}-note.yaml`");
        assert!(
            comment.contains(&format!("| {path} |")),
            "{path}: {comment}"
        );
        assert!(
            comment.contains(&format!("### {path}")),
            "{path}: {comment}"
        );
    }
    assert_eq!(run.report["groups"], serde_json::json!([]));
}

/// New configs are shown once if nothing but the names of their stacks differs in their templates. Prices differ between two regions.
#[test]
fn new_configs_with_the_same_template_are_one_section() {
    let template = tagged().replace("note.name ~ '-", "names.config ~ '-");
    let (scene, run) = added(60, (0, ""), &template);
    let comment = scene.comment();
    let heading = "### 30 new configs with the same template";
    assert_eq!(comment.matches(heading).count(), 2, "{comment}");
    assert!(comment.contains("- `notes/n0001-note.yaml` in `100000000001`, `eu-west-1`"));
    let sizes = run.report["groups"].as_array().unwrap().iter();
    let sizes: Vec<usize> = sizes.map(|group| group.as_array().unwrap().len()).collect();
    assert_eq!(sizes, [30, 30]);
}

#[test]
fn attack_a_harmful_line_hidden_among_new_configs() {
    let odd = (50, "  trusts: EVILPRINCIPAL\n");
    // Once with names by which templates are equal, once with parts of them, so that each config has a section of its own.
    for template in [
        tagged().replace("note.name ~ '-", "names.config ~ '-"),
        tagged(),
    ] {
        let (scene, _) = added(230, odd, &template);
        let comment = scene.comment();
        assert!(comment.contains("### `notes/n0050-note.yaml`"), "{comment}");
        assert!(comment.contains("EVILPRINCIPAL"), "{comment}");
    }
}

/// The template has no trace of what the operator policy allows.
#[test]
fn attack_a_permission_hidden_among_new_configs() {
    let policy = "{\"Version\": \"2012-10-17\", \"Statement\": [{\"Effect\": \"Allow\", \
         \"Action\": {{ note.trusts | default('sqs:TagQueue') }}, \
         \"Resource\": {{ 'arn:aws:sqs:' ~ note.region ~ ':' ~ note.account ~ ':' ~ note.name ~ '-jobs' }}}]}\n";
    // Names that are a word of the config's name, and whole names.
    for template in [
        STACK.to_owned(),
        STACK.replace("note.name ~ '-", "names.config ~ '-"),
    ] {
        let scene = Scene::new();
        let commit = with_product(scene.repo.commit("main"), &template);
        let commit = commit.write(&format!("{FOLDER}/iam-policy.json.j2"), policy);
        scene.repo.branch("change", &commit.push());
        let odd = (7, "  trusts: \"iam:*\"\n");
        with_configs(scene.repo.commit("change"), 12, odd).push();
        let (scene, run) = checked(scene);
        let comment = scene.comment();
        assert!(comment.contains("### `notes/n0007-note.yaml`"), "{comment}");
        let sizes = run.report["groups"].as_array().unwrap().iter();
        let mut sizes: Vec<usize> = sizes.map(|group| group.as_array().unwrap().len()).collect();
        sizes.sort_unstable();
        assert_eq!(sizes, [5, 6]);
    }
}

/// What differs only where a template has names, tags and descriptions is one group. The numbers add up.
#[test]
fn new_configs_that_differ_in_names_and_tags_are_one_section() {
    let (scene, run) = added(230, (50, "  trusts: other\n"), &tagged());
    let comment = scene.comment();
    let group =
        |number: usize| format!("### {number} new configs with the same template (`note`, `prod`)");
    assert!(
        comment.contains(&group(114)) && comment.contains(&group(115)),
        "{comment}"
    );
    assert!(
        comment.contains("Only names and accounts differ. Shown for"),
        "{comment}"
    );
    assert_eq!(comment.matches("\n### ").count(), 3, "{comment}");
    assert!(!comment.contains("the rest"), "{comment}");
    assert_eq!(run.report["groups"].as_array().unwrap().len(), 2);
}

/// A word of the name is no name where a policy, a value or a rule of a network stands: each config is shown for itself.
#[test]
fn attack_a_word_of_the_name_that_is_a_value() {
    for resource in [
        "Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument:\n        Statement:\n          \
            - {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: {{ note.name }}}}",
        "Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: {{ note.name }}}",
        "Type: AWS::EC2::SecurityGroup\n    Properties:\n      GroupDescription: x\n      \
            SecurityGroupIngress: [{IpProtocol: tcp, SourceSecurityGroupName: {{ note.name }}}]",
        // Of this type no name is known, so that the property may be of another resource.
        "Type: AWS::Lambda::Permission\n    Properties: {Action: 'lambda:x', Principal: x, FunctionName: {{ note.name }}}",
    ] {
        let template = format!("{}  More:\n    {resource}\n", tagged());
        let (scene, run) = added(8, (3, "  trusts: other\n"), &template);
        let comment = scene.comment();
        for number in 0..8 {
            let heading = format!("### `notes/n{number:04}-note.yaml`");
            assert!(comment.contains(&heading), "{heading}: {comment}");
        }
        assert_eq!(run.report["groups"], serde_json::json!([]));
        let alike = "more configs of the same kind: only words of the configs' names and these places differ.";
        assert!(comment.contains(alike), "{comment}");
    }
}

/// A tag may repeat a word of the own name, not one of another config, and not what stands for a word.
#[test]
fn attack_a_tag_with_a_word_that_is_not_of_the_own_name() {
    let template = tagged().replace("default(note.account)", "default(note.name)");
    for word in ["n0001", "note", "\u{e004}", "{own config}"] {
        let odd = format!("  trusts: \"{word}\"\n");
        let (scene, run) = added(10, (4, &odd), &template);
        let comment = scene.comment();
        assert!(
            comment.contains("### `notes/n0004-note.yaml`"),
            "{word:?}: {comment}"
        );
        let sizes = run.report["groups"].as_array().unwrap().iter();
        let sizes: Vec<usize> = sizes.map(|group| group.as_array().unwrap().len()).collect();
        assert_eq!(sizes, [4, 5], "{word:?}");
    }
}

/// Among hundreds of configs whose sections have no room, each kind has one, and the sentence about the rest is true.
#[test]
fn attack_one_config_among_hundreds_that_have_no_room() {
    let value = "  Text:\n    Type: AWS::SSM::Parameter\n    Properties: {Type: String, Value: {{ note.name }}}\n";
    let odd = (150, "  trusts: EVILPRINCIPAL\n");
    let (scene, run) = added(230, odd, &(tagged() + value));
    let comment = scene.comment();
    assert!(comment.contains("### `notes/n0150-note.yaml`"), "{comment}");
    assert!(comment.contains("EVILPRINCIPAL"), "{comment}");
    // Two regions have prices of their own.
    let alike =
        "more configs of the same kind: only words of the configs' names and these places differ.";
    assert_eq!(comment.matches(alike).count(), 2, "{comment}");
    let place = match run.summary.contains("of 230 configs") {
        true => "the rest in the job's JSON report.",
        false => "the rest in the job summary.",
    };
    assert_eq!(
        comment.matches("the rest in").count(),
        comment.matches(place).count(),
        "{comment}"
    );
}

#[test]
fn an_account_of_one_config_is_a_notice() {
    let scene = Scene::new();
    let commit = with_product(scene.repo.commit("main"), STACK);
    scene.repo.branch("change", &commit.push());
    (0..12)
        .fold(scene.repo.commit("change"), |commit, number| {
            let account = if number == 7 { account(1) } else { account(0) };
            let text = format!(
                "note:\n  name: n{number:04}\n  account: \"{account}\"\n  region: us-west-2\n"
            );
            commit.write(&format!("notes/n{number:04}-note.yaml"), text)
        })
        .push();
    let (scene, _) = checked(scene);
    let comment = scene.comment();
    let notice = format!(
        "Only one of 12 configs of `prod` is in account `{}`: `notes/n0007-note.yaml`.",
        account(1)
    );
    assert!(comment.contains(&notice), "{comment}");
    assert!(comment.contains("### `notes/n0007-note.yaml`"), "{comment}");
    assert!(!comment.contains("is in region"), "{comment}");
}
