//! The result of a check, before it is rendered.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{JsonDocument, Notice, OnMerge, Preview, Sample, ShownDigest};
use crate::guard::PolicyChange;

use crate::diagnostic::{Diagnostic, unique};
use crate::model::{CommitSha, RepoPath, WebAddress};
use crate::plan::{Change, ChangeKey, Plan, combined_digest};
use crate::product::PRODUCTS_FOLDER;
use crate::template::IN_RENDERED;

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// What was checked, and by which run.
    pub context: CheckContext,
    /// The effect of the change, from the rendered templates.
    pub plan: Plan,
    /// AWS previews by config path; for the removal of a former stack, with the suffix `//former`. A config without a preview is absent.
    pub previews: BTreeMap<ChangeKey, Preview>,
    /// Groups of configs with the same change, of which only a sample has previews.
    pub samples: Vec<Sample>,
    /// The effect of the merge by config path, with the same suffix. A config with errors is absent.
    pub on_merge: BTreeMap<ChangeKey, OnMerge>,
    /// `None` if the change does not edit the policy file.
    pub policy: Option<PolicyChange>,
    /// Errors of the policy file after the merge.
    pub policy_problems: Vec<Diagnostic>,
    /// Warnings of the policy file after the merge.
    pub policy_warnings: Vec<Diagnostic>,
    /// Problems of the repository's own products at the head: of those that the change edits, and of those that its configs need.
    pub product_problems: Vec<Diagnostic>,
    /// Problems of the lock of the built-in products after the merge.
    pub lock_problems: Vec<Diagnostic>,
    /// Warnings of changed files that look like configs and are not selected.
    pub unselected: Vec<Diagnostic>,
    /// Changes with the same effect, which the comment shows once: the keys of `previews`, by group. Others are in no group.
    pub groups: Vec<Vec<ChangeKey>>,
    /// Other open pull requests that change the same configs; `None` if they are unknown.
    pub collisions: Option<Vec<Collision>>,
    /// The limits of this report: one sentence each, as Markdown.
    #[serde(serialize_with = "super::notice::sentences")]
    #[schemars(with = "Vec<String>")]
    pub notices: Vec<Notice>,
}

impl JsonDocument for Report {
    const NAME: &'static str = "check-report";
    const TITLE: &'static str = "The report of a check";
    const FORMAT: &'static str = "provisioner-check/1";
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckContext {
    /// The forge's path of the repository, such as `owner/name`; `None` on a laptop.
    pub repository: Option<String>,
    /// The number of the pull request; `None` on a laptop and in a merge queue.
    pub pull_request: Option<u64>,
    /// The commit that the change begins at.
    pub base: CommitSha,
    /// The commit that was checked.
    pub head: CommitSha,
    /// The version of the program.
    pub version: &'static str,
    /// The run of the check, such as `17.1`; `None` on a laptop.
    pub run: Option<String>,
    /// The page of the run.
    pub url: Option<WebAddress>,
}

/// Another open pull request that changes configs of this one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Collision {
    /// The number of the other pull request.
    pub number: u64,
    /// The configs that both change.
    pub paths: Vec<RepoPath>,
}

impl Report {
    /// A report without what AWS, the policy and the forge add. A problem of a product is listed once, and not at each config.
    pub fn new(context: CheckContext, mut plan: Plan, notices: Vec<Notice>) -> Self {
        let mut product_problems = Vec::new();
        for change in &mut plan.changes {
            let of_product =
                |problem: &mut Diagnostic| problem.path.as_str().starts_with(PRODUCTS_FOLDER);
            product_problems.extend(change.diagnostics.extract_if(.., of_product));
        }
        let mut report = Self {
            context,
            plan,
            previews: BTreeMap::new(),
            samples: Vec::new(),
            on_merge: BTreeMap::new(),
            policy: None,
            policy_problems: Vec::new(),
            policy_warnings: Vec::new(),
            product_problems: Vec::new(),
            lock_problems: Vec::new(),
            unselected: Vec::new(),
            groups: Vec::new(),
            collisions: None,
            notices,
        };
        report.add_product_problems(product_problems);
        report
    }

