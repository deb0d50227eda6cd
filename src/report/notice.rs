//! Notices: limits of a report, and why they exist. A notice becomes text when it is shown.

use serde::{Deserialize, Serialize, Serializer};

use super::Text;
use super::pending::closed_text;
use super::rare_place::rare_places_text;
use crate::config::RelockedProduct;
use crate::entries::EntryKind;
use crate::guard::ClosedReason;
use crate::plan::{PlaceKind, RarePlace, RarePlaces};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "kebab-case")]
pub enum Notice {
    /// The change edits products that assess it.
    ProductsChanged,
    /// The change edits defaults of configs.
    DefaultsChanged,
    /// The repository has no lock of the built-in products.
    NoProductLock,
    /// The lock of these built-in products changes. Number of configs that they govern.
    ProductsRelocked {
        products: Vec<RelockedProduct>,
        configs: usize,
    },
    /// The change edits the policy file.
    PolicyChanged,
    /// AWS was not queried, or not for some environments.
    Offline { reason: OfflineReason },
    /// The policy allows previews of a sample. Numbers of configs of the sampled groups.
    Sampled {
        previewed: usize,
        not_previewed: usize,
    },
    /// The environment is outside of its windows, or in a freeze, while the check runs.
    EnvironmentClosed {
        environment: String,
        why: ClosedReason,
        opens: Option<String>,
    },
    /// The stacks of an environment that the policy lets go first, and the number of those that wait for them.
    GoFirst {
        environment: String,
        configs: Vec<String>,
        others: usize,
    },
    /// Few configs of the environment have a stack in these accounts or regions. `configs`: the number of all.
    RarePlaces {
        environment: String,
        kind: PlaceKind,
        places: Vec<RarePlace>,
        configs: usize,
    },
    /// A fork's job can write neither comment nor status.
    ForkReport,
    /// Too many open pull requests, or too many files in them.
    OpenPullRequestsIncomplete,
    /// The forge did not list the open pull requests.
    OpenPullRequestsUnknown,
    /// The forge does not name the token's user.
    CommentAuthorUnknown,
    /// The forge did not take a write. `permission`: the one that the token certainly lacks. `reason`: the forge's words. `retry`:
    /// whether a later run may write it.
    NotWritten {
        what: NotWritten,
        permission: Option<String>,
        reason: String,
        #[serde(default)]
        retry: bool,
    },
    /// The change removes entries: the key and the config of each.
    EntriesRemoved { entries: Vec<(EntryKind, String)> },
    /// Number of configs that a newer change changed again.
    Superseded { configs: Vec<String> },
    /// The run worked only on configs that were not applied. Number of the merge's other configs.
    PendingOnly { skipped: usize },
    /// A scheduled run was denied as before.
    DeniedAgain,
    /// A stack was updated. What reviewers were shown can be forged.
    UpdatePlanRecomputed,
    /// More stacks in one run than deployments may be created for.
    TooManyDeployments { stacks: usize },
    /// The forge did not answer a request about a deployment.
    DeploymentsUnreachable,
}

/// What the forge did not write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotWritten {
    Comment,
    Status,
    Deployments,
}

/// Why AWS was not queried.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub enum OfflineReason {
    /// A check on a laptop queries no forge and no AWS.
    Local,
    /// A fork's job has no credentials.
    Fork,
    /// A merge group has this pull request, which comes from a fork.
    QueuedFork { number: u64 },
    /// Not all pull requests of a merge group are known.
    QueueUnknown,
    /// The policy file of the base does not load.
    PolicyInvalid,
    /// The policy sets no plan role for these.
    NoPlanRole { environments: Vec<String> },
    /// The job may not request identity tokens.
    NoIdentityToken,
}

/// Configs that a notice names; the rest is counted.
const MAX_NAMED: usize = 10;

/// A product of the lock with its versions.
fn relocked_text(product: &RelockedProduct) -> Text {
    let name = Text::name(&product.name);
    match (&product.before, &product.after) {
        (Some(before), Some(after)) => name
            .and(Text::ours(" from "))
            .and(Text::name(before))
            .and(Text::ours(" to "))
            .and(Text::name(after)),
        (None, Some(after)) => name.and(Text::ours(" is new at ")).and(Text::name(after)),
        (Some(before), None) => name
            .and(Text::ours(" is no longer locked at "))
            .and(Text::name(before)),
        (None, None) => name.and(Text::ours(" has no valid entry")),
    }
}

/// The sentence after the reason.
const OFFLINE: &str = "This report compares rendered templates and uses the product's impact rules. It does not show \
     replacements, drift or the state of stacks.";

impl Notice {
    /// Whether it reports what the change does beside configs.
    pub fn is_of_entries(&self) -> bool {
        matches!(self, Self::EntriesRemoved { .. })
    }

    /// For a comment or a summary.
    pub fn markdown(&self) -> String {
        self.text().markdown()
    }

