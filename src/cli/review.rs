//! `create-review-report`: writes one HTML page beside each config.

use rayon::prelude::*;

use super::load::LoadedConfig;
use super::request::ActionRequest;
use super::result::{ActionResults, ConfigResult};
use crate::config::{Config, product_problem};
use crate::diagnostic::{Code, Diagnostic};
use crate::diff::diff;
use crate::guard::{Policy, read_policy_file};
use crate::model::RepoPath;
use crate::product::ProductError;
use crate::report::{LastAction, Redactor, ReviewReport, review};
use crate::roles::operator_policy;
use crate::template::{Document, in_own_product};
use crate::workspace::{OutputFolder, WriteOutcome, policy_file, write_report};

/// Writes `reports/{config}-{action}-{UTC time}.html` for each config.
pub fn run(request: &ActionRequest, group: &[LoadedConfig], results: &mut ActionResults) {
    let (path, file) = policy_file();
    // Without a readable policy more values are hidden.
    let policy = read_policy_file(&path, file.as_ref());
    let policy = policy.ok();
    let done: Vec<_> = group
        .par_iter()
        .filter_map(|one| Some((one, one.config.as_ref()?)))
        .map(
            |(one, config)| match page(request, one, config, policy.as_ref()) {
                Ok(path) => {
                    let done = ConfigResult::done(&one.file, Some(config));
                    let written = ConfigResult {
                        output: Some(path),
                        outcome: Some(WriteOutcome::Created),
                        dry_run: request.dry_run,
                        ..done
                    };
                    (written, Vec::new())
                }
                Err(problems) => (ConfigResult::failed(&one.file, Some(config)), problems),
            },
        )
        .collect();
    for (item, problems) in done {
        results.items.push(item);
        results.diagnostics.extend(problems);
    }
}

/// Writes the page of one config; returns its path.
fn page(
    request: &ActionRequest,
    one: &LoadedConfig,
    config: &Config,
    allowed: Option<&Policy>,
) -> Result<String, Vec<Diagnostic>> {
    let shown_keys = allowed.map_or(&[][..], |allowed| &allowed.values.show);
    let failed =
        |failure: ProductError| vec![product_problem(&config.path, &config.product, &failure)];
    let scope = &config.derived.scope;
    let template = config.product.render_template(scope);
    let template = template.map_err(failed)?;
    let policy = operator_policy(config, allowed);
    let policy = policy.map_err(failed)?;
    let document = Document::parse(&config.path, &template)
        .map_err(|problems| in_own_product(config, &template, problems))?;
    let base = one.file.base();
    let outputs = OutputFolder::new(base.join("templates"), false);
    // An unreadable template counts as absent: the page says that there is nothing to compare with.
    let old = outputs.read(&config.outputs.template).ok().flatten();
    let last = old.map(|old| diff(&old, &template).map_or(LastAction::Same, LastAction::Other));
    let page = review(&ReviewReport {
        time: &request.time,
        version: env!("CARGO_PKG_VERSION"),
        config,
        values: &Redactor::for_config(config, shown_keys),
        diagnostics: &one.diagnostics,
        template: &template,
        document: &document,
        policy: &policy,
        last,
    });
    let page = page.map_err(|error| {
        vec![Diagnostic::error(
            Code::RenderFailed,
            &config.path,
            error.to_string(),
        )]
    })?;
    let name = format!(
        "{}-{}-{}.html",
        config.path.stem(),
        request.action,
        request.time
    );
    let folder = base.join("reports");
    let shown = folder.join(&name).to_string_lossy().into_owned();
    if request.dry_run {
        return Ok(shown);
    }
    match write_report(&folder, &name, &page) {
        Ok(()) => Ok(shown),
        Err(error) => Err(vec![Diagnostic::error(
            Code::OutputNotWritten,
            &RepoPath::typed(&shown),
            error.to_string(),
        )]),
    }
}
