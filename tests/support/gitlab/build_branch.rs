//! Branches: moves, protection, and the events and versions that follow.

use super::super::forge::objects::{Sha, sha1_hex};
use super::build::Repo;
use super::state::{Event, Protection, PushData, PushLevel, State, User, Version};

/// The forty zeros of a branch that did not exist.
pub const NOTHING: &str = "0000000000000000000000000000000000000000";

impl Repo {
    /// Nobody may push; maintainers merge.
    pub fn protected(self, branch: &str) -> Self {
        self.protected_for(branch, &[PushLevel::Role(0)])
    }

    /// Who may push. An empty list is nobody on a Premium licence.
    pub fn protected_for(self, branch: &str, push: &[PushLevel]) -> Self {
        let id = self.state(|s| s.id());
        let protection = Protection {
            id,
            push: push.to_vec(),
            merge: 40,
            allow_force_push: false,
            inherited: false,
        };
        self.with(|p| p.protections.insert(branch.to_owned(), protection));
        self
    }

    pub fn change_protection(&self, branch: &str, change: impl FnOnce(&mut Protection)) {
        self.with(|p| {
            change(
                p.protections
                    .get_mut(branch)
                    .expect("the branch is protected"),
            )
        });
    }

    pub fn unprotect(&self, branch: &str) {
        self.with(|p| p.protections.remove(branch));
    }

    /// Events past the retention, or of a time before the fake.
    pub fn forget_activities(&self) {
        self.with(|p| p.events.clear());
    }

    /// A push of so many refs that GitLab records no names and no commits.
    /// <https://docs.gitlab.com/administration/settings/push_event_activities_limit/>
    pub fn bulk_push(&self, user: &User, refs: usize) {
        let data = PushData {
            count: 0,
            action: "pushed",
            from: None,
            to: None,
            branch: None,
            title: None,
            ref_count: Some(refs),
        };
        self.state(|s| s.record(self.id, "pushed to", user.id, Some(data)));
    }

    /// Turns all push events into those of a bulk push.
    pub fn blank_events(&self) {
        self.blank_newest_events(usize::MAX);
    }

    /// Turns the newest push events into those of a bulk push.
    pub fn blank_newest_events(&self, count: usize) {
        self.with(|p| {
            let pushes = p.events.iter_mut().rev().filter_map(|e| e.push.as_mut());
            for push in pushes.take(count) {
                (push.from, push.to, push.branch, push.title) = (None, None, None, None);
                push.ref_count = Some(4);
            }
        });
    }
}

impl State {
    pub fn move_branch(&mut self, project: u64, name: &str, sha: &str, by: u64) {
        let branches = &mut self.repo_mut(project).branches;
        let before = branches.insert(name.to_owned(), sha.to_owned());
        self.record_push(project, name, before.as_deref(), Some(sha), by);
        if before.as_deref() != Some(sha) {
            self.follow(project, name, sha);
        }
    }

    pub fn record_push(
        &mut self,
        project: u64,
        name: &str,
        before: Option<&str>,
        after: Option<&str>,
        by: u64,
    ) {
        let (action, word) = match (before, after) {
            (_, None) => ("deleted", "removed"),
            (None, _) => ("pushed new", "created"),
            _ => ("pushed to", "pushed"),
        };
        let commits = after.map(|after| self.objects.between(before.unwrap_or_default(), after));
        let last = commits.as_ref().and_then(|all| all.last());
        let data = PushData {
            count: commits.as_ref().map_or(0, Vec::len),
            action: word,
            from: before.map(str::to_owned),
            to: after.map(str::to_owned),
            branch: Some(name.to_owned()),
            title: last
                .and_then(|c| c.message.lines().next())
                .map(str::to_owned),
            ref_count: None,
        };
        self.record(project, action, by, Some(data));
    }

    pub fn record(
        &mut self,
        project: u64,
        action: &'static str,
        author: u64,
        push: Option<PushData>,
    ) {
        let (id, at) = (self.id(), self.now());
        let event = Event {
            id,
            action,
            author,
            at,
            push,
        };
        self.repo_mut(project).events.push(event);
    }

    /// Moves open merge requests of the branch: a version is written after the push, then approvals of another patch are reset.
    fn follow(&mut self, source: u64, branch: &str, sha: &str) {
        let all = self.repos.values();
        let following: Vec<(u64, u64)> = all
            .flat_map(|p| p.pulls.values().map(move |m| (p.id, m)))
            .filter(|(_, m)| {
                m.state == "opened" && m.head_repo == Some(source) && m.head_ref == branch
            })
            .map(|(project, m)| (project, m.number))
            .collect();
        for (project, iid) in following {
            let updated = self.now();
            let pull = self
                .repo_mut(project)
                .pulls
                .get_mut(&iid)
                .expect("it was found");
            sha.clone_into(&mut pull.head_sha);
            pull.updated = updated;
            if pull.prepared.is_none() {
                continue;
            }
            self.add_version(project, iid);
            let project_data = self.repo_mut(project);
            if project_data.resets_approvals {
                project_data.resets_due.push(iid);
            }
            if !project_data.holds_resets {
                self.run_resets(project);
            }
        }
    }

    /// <https://docs.gitlab.com/api/merge_requests/#retrieve-merge-request-diff-versions>
    pub fn add_version(&mut self, project: u64, iid: u64) {
        let data = &self.repos[&project];
        let pull = &data.pulls[&iid];
        let start = data
            .branches
            .get(&pull.base_ref)
            .cloned()
            .unwrap_or_default();
        let base = self
            .objects
            .merge_base(&start, &pull.head_sha)
            .map(|c| c.sha.clone());
        let changes = self.changes(data, &start, &pull.head_sha);
        let patch: Vec<String> = changes
            .iter()
            .map(|c| format!("{:?} {} {:?} {:?}", c.how, c.path, c.old, c.new))
            .collect();
        let head = pull.head_sha.clone();
        let version = Version {
            id: self.id(),
            head,
            base: base.unwrap_or_default(),
            start,
            at: self.now(),
            state: "collected",
            size: changes.len().to_string(),
            patch_id: sha1_hex(patch.join("\n").as_bytes()),
        };
        let pull = self
            .repo_mut(project)
            .pulls
            .get_mut(&iid)
            .expect("it exists");
        pull.versions.push(version);
    }

    /// Approvals of the same patch stay, also over a rebase.
    pub fn run_resets(&mut self, project: u64) {
        let project = self.repo_mut(project);
        for iid in std::mem::take(&mut project.resets_due) {
            let pull = project.pulls.get_mut(&iid).expect("it exists");
            let patch = pull
                .versions
                .last()
                .map(|v| v.patch_id.clone())
                .unwrap_or_default();
            pull.approvals.retain(|approval| approval.patch_id == patch);
        }
    }

    pub fn head_version(&self, project: u64, iid: u64) -> Option<&Version> {
        self.repos[&project].pulls[&iid].versions.last()
    }

    /// The push level that covers a branch, by exact name or wildcard.
    pub fn protection(&self, project: u64, branch: &str) -> Option<&Protection> {
        let all = &self.repos[&project].protections;
        let wild = |name: &str| match name.split_once('*') {
            Some((before, after)) => branch.starts_with(before) && branch.ends_with(after),
            None => false,
        };
        let exact = all.get(branch);
        exact.or_else(|| all.iter().find(|(name, _)| wild(name)).map(|(_, p)| p))
    }

    pub fn patch_id(&self, project: u64, iid: u64) -> Sha {
        let version = self.head_version(project, iid);
        version.map(|v| v.patch_id.clone()).unwrap_or_default()
    }
}
