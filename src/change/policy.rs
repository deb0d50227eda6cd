//! The operator's policy at a commit, and the policies of a change.

use std::collections::BTreeSet;

use super::inputs::ChangeInputs;
use crate::diagnostic::{Code, Diagnostic};
use crate::forge::{FileAt, ForgeError, Source};
use crate::guard::{
    LoadedPolicy, POLICY_FILE, Policies, Policy, PolicyChange, absent_first, first_configs,
    read_policy_file, unusable_times,
};
use crate::model::{CommitSha, FileContents, RepoPath};
use crate::product::Target;
use crate::workspace::ConfigSelector;

/// Reads the policy at a commit. A change is judged by the policy at its base, never by its own.
pub async fn policy_at(source: &dyn Source, at: &CommitSha) -> Result<LoadedPolicy, ForgeError> {
    let file = policy_file_at(source, at).await?;
    Ok(loaded(file.as_ref()))
}

/// The policy file; `None` if the commit has no policy file.
pub async fn policy_file_at(
    source: &dyn Source,
    commit: &CommitSha,
) -> Result<Option<FileContents>, ForgeError> {
    let path = &RepoPath::typed(POLICY_FILE);
    let files = source.read(&[FileAt { commit, path }]).await?;
    Ok(files.into_iter().next().flatten())
}

fn loaded(file: Option<&FileContents>) -> LoadedPolicy {
    read_policy_file(&RepoPath::typed(POLICY_FILE), file)
}

/// The policies that concern a change which is not merged yet.
pub struct ProposedPolicies {
    /// Where the change begins. Its author may have chosen it.
    base: LoadedPolicy,
    /// At the tip of the target branch.
    tip: LoadedPolicy,
    tip_file: Option<FileContents>,
    /// After the merge, if the change edits the policy file.
    after: Option<(LoadedPolicy, Option<FileContents>)>,
}

impl ProposedPolicies {
    /// Reads them; `head` is `None` if the change does not edit the policy file.
    pub async fn read(
        (source, base): (&dyn Source, &CommitSha),
        (tip_source, tip): (&dyn Source, &CommitSha),
        head: Option<&CommitSha>,
    ) -> Result<Self, ForgeError> {
        let tip_file = policy_file_at(tip_source, tip).await?;
        let tip_policy = loaded(tip_file.as_ref());
        let base = match tip == base {
            true => tip_policy.clone(),
            false => policy_at(source, base).await?,
        };
        let after = match head {
            None => None,
            Some(head) => {
                let file = policy_file_at(source, head).await?;
                Some((loaded(file.as_ref()), file))
            }
        };
        Ok(Self {
            base,
            tip: tip_policy,
            tip_file,
            after,
        })
    }

