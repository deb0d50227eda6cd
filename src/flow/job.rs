//! A job of CI: reads its environment, does what its event asks, and ends with an exit code.

use crate::ci::{CiEvent, JobEnvironment};
use crate::exit::Exit;
use crate::forge::ForgeError;
use crate::forge::Source;
use crate::forge::github::GitHub;
use crate::forge::local::LocalRepository;
use crate::model::CommitSha;
use crate::report::escape_workflow_commands;

/// What every flow of a job needs.
pub struct Job {
    /// What the job was started with.
    pub environment: JobEnvironment,
    /// The forge.
    pub github: GitHub,
    /// The checkout, if there is one.
    pub checkout: Option<LocalRepository>,
}

/// Why a job could not do what it was asked to.
pub enum JobError {
    /// The job is set up wrongly.
    Usage(anyhow::Error),
    /// A bug, or a broken machine.
    Internal(anyhow::Error),
    /// The forge did not answer.
    Forge(ForgeError),
}

impl JobError {
    /// What went wrong, with its causes.
    pub fn text(&self) -> String {
        match self {
            Self::Usage(error) | Self::Internal(error) => format!("{error:#}"),
            Self::Forge(error) => error.to_string(),
        }
    }

    /// How the job ends for it.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Usage(_) => Exit::Usage,
            Self::Internal(_) => Exit::Internal,
            Self::Forge(_) => Exit::Unreachable,
        }
    }
}

impl From<ForgeError> for JobError {
    fn from(error: ForgeError) -> Self {
        Self::Forge(error)
    }
}

/// What belongs on standard output, and how the job ends.
pub type JobResult = Result<(String, Exit), JobError>;

/// Does what the job's event asks.
pub fn run_in_ci() -> (String, Exit) {
    let outcome = JobEnvironment::read()
        .map_err(JobError::Usage)
        .and_then(|environment| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| JobError::Internal(error.into()))?;
            runtime.block_on(run(environment))
        });
    match outcome {
        Ok(done) => done,
        Err(failure) => {
            eprintln!(
                "{}",
                escape_workflow_commands(&format!("error: {}", failure.text()))
            );
            (String::new(), failure.exit())
        }
    }
}

async fn run(environment: JobEnvironment) -> JobResult {
    let job = Job {
        github: GitHub::new(&environment.access)?,
        checkout: environment.workspace.clone().map(LocalRepository::new),
        environment,
    };
    match &job.environment.event {
        CiEvent::PullRequest { number } => super::check_ci::check_pull_request(&job, *number).await,
        CiEvent::MergeGroup { base, head } => {
            super::check_ci::check_merge_group(&job, base, head).await
        }
        CiEvent::Push {
            reference,
            before,
            after,
        } => super::provision::provision(&job, reference, before.as_ref(), after.as_ref()).await,
        CiEvent::Comment {
            id,
            number,
            is_new,
            public,
            body,
        } => {
            let claimed = super::command::CommentEvent {
                id: *id,
                number: *number,
                is_new: *is_new,
                public: *public,
                body,
            };
            super::command::command(&job, &claimed).await
        }
        CiEvent::Schedule => super::drift::scan(&job).await,
        CiEvent::Other(name) => {
            let line = format!("nothing to do for the event `{name}`");
            eprintln!("{}", escape_workflow_commands(&line));
            Ok((String::new(), Exit::Ok))
        }
    }
}

impl Job {
    /// Where contents of these commits are read: the checkout if its history has them, which saves a call for each file; otherwise
    /// the API.
    pub fn source(&self, commits: &[&CommitSha]) -> &dyn Source {
        match &self.checkout {
            Some(checkout) if has_commits(checkout, commits) => checkout,
            _ => &self.github,
        }
    }
}

/// Whether a checkout has all of these commits.
pub fn has_commits(checkout: &LocalRepository, commits: &[&CommitSha]) -> bool {
    commits.iter().all(|sha| {
        checkout
            .commit(sha.as_str())
            .is_ok_and(|found| found == **sha)
    })
}
