//! `roles`: prints the IAM roles that the policy file names, as a template or as documents.

use std::collections::BTreeSet;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::config_args::ConfigArgs;
use super::load::{load_with, registry};
use crate::diagnostic::{Diagnostic, LOG_TARGET};
use crate::exit::Exit;
use crate::guard::{Policy, read_policy_file};
use crate::product::RunInput;
use crate::report::{JsonDocument, diagnostics, json_text};
use crate::roles::{
    AccountRoles, Invalid, Issuer, Laws, MAX_POLICIES, OmittedRead, ProjectId, RepositoryId,
    RolePhase, RolesError, RolesRequest, TrustedRepository, branch, is_of_cloud,
    roles as all_roles, template,
};
use crate::text::{and_list, or_list};
use crate::workspace::{exit_of_search, locate, policy_file, selected_configs};

/// The IAM roles that the policy file names.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RolesReport {
    /// By id.
    pub accounts: Vec<AccountRoles>,
}

impl JsonDocument for RolesReport {
    const NAME: &'static str = "roles-report";
    const TITLE: &'static str = "The IAM roles that the policy file names";
    const FORMAT: &'static str = "provisioner-roles/1";
}

/// Bytes of a template that CloudFormation takes in a request, without a bucket.
const MAX_TEMPLATE: usize = 51_200;

#[derive(Debug, Args)]
#[command(after_help = "Examples:
  provisioner roles --repository acme@5501/infra@880042 > roles.yaml
  provisioner roles --repository acme/infra --account 123456789012 --format json
  provisioner roles --forge gitlab --repository acme/infra/stacks --project-id 42

The plan role reads stacks and creates change sets. On GitHub it trusts pull
requests, the default branch and its merge queue; on GitLab all branches. The
apply role has the permissions that the `scope` of the policy file gives, or
else those of create-policy for all configs together. It trusts only jobs of the
default branch, and on GitHub only those of its environments. Each template is for
one account. To deploy it:

  aws cloudformation deploy --stack-name provisioner-roles \\
    --template-file roles.yaml --capabilities CAPABILITY_NAMED_IAM \\
    --parameter-overrides MakeProvider=true

Without a scope, print and deploy the template again before you merge new
configs.")]
pub struct RolesArgs {
    #[command(flatten)]
    configs: ConfigArgs,
    /// Forge of the repository
    #[arg(long, value_enum, default_value_t)]
    forge: RolesForge,
    /// Repository to trust; with ids, both forms of GitHub's subjects are trusted
    #[arg(long, value_name = "OWNER/NAME|OWNER@ID/NAME@ID|GROUP/PROJECT")]
    repository: String,
    /// Trust only jobs of protected environments (GitLab 18.7 or later)
    #[arg(long)]
    protected_environments: bool,
    /// Id of a GitLab project; required for gitlab.com, refused for other servers
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    project_id: Option<u64>,
    /// Default branch of the repository
    #[arg(long, value_name = "BRANCH", default_value = "main", value_parser = branch)]
    default_branch: String,
    /// Print roles for this account; repeatable [default: those of policy and configs]
    #[arg(long, value_name = "ID", value_parser = account)]
    account: Vec<String>,
    /// Print roles for this environment; repeatable [default: all of the policy]
    #[arg(long, value_name = "NAME")]
    environment: Vec<String>,
    /// Issuer of identity tokens, for a self-hosted server
    #[arg(long, value_name = "HOST[/PATH]")]
    issuer: Option<Issuer>,
    /// Print the roles in this format
    #[arg(long, value_enum, default_value_t)]
    format: RolesFormat,
}

/// The forge whose jobs are trusted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RolesForge {
    #[default]
    Github,
    Gitlab,
}

impl RolesForge {
    fn issuer(self) -> Result<Issuer, Invalid> {
        match self {
            Self::Github => "token.actions.githubusercontent.com",
            Self::Gitlab => "gitlab.com",
        }
        .parse()
    }

    fn repository(
        self,
        path: &str,
        project_id: Option<u64>,
        protected_environments: bool,
        issuer: &Issuer,
    ) -> Result<TrustedRepository, Invalid> {
        Ok(match self {
            Self::Github if protected_environments => {
                return Err(Invalid::new(
                    "leave out --protected-environments, or add --forge gitlab",
                ));
            }
            Self::Github if project_id.is_some() => {
                return Err(Invalid::new(
                    "leave out --project-id, or add --forge gitlab",
                ));
            }
            Self::Github => TrustedRepository::GitHub(path.parse()?),
            Self::Gitlab => {
                let project = ProjectId::new(path, project_id, issuer)?;
                let project = project.with_protected_environments(protected_environments);
                TrustedRepository::GitLab(project)
            }
        })
    }
}

