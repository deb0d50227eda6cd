//! The report of a check, from inputs of any source.

use rayon::prelude::*;

use crate::VERSION;
use crate::change::ChangeInputs;
use crate::ci::JobEnvironment;
use crate::config::defaults_of;
use crate::forge::OpenPullRequest;
use crate::model::{CommitSha, RepoPath};
use crate::plan::{Plan, assess};
use crate::product_check::check_product;
use crate::report::{CheckContext, Collision, Notice, Redactor, Report, show_changed_values};

/// `job`: the environment of the job; `None` on a laptop.
pub fn report(
    inputs: &ChangeInputs,
    base: &CommitSha,
    head: &CommitSha,
    job: Option<&JobEnvironment>,
) -> Report {
    let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
    let mut notices = Vec::new();
    if inputs.products_changed {
        notices.push(Notice::ProductsChanged);
    }
    if inputs.defaults_changed {
        notices.push(Notice::DefaultsChanged);
    }
    let context = CheckContext {
        repository: job.map(|job| job.repository.repository().to_owned()),
        pull_request: None,
        base: base.clone(),
        head: head.clone(),
        version: VERSION,
        run: job.and_then(|job| job.run.name()),
        url: job.and_then(|job| job.run.url.clone()),
    };
    let mut report = Report::new(context, plan, notices);
    for name in &inputs.changed_products {
        if let Some((_, problems)) = check_product(&inputs.head, name) {
            report.add_product_problems(problems);
        }
    }
    report
}

/// Fills in the values of changed keys. `shown`: keys whose values the policy allows to be shown.
pub fn show_values(plan: &mut Plan, inputs: &ChangeInputs, shown: &[String]) {
    let changes = plan.changes.par_iter_mut();
    changes
        .filter(|change| !change.impact.is_empty())
        .for_each(|change| {
            if let Some(config) = inputs.config(change, false) {
                let values = Redactor::for_config(&config, shown);
                show_changed_values(&mut change.impact, &values);
            }
        });
}

/// Other open pull requests that change configs of the plan.
pub fn collisions(plan: &Plan, own: u64, open: &[OpenPullRequest]) -> Vec<Collision> {
    let touched = |pull: &OpenPullRequest| -> Vec<RepoPath> {
        let paths = plan.changes.iter().map(|change| &change.path);
        let mut paths: Vec<RepoPath> = paths
            .filter(|path| pull.paths.contains(path) || pull.paths.contains(&defaults_of(path)))
            .cloned()
            .collect();
        // The former stack of a config has a change of its own.
        paths.dedup();
        paths
    };
    let others = open.iter().filter(|pull| pull.number != own);
    let collisions = others.map(|pull| Collision {
        number: pull.number,
        paths: touched(pull),
    });
    collisions
        .filter(|collision| !collision.paths.is_empty())
        .collect()
}
