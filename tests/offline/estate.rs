//! The estate: states, the page, the document, and the command on a checkout.
#![expect(clippy::disallowed_methods, reason = "a user runs programs in folders")]

use std::path::Path;
use std::process::Command;

use provisioner::config::{Config, ConfigContents, load_contents};
use provisioner::estate::{
    ConfigFacts, Estate, EstateDrift, EstateProblem, EstateRow, EstateState, Fact, LastChange,
    PlaceStacks, TemplateState, Unknown, invalid_row, row, stacks_without_config,
};
use provisioner::model::{CommitSha, FileContents, RepoPath};
use provisioner::product::Registry;
use provisioner::report::{
    estate_issue, estate_issue_title, estate_markdown, estate_page, estate_text, json_text,
};
use provisioner::stack::{
    DriftCheck, DriftStatus, Stack, StackName, StackStatus, TEST_TAG, owner_tags,
};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::documents::assert_documented;
use crate::support::job::BINARY;
use crate::support::markdown::assert_nothing_live;

const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const NOW: &str = "2026-11-29T03:23:00Z";

fn commit() -> CommitSha {
    CommitSha::parse(COMMIT).unwrap()
}

/// A row of a stack that is as its config says.
fn applied(number: usize) -> EstateRow {
    let environment = ["dev", "staging", "prod"][number % 3];
    let product = ["s3", "ml"][number % 2];
    EstateRow {
        config: Some(RepoPath::typed(&format!(
            "configs/team{}/client-{environment}-t{number:04}-eu-west-1-{product}.yaml",
            number % 40
        ))),
        environment: Some(environment.to_owned()),
        account: Some(format!("1111{:08}", number % 60)),
        region: Some(["eu-west-1", "us-west-2"][number % 2].to_owned()),
        product: Some(product.to_owned()),
        tier: (product == "ml").then(|| "starter".to_owned()),
        stack: Some(format!("client-{environment}-t{number:04}-stack")),
        state: EstateState::Applied,
        status: Fact::known("UPDATE_COMPLETE".to_owned()),
        template: Fact::known(TemplateState::Current),
        drift: Fact::known(EstateDrift {
            status: DriftStatus::InSync,
            checked: Some("2026-11-26T02:00:00Z".to_owned()),
            outdated: false,
        }),
        last_change: Fact::known(LastChange {
            commit: commit(),
            time: Some("2026-11-20T10:15:00Z".to_owned()),
            pull_request: Fact::known(number as u64 + 1),
            approvers: Fact::known(vec!["alice".to_owned(), "bob".to_owned()]),
        }),
        pull_requests: Fact::known(Vec::new()),
    }
}

/// A row of each state, and every way in which a fact is not known.
fn sample_rows() -> Vec<EstateRow> {
    let mut rows: Vec<EstateRow> = (0..8).map(applied).collect();
    rows[0].pull_requests = Fact::known(vec![41, 52]);
    rows[1].state = EstateState::NotApplied;
    rows[1].status = Fact::none();
    rows[1].template = Fact::none();
    rows[1].drift = Fact::none();
    rows[2].state = EstateState::NotApplied;
    rows[2].template = Fact::known(TemplateState::Behind);
    rows[3].state = EstateState::Drifted;
    rows[3].drift = Fact::known(EstateDrift {
        status: DriftStatus::Modified,
        checked: Some("2026-11-29T01:10:00Z".to_owned()),
        outdated: true,
    });
    rows[4].state = EstateState::Failed;
    rows[4].status = Fact::known("UPDATE_ROLLBACK_FAILED".to_owned());
    rows[5].state = EstateState::Unknown;
    rows[5].status = Fact::unknown(Unknown::NoPlanRole);
    rows[5].template = Fact::unknown(Unknown::NoPlanRole);
    rows[5].drift = Fact::unknown(Unknown::NoPlanRole);
    rows[5].last_change = Fact::unknown(Unknown::HistoryNotRead);
    rows[5].pull_requests = Fact::unknown(Unknown::ForgeFailed);
    rows[6].last_change.value.as_mut().unwrap().approvers = Fact::unknown(Unknown::Limit);
    rows[6].last_change.value.as_mut().unwrap().pull_request = Fact::unknown(Unknown::Limit);
    rows[7].last_change.value.as_mut().unwrap().approvers = Fact::none();
    rows[7].last_change.value.as_mut().unwrap().pull_request = Fact::none();
    rows.push(invalid_row(
        RepoPath::typed("configs/broken-s3.yaml"),
        rows[0].last_change.clone(),
        Fact::known(vec![41]),
    ));
    let mut orphan = applied(9);
    orphan.config = None;
    orphan.state = EstateState::WithoutConfig;
    orphan.template = Fact::none();
    orphan.last_change = Fact::none();
    orphan.pull_requests = Fact::none();
    rows.push(orphan);
    rows
}

