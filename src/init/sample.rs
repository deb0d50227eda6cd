//! The first config of a repository: a file of the product, with the answers in place of its values.

use super::answers::Answers;
use super::question::Question;
use super::scalar::yaml;
use super::setup::EnvironmentAccounts;
use crate::config::{Config, Tags, load, load_sample, parse};
use crate::diagnostic::{Diagnostic, Span};
use crate::model::RepoPath;
use crate::product::{Product, Registry};

/// The product's file for this purpose. A product without it has a sample.
const FIRST: &str = "first-config.yaml";
const SAMPLE: &str = "sample.yaml";

/// The key that names begin with.
pub const PREFIX: &str = "client.company_prefix";
const COMPANY: &str = "client.company_name";

/// A config that loads.
pub struct SampleConfig {
    /// The file's name.
    pub name: String,
    pub text: String,
}

/// The text of the first config before the answers are filled in, and its file's name; `None` if the product has none.
fn source(product: &Product) -> Option<(&str, &str)> {
    let files = &product.source.files;
    let first = files.get(FIRST).map(|text| (FIRST, text.as_str()));
    let tier = product.manifest.tiers.first();
    let of_tier = || Some((tier?.sample.as_str(), product.sample(&tier?.name)?));
    let only = || files.get(SAMPLE).map(|text| (SAMPLE, text.as_str()));
    first.or_else(of_tier).or_else(only)
}

/// Whether the product's first config has a key.
pub fn value(product: &Product, key: &str) -> Option<String> {
    let (file, text) = source(product)?;
    let tree = parse(&product.source.path(file), text.as_bytes(), Tags::Refuse).ok()?;
    let mut node = &tree;
    for part in key.split('.') {
        node = node.get(part)?;
    }
    node.text().map(str::to_owned)
}

/// The first config of an environment; `Err` has the problems of the config that the answers give.
pub fn sample(
    registry: &Registry,
    product: &Product,
    answers: &Answers,
    target: &EnvironmentAccounts,
    modeline: &str,
) -> Result<Option<SampleConfig>, Vec<Diagnostic>> {
    let Some((file, text)) = source(product) else {
        return Ok(None);
    };
    let [account, region, environment] = product.target_keys();
    let values = [
        (account, target.accounts.first().cloned()),
        (region, answers.region.clone()),
        (environment, Some(target.name.clone())),
        (Some(PREFIX), answers.prefix.clone()),
        (Some(COMPANY), answers.prefix.clone()),
    ];
    let values = values
        .into_iter()
        .filter_map(|(key, value)| Some((key?, value?)));
    let text = replaced(
        &product.source.path(file),
        text,
        &values.collect::<Vec<_>>(),
    )?;
    let text = format!("{modeline}{text}");
    let loaded = load_sample(registry, product, file, &text);
    let of_answers = |problem| of_answer(problem, product, answers);
    let problems = loaded.diagnostics.into_iter().map(of_answers);
    let config: Config = loaded.config.ok_or_else(|| problems.collect::<Vec<_>>())?;
    let name = config.path.as_str().to_owned();
    // As `validate-config` reads it, at its place.
    let path = RepoPath::typed(&format!("{}/{name}", answers.folder));
    let loaded = load(registry, &path, text.as_bytes());
    match loaded.config {
        Some(_) => Ok(Some(SampleConfig { name, text })),
        None => Err(loaded.diagnostics),
    }
}

/// A problem of the first config, which no file has yet: its help names the flag of the answer.
fn of_answer(mut problem: Diagnostic, product: &Product, answers: &Answers) -> Diagnostic {
    let [account, region, environment] = product.target_keys();
    let keys = [
        (account, Question::Environments),
        (region, Question::Region),
        (environment, Question::Environments),
        (Some(PREFIX), Question::Prefix),
        (Some(COMPANY), Question::Prefix),
    ];
    let mut asked = keys.into_iter().filter_map(|(key, question)| {
        let is_meant = problem.message.contains(&format!("`{}`", key?));
        is_meant.then_some(question)
    });
    if let Some(question) = asked.next() {
        let flag = question.flag_name();
        problem.help = Some(match problem.help.take() {
            Some(help) if help.ends_with(['?', '.']) => {
                format!("{help} Pass the value with `{flag}`")
            }
            Some(help) => format!("{help}; pass the value with `{flag}`"),
            None => format!("pass the value with `{flag}`"),
        });
    }
    problem.path = RepoPath::typed(&format!("{}/{FIRST}", answers.folder));
    problem
}

/// The text with other values at these keys. Keys that it lacks are left out.
fn replaced(
    path: &RepoPath,
    text: &str,
    values: &[(&str, String)],
) -> Result<String, Vec<Diagnostic>> {
    let tree = parse(path, text.as_bytes(), Tags::Refuse)?;
    let mut spans: Vec<(Span, String)> = Vec::new();
    for (key, value) in values {
        let mut node = Some(&tree);
        for part in key.split('.') {
            node = node.and_then(|node| node.get(part));
        }
        if let Some(node) = node {
            spans.push((node.span, yaml(value)));
        }
    }
    let lines = text.lines().enumerate().map(|(index, line)| {
        let found = spans
            .iter()
            .find(|(span, _)| span.start.line == index + 1 && span.end.line == index + 1);
        match found {
            None => format!("{line}\n"),
            Some((span, value)) => {
                let letters: Vec<char> = line.chars().collect();
                let head: String = letters[..span.start.column - 1].iter().collect();
                let tail: String = letters[span.end.column - 1..].iter().collect();
                format!("{head}{value}{tail}\n")
            }
        }
    });
    Ok(lines.collect())
}
