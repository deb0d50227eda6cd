//! What exists after an operation failed, and what follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;
use crate::product::Verb;
use crate::stack::{Health, ROLLBACK_FAILED, StackName, StackStatus};

/// Read from AWS after the failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct Remains {
    /// The stack that the operation was about: of a test, the test's own.
    pub stack: StackName,
    /// Whether the stack exists.
    pub state: StackRemains,
    /// The folders, if the failure interrupted their creation.
    pub folders: Option<RemainingFolders>,
    pub verb: Verb,
    /// Whether the stack is marked to be kept, so that no later test deletes it.
    pub kept: bool,
    /// ARN of the stack that the operation deleted before it failed.
    #[serde(default)]
    pub deleted: Option<String>,
    /// Whether the stack is complete and values differ from its template, which only `restore` reverts.
    #[serde(default)]
    pub values_differ: bool,
    /// Whether the stack has imported resources and lacks the others.
    #[serde(default)]
    pub unfinished: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum StackRemains {
    /// AWS did not say.
    Unknown,
    /// There is no stack.
    Missing,
    Status(StackStatus),
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct RemainingFolders {
    /// The name of the bucket.
    pub bucket: String,
    /// Number of folders that certainly exist.
    pub existing: usize,
    /// Number of folders that the config requests.
    pub requested: usize,
}

impl StackRemains {
    fn health(&self) -> Option<Health> {
        match self {
            Self::Unknown => None,
            Self::Missing => Some(Health::Deleted),
            Self::Status(status) => Some(status.health()),
        }
    }
}

impl Remains {
    /// A stack without folders, of which nothing else is known.
    pub fn new(stack: &StackName, state: StackRemains, verb: Verb) -> Self {
        Self {
            stack: stack.clone(),
            state,
            folders: None,
            verb,
            kept: false,
            deleted: None,
            values_differ: false,
            unfinished: false,
        }
    }

    /// One or more sentences.
    pub fn text(&self) -> Text {
        let deleted = match &self.deleted {
            Some(id) => Text::ours("The run deleted stack ")
                .and(Text::name(id))
                .and(Text::ours(". ")),
            None => Text::default(),
        };
        deleted
            .and(Text::ours("What exists now: "))
            .and(self.existing())
            .and(Text::ours(". "))
            .and(self.consequence())
    }

    fn existing(&self) -> Text {
        let stack = Text::ours("stack ").and(Text::name(&self.stack.name));
        let stack = match &self.state {
            StackRemains::Unknown => stack.and(Text::ours(" may exist, but AWS did not answer")),
            StackRemains::Missing => stack.and(Text::ours(" does not exist")),
            StackRemains::Status(status) if status.health() == Health::Deleted => {
                stack.and(Text::ours(" does not exist"))
            }
            StackRemains::Status(status) => {
                stack.and(Text::ours(" is ")).and(Text::name(&status.0))
            }
        };
        match &self.folders {
            None => stack,
            Some(folders) => stack
                .and(Text::ours("; "))
                .and(Text::number(folders.existing))
                .and(Text::ours(" of "))
                .and(Text::count(folders.requested, "folder"))
                .and(Text::ours(" exist in bucket "))
                .and(Text::name(&folders.bucket)),
        }
    }

    /// What the next run does, or what a person has to do first.
    fn consequence(&self) -> Text {
        let health = self.state.health();
        if self.verb == Verb::TestDeploy {
            return self.test_consequence(health);
        }
        let status = match &self.state {
            StackRemains::Status(status) => Some(status),
            StackRemains::Unknown | StackRemains::Missing => None,
        };
        let is_failed_creation = status.is_some_and(StackStatus::is_failed_creation);
        let rollback_failed = status.is_some_and(|status| status.0 == ROLLBACK_FAILED);
        let creates = matches!(self.verb, Verb::Provision | Verb::Import | Verb::Replace);
        Text::ours(match health {
            Some(Health::InProgress | Health::Unknown) => {
                "Wait until CloudFormation has ended its operation, then run this again."
            }
            Some(Health::Deleted | Health::ReviewInProgress)
                if creates && self.deleted.is_some() =>
            {
                "Run it again: it creates the stack. If something failed, correct it first."
            }
            Some(Health::Deleted | Health::ReviewInProgress) if creates => {
                "Run it again: it creates the stack."
            }
            Some(Health::Stable) if self.values_differ => {
                match self.verb {
                    // It reads the stack as any other.
                    Verb::Replace => {
                        "The stack is complete. Run `restore`: it reverts what was changed or deleted by hand. Another `replace` would delete this stack."
                    }
                    _ => {
                        "Run `restore`: it reverts what was changed or deleted by hand. Other actions leave it."
                    }
                }
            }
            Some(Health::Stable) if creates && self.unfinished => {
                "Run it again: it finishes the creation. If something failed, correct it first."
            }
            Some(Health::Stable) if self.verb == Verb::Replace && self.deleted.is_some() => {
                "The stack has the tags of a complete stack, so another `replace` would delete it. Run the action that creates the stack instead: it verifies the stack, or updates it."
            }
            Some(Health::Stable) if self.verb == Verb::Import && self.folders.is_none() => {
                "Run the action that creates the stack: it verifies the stack, or updates it. Another import changes nothing."
            }
            _ if self.verb.deletes() && self.deleted.is_none() => {
                "The next run shows what is left, and deletes it after a new confirmation."
            }
            Some(Health::Failed) if is_failed_creation && creates => {
                "Run it again: it deletes the stack, and creates it again."
            }
            Some(Health::Failed) if rollback_failed && self.verb == Verb::ContinueRollback => {
                "Repair the cause that the stack's events name, then run it again."
            }
            Some(Health::Failed) => {
                "The next run is denied with `stack-failed` until the stack is repaired or deleted."
            }
            Some(Health::Deleted | Health::ReviewInProgress) => {
                "The next run is denied with `stack-not-found` until the stack is created."
            }
            Some(Health::Stable) | None => return self.consequence_for_stable(),
        })
    }

    /// What the next run does with a stack that no operation has to repair.
    fn consequence_for_stable(&self) -> Text {
        if let Some(folders) = &self.folders {
            let missing = folders.requested.saturating_sub(folders.existing);
            return Text::ours("Run it again: it creates the other ")
                .and(Text::count(missing, "folder"))
                .and(Text::ours("."));
        }
        Text::ours(match self.verb {
            Verb::Adopt | Verb::Unadopt => {
                "Run it again: it compares the stack again, and changes nothing but its tags."
            }
            Verb::DeployFolders => "Run it again: it creates the missing folders.",
            Verb::UploadTemplate => "Run it again: it uploads the template again.",
            Verb::Restore | Verb::ContinueRollback => {
                "Run `check-drift`: it shows what differs from the stack's template."
            }
            _ if self.state == StackRemains::Unknown => {
                "Run it again: it creates the stack, or updates it if its template differs from that of the config."
            }
            _ => {
                "Run it again: it updates the stack if its template differs from that of the config."
            }
        })
    }

    fn test_consequence(&self, health: Option<Health>) -> Text {
        if health == Some(Health::Deleted) {
            return Text::ours("The test left nothing.");
        }
        let command = format!(
            "aws cloudformation delete-stack --stack-name {} --region {}",
            self.stack.name, self.stack.target.region
        );
        let by_hand = Text::ours("Delete it with ").and(Text::name(command));
        match self.kept {
            true => by_hand.and(Text::ours(
                ". No later test deletes it, because it is marked to be kept.",
            )),
            false => by_hand.and(Text::ours(
                ". Otherwise the next test of this config deletes it.",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;

    fn a_stack() -> StackName {
        let target = Target {
            account: "123456789012".to_owned(),
            region: "us-west-2".to_owned(),
            environment: "prod".to_owned(),
        };
        StackName {
            target,
            name: "a-stack".to_owned(),
        }
    }

    fn remains(verb: Verb, state: StackRemains, folders: Option<RemainingFolders>) -> String {
        let remains = Remains {
            folders,
            ..Remains::new(&a_stack(), state, verb)
        };
        remains.text().plain()
    }

    #[test]
    fn every_state_says_what_follows() {
        let status = |text: &str| StackRemains::Status(StackStatus(text.to_owned()));
        let folders = Some(RemainingFolders {
            bucket: "a-bucket".to_owned(),
            existing: 3,
            requested: 162,
        });
        for (verb, state, folders, expected) in [
            (
                Verb::Provision,
                status("CREATE_COMPLETE"),
                folders,
                "What exists now: stack a-stack is CREATE_COMPLETE; 3 of 162 folders exist in bucket a-bucket. Run it again: it creates the other 159 folders.",
            ),
            (
                Verb::Provision,
                StackRemains::Missing,
                None,
                "What exists now: stack a-stack does not exist. Run it again: it creates the stack.",
            ),
            (
                Verb::Provision,
                status("ROLLBACK_FAILED"),
                None,
                "What exists now: stack a-stack is ROLLBACK_FAILED. Run it again: it deletes the stack, and creates it again.",
            ),
            (
                Verb::Delete,
                status("DELETE_FAILED"),
                None,
                "What exists now: stack a-stack is DELETE_FAILED. The next run shows what is left, and deletes it after a new confirmation.",
            ),
            (
                Verb::TestDeploy,
                status("CREATE_COMPLETE"),
                None,
                "What exists now: stack a-stack is CREATE_COMPLETE. Delete it with aws cloudformation delete-stack --stack-name a-stack --region us-west-2. Otherwise the next test of this config deletes it.",
            ),
            (
                Verb::Restore,
                StackRemains::Missing,
                None,
                "What exists now: stack a-stack does not exist. The next run is denied with `stack-not-found` until the stack is created.",
            ),
            (
                Verb::Restore,
                status("UPDATE_COMPLETE"),
                None,
                "What exists now: stack a-stack is UPDATE_COMPLETE. Run `check-drift`: it shows what differs from the stack's template.",
            ),
            (
                Verb::ContinueRollback,
                status("UPDATE_ROLLBACK_FAILED"),
                None,
                "What exists now: stack a-stack is UPDATE_ROLLBACK_FAILED. Repair the cause that the stack's events name, then run it again.",
            ),
            (
                Verb::UploadTemplate,
                status("CREATE_COMPLETE"),
                None,
                "What exists now: stack a-stack is CREATE_COMPLETE. Run it again: it uploads the template again.",
            ),
        ] {
            assert_eq!(remains(verb, state, folders), expected);
        }
    }

    /// Another replacement would delete the complete stack.
    #[test]
    fn attack_a_complete_stack_is_not_replaced_again() {
        let complete = || StackRemains::Status(StackStatus("UPDATE_COMPLETE".to_owned()));
        for values_differ in [false, true] {
            let remains = Remains {
                deleted: Some("arn".to_owned()),
                values_differ,
                ..Remains::new(&a_stack(), complete(), Verb::Replace)
            };
            let text = remains.text().plain();
            assert!(!text.contains("Run it again"), "{text}");
            assert_eq!(text.contains("`restore`"), values_differ, "{text}");
        }
        let unfinished = Remains {
            deleted: Some("arn".to_owned()),
            unfinished: true,
            ..Remains::new(&a_stack(), complete(), Verb::Replace)
        };
        let text = unfinished.text().plain();
        assert!(text.contains("Run it again: it finishes"), "{text}");
    }
}
