//! The command line, declared. What it means is in `run`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::action::{Format, Listing};

/// Provision AWS CloudFormation stacks from reviewed configuration.
#[derive(Debug, Parser)]
#[command(
    name = "provisioner",
    version,
    about,
    args_conflicts_with_subcommands = true,
    after_help = "Examples:
  provisioner validate-config                            all configs in the usual folders
  provisioner create-prov-template s3/configs/a-s3.yaml  writes s3/templates/a-s3-template.yaml
  provisioner check --base main                          what a pull request would show
  provisioner -con a-s3.yaml -act validate-config        the form of the original tools

Exit codes: 0 ok, 1 internal, 2 usage, 10 config errors, 11 impact above what the policy allows, 12 drift found,
20 denied, 30 stack operation failed, 31 forge or AWS unreachable"
)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<Command>,
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
    pub options: Options,
}

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check configs: syntax, schema, names, rules
    ValidateConfig(Action),
    /// Render the CloudFormation template of each config into templates/ beside it
    CreateProvTemplate(Action),
    /// Render the operator's IAM policy of each config into policies/ beside it
    CreatePolicy(Action),
    /// Check the rendered templates: structure, references, limits; with --real also by CloudFormation
    ValidateProvTemplate(RealAction),
    /// Write a review report, one HTML page, of each config into reports/ beside it
    #[command(after_help = "Examples:
  provisioner create-review-report                        all configs in the usual folders
  provisioner create-review-report s3/configs/a-s3.yaml   writes s3/reports/a-s3-create-review-report-TIME.html

A page needs no network and runs nothing. Of a config with errors none is written.")]
    CreateReviewReport(Action),
    /// Show what deploying each config would change, by a change set that is deleted again
    ShowChanges(RealAction),
    /// Look for drift of each config's stack; repairs nothing
    CheckDrift {
        /// Configs and options.
        #[command(flatten)]
        action: Action,
        /// Exit with 12 if anything has drifted
        #[arg(long)]
        fail_on_drift: bool,
    },
    /// Make each config's stack under a random name, verify it, and remove it
    TestDeploy {
        /// Configs and options.
        #[command(flatten)]
        action: Action,
        /// Leave the stack there
        #[arg(long)]
        keep: bool,
    },
    /// Make the stack of each config, and verify it (ml); needs --force
    DeployProduct(Action),
    /// Make the stack of each dedicated bucket, with the folders of its solution (s3); needs --force
    CreateBucket(Action),
    /// Make the stack of each shared bucket, with the folders of its solutions (s3); needs --force
    PrepMaster(Action),
    /// Make the folders of a solution in a bucket that exists (s3)
    DeploySolution(Action),
    /// Write the rendered template into the bucket (s3)
    UploadTemplate(Action),
    /// Delete the stack of each config (ml); needs --force
    DeleteProduct(Action),
    /// Empty the bucket of each config, every version of it, and delete bucket and stack (s3); needs --force
    TearDown(Action),
    /// List the products and their tiers
    #[command(after_help = "Examples:
  provisioner list-products                a line for each tier
  provisioner list-products --format json  the same for programs")]
    ListProducts {
        /// How to print them
        #[arg(long, value_enum, default_value_t)]
        format: Listing,
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
        format: Listing,
    },
    /// Print the JSON Schema of a product's configs, for editors
    Schema {
        /// Product, such as s3
        product: Option<String>,
    },
    /// Say what a diagnostic's code means and what clears it
    Explain {
        /// Code, such as wrong-file-name; all of them if absent
        code: Option<String>,
    },
    /// Check what has changed since a revision, as a pull request would be checked, and print the comment
    Check(Check),
    /// Read the CI environment and its event, and do what it asks; this is what the action runs
    Ci,
}

/// An action on configs.
#[derive(Debug, Args)]
pub struct Action {
    /// Paths, globs, directories or bare file names
    #[arg(value_name = "CONFIG")]
    pub configs: Vec<String>,
    /// Options of the action.
    #[command(flatten)]
    pub options: Options,
}

/// An action on configs that can ask AWS more than it does by default.
#[derive(Debug, Args)]
pub struct RealAction {
    /// Configs and options.
    #[command(flatten)]
    pub action: Action,
    /// Ask AWS also where that is not needed: about templates, and about stacks that do not exist
    #[arg(long)]
    pub real: bool,
}

/// Options of every action.
#[derive(Debug, Args)]
pub struct Options {
    /// Solution whose folders are meant; all that the config names if absent
    #[arg(long, value_name = "NAME")]
    pub solution: Option<String>,
    /// Tier of the configs that name none, for products that have tiers
    #[arg(long, value_name = "TIER")]
    pub tier: Option<String>,
    /// Overwrite outputs that were edited by hand; make or delete stacks
    #[arg(long)]
    pub force: bool,
    /// How to print results
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
    /// Write no log into reports/
    #[arg(long)]
    pub no_log: bool,
}

/// `provisioner check`.
#[derive(Debug, Args)]
pub struct Check {
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
