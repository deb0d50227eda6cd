//! The result of an action on a stack, in one line.

use super::Success;
use crate::text::pluralize;

/// Longer lists of prefixes are counted.
const MAX_PREFIXES: usize = 4;

/// The result of an action that succeeded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActionSummary<'a> {
    TemplateAccepted {
        stack: &'a str,
        capabilities: &'a [String],
    },
    Folders(FolderCount<'a>),
    /// The folders that an action would create.
    FoldersPreview(FolderCount<'a>),
    Uploaded {
        /// Addresses of objects.
        places: &'a [String],
    },
    UploadPreview {
        /// Addresses of objects.
        places: &'a [String],
    },
    Tested {
        stack: &'a str,
        /// The region of a stack that was kept.
        kept_in: Option<&'a str>,
        /// Names of stacks that earlier tests left and this one deleted.
        removed: &'a [String],
    },
    Provisioned {
        stack: &'a str,
        /// Such as `created`.
        outcome: &'static str,
        outputs: usize,
        parameters: usize,
        folders: Option<FolderCount<'a>>,
        /// Logical ids.
        replaced: &'a [String],
        /// Physical ids of resources that no stack manages any more.
        left_behind: &'a [String],
        /// Number of existing resources that became the new stack's own.
        imported: usize,
        /// Whether a stack whose creation had failed was deleted first.
        after_failure: bool,
    },
    /// The stack's tags were changed.
    Tags {
        stack: &'a str,
        success: Success,
        tags: usize,
    },
    /// Another run began to create the stack.
    Resumable {
        stack: &'a str,
        status: &'a str,
    },
    /// A cancelled job left no operation on the stack. `status`: the stack's, if it exists.
    NothingUnderWay {
        stack: &'a str,
        status: Option<&'a str>,
    },
}

/// Folders that an action created in a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FolderCount<'a> {
    pub bucket: &'a str,
    /// One for each solution.
    pub prefixes: &'a [String],
    pub created: usize,
    /// Number of folders that the config lists.
    pub requested: usize,
}

impl FolderCount<'_> {
    fn line(self, what: &str, exist: &str) -> String {
        format!("{}: {}", self.bucket, self.text(what, exist))
    }

    /// `what`: what happens to the folders that are absent. `exist`: of the others.
    fn text(self, what: &str, exist: &str) -> String {
        let below = match self.prefixes {
            [] => String::new(),
            prefixes if prefixes.len() <= MAX_PREFIXES => {
                format!(" below {}", prefixes.join(", "))
            }
            prefixes => format!(" below {} prefixes", prefixes.len()),
        };
        let folders = pluralize(self.requested, "folder");
        match self.created {
            0 => format!("0 of {folders} {what}{below}: all {exist}"),
            created if created == self.requested => format!("{folders} {what}{below}"),
            created => format!("{created} of {folders} {what}{below}: the others {exist}"),
        }
    }
}

impl ActionSummary<'_> {
    pub fn line(self) -> String {
        match self {
            Self::TemplateAccepted {
                stack,
                capabilities: [],
            } => format!("{stack}: CloudFormation accepts the template that the config renders"),
            Self::TemplateAccepted {
                stack,
                capabilities,
            } => format!(
                "{stack}: CloudFormation accepts the template that the config renders; it needs {}",
                capabilities.join(", ")
            ),
            Self::Folders(folders) => folders.line("created", "existed"),
            Self::FoldersPreview(folders) => folders.line("would be created", "exist"),
            Self::UploadPreview { places } => format!("would write {}", places.join(", ")),
            Self::Resumable { stack, status } => {
                format!("{stack}: {status}; the creation that another run began would be finished")
            }
            Self::NothingUnderWay {
                stack,
                status: Some(status),
            } => format!("{stack}: no operation is under way; the stack is {status}"),
            Self::NothingUnderWay {
                stack,
                status: None,
            } => format!("{stack}: no operation is under way; the stack does not exist"),
            Self::Tags {
                stack,
                success: Success::Adopted,
                tags,
            } => format!("{stack}: adopted; {} added", pluralize(tags, "tag")),
            Self::Tags {
                stack,
                success: Success::Unadopted,
                tags,
            } => format!("{stack}: un-adopted; {} removed", pluralize(tags, "tag")),
            Self::Tags { stack, .. } => {
                format!("{stack}: unchanged; its tags are as requested already")
            }
            Self::Uploaded { places } => format!("wrote {}", places.join(", ")),
            Self::Tested {
                stack,
                kept_in,
                removed,
            } => {
                let end = match kept_in {
                    None => "deleted".to_owned(),
                    Some(region) => format!(
                        "kept; delete it with `aws cloudformation delete-stack --stack-name {stack} --region {region}`"
                    ),
                };
                let earlier = match removed {
                    [] => String::new(),
                    removed => {
                        format!(
                            "; left by earlier tests and deleted: {}",
                            removed.join(", ")
                        )
                    }
                };
                format!("{stack}: created, verified, {end}{earlier}")
            }
            Self::Provisioned {
                stack,
                outcome,
                outputs,
                parameters,
                folders,
                replaced,
                left_behind,
                imported,
                after_failure,
            } => {
                let again = match after_failure {
                    true => " again, after a creation that had failed",
                    false => "",
                };
                let folders = folders.map(|folders| {
                    let text = folders.text("created", "existed");
                    format!("; bucket {}: {text}", folders.bucket)
                });
                let imported = match imported {
                    0 => String::new(),
                    _ => format!("; {} imported", pluralize(imported, "resource")),
                };
                format!(
                    "{stack}: {outcome}{again}{imported}; {} and {} verified{}{}{}",
                    pluralize(outputs, "output"),
                    pluralize(parameters, "parameter"),
                    folders.unwrap_or_default(),
                    list("replaced", replaced),
                    list("left behind and no longer managed", left_behind)
                )
            }
        }
    }
}

fn list(what: &str, names: &[String]) -> String {
    match names {
        [] => String::new(),
        names => format!("; {what}: {}", names.join(", ")),
    }
}
