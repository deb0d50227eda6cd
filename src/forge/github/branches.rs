//! The repository and its branches.

use super::client::GitHub;
use super::route::segment;
use super::wire;
use crate::forge::ForgeError;
use crate::model::CommitSha;

/// The rule that lets nobody push past a pull request.
const PULL_REQUEST_RULE: &str = "pull_request";
const MAX_RULE_PAGES: usize = 10;

impl GitHub {
    /// The repository as it is now.
    pub(super) async fn repository(&self) -> Result<wire::Repo, ForgeError> {
        let repository: wire::Repo = self.get("repository", &self.root).await?;
        // A second look at the same repository finds the same id.
        let _ = self.id.set(repository.id);
        Ok(repository)
    }

    /// The repository's id, which never changes and is asked for once.
    pub(super) async fn repository_id(&self) -> Result<u64, ForgeError> {
        match self.id.get() {
            Some(id) => Ok(*id),
            None => Ok(self.repository().await?.id),
        }
    }

    /// A branch's last commit, and whether it is protected: by protection of the older kind, or by a rule that asks for pull requests.
    ///
    /// That GitHub calls a branch protected says less: any rule makes it so, and be it one about the branch's name. What the older
    /// kind asks for is told to administrators only, so that it is taken for what it is there for. What rules there are may not be
    /// told either; then it is not known.
    pub(super) async fn branch(&self, name: &str) -> Result<(CommitSha, Option<bool>), ForgeError> {
        let what = format!("branch {name:?}");
        let name = segment(name)
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be a branch's name"))?;
        let branch: wire::Branch = self
            .get(&what, &format!("{}/branches/{name}", self.root))
            .await?;
        let tip = CommitSha::parse(&branch.commit.sha)
            .map_err(|error| ForgeError::invalid(&what, error))?;
        let older = branch.protection.and_then(|protection| protection.enabled);
        if older == Some(true) {
            return Ok((tip, Some(true)));
        }
        let what = format!("rules of {what}");
        let route = format!("{}/rules/branches/{name}", self.root);
        let protected = match self
            .get_all::<wire::Rule>(&what, &route, MAX_RULE_PAGES)
            .await
        {
            Ok(rules) if rules.iter().any(|rule| rule.kind == PULL_REQUEST_RULE) => Some(true),
            Ok(_) if older == Some(false) || branch.protected == Some(false) => Some(false),
            Ok(_) => None,
            Err(error) if error.is_withheld() => None,
            Err(error) => return Err(error),
        };
        Ok((tip, protected))
    }
}
