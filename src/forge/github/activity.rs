//! Who pushed which commits. A commit's author and dates are claims of its creator; GitHub's record of activities is not.
//! <https://docs.github.com/en/rest/repos/repos#list-repository-activities>

use super::client::GitHub;
use super::paging::PAGE;
use super::route::encoded;
use super::wire;
use crate::forge::ForgeError;
use crate::model::{CommitSha, UserId};

/// Limits the pages that are read of a branch's activities. A branch with more has unknown pushers.
const MAX_PAGES: usize = 20;

impl GitHub {
    /// All users who ever made a branch point at this commit: a force push may bring the commit back. `None` if the list may be
    /// incomplete.
    pub(super) async fn pushers(
        &self,
        branch: &str,
        head: &CommitSha,
    ) -> Result<Option<Vec<UserId>>, ForgeError> {
        let all = format!("{}/activity?per_page={PAGE}", self.root);
        let of_branch = format!("{all}&ref={}", encoded(&format!("refs/heads/{branch}")));
        for route in [of_branch, all] {
            match self.pushers_among(&route, head).await {
                Ok(Some(pushers)) if pushers.is_empty() => {}
                Ok(pushers) => return Ok(pushers),
                // GitHub does not document its answer for a deleted branch. After a refusal, all branches are searched.
                Err(error) if error.is_refusal() => {}
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    async fn pushers_among(
        &self,
        route: &str,
        head: &CommitSha,
    ) -> Result<Option<Vec<UserId>>, ForgeError> {
        let mut pushers = Vec::new();
        let mut cursor: Option<String> = None;
        for _ in 0..MAX_PAGES {
            let page = match &cursor {
                Some(cursor) => format!("{route}&after={cursor}"),
                None => route.to_owned(),
            };
            let (activities, next) = self
                .get_after::<wire::Activity>("activities of the repository", &page)
                .await?;
            for activity in activities {
                if activity.after.as_deref() != Some(head.as_str()) {
                    continue;
                }
                match activity.actor.and_then(wire::Actor::account) {
                    Some(account) if pushers.contains(&account.id) => {}
                    Some(account) => pushers.push(account.id),
                    None => return Ok(None),
                }
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(Some(pushers));
            }
        }
        Ok(None)
    }
}
