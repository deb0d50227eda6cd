//! The plan: files, each with its state, and steps for an administrator.

use super::answers::Answers;
use super::code_owners::{self, IGNORE, code_owners, ignore};
use super::existing::ExistingFiles;
use super::finding::{SetupFinding, findings};
use super::git_state::RepositoryFacts;
use super::gitlab_pipeline;
use super::planned_file::PlannedFile;
use super::policy_merge::merged_policy;
use super::policy_text::{self, PolicyScope, policy_text};
use super::question::{AnswerProblem, Question};
use super::sample::{self, PREFIX};
use super::setup::{EnvironmentAccounts, SetupForge};
use super::shared_accounts::account_warnings;
use super::step::SetupStep;
use super::steps::steps;
use super::workflows::workflows;
use crate::diagnostic::Diagnostic;
use crate::guard::{POLICY_FILE, POLICY_SCHEMA, Policy, read_policy};
use crate::model::RepoPath;
use crate::product::{Product, Registry};
use crate::roles::{Laws, RolesError};
use crate::text::{or_list, quote};

#[derive(Clone, Debug)]
pub struct SetupPlan {
    /// In the order in which they are shown.
    pub files: Vec<PlannedFile>,
    pub steps: Vec<SetupStep>,
    /// What files that exist lack.
    pub findings: Vec<SetupFinding>,
    /// What the answers allow and do not say.
    pub warnings: Vec<AnswerProblem>,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// An answer does not fit.
    Answer(AnswerProblem),
    /// The config or the policy that the answers give has errors.
    Invalid(Vec<Diagnostic>),
}

/// What to write and to do. `policy`: the existing one.
pub fn plan(
    answers: &Answers,
    existing: &ExistingFiles,
    policy: Option<&Policy>,
    registry: &Registry,
    facts: &RepositoryFacts,
) -> Result<SetupPlan, PlanError> {
    let product = product(answers, registry)?;
    let has_configs = !facts.configs.is_empty();
    let mut files = Vec::new();
    let mut add = |path: &str, text: String, is_sample: bool| {
        files.push(PlannedFile {
            path: path.to_owned(),
            text,
            before: existing.get(path).map(str::to_owned),
            is_sample,
        });
    };
    let policy_text = policy_file(
        answers,
        existing,
        policy,
        product.as_deref(),
        registry,
        facts,
    )?;
    let after = read_policy(&RepoPath::typed(POLICY_FILE), Some(policy_text.as_bytes()));
    let after = after.map_err(PlanError::Invalid)?;
    let mut warnings = account_warnings(answers, policy, &after);
    add(POLICY_FILE, policy_text, false);
    match answers.forge {
        SetupForge::GitHub => {
            for (path, text) in workflows(answers, existing) {
                add(path, text, false);
            }
        }
        SetupForge::GitLab => {
            let path = gitlab_pipeline::PATH;
            add(
                path,
                gitlab_pipeline::pipeline(answers, existing.get(path)),
                false,
            );
        }
    }
    let places = code_owners::places(answers.forge);
    let place = existing.first(places).map(|(place, _)| place);
    let place = place.unwrap_or_else(|| code_owners::new_place(answers.forge));
    add(
        place,
        code_owners(answers, place, existing.get(place)),
        false,
    );
    add(IGNORE, ignore(answers, existing.get(IGNORE)), false);
    add(policy_text::SCHEMA, POLICY_SCHEMA.to_owned(), false);
    if let Some(product) = &product {
        let schema = schema_path(product.name());
        add(&schema, format!("{:#}\n", product.schema.document()), false);
        let new = new_environments(answers, policy);
        let sample = |environment| sample_file(registry, product, answers, environment);
        if !has_configs && let Some(environment) = new.first().or(answers.environments.first()) {
            match sample(environment).map_err(PlanError::Invalid)? {
                Some((path, text)) => add(&path, text, true),
                None => {
                    let help = "write a config, or add `sample.yaml` to the product's folder";
                    let message = format!("the product has no sample: {}", quote(product.name()));
                    return Err(PlanError::Answer(AnswerProblem::new(message, help)));
                }
            }
        } else if let Some(environment) = new.first()
            && let Ok(Some((path, text))) = sample(environment)
            && existing.get(&path).is_none()
        {
            // The setup works without it.
            add(&path, text, true);
        }
        if answers.asked.contains(&Question::Region)
            && let Some(environment) = answers.environments.first()
            && let Err(problems) = sample(environment)
        {
            let [_, region, _] = product.target_keys();
            let problems = problems.into_iter().filter(|it| is_about(it, region));
            let problems: Vec<Diagnostic> = problems.collect();
            if !problems.is_empty() {
                return Err(PlanError::Invalid(problems));
            }
        }
        for environment in &new {
            let problems = sample(environment).err().unwrap_or_default();
            let [_, _, key] = product.target_keys();
            if let Some(problem) = problems.into_iter().find(|problem| is_about(problem, key)) {
                warnings.push(no_config(product, environment, problem));
            }
        }
    }
    let steps = steps(answers, &files, facts);
    let findings = findings(&files, &facts.git, &answers.branch);
    Ok(SetupPlan {
        files,
        steps,
        findings,
        warnings,
    })
}