fn estate(rows: Vec<EstateRow>) -> Estate {
    let problems = vec![EstateProblem {
        what: "template of configs/a.yaml".to_owned(),
        reason: "GetTemplate: Rate exceeded".to_owned(),
    }];
    let repository = Some("acme/infra".to_owned());
    Estate::new(repository, commit(), NOW.to_owned(), rows, problems)
}

fn shown(text: &str) -> String {
    text.replace(env!("CARGO_PKG_VERSION"), "[version]")
}

/// The page also goes to `make test-site`.
#[test]
fn the_sample_page_shows_every_state_and_every_unknown_fact() {
    let estate = estate(sample_rows());
    let page = estate_page(&estate, "pull request").unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join("estate.html"), &page).unwrap();
    let main = page.split("<main>").nth(1).unwrap();
    let main = main.split("<script>").next().unwrap();
    insta::assert_snapshot!("page", shown(main));
    insta::assert_snapshot!("text", estate_text(&estate, Some(100)));
    let summary = estate_markdown(&estate, 3, 60_000);
    assert_nothing_live(&summary);
    insta::assert_snapshot!("summary", summary);
}

#[test]
fn the_document_is_documented_and_says_why_facts_are_unknown() {
    let text = json_text(&estate(sample_rows())).unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_documented(&document);
    assert_eq!(document["format"], "provisioner-estate/1");
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 10);
    let unknown = rows.iter().find(|row| row["state"] == "unknown").unwrap();
    assert_eq!(unknown["template"]["unknown"], "no-plan-role");
    let counts: u64 = document["counts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|count| count["rows"].as_u64().unwrap())
        .sum();
    assert_eq!(counts, 10);
    let states: Vec<&str> = rows
        .iter()
        .map(|row| row["state"].as_str().unwrap())
        .collect();
    assert_eq!(states[..2], ["failed", "not-applied"], "{states:?}");
}

