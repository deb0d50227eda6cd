//! The command line, declared. What it means is in `run`.

use std::path::PathBuf;

use super::{Format, ListFormat, RolesFormat};
use clap::{Args, Parser, Subcommand};

use crate::roles::{Issuer, RepositoryId, branch};

/// Provision AWS CloudFormation stacks from reviewed configuration.
#[derive(Debug, Parser)]
#[command(
    name = "provisioner",
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  provisioner validate-config                      all in the usual folders
  provisioner create-prov-template a-s3.yaml       writes its template
  provisioner check --base main                    what a pull request would show
  provisioner show-changes a-s3.yaml               what deploying it would do now
  provisioner -con a-s3.yaml -act validate-config  as the original tools had it

CONFIG is a path, a glob, a directory or a bare file name. Without any, all
configs in ml/configs, s3/configs and configs are meant. Results go to standard
output, all else to standard error.

AWS is asked with the usual credentials (AWS_PROFILE, environment, ...), in the
account and region that the config names. What may happen to stacks is said in
.provisioner.yaml.

Exit codes:
   0  done                     12  drift found, with --fail-on-drift
   1  a bug                    20  denied
   2  wrong command line       30  stack operation failed, or interrupted
  10  errors in configs        31  no credentials, or no answer
  11  impact above what the policy allows"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<CliCommand>,
    /// The original tools' form.
    #[command(flatten)]
    pub original: Original,
}

