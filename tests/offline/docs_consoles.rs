//! The console blocks of the pages: commands are run in order, and their outputs are those of the page. `UPDATE=1` writes them.
#![expect(clippy::disallowed_methods, reason = "a reader has files and a shell")]

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::support::job::BINARY;

const CONFIG: &str = "s3/configs/acme-dev-0042-eu-central-1-s3.yaml";

pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A fenced block of a page.
pub struct Block {
    pub language: String,
    /// Lines of the page between the fences.
    pub lines: std::ops::Range<usize>,
    pub text: String,
}

pub fn blocks(page: &str) -> Vec<Block> {
    let lines: Vec<&str> = page.lines().collect();
    let mut blocks = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let ticks = lines[at].len() - lines[at].trim_start_matches('`').len();
        let start = at + 1;
        at = start;
        if ticks < 3 {
            continue;
        }
        let fence = "`".repeat(ticks);
        let end = lines[start..].iter().position(|line| *line == fence);
        let end = start + end.unwrap_or_else(|| panic!("no end of {}", lines[start - 1]));
        blocks.push(Block {
            language: lines[start - 1].trim_start_matches('`').to_owned(),
            lines: start..end,
            text: lines[start..end]
                .iter()
                .map(|line| format!("{line}\n"))
                .collect(),
        });
        at = end + 1;
    }
    blocks
}

/// A folder with a git repository, in which the commands of one page run.
pub struct Session {
    folder: TempDir,
}

