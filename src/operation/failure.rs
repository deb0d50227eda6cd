//! Errors of an operation as diagnostics.

use super::import_option::bucket_command;
use super::{Desired, OperationError};
use crate::cloud::{AwsErrorKind, CloudError, FaultReason};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::exit::Exit;
use crate::guard::Denial;
use crate::model::RepoPath;
use crate::report::{Fault, Redactor, Refusal, Remains};
use crate::stack::{Health, StackEvent, StackStatus};
use crate::text::quote_argument;

const SIGN_IN: &str = "set AWS_PROFILE or the AWS_… variables, or sign in again; if you just created them, check this machine's clock";

const QUOTA: &str = "a quota of the account is reached, for example that of stacks in a region: raise it in AWS Service Quotas, or delete what is not needed";

/// The end of the remedy for a failed rollback, without the config.
const CONTINUE: &str = "run `continue-rollback`";

/// An error for people.
pub struct FailureReport {
    pub diagnostics: Vec<Diagnostic>,
    pub exit: Exit,
    /// `None` if the operation changed nothing, or if AWS did not say what exists now.
    pub remains: Option<Box<Remains>>,
}

/// The diagnostics, the exit code and the remains of an error.
pub fn to_diagnostics(
    config: &Config,
    values: &Redactor,
    failure: OperationError,
) -> FailureReport {
    if let OperationError::Warned { failure, warnings } = failure {
        let mut failed = to_diagnostics(config, values, *failure);
        // A check that found errors has its warnings beside them.
        let known = failed.diagnostics.clone();
        let warnings = warnings.into_iter();
        failed
            .diagnostics
            .extend(warnings.filter(|warning| !known.contains(warning)));
        return failed;
    }
    let (failure, cleanup, remains) = match failure {
        OperationError::Unfinished {
            failure,
            cleanup,
            remains,
        } => (*failure, cleanup, Some(remains)),
        failure => (failure, None, None),
    };
    let (mut diagnostics, mut exit) = diagnostics_and_exit(config, values, failure);
    if let Some(cleanup) = cleanup {
        let cleanup = to_diagnostics(config, values, *cleanup);
        diagnostics.extend(cleanup.diagnostics);
        exit = exit.max(cleanup.exit);
    }
    FailureReport {
        diagnostics,
        exit,
        remains,
    }
}

