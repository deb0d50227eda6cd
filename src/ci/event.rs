//! The event that started a job, in neutral words.

use anyhow::bail;

use crate::model::CommitSha;

/// The parts of an event that flows use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CiEvent {
    /// A pull request was opened or changed.
    PullRequest { number: u64 },
    /// A merge queue requests a check of a group of pull requests.
    MergeGroup {
        /// Tip of the target branch.
        base: CommitSha,
        head: CommitSha,
    },
    /// A branch was pushed, created or deleted.
    Push {
        /// Whether the job only finds the environments that the push concerns.
        finds: bool,
        /// The branch's full name, such as `refs/heads/main`.
        reference: String,
        /// The tip before the push; `None` for a new branch.
        before: Option<CommitSha>,
        /// The tip after the push; `None` for a deleted branch.
        after: Option<CommitSha>,
    },
    Comment {
        id: u64,
        /// Number of the pull request or issue.
        number: u64,
        /// Whether it was just created.
        is_new: bool,
        /// Whether it is on an issue, and not on a pull request.
        on_issue: bool,
        /// Whether the repository is public.
        public: bool,
        /// The comment's text when the event was sent.
        body: String,
    },
    /// A schedule that detects drift.
    Schedule,
    /// A person started the workflow, or a schedule that applies.
    Dispatch {
        /// The full name of the branch or tag whose workflow runs.
        reference: String,
        mode: DispatchMode,
        /// Paths or file names of configs. Of a schedule empty.
        configs: Vec<String>,
    },
    /// An event that the program handles in other cases.
    Idle {
        name: String,
        /// The case in which the program handles it, such as ``the variable `X` is `1` ``.
        only_if: &'static str,
    },
    /// An event that the program always ignores, by its name.
    Other(String),
}

/// What a person or a schedule starts the workflow for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DispatchMode {
    /// Detect drift. Changes nothing.
    Look,
    /// Find the environments in which something is to be applied. Changes nothing.
    Find,
    /// Provision what the default branch says.
    Apply,
}

impl DispatchMode {
    /// `place`: where the word is from. An empty word is no mode.
    pub fn parse(place: &str, word: &str) -> anyhow::Result<Option<Self>> {
        match word.trim() {
            "" => Ok(None),
            "look" => Ok(Some(Self::Look)),
            "find" => Ok(Some(Self::Find)),
            "apply" => Ok(Some(Self::Apply)),
            other => bail!("{place}: expected `look`, `find` or `apply`: {other:?}"),
        }
    }
}

/// The event of a schedule. A job of an environment can change stacks, so it must say what it is for. `reference`: the full name of the
/// branch.
pub fn scheduled(
    mode: Option<DispatchMode>,
    environment: Option<&str>,
    reference: Option<String>,
) -> anyhow::Result<CiEvent> {
    match (mode, environment) {
        (Some(mode @ (DispatchMode::Find | DispatchMode::Apply)), _) => {
            let Some(reference) = reference else {
                bail!("the branch of the schedule is not known");
            };
            Ok(CiEvent::Dispatch {
                reference,
                mode,
                configs: Vec::new(),
            })
        }
        (None, Some(environment)) => bail!(
            "the schedule does not say what the job of `{environment}` is for\n  \
             help: set its mode to `apply`, or remove its environment to detect drift"
        ),
        (Some(DispatchMode::Look) | None, _) => Ok(CiEvent::Schedule),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_of_an_environment_says_what_it_is_for() {
        let branch = || Some("refs/heads/main".to_owned());
        let (look, apply) = (Some(DispatchMode::Look), Some(DispatchMode::Apply));
        for (mode, environment) in [(None, None), (look, None), (look, Some("prod"))] {
            let event = scheduled(mode, environment, branch()).unwrap();
            assert_eq!(event, CiEvent::Schedule);
        }
        let event = scheduled(apply, Some("prod"), branch()).unwrap();
        let CiEvent::Dispatch { mode, configs, .. } = event else {
            panic!("{event:?}");
        };
        assert_eq!((mode, configs.len()), (DispatchMode::Apply, 0));
        let unclear = scheduled(None, Some("prod"), branch()).unwrap_err();
        assert!(unclear.to_string().contains("set its mode"), "{unclear}");
        scheduled(apply, None, None).unwrap_err();
    }
}