impl Session {
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let session = Self { folder };
        session.shell("git init --quiet --initial-branch=main");
        session
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Standard output.
    pub fn shell(&self, script: &str) -> String {
        let program = Path::new(BINARY).parent().unwrap().to_path_buf();
        let path = std::env::var_os("PATH").unwrap();
        let path = [program].into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(path.collect::<Vec<PathBuf>>()).unwrap();
        let people = ["AUTHOR", "COMMITTER"];
        let output = Command::new("sh")
            .args(["-c", script])
            .current_dir(self.folder.path())
            .env_clear()
            .env("PATH", path)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .envs(people.map(|who| (format!("GIT_{who}_NAME"), "test")))
            .envs(people.map(|who| (format!("GIT_{who}_EMAIL"), "test@example.org")))
            .envs(people.map(|who| (format!("GIT_{who}_DATE"), "2026-01-01T00:00:00Z")))
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Compares outputs with blocks of a page, or writes them.
pub struct Page {
    name: &'static str,
    text: String,
    changed: Vec<(std::ops::Range<usize>, String)>,
    /// Blocks that were compared.
    compared: usize,
}

impl Page {
    pub fn read(name: &'static str) -> (Self, Vec<Block>) {
        let text = std::fs::read_to_string(root().join(name)).unwrap();
        let blocks = blocks(&text);
        let changed = Vec::new();
        (
            Self {
                name,
                text,
                changed,
                compared: 0,
            },
            blocks,
        )
    }

    /// Compares a block with what the commands before it printed, if it shows that.
    fn expect_output(&mut self, block: &Block, printed: &str) {
        match &*block.language {
            "text" => self.expect(block, printed),
            "markdown" => self.expect(block, comment(printed)),
            _ => {}
        }
    }

    pub fn expect(&mut self, block: &Block, printed: &str) {
        self.compared += 1;
        // Digests and commits change with the products, and the version with each release.
        let hash = regex::Regex::new("`[0-9a-f]{7,64}`").unwrap();
        let version = regex::Regex::new(r"\b[0-9]+\.[0-9]+\.[0-9]+\b").unwrap();
        let fixed = |text: &str| {
            let text = hash.replace_all(text.trim_end(), "`HASH`").into_owned();
            version.replace_all(&text, "VERSION").into_owned()
        };
        if fixed(&block.text) != fixed(printed) {
            self.changed
                .push((block.lines.clone(), printed.trim_end().to_owned()));
        }
    }

    #[track_caller]
    pub fn finish(self) {
        if self.changed.is_empty() {
            return;
        }
        let mut lines: Vec<String> = self.text.lines().map(str::to_owned).collect();
        if std::env::var_os("UPDATE").is_none() {
            let (range, printed) = &self.changed[0];
            panic!(
                "{}:{}: the page shows another output; UPDATE=1 cargo test docs_consoles\n{printed}",
                self.name, range.start
            );
        }
        for (range, printed) in self.changed.into_iter().rev() {
            lines.splice(range, printed.lines().map(str::to_owned));
        }
        std::fs::write(root().join(self.name), lines.join("\n") + "\n").unwrap();
    }
}

/// A command that builds the program or queries AWS.
fn is_run(script: &str) -> bool {
    !script.contains("cargo ") && !script.contains("show-changes")
}

/// The comment in what a check and the commands before it print.
fn comment(printed: &str) -> &str {
    &printed[printed.find("<!-- provisioner:check -->").unwrap()..]
}

#[test]
fn the_first_steps_print_what_their_page_shows() {
    let (mut page, blocks) = Page::read("docs/getting-started.md");
    let session = Session::new();
    let mut printed = String::new();
    let steps = blocks
        .iter()
        .take_while(|block| !block.text.contains("show-changes"));
    for block in steps {
        match &*block.language {
            "yaml" => {
                session.write(CONFIG, &block.text);
                printed = session.shell("provisioner validate-config");
            }
            "sh" if is_run(&block.text) => {
                // The page says that the copy is deleted.
                if block.text.contains("schema s3") {
                    session.shell("rm s3/configs/mine-s3.yaml");
                }
                printed = session.shell(&block.text);
            }
            _ => page.expect_output(block, &printed),
        }
    }
    assert!(page.compared >= 7, "{}", page.compared);
    page.finish();
}

#[test]
fn the_example_product_prints_what_its_page_shows() {
    let (mut page, blocks) = Page::read("docs/products.md");
    let session = Session::new();
    let first = blocks
        .iter()
        .position(|block| block.text.starts_with("name: queue\n"));
    let blocks = &blocks[first.unwrap()..];
    let config = "queue/configs/acme-prod-eu-central-1-orders-queue.yaml";
    let product = ".provisioner/products/queue";
    let files = [
        "product.yaml",
        "config.schema.json",
        "stack.yaml.j2",
        "iam-policy.json.j2",
    ];
    let files = files.map(|file| format!("{product}/{file}"));
    let files = files.into_iter().chain([config.to_owned()]);
    for (file, block) in files.zip(blocks) {
        session.write(&file, &block.text);
    }
    // Only a sample is missing.
    let checked = session.shell("provisioner check-product");
    assert!(
        checked.ends_with("check-product: 1 product, 0 errors, 1 warning\n"),
        "{checked}"
    );
    let mut printed = String::new();
    for block in &blocks[5..] {
        match &*block.language {
            "sh" => {
                if block.text.contains("check --base") {
                    let text = std::fs::read_to_string(session.folder.path().join(config));
                    session.shell("git add .provisioner queue/configs && git commit --quiet -m 'A queue' && git switch --quiet -c shorter");
                    session.write(config, &(text.unwrap() + "  retention_days: 2\n"));
                    session.shell("git commit --quiet -am 'Keep messages for two days'");
                }
                printed = session.shell(&block.text);
            }
            "yaml" => {
                let template = session.shell("cat queue/templates/*.yaml");
                assert!(template.contains(&block.text), "{template}");
                page.compared += 1;
            }
            _ => page.expect_output(block, &printed),
        }
    }
    assert!(page.compared >= 5, "{}", page.compared);
    page.finish();
}

#[test]
fn a_product_in_ten_minutes_prints_what_its_page_shows() {
    let (mut page, blocks) = Page::read("docs/products.md");
    let session = Session::new();
    let line_of = |heading: &str| page.text.lines().position(|line| line == heading).unwrap();
    let section = line_of("## A product in ten minutes")..line_of("## The manifest");
    let blocks = blocks
        .iter()
        .filter(|block| section.contains(&block.lines.start));
    let blocks: Vec<&Block> = blocks.collect();
    let mut printed = String::new();
    for block in blocks {
        match &*block.language {
            "sh" => printed = session.shell(&block.text),
            "text" => page.expect_output(block, &printed),
            // The test of new-product.
            _ => {
                let test = ".provisioner/products/queue/test-short-retention.yaml";
                assert!(session.shell(&format!("cat {test}")).ends_with(&block.text));
            }
        }
    }
    assert_eq!(page.compared, 5);
    page.finish();
}

#[test]
fn defaults_resolve_to_what_their_page_shows() {
    let (page, blocks) = Page::read("docs/defaults.md");
    let [defaults, config, resolved] = &blocks[..] else {
        panic!("{} blocks", blocks.len());
    };
    let session = Session::new();
    let path = "s3/configs/edge-prod-b002-us-west-1-s3.yaml";
    session.write("s3/configs/_defaults.yaml", &defaults.text);
    session.write(path, &config.text);
    let printed = session.shell(&format!("provisioner validate-config --resolved {path}"));
    let line = page
        .text
        .lines()
        .position(|line| line.starts_with("`provisioner validate-config"));
    assert!(line < Some(resolved.lines.start));
    assert!(printed.contains(&resolved.text), "{printed}");
    // The config has the tags of both files.
    for tag in [
        "Team: research\n",
        "CostCenter: forecasting  # s3/configs/_defaults.yaml:",
    ] {
        assert!(printed.contains(tag), "{printed}");
    }
}

/// The only block of a page that begins with this text.
pub fn block_with<'a>(blocks: &'a [Block], start: &str) -> &'a Block {
    let mut found = blocks.iter().filter(|block| block.text.starts_with(start));
    let block = found.next().unwrap_or_else(|| panic!("{start}"));
    assert!(found.next().is_none(), "{start}");
    block
}

