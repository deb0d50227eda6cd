//! Answers that existing files give, so that a second run asks nothing, and loses nothing.

use super::check::environments;
use super::code_owners::{places, policy_line};
use super::existing::ExistingFiles;
use super::gitlab_pipeline::{self, COMPONENT};
use super::question::{AnswerProblem, Given, Givens, Origin, Question};
use super::sample::PREFIX;
use super::setup::{EnvironmentAccounts, NO_COMMIT, NO_IMAGE, SetupForge};
use super::workflows::{PATHS, PROVISION, our_action};
use crate::guard::{POLICY_FILE, Policy};

/// The answers of existing files. `policy`: the policy file, if it exists.
pub fn earlier_answers(existing: &ExistingFiles, policy: Option<&Policy>) -> Givens {
    let mut givens = Givens::new();
    let mut add = |question, path: &str, text: String| {
        let origin = Origin::File(path.to_owned());
        givens.entry(question).or_insert(Given { text, origin });
    };
    if let Some(policy) = policy {
        of_policy(policy, &mut |question, text| {
            add(question, POLICY_FILE, text)
        });
    }
    let workflow = existing.first(&PATHS);
    let pipeline = existing.get(gitlab_pipeline::PATH);
    let pipeline = pipeline.filter(|text| gitlab_pipeline::is_included(text));
    let forge = match (workflow, pipeline) {
        (Some((path, text)), _) => {
            add(Question::Forge, path, "github".to_owned());
            if let Some(release) = text.lines().find_map(action) {
                add(Question::Release, path, release);
            }
            let provision = existing.get(PROVISION).unwrap_or_default();
            if let Some(branch) = value(provision, "branches: [") {
                let branch = branch.trim_end_matches(']').trim_matches('"');
                add(Question::Branch, PROVISION, branch.to_owned());
            }
            Some(SetupForge::GitHub)
        }
        (None, Some(text)) => {
            let path = gitlab_pipeline::PATH;
            add(Question::Forge, path, "gitlab".to_owned());
            if let Some(release) = value(text, COMPONENT)
                && let Some((project, commit)) = release.split_once("/provisioner@")
                && !commit.starts_with(NO_COMMIT)
            {
                add(Question::Release, path, format!("{project}@{commit}"));
            }
            if let Some(image) = value(text, "image: ").filter(|image| *image != NO_IMAGE) {
                add(Question::Image, path, image.to_owned());
            }
            if let Some(server) = value(text, "server: https://") {
                add(Question::Server, path, server.to_owned());
            }
            if let Some(user) = value(text, "check-user: ").filter(|user| *user != "\"1\"") {
                add(Question::CheckUser, path, user.trim_matches('"').to_owned());
            }
            Some(SetupForge::GitLab)
        }
        (None, None) => None,
    };
    let forges = forge.map_or(vec![SetupForge::GitHub, SetupForge::GitLab], |one| {
        vec![one]
    });
    for forge in forges {
        if let Some((path, text)) = existing.first(places(forge))
            && let Some(owners) = policy_line(text)
        {
            add(Question::Owners, path, owners.trim().to_owned());
        }
    }
    givens
}

/// Adds the answers of existing files to those of a person. Environments and code owners of the files stay beside new ones, and a new product
/// has a folder of its own. `Err`: what the policy file cannot say.
pub fn add_earlier(
    givens: &mut Givens,
    mut earlier: Givens,
    policy: Option<&Policy>,
) -> Result<(), Vec<AnswerProblem>> {
    let asked = givens.clone();
    let asked = |question: Question| asked.get(&question).map(|given| given.text.clone());
    if let Some(product) = asked(Question::Product)
        && let Some(policy) = policy
    {
        let folder = format!("{product}/configs");
        let is_known = policy.scope.as_ref();
        let is_known = is_known.is_none_or(|scope| scope.products.contains(&product));
        if !is_known || policy.configs.contains(&format!("{folder}/*.yaml")) {
            earlier.remove(&Question::Folder);
        }
    }
    let mut problems = Vec::new();
    if let Some(text) = asked(Question::Environments)
        && let Ok(new) = environments(&text)
    {
        let before = earlier.get(&Question::Environments);
        let before = before.and_then(|given| environments(&given.text).ok());
        let mut all = before.unwrap_or_default();
        for one in new {
            if let Some(policy) = policy {
                problems.extend(other_account(policy, &one));
            }
            match all.iter_mut().find(|known| known.name == one.name) {
                Some(known) => {
                    let accounts = one.accounts.into_iter();
                    let new = accounts.filter(|account| !known.accounts.contains(account));
                    let new: Vec<String> = new.collect();
                    known.accounts.extend(new);
                }
                None => all.push(one),
            }
        }
        let all = all
            .iter()
            .map(|one| format!("{}={}", one.name, one.accounts.join(",")));
        let text = all.collect::<Vec<_>>().join(" ");
        let origin = Origin::Person;
        givens.insert(Question::Environments, Given { text, origin });
    }
    if let Some(text) = asked(Question::Owners)
        && let Some(before) = earlier.get(&Question::Owners)
    {
        let before = before.text.split_whitespace();
        let known: Vec<&str> = before.clone().collect();
        let new = text
            .split_whitespace()
            .filter(|owner| !known.contains(owner));
        let text = before.chain(new).collect::<Vec<_>>().join(" ");
        let origin = Origin::Person;
        givens.insert(Question::Owners, Given { text, origin });
    }
    for (question, given) in earlier {
        givens.entry(question).or_insert(given);
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems),
    }
}