    /// Sets what the change does to the policy. Files that are configs after the merge need no warning that no glob selects them.
    pub fn set_policy(&mut self, change: Option<PolicyChange>) {
        let added = change.as_ref().map_or(&[][..], |change| &change.added);
        self.unselected
            .retain(|warning| !added.contains(&warning.path));
        self.policy = change;
    }

    /// Adds problems that are not listed.
    pub fn add_product_problems(&mut self, problems: Vec<Diagnostic>) {
        let all = &mut self.product_problems;
        all.extend(problems);
        all.sort_by(|a, b| (a.order(), &a.message).cmp(&(b.order(), &b.message)));
        all.dedup();
        // A sample has the same problem, in more words.
        let known = all.clone();
        all.retain(|problem| {
            let Some(message) = problem.message.strip_prefix(IN_RENDERED) else {
                return true;
            };
            let same = |other: &Diagnostic| {
                other.order() == problem.order() && other.message.starts_with(message)
            };
            !known.iter().any(same)
        });
    }

    /// Whether the change concerns neither a config, nor the policy file, nor the lock, nor a file that looks like a config.
    pub fn is_empty(&self) -> bool {
        self.plan.changes.is_empty()
            && self.policy.is_none()
            && self.policy_problems.is_empty()
            && self.policy_warnings.is_empty()
            && self.product_problems.is_empty()
            && self.lock_problems.is_empty()
            && self.unselected.is_empty()
            && !self.notices.iter().any(Notice::is_of_entries)
    }

    /// Adds a preview and raises the levels of the change and the plan to its level.
    pub fn add(&mut self, key: ChangeKey, preview: Preview) {
        let changes = self.plan.changes.iter_mut();
        for change in changes.filter(|change| change.key() == key) {
            change.level = change.level.max(preview.level);
        }
        self.plan.level = self.plan.level.max(preview.level);
        self.previews.insert(key, preview);
    }

    /// The sample that stands for a config without a preview.
    pub fn sample(&self, key: &ChangeKey) -> Option<&Sample> {
        let mut samples = self.samples.iter();
        samples.find(|sample| sample.stands_for(key))
    }

    /// What the report shows of the change set of a config's stack.
    pub fn shown_digest(&self, key: &ChangeKey) -> Option<ShownDigest> {
        let digest = self.previews.get(key).and_then(|preview| preview.digest);
        let own = digest.map(|digest| ShownDigest {
            digest,
            sampled: false,
        });
        own.or_else(|| {
            Some(ShownDigest {
                digest: self.sample(key)?.effect,
                sampled: true,
            })
        })
    }

    /// Includes the previews in the plan's digest.
    pub fn update_digest(&mut self) {
        let keys = self.plan.changes.iter().map(Change::key);
        let digests = keys.filter_map(|key| {
            let shown = self.shown_digest(&key)?;
            Some((key, shown.digest))
        });
        self.plan.digest = combined_digest(self.plan.digest, &digests.collect());
    }

    /// Each once: several configs can have a problem of one file, such as their defaults.
    pub fn diagnostics(&self) -> impl Iterator<Item = &Diagnostic> + Clone {
        let changes = self.plan.changes.iter();
        let of_configs = changes.flat_map(|change: &Change| &change.diagnostics);
        let of_policy = self.policy_problems.iter().chain(&self.policy_warnings);
        let of_others = of_policy.chain(&self.product_problems);
        let of_others = of_others.chain(&self.lock_problems).chain(&self.unselected);
        unique(of_others.chain(of_configs)).into_iter()
    }

    /// Whether the check fails.
    pub fn has_errors(&self) -> bool {
        self.diagnostics().any(Diagnostic::is_error)
    }

    /// Numbers of errors and warnings.
    pub fn counts(&self) -> (usize, usize) {
        self.diagnostics()
            .fold((0, 0), |(errors, warnings), diagnostic| {
                match diagnostic.severity {
                    crate::diagnostic::Severity::Error => (errors + 1, warnings),
                    crate::diagnostic::Severity::Warning => (errors, warnings + 1),
                }
            })
    }
}