#[test]
fn pages_of_configs_show_errors_as_they_are_printed() {
    let client = |tenant: &str| {
        format!(
            "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"123456789012\"\n  tenant_id: \"{tenant}\"\n"
        )
    };
    let s3 =
        |tenant: &str, place: &str| format!("{}{place}s3:\n  versioning: true\n", client(tenant));
    let europe = "environment:\n  env: dev\n  region: eu-central-1\n\n";

    let (mut page, blocks) = Page::read("docs/configs-s3.md");
    let session = Session::new();
    let path = "s3/configs/acme-dev-0042-eu-central-1-fraud-s3.yaml";
    session.write(path, &s3("0042", &format!("\n{europe}")));
    page.expect(
        block_with(&blocks, path),
        &session.shell("provisioner validate-config"),
    );
    page.finish();

    let (mut page, blocks) = Page::read("docs/configs-ml.md");
    let session = Session::new();
    let path = "ml/configs/acme-dev-0042-eu-central-1-churn-ml-codecommit.yaml";
    let network = "  vpc_mode: standalone\n  vpc_source: ssm\n  vpc:\n    vpc_id_path: /network/VpcId\n    subnet_ids_path: /network/SubnetIds\n  existing_endpoints: [s3]\n";
    let ml = format!(
        "{}{europe}ml_product:\n  use_case: churn\n  source_control: codecommit\n{network}",
        client("0042")
    );
    session.write(path, &ml);
    page.expect(
        block_with(&blocks, path),
        &session.shell("provisioner validate-config"),
    );
    page.finish();
}

/// Blocks with the output of AWS actions, by their first words, and the recorded runs that they show.
pub const RECORDED: &[(&str, &str)] = &[
    (
        "acme-prod-0042-us-west-2-s3-stack: does not exist",
        "testbed/aws/snapshots/testbed__aws__provision__changes_of_a_new_stack.snap",
    ),
    (
        "acme-prod-0042-us-west-2-s3-stack: CREATE_COMPLETE; 7 resources would change",
        "testbed/aws/snapshots/testbed__aws__provision__changes_since_the_deployed_config.snap",
    ),
    (
        "acme-prod-0042-us-west-2-s3-stack: drift in",
        "testbed/aws/snapshots/testbed__aws__provision__drift.snap",
    ),
    (
        "s3/configs/acme-prod-0042-us-west-2-s3.yaml:9:1: error[preflight-failed]",
        "testbed/aws/snapshots/testbed__aws__provision__preflight_failed.snap",
    ),
    (
        "s3/configs/acme-prod-0042-us-west-2-s3.yaml: error[force-required]",
        "testbed/aws/snapshots/testbed__aws__provision__tear_down_denied.snap",
    ),
    (
        "s3/configs/acme-prod-0042-us-west-2-s3.yaml: error[stack-not-owned]",
        "offline/replayed/snapshots/offline__replayed__adopt__stack_not_owned.snap",
    ),
];

#[test]
fn outputs_of_aws_actions_are_those_of_recorded_runs() {
    let (mut page, blocks) = Page::read("docs/aws.md");
    for (start, snapshot) in RECORDED {
        let snapshot = std::fs::read_to_string(root().join("tests").join(snapshot)).unwrap();
        let (_, printed) = snapshot[4..].split_once("\n---\n").unwrap();
        let printed = printed
            .replace("TTTT", "0042")
            .replace("ACCOUNT", "123456780042");
        // The emulator does not have this request.
        let printed = printed.replace("note: the hooks could not be read: InvalidAction\n", "");
        page.expect(block_with(&blocks, start), &printed);
    }
    page.finish();
}
