//! Configs drafted for live stacks.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use provisioner::config::{Config, load};
use provisioner::discover::{Draft, KnownConfig, NamedStack, Sorted, draft, sort};
use provisioner::model::RepoPath;
use provisioner::plan::{Adoption, AdoptionInput, AdoptionVerdict};
use provisioner::product::{Product, Registry};
use provisioner::report::{Format, adoption, adoption_summary, diagnostics};
use provisioner::stack::{
    DriftCheck, LiveStack, Stack, StackName, StackParameter, StackStatus, owner_tags,
};
use provisioner::template::Document;

fn live(name: &str, region: &str) -> LiveStack {
    LiveStack {
        stack: Stack {
            id: format!("arn:aws:cloudformation:{region}:123456789012:stack/{name}/6a4c9a50"),
            name: name.to_owned(),
            status: StackStatus("CREATE_COMPLETE".to_owned()),
            reason: None,
            protected: false,
            tags: BTreeMap::new(),
            outputs: Vec::new(),
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

fn products(registry: &Registry) -> Vec<Arc<Product>> {
    let names = registry.names();
    let products = names.into_iter().map(|name| registry.product(name));
    products.map(|product| product.unwrap().unwrap()).collect()
}

fn sorted(stack: &LiveStack, region: &str, configs: &[KnownConfig]) -> Sorted {
    let products = products(&Registry::built_in());
    let place = ("123456789012", region);
    let mut sorted = sort(std::slice::from_ref(stack), &products, configs, place, None);
    sorted.remove(0)
}

fn drafted(stack: &LiveStack, region: &str, template: &str) -> Option<(Box<NamedStack>, Draft)> {
    let registry = Registry::built_in();
    let Sorted::Named(named) = sorted(stack, region, &[]) else {
        return None;
    };
    let document = Document::parse(&RepoPath::typed("t"), template).unwrap();
    let draft = draft(&registry, &named.product, &named, stack, &document)?;
    Some((named, draft))
}

fn compared(stack: &LiveStack, template: &str, config: &Config) -> Adoption {
    let rendered = config
        .product
        .render_template(&config.derived.scope)
        .unwrap();
    let document = Document::parse(&config.path, &rendered).unwrap();
    let name = StackName::for_config(config);
    Adoption::new(&AdoptionInput {
        live: stack,
        template,
        stack: &name,
        owner: &owner_tags(config.product.name(), &name),
        rendered: &rendered,
        document: &document,
    })
}

#[expect(clippy::disallowed_methods, reason = "the examples are read as files")]
fn examples(folder: &str) -> Vec<Config> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let registry = Registry::built_in();
    let configs = files.iter().map(|file| {
        let path = RepoPath::typed(file.file_name().unwrap().to_str().unwrap());
        load(&registry, &path, &std::fs::read(file).unwrap())
            .config
            .unwrap()
    });
    configs.collect()
}

/// The stack that a config's template makes, without our tags.
fn stack_of(config: &Config) -> (LiveStack, String) {
    let text = config
        .product
        .render_template(&config.derived.scope)
        .unwrap();
    let mut stack = live(config.stack(), &config.target.region);
    let document = Document::parse(&config.path, &text).unwrap();
    for parameter in document.section("Parameters") {
        let default = parameter.value.get("Default").unwrap().text().unwrap();
        let value = StackParameter {
            value: default.to_owned(),
            resolved: None,
        };
        stack.parameters.insert(parameter.key.clone(), value);
    }
    (stack, text)
}

#[test]
fn drafts_of_s3_examples_render_the_same() {
    assert_drafts(examples("examples/s3/configs"));
}

#[test]
fn drafts_of_ml_examples_render_the_same() {
    assert_drafts(
        examples("examples/ml/configs")
            .into_iter()
            .skip(3)
            .step_by(9),
    );
}

fn assert_drafts(all: impl IntoIterator<Item = Config>) {
    let mut wrong = Vec::new();
    for config in all {
        let (stack, template) = stack_of(&config);
        let region = config.target.region.clone();
        let Some((_, draft)) = drafted(&stack, &region, &template) else {
            let sorted = sorted(&stack, &region, &[]);
            wrong.push(format!("{}: {sorted:?}", config.path));
            continue;
        };
        let Some(own) = &draft.config else {
            wrong.push(format!(
                "{}\n{}\n{}",
                config.path,
                draft.text,
                diagnostics(&draft.diagnostics)
            ));
            continue;
        };
        // A draft is valid exactly if no free value is missing.
        let written = load(&Registry::built_in(), &draft.path, draft.text.as_bytes());
        let is_open = draft.text.contains(": null\n");
        if written.config.is_some() == is_open {
            wrong.push(format!("{}\n{}", config.path, draft.text));
        }
        let adoption = compared(&stack, &template, own);
        if adoption.verdict > AdoptionVerdict::Equivalent {
            let text = self::adoption(&adoption, Format::Text(None));
            wrong.push(format!(
                "{}\n{}\n{}{text}",
                config.path,
                draft.text,
                adoption_summary(&adoption)
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n=====\n"));
}

/// `unknown` is a word that every free text allows.
#[test]
fn attack_a_draft_with_placeholders_is_merged() {
    let name = "acme-prod-0042-us-west-2-fraud-s3-stack";
    let stack = live(name, "us-west-2");
    let template = "Resources:\n  Own:\n    Type: AWS::S3::Bucket\n    Properties: {BucketName: another-name}\n";
    let (_, draft) = drafted(&stack, "us-west-2", template).unwrap();
    assert!(!draft.unknown.is_empty(), "{}", draft.text);
    assert!(draft.config.is_some(), "the comparison has values");
    assert!(!draft.text.contains(": unknown\n"), "{}", draft.text);
    let written = load(&Registry::built_in(), &draft.path, draft.text.as_bytes());
    let messages = diagnostics(&written.diagnostics);
    assert!(written.config.is_none(), "{}", draft.text);
    assert!(messages.contains("has no value"), "{messages}");
}

/// The original tools tag resources with keys that a product's template has of itself, with other values.
#[test]
fn drafts_take_over_tags_that_the_template_has_too() {
    let tags = [("Environment", "other"), ("ManagedBy", "s3-provisioner")];
    let path = RepoPath::typed("s3/configs/acme-prod-b001-us-west-1-s3.yaml");
    let text = "client: {company_name: Acme, company_prefix: acme, account_id: '123456789012', tenant_id: b001}
environment: {env: prod, region: us-west-1}
s3: {versioning: false, tags: {Environment: other, ManagedBy: s3-provisioner}}
";
    let loaded = load(&Registry::built_in(), &path, text.as_bytes());
    let config = loaded.config.unwrap();
    let (stack, template) = stack_of(&config);
    let region = config.target.region.clone();
    let (_, draft) = drafted(&stack, &region, &template).unwrap();
    let adoption = compared(&stack, &template, draft.config.as_ref().unwrap());
    assert_eq!(
        adoption.verdict,
        AdoptionVerdict::Identical,
        "{}",
        draft.text
    );
    for (key, value) in tags {
        assert!(
            draft.text.contains(&format!("{key}: {value}\n")),
            "{}",
            draft.text
        );
    }
}
