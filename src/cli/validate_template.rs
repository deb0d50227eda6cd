//! `validate-prov-template`, offline: checks structure, references and limits, and whether the config still renders to the
//! template.

use rayon::prelude::*;

use super::load::LoadedConfig;
use super::result::{ActionResults, ConfigResult};
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::model::RepoPath;
use crate::template::{Document, check};
use crate::workspace::OutputFolder;

/// Checks the rendered template beside each config.
pub fn run(group: &[LoadedConfig], results: &mut ActionResults) {
    let checked: Vec<_> = group
        .par_iter()
        .filter_map(|one| Some((one, one.config.as_ref()?)))
        .map(|(one, config)| {
            let outputs = OutputFolder::new(one.file.base().join("templates"), false);
            let problems = problems(config, &outputs);
            let failed = problems
                .iter()
                .any(|problem| problem.severity == Severity::Error);
            let item = ConfigResult {
                ok: !failed,
                ..ConfigResult::done(&one.file, Some(config))
            };
            (item, problems)
        })
        .collect();
    for (item, problems) in checked {
        results.items.push(item);
        results.diagnostics.extend(problems);
    }
}

fn problems(config: &Config, outputs: &OutputFolder) -> Vec<Diagnostic> {
    let path = outputs.path(&config.outputs.template);
    let path = RepoPath::typed(&path.to_string_lossy());
    let text = match outputs.read(&config.outputs.template) {
        Ok(Some(text)) => text,
        Ok(None) => {
            let problem = Diagnostic::error(
                Code::TemplateNotFound,
                &path,
                "there is no rendered template",
            );
            return vec![problem.with_help("run `create-prov-template` first")];
        }
        Err(error) => {
            return vec![Diagnostic::error(
                Code::TemplateNotFound,
                &path,
                format!("it cannot be read: {error}"),
            )];
        }
    };
    let document = match Document::parse(&path, &text) {
        Ok(document) => document,
        Err(problems) => return problems,
    };
    let mut problems = check(&path, &text, &document);
    match config.product.render_template(&config.derived.scope) {
        Ok(current) if current == text => {}
        Ok(_) => {
            let message = "the template is not what the config renders to now";
            let problem = Diagnostic::error(Code::TemplateNotCurrent, &path, message)
                .with_severity(Severity::Warning);
            problems.push(problem.with_help("run `create-prov-template`"));
        }
        Err(failure) => problems.push(product_problem(&config.path, &config.product, &failure)),
    }
    problems
}
