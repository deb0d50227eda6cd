//! A job of CI: reads its environment, does what its event asks, and ends with an exit code.

use crate::ci::{Environment, Event};
use crate::exit::Exit;
use crate::forge::ForgeError;
use crate::forge::Source;
use crate::forge::github::GitHub;
use crate::forge::local::Repository;
use crate::model::CommitSha;
use crate::report::log_safe;

/// What every flow of a job needs.
pub struct Job {
    /// What the job was started with.
    pub environment: Environment,
    /// The forge.
    pub github: GitHub,
    /// The checkout, if there is one.
    pub checkout: Option<Repository>,
}

/// Why a job could not do what it was asked to.
pub enum Failure {
    /// The job is set up wrongly.
    Usage(anyhow::Error),
    /// A bug, or a broken machine.
    Internal(anyhow::Error),
    /// The forge did not answer.
    Forge(ForgeError),
}

impl Failure {
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

impl From<ForgeError> for Failure {
    fn from(error: ForgeError) -> Self {
        Self::Forge(error)
    }
}

/// What belongs on standard output, and how the job ends.
pub type Ended = Result<(String, Exit), Failure>;

/// Does what the job's event asks.
pub fn run_in_ci() -> (String, Exit) {
    let outcome = Environment::read()
        .map_err(Failure::Usage)
        .and_then(|environment| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| Failure::Internal(error.into()))?;
            runtime.block_on(run(environment))
        });
    match outcome {
        Ok(done) => done,
        Err(failure) => {
            eprintln!("{}", log_safe(&format!("error: {}", failure.text())));
            (String::new(), failure.exit())
        }
    }
}

async fn run(environment: Environment) -> Ended {
    let job = Job {
        github: GitHub::new(&environment.access)?,
        checkout: environment.workspace.clone().map(Repository::new),
        environment,
    };
    match &job.environment.event {
        Event::PullRequest { number } => super::check_ci::check_pull_request(&job, *number).await,
        Event::MergeGroup { base, head } => {
            super::check_ci::check_merge_group(&job, base, head).await
        }
        Event::Push {
            reference,
            before,
            after,
        } => super::provision::provision(&job, reference, before.as_ref(), after.as_ref()).await,
        Event::Comment {
            id,
            number,
            is_new,
            public,
            body,
        } => {
            let claimed = super::command::Claimed {
                id: *id,
                number: *number,
                is_new: *is_new,
                public: *public,
                body,
            };
            super::command::command(&job, &claimed).await
        }
        Event::Schedule => super::drift::watch(&job).await,
        Event::Other(name) => {
            let line = format!("nothing to do for the event `{name}`");
            eprintln!("{}", log_safe(&line));
            Ok((String::new(), Exit::Ok))
        }
    }
}

impl Job {
    /// Where contents of these commits are read: the checkout if its history has them, which saves a call for each file; otherwise
    /// the API.
    pub fn source(&self, commits: &[&CommitSha]) -> &dyn Source {
        match &self.checkout {
            Some(checkout) if has_all(checkout, commits) => checkout,
            _ => &self.github,
        }
    }
}

/// Whether a checkout has all of these commits.
pub fn has_all(checkout: &Repository, commits: &[&CommitSha]) -> bool {
    commits.iter().all(|sha| {
        checkout
            .commit(sha.as_str())
            .is_ok_and(|found| found == **sha)
    })
}
