//! The last change of each config, and the open pull requests that touch it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::change::pull_request_with;
use crate::config::defaults_of;
use crate::estate::{EstateProblem, Fact, LastChange, Unknown};
use crate::forge::git::{FileChange, LastChanges};
use crate::forge::{FileAt, Forge, ForgeError, Source};
use crate::guard::{Review, ReviewState};
use crate::model::{CommitSha, RepoPath};

/// Commits of a run whose pull requests are read, the newest first. Each costs some five requests, of the 1,000 an hour that all jobs of
/// a repository can share.
pub const MAX_MERGES: usize = 30;
/// Approvers of one change that are listed.
const MAX_APPROVERS: usize = 20;

/// The files that a config is read from: its own, and the defaults of its folder.
pub(super) struct ConfigFiles {
    /// By config.
    defaults: BTreeMap<RepoPath, RepoPath>,
}

impl ConfigFiles {
    /// Reads which folders have defaults.
    pub async fn read(
        source: &dyn Source,
        at: &CommitSha,
        configs: &[RepoPath],
    ) -> Result<Self, ForgeError> {
        let folders: BTreeSet<RepoPath> = configs.iter().map(defaults_of).collect();
        let files = folders.iter().map(|path| FileAt { commit: at, path });
        let files: Vec<FileAt<'_>> = files.collect();
        let contents = source.read(&files).await?;
        let existing = folders.iter().zip(contents);
        let existing: BTreeSet<&RepoPath> = existing
            .filter_map(|(path, contents)| contents.map(|_| path))
            .collect();
        let defaults = configs.iter().filter_map(|config| {
            let defaults = defaults_of(config);
            existing
                .contains(&defaults)
                .then(|| (config.clone(), defaults))
        });
        Ok(Self {
            defaults: defaults.collect(),
        })
    }

    fn of<'a>(&'a self, config: &'a RepoPath) -> impl Iterator<Item = &'a RepoPath> {
        [config].into_iter().chain(self.defaults.get(config))
    }

    fn all(&self, configs: &[RepoPath]) -> Vec<RepoPath> {
        let all: BTreeSet<&RepoPath> = configs.iter().flat_map(|config| self.of(config)).collect();
        all.into_iter().cloned().collect()
    }
}

/// What the forge says about a commit.
#[derive(Clone)]
struct Merge {
    number: Fact<u64>,
    approvers: Fact<Vec<String>>,
    time: Option<Timestamp>,
}

impl Merge {
    fn unknown(reason: Unknown) -> Self {
        Self {
            number: Fact::unknown(reason),
            approvers: Fact::unknown(reason),
            time: None,
        }
    }
}

/// The last change of each config.
pub(super) async fn last_changes(
    source: &dyn Source,
    forge: Option<&dyn Forge>,
    at: &CommitSha,
    configs: &[RepoPath],
    files: &ConfigFiles,
) -> (BTreeMap<RepoPath, Fact<LastChange>>, Vec<EstateProblem>) {
    let mut problems = Vec::new();
    let changes = source.last_changes(at, &files.all(configs)).await;
    let changes = changes.unwrap_or_else(|error| {
        problems.push(EstateProblem {
            what: "history of the configs".to_owned(),
            reason: error.to_string(),
        });
        LastChanges::default()
    });
    let mut commits: Vec<(Option<i64>, &CommitSha)> = changes
        .found
        .values()
        .map(|change| (change.time, &change.commit))
        .collect();
    // The newest first. A commit without a time was read alone.
    commits.sort_by(|a, b| (b.0, b.1).cmp(&(a.0, a.1)));
    commits.dedup();
    let mut merges: BTreeMap<&CommitSha, Merge> = BTreeMap::new();
    for (index, (_, commit)) in commits.into_iter().enumerate() {
        let merge = match forge {
            None => Merge::unknown(Unknown::ForgeNotQueried),
            Some(_) if index >= MAX_MERGES => Merge::unknown(Unknown::Limit),
            Some(forge) => merge_of(forge, commit).await.unwrap_or_else(|error| {
                problems.push(EstateProblem {
                    what: format!("pull request of {}", commit.short()),
                    reason: error.to_string(),
                });
                Merge::unknown(Unknown::ForgeFailed)
            }),
        };
        merges.insert(commit, merge);
    }
    let each = configs.iter().map(|config| {
        let found = files.of(config).filter_map(|path| changes.found.get(path));
        let found = found.filter_map(|change| Some((change, merges.get(&change.commit)?)));
        // Of the config and its defaults, the newer one. The config's own comes first.
        let change =
            newest(found).map_or(Fact::unknown(Unknown::HistoryNotRead), |(change, merge)| {
                Fact::known(LastChange {
                    commit: change.commit.clone(),
                    time: time_of(change, merge).map(|time| time.to_string()),
                    pull_request: merge.number.clone(),
                    approvers: merge.approvers.clone(),
                })
            });
        (config.clone(), change)
    });
    (each.collect(), problems)
}

