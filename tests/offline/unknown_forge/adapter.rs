//! The adapter: it implements every trait of the port.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use jiff::Timestamp;
use provisioner::forge::local::LocalRepository;
use provisioner::forge::{
    Capabilities, Capability, ChangedFile, Claims, Comment, Comments, CommitStatus, Connect,
    DefaultBranch, Deployment, Deployments, FileAt, FileHistory, Forge, ForgeError, ForgeErrorKind,
    IdentityTokens, Issue, IssueState, Issues, JobSubject, OpenPullRequests, OwnRecord,
    PathSelection, Profile, Profiled, PullRequest, PullRequests, QueuedPullRequest, Reaction,
    ReadPermission, RepositoryInfo, ReviewedPullRequest, Reviews, ServerTime, Source, StatusRecord,
    Statuses, Upsert, User, Users, Workflows, WritePermission,
};
use provisioner::guard::{AccountKind, Actor, Branch, ChangeRequest, Permission};
use provisioner::model::{CommitSha, FileContents, RepoPath, UserId};
use secrecy::SecretString;

use crate::support::job::git;

pub const COMMAND: &str = "/provisioner prep-master --force";

const PROFILE: Profile = Profile {
    name: "Unknown",
    token_variable: "UNKNOWN_TOKEN",
    job_login: "job",
    code_owner_files: &[],
    workflow_folder: ".ci",
    comment_chars: 10_000,
    summary_chars: 10_000,
    deployment_description_chars: 100,
    deployments_per_run: 1,
    permission: |_| "a permission",
    connect_help: "",
    grant: "grant the job",
    environment_help: "limit the environment to the default branch",
    unknown_environment_help: "create the environment",
    workflow_help: "start it again",
    forgery_help: "read the rendered diff",
    forgers: "other jobs can forge them",
    token_help: "",
    identity_help: "let the job request identity tokens",
    issuer_help: "",
};

/// A forge whose repository can be read, and which knows nothing else.
#[derive(Clone, Debug)]
pub struct UnknownForge {
    pub folder: PathBuf,
    /// Tip of the default branch.
    pub tip: CommitSha,
    /// The error of every request. `None`: each answer says that its facts are unknown.
    pub fails: Option<ForgeErrorKind>,
    /// The permission of every user.
    pub commenter: Option<Permission>,
    /// Names of the writes that were requested. None succeeds.
    pub writes: Arc<Mutex<Vec<&'static str>>>,
}

type Result<T> = std::result::Result<T, ForgeError>;

impl UnknownForge {
    /// The answer of a request that has one for "unknown".
    fn answer<T>(&self, what: &str, unknown: T) -> Result<T> {
        match &self.fails {
            Some(kind) => Err(ForgeError::new(what, kind.clone(), "no")),
            None => Ok(unknown),
        }
    }

    /// The answer of a request that has none for "unknown".
    fn error<T>(&self, what: &str) -> Result<T> {
        let kind = self.fails.clone().unwrap_or(ForgeErrorKind::Unreachable);
        Err(ForgeError::new(what, kind, "unknown"))
    }

    fn refuse_write<T>(&self, what: &'static str) -> Result<T> {
        self.writes.lock().unwrap().push(what);
        self.error(what)
    }

    fn repository(&self) -> LocalRepository {
        LocalRepository::new(self.folder.clone())
    }
}

impl Workflows for UnknownForge {}

impl ServerTime for UnknownForge {
    fn server_time(&self) -> Option<Timestamp> {
        None
    }
}

impl Connect for UnknownForge {
    fn connect(&self) -> Result<Box<dyn Forge>> {
        Ok(Box::new(self.clone()))
    }

    fn profile(&self) -> &'static Profile {
        &PROFILE
    }

    fn repository(&self) -> &str {
        "unknown/unknown"
    }

    fn has_token(&self) -> bool {
        false
    }
}

