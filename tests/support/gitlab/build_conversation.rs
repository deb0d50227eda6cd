//! Notes, issues, statuses, deployments and environments, made by others than the program.

use super::build::Repo;
use super::state::{
    Comment, Deployment, Environment, Issue, Pipeline, Schedule, State, Status, User,
};

impl Repo {
    /// A note that users of the API do not see, such as a reference from a private project.
    pub fn hidden_comment(&self, number: u64, author: &User) -> Comment {
        let note = self.comment(number, author, "mentioned in secret/project!1");
        self.with(|p| {
            let known = p.comments.get_mut(&note.id).expect("it was added");
            (known.system, known.hidden) = (true, true);
            known.clone()
        })
    }

    /// A note on an issue: it is not in the journal.
    pub fn issue_comment(&self, number: u64, author: &User, body: &str) -> Comment {
        self.state(|s| s.add_note(self.id, number, true, author.id, body))
    }

    pub fn issue_comments(&self, number: u64) -> Vec<Comment> {
        self.comments_of(number, true)
    }

    /// A status by another system, in the newest pipeline of the commit or an `external` one.
    pub fn status(&self, sha: &str, context: &str, state: &str, creator: &User) -> Status {
        self.state(|s| {
            let reference = s.branch_of(self.id, sha).unwrap_or_default();
            let known = s.fitting_pipeline(self.id, sha, Some(&reference), None);
            let pipeline = known.unwrap_or_else(|| {
                s.add_pipeline(self.id, sha, &reference, "external", creator.id)
                    .id
            });
            let at = s.now();
            let status = Status {
                id: s.id(),
                sha: sha.to_owned(),
                reference,
                pipeline,
                state: state.to_owned(),
                context: context.to_owned(),
                description: None,
                target_url: None,
                creator: creator.id,
                started: None,
                finished: None,
                at,
            };
            s.repo_mut(self.id).statuses.push(status.clone());
            status
        })
    }

    /// Newest first.
    pub fn statuses(&self, sha: &str) -> Vec<Status> {
        self.with(|p| {
            p.statuses
                .iter()
                .rev()
                .filter(|s| s.sha == sha)
                .cloned()
                .collect()
        })
    }

    pub fn describe_status(&self, id: u64, description: &str) {
        self.with(|p| {
            let status = p.statuses.iter_mut().find(|s| s.id == id);
            status.expect("the status exists").description = Some(description.to_owned());
        });
    }

    pub fn fail_status(&self, id: u64) {
        self.with(|p| {
            let status = p.statuses.iter_mut().find(|s| s.id == id);
            "failed".clone_into(&mut status.expect("the status exists").state);
        });
    }

    /// A schedule of a branch.
    pub fn schedule(&self, description: &str, reference: &str, owner: &User) -> u64 {
        self.state(|s| {
            let schedule = Schedule {
                id: s.id(),
                description: description.to_owned(),
                reference: reference.to_owned(),
                active: true,
                owner: owner.id,
                created: s.now(),
            };
            let id = schedule.id;
            s.repo_mut(self.id).schedules.push(schedule);
            id
        })
    }

    pub fn stop_schedule(&self, id: u64) {
        self.with(|p| {
            let schedule = p.schedules.iter_mut().find(|one| one.id == id);
            schedule.expect("the schedule exists").active = false;
        });
    }

    /// A job of an environment waits for approvals of its deployment.
    pub fn blocked_deployment(&self, environment: &str, job: &str, reference: &str) {
        let sha = self.head("main");
        self.state(|s| {
            let (id, at) = (s.id(), s.now());
            let environment = Environment {
                id: s.id(),
                name: environment.to_owned(),
                state: "available",
                external_url: None,
                created: at.clone(),
                updated: at.clone(),
            };
            let deployment = Deployment {
                id,
                iid: id,
                sha,
                reference: reference.to_owned(),
                environment: environment.id,
                status: "blocked".to_owned(),
                creator: s.repos[&self.id].owner,
                created: at.clone(),
                updated: at,
                job: Some(job.to_owned()),
            };
            let project = s.repo_mut(self.id);
            project.environments.push(environment);
            project.deployments.push(deployment);
        });
    }

    /// Newest first.
    pub fn deployments(&self) -> Vec<Deployment> {
        self.with(|p| p.deployments.iter().rev().cloned().collect())
    }

    pub fn environments(&self) -> Vec<Environment> {
        self.with(|p| p.environments.clone())
    }

    /// Newest first.
    pub fn pipelines(&self) -> Vec<Pipeline> {
        self.with(|p| p.pipelines.iter().rev().cloned().collect())
    }
}

impl State {
    pub fn add_note(
        &mut self,
        project: u64,
        number: u64,
        of_issue: bool,
        user: u64,
        body: &str,
    ) -> Comment {
        let mut note = self.add_comment(project, number, user, body);
        note.of_issue = of_issue;
        let notes = &mut self.repo_mut(project).comments;
        notes.insert(note.id, note.clone());
        note
    }

    /// Closed by a user at a time, or open.
    pub fn set_issue(&mut self, project: u64, number: u64, closed: Option<(u64, String)>) {
        let issue = self
            .repo_mut(project)
            .issues
            .get_mut(&number)
            .expect("it exists");
        issue.open = closed.is_none();
        (issue.closed_by, issue.closed) = closed.unzip();
        if let Some(at) = &issue.closed {
            issue.updated.clone_from(at);
        }
    }

    pub fn add_pipeline(
        &mut self,
        project: u64,
        sha: &str,
        reference: &str,
        source: &'static str,
        user: u64,
    ) -> Pipeline {
        let (id, created) = (self.id(), self.now());
        let all = &mut self.repo_mut(project).pipelines;
        let pipeline = Pipeline {
            id,
            iid: all.len() as u64 + 1,
            sha: sha.to_owned(),
            reference: reference.to_owned(),
            source,
            status: "running",
            user,
            updated: created.clone(),
            created,
        };
        all.push(pipeline.clone());
        pipeline
    }

    /// The newest pipeline of the commit that fits.
    pub fn fitting_pipeline(
        &self,
        project: u64,
        sha: &str,
        reference: Option<&str>,
        id: Option<u64>,
    ) -> Option<u64> {
        let all = self.repos[&project].pipelines.iter().rev();
        let fits = all.filter(|p| p.sha == sha);
        let fits = fits.filter(|p| reference.is_none_or(|r| p.reference == r));
        fits.filter(|p| id.is_none_or(|id| p.id == id))
            .map(|p| p.id)
            .next()
    }

    /// The first branch that contains the commit.
    pub fn branch_of(&self, project: u64, sha: &str) -> Option<String> {
        let mut branches = self.repos[&project].branches.iter();
        let found = branches.find(|(_, head)| self.objects.ancestors(head).contains(sha));
        found.map(|(name, _)| name.clone())
    }

    /// By name; a new one is created.
    pub fn environment(&mut self, project: u64, name: &str) -> u64 {
        let known = self.repos[&project]
            .environments
            .iter()
            .find(|e| e.name == name);
        if let Some(known) = known {
            return known.id;
        }
        let (id, created) = (self.id(), self.now());
        let environment = Environment {
            id,
            name: name.to_owned(),
            state: "available",
            external_url: None,
            updated: created.clone(),
            created,
        };
        self.repo_mut(project).environments.push(environment);
        id
    }
}
