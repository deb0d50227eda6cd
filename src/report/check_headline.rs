//! The first line of a check's report: what a merge does, the worst first.

use super::Notice;
use super::check::Report;
use super::on_merge::MergeEffect;
use crate::plan::{Change, Intent};
use crate::product::Level;
use crate::text::pluralize;

/// The result of a check that concerns neither a config nor the policy file.
pub(super) const NO_CHANGE: &str = "No config is changed.";

/// A failed check reports no plan, so no approval covers what would run.
const WHILE_IT_FAILS: &str = "While this check fails, the merge applies nothing.";
const ONCE_CORRECTED: &str = " The effects below need a check without errors.";

/// One count of the headline. The order of the kinds is their rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    NoEffect,
    Folders,
    Create,
    Import,
    Adopt,
    Unadopt,
    UpdateSafe,
    Warnings,
    OperatorPolicies,
    PolicyDenies,
    PolicyEdited,
    ProductsEdited,
    NotSelected,
    LockRemoved,
    Abandoned,
    NotApplied,
    PolicyWeakened,
    UpdateHigh,
    DeniedCreation,
    DeniedImport,
    DeniedUpdate,
    DeniedDeletion,
    DeniedAdoption,
    DeniedReplacement,
    Deletion,
    Replacement,
    NotCompared,
    UpdateUnknown,
    DeletionUnknown,
    UpdateCritical,
    DeletionOfData,
    ReplacementOfData,
    Errors,
}

impl Kind {
    /// `None` if the config has errors, which are counted on their own.
    fn of(report: &Report, change: &Change) -> Option<Self> {
        let on_merge = report.on_merge.get(&change.key());
        let requested = on_merge.map(|on_merge| on_merge.requested);
        let effect = match (change.intent, on_merge) {
            (Intent::Invalid, _) => return None,
            (Intent::Abandon, _) => return Some(Self::Abandoned),
            (_, Some(on_merge)) => on_merge.effect,
            (Intent::Create, None) => MergeEffect::CreateStack,
            (Intent::Update, None) => MergeEffect::UpdateStack,
            (Intent::Delete, None) => MergeEffect::RequestDeletion,
            (Intent::Unchanged, None) => MergeEffect::None,
            (Intent::Adopt, None) => MergeEffect::AdoptStack,
            (Intent::Unadopt, None) => MergeEffect::UnadoptStack,
            (Intent::Replace, None) => MergeEffect::RequestReplacement,
            (Intent::Import, None) => MergeEffect::ImportResources,
        };
        Some(match (effect, change.level) {
            // The lock of the product changes, and the stack was not read.
            (MergeEffect::None, Level::Unknown) => Self::NotCompared,
            (MergeEffect::None, _) => Self::NoEffect,
            (MergeEffect::CreateFolders, _) => Self::Folders,
            (MergeEffect::CreateStack, _) => Self::Create,
            (MergeEffect::ImportResources, _) => Self::Import,
            (MergeEffect::AdoptStack, _) => Self::Adopt,
            (MergeEffect::UnadoptStack, _) => Self::Unadopt,
            (MergeEffect::NotApplied, _) => Self::NotApplied,
            (MergeEffect::Denied, _) => match requested {
                Some(MergeEffect::CreateStack) => Self::DeniedCreation,
                Some(MergeEffect::ImportResources) => Self::DeniedImport,
                Some(MergeEffect::RequestDeletion) => Self::DeniedDeletion,
                Some(MergeEffect::AdoptStack | MergeEffect::UnadoptStack) => Self::DeniedAdoption,
                Some(MergeEffect::RequestReplacement) => Self::DeniedReplacement,
                _ => Self::DeniedUpdate,
            },
            (MergeEffect::UpdateStack, Level::Critical) => Self::UpdateCritical,
            (MergeEffect::UpdateStack, Level::Unknown) => Self::UpdateUnknown,
            (MergeEffect::UpdateStack, Level::High) => Self::UpdateHigh,
            (MergeEffect::UpdateStack, Level::None | Level::Safe) => Self::UpdateSafe,
            (MergeEffect::RequestDeletion, Level::Critical) => Self::DeletionOfData,
            (MergeEffect::RequestDeletion, Level::Unknown) => Self::DeletionUnknown,
            (MergeEffect::RequestDeletion, _) => Self::Deletion,
            (MergeEffect::RequestReplacement, Level::Critical) => Self::ReplacementOfData,
            (MergeEffect::RequestReplacement, _) => Self::Replacement,
        })
    }

