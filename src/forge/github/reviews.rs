//! Merged pull requests, their reviews, and the default branch.

use std::collections::BTreeMap;

use async_trait::async_trait;

use super::client::GitHub;
use super::wire;
use crate::forge::commit_sha;
use crate::forge::{DefaultBranch, ForgeError, ReviewedPullRequest, Reviews, User};
use crate::guard::{AccountKind, Actor, Branch, ChangeRequest, Review, ReviewState};
use crate::model::{CommitSha, UserId};

/// 10,000 reviews of one pull request.
const MAX_REVIEW_PAGES: usize = 100;
/// 1,000 pull requests with one commit.
const MAX_PULL_PAGES: usize = 10;
/// GitHub's ids begin with 1.
const GHOST_ID: UserId = UserId(0);

#[async_trait]
impl Reviews for GitHub {
    async fn default_branch(&self) -> Result<DefaultBranch, ForgeError> {
        let what = "default branch";
        let missing = |field| ForgeError::invalid(what, format!("the answer has no {field}"));
        let repository = self.repository().await?;
        let name = repository
            .default_branch
            .ok_or_else(|| missing("default_branch"))?;
        let private = repository.private.ok_or_else(|| missing("private"))?;
        let mut pauses = self.recent.pauses(what);
        let (mut tip, mut protected) = self.branch(&name).await?;
        while self.recent.is_replaced(&tip) && pauses.wait().await {
            (tip, protected) = self.branch(&name).await?;
        }
        Ok(DefaultBranch {
            branch: Branch {
                name,
                default: true,
                protected,
            },
            tip,
            private,
        })
    }

    async fn is_limited_to(
        &self,
        environment: &str,
        branch: &str,
    ) -> Result<Option<bool>, ForgeError> {
        self.environment_is_limited(environment, branch).await
    }

    async fn parents(&self, commit: &CommitSha) -> Result<Vec<CommitSha>, ForgeError> {
        let what = format!("parents of {}", commit.short());
        let route = format!("{}/git/commits/{commit}", self.root);
        let commit: wire::GitCommit = self.get(&what, &route).await?;
        let parents = commit.parents.iter();
        parents
            .map(|parent| commit_sha(&what, &parent.sha))
            .collect()
    }

    async fn merged_by(&self, commit: &CommitSha) -> Result<Vec<u64>, ForgeError> {
        let what = format!("pull requests of {}", commit.short());
        let route = format!("{}/commits/{commit}/pulls", self.root);
        let mut pauses = self.recent.pauses(&what);
        loop {
            let (id, pulls) = tokio::try_join!(
                self.repository_id(),
                self.get_all::<wire::ReviewedPull>(&what, &route, MAX_PULL_PAGES),
            )?;
            // A fork has the commits and pull requests of the repository too. Each pull request names the default branch of the
            // repository that it merges into.
            let ours = pulls.into_iter().filter(|pull| {
                let base = pull.base.repo.as_ref();
                let into_ours = base.is_some_and(|base| base.id == id);
                pull.merged_at.is_some() && into_ours && pull.base.is_default()
            });
            let numbers: Vec<u64> = ours.map(|pull| pull.number).collect();
            if !numbers.is_empty() || !pauses.wait().await {
                return Ok(numbers);
            }
        }
    }

    async fn request(
        &self,
        number: u64,
        teams: &[String],
    ) -> Result<ReviewedPullRequest, ForgeError> {
        let what = format!("pull request {number}");
        let route = format!("{}/pulls/{number}", self.root);
        let pull: wire::ReviewedPull = self.get(&what, &route).await?;
        let head = commit_sha(&what, &pull.head.sha)?;
        let fork = !pull.head.is_beside(&pull.base);
        let (protected, reviews, pushes) = tokio::try_join!(
            self.protection(&pull.base),
            self.review_states(number, &head, teams),
            async {
                // The token cannot read the activities of a fork, and provisioner changes nothing for a fork.
                match fork {
                    true => Ok(None),
                    false => self.pushes(&pull.head.branch, &head).await,
                }
            },
        )?;
        let merge = pull
            .merge_commit_sha
            .as_deref()
            .filter(|_| pull.merged == Some(true))
            .map(|merge| commit_sha(&what, merge))
            .transpose()?;
        let target = Branch {
            default: pull.base.is_default(),
            name: pull.base.branch,
            protected,
        };
        let author = pull.user.and_then(wire::Actor::account);
        let request = ChangeRequest {
            number: pull.number,
            merged: pull.merged,
            target: Some(target),
            fork: Some(fork),
            head: Some(head),
            author: author.as_ref().map(User::contributor),
            reviews,
            ..ChangeRequest::default()
        };
        Ok(ReviewedPullRequest {
            updated: pull.updated_at.and_then(|time| time.parse().ok()),
            merged_at: pull.merged_at.and_then(|time| time.parse().ok()),
            request,
            pushes,
            author,
            merge,
        })
    }
}

