//! Time and memory of each step from a config's bytes to the pull request's comment. See docs/benchmarks.md.
#![expect(
    clippy::disallowed_methods,
    reason = "what is measured begins with reading files"
)]
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "a benchmark that cannot go on stops"
)]

mod configs;

use std::hint::black_box;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use provisioner::command;
use provisioner::config::{self, Config, ConfigContents};
use provisioner::diff;
use provisioner::model::{CommitSha, FileContents, RepoPath};
use provisioner::plan::{Input, Plan, assess};
use provisioner::product::Registry;
use provisioner::report::{self, CheckContext, Report};
use rayon::prelude::*;
use rayon::{ThreadPool, ThreadPoolBuilder};
use saphyr_parser::Parser;

use configs::Revision;

/// Maximum length of a comment.
const COMMENT_LIMIT: usize = 65_000;

/// Numbers of configs.
const COUNTS: [usize; 3] = [1, 1_000, 10_000];

/// The binary's allocator. `compare.sh` measures the memory of whole processes.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

static FOLDER: OnceLock<PathBuf> = OnceLock::new();

fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    FOLDER
        .set(folder.path().to_owned())
        .expect("nothing has set it before");
    divan::Divan::default()
        .sample_count(20)
        .max_time(Duration::from_secs(10))
        .config_with_args()
        .main();
}

/// The files of the first `count` configs, and their total size in bytes.
fn files(count: usize) -> (Vec<PathBuf>, usize) {
    let folder = FOLDER.get().expect("main has set it");
    let written = (0..count).map(|index| {
        let (name, text) = configs::config(index, Revision::Base);
        let file = folder.join(name);
        if !file.exists() {
            std::fs::write(&file, &text).expect("a file can be written");
        }
        (file, text.len())
    });
    let (files, lengths): (Vec<_>, Vec<_>) = written.unzip();
    (files, lengths.iter().sum())
}

fn path(name: &str) -> RepoPath {
    RepoPath::parse(&format!("s3/configs/{name}")).expect("the generator makes file names")
}

/// A registry with a compiled product, as from the second config on.
fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let registry = Registry::built_in();
        registry
            .product("s3")
            .expect("it is built in")
            .expect("it loads");
        registry
    })
}

fn loaded(count: usize, revision: Revision) -> Vec<Config> {
    let each = (0..count).map(|index| {
        let (name, text) = configs::config(index, revision);
        let loaded = config::load(registry(), &path(&name), text.as_bytes());
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        loaded.config.expect("there are no diagnostics")
    });
    each.collect()
}

fn templates(count: usize, revision: Revision) -> Vec<String> {
    loaded(count, revision).iter().map(template).collect()
}

fn template(config: &Config) -> String {
    let rendered = config.product.render_template(&config.derived.scope);
    rendered.expect("the product's template renders")
}

fn alone(text: String) -> ConfigContents {
    ConfigContents::alone(FileContents::Regular(text.into_bytes()))
}

/// A change of every config, and the size of both sides in bytes.
fn change(count: usize) -> (Vec<Input>, usize) {
    let inputs: Vec<_> = (0..count)
        .map(|index| {
            let (name, base) = configs::config(index, Revision::Base);
            let (_, head) = configs::config(index, Revision::Head);
            Input {
                base: Some(alone(base)),
                head: Some(alone(head)),
                ..Input::new(path(&name))
            }
        })
        .collect();
    let sides = inputs.iter().flat_map(|input| [&input.base, &input.head]);
    let bytes = sides
        .flatten()
        .filter_map(|contents| contents.file.bytes())
        .map(<[u8]>::len)
        .sum();
    (inputs, bytes)
}

fn plan(inputs: &[Input]) -> Plan {
    let plan = assess(registry(), registry(), inputs);
    assert_eq!((plan.invalid, plan.changes.len()), (0, inputs.len()));
    plan
}

/// The lower bound: reads files and parses YAML, without a result.
#[divan::bench(args = COUNTS)]
fn a_floor_events(bencher: Bencher<'_, '_>, count: usize) {
    let (files, bytes) = files(count);
    counted(bencher, count, bytes).bench(|| {
        for file in &files {
            let text = std::fs::read_to_string(file).expect("it was written");
            for event in Parser::new_from_str(&text) {
                let _ = black_box(event);
            }
        }
    });
}

/// The lower bound with values: serde's result for the YAML.
#[divan::bench(args = COUNTS)]
fn b_floor_values(bencher: Bencher<'_, '_>, count: usize) {
    let (files, bytes) = files(count);
    counted(bencher, count, bytes).bench(|| {
        for file in &files {
            let bytes = std::fs::read(file).expect("it was written");
            black_box(serde_yaml::from_slice::<serde_yaml::Value>(&bytes).expect("it is YAML"));
        }
    });
}