/// An account in which a role of an environment is not, since its ARN names one that is no account of the environment.
fn other_account(policy: &Policy, asked: &EnvironmentAccounts) -> Option<AnswerProblem> {
    let name = &asked.name;
    let own = accounts_of(policy, name);
    let mut roles = fixed_roles(policy, name).into_iter();
    let (key, _, fixed) =
        roles.find(|(_, _, fixed)| !own.iter().any(|account| account == fixed))?;
    let other = asked.accounts.iter().find(|account| *account != fixed)?;
    Some(AnswerProblem::new(
        format!("the role `{key}` of environment `{name}` is in account {fixed}, not in {other}"),
        format!(
            "write `{{account_id}}` for the account in `environments.{name}.roles`, or choose another environment"
        ),
    ))
}

/// The accounts of an environment, by the policy file alone: that of its roles, those that it lists, or all of the file.
pub(super) fn accounts_of(policy: &Policy, environment: &str) -> Vec<String> {
    let roles = fixed_roles(policy, environment);
    let mut fixed = roles.into_iter().map(|(_, _, account)| account);
    let fixed = fixed.find(|account| policy.allows_account(environment, account));
    let accounts = match fixed {
        Some(account) => vec![account],
        None => policy.listed_accounts(environment),
    };
    accounts.into_iter().map(str::to_owned).collect()
}

/// The roles of an environment whose ARNs name an account: the key, the ARN and the account.
pub(super) fn fixed_roles<'a>(
    policy: &'a Policy,
    environment: &str,
) -> Vec<(&'static str, &'a str, &'a str)> {
    let Some(own) = policy.environments.get(environment) else {
        return Vec::new();
    };
    let roles = [("apply", &own.roles.apply), ("plan", &own.roles.plan)];
    let roles = roles.into_iter().filter_map(|(key, role)| {
        let role = role.as_deref()?;
        let account = role.split(':').nth(4)?;
        let is_fixed = account.bytes().all(|byte| byte.is_ascii_digit());
        is_fixed.then_some((key, role, account))
    });
    roles.collect()
}

fn of_policy(policy: &Policy, add: &mut dyn FnMut(Question, String)) {
    let mut folders = policy
        .configs
        .iter()
        .filter_map(|glob| glob.strip_suffix("/*.yaml"));
    if let Some(folder) = folders.find(|folder| !folder.contains('*')) {
        add(Question::Folder, folder.to_owned());
    }
    let environments = policy.environments.keys().map(|name| {
        let accounts = accounts_of(policy, name);
        (!accounts.is_empty()).then(|| format!("{name}={}", accounts.join(",")))
    });
    let environments: Option<Vec<String>> = environments.collect();
    if let Some(environments) = environments.filter(|all| !all.is_empty()) {
        add(Question::Environments, environments.join(" "));
    }
    if let Some(scope) = &policy.scope {
        for (question, values) in [
            (Question::Product, Some(&scope.products)),
            (Question::Region, Some(&scope.regions)),
            (Question::Prefix, scope.names.get(PREFIX)),
        ] {
            if let Some(value) = values.and_then(|values| values.first()) {
                add(question, value.clone());
            }
        }
    }
}

/// The pin of a step, with the version of its comment; `None` if it has to be filled in.
fn action(line: &str) -> Option<String> {
    let (pin, version) = our_action(line)?;
    let (_, commit) = pin.split_once('@')?;
    (commit != NO_COMMIT).then(|| format!("{pin} {version}"))
}

/// The rest of the first line that begins with `key`, apart from spaces, a hyphen and a comment.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let lines = text.lines().map(str::trim_start);
    let mut lines = lines.map(|line| line.strip_prefix("- ").unwrap_or(line));
    let rest = lines.find_map(|line| line.strip_prefix(key))?;
    Some(
        rest.split_once(" #")
            .map_or(rest, |(value, _)| value)
            .trim_end(),
    )
}
