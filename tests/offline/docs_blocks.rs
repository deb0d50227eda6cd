//! Every block of the pages with commands or outputs is run, compared with a recorded run, or listed here as an illustration.
#![expect(clippy::disallowed_methods, reason = "the pages are files")]

use std::collections::BTreeSet;
use std::path::Path;

use provisioner::cli;
use provisioner::command::{CommentActions, parse_lines};
use provisioner::product::Registry;
use provisioner::report::explain;

use super::docs_consoles::{Block, Page, RECORDED, Session, block_with, blocks, root};

/// Blocks that a test of this file or of `docs_consoles` runs or compares: the page and the beginning of the block.
const RUN: &[(&str, &str)] = &[
    (
        "docs/aws.md",
        "s3/configs/acme-prod-0042-us-west-2-s3.yaml:11:1: error[solution-not-listed]",
    ),
    ("docs/commands.md", "/provisioner show-changes"),
    ("docs/commands.md", "/provisioner deploy-produkt"),
    (
        "docs/commands.md",
        "/provisioner help\n/provisioner explain",
    ),
    ("docs/configs-ml.md", "provisioner validate-config"),
    ("docs/configs-ml.md", "ml/configs/acme-dev"),
    ("docs/configs-s3.md", "s3/configs/acme-dev"),
    ("docs/migration.md", "provisioner validate-config"),
    ("docs/migration.md", "provisioner -con"),
    ("docs/policy.md", "provisioner schema policy"),
    ("docs/policy.md", ".provisioner.yaml:3:3"),
    ("docs/provision.md", "/provisioner tear-down"),
    ("docs/roles.md", "provisioner roles --forge gitlab"),
    ("docs/roles.md", "job\n"),
    ("docs/upgrades.md", "provisioner lock\n"),
    ("docs/upgrades.md", "created .provisioner/products.lock"),
];

/// Blocks that are not run: the page, the beginning of the block, and why.
const ILLUSTRATIONS: &[(&str, &str, &str)] = &[
    ("CONTRIBUTING.md", "make ", "runs all tests"),
    ("CONTRIBUTING.md", "UPDATE=1", "writes the pages"),
    ("README.md", "make demo", "CI runs both"),
    ("README.md", "provisioner init", "asks on a terminal"),
    ("docs/adoption.md", "provisioner discover", "AWS"),
    ("docs/adoption.md", "provisioner validate-config", "pushes"),
    ("docs/adoption.md", "provisioner adopt", "AWS"),
    ("docs/adoption.md", "provisioner import", "AWS"),
    ("docs/adoption.md", "provisioner unadopt", "AWS"),
    ("docs/architecture.md", "event", "a diagram"),
    ("docs/architecture.md", "command line", "a diagram"),
    ("docs/aws.md", "provisioner show-changes", "AWS"),
    ("docs/aws.md", "drift: 2 differences", "AWS"),
    (
        "docs/aws.md",
        "acme-prod-0042-us-west-2-s3-stack-t0n4sik",
        "AWS",
    ),
    ("docs/aws.md", "provisioner prep-master", "AWS"),
    (
        "docs/aws.md",
        "acme-prod-0042-us-west-2-s3-stack: change set",
        "AWS",
    ),
    (
        "docs/aws.md",
        "s3/configs/acme-prod-0042-us-west-2-s3.yaml: error[update-not-allowed]",
        "AWS",
    ),
    ("docs/aws.md", "provisioner deploy-solution", "AWS"),
    (
        "docs/aws.md",
        "acme-prod-0042-us-west-2-s3: 162 folders",
        "AWS",
    ),
    (
        "docs/aws.md",
        "s3/configs/acme-prod-0042-us-west-2-s3.yaml:11:1: warning[solution-not-listed]",
        "AWS",
    ),
    ("docs/aws.md", "provisioner tear-down", "AWS"),
    ("docs/benchmarks.md", "PROVISIONER_MANY", "measures"),
    ("docs/benchmarks.md", "PROVISIONER_RELEASED", "measures"),
    ("docs/benchmarks.md", "release/build.sh", "measures"),
    ("docs/check.md", "provisioner check", "a synopsis"),
    ("docs/commands.md", "/provisioner ACTION", "a synopsis"),
    ("docs/configs-ml.md", "aws s3api", "AWS"),
    ("docs/configs-ml.md", "aws sagemaker", "AWS"),
    ("docs/configs-ml.md", "aws codepipeline", "AWS"),
    ("docs/gitlab.md", "project=", "a GitLab server"),
    ("docs/gitlab.md", "call ", "a GitLab server"),
    ("docs/gitlab.md", "provisioner roles", "AWS"),
    ("docs/gitlab.md", "id=", "a GitLab server"),
    ("docs/iam-policies.md", "aws kms tag-resource", "AWS"),
    ("docs/migration.md", "mkdir", "a container"),
    (
        "docs/policy.md",
        "provisioner init --environment",
        "the tests of init",
    ),
    ("docs/provision.md", "provisioner replay", "a file of a job"),
    ("docs/releases.md", "curl", "a released version"),
    ("docs/releases.md", "digest=", "a released version"),
    ("docs/releases.md", "gh attestation", "a released version"),
    ("docs/releases.md", "git -C", "a released version"),
    ("docs/releases.md", "mkdir", "a container"),
    ("docs/releases.md", "release/notes.py", "a released version"),
    ("docs/repair.md", "provisioner deploy-product", "AWS"),
    ("docs/repair.md", "provisioner restore", "AWS"),
    ("docs/repair.md", "provisioner continue-rollback", "AWS"),
    ("docs/replacement.md", "provisioner replace", "AWS"),
    (
        "docs/templates.md",
        "ml: templates of up to",
        "tests/contract prints it",
    ),
    ("docs/templates.md", "cargo install", "installs"),
    ("docs/scale.md", "PROVISIONER_MANY", "measures"),
    ("docs/upgrades.md", "for version", "released versions"),
];

