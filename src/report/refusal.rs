//! Why a job does not act on a config: a requirement of the pull request, the product or the job is unmet. The guard's rules have
//! their own texts.

use super::Text;
use crate::diagnostic::{Code, Diagnostic};
use crate::guard::Denial;
use crate::model::RepoPath;

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The pull request's branch is in another repository.
    ForkHead,
    /// The pull request is not merged.
    NotMerged,
    /// The commenter has no write permission.
    CannotPush { login: String },
    /// The command deletes a stack whose config stays.
    RemovalNotRequested,
    /// The command replaces a stack without an entry.
    ReplacementNotRequested,
    /// A comment on a pull request commands a repair.
    RepairOnPullRequest,
    /// A comment on an issue commands something else than a repair.
    NoRepair,
    /// No config of the default branch has the stack of the issue.
    NoConfigOfIssue,
    /// The command imports resources without an entry.
    ImportNotRequested,
    /// The command creates or updates a stack whose config is removed.
    ConfigRemoved,
    /// The command names a solution that the config does not list.
    SolutionNotListed,
    /// The policy sets no apply role for the environment: no job is started for it.
    NoApplyRole { environment: String },
    /// The policy sets no role for the command.
    NoRole { environment: String },
    /// The policy sets no plan role for the environment.
    NoPlanRole { environment: String },
    /// The job may not request identity tokens.
    NoIdentityToken,
    /// The config was read before and no longer loads.
    ConfigUnreadable,
    /// The product deletes no stacks.
    NoDeleteAction,
    /// The config names a bucket that is not the stack's.
    BucketNotInStack {
        bucket: String,
        /// The bucket that the stack has in its place.
        held: Option<String>,
    },
    /// The products of the default branch do not render the config.
    NotRenderedByDefaultBranch,
    /// The product has no such action.
    NoSuchAction { product: String, action: String },
    /// The product gives the action another class than the command's.
    OtherAction { product: String, action: String },
    /// The product does not offer the action for this config.
    ActionNotOffered {
        action: String,
        /// The action that the product suggests instead.
        instead: Option<String>,
    },
    /// The action's condition failed to evaluate.
    ActionUndecided { error: String },
}

/// Both the policy before the merge and the one of now need the role, so that a re-run after adding it changes nothing.
/// What to do before the merge, without the steps that a merged change needs.
pub(super) const SET_ROLE: &str = "set `roles.apply` for the environment in the policy file; `provisioner roles` creates the role";
const ADD_ROLE: &str = "set `roles.apply` for the environment in the policy file; `provisioner roles` creates the role. If the change is merged already, merge the policy, then start the job by hand with the mode `apply`: a re-run uses the policy before the change's merge";

impl Refusal {
    pub fn code(&self) -> Code {
        match self {
            Self::ForkHead => Code::ForkNotAllowed,
            Self::NotMerged => Code::NotMerged,
            Self::CannotPush { .. } => Code::ActorNotAllowed,
            Self::RemovalNotRequested => Code::DeleteNotRequested,
            Self::ReplacementNotRequested
            | Self::ImportNotRequested
            | Self::ConfigRemoved
            | Self::SolutionNotListed => Code::NotRequested,
            Self::RepairOnPullRequest | Self::NoRepair | Self::NoConfigOfIssue => {
                Code::RepairNotRequested
            }
            Self::NoApplyRole { .. } | Self::NoRole { .. } | Self::NoPlanRole { .. } => {
                Code::RoleNotConfigured
            }
            Self::NoIdentityToken => Code::IdentityTokenMissing,
            Self::BucketNotInStack { .. } => Code::BucketNotInStack,
            Self::ConfigUnreadable | Self::NoDeleteAction | Self::NotRenderedByDefaultBranch => {
                Code::RenderFailed
            }
            Self::NoSuchAction { .. }
            | Self::OtherAction { .. }
            | Self::ActionNotOffered { .. }
            | Self::ActionUndecided { .. } => Code::ActionNotOffered,
        }
    }

