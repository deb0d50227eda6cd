//! The plan: files, each with its state, and steps for an administrator.

use super::answers::Answers;
use super::code_owners::{self, IGNORE, code_owners, ignore};
use super::existing::ExistingFiles;
use super::gitlab_pipeline;
use super::planned_file::PlannedFile;
use super::policy_text::{self, PolicyScope, has_all, policy_text};
use super::question::AnswerProblem;
use super::sample::{self, PREFIX};
use super::setup::SetupForge;
use super::step::SetupStep;
use super::steps::steps;
use super::workflows::workflows;
use crate::diagnostic::Diagnostic;
use crate::guard::{POLICY_FILE, POLICY_SCHEMA, Policy, read_policy};
use crate::model::RepoPath;
use crate::product::{Product, Registry};
use crate::text::{or_list, quote};

#[derive(Clone, Debug)]
pub struct SetupPlan {
    /// In the order in which they are shown.
    pub files: Vec<PlannedFile>,
    pub steps: Vec<SetupStep>,
}

/// Why there is no plan.
#[derive(Debug)]
pub enum PlanError {
    /// An answer does not fit.
    Answer(AnswerProblem),
    /// The config or the policy that the answers give has errors.
    Invalid(Vec<Diagnostic>),
}

/// What is known of the repository besides its files.
#[derive(Clone, Copy, Debug)]
pub struct RepositoryFacts {
    /// Whether the folder of the answers has configs.
    pub has_configs: bool,
    /// Whether the current branch has a commit.
    pub has_commits: bool,
}

/// What to write and to do. `policy`: the existing one.
pub fn plan(
    answers: &Answers,
    existing: &ExistingFiles,
    policy: Option<&Policy>,
    registry: &Registry,
    facts: RepositoryFacts,
) -> Result<SetupPlan, PlanError> {
    let product = product(answers, registry)?;
    let mut files = Vec::new();
    let mut add = |path: &str, text: String, is_sample: bool| {
        files.push(PlannedFile {
            path: path.to_owned(),
            text,
            before: existing.get(path).map(str::to_owned),
            is_sample,
        });
    };
    add(
        POLICY_FILE,
        policy_file(answers, existing, policy, product.as_deref())?,
        false,
    );
    match answers.forge {
        SetupForge::GitHub => {
            for (path, text) in workflows(answers) {
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
        if !facts.has_configs {
            let up = "../".repeat(answers.folder.split('/').count());
            let modeline = format!("# yaml-language-server: $schema={up}{schema}\n");
            let sample = sample::sample(registry, product, answers, &modeline);
            match sample.map_err(PlanError::Invalid)? {
                Some(sample) => {
                    add(
                        &format!("{}/{}", answers.folder, sample.name),
                        sample.text,
                        true,
                    );
                }
                None => {
                    let help = "write a config, or add `sample.yaml` to the product's folder";
                    let message = format!("the product has no sample: {}", quote(product.name()));
                    return Err(PlanError::Answer(AnswerProblem::new(message, help)));
                }
            }
        }
    }
    let steps = steps(answers, &files, facts.has_commits);
    Ok(SetupPlan { files, steps })
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
            let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            Err(PlanError::Answer(AnswerProblem::new(
                format!("no product has this name: {}", quote(name)),
                format!("pass `--product` with {}", or_list(&names)),
            )))
        }
    }
}

/// The existing policy if it has what the answers say, else a new one.
fn policy_file(
    answers: &Answers,
    existing: &ExistingFiles,
    policy: Option<&Policy>,
    product: Option<&Product>,
) -> Result<String, PlanError> {
    // The roles of own products list the configs: their names follow no rule that is known here.
    let built_in = product.filter(|product| product.source.root.is_none());
    let boundary = built_in.and_then(|product| {
        let key = format!("{}.permissions_boundary", product.manifest.section);
        sample::value(product, &key)
    });
    let scope = built_in.and_then(|product| {
        let has_prefix = sample::value(product, PREFIX).is_some();
        let prefix = answers.prefix.as_deref().filter(|_| has_prefix);
        Some(PolicyScope {
            product: product.name(),
            region: answers.region.as_deref()?,
            prefix: prefix.map(|prefix| (PREFIX, prefix)),
            boundary: boundary.as_deref(),
        })
    });
    let text = policy_text(answers, scope.as_ref());
    let path = RepoPath::typed(POLICY_FILE);
    let new = read_policy(&path, Some(text.as_bytes())).map_err(PlanError::Invalid)?;
    match (existing.policy(), policy) {
        (Some(existing), Some(policy)) if has_all(policy, &new) => Ok(existing.to_owned()),
        _ => Ok(text),
    }
}
