//! The repository and its branches.

use super::client::GitHub;
use super::wire;
use crate::forge::ForgeError;
use crate::forge::commit_sha;
use crate::forge::route::segment;
use crate::model::CommitSha;

/// The rule that requires a pull request for every push.
const PULL_REQUEST_RULE: &str = "pull_request";
const MAX_RULE_PAGES: usize = 10;

impl GitHub {
    /// The repository's current state.
    pub(super) async fn repository(&self) -> Result<wire::Repo, ForgeError> {
        let repository: wire::Repo = self.get("repository", &self.root).await?;
        // The id cannot change between two reads.
        let _ = self.id.set(repository.id);
        Ok(repository)
    }

    /// The repository's id, which never changes. Read once.
    pub(super) async fn repository_id(&self) -> Result<u64, ForgeError> {
        match self.id.get() {
            Some(id) => Ok(*id),
            None => Ok(self.repository().await?.id),
        }
    }

    /// A branch's last commit, and whether it requires pull requests: by classic branch protection or by a rule.
    ///
    /// GitHub's own `protected` flag says less: any rule sets it, even a rule about the branch's name. Only administrators can read
    /// the details of classic protection, so its presence counts. If the token may not read the rules, the protection is unknown.
    pub(super) async fn branch(&self, name: &str) -> Result<(CommitSha, Option<bool>), ForgeError> {
        let what = format!("branch {name:?}");
        let name = segment(name)
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be a branch's name"))?;
        let branch: wire::Branch = self
            .get(&what, &format!("{}/branches/{name}", self.root))
            .await?;
        let tip = commit_sha(&what, &branch.commit.sha)?;
        let older = branch.protection.and_then(|protection| protection.enabled);
        if older == Some(true) {
            return Ok((tip, Some(true)));
        }
        let protected = match self.branch_rules(&name).await {
            Ok(rules) if rules.iter().any(|rule| rule.kind == PULL_REQUEST_RULE) => Some(true),
            Ok(_) if older == Some(false) || branch.protected == Some(false) => Some(false),
            Ok(_) => None,
            Err(error) if error.is_not_allowed() => None,
            Err(error) => return Err(error),
        };
        Ok((tip, protected))
    }

    /// Whether a rule of the branch requires code owners. `None` if the branch has classic protection, whose details only
    /// administrators can read, or if the token may not read the rules.
    pub(super) async fn code_owner_rule(&self, name: &str) -> Result<Option<bool>, ForgeError> {
        let what = format!("branch {name:?}");
        let name = segment(name)
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be a branch's name"))?;
        let rules = match self.branch_rules(&name).await {
            Ok(rules) => rules,
            Err(error) if error.is_withheld() => return Ok(None),
            Err(error) => return Err(error),
        };
        let is_required = rules.iter().any(|rule| {
            let parameters = rule.parameters.as_ref();
            rule.kind == PULL_REQUEST_RULE
                && parameters.and_then(|parameters| parameters.require_code_owner_review)
                    == Some(true)
        });
        if is_required {
            return Ok(Some(true));
        }
        let route = format!("{}/branches/{name}", self.root);
        let branch: wire::Branch = self.get(&what, &route).await?;
        let older = branch.protection.and_then(|protection| protection.enabled);
        Ok((older == Some(false)).then_some(false))
    }
    /// The rules of rulesets for a branch. `name`: as a segment of an address.
    async fn branch_rules(&self, name: &str) -> Result<Vec<wire::Rule>, ForgeError> {
        let what = format!("rules of branch {name:?}");
        let route = format!("{}/rules/branches/{name}", self.root);
        self.get_all(&what, &route, MAX_RULE_PAGES).await
    }
}