impl Profiled for UnknownForge {
    fn profile(&self) -> &'static Profile {
        &PROFILE
    }
}

#[async_trait]
impl Source for UnknownForge {
    async fn changed_files(&self, base: &CommitSha, head: &CommitSha) -> Result<Vec<ChangedFile>> {
        self.answer("files", ())?;
        self.repository().changed_files(base, head).await
    }

    async fn read(&self, files: &[FileAt<'_>]) -> Result<Vec<Option<FileContents>>> {
        self.answer("contents", ())?;
        self.repository().read(files).await
    }

    async fn list(&self, at: &CommitSha, selection: &dyn PathSelection) -> Result<Vec<RepoPath>> {
        self.answer("folder", ())?;
        self.repository().list(at, selection).await
    }

    async fn history(&self, at: &CommitSha, path: &RepoPath, limit: usize) -> Result<FileHistory> {
        self.answer("history", ())?;
        self.repository().history(at, path, limit).await
    }
}

#[async_trait]
impl PullRequests for UnknownForge {
    async fn pull_request(&self, _: u64) -> Result<PullRequest> {
        self.error("pull request")
    }

    async fn files_of(&self, _: &PullRequest) -> Result<Vec<ChangedFile>> {
        self.error("files of a pull request")
    }

    async fn merge_base(&self, _: &CommitSha, _: &CommitSha) -> Result<CommitSha> {
        self.error("merge base")
    }

    async fn merge_queue(&self, _: &str) -> Result<Vec<QueuedPullRequest>> {
        self.error("merge queue")
    }

    async fn open_pull_requests(&self) -> Result<OpenPullRequests> {
        self.answer(
            "open pull requests",
            OpenPullRequests {
                open: Vec::new(),
                complete: false,
            },
        )
    }
}

#[async_trait]
impl Reviews for UnknownForge {
    async fn default_branch(&self) -> Result<DefaultBranch> {
        self.answer(
            "default branch",
            DefaultBranch {
                branch: Branch {
                    name: "main".to_owned(),
                    default: true,
                    protected: None,
                },
                tip: self.tip.clone(),
                private: false,
            },
        )
    }

    async fn is_limited_to(&self, _: &str, _: &str) -> Result<Option<bool>> {
        self.answer("environment", None)
    }

    async fn parents(&self, commit: &CommitSha) -> Result<Vec<CommitSha>> {
        self.answer("parents", ())?;
        let parents = git(
            &self.folder,
            &["show", "-s", "--format=%P", commit.as_str()],
        );
        let parents = parents.split_whitespace();
        Ok(parents.map(|sha| CommitSha::parse(sha).unwrap()).collect())
    }

    async fn merged_by(&self, _: &CommitSha) -> Result<Vec<u64>> {
        self.answer("pull requests of a commit", vec![7])
    }

    async fn request(&self, number: u64, _: &[String]) -> Result<ReviewedPullRequest> {
        self.answer(
            "reviews",
            ReviewedPullRequest {
                updated: None,
                request: ChangeRequest {
                    number,
                    ..ChangeRequest::default()
                },
                pushes: None,
                author: None,
                merge: None,
                merged_at: None,
            },
        )
    }
}

#[async_trait]
impl Users for UnknownForge {
    async fn current_user(&self) -> Result<Option<UserId>> {
        self.answer("the token's user", None)
    }

    async fn find_user(&self, _: &str) -> Result<Option<User>> {
        self.answer("user", None)
    }

    async fn actor(&self, user: &User, _: &[String]) -> Result<Actor> {
        self.answer(
            "permission",
            Actor {
                id: user.id,
                login: user.login.clone(),
                bot: false,
                permission: self.commenter,
                teams: Vec::new(),
            },
        )
    }
}

#[async_trait]
impl Comments for UnknownForge {
    async fn comment(&self, _: u64, _: u64) -> Result<Option<Comment>> {
        self.answer(
            "comment",
            Some(Comment {
                id: 1,
                number: 7,
                url: "https://forge.example/7#comment-1".to_owned(),
                by: Some(User {
                    id: UserId(1),
                    login: "someone-unknown".to_owned(),
                    kind: AccountKind::Person,
                }),
                body: COMMAND.to_owned(),
                created: None,
                edited: false,
            }),
        )
    }