/// `docs_consoles` runs the blocks of these pages, in order.
const RUN_WHOLE: &[&str] = &["docs/getting-started.md", "docs/products.md"];

/// Languages of commands and outputs.
fn is_console(block: &Block) -> bool {
    ["sh", "console", "text", "markdown", "diff"].contains(&&*block.language)
}

fn pages() -> Vec<String> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap();
    let docs = docs.map(|entry| format!("docs/{}", entry.unwrap().file_name().to_str().unwrap()));
    // The code writes the page of the command line.
    let docs = docs.filter(|page| page.ends_with(".md") && page != "docs/cli.md");
    docs.chain(["README.md", "CONTRIBUTING.md"].map(str::to_owned))
        .collect()
}

fn read(page: &str) -> String {
    std::fs::read_to_string(root().join(page)).unwrap()
}

#[test]
fn every_block_of_a_page_is_run_or_listed() {
    let mut listed: BTreeSet<(&str, &str)> = RUN.iter().copied().collect();
    listed.extend(ILLUSTRATIONS.iter().map(|(page, start, _)| (*page, *start)));
    listed.extend(RECORDED.iter().map(|(start, _)| ("docs/aws.md", *start)));
    let mut unused = listed.clone();
    for page in pages() {
        if RUN_WHOLE.contains(&&*page) {
            continue;
        }
        for block in blocks(&read(&page))
            .iter()
            .filter(|block| is_console(block))
        {
            let is_meant =
                |(listed, start): &&(&str, &str)| *listed == page && block.text.starts_with(start);
            let entry = listed.iter().find(is_meant);
            let entry = entry.unwrap_or_else(|| {
                panic!(
                    "{page}:{}: run this block, or list it as an illustration\n{}",
                    block.lines.start, block.text
                )
            });
            unused.remove(entry);
        }
    }
    assert!(unused.is_empty(), "no block begins so: {unused:?}");
}

/// The words of a command line, with values for the placeholders of the pages. `None` for a synopsis and for the original tools' form.
fn words(line: &str) -> Option<Vec<&str>> {
    let line = line
        .split(" #")
        .next()?
        .split([';', '&', '|', '>'])
        .next()?
        .trim();
    let is_synopsis = line.contains(['[', '…', '$', '<', '`']);
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_original = words.get(1).is_some_and(|word| word.starts_with("-con"));
    (words.first() == Some(&"provisioner") && words.len() > 1 && !is_synopsis && !is_original)
        .then_some(words)
}

#[test]
fn every_command_line_of_a_page_is_accepted() {
    let command = cli::command(&Registry::built_in());
    let mut number = 0;
    for page in pages() {
        let text = read(&page);
        let blocks = blocks(&text);
        for block in blocks.iter().filter(|block| block.language == "sh") {
            // This page runs them with a product of its own.
            if page == "docs/products.md" {
                continue;
            }
            for words in block.text.lines().filter_map(words) {
                let parsed = command.clone().try_get_matches_from(&words);
                let error = parsed.err().filter(|error| error.use_stderr());
                assert!(error.is_none(), "{page}: {words:?}: {}", error.unwrap());
                number += 1;
            }
        }
    }
    assert!(number >= 20, "{number}");
}

/// The block of a page that begins with this text.
fn block(page: &str, start: &str) -> String {
    block_with(&blocks(&read(page)), start).text.clone()
}

#[test]
fn commands_of_comments_are_valid() {
    let actions = CommentActions::from_products(&Registry::built_in());
    for (page, start) in RUN {
        let text = block(page, start);
        if text.starts_with("/provisioner deploy-produkt") {
            let line = &parse_lines(&text, &actions)[0];
            let error = line.command.as_ref().unwrap_err();
            let shown = format!("{}\nerror: {error}\nhelp: {}\n", line.text, error.help());
            assert_eq!(text, shown);
        } else if text.starts_with("/provisioner") {
            for line in parse_lines(&text, &actions) {
                assert!(
                    line.command.is_ok(),
                    "{page}: {}: {:?}",
                    line.text,
                    line.command
                );
            }
        }
    }
}

