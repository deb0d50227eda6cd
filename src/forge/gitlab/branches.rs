//! The project and its branches.
//! <https://docs.gitlab.com/api/protected_branches/>

use super::client::GitLab;
use super::wire;
use crate::forge::route::segment;
use crate::forge::{ForgeError, commit_sha};
use crate::model::CommitSha;

/// 1,000 rules.
const MAX_PAGES: usize = 10;

impl GitLab {
    pub(super) async fn project(&self) -> Result<wire::Project, ForgeError> {
        self.get("project", &self.root).await
    }

    /// The name of the default branch.
    pub(super) async fn default_branch_name(&self) -> Result<String, ForgeError> {
        let project = self.project().await?;
        project
            .default_branch
            .ok_or_else(|| ForgeError::invalid("project", "it has no default branch"))
    }

    /// A branch's last commit.
    pub(super) async fn tip(&self, name: &str) -> Result<CommitSha, ForgeError> {
        let what = format!("branch {name:?}");
        let name = segment(name)
            .ok_or_else(|| ForgeError::invalid(&what, "this cannot be a branch's name"))?;
        let route = format!("{}/repository/branches/{name}", self.root);
        let branch: wire::ProjectBranch = self.get(&what, &route).await?;
        commit_sha(&what, &branch.commit.id)
    }

    /// Whether every change of a branch needs a merge request: no one may push, not even maintainers. `None` if the token may not read the
    /// rules. GitLab applies the most permissive of all rules that match.
    pub(super) async fn is_protected(&self, branch: &str) -> Result<Option<bool>, ForgeError> {
        let Some(rules) = self.protection_rules(branch).await? else {
            return Ok(None);
        };
        Ok(Some(!rules.is_empty() && rules.iter().all(is_closed)))
    }

    /// Whether a rule of the branch requires code owners.
    pub(super) async fn needs_code_owners(&self, branch: &str) -> Result<Option<bool>, ForgeError> {
        let Some(rules) = self.protection_rules(branch).await? else {
            return Ok(None);
        };
        let mut required = rules.iter().map(|rule| rule.code_owner_approval_required);
        // GitLab Free does not have the field.
        Ok(match rules.is_empty() {
            true => Some(false),
            false => required.try_fold(true, |all, one| Some(all && one?)),
        })
    }

    /// The rules that match a branch; `None` if the token may not read them.
    pub(super) async fn protection_rules(
        &self,
        branch: &str,
    ) -> Result<Option<Vec<wire::ProtectedBranch>>, ForgeError> {
        let what = format!("protection of branch {branch:?}");
        let route = format!("{}/protected_branches", self.root);
        match self
            .get_all::<wire::ProtectedBranch>(&what, &route, MAX_PAGES)
            .await
        {
            Ok(rules) => {
                let ours = rules.into_iter().filter(|rule| matches(&rule.name, branch));
                Ok(Some(ours.collect()))
            }
            Err(error) if error.is_withheld() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// Whether no one may push. A missing list is no proof.
fn is_closed(rule: &wire::ProtectedBranch) -> bool {
    let is_no_one = |level: &wire::PushLevel| {
        level.access_level == Some(0)
            && level.user_id.is_none()
            && level.group_id.is_none()
            && level.deploy_key_id.is_none()
    };
    let levels = rule.push_access_levels.as_ref();
    rule.allow_force_push == Some(false)
        && levels.is_some_and(|levels| !levels.is_empty() && levels.iter().all(is_no_one))
}

/// Whether the name of a rule, in which `*` represents any text, matches a branch.
fn matches(rule: &str, branch: &str) -> bool {
    let mut parts = rule.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = branch.strip_prefix(first) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_any_text() {
        for (rule, branch, expected) in [
            ("main", "main", true),
            ("main", "main2", false),
            ("*", "main", true),
            ("ma*", "main", true),
            ("*in", "main", true),
            ("m*i*n", "main", true),
            ("m*x*n", "main", false),
            ("main*", "main", true),
            ("release/*", "main", false),
        ] {
            assert_eq!(matches(rule, branch), expected, "{rule} {branch}");
        }
    }

    #[test]
    fn attack_a_branch_that_somebody_may_push_to() {
        let rule = |json: &str| -> wire::ProtectedBranch { serde_json::from_str(json).unwrap() };
        for (json, closed) in [
            (
                r#"{"name":"main","push_access_levels":[{"access_level":0}],"allow_force_push":false}"#,
                true,
            ),
            (
                r#"{"name":"main","push_access_levels":[{"access_level":40}],"allow_force_push":false}"#,
                false,
            ),
            (
                r#"{"name":"main","push_access_levels":[{"access_level":0},{"access_level":40,"user_id":3}],"allow_force_push":false}"#,
                false,
            ),
            (
                r#"{"name":"main","push_access_levels":[{"access_level":0,"deploy_key_id":1}],"allow_force_push":false}"#,
                false,
            ),
            (
                r#"{"name":"main","push_access_levels":[{"access_level":0}],"allow_force_push":true}"#,
                false,
            ),
            (
                r#"{"name":"main","push_access_levels":[],"allow_force_push":false}"#,
                false,
            ),
            (r#"{"name":"main","allow_force_push":false}"#, false),
            (
                r#"{"name":"main","push_access_levels":[{"access_level":0}]}"#,
                false,
            ),
        ] {
            assert_eq!(is_closed(&rule(json)), closed, "{json}");
        }
    }
}