/// Parses an account id.
pub(super) fn account(text: &str) -> Result<String, &'static str> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("write the 12 digits"),
    }
}

/// How roles are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum RolesFormat {
    /// A template for one account, in YAML.
    #[default]
    Cloudformation,
    /// The policies of all accounts, for other tools.
    Json,
}

/// Prints the roles of one account as a template, or those of all accounts as documents.
pub fn roles(args: RolesArgs) -> (String, Exit) {
    let issuer = args.issuer.map_or_else(|| args.forge.issuer(), Ok);
    let trusted = issuer.and_then(|issuer| {
        let path = &args.repository;
        let strict = args.protected_environments;
        let repository = args
            .forge
            .repository(path, args.project_id, strict, &issuer)?;
        Ok((repository, issuer))
    });
    let (repository, issuer) = match trusted {
        Ok(trusted) => trusted,
        Err(invalid) => {
            let path = &args.repository;
            log::error!(target: LOG_TARGET, "error: no such repository can be trusted: {path:?}\n  help: {invalid}");
            return (String::new(), Exit::Usage);
        }
    };
    let request = RolesRequest {
        repository,
        branch: args.default_branch,
        issuer,
        accounts: args.account,
        environments: args.environment,
    };
    match print(&args.configs.configs, &request, args.format) {
        Ok(text) => (text, Exit::Ok),
        Err((message, exit)) => {
            log::error!(target: LOG_TARGET, "{message}");
            (String::new(), exit)
        }
    }
}

fn print(
    configs: &[String],
    asked: &RolesRequest,
    format: RolesFormat,
) -> Result<String, (String, Exit)> {
    let wrong = |problems: Vec<Diagnostic>| (diagnostics(&problems), Exit::Config);
    let failed = |failure: RolesError| (failure.message(), Exit::Config);
    let (path, file) = policy_file();
    let policy = read_policy_file(&path, file.as_ref()).map_err(wrong)?;
    if file.is_none() {
        let message = format!(
            "error: no policy file in this folder or above: `{path}`\n  help: write the file, with `environments.ENV.roles`"
        );
        return Err((message, Exit::Config));
    }
    // A repository may have no config yet.
    let files = match configs.is_empty() {
        true => selected_configs(),
        false => locate(configs),
    };
    let files = files.map_err(|problems| (diagnostics(&problems), exit_of_search(&problems)))?;
    let registry = registry(&files, &RunInput::default());
    let loaded = load_with(&registry, files);
    let problems: Vec<Diagnostic> = loaded
        .iter()
        .flat_map(|one| one.diagnostics.clone())
        .collect();
    // The permissions of a config that does not load are unknown, so roles that list the configs would lack them.
    if policy.scope.is_none() && loaded.iter().any(|one| one.config.is_none()) {
        return Err(wrong(problems));
    }
    let configs: Vec<_> = loaded
        .into_iter()
        .filter_map(|one| Some(*one.config?))
        .collect();
    let known: Vec<&str> = policy.environments.keys().map(String::as_str).collect();
    for environment in &asked.environments {
        if !policy.environments.contains_key(environment) {
            let message = format!(
                "error: {path} has no environment `{environment}`; it has {}",
                and_list(&known)
            );
            return Err((message, Exit::Usage));
        }
    }
    if let Some(problem) = foreign_account(&policy, asked) {
        return Err((format!("error: {path}: {problem}"), Exit::Usage));
    }
    let scope = policy.scope.as_ref();
    let mut laws = scope.map(|scope| Laws::new(scope, &registry));
    let accounts = all_roles(&policy, laws.as_mut(), &configs, asked).map_err(failed)?;
    if accounts.is_empty() {
        let message = format!(
            "error: {path} names no role for any account that is known here\n  help: write environments.ENV.roles; for an environment without configs say --account"
        );
        return Err((message, Exit::Config));
    }
    note(asked, &accounts);
    if let Some(laws) = &mut laws {
        let gaps = configs.iter();
        for gap in gaps.filter_map(|config| laws.warning(&policy, config)) {
            log::warn!(target: LOG_TARGET, "{}", diagnostics(&[gap]));
        }
    }
    match (format, accounts.as_slice()) {
        (RolesFormat::Json, _) => {
            let text = json_text(&RolesReport { accounts });
            text.map_err(|error| (format!("error: {error}"), Exit::Internal))
        }
        (RolesFormat::Cloudformation, [account]) => {
            let text = template_text(&template(account, asked))
                .map_err(|error| (format!("error: {error}"), Exit::Internal))?;
            if text.len() > MAX_TEMPLATE {
                log::warn!(
                    "the template has {} bytes, and CloudFormation takes {MAX_TEMPLATE} without a bucket\n  \
                     help: deploy it with --s3-bucket, or print the roles of one --environment",
                    text.len()
                );
            }
            Ok(text)
        }
        (RolesFormat::Cloudformation, _) => {
            let ids: Vec<&str> = accounts
                .iter()
                .map(|account| account.account.as_str())
                .collect();
            let flags: Vec<String> = ids.iter().map(|id| format!("--account {id}")).collect();
            let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
            let message = format!(
                "error: a template is for one account, and there are roles in {}\n  help: add {}, and deploy each template to its account",
                and_list(&ids),
                or_list(&flags)
            );
            Err((message, Exit::Usage))
        }
    }
}