    async fn own_comment(&self, _: u64, _: UserId, _: &str) -> Result<Option<String>> {
        self.answer("own comment", None)
    }

    async fn own_record(&self, _: u64, _: UserId, _: &str) -> Result<OwnRecord> {
        self.answer("own record", OwnRecord::Absent)
    }

    async fn upsert_comment(&self, _: u64, _: UserId, _: &str, _: &str) -> Result<Upsert> {
        self.refuse_write("comment")
    }

    async fn react(&self, _: u64, _: u64, _: Reaction) -> Result<()> {
        self.refuse_write("reaction")
    }
}

#[async_trait]
impl Statuses for UnknownForge {
    async fn status_history(&self, _: &CommitSha, _: UserId, _: &str) -> Result<Vec<StatusRecord>> {
        self.answer("statuses", Vec::new())
    }

    async fn set_status(
        &self,
        _: &CommitSha,
        _: Option<UserId>,
        _: &CommitStatus,
    ) -> Result<Upsert> {
        self.refuse_write("status")
    }
}

#[async_trait]
impl Deployments for UnknownForge {
    async fn put_deployment(&self, _: UserId, _: &Deployment) -> Result<Upsert> {
        self.refuse_write("deployment")
    }
}

#[async_trait]
impl Issues for UnknownForge {
    async fn own_issues(&self, _: UserId, _: &str) -> Result<Vec<Issue>> {
        self.answer("issues", Vec::new())
    }

    async fn open_issue(&self, _: &str, _: &str) -> Result<Issue> {
        self.refuse_write("issue")
    }

    async fn update_issue(&self, _: u64, _: &str, _: bool) -> Result<()> {
        self.refuse_write("issue")
    }

    async fn issue(&self, _: u64) -> Result<Option<IssueState>> {
        self.answer("issue", None)
    }

    async fn issue_comments(&self, _: u64) -> Result<Vec<Comment>> {
        self.answer("comments", Vec::new())
    }

    async fn upsert_issue_comment(&self, _: u64, _: UserId, _: &str, _: &str) -> Result<Upsert> {
        self.refuse_write("comment")
    }

    async fn react_on_issue(&self, _: u64, _: u64, _: Reaction) -> Result<()> {
        self.refuse_write("reaction")
    }
}

#[async_trait]
impl Capabilities for UnknownForge {
    async fn repository_info(&self) -> Result<RepositoryInfo> {
        self.error("repository")
    }

    async fn may_read(&self, _: ReadPermission, _: &CommitSha) -> Capability {
        Capability::Unproven("unknown".to_owned())
    }

    async fn may_write(&self, _: WritePermission, _: Option<u64>) -> Capability {
        Capability::Unproven("unknown".to_owned())
    }

    async fn can_read_team(&self, _: &str, _: &str) -> Capability {
        Capability::Unproven("unknown".to_owned())
    }

    async fn requires_code_owners(&self, _: &str) -> Result<Option<bool>> {
        Ok(None)
    }

    fn job_subject(&self, _: &Claims, _: Option<&RepositoryInfo>) -> JobSubject {
        JobSubject {
            is_trusted_to_apply: false,
            is_trusted_form: false,
            environment: None,
            repository: "unknown/unknown".to_owned(),
        }
    }
}

/// Issues no identity tokens.
#[derive(Debug)]
pub struct NoTokens;

#[async_trait]
impl IdentityTokens for NoTokens {
    async fn token(&self) -> Result<SecretString> {
        Err(ForgeError::unreachable("identity token", "unknown"))
    }
}