    pub(super) fn text(&self) -> Text {
        Text::ours(match self {
            Self::ProductsChanged => {
                "This change edits products in `.provisioner/products`. For this pull request, provisioner uses the stricter \
                 impact rules, old or new. Later pull requests use only the new rules, so review them too."
            }
            Self::DefaultsChanged => {
                "This change edits `_defaults.yaml`. It can also change other configs in the folder of that file."
            }
            Self::NoProductLock => {
                "This repository has no `.provisioner/products.lock`. Run `provisioner lock` to write it. A pull request that \
                 upgrades provisioner then shows which stacks change."
            }
            Self::ProductsRelocked { products, configs } => {
                let names = products.iter().take(MAX_NAMED).map(relocked_text);
                let changes = match products.is_empty() {
                    true => Text::ours("The lock names another version of provisioner"),
                    false => {
                        Text::ours("The lock of the products changes: ").and(Text::and_list(names))
                    }
                };
                return changes
                    .and(Text::ours(". It concerns "))
                    .and(Text::count(*configs, "config"))
                    .and(Text::ours("."));
            }
            Self::PolicyChanged => {
                "This change edits the policy file. The new policy takes effect after the merge."
            }
            Self::Offline { reason } => {
                return reason.text().and(Text::ours(" ")).and(Text::ours(OFFLINE));
            }
            Self::Sampled {
                previewed,
                not_previewed,
            } => {
                return Text::ours("By the policy's `sample`, provisioner previewed ")
                    .and(Text::count(*previewed, "stack"))
                    .and(Text::ours(" of equal changes, and not "))
                    .and(Text::count(*not_previewed, "other one"))
                    .and(Text::ours(
                        ". The impact of those not previewed is the one that the product declares.",
                    ));
            }
            Self::EnvironmentClosed {
                environment,
                why,
                opens,
            } => {
                let closed = Text::name(environment)
                    .and(closed_text(why))
                    .and(Text::ours(". "));
                return match opens {
                    Some(opens) => closed
                        .and(Text::ours("A scheduled run applies this change from "))
                        .and(Text::sentence(opens))
                        .and(Text::ours(" on, if it is merged before.")),
                    None => closed.and(Text::ours(
                        "This change is not applied before the policy allows a time for it.",
                    )),
                };
            }
            Self::RarePlaces {
                environment,
                kind,
                places,
                configs,
            } => return rare_places_text(environment, *kind, places, *configs),
            Self::GoFirst {
                environment,
                configs,
                others,
            } => {
                let others = Text::count(*others, "other stack");
                let environment = Text::name(environment);
                if configs.is_empty() {
                    return Text::ours("No config that the policy's `first` names changes in ")
                        .and(environment)
                        .and(Text::ours(", so that no stack waits for another one: "))
                        .and(others.and(Text::ours(".")));
                }
                let named = configs.iter().take(MAX_NAMED).map(Text::name);
                let more = configs.len().saturating_sub(MAX_NAMED);
                let more = (more > 0).then(|| Text::count(more, "more config"));
                return Text::ours("These go first in ")
                    .and(environment)
                    .and(Text::ours(": "))
                    .and(Text::and_list(named.chain(more)))
                    .and(Text::ours(". The rest waits until they succeeded: "))
                    .and(others.and(Text::ours(".")));
            }
            Self::ForkReport => {
                "The pull request comes from a fork, so the job cannot write a comment or a commit status. \
                 Read this summary and the annotations."
            }
            Self::OpenPullRequestsIncomplete => {
                "provisioner did not compare all open pull requests: there are too many, or they change too many files."
            }
            Self::OpenPullRequestsUnknown => "The other open pull requests could not be read.",
            Self::CommentAuthorUnknown => {
                "No comment and no commit status were written: the forge did not name the user of the job's token."
            }
            Self::NotWritten {
                what,
                permission: _,
                reason,
                retry: true,
            } => {
                return Text::ours(what.not_written())
                    .and(Text::name(reason))
                    .and(Text::ours(". Re-run the job to write it."));
            }
            Self::NotWritten {
                what,
                permission,
                reason,
                retry: false,
            } => return what.text(permission.as_deref(), reason),
            Self::EntriesRemoved { entries } => {
                let shown = entries.iter().take(MAX_NAMED);
                let shown = shown.map(|(kind, config)| {
                    Text::name(kind.word())
                        .and(Text::ours(" of "))
                        .and(Text::name(config))
                });
                let more = entries.len().saturating_sub(MAX_NAMED);
                let more = (more > 0).then(|| Text::count(more, "more entry"));
                return Text::ours("This change removes entries: ")
                    .and(Text::and_list(shown.chain(more)))
                    .and(Text::ours(
                        ". If what an entry requests is not complete, the merge cancels it. A complete one stays as it is.",
                    ));
            }
            Self::Superseded { configs } => {
                let shown = configs.iter().take(MAX_NAMED).map(Text::name);
                let more = configs.len().saturating_sub(MAX_NAMED);
                let more = (more > 0).then(|| Text::count(more, "more config"));
                return Text::ours("A newer merge changed ")
                    .and(Text::and_list(shown.chain(more)))
                    .and(Text::ours(match configs.len() {
                        1 => " or its entry again. The run of that merge decides.",
                        _ => " or their entries again. The run of that merge decides.",
                    }));
            }
            Self::PendingOnly { skipped } => {
                return Text::ours(
                    "This run applies what was merged and is not applied. It skipped ",
                )
                .and(Text::count(*skipped, "other config"))
                .and(Text::ours(" of this pull request."));
            }
            Self::DeniedAgain => {
                "This scheduled run was denied for the reasons that the comment has. The job does not fail for them again."
            }
            Self::UpdatePlanRecomputed => {
                "provisioner recomputed the plan before the update, so a forged status or comment could not change what ran. \
                 With a job's own token, every workflow of this repository can forge what reviewers see."
            }
            Self::TooManyDeployments { stacks } => {
                return Text::ours("No deployment was recorded: ")
                    .and(Text::number(*stacks))
                    .and(Text::ours(
                        " stacks are more than the forge accepts in one run.",
                    ));
            }
            Self::DeploymentsUnreachable => {
                "Some deployments were not recorded: the forge did not answer."
            }
        })
    }
}

