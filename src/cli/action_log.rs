//! `reports/{config}-{action}-{UTC time}.log`: who did what to a config, kept beside it. A line holds `error` only if something failed.

use super::request::ActionRequest;
use super::result::{ActionResults, ConfigResult};
use crate::ci::{timestamp, variable};
use crate::report::{self, escape_workflow_commands};
use crate::text::escape_invisible;
use crate::workspace::write_log;

/// Writes one log for each config. A folder that cannot be written to costs a warning, not the action.
pub fn write(request: &ActionRequest, results: &ActionResults) {
    let mut failures = 0;
    for item in &results.items {
        let stem = crate::model::RepoPath::typed(&item.config)
            .stem()
            .to_owned();
        let stem = format!("{stem}-{}-{}", request.action, request.time);
        if let Err(error) = write_log(
            &item.base.join("reports"),
            &stem,
            &escape_workflow_commands(&text(request, results, item)),
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

fn text(request: &ActionRequest, results: &ActionResults, item: &ConfigResult) -> String {
    let caller = item.trail.caller();
    let by = match &caller {
        Some(caller) => caller.arn.clone(),
        None => local_user(),
    };
    let head = [
        ("action", Some(request.action.clone())),
        ("config", Some(item.config.clone())),
        ("by", Some(by)),
        ("account", item.account.clone()),
        ("region", item.region.clone()),
        ("stack", item.stack.clone()),
        ("version", Some(crate::VERSION.to_owned())),
        ("started", Some(request.time.clone())),
        ("ended", Some(timestamp())),
        ("result", Some(item.result_word().to_owned())),
    ];
    let mut text = String::new();
    for (key, value) in head {
        if let Some(value) = value {
            let value = escape_invisible(&value, false);
            text.push_str(&format!("{:9} {value}\n", format!("{key}:")));
        }
    }
    text.push('\n');
    for line in item.trail.lines() {
        text.push_str(&format!("{}\n", escape_invisible(&line, false)));
    }
    text.push_str(&format!("{}\n", escape_invisible(&item.line(), false)));
    if let Some(details) = item.details.as_ref().filter(|d| !d.text.is_empty()) {
        text.push_str(&format!("{}\n", details.text.trim_end()));
    }
    let own = results
        .diagnostics
        .iter()
        .filter(|diagnostic| item.owns(diagnostic));
    text.push_str(&report::diagnostics(own));
    if let Some(remains) = &item.remains {
        text.push_str(&format!("{}\n", remains.text().plain()));
    }
    text
}

/// The name of the person who runs this program, from the system.
fn local_user() -> String {
    let names = ["USER", "LOGNAME", "USERNAME"];
    match names.into_iter().find_map(variable) {
        Some(name) => format!("local user {name}"),
        None => "local user (name unknown)".to_owned(),
    }
}
