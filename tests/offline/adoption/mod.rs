//! A live stack compared with what a config renders.

mod obstacles;
mod properties;
mod templates;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use provisioner::config::sample;
use provisioner::entries::{ENTRY_FILES, new_entries};
use provisioner::model::{FileContents, RepoPath};
use provisioner::plan::{Adoption, AdoptionInput};
use provisioner::product::{Registry, Target};
use provisioner::report::diagnostics;
use provisioner::stack::{
    DriftCheck, LiveStack, Output, Stack, StackName, StackParameter, StackStatus, owner_tags,
};
use provisioner::template::Document;

const ACCOUNT: &str = "123456789012";
const REGION: &str = "us-west-2";
const NAME: &str = "acme-stack";

/// A live stack and a rendered template, which agree in everything but their templates.
struct Pair {
    live: LiveStack,
    template: String,
    stack: StackName,
    rendered: String,
}

impl Pair {
    fn new(template: &str, rendered: &str) -> Self {
        Self {
            live: live(NAME),
            template: template.to_owned(),
            stack: StackName {
                target: Target {
                    account: ACCOUNT.to_owned(),
                    region: REGION.to_owned(),
                    environment: "prod".to_owned(),
                },
                name: NAME.to_owned(),
            },
            rendered: rendered.to_owned(),
        }
    }

    fn parameter(mut self, name: &str, value: &str) -> Self {
        let value = StackParameter {
            value: value.to_owned(),
            resolved: None,
        };
        self.live.parameters.insert(name.to_owned(), value);
        self
    }

    fn tag(mut self, key: &str, value: &str) -> Self {
        let tags = &mut self.live.stack.tags;
        tags.insert(key.to_owned(), value.to_owned());
        self
    }

    fn compare(&self) -> Adoption {
        let document = Document::parse(&RepoPath::typed("rendered"), &self.rendered).unwrap();
        Adoption::new(&AdoptionInput {
            live: &self.live,
            template: &self.template,
            stack: &self.stack,
            owner: &owner_tags("s3", &self.stack),
            rendered: &self.rendered,
            document: &document,
        })
    }

    /// Logical id and paths of all differences.
    fn paths(&self) -> Vec<String> {
        let adoption = self.compare();
        let changed = adoption.changed();
        let paths = changed.flat_map(|resource| {
            let paths = resource.differences.iter();
            paths.map(|difference| format!("{}{}", resource.logical_id, difference.path))
        });
        paths.collect()
    }
}

fn live(name: &str) -> LiveStack {
    LiveStack {
        stack: Stack {
            id: format!("arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{name}/6a4c9a50"),
            name: name.to_owned(),
            status: StackStatus("CREATE_COMPLETE".to_owned()),
            reason: None,
            protected: false,
            tags: BTreeMap::new(),
            outputs: vec![Output {
                key: "Name".to_owned(),
                value: "x".to_owned(),
                export: Some("acme-name".to_owned()),
            }],
            created: 0,
            updated: None,
            drift: DriftCheck::default(),
        },
        parameters: BTreeMap::new(),
        parent: None,
        root: None,
        role: None,
        capabilities: Vec::new(),
    }
}

/// The templates of the products' samples.
static SAMPLES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let registry = Registry::built_in();
    let tiers = [
        ("s3", "standard"),
        ("ml", "starter"),
        ("ml", "professional"),
        ("ml", "enterprise"),
    ];
    let templates = tiers.map(|(product, tier)| {
        let product = registry.product(product).unwrap().unwrap();
        let config = sample(&registry, &product, tier).unwrap();
        product.render_template(&config.derived.scope).unwrap()
    });
    templates.into()
});

/// The example names a config of the examples, and its stack.
#[test]
#[expect(clippy::disallowed_methods, reason = "examples are files")]
fn the_example_adopts_the_stack_of_an_example() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = std::fs::read(examples.join("adoption/.provisioner/adoptions.yaml")).unwrap();
    let contents = FileContents::Regular(text);
    let entries = new_entries(ENTRY_FILES[0], None, Some(&contents)).unwrap();
    let [new] = &entries[..] else {
        panic!("one entry: {entries:?}");
    };
    let config = new.entry.config.as_str();
    assert!(examples.join(config).is_file(), "{config}");
    let name = RepoPath::typed(config).stem().to_owned() + "-stack";
    let stack = new.entry.stack.as_ref().unwrap();
    assert_eq!(stack.name(), name);
    let page = std::fs::read_to_string(examples.join("../docs/adoption.md")).unwrap();
    assert!(page.contains(stack.as_str()));
}

/// What is wrong with a file of entries, with the form that it should have.
#[test]
fn wrong_entries_have_a_help_that_leads_on() {
    let stack = "arn:aws:cloudformation:us-west-2:123456789012:stack/acme-stack/6a4c9a50";
    let mut shown = String::new();
    for (index, text) in [
        (0, "version: \"1\"\n".to_owned()),
        (
            0,
            format!("version: 1\nadopt:\n  - config: ./s3/configs/a.yaml\n    stack: {stack}\n"),
        ),
        (
            0,
            format!("version: 1\nadopt:\n  - config: ../a.yaml\n    stack: {stack}\n"),
        ),
        (0, "version: 1\nadopt:\n".to_owned()),
        (
            0,
            format!("version: 1\nadopt: {{config: a.yaml, stack: '{stack}'}}\n"),
        ),
        (
            0,
            "version: 1\nadopt:\n  - config: a.yaml\n    stack: 5\n".to_owned(),
        ),
        (0, String::new()),
        (1, "version: 1\nreplace: s3/configs/a.yaml\n".to_owned()),
        (
            1,
            format!("version: 1\nreplace: [s3/configs/a.yaml, {stack}]\n"),
        ),
    ] {
        let contents = FileContents::Regular(text.clone().into_bytes());
        let problems = new_entries(ENTRY_FILES[index], None, Some(&contents)).unwrap_err();
        shown.push_str(&format!("{text}{}\n", diagnostics(&problems)));
    }
    insta::assert_snapshot!(shown);
}