impl NotWritten {
    fn not_written(self) -> &'static str {
        match self {
            Self::Comment => "No comment was posted: ",
            Self::Status => "No commit status was set: ",
            Self::Deployments => "No deployment was recorded: ",
        }
    }

    fn text(self, permission: Option<&str>, reason: &str) -> Text {
        let (missing, refused) = match self {
            Self::Comment => (
                "No comment was posted: the token cannot write comments.",
                "No comment was posted: the forge refused it: ",
            ),
            Self::Status => (
                "No commit status was set: the token cannot set it.",
                "No commit status was set: the forge refused it: ",
            ),
            Self::Deployments => (
                "No deployment was recorded: the token cannot create deployments.",
                "No deployment was recorded: the forge refused it: ",
            ),
        };
        match permission {
            Some(permission) => Text::ours(missing)
                .and(Text::ours(" Grant the job "))
                .and(Text::name(permission))
                .and(Text::ours(".")),
            None => Text::ours(refused).and(Text::name(reason)),
        }
    }
}

impl OfflineReason {
    fn text(&self) -> Text {
        Text::ours(match self {
            Self::Local => "No AWS preview: this command does not query AWS.",
            Self::Fork => {
                "No AWS preview: the pull request comes from a fork, whose job gets no credentials."
            }
            Self::QueuedFork { number } => {
                return Text::ours("No AWS preview: the merge group has pull request ")
                    .and(Text::number(usize::try_from(*number).unwrap_or(usize::MAX)))
                    .and(Text::ours(
                        ", which comes from a fork and gets no credentials.",
                    ));
            }
            Self::QueueUnknown => {
                "No AWS preview: provisioner could not find every pull request of the merge group, and a fork gets no credentials."
            }
            Self::PolicyInvalid => "No AWS preview: the policy file of the base branch has errors.",
            Self::NoPlanRole { environments } => {
                return Text::ours("No AWS preview for ")
                    .and(Text::and_list(environments.iter().map(Text::name)))
                    .and(Text::ours(
                        ": the policy of the base branch sets no plan role there.",
                    ));
            }
            Self::NoIdentityToken => {
                "No AWS preview: the job has no identity token. To allow it, see `provisioner explain identity-token-missing`."
            }
        })
    }
}

impl From<RarePlaces> for Notice {
    fn from(rare: RarePlaces) -> Self {
        Self::RarePlaces {
            environment: rare.environment,
            kind: rare.kind,
            places: rare.places,
            configs: rare.configs,
        }
    }
}

/// Notices as sentences, for JSON.
pub(super) fn sentences<S: Serializer>(
    notices: &[Notice],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(notices.iter().map(Notice::markdown))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_survive_a_json_round_trip() {
        for notice in [
            Notice::PolicyChanged,
            Notice::UpdatePlanRecomputed,
            Notice::Superseded {
                configs: vec!["a.yaml".to_owned()],
            },
            Notice::TooManyDeployments { stacks: 60 },
            Notice::Offline {
                reason: OfflineReason::NoPlanRole {
                    environments: vec!["dev".to_owned(), "prod".to_owned()],
                },
            },
        ] {
            let json = serde_json::to_string(&notice).unwrap();
            assert!(!json.contains("No AWS"), "{json}: a value, not a text");
            let read: Notice = serde_json::from_str(&json).unwrap();
            assert_eq!(read.markdown(), notice.markdown());
        }
    }

    #[test]
    fn environments_are_named_as_code() {
        let environments = vec!["a`b".to_owned(), "prod".to_owned()];
        let reason = OfflineReason::NoPlanRole { environments };
        let text = Notice::Offline { reason }.markdown();
        assert!(
            text.starts_with("No AWS preview for ``a`b`` and `prod`: "),
            "{text}"
        );
    }
}
