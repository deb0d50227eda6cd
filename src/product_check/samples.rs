//! The samples of a product: each is loaded, rendered and read back.

use globset::Glob;

use super::place::{MAX_CONFIGS, at_key, in_file, too_many};
use super::{policy, rendered, suffix, types, variants};
use crate::config::{Config, load_sample, product_problem};
use crate::diagnostic::{Code, Diagnostic, Severity, SourceText};
use crate::plan::RenderedProblems;
use crate::product::{Product, ProductError, Registry};
use crate::text::quote;

/// The files of the samples: those of the tiers, and others whose names begin with `sample`.
pub(super) fn files(product: &Product) -> Vec<String> {
    let tiers = product.manifest.tiers.iter();
    let mut files: Vec<String> = tiers.map(|tier| tier.sample.clone()).collect();
    for name in product.source.files.keys() {
        let is_sample = name.starts_with("sample") && name.ends_with(".yaml");
        if is_sample && !files.contains(name) {
            files.push(name.clone());
        }
    }
    files
}

pub(super) fn problems(
    registry: &Registry,
    product: &Product,
    files: &[String],
) -> Vec<Diagnostic> {
    let source = &product.source;
    if files.is_empty() {
        let message = "the product has no sample, so nothing was rendered".to_owned();
        let problem = in_file(source, "", None, message).with_severity(Severity::Warning);
        return vec![problem.with_help("add a whole config as `sample.yaml`")];
    }
    let mut problems = too_many(source, "sample", files.len());
    let mut variants = variants::MAX_VARIANTS;
    for file in files.iter().take(MAX_CONFIGS) {
        let text = source.files.get(file).map_or("", String::as_str);
        let loaded = load_sample(registry, product, file, text);
        let section = &product.manifest.section;
        let has_section = text
            .lines()
            .any(|line| line.starts_with(&format!("{section}:")));
        if loaded.config.is_none() && !has_section {
            let message = format!(
                "the sample lacks the section `{section}`, so it is not a config of the product"
            );
            let problem = in_file(source, file, None, message);
            problems.push(problem.with_help(format!("add the section `{section}`")));
            continue;
        }
        problems.extend(loaded.diagnostics);
        if let Some(config) = loaded.config {
            problems.extend(of_sample(product, file, &config, &mut variants));
        }
    }
    problems
}

/// `variants`: the number of variants that may still be rendered.
fn of_sample(
    product: &Product,
    file: &str,
    config: &Config,
    variants: &mut usize,
) -> Vec<Diagnostic> {
    let path = product.source.path(file);
    let text = product.source.files.get(file).map_or("", String::as_str);
    let RenderedProblems { names, size, .. } = RenderedProblems::new(config);
    let too_large = size.as_ref().is_some_and(Diagnostic::is_error);
    let found = names.into_iter().chain(size);
    let found = found.map(|problem| match problem.span {
        Some(span) if problem.path == config.path => {
            let help = problem.help.as_deref().unwrap_or_default();
            let help = help.replacen("change `", "change the name in product.yaml, or `", 1);
            let problem = Diagnostic {
                path: path.clone(),
                ..problem
            };
            problem.with_help(help).at(&SourceText::new(text), span)
        }
        _ => problem,
    });
    let mut problems: Vec<Diagnostic> = found.collect();
    if config.product.name() != product.name() {
        let other = quote(config.product.name());
        let message = format!("the sample is a config of product {other}");
        let problem = in_file(&product.source, file, None, message);
        return vec![problem.with_help("correct `section` in product.yaml, or the sample")];
    }
    let failed = |failure: ProductError| product_problem(&path, product, &failure);
    let rendered = rendered::template(product, file, config);
    let in_template = rendered.problems.into_iter();
    // The error says more than the warning of the template.
    problems
        .extend(in_template.filter(|problem| !too_large || problem.code != Code::TemplateTooLarge));
    if let Some(document) = &rendered.document {
        problems.extend(types::problems(product, document));
        problems.extend(suffix::problems(product, config, document));
    }
    problems.extend(policy::problems(product, file, config));
    let scope = &config.derived.scope;
    problems.extend(product.needs(scope).err().map(failed));
    problems.extend(product.folder_prefixes(scope).err().map(failed));
    for action in product.manifest.actions.keys() {
        problems.extend(
            product
                .action(action, scope)
                .and_then(Result::err)
                .map(failed),
        );
    }
    problems.extend(file_names(product, config));
    if !problems.iter().any(Diagnostic::is_error) {
        problems.extend(policy::missing(product, config));
        problems.extend(variants::problems(product, file, config, variants));
    }
    problems
}

/// Problems of the file names and of the target.
fn file_names(product: &Product, config: &Config) -> Vec<Diagnostic> {
    let mut problems = Vec::new();
    let manifest = &product.manifest;
    let source = &product.source;
    let key = |parts: [&str; 2]| parts.map(str::to_owned).to_vec();
    let file = config.path.file_name();
    if let Ok(glob) = Glob::new(&manifest.files)
        && !glob.compile_matcher().is_match(file)
    {
        let message =
            format!("the glob does not match the name that `names.config` gives: `{file}`");
        let problem = at_key(source, vec!["files".to_owned()], message);
        problems.push(problem.with_help("correct `files` or `names.config`"));
    }
    let outputs = [
        ("template", &config.outputs.template, ".yaml"),
        ("policy", &config.outputs.policy, ".json"),
    ];
    for (name, output, ending) in outputs {
        if output.contains('/') || !output.ends_with(ending) {
            let message = format!(
                "not the name of a file that ends with `{ending}`: {}",
                quote(output)
            );
            let problem = at_key(source, key(["outputs", name]), message);
            problems.push(
                problem.with_help(format!("end the name with `{ending}`, and write no folder")),
            );
        }
    }
    let account = &config.target.account;
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        let message = format!("not an account id of 12 digits: {}", quote(account));
        let problem = at_key(source, key(["target", "account"]), message);
        problems.push(problem.with_help("name the config key that holds the account id"));
    }
    problems
}
