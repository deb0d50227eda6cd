//! The repair that a comment on an issue is about, with the facts that the guard needs. Stack and config come from the issue's marker
//! and the default branch, never from a comment.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::record::RepairRecord;
use super::reply::is_reply;
use crate::apply::RepairTask;
use crate::change::{IdentityLimits, lock_at, policy_file_at, valid_configs};
use crate::command::{Command, CommentActions, parse};
use crate::config::Config;
use crate::forge::{Comment, DefaultBranch, Issue, IssueState, User};
use crate::guard::{
    Actor, ChangeRequest, CommentCommand, LoadedPolicy, POLICY_FILE, RepairConfirmation,
    RepairIssue, RepairRequest, Trigger, read_policy_file,
};
use crate::job::{Job, JobError};
use crate::model::{FileContents, RepoPath, UserId};
use crate::product::Verb;
use crate::report::{self as print, FoundDrift, closed_drift_issue, drift_issue_marker};
use crate::stack::{Drift, Drifted, StackName};

/// Persons whose permissions are read. The newest of more comments count.
const MAX_PEOPLE: usize = 20;

pub struct IssueRepair {
    pub branch: DefaultBranch,
    pub policy: LoadedPolicy,
    pub policy_file: Option<FileContents>,
    pub config: Config,
    verb: Verb,
    skip: Vec<String>,
    request: ChangeRequest,
}

/// The comments on an issue, oldest first.
#[derive(Clone, Copy)]
pub struct IssueComments<'a> {
    pub all: &'a [Comment],
    /// Of the comment with the command. Later comments request and confirm nothing.
    pub place: usize,
}

impl<'a> IssueComments<'a> {
    fn until_command(self) -> &'a [Comment] {
        self.all.get(..=self.place).unwrap_or_default()
    }
}

impl IssueRepair {
    /// The repair of `command`. `None` if no config of the default branch has the stack of the issue.
    pub async fn read(
        job: &Job,
        own: UserId,
        (issue, comments): (&IssueState, IssueComments<'_>),
        actions: &CommentActions,
        command: &Command,
    ) -> Result<Option<Self>, JobError> {
        let (Some(verb), Some(last)) = (command.repair(), comments.until_command().last()) else {
            return Ok(None);
        };
        let Some(by) = &last.by else {
            return Ok(None);
        };
        let forge = &*job.forge;
        let branch = forge.default_branch().await?;
        let source = job.source(&[&branch.tip]);
        let policy_file = policy_file_at(source, &branch.tip).await?;
        let policy = read_policy_file(&RepoPath::typed(POLICY_FILE), policy_file.as_ref());
        let (configs, _) = valid_configs(job, source, &branch.tip, &policy, &[]).await?;
        let marker = issue.issue.body.lines().next().unwrap_or("").trim_end();
        let is_meant =
            |config: &Config| drift_issue_marker(&StackName::for_config(config)) == marker;
        let mut meant = configs.into_iter().filter(is_meant);
        let Some(config) = meant.next() else {
            return Ok(None);
        };
        let others = meant.map(|config| config.path.to_string()).collect();
        let environment = config.target.environment.as_str();
        let limits = IdentityLimits::read(forge, &branch.branch, [environment].into()).await?;
        let teams = policy
            .as_ref()
            .map_or_else(|_| Vec::new(), |policy| policy.teams());
        let people = People::find(comments, own, actions, command);
        let request = ChangeRequest {
            target: Some(branch.branch.clone()),
            fork: Some(false),
            identity_limited: limits.of(Some(&config.target)),
            lock: Some(lock_at(source, &branch.tip).await?),
            other_claims: Some(others),
            now: forge.server_time(),
            repair: Some(people.read(job, issue, &teams).await?),
            trigger: Some(Trigger::Comment(CommentCommand {
                id: last.id,
                by: forge.actor(by, &teams).await?,
                force: command.force,
                confirm: command.confirm.clone(),
                reported: None,
            })),
            ..ChangeRequest::default()
        };
        Ok(Some(Self {
            branch,
            policy,
            policy_file,
            config,
            verb,
            skip: command.skip.clone(),
            request,
        }))
    }

    pub fn task(&self) -> RepairTask<'_> {
        RepairTask {
            config: &self.config,
            verb: self.verb,
            skip: &self.skip,
            request: &self.request,
            policy: &self.policy,
        }
    }

