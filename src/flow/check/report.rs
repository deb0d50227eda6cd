//! The report of a check, from inputs of any source.

use crate::VERSION;
use crate::change::ChangeInputs;
use crate::ci::JobEnvironment;
use crate::config::{Config, defaults_of};
use crate::forge::OpenPullRequest;
use crate::model::{CommitSha, RepoPath};
use crate::plan::{Change, Plan, assess_each};
use crate::product_check::check_product;
use crate::report::{CheckContext, Collision, Notice, Report, show_values_of};
use crate::roles::refused_policy;

/// `shown`: keys whose values the policy allows to be shown. `job`: the environment of the job; `None` on a laptop.
pub fn report(
    inputs: &ChangeInputs,
    (base, head): (&CommitSha, &CommitSha),
    shown: &[String],
    job: Option<&JobEnvironment>,
) -> Report {
    let finish = |change: &mut Change, config: &Config| {
        show_values_of(&mut change.impact, config, shown);
        if change.policy_update.is_some() {
            change.diagnostics.extend(refused_policy(config));
        }
    };
    let plan = assess_each(&inputs.base, &inputs.head, &inputs.inputs, finish);
    let mut notices = Vec::new();
    if inputs.products_changed {
        notices.push(Notice::ProductsChanged);
    }
    if inputs.defaults_changed {
        notices.push(Notice::DefaultsChanged);
    }
    let removed = inputs.removed_entries.iter();
    let entries = removed.map(|entry| (entry.kind, entry.config.to_string()));
    let entries: Vec<_> = entries.collect();
    if !entries.is_empty() {
        notices.push(Notice::EntriesRemoved { entries });
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

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use crate::config::{ConfigContents, Relock};
    use crate::model::{FileContents, work};
    use crate::plan::{Input, StackClaims};
    use crate::product::Registry;

    const CONFIGS: usize = 5;

    fn contents(number: usize, versioning: bool) -> ConfigContents {
        let text = format!(
            "client:\n  company_name: Acme\n  company_prefix: acme\n  account_id: \"123456789012\"\n  tenant_id: t{number:03}\n\
             environment:\n  env: prod\n  region: eu-west-1\ns3:\n  versioning: {versioning}\n  tags:\n    Team: \"{versioning}\"\n"
        );
        ConfigContents::alone(FileContents::Regular(text.into_bytes()))
    }

    /// The time of a check grows with these numbers: none may grow unseen.
    #[test]
    fn each_changed_config_takes_the_same_steps() {
        let inputs = (0..CONFIGS).map(|number| Input {
            base: Some(contents(number, true)),
            head: Some(contents(number, false)),
            ..Input::new(RepoPath::typed(&format!(
                "s3/configs/acme-prod-t{number:03}-eu-west-1-s3.yaml"
            )))
        });
        let inputs = ChangeInputs {
            inputs: inputs.collect(),
            base: Registry::built_in(),
            head: Registry::built_in(),
            products_changed: false,
            changed_products: BTreeSet::new(),
            defaults_changed: false,
            relocked: Relock::default(),
            removed_entries: Vec::new(),
        };
        let commits = ["a", "b"].map(|digit| CommitSha::parse(&digit.repeat(40)).unwrap());
        let steps = work::steps_of(|| {
            let [base, head] = &commits;
            let mut report = report(&inputs, (base, head), &[], None);
            let plan = &mut report.plan;
            assert_eq!((plan.changes.len(), plan.invalid), (CONFIGS, 0), "{plan:?}");
            assert!(plan.changes.iter().all(|change| change.diff.is_some()));
            let known = std::mem::take(&mut plan.claims);
            let heads = inputs.inputs.iter();
            let heads = heads.filter_map(|input| Some((input.path.clone(), input.head.clone()?)));
            let claims = StackClaims::new(&inputs.head, known, &heads.collect());
            plan.reject_claimed_stacks(&claims);
            plan.reject_claimed_names(&claims, |_| None);
            assert_eq!(plan.invalid, 0);
        });
        // Templates: of the base and of the head. The texts are the consequences of the two keys, on both sides.
        let expected = [
            ("load", 2),
            ("render policy", 2),
            ("render template", 2),
            ("render text", 4),
        ];
        let expected = expected.map(|(step, each)| (step, each * CONFIGS));
        assert_eq!(steps, BTreeMap::from(expected));
    }
}