/// Names of tags and of their attributes, in order.
fn tags(page: &str) -> Vec<(String, Vec<String>)> {
    let tag =
        regex::Regex::new(r#"<(/?!?[a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s=>"]+(?:="[^"]*")?)*)\s*>"#);
    let attribute = regex::Regex::new(r#"([^\s=>"]+)(?:="[^"]*")?"#).unwrap();
    let tag = tag.unwrap();
    let rest = tag.replace_all(page, "");
    assert!(!rest.contains(['<', '>']), "markup that is not ours");
    let tags = tag.captures_iter(page).map(|tag| {
        let names = attribute.captures_iter(tag.get(2).unwrap().as_str());
        let names = names.map(|name| name[1].to_owned());
        (tag[1].to_owned(), names.collect())
    });
    tags.collect()
}

/// Without the program's own style and script.
fn markup(page: &str) -> String {
    let own = regex::Regex::new(r"(?s)(<style>).*?(</style>)|(<script>).*?(</script>)").unwrap();
    own.replace_all(page, "$1$2$3$4").into_owned()
}

#[test]
fn attack_hostile_text_in_every_field_is_inert() {
    const ATTACKS: [&str; 6] = [
        "</th></table><script>alert(1)</script><img src=x onerror=alert(1)>",
        "\" onmouseover=\"alert(1)\" x=\"",
        "' autofocus onfocus='alert(1)'",
        "</script><svg onload=alert(1)>",
        "</style><base href=//evil.example>{{ 7 * 7 }}",
        "javascript:alert(1)\u{202e}\u{0}\u{1b}[31m",
    ];
    let plain = estate(vec![applied(0)]);
    let expected = tags(&markup(&estate_page(&plain, "pull request").unwrap()));
    for attack in ATTACKS {
        let text = || Some(attack.to_owned());
        let hostile = EstateRow {
            config: Some(RepoPath::typed(attack)),
            environment: text(),
            account: text(),
            region: text(),
            product: text(),
            tier: text(),
            stack: text(),
            state: EstateState::Applied,
            status: Fact::known(attack.to_owned()),
            template: Fact::known(TemplateState::Current),
            drift: Fact::known(EstateDrift {
                status: DriftStatus::InSync,
                checked: text(),
                outdated: false,
            }),
            last_change: Fact::known(LastChange {
                commit: commit(),
                time: text(),
                pull_request: Fact::known(7),
                approvers: Fact::known(vec![attack.to_owned()]),
            }),
            pull_requests: Fact::known(Vec::new()),
        };
        let mut estate = Estate::new(text(), commit(), attack.to_owned(), vec![hostile], vec![]);
        estate.problems.push(EstateProblem {
            what: attack.to_owned(),
            reason: attack.to_owned(),
        });
        let page = estate_page(&estate, "pull request").unwrap();
        let found = tags(&markup(&page));
        assert_eq!(found, expected, "{attack}");
        let names = found.iter().flat_map(|(_, names)| names);
        let handlers: Vec<&String> = names.filter(|name| name.starts_with("on")).collect();
        assert_eq!(handlers, [""; 0]);
        assert!(!page.contains('\u{202e}') && !page.contains('\u{1b}'));
        assert_eq!(page.matches("<script").count(), 1);
        let summary = estate_markdown(&estate, 0, 60_000);
        assert_nothing_live(&summary);
        assert_documented(&serde_json::from_str(&json_text(&estate).unwrap()).unwrap());
    }
}

#[test]
fn the_page_loads_nothing_and_runs_only_its_own_script() {
    use base64::Engine as _;
    use sha2::Digest as _;
    let page = estate_page(&estate(sample_rows()), "pull request").unwrap();
    for load in [
        "src=",
        "<link",
        "url(",
        "@import",
        "http:",
        "https:",
        "innerHTML",
    ] {
        assert!(!page.contains(load), "{load}");
    }
    for element in ["style", "script"] {
        let text = page.split(&format!("<{element}>")).nth(1).unwrap();
        let text = text.split(&format!("</{element}>")).next().unwrap();
        let hash = base64::engine::general_purpose::STANDARD.encode(sha2::Sha256::digest(text));
        let hash = hash.replace('/', "&#x2f;");
        let source = format!("{element}-src 'sha256-{hash}'");
        assert!(page.contains(&source), "{source}: {}", &page[..800]);
    }
    assert!(page.contains("default-src 'none'"));
}

/// docs/estate.md names these numbers.
#[test]
fn five_thousand_rows_are_one_page_of_a_few_megabytes() {
    let estate = estate((0..5_000).map(applied).collect());
    let page = estate_page(&estate, "pull request").unwrap();
    let json = json_text(&estate).unwrap();
    assert_eq!(page.matches("<tr data-environment").count(), 5_000);
    assert!(page.len() < 4_000_000, "{}", page.len());
    assert!(json.len() < 6_000_000, "{}", json.len());
}

fn config() -> Config {
    let name = "edge-prod-b001-us-west-1-s3.yaml";
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/s3/configs");
    let text = std::fs::read(file.join(name)).unwrap();
    let path = RepoPath::parse(&format!("s3/configs/{name}")).unwrap();
    let file = ConfigContents::alone(FileContents::Regular(text));
    let loaded = load_contents(&Registry::built_in(), &path, &file);
    loaded.config.unwrap()
}

fn stack(name: &str, status: &str, product: &str, of: &StackName) -> Stack {
    Stack {
        id: format!("arn:aws:cloudformation:eu-west-1:1:stack/{name}/1"),
        name: name.to_owned(),
        status: StackStatus(status.to_owned()),
        reason: None,
        protected: false,
        tags: owner_tags(product, of),
        outputs: Vec::new(),
        created: 0,
        updated: None,
        drift: DriftCheck::default(),
    }
}

#[test]
fn a_state_is_the_most_urgent_fact() {
    let config = config();
    let name = StackName::for_config(&config);
    let state = |stack: Fact<&Stack>, template: Fact<TemplateState>| {
        let facts = ConfigFacts {
            stack,
            template,
            last_change: Fact::unknown(Unknown::HistoryNotRead),
            pull_requests: Fact::unknown(Unknown::ForgeNotQueried),
        };
        row(&config, facts).state
    };
    let current = || Fact::known(TemplateState::Current);
    let behind = || Fact::known(TemplateState::Behind);
    let found = |status: &str| stack(&name.name, status, "s3", &name);
    let stable = found("UPDATE_COMPLETE");
    assert_eq!(state(Fact::none(), Fact::none()), EstateState::NotApplied);
    let unread = Fact::unknown(Unknown::AwsFailed);
    assert_eq!(state(unread, Fact::none()), EstateState::Unknown);
    assert_eq!(state(Fact::known(&stable), current()), EstateState::Applied);
    assert_eq!(
        state(Fact::known(&stable), behind()),
        EstateState::NotApplied
    );
    let unread = Fact::unknown(Unknown::Limit);
    assert_eq!(state(Fact::known(&stable), unread), EstateState::Unknown);
    for (status, expected) in [
        ("REVIEW_IN_PROGRESS", EstateState::NotApplied),
        ("UPDATE_IN_PROGRESS", EstateState::InProgress),
        ("UPDATE_ROLLBACK_FAILED", EstateState::Failed),
        ("UPDATE_ROLLBACK_COMPLETE", EstateState::NotApplied),
        ("IMPORT_ROLLBACK_COMPLETE", EstateState::Failed),
        ("SOMETHING_NEW", EstateState::Unknown),
    ] {
        assert_eq!(
            state(Fact::known(&found(status)), behind()),
            expected,
            "{status}"
        );
    }
    let mut drifted = stable.clone();
    drifted.drift.status = DriftStatus::Modified;
    assert_eq!(
        state(Fact::known(&drifted), current()),
        EstateState::Drifted
    );
    assert_eq!(
        state(Fact::known(&drifted), behind()),
        EstateState::NotApplied
    );
    let mut foreign = stable.clone();
    foreign.tags.clear();
    assert_eq!(
        state(Fact::known(&foreign), current()),
        EstateState::NotOwned
    );
}

#[test]
fn own_stacks_without_a_config_are_rows_and_stacks_of_others_are_not() {
    let config = config();
    let name = StackName::for_config(&config);
    let named = |text: &str| StackName {
        name: text.to_owned(),
        ..name.clone()
    };
    let place = (name.target.account.clone(), name.target.region.clone());
    let left = stack("left", "CREATE_COMPLETE", "s3", &named("left"));
    let mut test = stack("test", "CREATE_COMPLETE", "s3", &named("test"));
    test.tags.insert(TEST_TAG.to_owned(), name.name.clone());
    let stacks = vec![
        stack(&name.name, "CREATE_COMPLETE", "s3", &name),
        left,
        test,
        // Tags that were copied from another stack.
        stack("copied", "CREATE_COMPLETE", "s3", &name),
        stack("shell", "REVIEW_IN_PROGRESS", "s3", &named("shell")),
    ];
    let places = PlaceStacks::from([(place.clone(), Ok(stacks))]);
    let rows = stacks_without_config(&places, std::slice::from_ref(&name), true);
    let [row] = &rows[..] else {
        panic!("{rows:#?}");
    };
    assert_eq!(row.stack.as_deref(), Some("left"));
    assert_eq!(row.state, EstateState::WithoutConfig);
    assert_eq!(row.product.as_deref(), Some("s3"));
    // A config with errors can be the one of the stack.
    let rows = stacks_without_config(&places, &[name], false);
    assert_eq!(rows[0].state, EstateState::Unknown);
    assert_eq!(rows[0].template.unknown, Some(Unknown::ConfigErrors));
    let unread = PlaceStacks::from([(place, Err(Unknown::AwsFailed))]);
    assert!(stacks_without_config(&unread, &[], true).is_empty());
}

#[test]
fn issues_name_the_state_and_the_next_step() {
    let name = StackName::for_config(&config());
    let mut shown = String::new();
    for row in sample_rows() {
        let is_told = matches!(
            row.state,
            EstateState::NotApplied | EstateState::WithoutConfig
        );
        if is_told {
            let body = estate_issue(&name, &row);
            assert_nothing_live(&body);
            shown.push_str(&estate_issue_title(&name, row.state));
            shown.push_str(&format!("\n{body}\n"));
        }
    }
    insta::assert_snapshot!("issues", shown);
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).args(arguments);
    git.env("GIT_CONFIG_GLOBAL", "/dev/null");
    for (name, value) in [
        ("GIT_AUTHOR_NAME", "t"),
        ("GIT_AUTHOR_EMAIL", "t@example.org"),
        ("GIT_COMMITTER_NAME", "t"),
        ("GIT_COMMITTER_EMAIL", "t@example.org"),
        ("GIT_AUTHOR_DATE", "2026-11-01T00:00:00Z"),
        ("GIT_COMMITTER_DATE", "2026-11-01T00:00:00Z"),
    ] {
        git.env(name, value);
    }
    assert!(git.status().unwrap().success(), "{arguments:?}");
}

#[test]
fn the_command_reads_a_checkout_without_aws() {
    let folder = TempDir::new().unwrap();
    let configs = folder.path().join("s3/configs");
    std::fs::create_dir_all(&configs).unwrap();
    let example = "edge-prod-b001-us-west-1-s3.yaml";
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/s3/configs");
    std::fs::copy(examples.join(example), configs.join(example)).unwrap();
    std::fs::write(configs.join("broken-s3.yaml"), "s3: [\n").unwrap();
    git(folder.path(), &["init", "--quiet", "--initial-branch=main"]);
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "Add"]);
    let run = |format: &str| {
        let mut command = Command::new(BINARY);
        let arguments = ["estate", "--no-aws", "--format", format];
        command.args(arguments).current_dir(folder.path());
        let output = command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap());
        let output = output.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    let document: Value = serde_json::from_str(&run("json")).unwrap();
    assert_documented(&document);
    let rows = document["rows"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let [broken, valid] = &rows[..] else { panic!() };
    assert_eq!(broken["state"], "invalid");
    assert_eq!(broken["template"]["unknown"], "config-errors");
    assert_eq!(valid["state"], "unknown");
    assert_eq!(valid["status"]["unknown"], "aws-not-queried");
    assert_eq!(valid["account"], "123456789012");
    assert_eq!(valid["pull_requests"]["unknown"], "forge-not-queried");
    let change = &valid["last_change"]["value"];
    assert_eq!(change["time"], "2026-11-01T00:00:00Z");
    assert_eq!(change["approvers"]["unknown"], "forge-not-queried");
    assert!(run("html").contains("unknown (AWS not queried)"));
    assert!(run("text").contains("config has errors"));
    // No merge can apply a config that the policy denies, and no account is asked for it.
    let policy = "version: 1\nenvironments: {prod: {accounts: ['700000000007']}}\n";
    std::fs::write(folder.path().join(".provisioner.yaml"), policy).unwrap();
    git(folder.path(), &["add", "."]);
    git(folder.path(), &["commit", "--quiet", "--message", "Limit"]);
    let document: Value = serde_json::from_str(&run("json")).unwrap();
    let denied = &document["rows"][1];
    assert_eq!(denied["state"], "unknown", "{document:#}");
    assert_eq!(denied["status"]["unknown"], "account-not-allowed");
}
