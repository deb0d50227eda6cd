//! Checked answers.

use std::collections::BTreeSet;

use super::check::{
    branch, environments, folder, forge, image, name, number, owners, prefix, region, release,
    repository, server,
};
use super::question::{AnswerProblem, Givens, Origin, Question};
use super::setup::{EnvironmentAccounts, Pin, SetupForge};

#[derive(Clone, Debug)]
pub struct Answers {
    pub forge: SetupForge,
    /// Host, such as `github.com`.
    pub server: String,
    /// `OWNER/NAME`, or the path of a GitLab project.
    pub repository: String,
    /// The default branch.
    pub branch: String,
    /// Of configs, without a slash at its end.
    pub folder: String,
    pub environments: Vec<EnvironmentAccounts>,
    /// Product, region and prefix: `None` if neither policy nor sample is to be written.
    pub product: Option<String>,
    pub region: Option<String>,
    pub prefix: Option<String>,
    /// `@user` or `@organisation/team`.
    pub owners: Vec<String>,
    pub pin: Pin,
    /// The image of GitLab jobs, by digest.
    pub image: Option<String>,
    pub check_user: Option<String>,
    /// Questions that a person answered in this run.
    pub asked: BTreeSet<Question>,
}

impl Answers {
    /// All invalid answers at once. Missing required answers are left out here: they are asked before.
    pub fn parse(givens: &Givens) -> Result<Self, Vec<AnswerProblem>> {
        let mut problems = Vec::new();
        let text = |question: Question| givens.get(&question).map(|given| given.text.as_str());
        let needed = |question: Question| text(question).unwrap_or_default();
        macro_rules! take {
            ($value:expr) => {
                match $value {
                    Ok(value) => Some(value),
                    Err(problem) => {
                        problems.push(problem);
                        None
                    }
                }
            };
        }
        let forge = take!(forge(needed(Question::Forge)));
        let server = take!(server(needed(Question::Server)));
        let kind = forge.unwrap_or(SetupForge::GitLab);
        let repository = take!(repository(kind, needed(Question::Repository)));
        let branch = take!(branch(needed(Question::Branch)));
        let folder = take!(folder(needed(Question::Folder)));
        let environments = take!(environments(needed(Question::Environments)));
        let owners = take!(owners(needed(Question::Owners)));
        let product = take!(text(Question::Product).map(name).transpose());
        let region = take!(text(Question::Region).map(region).transpose());
        let prefix = take!(text(Question::Prefix).map(prefix).transpose());
        let pin = take!(text(Question::Release).map(release).transpose());
        let image = take!(text(Question::Image).map(image).transpose());
        let check_user = take!(text(Question::CheckUser).map(number).transpose());
        let answers = (|| {
            Some(Self {
                forge: forge?,
                server: server?,
                repository: repository?,
                branch: branch?,
                folder: folder?,
                environments: environments?,
                product: product?,
                region: region?,
                prefix: prefix?,
                owners: owners?,
                pin: pin?.unwrap_or_default(),
                image: image?,
                check_user: check_user?,
                asked: asked(givens),
            })
        })();
        answers.filter(|_| problems.is_empty()).ok_or(problems)
    }

    /// Accounts of all environments, each once, in their order.
    pub fn accounts(&self) -> Vec<&str> {
        let mut accounts: Vec<&str> = Vec::new();
        for account in self.environments.iter().flat_map(|one| &one.accounts) {
            if !accounts.contains(&account.as_str()) {
                accounts.push(account);
            }
        }
        accounts
    }

    /// Whether the forge is a GitHub Enterprise Server. GitHub Enterprise Cloud with data residency has what github.com has.
    pub fn is_enterprise_server(&self) -> bool {
        let is_cloud = self.server.ends_with(".ghe.com");
        self.forge == SetupForge::GitHub && self.is_own_server() && !is_cloud
    }

    /// Whether the forge runs on a server of its own.
    pub fn is_own_server(&self) -> bool {
        self.server != self.forge.public_host()
    }
}

fn asked(givens: &Givens) -> BTreeSet<Question> {
    let asked = givens
        .iter()
        .filter(|(_, given)| given.origin == Origin::Person);
    asked.map(|(question, _)| *question).collect()
}