impl GitHub {
    /// Whether a pull request's target branch is protected. Not read for branches other than the default one.
    async fn protection(&self, base: &wire::Side) -> Result<Option<bool>, ForgeError> {
        if !base.is_default() {
            return Ok(None);
        }
        match self.branch(&base.branch).await {
            Ok((_, protected)) => Ok(protected),
            Err(error) if error.is_not_allowed() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Approvals, change requests and dismissals, oldest first, as GitHub lists them.
    async fn review_states(
        &self,
        number: u64,
        head: &CommitSha,
        teams: &[String],
    ) -> Result<Option<Vec<Review>>, ForgeError> {
        let what = format!("reviews of pull request {number}");
        let route = format!("{}/pulls/{number}/reviews", self.root);
        let listed = match self
            .get_all::<wire::Review>(&what, &route, MAX_REVIEW_PAGES)
            .await
        {
            Ok(listed) => listed,
            Err(error) if error.is_not_allowed() => return Ok(None),
            Err(error) => return Err(error),
        };
        let states: Vec<_> = listed
            .into_iter()
            .filter_map(|review| review_state(review, head))
            .collect();
        // Permissions are read only of users whose latest review is in force.
        let latest: BTreeMap<UserId, (&User, ReviewState)> = states
            .iter()
            .map(|(by, review)| (by.id, (by, review.state)))
            .collect();
        let in_force = latest
            .into_values()
            .filter(|(by, state)| *state != ReviewState::Dismissed && by.id != GHOST_ID)
            .map(|(by, _)| by.clone());
        let actors = self.actors(in_force.collect(), teams).await?;
        let reviews = states.into_iter().map(|(_, mut review)| {
            if let Some(actor) = actors.iter().find(|actor| actor.id == review.by.id) {
                review.by.clone_from(actor);
            }
            review
        });
        Ok(Some(reviews.collect()))
    }
}

/// A review that approves, requests changes or was dismissed, with its user, whose permission is not read yet.
///
/// Missing fields never allow a change. An approval needs a user and a commit. A request for changes counts without both, until it is
/// dismissed. A dismissed review still replaces the one before it.
fn review_state(review: wire::Review, head: &CommitSha) -> Option<(User, Review)> {
    let state = match review.state.as_str() {
        "APPROVED" => ReviewState::Approved,
        "CHANGES_REQUESTED" => ReviewState::ChangesRequested,
        "DISMISSED" => ReviewState::Dismissed,
        _ => return None,
    };
    let by = match (state, review.user.and_then(wire::Actor::account)) {
        (_, Some(by)) => by,
        (ReviewState::ChangesRequested, None) => User {
            id: GHOST_ID,
            login: "a deleted account".to_owned(),
            kind: AccountKind::Person,
        },
        (ReviewState::Approved | ReviewState::Dismissed, None) => return None,
    };
    // GitHub has no commit id if the commit is gone.
    let commit = review
        .commit_id
        .and_then(|text| CommitSha::parse(&text).ok());
    let commit = match state {
        ReviewState::Approved => commit?,
        ReviewState::ChangesRequested | ReviewState::Dismissed => {
            commit.unwrap_or_else(|| head.clone())
        }
    };
    let review = Review {
        by: Actor {
            id: by.id,
            login: by.login.clone(),
            bot: by.is_bot(),
            permission: None,
            teams: Vec::new(),
        },
        state,
        commit,
        at: review.submitted_at.and_then(|time| time.parse().ok()),
    };
    Some((by, review))
}