/// `provisioner --config C --action A`, also written `-con C -act A`.
#[derive(Debug, Args)]
pub struct Original {
    /// Config, for the form of the original tools; also -con
    #[arg(long, value_name = "CONFIG", requires = "action")]
    pub config: Option<String>,
    /// Action, for the form of the original tools; also -act
    #[arg(long, value_name = "ACTION", requires = "config")]
    pub action: Option<String>,
    /// Options of the action.
    #[command(flatten)]
    pub options: ActionOptions,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Check configs: syntax, schema, names, rules
    ValidateConfig(ActionArgs),
    /// Render the CloudFormation template of each config into templates/ beside it
    CreateProvTemplate(ActionArgs),
    /// Render the operator's IAM policy of each config into policies/ beside it
    CreatePolicy(ActionArgs),
    /// Check the rendered templates: structure, references, limits; with --real also by CloudFormation
    #[command(after_help = "Examples:
  provisioner validate-prov-template           the rendered files, without AWS
  provisioner validate-prov-template --real    also what only AWS knows")]
    ValidateProvTemplate {
        /// Configs and options.
        #[command(flatten)]
        action: ActionArgs,
        /// Have CloudFormation read the template too, and look for what the stack depends on
        #[arg(long)]
        real: bool,
    },
    /// Write a review report, one HTML page, of each config into reports/ beside it
    #[command(after_help = "Examples:
  provisioner create-review-report              all in the usual folders
  provisioner create-review-report a-s3.yaml    writes one page into reports/

A page needs no network and runs nothing. Of a config with errors none is
written.")]
    CreateReviewReport(ActionArgs),
    /// Show what deploying each config would change in AWS, and what becomes of the data
    #[command(after_help = "Examples:
  provisioner show-changes                     every config, as tables
  provisioner show-changes a-s3.yaml --real    a new stack too, by a change set
  provisioner show-changes --format json       for programs

A stack that exists is asked about by a change set, which is deleted again. One
that does not exist is read from the template, unless --real is given. Nothing
is left behind. What a deletion takes is shown by delete-product and tear-down
without --force.")]
    ShowChanges {
        /// Configs and options.
        #[command(flatten)]
        action: ActionArgs,
        /// Ask AWS about stacks that do not exist too; what that makes is deleted again
        #[arg(long)]
        real: bool,
    },
    /// Look for what in each config's stack is not as its template says; repairs nothing
    #[command(after_help = "Examples:
  provisioner check-drift                    every config that has a stack
  provisioner check-drift --fail-on-drift    exit code 12 if any has drifted")]
    CheckDrift {
        /// Configs and options.
        #[command(flatten)]
        action: ActionArgs,
        /// Exit with 12 if anything has drifted
        #[arg(long)]
        fail_on_drift: bool,
    },
    /// Make each config's stack under a random name, verify it, and remove it
    #[command(after_help = "Examples:
  provisioner test-deploy a-s3.yaml           made, verified and removed
  provisioner test-deploy a-s3.yaml --keep    made, verified and left there

It is removed after a failure and at Ctrl-C too. What a killed test left, the
next test of the config removes.")]
    TestDeploy {
        /// Configs and options.
        #[command(flatten)]
        action: ActionArgs,
        /// Leave the stack there, and say how to remove it
        #[arg(long)]
        keep: bool,
    },
    /// Make the stack of each config, and verify it (ml); needs --force
    #[command(after_help = "Examples:
  provisioner deploy-product a-ml-s3.yaml --force

A stack that exists and is what the config says is only verified. Any other is
changed only where the policy allows it. If a new stack fails, nothing of it is
left.")]
    DeployProduct(ActionArgs),
    /// Make the stack of each dedicated bucket, with the folders of its solution (s3); needs --force
    #[command(after_help = "Examples:
  provisioner create-bucket a-churn-s3.yaml --force

For configs of one solution, which the file's name says. Those of shared
buckets have prep-master.")]
    CreateBucket(ActionArgs),
    /// Make the stack of each shared bucket, with the folders of its solutions (s3); needs --force
    #[command(after_help = "Examples:
  provisioner prep-master a-s3.yaml --force

For configs of shared buckets. Those of one solution have create-bucket.
Folders that are there are left alone.")]
    PrepMaster(ActionArgs),
    /// Make the folders of a solution in a bucket that exists (s3)
    #[command(after_help = "Examples:
  provisioner deploy-solution a-s3.yaml                    of all that it names
  provisioner deploy-solution a-s3.yaml --solution churn   of one")]
    DeploySolution(ActionArgs),
    /// Write the rendered template into the bucket, for each solution (s3)
    #[command(after_help = "Examples:
  provisioner upload-template a-s3.yaml --solution churn

It goes to solutions/churn/config/cloudformation/.")]
    UploadTemplate(ActionArgs),
    /// Show what deleting the stack of each config would take with it; with --force delete it (ml)
    #[command(after_help = "Examples:
  provisioner delete-product a-ml-s3.yaml            what would go; exit code 20
  provisioner delete-product a-ml-s3.yaml --force    it goes

On a terminal the stack's name is asked for before anything goes.

What the template retains stays, and is named.")]
    DeleteProduct(NamedArgs),
    /// Show what is in the bucket and stack of each config; with --force empty and delete both (s3)
    #[command(after_help = "Examples:
  provisioner tear-down a-s3.yaml            what would go; exit code 20
  provisioner tear-down a-s3.yaml --force    it goes

On a terminal the stack's name is asked for before anything goes. Every version
of every object is deleted. A run that was ended is continued by the next.")]
    TearDown(NamedArgs),
    /// List the products and their tiers
    #[command(after_help = "Examples:
  provisioner list-products                a line for each tier
  provisioner list-products --format json  the same for programs")]
    ListProducts {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Show what a product makes: the resources of its tiers, what stays on deletion, what is billed
    #[command(after_help = "Examples:
  provisioner show-product                       every product
  provisioner show-product ml --tier enterprise  one tier of one product
  provisioner show-product s3 --format markdown  for a comment or a page")]
    ShowProduct {
        /// Product, such as ml; all of them if absent
        product: Option<String>,
        /// Tier, such as professional; all of them if absent
        #[arg(long, value_name = "TIER")]
        tier: Option<String>,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Print the JSON Schema of a product's configs, or of .provisioner.yaml, for editors
    #[command(after_help = "Examples:
  provisioner schema s3 > s3/config.schema.json
  provisioner schema policy > policy.schema.json")]
    Schema {
        /// Product, such as s3, or policy
        product: Option<String>,
    },
    /// Say what a diagnostic's code means and what clears it
    Explain {
        /// Code, such as wrong-file-name; all of them if absent
        code: Option<String>,
    },
    /// Write the IAM roles that CI assumes, from the policy file and the configs, as a CloudFormation template
    #[command(after_help = "Examples:
  provisioner roles --repository acme@5501/infra@880042 > roles.yaml
  provisioner roles --repository acme/infra --account 123456789012 --format json

A plan role looks and makes change sets. It trusts pull requests, the default
branch and its merge queue. An apply role may do what create-policy says of the
configs together, and trusts the jobs of its environments alone. A template is
for one account:

  aws cloudformation deploy --stack-name provisioner-roles \\
    --template-file roles.yaml --capabilities CAPABILITY_NAMED_IAM \\
    --parameter-overrides MakeProvider=true

Write them anew when configs come, and deploy them before these are merged.")]
    Roles(RolesArgs),
    /// Say what this job, or this laptop, can do, and prove what the role of pull requests cannot; changes nothing
    #[command(after_help = "Examples:
  provisioner doctor                    as a step of a job, or on a laptop
  provisioner doctor --format json      for programs

A job asks GitHub what its token may do, assumes the roles that the policy file
names, and tries to run a change set that does not exist, which AWS refuses one
way or the other. On a laptop the usual credentials are looked at.

Exit codes: 0 all is there; 10 the policy file or a config has errors; 20 a role
may do, or is trusted with, more than it should; 31 something is missing.")]
    Doctor {
        /// Paths, globs, directories or bare file names; those of the policy file if absent
        #[arg(value_name = "CONFIG")]
        configs: Vec<String>,
        /// How to print it
        #[arg(long, value_enum, default_value_t)]
        format: ListFormat,
    },
    /// Check what has changed since a revision, as a pull request would be checked, and print the comment
    Check(CheckArgs),
    /// Make the decisions and comments of a run again, from the evidence that it left; asks nobody
    #[command(after_help = "Examples:
  provisioner replay provisioner-evidence.json    the comments; exit code 20 if anything differs")]
    Replay {
        /// What the run left as its evidence
        #[arg(value_name = "FILE")]
        evidence: PathBuf,
    },
    /// Read the CI environment and its event, and do what it asks; this is what the action runs
    Ci,
}

/// An action on configs.
#[derive(Debug, Args)]
pub struct ActionArgs {
    /// Paths, globs, directories or bare file names; all in the usual folders if absent
    #[arg(value_name = "CONFIG")]
    pub configs: Vec<String>,
    /// Options of the action.
    #[command(flatten)]
    pub options: ActionOptions,
}

/// An action that takes things away: nobody means all of them by saying nothing.
#[derive(Debug, Args)]
pub struct NamedArgs {
    /// Paths, globs, directories or bare file names
    #[arg(value_name = "CONFIG", required = true)]
    pub configs: Vec<String>,
    /// Options of the action.
    #[command(flatten)]
    pub options: ActionOptions,
}

impl From<NamedArgs> for ActionArgs {
    fn from(NamedArgs { configs, options }: NamedArgs) -> Self {
        Self { configs, options }
    }
}

/// Options of every action.
#[derive(Debug, Args)]
pub struct ActionOptions {
    /// Solution whose folders are meant (s3); all that the config names if absent
    #[arg(long, value_name = "NAME")]
    pub solution: Option<String>,
    /// Tier of the configs that name none, for products that have tiers
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// Overwrite outputs that were edited by hand; make, change or delete stacks
    #[arg(long)]
    pub force: bool,
    /// How to print results
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write no log into reports/
    #[arg(long)]
    pub no_log: bool,
}

/// `provisioner roles`.
#[derive(Debug, Args)]
pub struct RolesArgs {
    /// Paths, globs, directories or bare file names; those of the policy file if absent
    #[arg(value_name = "CONFIG")]
    pub configs: Vec<String>,
    /// Repository whose jobs are trusted; with its ids, so that both forms of a token's subject are
    #[arg(long, value_name = "OWNER[@ID]/NAME[@ID]")]
    pub repository: RepositoryId,
    /// Default branch of the repository
    #[arg(long, value_name = "BRANCH", default_value = "main", value_parser = branch)]
    pub default_branch: String,
    /// Accounts; several may be given. Those of the configs if absent
    #[arg(long, value_name = "ID", value_parser = account)]
    pub account: Vec<String>,
    /// Environments; several may be given. All of the policy file if absent
    #[arg(long, value_name = "NAME")]
    pub environment: Vec<String>,
    /// Issuer of the jobs' tokens; an Enterprise server has its own
    #[arg(
        long,
        value_name = "HOST[/PATH]",
        default_value = "token.actions.githubusercontent.com"
    )]
    pub issuer: Issuer,
    /// How to print the roles
    #[arg(long, value_enum, default_value_t)]
    pub format: RolesFormat,
}

/// The id of an account.
fn account(text: &str) -> Result<String, &'static str> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("write the 12 digits"),
    }
}

/// `provisioner check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Revision to compare with; the merge base with it counts, as on a forge
    #[arg(long, value_name = "REV")]
    pub base: String,
    /// Revision to check
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    pub head: String,
    /// Globs of configs; several may be given
    #[arg(long, value_name = "GLOB")]
    pub configs: Vec<String>,
    /// Tier of the configs that name none, for products that have tiers
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// Repository
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub repository: PathBuf,
    /// How to print the report
    #[arg(long, value_enum, default_value = "markdown")]
    pub format: Format,
}
