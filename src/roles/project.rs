//! The jobs of a GitLab project.
//! <https://docs.gitlab.com/ci/secrets/id_token_authentication/>, <https://docs.gitlab.com/ci/cloud_services/aws/>

use serde_json::{Value, json};

use super::trust::{Invalid, Issuer, TrustedJobs, is_name};

/// The issuer whose claims AWS checks beside `aud` and `sub`.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html>
const GITLAB_ISSUER: &str = "gitlab.com";

/// The pipelines that change stacks: merges, commands in comments, schedules that apply what is left, and the child pipelines of merges
/// and schedules. A child pipeline has the branch and the commit of its parent.
pub const APPLY_SOURCES: [&str; 4] = ["push", "trigger", "schedule", "parent_pipeline"];

/// A project by its path, such as `group/subgroup/project`, and its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectId {
    path: String,
    id: Option<u64>,
    /// Whether only jobs of protected environments get an apply role.
    protected_environments: bool,
}

impl ProjectId {
    /// On gitlab.com the id is required: the path of a deleted project can be taken by others.
    pub fn new(path: &str, id: Option<u64>, issuer: &Issuer) -> Result<Self, Invalid> {
        let is_compared = issuer.is(GITLAB_ISSUER);
        if path.split('/').count() < 2 || !path.split('/').all(is_name) {
            return Err(Invalid::new("write GROUP/PROJECT, with all subgroups"));
        }
        match (id, is_compared) {
            (None, true) => Err(Invalid::new(
                "add --project-id, which gitlab.com's tokens have",
            )),
            (Some(_), false) => Err(Invalid::new(
                "leave out --project-id, which AWS compares for gitlab.com only",
            )),
            _ => Ok(Self {
                path: path.to_owned(),
                id,
                protected_environments: false,
            }),
        }
    }

    /// Lets apply roles trust only jobs of protected environments. The tokens' subjects must say so.
    pub fn with_protected_environments(self, protected_environments: bool) -> Self {
        Self {
            protected_environments,
            ..self
        }
    }

    /// `group/subgroup/project`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Jobs that read: all branches, because the token of a merge request's job has the source branch. A fork has another project.
    pub(super) fn plan_jobs(&self, issuer: &Issuer) -> Vec<TrustedJobs> {
        vec![TrustedJobs {
            sid: "Branches",
            subjects: vec![self.subject("*")],
            are_patterns: true,
            claims: match issuer.is(GITLAB_ISSUER) {
                true => self.id_claim(),
                false => Vec::new(),
            },
        }]
    }

    /// Jobs of the default branch. A token's subject has no environment, so that each apply role trusts the jobs of all environments. On
    /// other servers than gitlab.com AWS checks the subject alone. From GitLab 18.7 a project may add to the subject whether the job's
    /// environment is protected.
    pub(super) fn apply_jobs(&self, branch: &str, issuer: &Issuer) -> Vec<TrustedJobs> {
        let subject = self.subject(branch);
        let protected = format!("{subject}:environment_protected:true");
        let is_compared = issuer.is(GITLAB_ISSUER);
        let subjects = match (self.protected_environments, is_compared) {
            (true, _) => vec![protected],
            (false, true) => vec![subject],
            (false, false) => vec![subject, protected],
        };
        let mut claims = Vec::new();
        if is_compared {
            claims = self.id_claim();
            claims.push(("ref_protected", json!("true")));
            claims.push(("pipeline_source", json!(APPLY_SOURCES)));
        }
        vec![TrustedJobs {
            sid: "Jobs",
            subjects,
            are_patterns: false,
            claims,
        }]
    }

    fn id_claim(&self) -> Vec<(&'static str, Value)> {
        let id = self.id.map(|id| ("project_id", json!(id.to_string())));
        id.into_iter().collect()
    }

    fn subject(&self, branch: &str) -> String {
        format!("project_path:{}:ref_type:branch:ref:{branch}", self.path)
    }
}