    /// The symbol of what is not harmless.
    fn mark(self) -> Option<&'static str> {
        match self {
            Self::Errors => Some("❌"),
            Self::DeletionOfData | Self::ReplacementOfData | Self::UpdateCritical => Some("🔴"),
            Self::DeletionUnknown | Self::UpdateUnknown | Self::NotCompared => Some("❓"),
            Self::Deletion | Self::Replacement | Self::UpdateHigh | Self::PolicyWeakened => {
                Some("🟠")
            }
            Self::DeniedCreation
            | Self::DeniedImport
            | Self::DeniedUpdate
            | Self::DeniedDeletion
            | Self::DeniedAdoption
            | Self::DeniedReplacement => Some("⛔"),
            Self::NotApplied
            | Self::Abandoned
            | Self::NotSelected
            | Self::LockRemoved
            | Self::Warnings
            | Self::OperatorPolicies
            | Self::PolicyDenies
            | Self::PolicyEdited
            | Self::ProductsEdited => Some("⚠"),
            Self::UpdateSafe
            | Self::Create
            | Self::Import
            | Self::Adopt
            | Self::Unadopt
            | Self::Folders
            | Self::NoEffect => None,
        }
    }

    /// Whether the report shows an effect of the merge on a stack.
    fn changes_stacks(self) -> bool {
        matches!(
            self,
            Self::Folders
                | Self::Create
                | Self::Import
                | Self::UpdateSafe
                | Self::UpdateHigh
                | Self::UpdateUnknown
                | Self::UpdateCritical
                | Self::Deletion
                | Self::DeletionUnknown
                | Self::DeletionOfData
        )
    }

    fn words(self, count: usize) -> String {
        let stacks = || pluralize(count, "stack");
        match self {
            Self::NoEffect => format!("{} without effect", pluralize(count, "config")),
            Self::Folders => format!("folders to create in {}", pluralize(count, "bucket")),
            Self::Create => format!("{} to create", stacks()),
            Self::Import => format!("{} to create with imports", stacks()),
            Self::Adopt => format!("{} to adopt", stacks()),
            Self::Unadopt => format!("{} to un-adopt", stacks()),
            Self::UpdateSafe => format!("{} to update", stacks()),
            Self::UpdateHigh => format!("{} to update (high impact)", stacks()),
            Self::UpdateUnknown => format!("{} to update (impact not known)", stacks()),
            Self::UpdateCritical => format!("{} to update (critical impact)", stacks()),
            Self::Warnings => pluralize(count, "warning"),
            Self::OperatorPolicies if count == 1 => "1 operator policy changes".to_owned(),
            Self::OperatorPolicies => format!("{count} operator policies change"),
            Self::PolicyDenies => format!(
                "{} then denied by the policy file",
                pluralize(count, "config")
            ),
            Self::PolicyEdited => "the policy file changes".to_owned(),
            Self::PolicyWeakened => "the policy file changes and allows more".to_owned(),
            Self::ProductsEdited => "products change".to_owned(),
            Self::NotSelected => format!("{} not selected", pluralize(count, "file")),
            Self::LockRemoved => "the lock of the products is removed".to_owned(),
            Self::NotCompared => format!("{} not compared", stacks()),
            Self::Abandoned => format!("{} removed without a deletion", pluralize(count, "config")),
            Self::NotApplied => format!("{} not applied", pluralize(count, "update")),
            Self::DeniedCreation => format!("{} denied", pluralize(count, "creation")),
            Self::DeniedImport => format!("{} denied", pluralize(count, "import")),
            Self::DeniedUpdate => format!("{} denied", pluralize(count, "update")),
            Self::DeniedDeletion => format!("{} denied", pluralize(count, "deletion")),
            Self::DeniedAdoption => {
                format!("{} of tags denied", pluralize(count, "change"))
            }
            Self::DeniedReplacement => format!("{} denied", pluralize(count, "replacement")),
            Self::Replacement => format!(
                "{} to confirm after the merge",
                pluralize(count, "replacement")
            ),
            Self::ReplacementOfData => format!(
                "{} to confirm after the merge (data destroyed)",
                pluralize(count, "replacement")
            ),
            Self::Deletion => format!(
                "{} to confirm after the merge",
                pluralize(count, "deletion")
            ),
            Self::DeletionUnknown => format!(
                "{} to confirm after the merge (effect on data not known)",
                pluralize(count, "deletion")
            ),
            Self::DeletionOfData => format!(
                "{} to confirm after the merge (data destroyed)",
                pluralize(count, "deletion")
            ),
            Self::Errors => format!("**{}**", pluralize(count, "error")),
        }
    }

    /// For the commit status, which is short.
    fn status_words(self, count: usize) -> String {
        let word = match self {
            Self::NoEffect => "without effect",
            Self::Folders => "folders",
            Self::Create => "create",
            Self::Import => "import",
            Self::Adopt => "adopt",
            Self::Unadopt => "un-adopt",
            Self::Replacement | Self::ReplacementOfData => "replace",
            Self::UpdateSafe | Self::UpdateHigh | Self::UpdateUnknown | Self::UpdateCritical => {
                "update"
            }
            Self::Warnings => return pluralize(count, "warning"),
            Self::OperatorPolicies => "operator policies",
            Self::PolicyDenies => "then denied",
            Self::PolicyEdited | Self::PolicyWeakened => return "policy changes".to_owned(),
            Self::ProductsEdited => return "products change".to_owned(),
            Self::NotSelected => "not selected",
            Self::LockRemoved => return "lock removed".to_owned(),
            Self::NotCompared => "not compared",
            Self::Abandoned => "left behind",
            Self::NotApplied => "not applied",
            Self::DeniedCreation
            | Self::DeniedImport
            | Self::DeniedUpdate
            | Self::DeniedDeletion
            | Self::DeniedAdoption
            | Self::DeniedReplacement => "denied",
            Self::Deletion | Self::DeletionUnknown | Self::DeletionOfData => "delete",
            Self::Errors => return pluralize(count, "error"),
        };
        format!("{count} {word}")
    }
}

