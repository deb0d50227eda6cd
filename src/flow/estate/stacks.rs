//! What AWS says about the stacks of the configs: one list for each account and region, and the templates of as many stacks as a run
//! may read.

use std::collections::{BTreeMap, BTreeSet};

use crate::cloud::{Cloud, CloudError, Session};
use crate::config::Config;
use crate::estate::{EstatePlace, EstateProblem, Fact, PlaceStacks, TemplateState, Unknown};
use crate::guard::Policy;
use crate::job::CredentialCache;
use crate::lanes::{Lane, LaneAnswers, Lanes, Throttled, work_in_lanes};
use crate::model::RepoPath;
use crate::operation::Desired;
use crate::product::Target;
use crate::report::Redactor;
use crate::stack::{Health, Stack};

/// Templates that a run reads. CloudFormation answers a few requests a second for each account and region.
pub const MAX_TEMPLATES: usize = 1_000;

/// Whose credentials read stacks.
#[derive(Clone, Copy)]
pub enum StackAccess<'a> {
    /// The plan roles of the policy.
    Roles {
        policy: &'a Policy,
        sessions: &'a CredentialCache,
    },
    /// The person who runs the command.
    Person(&'a Session),
    /// No credentials: AWS is not queried.
    Nobody,
}

/// Why something could not be read, with AWS's words if there are any.
type Unread = (Unknown, Option<String>);

impl StackAccess<'_> {
    async fn cloud(&self, target: &Target) -> Result<Cloud, Unread> {
        let cloud = match self {
            Self::Nobody => return Err((Unknown::AwsNotQueried, None)),
            Self::Person(session) => session.at(&target.region).await,
            Self::Roles { policy, sessions } => {
                if !policy.allows_account(&target.environment, &target.account) {
                    return Err((Unknown::AccountNotAllowed, None));
                }
                let role = policy.plan_role(target);
                let role = role.ok_or((Unknown::NoPlanRole, None))?;
                let session = sessions.session(&role, &target.region).await;
                session.at(&target.region).await
            }
        };
        let cloud = cloud.map_err(|error| failed(&error, target))?;
        match cloud.caller().account == target.account {
            true => Ok(cloud),
            false => Err((Unknown::OtherAccount, None)),
        }
    }
}

impl Throttled for StackAccess<'_> {
    fn answers(&self, lane: &Lane) -> LaneAnswers {
        match self {
            Self::Roles { sessions, .. } => sessions.answers(lane),
            Self::Person(session) => session.answers(lane),
            Self::Nobody => LaneAnswers::default(),
        }
    }
}

/// The page is for everyone who can read the repository, and AWS's texts can contain secrets.
fn failed(error: &CloudError, target: &Target) -> Unread {
    let values = Redactor::for_target(target);
    let words = error.with_text(|text| values.redact(text));
    (Unknown::AwsFailed, Some(words))
}

/// The stacks of each account and region that a config names.
pub(super) async fn list_stacks(
    access: StackAccess<'_>,
    configs: &[&Config],
    concurrency: usize,
) -> (PlaceStacks, Vec<EstateProblem>) {
    // Environments can share an account. Each has its own role, and the first one that can list the stacks is enough.
    let mut places: BTreeMap<EstatePlace, BTreeMap<&str, &Target>> = BTreeMap::new();
    for config in configs {
        let target = &config.target;
        let place = (target.account.clone(), target.region.clone());
        let of_place = places.entry(place).or_default();
        of_place.entry(&target.environment).or_insert(target);
    }
    let places = places.into_iter().map(|(place, targets)| {
        let lane = Lane {
            account: place.0.clone(),
            region: place.1.clone(),
        };
        (lane, (place, targets))
    });
    let lanes = Lanes::new(concurrency);
    let lists = work_in_lanes(lanes, &access, places, async |(place, targets)| {
        let targets: BTreeMap<&str, &Target> = targets;
        let mut found = Err((Unknown::AwsNotQueried, None));
        for target in targets.values() {
            found = list(access, target).await;
            if found.is_ok() {
                break;
            }
        }
        (place, found)
    });
    let lists: Vec<(EstatePlace, Result<Vec<Stack>, Unread>)> = lists.await;
    let mut stacks = PlaceStacks::new();
    let mut problems = Vec::new();
    for (place, list) in lists {
        let list = list.map_err(|(reason, words)| {
            problems.extend(words.map(|words| EstateProblem {
                what: format!("stacks of {} {}", place.0, place.1),
                reason: words,
            }));
            reason
        });
        stacks.insert(place, list);
    }
    problems.sort_by(|a, b| a.what.cmp(&b.what));
    (stacks, problems)
}

