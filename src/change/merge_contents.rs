//! What a merge changes, by the files of its commits alone.

use super::history::MergedRange;
use super::inputs::{ChangeInputs, read_inputs};
use super::policy::{policy_at, policy_file_at};
use crate::forge::DefaultBranch;
use crate::guard::{LoadedPolicy, POLICY_FILE, read_policy_file};
use crate::job::{Job, JobError};
use crate::model::{FileContents, RepoPath};
use crate::plan::{Plan, assess};
use crate::workspace::ConfigSelector;

pub struct MergeContents {
    /// The policy file before the merge; that of now if a person requested the run and the merge did not edit it.
    pub policy_file: Option<FileContents>,
    pub policy: LoadedPolicy,
    /// Whether the policy before the merge loads, or the merge repaired it.
    pub is_judged_by_now: bool,
    pub(super) selection: ConfigSelector,
    pub(super) inputs: ChangeInputs,
    pub plan: Plan,
}

impl MergeContents {
    pub async fn read(
        job: &Job,
        branch: &DefaultBranch,
        range: &MergedRange,
    ) -> Result<Self, JobError> {
        let (base, merge) = (&range.base, &range.merge);
        let source = job.source(&[base, merge]);
        let files = source.changed_files(base, merge).await?;
        let path = RepoPath::typed(POLICY_FILE);
        let edits_policy = files.iter().any(|file| file.is_under(POLICY_FILE));
        // A person may apply a merge again after the policy changed. The policy before the merge counts only if the merge could have
        // chosen the one of now.
        let policy_file = match range.is_requested && !edits_policy {
            true => policy_file_at(job.source(&[&branch.tip]), &branch.tip).await?,
            false => policy_file_at(source, base).await?,
        };
        let policy = read_policy_file(&path, policy_file.as_ref());
        // The policy of now decides alone if this merge repaired the one before it. A merge that left it broken is not judged by a
        // repair that came later.
        let repaired = match &policy {
            Ok(_) => None,
            Err(_) => policy_at(source, merge).await?.ok(),
        };
        let is_judged_by_now = policy.is_ok() || repaired.is_some();
        let repaired = repaired.map(Ok);
        let policies = [&policy].into_iter().chain(&repaired);
        let selection = ConfigSelector::for_policies(&job.environment.configs, policies)
            .map_err(JobError::Usage)?;
        let given = &job.environment.given;
        let inputs = read_inputs(source, base, merge, &files, &selection, given).await?;
        let plan = assess(&inputs.base, &inputs.head, &inputs.inputs);
        Ok(Self {
            policy_file,
            policy,
            is_judged_by_now,
            selection,
            inputs,
            plan,
        })
    }
}
