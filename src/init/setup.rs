//! Parts of the answers: forge, environments, release.

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SetupForge {
    GitHub,
    GitLab,
}

impl SetupForge {
    /// As in flags.
    pub fn word(self) -> &'static str {
        match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        }
    }

    /// The host without an own server.
    pub fn public_host(self) -> &'static str {
        match self {
            Self::GitHub => "github.com",
            Self::GitLab => "gitlab.com",
        }
    }
}

/// An environment with the accounts of its stacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvironmentAccounts {
    pub name: String,
    /// Ids, in the order given.
    pub accounts: Vec<String>,
}

/// The release that jobs run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// `OWNER/NAME` of the action, or the path of the component's project.
    pub repository: String,
    /// 40 hexadecimal digits.
    pub commit: String,
    /// The version that a comment names; empty if it is not known.
    pub version: String,
}

/// The repository of this program's releases.
pub const RELEASES: &str = "acme/provisioner";
/// Represents a commit that is not known.
pub const NO_COMMIT: &str = "0000000000000000000000000000000000000000";
/// Represents an image that is not known.
pub const NO_IMAGE: &str = "registry.example/acme/provisioner-ci@sha256:0000000000000000000000000000000000000000000000000000000000000000";

impl Default for Pin {
    fn default() -> Self {
        Self {
            repository: RELEASES.to_owned(),
            commit: NO_COMMIT.to_owned(),
            version: "v0".to_owned(),
        }
    }
}

impl Pin {
    /// Whether the commit has to be filled in.
    pub fn is_open(&self) -> bool {
        self.commit == NO_COMMIT
    }
}