    /// Closes the issue of a stack without drift. If that fails, the next scan closes it.
    pub async fn close(&self, job: &Job, issue: &Issue, drift: &Drift) {
        let stack = StackName::for_config(&self.config);
        let found = Drifted {
            stack: stack.clone(),
            status: None,
            drift: Some(drift.clone()),
            current: true,
            owned: true,
            unfinished: false,
        };
        let found = FoundDrift {
            drifted: false,
            rollback_failed: false,
            owned: true,
            current: true,
            summary: print::drift_summary(&found),
            tables: String::new(),
        };
        let (config, limit) = (self.config.path.as_str(), job.forge.profile().comment_chars);
        let body = closed_drift_issue(&stack, config, &found, &issue.body, limit);
        if let Err(error) = job.forge.update_issue(issue.number, &body, true).await {
            log::warn!("{error}");
        }
    }
}

/// The persons of an issue's comments, each once, newest first.
struct People<'a> {
    /// With the digest that the reply showed.
    requested: Vec<(&'a User, Option<&'a str>)>,
    /// With the digest of their last confirmation.
    confirmed: Vec<(&'a User, String)>,
}

impl<'a> People<'a> {
    /// Edited comments, and those of bots, do not count. An earlier confirmation counts only if provisioner's reply records it: the
    /// forge's clock counts seconds, so an edit within the second of the creation is not seen otherwise.
    fn find(
        comments: IssueComments<'a>,
        own: UserId,
        actions: &CommentActions,
        command: &Command,
    ) -> Self {
        let mut requested: BTreeMap<UserId, (usize, (&User, Option<&str>))> = BTreeMap::new();
        let mut confirmed: BTreeMap<UserId, (usize, (&User, String))> = BTreeMap::new();
        let digits = command.confirm.as_deref().unwrap_or_default();
        let is_meant = |digest: &&str| !digits.is_empty() && digest.starts_with(digits);
        // A repair that ran used the requests and confirmations before it. If its job runs again, its reply is a later comment.
        let used = comments.all.iter().rposition(|reply| {
            let by = reply.by.as_ref();
            by.is_some_and(|by| by.id == own)
                && is_reply(&reply.body)
                && RepairRecord::Ran
                    .digests(reply)
                    .any(|ran| is_meant(&ran) || digits.starts_with(ran))
        });
        let comments = comments.until_command();
        for (place, comment) in comments.iter().enumerate().rev() {
            let by = comment.by.as_ref();
            let Some(by) = by.filter(|by| !by.is_bot() && by.id != own && !comment.edited) else {
                continue;
            };
            let is_unused = used.is_none_or(|used| place > used);
            let is_last = place + 1 == comments.len();
            let same = parse(&comment.body, actions).into_iter().flatten();
            for same in same.filter(|same| same.repairs_like(command)) {
                match same.confirm {
                    None if !same.force => {
                        let mut shown = RepairRecord::Shown.of_comment(comments, own, comment);
                        let shown = shown.find(|digest| is_unused && is_meant(digest));
                        let known = requested.entry(by.id).or_insert((place, (by, shown)));
                        if known.1.1.is_none() {
                            *known = (place, (by, shown));
                        }
                    }
                    Some(digest) if same.force && is_unused => {
                        let mut replied =
                            RepairRecord::Confirmed.of_comment(comments, own, comment);
                        if is_last || replied.any(|replied| replied == digest) {
                            confirmed.entry(by.id).or_insert((place, (by, digest)));
                        }
                    }
                    _ => {}
                }
            }
        }
        Self {
            requested: newest(requested),
            confirmed: newest(confirmed),
        }
    }

    /// Reads their permissions of now.
    async fn read(
        &self,
        job: &Job,
        issue: &IssueState,
        teams: &[String],
    ) -> Result<RepairIssue, JobError> {
        let mut known: BTreeMap<UserId, Actor> = BTreeMap::new();
        let requested = self.requested.iter().map(|(by, _)| *by);
        let confirmed = self.confirmed.iter().map(|(by, _)| *by);
        for user in requested.chain(confirmed) {
            if let Entry::Vacant(new) = known.entry(user.id) {
                new.insert(job.forge.actor(user, teams).await?);
            }
        }
        let requested = self.requested.iter();
        let confirmed = self.confirmed.iter();
        Ok(RepairIssue {
            number: issue.issue.number,
            open: Some(issue.open),
            requests: requested
                .filter_map(|(by, shown)| {
                    Some(RepairRequest {
                        by: known.get(&by.id)?.clone(),
                        shown: shown.map(str::to_owned),
                    })
                })
                .collect(),
            confirmations: confirmed
                .filter_map(|(by, digest)| {
                    Some(RepairConfirmation {
                        by: known.get(&by.id)?.clone(),
                        digest: digest.clone(),
                    })
                })
                .collect(),
        })
    }
}

fn newest<T>(found: BTreeMap<UserId, (usize, T)>) -> Vec<T> {
    let mut found: Vec<(usize, T)> = found.into_values().collect();
    found.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
    let newest = found.into_iter().take(MAX_PEOPLE);
    newest.map(|(_, person)| person).collect()
}