async fn list(access: StackAccess<'_>, target: &Target) -> Result<Vec<Stack>, Unread> {
    let cloud = access.cloud(target).await?;
    let stacks = cloud.live_stacks(|_| {}).await;
    let stacks = stacks.map_err(|error| failed(&error, target))?;
    Ok(stacks.into_iter().map(|live| live.stack).collect())
}

/// The stack of a config; without a value and reason if it does not exist.
pub(super) fn stack_of<'a>(config: &Config, places: &'a PlaceStacks) -> Fact<&'a Stack> {
    let target = &config.target;
    match places.get(&(target.account.clone(), target.region.clone())) {
        None => Fact::unknown(Unknown::AwsNotQueried),
        Some(Err(reason)) => Fact::unknown(*reason),
        Some(Ok(stacks)) => {
            let mut stacks = stacks.iter();
            let stack = stacks.find(|stack| stack.name == config.stack());
            stack.map_or_else(Fact::none, Fact::known)
        }
    }
}

/// Compares deployed templates with those that the configs render to; those of stacks that drift detection checked longest ago first.
/// `known`: what the run compared before.
pub(super) async fn compare_templates(
    access: StackAccess<'_>,
    configs: &[&Config],
    places: &PlaceStacks,
    known: &BTreeMap<RepoPath, bool>,
    concurrency: usize,
) -> (BTreeMap<RepoPath, Fact<TemplateState>>, Vec<EstateProblem>) {
    let state = |is_current: bool| match is_current {
        true => TemplateState::Current,
        false => TemplateState::Behind,
    };
    let mut templates: BTreeMap<RepoPath, Fact<TemplateState>> = known
        .iter()
        .map(|(path, current)| (path.clone(), Fact::known(state(*current))))
        .collect();
    let mut open: Vec<(&Config, &Stack)> = configs
        .iter()
        .copied()
        .filter(|config| !known.contains_key(&config.path))
        .filter_map(|config| Some((config, stack_of(config, places).value?)))
        .filter(|(_, stack)| stack.status.health() != Health::ReviewInProgress)
        .collect();
    open.sort_by_key(|(config, stack)| (stack.drift.checked, config.path.clone()));
    let rest = open.split_off(open.len().min(MAX_TEMPLATES));
    let rest = rest.into_iter();
    templates.extend(rest.map(|(config, _)| (config.path.clone(), Fact::unknown(Unknown::Limit))));
    let open = open
        .into_iter()
        .map(|(config, stack)| (Lane::from(&config.target), (config, stack)));
    let lanes = Lanes::new(concurrency);
    let compared = work_in_lanes(lanes, &access, open, async |(config, stack)| {
        let (config, stack): (&Config, &Stack) = (config, stack);
        let template = async {
            let cloud = access.cloud(&config.target).await?;
            let deployed = cloud.template(&stack.id).await;
            deployed.map_err(|error| failed(&error, &config.target))
        };
        (config, template.await)
    });
    let compared: Vec<(&Config, Result<String, Unread>)> = compared.await;
    let mut problems = BTreeSet::new();
    for (config, deployed) in compared {
        let fact = match deployed {
            Ok(deployed) => Fact::known(state(Desired::renders_to(config, &deployed))),
            Err((reason, words)) => {
                problems.extend(words.map(|words| (config.path.to_string(), words)));
                Fact::unknown(reason)
            }
        };
        templates.insert(config.path.clone(), fact);
    }
    let problems = problems.into_iter().map(|(path, reason)| EstateProblem {
        what: format!("template of {path}"),
        reason,
    });
    (templates, problems.collect())
}