/// An account that the policy file does not allow: for an environment of the request, or for any.
fn foreign_account(policy: &Policy, asked: &RolesRequest) -> Option<String> {
    for account in &asked.accounts {
        let is_allowed = |environment: &&String| policy.allows_account(environment, account);
        let denied = asked.environments.iter().find(|own| !is_allowed(own));
        if let Some(environment) = denied {
            let own = policy.listed_accounts(environment);
            let own = match own[..] {
                [] => String::new(),
                _ => format!(" ({})", own.join(", ")),
            };
            return Some(format!(
                "account {account} is not an account of environment `{environment}`\n  help: pass an account of the environment{own}, or leave out `--environment`; if the policy lacks the account, first add it to `accounts` and `environments.{environment}.accounts`"
            ));
        }
        if !policy.environments.is_empty()
            && !policy.environments.keys().any(|own| is_allowed(&own))
        {
            return Some(format!(
                "account {account} is an account of no environment\n  help: correct the account; if the policy lacks it, first add it to `accounts` and to `accounts` of its environment"
            ));
        }
    }
    None
}

/// YAML; JSON, which has no indentation, if CloudFormation would not take the YAML.
fn template_text(template: &serde_json::Value) -> anyhow::Result<String> {
    let text = serde_yaml::to_string(template)?;
    match text.len() > MAX_TEMPLATE {
        true => Ok(serde_json::to_string(template)? + "\n"),
        false => Ok(text),
    }
}

/// What binds a token to the repository, if it is the name alone.
fn note_name(repository: &RepositoryId, issuer: &Issuer) {
    let name = repository.name();
    if !is_of_cloud(issuer) {
        log::info!(
            "note: tokens of an Enterprise Server have no ids: these roles trust each repository that has the name {name}\n  \
             help: never give the name to others, not even after a rename or a transfer"
        );
    } else if !repository.has_ids() {
        log::info!(
            "note: a repository that was created or renamed since 2026-07-15 has its ids in the subject of its tokens, which these roles do not trust\n  \
             help: say --repository OWNER@ID/NAME@ID; `gh api repos/{name} --jq '.owner.id, .id'` prints them"
        );
    }
}

/// A note for the person who deploys the printed roles.
fn note(asked: &RolesRequest, accounts: &[AccountRoles]) {
    if let TrustedRepository::GitHub(repository) = &asked.repository {
        note_name(repository, &asked.issuer);
    }
    for role in accounts.iter().flat_map(|account| &account.roles) {
        for grant in &role.wide {
            log::info!(
                "note: wide grant of {}, product {}: {}\n  reason: {}",
                role.arn,
                grant.product,
                and_list(&grant.actions.iter().map(String::as_str).collect::<Vec<_>>()),
                grant.reason
            );
        }
        if !role.omitted.is_empty() {
            let reads: BTreeSet<String> = role.omitted.iter().map(omitted_read).collect();
            log::info!(
                "note: {} reads settings only, so it lacks\n{}  \
                 help: write a pattern out if it also matches reads of settings; list prefixes of SSM parameters in `permissions.parameters` of the manifest; drift of types that need another of these reads is not detected by this role",
                role.arn,
                String::from_iter(reads)
            );
        }
        if role.policies.len() > MAX_POLICIES {
            log::warn!(
                "{} needs {} managed policies, and AWS attaches {MAX_POLICIES} to a role unless the account's quota is raised\n  \
                 help: give each environment or region a role of its own by {{environment}} or {{region}} in its name, or raise the quota",
                role.arn,
                role.policies.len()
            );
        }
        if role.phase == RolePhase::Apply && role.policies.is_empty() {
            log::warn!(
                "{} may do nothing: no config is in its environment\n  \
                 help: set `scope` in the policy file, or write the roles again when there is a config",
                role.arn
            );
        }
    }
}

fn omitted_read(read: &OmittedRead) -> String {
    format!("  `{}`: {}\n", read.action, read.returns)
}