/// The first of the newest changes.
fn newest<'a>(
    changes: impl Iterator<Item = (&'a FileChange, &'a Merge)>,
) -> Option<(&'a FileChange, &'a Merge)> {
    changes.reduce(|first, second| {
        let time = |(change, merge): (&FileChange, &Merge)| time_of(change, merge);
        match time(second) > time(first) {
            true => second,
            false => first,
        }
    })
}

/// When the forge merged it, or else the commit's own time.
fn time_of(change: &FileChange, merge: &Merge) -> Option<Timestamp> {
    let own = || Timestamp::from_second(change.time?).ok();
    merge.time.or_else(own)
}

async fn merge_of(forge: &dyn Forge, commit: &CommitSha) -> Result<Merge, ForgeError> {
    let Some(number) = pull_request_with(forge, commit).await? else {
        return Ok(Merge {
            number: Fact::none(),
            approvers: Fact::none(),
            time: None,
        });
    };
    let reviewed = forge.request(number, &[]).await?;
    let approvers = reviewed.request.reviews.as_deref().map(approvers);
    Ok(Merge {
        number: Fact::known(number),
        approvers: approvers.map_or(Fact::unknown(Unknown::ForgeFailed), Fact::known),
        time: reviewed.merged_at,
    })
}

/// The logins of those whose last review approves.
fn approvers(reviews: &[Review]) -> Vec<String> {
    let mut last = BTreeMap::new();
    for review in reviews {
        last.insert(review.by.id.0, review);
    }
    let approved = last
        .into_values()
        .filter(|review| review.state == ReviewState::Approved);
    let mut logins: Vec<String> = approved.map(|review| review.by.login.clone()).collect();
    logins.sort();
    logins.truncate(MAX_APPROVERS);
    logins
}

/// The numbers of the open pull requests that change each config.
pub(super) async fn open_pull_requests(
    forge: Option<&dyn Forge>,
    configs: &[RepoPath],
    files: &ConfigFiles,
) -> (BTreeMap<RepoPath, Fact<Vec<u64>>>, Vec<EstateProblem>) {
    let unknown = |reason| {
        let each = configs
            .iter()
            .map(|path| (path.clone(), Fact::unknown(reason)));
        each.collect()
    };
    let Some(forge) = forge else {
        return (unknown(Unknown::ForgeNotQueried), Vec::new());
    };
    let what = "open pull requests".to_owned();
    let open = match forge.open_pull_requests().await {
        Ok(open) => open,
        Err(error) => {
            let reason = error.to_string();
            let problems = vec![EstateProblem { what, reason }];
            return (unknown(Unknown::ForgeFailed), problems);
        }
    };
    let mut by_path: BTreeMap<&RepoPath, BTreeSet<u64>> = BTreeMap::new();
    for request in &open.open {
        for path in &request.paths {
            by_path.entry(path).or_default().insert(request.number);
        }
    }
    let each = configs.iter().map(|config| {
        let numbers = files.of(config).filter_map(|path| by_path.get(path));
        let numbers: BTreeSet<u64> = numbers.flatten().copied().collect();
        // A list that is cut off does not show that there are none.
        let fact = match numbers.is_empty() && !open.complete {
            true => Fact::unknown(Unknown::Limit),
            false => Fact::known(numbers.into_iter().collect()),
        };
        (config.clone(), fact)
    });
    let problems = (!open.complete).then(|| EstateProblem {
        what,
        reason: "there are more than the forge lists".to_owned(),
    });
    (each.collect(), problems.into_iter().collect())
}
