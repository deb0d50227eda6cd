//! What the policy says about the account and the environment of a config. It needs no facts of AWS.

use super::facts::Facts;
use super::permit::denials_before_credentials;
use super::policies::LoadedPolicy;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::model::EffectKind;
use crate::stack::StackName;

/// The denials of the account and the environment, each at the line of its key.
pub fn place_problems(policy: &LoadedPolicy, config: &Config) -> Vec<Diagnostic> {
    let (stack, facts) = (StackName::for_config(config), Facts::default());
    let denials = denials_before_credentials(EffectKind::Inspect, policy, &facts, &stack);
    let denials = denials.iter().filter(|denial| {
        matches!(
            denial.code,
            Code::AccountMismatch | Code::EnvironmentNotAllowed
        )
    });
    let problems = denials.map(|denial| {
        let problem = denial.diagnostic(&config.path);
        match config.target_location(&denial.code) {
            Some(place) => problem.located(place),
            None => problem,
        }
    });
    problems.collect()
}