fn diagnostics_and_exit(
    config: &Config,
    values: &Redactor,
    failure: OperationError,
) -> (Vec<Diagnostic>, Exit) {
    let path = &config.path;
    match failure {
        OperationError::Invalid(problems) => (problems, Exit::Config),
        OperationError::Unfinished { failure, .. } | OperationError::Warned { failure, .. } => {
            diagnostics_and_exit(config, values, *failure)
        }
        OperationError::Denied(denials) => {
            let of_impact = denials.iter().all(Denial::is_of_impact);
            let exit = if of_impact {
                Exit::Impact
            } else {
                Exit::Denied
            };
            (denial_diagnostics(config, &denials), exit)
        }
        OperationError::ChangeSetFailed {
            what,
            reason,
            findings,
        } => {
            let text = format!("{what}: {}", values.redact(&reason));
            let problem = Diagnostic::error(Code::StackOperationFailed, path, text);
            let findings = findings.iter().map(|finding| {
                finding.diagnostic(config, &values.redact(&finding.validation.reason))
            });
            let problems = [problem].into_iter().chain(findings);
            (problems.collect(), Exit::Operation)
        }
        OperationError::Cancelled(left) => {
            let problem = Diagnostic::error(Code::Interrupted, path, left.to_string());
            let help = match &left {
                Fault::RemovedAfterCancellation { .. } => "run it again to create the stack",
                Fault::LeftAfterCancellation { status, .. } if has_ended(status) => {
                    "run it again: it continues"
                }
                Fault::LeftAfterCancellation { status, .. }
                    if status == "UPDATE_ROLLBACK_IN_PROGRESS" =>
                {
                    "wait until CloudFormation has ended the rollback. Then run an update again; a continued rollback needs no other run"
                }
                Fault::LeftAfterCancellation { .. } => {
                    "wait until CloudFormation has ended the operation, then run it again"
                }
                Fault::ChangeSetLeft { .. } => "run it again: it deletes the change set",
                _ => "wait until CloudFormation has removed the stack, then run it again",
            };
            (vec![problem.with_help(help)], Exit::Operation)
        }
        // Names of outputs and parameters come from the template, so they are shown.
        OperationError::VerificationFailed(fault) => {
            let text = fault.to_string();
            let mut problem = Diagnostic::error(Code::StackVerificationFailed, path, text);
            if matches!(fault, Fault::DriftLeft { .. }) {
                problem = problem.with_help("run `check-drift`, which names the properties; CloudFormation does not revert all of them, so change these in the account");
            }
            if matches!(fault, Fault::ImportDrift { .. }) {
                problem = problem.with_help("run `check-drift`, which shows the values, then `restore`, which reverts them; or write the values that should stay into the config");
            }
            if matches!(fault, Fault::Different { .. }) {
                problem = problem.with_help("run `check-drift`, which names what differs, then `restore`, which reverts it; the action itself only changes a stack whose template differs");
            }
            if matches!(fault, Fault::Incomplete { .. }) {
                problem = problem.with_help("run `check-drift`, which names what somebody deleted, then `restore`, which creates it again; the action itself only changes a stack whose template differs");
            }
            (vec![problem], Exit::Operation)
        }
        OperationError::Operation {
            what,
            cause,
            failures,
            kept,
        } => {
            let mut problems = vec![];
            let cause_id = cause.as_ref().map(|cause| cause.id.clone());
            let describe = |event: &StackEvent| {
                let reason = event.reason.as_deref().unwrap_or("no reason given");
                format!(
                    "{} {} {}: {}",
                    event.logical_id,
                    event.kind,
                    event.status,
                    values.redact(reason)
                )
            };
            let error = |text| Diagnostic::error(Code::StackOperationFailed, path, text);
            let text = match &cause {
                Some(cause) => format!("{what}; it began with {}", describe(cause)),
                None => what.to_string(),
            };
            problems.push(error(text));
            let others = failures
                .iter()
                .filter(|event| Some(&event.id) != cause_id.as_ref());
            let others = others.take(10).map(describe).map(error);
            problems.extend(others.map(|problem| problem.with_severity(Severity::Warning)));
            let kept = kept.iter().map(|event| {
                let id = event.physical_id.as_deref().unwrap_or_default();
                let text = format!(
                    "{} {} stays, and no stack manages it: {}",
                    event.logical_id,
                    event.kind,
                    values.redact(id)
                );
                let problem = error(text).with_severity(Severity::Warning);
                problem.with_help("delete it, or its name blocks the next attempt")
            });
            problems.extend(kept);
            (problems, Exit::Operation)
        }
        OperationError::Cloud(failed) => {
            let (code, exit) = code_and_exit(&failed);
            let text = match &failed {
                CloudError::Interrupted => "the run was asked to end".to_owned(),
                failed => failed.with_text(|text| values.redact(text)),
            };
            let problem = Diagnostic::error(code, path, text);
            let problem = match help(config, &failed) {
                Some(help) => problem.with_help(help),
                None => problem,
            };
            (vec![problem], exit)
        }
    }
}

/// Whether CloudFormation works on no stack of this status.
fn has_ended(status: &str) -> bool {
    let health = StackStatus(status.to_owned()).health();
    !matches!(health, Health::InProgress | Health::Unknown)
}

fn code_and_exit(failed: &CloudError) -> (Code, Exit) {
    match failed {
        CloudError::Interrupted => (Code::Interrupted, Exit::Operation),
        CloudError::Misused(_) => (Code::AwsRefused, Exit::Internal),
        CloudError::NoEvents(_) => (Code::AwsUnreachable, Exit::Unreachable),
        CloudError::NoProfile { .. }
        | CloudError::HalfOfKey { .. }
        | CloudError::NoCredentials(_)
        | CloudError::NoIdentityToken(_) => (Code::AwsCredentials, Exit::Unreachable),
        CloudError::Aws(error) => match error.kind {
            AwsErrorKind::Limited { .. }
            | AwsErrorKind::Unreachable
            | AwsErrorKind::NoConnection(_) => (Code::AwsUnreachable, Exit::Unreachable),
            AwsErrorKind::Expired => (Code::AwsCredentials, Exit::Unreachable),
            // Without its role, the job has no credentials.
            _ if error.role.is_some() => (Code::AwsCredentials, Exit::Unreachable),
            AwsErrorKind::NotAllowed | AwsErrorKind::NotFound | AwsErrorKind::Invalid => {
                (Code::AwsRefused, Exit::Operation)
            }
        },
    }
}

