//! The operator's policy of a sample.

use std::collections::BTreeSet;

use serde_json::Value;

use super::place::in_file;
use crate::config::{Config, product_problem};
use crate::diagnostic::{Diagnostic, Severity, SourceText};
use crate::product::{POLICY, Product};
use crate::roles::{missing_rights, policy_problems};
use crate::template::MANAGED_POLICY_CHARS;
use crate::text::{and_list, pluralize};

/// The only version that has all features.
const VERSION: &str = "2012-10-17";

pub(super) fn problems(product: &Product, file: &str, config: &Config) -> Vec<Diagnostic> {
    let source = &product.source;
    let text = match product.render_policy(&config.derived.scope) {
        Ok(text) => text,
        Err(failure) => return vec![product_problem(&source.path(file), product, &failure)],
    };
    let template = source.files.get(POLICY).map_or("", String::as_str);
    let at = |line: Option<usize>, message: String| in_file(source, POLICY, line, message);
    let mut problems = Vec::new();
    for problem in policy_problems(config) {
        let (mut message, help) = (problem.reason, problem.help);
        if let Some(more) = problem.more.filter(|more| *more > 0) {
            message.push_str(&format!(", and {}", pluralize(more, "more wide grant")));
        }
        let line = problem
            .sid
            .and_then(|sid| line_of(template, &format!("\"{sid}\"")));
        let mut problem = at(line, message);
        problem.help = help;
        problems.push(problem);
    }
    let policy: Value = serde_json::from_str(&text).unwrap_or_default();
    if policy["Version"] != VERSION {
        let line = line_of(template, "\"Version\"");
        let message = format!("`Version` is not \"{VERSION}\": {}", policy["Version"]);
        problems.push(at(line, message).with_help(format!("write `\"Version\": \"{VERSION}\"`")));
    }
    let statements = policy["Statement"]
        .as_array()
        .map_or(&[][..], Vec::as_slice);
    if statements.is_empty() {
        let message = "the policy allows nothing: `Statement` is empty".to_owned();
        let problem = at(line_of(template, "\"Statement\""), message);
        let problem = problem.with_severity(Severity::Warning);
        problems.push(problem.with_help("add a statement for each action that the operator needs"));
    }
    let mut sids = BTreeSet::new();
    for statement in statements {
        let Some(sid) = statement["Sid"].as_str() else {
            continue;
        };
        let line = || line_of(template, &format!("\"{sid}\""));
        if !sids.insert(sid) {
            let problem = at(line(), format!("two statements have this `Sid`: `{sid}`"));
            problems.push(problem.with_help("give each statement its own `Sid`"));
        }
        if !sid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let problem = at(line(), format!("invalid `Sid`: `{sid}`"));
            problems.push(problem.with_help("use letters and digits only"));
        }
        for resource in texts(&statement["Resource"]) {
            if resource != "*" && !is_arn(resource) {
                let problem = at(line(), format!("not an ARN: `{resource}`"));
                problems.push(
                    problem.with_help("write an ARN, such as `arn:aws:sqs:REGION:ACCOUNT:NAME`"),
                );
            }
        }
    }
    let length = text.chars().filter(|c| !c.is_whitespace()).count();
    if length > MANAGED_POLICY_CHARS {
        let message = format!(
            "the policy of `{file}` has {length} characters without blanks; a managed policy holds {MANAGED_POLICY_CHARS}"
        );
        let problem = at(None, message).with_severity(Severity::Warning);
        problems.push(problem.with_help("use fewer statements, or patterns of actions; `provisioner roles` splits the policy for CI"));
    }
    problems
}

/// Rights on the stack that actions of the product need, and that the operator lacks.
pub(super) fn missing(product: &Product, config: &Config) -> Vec<Diagnostic> {
    let source = &product.source;
    let template = source.files.get(POLICY).map_or("", String::as_str);
    let line = line_of(template, "\"Statement\"");
    let missing = missing_rights(config).into_iter();
    let problems = missing.map(|missing| {
        let rights: Vec<&str> = missing.rights.iter().map(String::as_str).collect();
        let message = format!(
            "`{}` needs rights that the policy lacks: {}",
            missing.action,
            and_list(&rights)
        );
        let problem = in_file(source, POLICY, line, message).with_severity(Severity::Warning);
        problem.with_help(format!("allow them on `{}`", missing.resource))
    });
    problems.collect()
}

fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Whether a text has the six parts of an ARN.
fn is_arn(text: &str) -> bool {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    matches!(parts.as_slice(), ["arn", partition, service, _, _, resource]
        if !partition.is_empty() && !service.is_empty() && !resource.is_empty())
}

fn line_of(text: &str, part: &str) -> Option<usize> {
    Some(SourceText::new(text).line_of(text.find(part)?))
}