/// Reads and checks files: YAML, schema, characters, names, rules.
#[divan::bench(args = COUNTS)]
fn c_validate(bencher: Bencher<'_, '_>, count: usize) {
    let (files, bytes) = files(count);
    let files: Vec<_> = files
        .into_iter()
        .map(|file| {
            let name = file.file_name().expect("it has a name").to_string_lossy();
            (path(&name), file)
        })
        .collect();
    let registry = registry();
    counted(bencher, count, bytes).bench(|| {
        for (path, file) in &files {
            let bytes = std::fs::read(file).expect("it was written");
            black_box(config::load(registry, path, &bytes));
        }
    });
}

/// Renders the templates of checked configs.
#[divan::bench(args = COUNTS)]
fn d_render(bencher: Bencher<'_, '_>, count: usize) {
    let configs = loaded(count, Revision::Base);
    let bytes = configs.iter().map(|config| template(config).len()).sum();
    counted(bencher, count, bytes).bench(|| {
        for config in &configs {
            black_box(template(config));
        }
    });
}

/// Diffs of rendered templates.
#[divan::bench(args = COUNTS)]
fn e_diff(bencher: Bencher<'_, '_>, count: usize) {
    let base = templates(count, Revision::Base);
    let head = templates(count, Revision::Head);
    let bytes = base.iter().chain(&head).map(String::len).sum();
    counted(bencher, count, bytes).bench(|| {
        for (base, head) in base.iter().zip(&head) {
            assert!(black_box(diff::diff(base, head)).is_some());
        }
    });
}

/// The shortest way from two texts to a diff, on all cores: loads, validates and renders both sides, then compares them. A plan
/// also parses and checks both templates and compares their resources.
#[divan::bench(args = COUNTS)]
fn f_load_validate_render_diff(bencher: Bencher<'_, '_>, count: usize) {
    let (inputs, bytes) = change(count);
    let side = |input: &Input, file: &Option<ConfigContents>| {
        let file = file.as_ref().expect("both sides are there");
        let loaded = config::load_contents(registry(), &input.path, file);
        template(&loaded.config.expect("the generator makes good configs"))
    };
    counted(bencher, count, bytes).bench(|| {
        pool().install(|| {
            inputs
                .par_iter()
                .filter_map(|input| {
                    diff::diff(&side(input, &input.base), &side(input, &input.head))
                })
                .count()
        })
    });
}

/// The whole plan on one core.
#[divan::bench(args = COUNTS)]
fn g_plan_on_one_core(bencher: Bencher<'_, '_>, count: usize) {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    let pool = POOL.get_or_init(|| {
        let pool = ThreadPoolBuilder::new().num_threads(1).use_current_thread();
        pool.build().expect("a pool of this thread")
    });
    let (inputs, bytes) = change(count);
    counted(bencher, count, bytes).bench(|| pool.install(|| plan(&inputs)));
}

/// The whole plan on all cores: both sides loaded, rendered, checked and compared.
#[divan::bench(args = COUNTS)]
fn h_plan_on_all_cores(bencher: Bencher<'_, '_>, count: usize) {
    let (inputs, bytes) = change(count);
    counted(bencher, count, bytes).bench(|| pool().install(|| plan(&inputs)));
}

/// The comment of a finished plan.
#[divan::bench(args = COUNTS)]
fn i_comment(bencher: Bencher<'_, '_>, count: usize) {
    let context = CheckContext {
        repository: None,
        pull_request: None,
        base: CommitSha::parse(&"0".repeat(40)).unwrap(),
        head: CommitSha::parse(&"f".repeat(40)).unwrap(),
        version: env!("CARGO_PKG_VERSION"),
        run: None,
        url: None,
    };
    let report = Report::new(context, plan(&change(count).0), Vec::new());
    let comment = || {
        report::markdown(&report, report::Rest::JobSummary, COMMENT_LIMIT)
            .expect("the comment renders")
    };
    let bytes = comment().len();
    counted(bencher, count, bytes).bench(comment);
}

/// The cost of each process: compiles the product's schema, expressions and templates.
#[divan::bench]
fn j_compile_the_product() {
    let registry = Registry::built_in();
    assert!(black_box(registry.product("s3")).is_some_and(|product| product.is_ok()));
}

/// The longest comment of a forge, full of Markdown, with a command at its end.
#[divan::bench]
fn k_commands_of_a_comment(bencher: Bencher<'_, '_>) {
    let paragraph = "> as was **said** in `x`: [see](https://example.com)\n\n- so\n  ```\n  /provisioner help\n  ```\n\n";
    let command = "/provisioner help";
    let times = (command::MAX_CHARACTERS - command.len()) / paragraph.len();
    let body = paragraph.repeat(times) + command;
    let actions = command::CommentActions::from_products(&Registry::built_in());
    assert_eq!(command::parse(&body, &actions).len(), 1);
    let bytes = body.len();
    counted(bencher, 1, bytes).bench(|| command::parse(black_box(&body), &actions));
}

/// All cores, in a pool of its own: the measured thread may belong to another pool.
fn pool() -> &'static ThreadPool {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| ThreadPoolBuilder::new().build().expect("a pool"))
}

fn counted<'a, 'b>(bencher: Bencher<'a, 'b>, count: usize, bytes: usize) -> Bencher<'a, 'b> {
    bencher
        .counter(ItemsCount::new(count))
        .counter(BytesCount::new(bytes))
}