    /// The fact that denies.
    pub fn fact(&self) -> Text {
        Text::ours(match self {
            Self::ForkHead => "the pull request comes from another repository",
            Self::NotMerged => "the pull request is not merged",
            Self::CannotPush { login } => {
                return Text::name(login).and(Text::ours(" has no write permission"));
            }
            Self::RemovalNotRequested => "the pull request does not remove the stack's config",
            Self::ReplacementNotRequested => {
                "the pull request adds no entry for this stack below `replace`"
            }
            Self::RepairOnPullRequest => "a comment on a pull request requests no repair",
            Self::NoRepair => "comments on an issue request `restore` and `continue-rollback` only",
            Self::NoConfigOfIssue => {
                "no valid config of the default branch has the stack of this issue"
            }
            Self::ImportNotRequested => {
                "the pull request adds no entry for this config below `import`"
            }
            Self::ConfigRemoved => "the pull request removes the stack's config",
            Self::SolutionNotListed => "the config does not name this solution",
            Self::NoApplyRole { environment } => {
                return Text::ours("the policy sets no apply role for environment ")
                    .and(Text::name(environment));
            }
            Self::NoRole { environment } => {
                return Text::ours("the policy sets no apply role for environment ")
                    .and(Text::name(environment));
            }
            Self::NoPlanRole { environment } => {
                return Text::ours("the policy sets no plan role for environment ")
                    .and(Text::name(environment));
            }
            Self::NoIdentityToken => "the job has no identity token",
            Self::ConfigUnreadable => "the config could not be read again",
            Self::NoDeleteAction => "the product has no action that deletes a stack",
            Self::BucketNotInStack { bucket, held } => {
                let named = Text::ours("the config names bucket ").and(Text::name(bucket));
                return match held {
                    Some(held) => named
                        .and(Text::ours(", and the stack holds "))
                        .and(Text::name(held)),
                    None => named.and(Text::ours(", which is not a bucket of the stack")),
                }
                .and(Text::ours("; nothing was written"));
            }
            Self::NotRenderedByDefaultBranch => {
                "the products of the default branch cannot render this config"
            }
            Self::NoSuchAction { product, action } => {
                return Text::ours("product ")
                    .and(Text::name(product))
                    .and(Text::ours(" has no action "))
                    .and(Text::name(action));
            }
            Self::OtherAction { product, action } => {
                return Text::ours("product ")
                    .and(Text::name(product))
                    .and(Text::ours(" uses a different action for "))
                    .and(Text::name(action))
                    .and(Text::ours(" than comments do"));
            }
            Self::ActionNotOffered { action, .. } => {
                return Text::name(action).and(Text::ours(" does not apply to this config"));
            }
            Self::ActionUndecided { error } => return Text::sentence(error),
        })
    }

    /// How to get it allowed; empty if nothing helps.
    pub fn remedy(&self) -> Text {
        Text::ours(match self {
            Self::ForkHead => {
                "push the branch to this repository, and open a pull request from there"
            }
            Self::NotMerged => {
                "merge it; approved changes are applied after the merge, without a command"
            }
            Self::CannotPush { .. } => "ask a user with write permission to comment",
            Self::RemovalNotRequested => {
                "remove the config in a pull request, and have it approved"
            }
            Self::ReplacementNotRequested => {
                "add the stack's full id to `.provisioner/replacements.yaml` in a pull request, and have it approved"
            }
            Self::RepairOnPullRequest => {
                "comment on the issue that provisioner opened about the stack"
            }
            Self::NoRepair => "comment on a pull request",
            Self::NoConfigOfIssue => {
                "correct or add the stack's config in a pull request, or close the issue"
            }
            Self::ImportNotRequested => {
                "add the resources to `.provisioner/adoptions.yaml` in a pull request, and have it approved"
            }
            Self::ConfigRemoved => "comment on the pull request that added it",
            Self::SolutionNotListed => {
                "add it to the config in a pull request, and have it approved"
            }
            Self::NoApplyRole { .. } | Self::NoRole { .. } => ADD_ROLE,
            Self::BucketNotInStack { .. } => {
                "update or replace the stack first, or name the stack's bucket in the config"
            }
            Self::NoPlanRole { .. } => {
                "set `roles.plan` for the environment in the policy file; `provisioner roles` creates the role"
            }
            Self::NoIdentityToken => {
                "let the job request identity tokens: `provisioner explain identity-token-missing`"
            }
            Self::ActionNotOffered { instead, .. } => {
                return instead.as_ref().map(Text::sentence).unwrap_or_default();
            }
            Self::ConfigUnreadable
            | Self::NoDeleteAction
            | Self::NotRenderedByDefaultBranch
            | Self::NoSuchAction { .. }
            | Self::OtherAction { .. }
            | Self::ActionUndecided { .. } => return Text::default(),
        })
    }

    /// As a denial of the guard.
    pub fn denial(&self) -> Denial {
        Denial {
            code: self.code(),
            fact: self.fact().quoted(),
            remedy: self.remedy().quoted(),
        }
    }

    /// As a problem of a config.
    pub fn diagnostic(&self, path: &RepoPath) -> Diagnostic {
        let problem = Diagnostic::error(self.code(), path, self.fact().quoted());
        let remedy = self.remedy();
        match remedy.is_empty() {
            true => problem,
            false => problem.with_help(remedy.quoted()),
        }
    }
}