fn help(config: &Config, failed: &CloudError) -> Option<String> {
    let text = match failed {
        CloudError::Interrupted => Some("run it again: it continues"),
        CloudError::NoProfile { .. } => {
            Some("set AWS_PROFILE to a profile of these files, or add the profile")
        }
        CloudError::HalfOfKey { missing, .. } => {
            return Some(format!("set {missing}, or set AWS_PROFILE"));
        }
        CloudError::NoCredentials(_) => Some(SIGN_IN),
        CloudError::NoEvents(_) => Some("look at the stack's events, then run it again"),
        CloudError::Misused(_) | CloudError::NoIdentityToken(_) => None,
        CloudError::Aws(error) => match &error.kind {
            AwsErrorKind::Limited { .. } => Some("wait, then run it again"),
            AwsErrorKind::Unreachable => Some("run it again"),
            AwsErrorKind::NoConnection(fault) if fault.reason == FaultReason::Certificate => {
                Some("add the certificate's issuer to the certificates of this machine")
            }
            AwsErrorKind::NoConnection(fault) if fault.reason.is_lasting() => {
                Some("check the network and the proxy, and AWS_ENDPOINT_URL if it is set")
            }
            AwsErrorKind::NoConnection(_) => Some("check the network, then run it again"),
            AwsErrorKind::Expired if error.role.is_some() => {
                Some("run the job again: it requests a new identity token")
            }
            AwsErrorKind::Expired => Some(SIGN_IN),
            AwsErrorKind::NotAllowed if error.role.is_some() => Some(
                "let the role's trust policy allow this job; `provisioner roles` writes such a role",
            ),
            _ if error.role.is_some() => Some(
                "compare the role and the identity provider with those that `provisioner roles` writes",
            ),
            AwsErrorKind::NotAllowed => return Some(missing_permission(config)),
            AwsErrorKind::Invalid if error.is_quota() => Some(QUOTA),
            AwsErrorKind::NotFound | AwsErrorKind::Invalid => None,
        },
    };
    text.map(str::to_owned)
}

/// What to do about credentials that lack a permission.
fn missing_permission(config: &Config) -> String {
    // The whole template of the account: one with fewer environments would delete the other roles of the stack.
    let roles = format!(
        "in CI, the deployed role may be older than the policy file, or the config may be outside of its `scope`: print all roles of the account with `provisioner roles --repository OWNER@ID/NAME@ID --account {}` and deploy them again",
        config.target.account
    );
    match config.policy_action() {
        Some(action) => format!(
            "{roles}; on a laptop, attach the policy that `provisioner {action} {}` writes",
            quote_argument(config.path.as_str())
        ),
        None => roles,
    }
}

/// Completes the commands in the help of a failed repair with the path of the config, for a command line. Evidence has the help as the
/// guard wrote it.
pub fn complete_commands(path: &RepoPath, problems: &mut [Diagnostic]) {
    for problem in problems.iter_mut() {
        let help = problem.help.as_mut();
        if let Some(help) = help.filter(|help| help.ends_with(CONTINUE)) {
            help.truncate(help.len() - CONTINUE.len());
            help.push_str(&format!(
                "run `provisioner continue-rollback {} --force`",
                quote_argument(path.as_str())
            ));
        }
    }
}

/// One error for each denial of the guard. The product names the action that creates the stack; no rule knows it.
pub fn denial_diagnostics(config: &Config, denials: &[Denial]) -> Vec<Diagnostic> {
    let each = denials.iter().map(|denial| {
        let problem = denial.diagnostic(&config.path);
        if let Some(bucket) = denial.bucket_to_keep()
            && let Some(import) = Desired::new(config).ok().and_then(|it| bucket_command(&it, bucket))
        {
            let help = format!(
                "move the objects elsewhere, and empty the bucket, then run it again; or keep it if the template retains it: run `{import}`, without the policy if the bucket has none"
            );
            return problem.with_help(help);
        }
        let help = config.provision_action().and_then(|action| {
            if denial.code == Code::StackNotFound {
                return Some(format!("create the stack first with `{action}`"));
            }
            let is_unfinished = denial.is_of_unfinished_creation();
            is_unfinished.then(|| {
                format!(
                    "run `{action}`, or the action that was stopped: it adds the rest and the tags"
                )
            })
        });
        match help {
            Some(help) => problem.with_help(help),
            None => problem,
        }
    });
    each.collect()
}

/// A denial because the job lacks something for the stack's environment.
pub fn missing_setup(refusal: &Refusal) -> OperationError {
    OperationError::Denied(vec![refusal.denial()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_that_has_ended_is_not_waited_for() {
        for status in ["IMPORT_COMPLETE", "UPDATE_COMPLETE", "ROLLBACK_FAILED"] {
            assert!(has_ended(status), "{status}");
        }
        for status in [
            "IMPORT_IN_PROGRESS",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "NEW",
        ] {
            assert!(!has_ended(status), "{status}");
        }
    }
}
