//! The findings of `doctor`, and the exit code that they give.

use std::collections::BTreeMap;

use crate::ci;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::guard::Policy;
use crate::product::Target;
use crate::report::{Finding, Found, Status};

/// What was found so far.
pub struct Diagnosis {
    /// In the order of the checks.
    pub findings: Vec<Finding>,
    /// How the process ends.
    pub exit: Exit,
}

impl Default for Diagnosis {
    fn default() -> Self {
        Self {
            findings: Vec::new(),
            exit: Exit::Ok,
        }
    }
}

impl Diagnosis {
    pub(super) fn pass(&mut self, part: &'static str, what: &str, found: &Found) {
        self.add(part, Status::Good, what, found);
    }

    pub(super) fn skip(&mut self, part: &'static str, what: &str, found: &Found) {
        self.add(part, Status::Open, what, found);
    }

    /// Something is not as it should be, which the process says when it ends.
    pub(super) fn fail(&mut self, part: &'static str, what: &str, found: &Found, exit: Exit) {
        // A permission that should be denied outranks a missing one.
        if self.exit == Exit::Ok || exit == Exit::Denied {
            self.exit = exit;
        }
        self.add(part, Status::Bad, what, found);
    }

    fn add(&mut self, part: &'static str, mark: Status, what: &str, found: &Found) {
        self.findings.push(Finding {
            part,
            mark,
            what: what.to_owned(),
            found: ci::worded(&found.words()).into_owned(),
            help: found.help().map(|help| ci::worded(&help).into_owned()),
        });
    }

    /// What is wrong with the policy file.
    pub(super) fn invalid_policy(&mut self, problems: &[Diagnostic]) {
        let messages = problems.iter().map(|problem| match problem.span {
            Some(span) => format!("line {}: {}", span.start.line, problem.message),
            None => problem.message.clone(),
        });
        let messages = messages.collect();
        let found = Found::PolicyInvalid { messages };
        self.fail("policy", "policy file", &found, Exit::Config);
    }

    /// The configs, and what is wrong with them.
    pub(super) fn configs(&mut self, loaded: usize, problems: &[Diagnostic]) {
        let errors = problems
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .count();
        let configs = loaded;
        match errors {
            0 if loaded == 0 => self.skip("policy", "configs", &Found::NoConfigs),
            0 => self.pass("policy", "configs", &Found::ConfigsLoad { configs }),
            _ => {
                let found = Found::ConfigErrors { errors, configs };
                self.fail("policy", "configs", &found, Exit::Config);
            }
        }
    }
}

/// Stacks by environment, account and region.
pub(super) type StacksByTarget = BTreeMap<(String, String, String), Vec<String>>;

pub(super) fn stacks_by_target(configs: &[Config]) -> StacksByTarget {
    let mut places = StacksByTarget::new();
    for config in configs {
        let target = &config.target;
        let key = (
            target.environment.clone(),
            target.account.clone(),
            target.region.clone(),
        );
        places
            .entry(key)
            .or_default()
            .push(config.stack().to_owned());
    }
    places
}

/// The targets that the roles of a scope are for, each without a stack: before the first config, the policy alone names the roles. One
/// region is enough, because roles are global.
pub(super) fn targets_of_scope(policy: &Policy) -> StacksByTarget {
    let region = policy
        .scope
        .as_ref()
        .and_then(|scope| scope.regions.first());
    let mut targets = StacksByTarget::new();
    let Some(region) = region else {
        return targets;
    };
    for environment in policy.environments.keys() {
        for account in policy.listed_accounts(environment) {
            let target = Target {
                account: account.to_owned(),
                region: region.clone(),
                environment: environment.clone(),
            };
            let roles = [policy.plan_role(&target), policy.apply_role(&target)];
            // A role with a fixed account is for that account alone.
            let is_here = |role: &String| role.split(':').nth(4) == Some(account);
            if roles.iter().flatten().all(is_here) {
                let key = (environment.clone(), account.to_owned(), region.clone());
                targets.insert(key, Vec::new());
            }
        }
    }
    targets
}
