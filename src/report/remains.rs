//! What exists after an operation failed, and what follows from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Text;
use crate::product::Verb;
use crate::stack::{Health, StackName, StackStatus};

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
    /// One or more sentences.
    pub fn text(&self) -> Text {
        Text::ours("What exists now: ")
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
        let is_failed_creation = match &self.state {
            StackRemains::Status(status) => status.is_failed_creation(),
            _ => false,
        };
        Text::ours(match health {
            Some(Health::InProgress | Health::Unknown) => {
                "Wait until CloudFormation has ended its operation, then run this again."
            }
            Some(Health::Deleted | Health::ReviewInProgress) if self.verb == Verb::Replace => {
                "Run it again: it creates the stack."
            }
            _ if self.verb.deletes() => {
                "The next run shows what is left, and deletes it after a new confirmation."
            }
            Some(Health::Failed) if is_failed_creation => {
                "Run it again: it deletes the stack, and creates it again."
            }
            Some(Health::Failed) => {
                "The next run is denied with `stack-failed` until the stack is repaired or deleted."
            }
            _ if matches!(self.verb, Verb::Adopt | Verb::Unadopt) => {
                "Run it again: it compares the stack again, and changes nothing but its tags."
            }
            Some(Health::Deleted | Health::ReviewInProgress) => {
                "Run it again: it creates the stack."
            }
            Some(Health::Stable) | None => match &self.folders {
                Some(folders) => {
                    let missing = folders.requested.saturating_sub(folders.existing);
                    return Text::ours("Run it again: it creates the other ")
                        .and(Text::count(missing, "folder"))
                        .and(Text::ours("."));
                }
                None => {
                    "Run it again: it checks the stack and changes what differs from the template."
                }
            },
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

    fn remains(verb: Verb, state: StackRemains, folders: Option<RemainingFolders>) -> String {
        let target = Target {
            account: "123456789012".to_owned(),
            region: "us-west-2".to_owned(),
            environment: "prod".to_owned(),
        };
        let remains = Remains {
            stack: StackName {
                target,
                name: "a-stack".to_owned(),
            },
            state,
            folders,
            verb,
            kept: false,
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
        ] {
            assert_eq!(remains(verb, state, folders), expected);
        }
    }
}