/// The environments that the existing policy does not list; all without a policy.
fn new_environments(answers: &Answers, policy: Option<&Policy>) -> Vec<EnvironmentAccounts> {
    let known = policy.map(|policy| &policy.environments);
    let is_new = |one: &&EnvironmentAccounts| {
        known.is_none_or(|known| !known.is_empty() && !known.contains_key(&one.name))
    };
    answers
        .environments
        .iter()
        .filter(is_new)
        .cloned()
        .collect()
}

/// Whether a problem of a first config is about this key.
fn is_about(problem: &Diagnostic, key: Option<&str>) -> bool {
    key.is_some_and(|key| problem.message.contains(&format!("`{key}`")))
}

/// The product's first config cannot name the environment, which may be mistyped.
fn no_config(
    product: &Product,
    environment: &EnvironmentAccounts,
    problem: Diagnostic,
) -> AnswerProblem {
    let [product, environment] = [product.name(), &environment.name].map(quote);
    let help = problem.help.unwrap_or_else(|| {
        format!("correct the name, unless {environment} is for configs of another product")
    });
    AnswerProblem::new(
        format!(
            "no first config of product {product} for environment {environment}: {}",
            problem.message
        ),
        help,
    )
}

/// Path and text of the first config of an environment; `None` if the product has no sample.
fn sample_file(
    registry: &Registry,
    product: &Product,
    answers: &Answers,
    environment: &EnvironmentAccounts,
) -> Result<Option<(String, String)>, Vec<Diagnostic>> {
    let up = "../".repeat(answers.folder.split('/').count());
    let schema = schema_path(product.name());
    let modeline = format!("# yaml-language-server: $schema={up}{schema}\n");
    let sample = sample::sample(registry, product, answers, environment, &modeline)?;
    Ok(sample.map(|sample| (format!("{}/{}", answers.folder, sample.name), sample.text)))
}

fn schema_path(product: &str) -> String {
    format!(".provisioner/schemas/{product}.json")
}

/// The product of the answers; `None` if none is needed.
fn product(
    answers: &Answers,
    registry: &Registry,
) -> Result<Option<std::sync::Arc<Product>>, PlanError> {
    let Some(name) = &answers.product else {
        return Ok(None);
    };
    match registry.product(name) {
        Some(Ok(product)) => Ok(Some(product)),
        Some(Err(error)) => {
            let problems = crate::config::recognition_problems(&error);
            Err(PlanError::Invalid(problems.unwrap_or_default()))
        }
        None => {
            let names = registry.names();
            let names: Vec<&str> = names.iter().map(|name| &**name).collect();
            Err(PlanError::Answer(AnswerProblem::new(
                format!("no product has this name: {}", quote(name)),
                format!("pass `--product` with {}", or_list(&names)),
            )))
        }
    }
}

/// The existing policy with what the answers of this run add, or a new one.
fn policy_file(
    answers: &Answers,
    existing: &ExistingFiles,
    policy: Option<&Policy>,
    product: Option<&Product>,
    registry: &Registry,
    facts: &RepositoryFacts,
) -> Result<String, PlanError> {
    let own = product.filter(|product| product.source.root.is_some());
    let boundary = product.and_then(|product| {
        let key = format!("{}.permissions_boundary", product.manifest.section);
        sample::value(product, &key)
    });
    let scope = product.and_then(|product| {
        let has_prefix = sample::value(product, PREFIX).is_some();
        let prefix = answers.prefix.as_deref().filter(|_| has_prefix);
        Some(PolicyScope {
            product: product.name(),
            region: answers.region.as_deref()?,
            prefix: prefix.map(|prefix| (PREFIX, prefix)),
            boundary: boundary.as_deref(),
        })
    });
    if let (Some(existing), Some(policy)) = (existing.policy(), policy) {
        let merged = merged_policy(existing, policy, answers, scope.as_ref(), facts.is_selected);
        let merged = merged.map_err(|what| {
            let message = format!("cannot add {what} in {}", quote(POLICY_FILE));
            let help = "add it by hand, as docs/policy.md describes, or write each list and mapping of the file with one entry a line";
            PlanError::Answer(AnswerProblem::new(message, help))
        })?;
        let scope = policy.scope.as_ref();
        let is_new = |product: &&Product| {
            scope.is_some_and(|scope| !scope.products.iter().any(|known| known == product.name()))
        };
        if merged != existing
            && let Some(product) = own.filter(is_new)
            && let Err(error) = follows_scope(&merged, registry)
        {
            let (reason, help) = (error.reason(), error.help().unwrap_or_default());
            let name = quote(product.name());
            let message =
                format!("`scope` of the policy file cannot hold product {name}: {reason}");
            return Err(PlanError::Answer(AnswerProblem::new(message, help)));
        }
        return Ok(merged);
    }
    let mut text = policy_text(answers, scope.as_ref());
    // The names of an own product may follow no rule. Without a scope, the roles list the configs.
    if own.is_some() && follows_scope(&text, registry).is_err() {
        text = policy_text(answers, None);
    }
    Ok(text)
}

/// Whether roles follow from the scope of a policy text.
fn follows_scope(text: &str, registry: &Registry) -> Result<(), RolesError> {
    let policy = read_policy(&RepoPath::typed(POLICY_FILE), Some(text.as_bytes()));
    let Ok(policy) = policy else {
        return Ok(());
    };
    match &policy.scope {
        Some(scope) => Laws::new(scope, registry).empty_roles(&policy).map(drop),
        None => Ok(()),
    }
}