/// A folder with an example of each product and the example of a policy.
fn with_examples() -> Session {
    let session = Session::new();
    for path in [
        "s3/configs/edge-prod-b001-us-west-1-s3.yaml",
        "ml/configs/globalbank-dev-c001-us-west-2-demand-forecasting-ml-s3.yaml",
    ] {
        session.write(path, &read(&format!("examples/{path}")));
    }
    session
}

#[test]
fn commands_of_guides_succeed() {
    for (page, start) in [
        ("docs/configs-ml.md", "provisioner validate-config"),
        ("docs/migration.md", "provisioner validate-config"),
        ("docs/migration.md", "provisioner -con"),
        ("docs/policy.md", "provisioner schema policy"),
        ("docs/roles.md", "provisioner roles --forge gitlab"),
    ] {
        let session = with_examples();
        if page == "docs/roles.md" {
            session.write(
                ".provisioner.yaml",
                &read("examples/policy/.provisioner.yaml"),
            );
        }
        let text = block(page, start);
        let queries_aws = |line: &&str| {
            ["show-changes", "doctor"]
                .iter()
                .any(|action| line.contains(action))
        };
        let lines = text.lines().filter(|line| !queries_aws(line));
        let script = lines.collect::<Vec<_>>().join("\n");
        let script = script.replace("CONFIG", "s3/configs/edge-prod-b001-us-west-1-s3.yaml");
        let printed = session.shell(&format!("exec 2>&1; set -e\n{script}\necho all succeeded"));
        assert!(
            printed.ends_with("all succeeded\n"),
            "{page}: {script}\n{printed}"
        );
    }
}

#[test]
fn errors_of_a_policy_are_printed_as_their_page_shows() {
    let (mut page, blocks) = Page::read("docs/policy.md");
    let session = Session::new();
    let policy = "version: 1\ndefaults:\n  update: never\n  approvals: 0\n";
    session.write(".provisioner.yaml", policy);
    let printed = session.shell("provisioner validate-config 2>&1");
    let (errors, _) = printed.split_once("\nvalidate-config: ").unwrap();
    page.expect(block_with(&blocks, ".provisioner.yaml:3:3"), errors);
    page.finish();
}

#[test]
fn an_unlisted_solution_is_printed_as_its_page_shows() {
    let (mut page, blocks) = Page::read("docs/aws.md");
    let session = Session::new();
    let path = "s3/configs/acme-prod-0042-us-west-2-s3.yaml";
    let client = "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"123456789012\"\n  tenant_id: \"0042\"\n";
    let place = "\nenvironment:\n  env: prod\n  region: us-west-2\n\n";
    session.write(path, &format!("{client}{place}s3:\n  versioning: true\n"));
    let action = format!("provisioner deploy-solution {path} --solution master-soluton --no-log");
    let printed = session.shell(&action);
    let (errors, _) = printed.split_once("\ndeploy-solution: ").unwrap();
    let start = format!("{path}:11:1: error[solution-not-listed]");
    page.expect(block_with(&blocks, &start), errors);
    page.finish();
}

/// The site makes a page for each heading of the third level in docs/diagnostics.md.
#[test]
fn every_address_of_a_code_is_a_page_of_the_site() {
    let page = read("docs/diagnostics.md");
    let headings = page.lines().filter_map(|line| line.strip_prefix("### "));
    let headings: BTreeSet<&str> = headings.collect();
    let codes = explain(&Registry::built_in(), None).unwrap().codes;
    assert!(codes.len() > 100, "{}", codes.len());
    for code in &codes {
        let address = code.page.as_deref().unwrap();
        let file = address.rsplit_once("/codes/").unwrap().1;
        assert!(
            headings.contains(file.strip_suffix(".html").unwrap()),
            "{file}"
        );
    }
    assert_eq!(codes.len(), headings.len());
}

#[test]
fn a_lock_is_printed_as_its_page_shows() {
    let (mut page, blocks) = Page::read("docs/upgrades.md");
    let printed = with_examples().shell(&block("docs/upgrades.md", "provisioner lock\n"));
    page.expect(block_with(&blocks, "created .provisioner"), &printed);
    page.finish();
}

/// The page shows some lines of several runs.
#[test]
fn lines_of_doctor_are_those_of_recorded_runs() {
    let folder = Path::new("tests/testbed/snapshots");
    let recorded = ["pull_request", "missing"].map(|name| {
        let path = folder.join(format!("testbed__doctor__{name}.snap"));
        read(path.to_str().unwrap())
            .replace("ACCOUNT", "123456789012")
            .replace("provisioner-apply:", "provisioner-apply-prod:")
    });
    let recorded = recorded.concat();
    let lines: BTreeSet<&str> = recorded.lines().collect();
    for line in block("docs/roles.md", "job\n").lines() {
        assert!(line.is_empty() || lines.contains(line), "{line}");
    }
}