/// The counts, the worst first.
fn counts(report: &Report) -> Vec<(Kind, usize)> {
    let mut kinds: Vec<Kind> = report
        .plan
        .changes
        .iter()
        .filter_map(|change| Kind::of(report, change))
        .collect();
    let changes = report.plan.changes.iter();
    kinds.extend(
        changes
            .filter(|change| change.changes_operator_policy())
            .map(|_| Kind::OperatorPolicies),
    );
    kinds.extend(report.policy.as_ref().map(|policy| match policy.weakens() {
        true => Kind::PolicyWeakened,
        false => Kind::PolicyEdited,
    }));
    let denied = report.policy.iter().flat_map(|policy| &policy.denied);
    kinds.extend(denied.map(|_| Kind::PolicyDenies));
    if report.notices.contains(&Notice::ProductsChanged) {
        kinds.push(Kind::ProductsEdited);
    }
    let mut of_lock = report.lock_problems.iter();
    if of_lock.any(|problem| !problem.is_error()) {
        kinds.push(Kind::LockRemoved);
    }
    kinds.extend(report.unselected.iter().map(|_| Kind::NotSelected));
    kinds.sort_unstable_by(|a, b| b.cmp(a));
    let mut counts: Vec<(Kind, usize)> = Vec::new();
    for kind in kinds {
        match counts.last_mut() {
            Some((last, count)) if *last == kind => *count += 1,
            _ => counts.push((kind, 1)),
        }
    }
    let (errors, warnings) = report.counts();
    // These have counts of their own.
    let mut of_lock: Vec<_> = report.lock_problems.iter().collect();
    of_lock.retain(|problem| !problem.is_error());
    let warnings = warnings - report.unselected.len() - of_lock.len();
    counts.extend([(Kind::Errors, errors), (Kind::Warnings, warnings)]);
    counts.retain(|(_, count)| *count > 0);
    counts.sort_by(|(a, _), (b, _)| b.cmp(a));
    counts
}

/// The headline in Markdown. ✅ only where nothing can be lost, and the page shows all.
pub(super) fn headline(report: &Report, is_complete: bool) -> String {
    let counts = counts(report);
    let Some((worst, _)) = counts.first() else {
        return NO_CHANGE.to_owned();
    };
    let mut last = None;
    let parts = counts.iter().map(|(kind, count)| {
        let mark = kind
            .mark()
            .filter(|mark| last.replace(*mark) != Some(*mark));
        match mark {
            Some(mark) => format!("{mark} {}", kind.words(*count)),
            None => kind.words(*count),
        }
    });
    let line = parts.collect::<Vec<_>>().join(" · ");
    match (worst, worst.mark()) {
        (Kind::Errors, _) => {
            let has_effects = counts.iter().any(|(kind, _)| kind.changes_stacks());
            let rest = if has_effects { ONCE_CORRECTED } else { "" };
            format!("{line}\n\n{WHILE_IT_FAILS}{rest}")
        }
        (_, Some(_)) => line,
        (_, None) if is_complete => format!("✅ {line}"),
        (_, None) => line,
    }
}

/// The counts in at most `most` characters, for the commit status.
pub(super) fn status_summary(report: &Report, most: usize) -> String {
    let counts = counts(report);
    if counts.is_empty() {
        return "no config is changed".to_owned();
    }
    let mut merged: Vec<(String, Kind, usize)> = Vec::new();
    for (kind, count) in counts {
        let word = kind.status_words(0);
        match merged.iter_mut().find(|(known, ..)| *known == word) {
            Some((_, _, sum)) => *sum += count,
            None => merged.push((word, kind, count)),
        }
    }
    let mut line = String::new();
    for (_, kind, count) in merged {
        let part = kind.status_words(count);
        let separator = if line.is_empty() { "" } else { ", " };
        if line.chars().count() + separator.len() + part.chars().count() + 2 > most {
            line.push_str(", …");
            break;
        }
        line = line + separator + &part;
    }
    line
}
