//! The questions of `init`, and where an answer comes from.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::existing::ExistingFiles;

/// In the order in which they are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Question {
    /// `github` or `gitlab`.
    Forge,
    /// Host of the forge.
    Server,
    /// The repository's path.
    Repository,
    /// The default branch.
    #[serde(rename = "default-branch")]
    Branch,
    /// Product of the first config.
    Product,
    /// Folder of configs.
    #[serde(rename = "configs")]
    Folder,
    /// Environments with their accounts, such as `dev=123456789012`.
    Environments,
    /// AWS region of the first config.
    Region,
    /// Prefix of stack names.
    Prefix,
    /// Owners of the setup, such as `@acme/platform`.
    #[serde(rename = "code-owners")]
    Owners,
    /// Action or component, at the commit of a release.
    Release,
    /// Image of the jobs of GitLab, by digest.
    Image,
    /// Id of the user of the check's token, for GitLab.
    CheckUser,
}

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// A flag, or an answer at a prompt.
    Person,
    /// A file that exists.
    File(String),
    /// Derived from this; a prompt offers it.
    Guess(&'static str),
    /// The usual answer; a prompt offers it.
    Usual,
}

/// An answer as text. A list has spaces between its items.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    pub text: String,
    pub origin: Origin,
}

pub type Givens = BTreeMap<Question, Given>;

/// A missing, an invalid or a doubtful answer, or a place that cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct AnswerProblem {
    /// What is wrong.
    pub message: String,
    /// How to solve it.
    pub help: String,
}

impl AnswerProblem {
    pub fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            help: help.into(),
        }
    }
}

impl Question {
    pub const ALL: [Self; 13] = [
        Self::Forge,
        Self::Server,
        Self::Repository,
        Self::Branch,
        Self::Product,
        Self::Folder,
        Self::Environments,
        Self::Region,
        Self::Prefix,
        Self::Owners,
        Self::Release,
        Self::Image,
        Self::CheckUser,
    ];

    /// The flag, with an example of its value.
    pub fn flag(self) -> &'static str {
        match self {
            Self::Forge => "--forge github",
            Self::Server => "--server git.example",
            Self::Repository => "--repository acme/infra",
            Self::Branch => "--default-branch main",
            Self::Product => "--product s3",
            Self::Folder => "--configs s3/configs",
            Self::Environments => "--environment dev=123456789012",
            Self::Region => "--region eu-central-1",
            Self::Prefix => "--prefix acme",
            Self::Owners => "--code-owner @acme/platform",
            Self::Release => "--release acme/provisioner@COMMIT",
            Self::Image => "--image ghcr.io/acme/provisioner@sha256:DIGEST",
            Self::CheckUser => "--check-user 1234",
        }
    }

    /// The flag's name.
    pub fn flag_name(self) -> &'static str {
        self.flag().split(' ').next().unwrap_or_default()
    }

    /// What a prompt asks, and what a list of answers shows.
    pub fn words(self) -> &'static str {
        match self {
            Self::Forge => "forge (github or gitlab)",
            Self::Server => "host of the forge",
            Self::Repository => "repository",
            Self::Branch => "default branch",
            Self::Product => "product of the first config",
            Self::Folder => "folder of configs",
            Self::Environments => "environments with their accounts (dev=123456789012 prod=…)",
            Self::Region => "AWS region",
            Self::Prefix => "prefix of stack names",
            Self::Owners => "code owners of the setup (@user or @organisation/team)",
            Self::Release => "release to pin (OWNER/NAME@COMMIT)",
            Self::Image => "image to pin (NAME@sha256:DIGEST)",
            Self::CheckUser => "id of the user of the check's token",
        }
    }

    /// The short name in the list of answers.
    pub fn label(self) -> &'static str {
        match self {
            Self::Forge => "forge",
            Self::Server => "server",
            Self::Repository => "repository",
            Self::Branch => "default branch",
            Self::Product => "product",
            Self::Folder => "configs",
            Self::Environments => "environments",
            Self::Region => "region",
            Self::Prefix => "prefix",
            Self::Owners => "code owners",
            Self::Release => "release",
            Self::Image => "image",
            Self::CheckUser => "check user",
        }
    }

    /// Whether the answer can follow from others.
    pub fn follows(self) -> bool {
        matches!(
            self,
            Self::Server | Self::Branch | Self::Folder | Self::Prefix
        )
    }

    /// Whether `init` works without an answer.
    pub fn is_optional(self) -> bool {
        matches!(self, Self::Release | Self::Image | Self::CheckUser)
    }

    /// Whether the answer depends on the forge and is only for GitLab.
    fn is_for_gitlab(self) -> bool {
        matches!(self, Self::Image | Self::CheckUser)
    }
}

/// No reason in particular.
const USUAL: &str = "";

/// An answer that follows from the others; `None` if it has to be given.
pub fn default_answer(question: Question, givens: &Givens) -> Option<Given> {
    let text = |question: Question| givens.get(&question).map(|given| given.text.as_str());
    let (text, reason) = match question {
        Question::Server => {
            let host = match text(Question::Forge)? {
                "gitlab" => "gitlab.com",
                _ => "github.com",
            };
            (host.to_owned(), USUAL)
        }
        Question::Branch => ("main".to_owned(), USUAL),
        Question::Folder => (
            format!("{}/configs", text(Question::Product)?),
            "the product's name",
        ),
        Question::Prefix => {
            let owner = text(Question::Repository)?.split('/').next()?;
            let letters = owner.to_ascii_lowercase();
            let letters: String = letters
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .take(20)
                .collect();
            let begins = letters.starts_with(|first: char| first.is_ascii_lowercase());
            (begins.then_some(letters)?, "the repository's owner")
        }
        _ => return None,
    };
    let origin = match reason {
        USUAL => Origin::Usual,
        reason => Origin::Guess(reason),
    };
    Some(Given { text, origin })
}

/// Questions that have no answer yet and need one. `has_configs`: whether a folder has configs.
pub fn open_questions(
    givens: &Givens,
    existing: &ExistingFiles,
    has_configs: impl Fn(&str) -> bool,
) -> Vec<Question> {
    let folder = givens.get(&Question::Folder);
    let writes_sample = !folder.is_some_and(|folder| has_configs(&folder.text));
    let writes_policy = existing.policy().is_none();
    let is_needed = |question: &Question| match question {
        Question::Region | Question::Prefix | Question::Product => writes_sample || writes_policy,
        question => !question.is_optional(),
    };
    let all = Question::ALL.into_iter().filter(is_needed);
    all.filter(|question| !givens.contains_key(question))
        .collect()
}

/// Optional questions without an answer that a prompt asks.
pub fn optional_questions(givens: &Givens) -> Vec<Question> {
    let is_gitlab = givens
        .get(&Question::Forge)
        .is_some_and(|forge| forge.text == "gitlab");
    let all = Question::ALL.into_iter();
    all.filter(|question| question.is_optional() && (is_gitlab || !question.is_for_gitlab()))
        .filter(|question| !givens.contains_key(question))
        .collect()
}
