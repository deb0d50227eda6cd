//! Who pushed content to a pull request, and when its head arrived.

use std::collections::BTreeSet;

use crate::config::{LOCK_FILE, is_defaults};
use crate::forge::{ChangedFile, Forge, ForgeError, Push, ReviewedPullRequest};
use crate::guard::POLICY_FILE;
use crate::model::{CommitSha, RepoPath};
use crate::product::PRODUCTS_FOLDER;
use crate::workspace::ConfigSelector;

/// Pushes that are compared with a merge of the base; more count as content.
const MAX_COMPARED: usize = 20;

/// Completes the pull request's facts for the guard. `base` is the default branch before the merge: afterwards it holds the pull
/// request's own commits. `fork` is the commit at which the head's branch left it.
///
/// Everybody who pushed to the branch is a pusher, also of commits that a later push removed. Excepted are pushes without content: the
/// creation of the branch at a commit of the default branch, and a merge of the default branch that changes no config, defaults,
/// product or policy.
pub async fn add_contributors(
    forge: &dyn Forge,
    reviewed: &mut ReviewedPullRequest,
    (base, fork): (&CommitSha, &CommitSha),
    selection: &ConfigSelector,
) -> Result<(), ForgeError> {
    let Some(pushes) = &reviewed.pushes else {
        return Ok(());
    };
    let is_head = |push: &Push| Some(&push.after) == reviewed.request.head.as_ref();
    let Some(last) = pushes.iter().rposition(is_head) else {
        return Ok(());
    };
    // The branch of a merged pull request can have later pushes.
    let pushes = &pushes[..=last];
    let arrivals = pushes.iter().filter(|push| is_head(push));
    // An unknown time may be the latest.
    let arrivals: Option<Vec<_>> = arrivals.map(|push| push.at).collect();
    reviewed.request.head_arrived = arrivals.and_then(|times| times.into_iter().max());
    let mut pushers = Vec::new();
    let mut compared = 0;
    for push in pushes.iter().filter(|push| push.after != *fork) {
        let Some(by) = &push.by else {
            return Ok(());
        };
        let contributor = by.contributor();
        if pushers.contains(&contributor) {
            continue;
        }
        // The author counts anyway.
        if reviewed.request.author.as_ref() != Some(&contributor) && compared < MAX_COMPARED {
            compared += 1;
            let is_empty = match &push.before {
                Some(before) => is_clean_merge(forge, before, &push.after, base, selection).await?,
                None => is_ancestor(forge, &push.after, base).await?,
            };
            if is_empty {
                continue;
            }
        }
        pushers.push(contributor);
    }
    reviewed.request.pushers = Some(pushers);
    Ok(())
}

/// Whether a push adds one merge commit to a branch, and each config, file of defaults, product and policy file in it equals that of
/// the parent that changed it.
async fn is_clean_merge(
    forge: &dyn Forge,
    before: &CommitSha,
    merge: &CommitSha,
    base: &CommitSha,
    selection: &ConfigSelector,
) -> Result<bool, ForgeError> {
    let parents = forge.parents(merge).await?;
    let [first, other] = parents.as_slice() else {
        return Ok(false);
    };
    if first != before || !is_ancestor(forge, other, base).await? {
        return Ok(false);
    }
    let fork = forge.merge_base(before, other).await?;
    let changed = async |from: &CommitSha, to: &CommitSha| match from == to {
        true => Ok(BTreeSet::new()),
        false => governed(forge, from, to, selection).await,
    };
    let by_branch = changed(&fork, before).await?;
    let by_default = changed(&fork, other).await?;
    let since_branch = changed(before, merge).await?;
    let since_default = changed(other, merge).await?;
    Ok(since_branch.is_disjoint(&by_branch)
        && since_default.is_disjoint(&by_default)
        && since_branch.is_disjoint(&since_default))
}

async fn is_ancestor(
    forge: &dyn Forge,
    commit: &CommitSha,
    of: &CommitSha,
) -> Result<bool, ForgeError> {
    Ok(forge.merge_base(of, commit).await? == *commit)
}

/// The configs, their defaults, products, their lock and the policy that differ between two commits.
async fn governed(
    forge: &dyn Forge,
    from: &CommitSha,
    to: &CommitSha,
    selection: &ConfigSelector,
) -> Result<BTreeSet<RepoPath>, ForgeError> {
    let files = forge.changed_files(from, to).await?;
    let is_part = |path: &RepoPath| selection.matches(path) || is_defaults(path);
    let is_governed = |file: &ChangedFile| {
        [PRODUCTS_FOLDER, POLICY_FILE, LOCK_FILE]
            .iter()
            .any(|place| file.is_under(place))
            || file.paths().any(is_part)
    };
    let governed = files.iter().filter(|file| is_governed(file));
    Ok(governed.flat_map(ChangedFile::paths).cloned().collect())
}