    /// Those that a preview has to pass.
    pub fn for_preview(&self) -> Policies<'_> {
        // The author chooses the base, so that the tip does not repair it.
        Policies::new(&self.base, self.base.is_ok().then_some(&self.tip))
    }

    /// Those that decide after the merge.
    pub fn for_merge(&self) -> Policies<'_> {
        let after = self.after.as_ref();
        Policies::new(&self.tip, after.map(|(policy, _)| policy))
    }

    /// The errors of the policy after the merge.
    pub fn problems(&self) -> &[Diagnostic] {
        let policy = self.after.as_ref().map_or(&self.tip, |(policy, _)| policy);
        policy.as_ref().err().map_or(&[], Vec::as_slice)
    }

    /// Warnings of the policy after the merge: configs that `first` names and that do not exist then, and times that a change of the file
    /// leaves unusable.
    pub async fn warnings(
        &self,
        (source, base, head): (&dyn Source, &CommitSha, &CommitSha),
        (tip_source, tip): (&dyn Source, &CommitSha),
        globs: &[String],
    ) -> Result<Vec<Diagnostic>, ForgeError> {
        let now = (&self.tip, &self.tip_file);
        let after = self.after.as_ref();
        let (policy, file) = after.map_or(now, |(policy, file)| (policy, file));
        let selection = ConfigSelector::for_policy(globs, policy);
        let bytes = file.as_ref().and_then(FileContents::bytes);
        let (Ok(selection), Some(bytes)) = (selection, bytes) else {
            return Ok(Vec::new());
        };
        let place = RepoPath::typed(POLICY_FILE);
        let mut absent = BTreeSet::new();
        for name in first_configs(&place, bytes) {
            let path = RepoPath::typed(&name);
            let exists = async |source: &dyn Source, commit| {
                let path = &path;
                let files = source.read(&[FileAt { commit, path }]).await?;
                Ok::<bool, ForgeError>(files.into_iter().any(|file| file.is_some()))
            };
            // Other merges may have added it since the change began.
            let merged = exists(source, head).await?
                || (!exists(source, base).await? && exists(tip_source, tip).await?);
            if !merged || !selection.matches(&path) {
                absent.insert(name);
            }
        }
        let mut warnings = absent_first(&place, bytes, &absent);
        if self.after.is_some() {
            warnings.extend(unusable_times(&place, bytes));
        }
        Ok(warnings)
    }

    /// Errors of alarms in the policy after the merge, if the change edits it, that are not in the accounts and regions of their configs.
    pub async fn foreign_alarms(
        &self,
        (source, head): (&dyn Source, &CommitSha),
        inputs: &ChangeInputs,
        globs: &[String],
    ) -> anyhow::Result<Vec<Diagnostic>> {
        let mut problems: Vec<Diagnostic> = Vec::new();
        let Some((after @ Ok(_), _)) = &self.after else {
            return Ok(problems);
        };
        let selection = ConfigSelector::for_policy(globs, after)?;
        let (_, targets) = inputs.targets_at(source, head, &selection).await?;
        for (_, target) in targets {
            let Some(place) = Policies::from(after).foreign_alarm(&target) else {
                continue;
            };
            let is_known =
                |known: &Diagnostic| known.span == Some(place.span) && known.path == place.path;
            if problems.iter().any(is_known) {
                continue;
            }
            let text = format!(
                "the alarm of `{}` is not in account {} and region {}, where a config has its stack",
                target.environment, target.account, target.region
            );
            let problem = Diagnostic::error(Code::AlarmMismatch, &place.path, text);
            problems.push(problem.located(place));
        }
        Ok(problems)
    }

    /// Selects configs by the policy of now; by the change's own if that one does not load.
    pub fn selection(&self, globs: &[String]) -> anyhow::Result<ConfigSelector> {
        let after = self.after.as_ref().map(|(policy, _)| policy);
        ConfigSelector::for_policies(globs, std::iter::once(&self.tip).chain(after))
    }

    /// The policy after the change; `None` if it does not edit it.
    pub async fn change(
        &self,
        source: &dyn Source,
        head: &CommitSha,
        inputs: &ChangeInputs,
        globs: &[String],
    ) -> anyhow::Result<Option<PolicyChange>> {
        let Some((after, file)) = &self.after else {
            return Ok(None);
        };
        let now = self.selection(globs)?;
        let then = ConfigSelector::for_policies(globs, [after, &self.tip])?;
        let (selected, targets) = inputs.targets_at(source, head, &then).await?;
        let path = RepoPath::typed(POLICY_FILE);
        let places: Vec<Target> = targets.iter().map(|(_, target)| target.clone()).collect();
        let change = PolicyChange::new(&path, self.tip_file.as_ref(), file.as_ref(), &places);
        let Some(mut change) = change else {
            return Ok(None);
        };
        if let (Ok(tip), Ok(after)) = (&self.tip, after) {
            let denied = targets
                .into_iter()
                .filter(|(_, target)| allows_place(tip, target) && !allows_place(after, target));
            change.denied = denied.map(|(path, _)| path).collect();
        }
        if after.is_ok() && self.tip.is_ok() && !now.globs().eq(then.globs()) {
            let (before, _) = inputs.targets_at(source, head, &now).await?;
            change.added = difference(&selected, &before);
            change.left = difference(&before, &selected);
        }
        Ok(Some(change))
    }
}

/// Whether a policy allows stacks in the account and the environment of a target.
fn allows_place(policy: &Policy, target: &Target) -> bool {
    let name = &target.environment;
    let is_listed = policy.environments.is_empty() || policy.environments.contains_key(name);
    is_listed && policy.allows_account(name, &target.account)
}

fn difference(paths: &[RepoPath], others: &[RepoPath]) -> Vec<RepoPath> {
    let others: std::collections::BTreeSet<&RepoPath> = others.iter().collect();
    let more = paths.iter().filter(|path| !others.contains(path));
    more.cloned().collect()
}
