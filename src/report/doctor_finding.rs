//! The findings of `doctor`, in words, with help.

use crate::text::{or_list, pluralize};

/// The result of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    // The job.
    /// `help`: the forge's words, here and below.
    ForgeUnknown {
        error: String,
        help: &'static str,
    },
    MergeQueue,
    Push {
        reference: String,
    },
    Comment {
        number: u64,
    },
    Schedule,
    StartedByHand,
    UnknownEvent {
        name: String,
    },
    IdleEvent {
        name: String,
        only_if: &'static str,
    },
    PullRequest {
        number: u64,
        is_fork: bool,
    },
    /// The forge did not answer. Names the permission that the token may lack.
    Unreadable {
        error: String,
        /// How to grant the missing permission.
        help: Option<String>,
    },

    /// The token is missing, or the forge does not accept it.
    TokenNotAccepted {
        error: String,
        help: &'static str,
    },

    // The repository.
    Protected,
    NotProtected,
    ProtectionUnproven,
    EnvironmentLimited {
        branch: String,
    },
    EnvironmentOpen {
        branch: String,
        help: &'static str,
    },
    EnvironmentUnknown {
        help: String,
    },
    WorkflowsStart,
    /// The forge does not start it.
    WorkflowStopped {
        /// Why, with the forge's word.
        state: String,
        help: &'static str,
    },

    CodeOwnersRequired {
        branch: String,
    },
    CodeOwnersNotRequired {
        branch: String,
    },
    CodeOwnersUnproven,
    /// Where the forge looks for the file.
    CodeOwnersAbsent {
        files: &'static [&'static str],
    },
    CodeOwnersComplete {
        path: String,
    },
    /// `missing`: files, and folders with a trailing slash.
    CodeOwnersIncomplete {
        path: String,
        missing: Vec<String>,
    },
    PlanStatusForgeable {
        forgers: &'static str,
        help: &'static str,
    },

    // The token.
    TokenSet,
    TokenMissing {
        help: &'static str,
    },
    /// The settings of the job contradict the forge.
    WrongSettings {
        error: String,
        help: String,
    },
    Works,
    ReadRefused {
        reason: String,
    },
    Granted {
        purpose: &'static str,
    },
    RefusedForFork {
        reason: String,
    },
    NotGranted {
        reason: String,
        /// How to grant it.
        help: String,
        purpose: &'static str,
    },
    Unproven {
        reason: String,
    },

    // The policy and the configs.
    NoCommit,
    PolicyInvalid {
        messages: Vec<String>,
    },
    /// The commit, abbreviated.
    PolicyAt {
        commit: String,
    },
    PolicyFile {
        path: String,
    },
    PolicyAbsent,
    GlobInvalid,
    /// The approver with the account's id, as the policy may list it.
    ApproverId {
        pin: String,
    },
    ApproverPinned,
    ApproverAbsent,
    /// The login belongs to the account with this id.
    ApproverOther {
        id: String,
    },
    NoConfigs,
    ConfigsLoad {
        configs: usize,
    },
    ConfigErrors {
        errors: usize,
        configs: usize,
    },
    PathsInvalid {
        messages: Vec<String>,
    },

    // The scope.
    ScopeCovers {
        configs: usize,
    },
    ScopeLacks {
        outside: usize,
        /// The first gaps.
        messages: Vec<String>,
        /// What to do about the first one.
        help: String,
    },
    ScopeInvalid {
        error: String,
    },
    RoleMayNothing,

    // The approvers.
    MembersVisible,
    /// Whether this job counts approvals.
    MembersHidden {
        reason: String,
        is_needed: bool,
    },

    // The identity token.
    NoTokenForFork {
        is_group: bool,
        /// Whether it is known that the change comes from a fork.
        is_known: bool,
    },
    NoIdentityToken {
        help: &'static str,
    },
    IssuerFailed {
        error: String,
        help: &'static str,
    },
    /// The forge's name.
    ClaimsUnreadable {
        forge: &'static str,
    },
    Claim {
        value: String,
    },
    OtherAudience {
        value: String,
    },
    OtherSubject {
        value: String,
        repository: String,
    },

    // The roles.
    NoPlanRole,
    NoApplyRole,
    RoleNotAssumed {
        error: String,
    },
    PlanRoleOfEnvironment,
    ForeignApplyRole,
    ApplyRoleRefused,
    Assumed {
        account: String,
    },
    OtherAccount {
        found: String,
        configured: String,
    },
    RunsChangeSets {
        stack: String,
    },
    ChangeSetsRefused {
        stacks: usize,
    },
    DeletionUnproven,

    /// A laptop has no token of a job.
    OnlyInJob,

    // The credentials of a laptop.
    Caller {
        arn: String,
    },
    OtherCaller {
        account: String,
        stacks: usize,
    },
    /// AWS did not answer, limits the rate of requests, or does not accept the token.
    AwsFailed {
        error: String,
    },
    NoCredentials {
        error: String,
    },
}

