//! What the program does in a pipeline, by what started it. The dispatcher, `doctor` and docs/gitlab.md follow this table.
//! <https://docs.gitlab.com/ci/jobs/job_rules/#ci_pipeline_source-predefined-variable>

/// Pipelines that are handled alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SourceKind {
    MergeRequest,
    Push,
    Schedule,
    Trigger,
    /// A person started it.
    Manual,
    /// The pipeline that `child.rs` writes.
    Parent,
}

/// One line of the table.
#[derive(Clone, Copy, Debug)]
pub struct PipelineSource {
    /// Values of `CI_PIPELINE_SOURCE`.
    pub names: &'static [&'static str],
    pub kind: SourceKind,
    /// What `provisioner ci` does.
    pub does: &'static str,
    /// What must hold for it; `None` if nothing more is needed.
    pub only_if: Option<&'static str>,
}

/// Every source that the program handles. It ignores the others.
pub const PIPELINE_SOURCES: &[PipelineSource] = &[
    PipelineSource {
        names: &["merge_request_event"],
        kind: SourceKind::MergeRequest,
        does: "checks the merge request",
        only_if: Some("its branch is in this project"),
    },
    PipelineSource {
        names: &["push"],
        kind: SourceKind::Push,
        does: "provisions the merged changes",
        only_if: Some("the branch is the default branch"),
    },
    PipelineSource {
        names: &["schedule"],
        kind: SourceKind::Schedule,
        does: "detects drift. With `PROVISIONER_MODE` = `apply`: applies what was merged and is not applied",
        only_if: None,
    },
    PipelineSource {
        names: &["trigger"],
        kind: SourceKind::Trigger,
        does: "runs the commands of a comment",
        only_if: Some("`TRIGGER_PAYLOAD` is a new comment on a merge request"),
    },
    PipelineSource {
        names: &["web", "api"],
        kind: SourceKind::Manual,
        does: "detects drift, or provisions merged configs again",
        only_if: Some("`PROVISIONER_MODE` is `look` or `apply`"),
    },
    PipelineSource {
        names: &["parent_pipeline"],
        kind: SourceKind::Parent,
        does: "provisions the merged changes, or applies what is not applied, in the environments that `provisioner-find` found",
        only_if: Some("the component's job `provisioner-find` started it"),
    },
];

/// The variable that says what started the parent of a child pipeline: `push` or `schedule`.
pub const PARENT_SOURCE: &str = "PROVISIONER_PARENT_SOURCE";

/// The line of a source; `None` if the program ignores it.
pub fn pipeline_source(name: &str) -> Option<&'static PipelineSource> {
    let mut all = PIPELINE_SOURCES.iter();
    all.find(|source| source.names.contains(&name))
}
