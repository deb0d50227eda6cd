//! Selects the flow that handles the event of a job.

use crate::ci::{self, CiEvent, DispatchMode, JobEnvironment};
use crate::cloud::CancellationToken;
use crate::exit::Exit;
use crate::forge::local::LocalRepository;
use crate::job::{Job, JobError, JobResult, cancel_on_signal};
use crate::report::{Alert, NothingToDo, failed_job};

/// Runs the flow of the job's event. Returns standard output and the exit code.
pub fn run_in_ci() -> (String, Exit) {
    let outcome = ci::read_environment()
        .map_err(JobError::Usage)
        .and_then(|environment| {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .map_err(|error| JobError::Internal(error.into()))?;
            runtime.block_on(async { run_job(environment, cancel_on_signal()).await })
        });
    match outcome {
        Ok(done) => done,
        Err(failure) => {
            let text = failure.text();
            log::error!("{text}");
            // The log has the reason already.
            if let Err(error) = ci::summary(&failed_job(&text)) {
                log::warn!("job summary: {error}");
            }
            (ci::alerts(&[Alert::new("failed", text)]), failure.exit())
        }
    }
}

/// Runs the flow of a job's event on the job's forge, until it is cancelled.
pub async fn run_job(environment: JobEnvironment, stop: CancellationToken) -> JobResult {
    let job = Job {
        forge: environment.repository.connect()?,
        checkout: environment.workspace.clone().map(LocalRepository::new),
        environment,
        stop,
    };
    let changes_stacks = matches!(
        job.environment.event,
        CiEvent::Push { finds: false, .. }
            | CiEvent::Comment { .. }
            | CiEvent::Dispatch {
                mode: DispatchMode::Apply,
                ..
            }
    );
    if job.environment.finish_cancelled && !changes_stacks {
        log::info!("{}", NothingToDo::Cancelled);
        return Ok((String::new(), Exit::Ok));
    }
    if finds(&job.environment.event) {
        // What ends the job early starts nothing.
        ci::start_jobs(&job.environment.event, &[]).map_err(JobError::Internal)?;
    }
    match &job.environment.event {
        CiEvent::PullRequest { number } => super::check::check_pull_request(&job, *number).await,
        CiEvent::MergeGroup { base, head } => {
            super::check::check_merge_group(&job, base, head).await
        }
        CiEvent::Push {
            finds,
            reference,
            before,
            after,
        } => {
            let (before, after) = (before.as_ref(), after.as_ref());
            super::provision::provision(&job, *finds, reference, before, after).await
        }
        CiEvent::Comment {
            id,
            number,
            is_new,
            on_issue,
            public,
            body,
        } => {
            let event = super::comment::CommentEvent {
                id: *id,
                number: *number,
                is_new: *is_new,
                on_issue: *on_issue,
                public: *public,
                body,
            };
            match on_issue {
                true => super::comment::handle_issue_comment(&job, &event).await,
                false => super::comment::handle_comment(&job, &event).await,
            }
        }
        CiEvent::Schedule => super::drift::scan(&job, &[]).await,
        CiEvent::Dispatch {
            reference,
            mode,
            configs,
        } => match mode {
            DispatchMode::Look => super::drift::scan(&job, configs).await,
            DispatchMode::Find => {
                super::provision::find_environments(&job, reference, configs).await
            }
            DispatchMode::Apply if configs.is_empty() => {
                super::provision::provision_pending(&job, reference).await
            }
            DispatchMode::Apply => {
                super::provision::provision_again(&job, reference, configs).await
            }
        },
        CiEvent::Idle { name, only_if } => Ok(ignore(name, Some(only_if))),
        CiEvent::Other(name) => Ok(ignore(name, None)),
    }
}

fn finds(event: &CiEvent) -> bool {
    matches!(
        event,
        CiEvent::Push { finds: true, .. }
            | CiEvent::Dispatch {
                mode: DispatchMode::Find,
                ..
            }
    )
}

fn ignore(event: &str, only_if: Option<&'static str>) -> (String, Exit) {
    let name = event.to_owned();
    log::info!("{}", NothingToDo::Event { name, only_if });
    (String::new(), Exit::Ok)
}
