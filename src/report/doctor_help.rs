//! The next step after a finding of `doctor`.

use super::doctor_finding::{Found, MEMBERS_HELP};

const ROLE_HELP: &str =
    "compare the trust policy that `provisioner roles` prints with the subject above";

impl Found {
    /// How to fix it; `None` if nothing is wrong.
    pub fn help(&self) -> Option<String> {
        Some(match self {
            Self::NoIdentityToken { help }
            | Self::ForgeUnknown { help, .. }
            | Self::TokenMissing { help }
            | Self::TokenNotAccepted { help, .. }
            | Self::IssuerFailed { help, .. } => (*help).to_owned(),
            Self::Unreadable { help: None, .. } => "run it again".to_owned(),
            Self::Unreadable {
                help: Some(help), ..
            }
            | Self::WrongSettings { help, .. }
            | Self::ScopeLacks { help, .. } => help.clone(),
            Self::ApproverAbsent | Self::ApproverOther { .. } => {
                "correct `approvers` in the policy file".to_owned()
            }
            Self::NotProtected => {
                "protect the branch: provisioner applies no merge into an unprotected branch".to_owned()
            }
            Self::EnvironmentOpen { help, .. } => (*help).to_owned(),
            Self::EnvironmentUnknown { help } => help.clone(),
            Self::WorkflowStopped { help, .. } => (*help).to_owned(),
            Self::CodeOwnersNotRequired { .. } | Self::CodeOwnersUnproven => {
                "require a review from code owners in the rules of the default branch".to_owned()
            }
            Self::CodeOwnersAbsent { .. } | Self::CodeOwnersIncomplete { .. } => {
                "add owners: these files decide who may approve, what runs and what is deployed"
                    .to_owned()
            }
            Self::PlanStatusForgeable { help, .. } => (*help).to_owned(),
            Self::NotGranted { help, purpose, .. } => format!("{help}; it is for {purpose}"),
            Self::PolicyInvalid { .. } => {
                "run `provisioner validate-config`, which shows the lines: commands that query AWS need a policy file that loads".to_owned()
            }
            Self::ConfigErrors { .. } => "run `provisioner validate-config`".to_owned(),
            Self::ScopeInvalid { .. } => {
                "run `provisioner roles --repository OWNER/NAME`, and correct what it reports"
                    .to_owned()
            }
            Self::RoleMayNothing => {
                "list a product of its environment in `scope.products`, or remove the role from the policy file".to_owned()
            }
            Self::OnlyInJob => {
                "run the workflow or the job that `provisioner init` wrote for `provisioner doctor`".to_owned()
            }
            Self::NoApplyRole => {
                "set `roles.apply` of the environment in the policy file; `provisioner roles` prints the role".to_owned()
            }
            Self::PathsInvalid { .. } => "check the spelling of the path".to_owned(),
            Self::MembersHidden {
                is_needed: true, ..
            } => MEMBERS_HELP.to_owned(),
            Self::ClaimsUnreadable { forge } => {
                format!("use {forge}'s own issuer: no other is supported")
            }
            Self::OtherAudience { .. } => {
                "request the audience sts.amazonaws.com: the roles trust no other".to_owned()
            }
            Self::OtherSubject { repository, .. } => format!(
                "the subject is customised; the roles that `provisioner roles --repository {repository}` writes do not trust it"
            ),
            Self::RoleNotAssumed { .. } => ROLE_HELP.to_owned(),
            Self::AwsFailed { .. } => "check the network, then run it again".to_owned(),
            Self::ForeignApplyRole => {
                "let it trust only the subjects of its environments, as `provisioner roles` prints it".to_owned()
            }
            Self::OtherAccount { .. } => "write {account_id} in the role's ARN".to_owned(),
            Self::RunsChangeSets { .. } => {
                "remove cloudformation:ExecuteChangeSet from the role: every pull request can assume it".to_owned()
            }
            Self::NoCredentials { .. } => {
                "set AWS_PROFILE or the AWS_… variables, or sign in again".to_owned()
            }
            _ => return None,
        })
    }
}