pub(super) const MEMBERS_HELP: &str = "the job's own token cannot read members: use the token of an app that can, or list people as approvers";

impl Found {
    /// The finding as text.
    pub fn words(&self) -> String {
        match self {
            Self::ForgeUnknown { error, .. }
            | Self::Unreadable { error, .. }
            | Self::IssuerFailed { error, .. }
            | Self::TokenNotAccepted { error, .. }
            | Self::WrongSettings { error, .. }
            | Self::RoleNotAssumed { error }
            | Self::AwsFailed { error }
            | Self::NoCredentials { error } => error.clone(),
            Self::MergeQueue => "merge queue".to_owned(),
            Self::Push { reference } => format!("push to {reference}"),
            Self::Comment { number } => format!("comment on {number}"),
            Self::Schedule => "schedule".to_owned(),
            Self::StartedByHand => "started by hand".to_owned(),
            Self::UnknownEvent { name } => {
                format!("{name}, which `provisioner ci` ignores")
            }
            Self::IdleEvent { name, only_if } => {
                format!("{name}, which `provisioner ci` handles only if {only_if}")
            }
            Self::PullRequest { number, is_fork } => {
                let from = match is_fork {
                    true => "from a fork: provisioner requests no identity token and writes nothing",
                    false => "from this repository",
                };
                format!("pull request {number} {from}")
            }
            Self::Protected => "protected".to_owned(),
            Self::NotProtected => "not protected".to_owned(),
            Self::ProtectionUnproven => {
                "not proven: this token may not read the protection".to_owned()
            }
            Self::EnvironmentLimited { branch } => format!("only {branch} can deploy to it"),
            Self::EnvironmentOpen { branch, .. } => {
                format!("other branches than {branch} can deploy to it")
            }
            Self::EnvironmentUnknown { .. } => {
                "not proven: it does not exist, or this token may not read it".to_owned()
            }
            Self::WorkflowsStart => "the forge starts them".to_owned(),
            Self::WorkflowStopped { state, .. } => state.clone(),
            Self::CodeOwnersRequired { branch } => format!("required on {branch}"),
            Self::CodeOwnersNotRequired { branch } => format!("not required on {branch}"),
            Self::CodeOwnersUnproven => {
                "not known: this token may not read the details of the branch's protection"
                    .to_owned()
            }
            Self::CodeOwnersAbsent { files } => format!("no file {}", or_list(files)),
            Self::CodeOwnersComplete { path } => {
                format!("{path} lists owners of policy, products, workflows and configs")
            }
            Self::CodeOwnersIncomplete { path, missing } => {
                format!("{path} lists no owner of {}", missing.join(", "))
            }
            Self::PlanStatusForgeable { forgers, .. } => {
                format!("{forgers}; a forgery cannot change what runs, since provisioner recomputes the plan")
            }
            Self::TokenSet => "set".to_owned(),
            Self::TokenMissing { .. } => "not set".to_owned(),
            Self::Works => "works".to_owned(),
            Self::ReadRefused { reason } | Self::NotGranted { reason, .. } => {
                format!("refused, {reason}")
            }
            Self::Granted { purpose } => format!("granted, for {purpose}"),
            Self::RefusedForFork { reason } => {
                format!("refused for a fork, as expected: {reason}")
            }
            Self::Unproven { reason } => format!("not proven: {reason}"),
            Self::NoCommit => "not read: no commit is known to read it at".to_owned(),
            Self::PolicyInvalid { messages } | Self::PathsInvalid { messages } => {
                messages.join("; ")
            }
            Self::PolicyAt { commit } => format!("loads, at {commit}"),
            Self::PolicyFile { path } => format!("{path} loads"),
            Self::PolicyAbsent => "not found; the defaults apply".to_owned(),
            Self::GlobInvalid => "not read: the policy file has an invalid glob".to_owned(),
            Self::ApproverId { pin } => {
                format!("the login can get another owner; write {pin} to pin the account")
            }
            Self::ApproverPinned => "the login belongs to the pinned account".to_owned(),
            Self::ApproverAbsent => "no account has this login".to_owned(),
            Self::ApproverOther { id } => format!("the login belongs to account {id} now"),
            Self::NoConfigs => "none found".to_owned(),
            Self::ConfigsLoad { configs } => format!("{configs} load"),
            Self::ConfigErrors { errors, configs } => format!(
                "{} in {}",
                pluralize(*errors, "error"),
                pluralize(*configs, "config")
            ),
            Self::ScopeCovers { configs } => {
                format!("cover {} by the scope", pluralize(*configs, "config"))
            }
            Self::ScopeLacks {
                outside, messages, ..
            } => format!(
                "do not cover {}: {}",
                pluralize(*outside, "config"),
                messages.join("; ")
            ),
            Self::ScopeInvalid { error } => format!("cannot be computed: {error}"),
            Self::RoleMayNothing => "the scope gives it no permissions".to_owned(),
            Self::MembersVisible => "can be seen".to_owned(),
            Self::MembersHidden {
                reason,
                is_needed: true,
            } => format!("cannot be seen, {reason}"),
            Self::MembersHidden { reason, .. } => {
                format!("cannot be seen, {reason}; {MEMBERS_HELP}")
            }
            Self::NoTokenForFork { is_group, is_known } => match (is_group, is_known) {
                (true, _) => "not requested: a pull request of the merge group may come from a fork",
                (false, true) => "not requested: the pull request comes from a fork",
                (false, false) => "not requested: the pull request could not be read, and may come from a fork",
            }
            .to_owned(),
            Self::NoIdentityToken { .. } => "this job gets no identity token".to_owned(),
            Self::ClaimsUnreadable { .. } => "its claims cannot be read".to_owned(),
            Self::Claim { value } | Self::OtherAudience { value } => value.clone(),
            Self::OtherSubject { value, .. } => value.clone(),
            Self::NoPlanRole => "not set in the policy file: checks do not query AWS".to_owned(),
            Self::NoApplyRole => "not set in the policy file: nothing is provisioned".to_owned(),
            Self::PlanRoleOfEnvironment => {
                "denied to this job: jobs of an environment use the apply role".to_owned()
            }
            Self::ForeignApplyRole => {
                "this job can assume it, but does not run in its environment".to_owned()
            }
            Self::ApplyRoleRefused => "denied to this job, as expected".to_owned(),
            Self::Assumed { account } => format!("can be assumed, in account {account}"),
            Self::OtherAccount { found, configured } => {
                format!("it is in account {found}, and the configs are in {configured}")
            }
            Self::RunsChangeSets { stack } => format!("it may run change sets of {stack}"),
            Self::ChangeSetsRefused { stacks } => format!(
                "AWS denies it for {}",
                pluralize(*stacks, "stack name")
            ),
            Self::DeletionUnproven => {
                "not proven: the only test is a deletion. The role that `provisioner roles` prints denies it".to_owned()
            }
            Self::OnlyInJob => "not checked on a laptop".to_owned(),
            Self::Caller { arn } => arn.clone(),
            Self::OtherCaller { account, stacks } => format!(
                "the credentials are for account {account}; set AWS_PROFILE to reach {} of this account",
                pluralize(*stacks, "stack")
            ),
        }
    }
}
