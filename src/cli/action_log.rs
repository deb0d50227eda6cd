//! `reports/{config}-{action}-{UTC time}.log`: what was done to a config, kept beside it.

use super::request::ActionRequest;
use super::result::ActionResults;
use crate::report::{self, escape_workflow_commands};
use crate::text::escape_invisible;
use crate::workspace::write_report;

/// Writes one log for each config. A folder that cannot be written to costs a warning, not the action.
pub fn write(request: &ActionRequest, results: &ActionResults) {
    let mut failures = 0;
    for item in &results.items {
        let stem = crate::model::RepoPath::typed(&item.config)
            .stem()
            .to_owned();
        let own = results
            .diagnostics
            .iter()
            .filter(|diagnostic| item.owns(diagnostic));
        let remains = item.remains.as_ref();
        let remains = remains.map(|remains| format!("{}\n", remains.text().plain()));
        let text = format!(
            "{}\n{}\n{}{}",
            request.time,
            escape_invisible(&item.line(), false),
            report::diagnostics(own),
            remains.unwrap_or_default()
        );
        let name = format!("{stem}-{}-{}.log", request.action, request.time);
        if let Err(error) = write_report(
            &item.base.join("reports"),
            &name,
            &escape_workflow_commands(&text),
        ) {
            failures += 1;
            if failures == 1 {
                log::warn!(
                    "no log was written to {}: {error}",
                    item.base.join("reports").display()
                );
            }
        }
    }
}
