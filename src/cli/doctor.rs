//! `doctor`: prints what this job or this laptop may do.

use clap::Args;

use super::config_args::ConfigArgs;
use super::products::ListFormat;
use crate::doctor::diagnose;
use crate::exit::{Exit, exit_codes};
use crate::report::{DoctorReport, doctor_markdown, doctor_text, json_text};

const EXAMPLES: &str = "Examples:
  provisioner doctor                    as a step of a job, or on a laptop
  provisioner doctor --format json      for programs

In a job, doctor reads the token's permissions and assumes the policy's roles. With a
plan role it tries to execute a change set that does not exist. This changes nothing:
AWS denies the call, or finds no change set. On a laptop, doctor checks the policy file,
the configs and your AWS credentials, neither settings of the repository nor deployed
roles.";

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct DoctorArgs {
    #[command(flatten)]
    configs: ConfigArgs,
    /// Print the findings in this format
    #[arg(long, value_enum, default_value_t)]
    format: ListFormat,
}

fn after_help() -> String {
    let codes = exit_codes(&[
        (Exit::Ok, "nothing is missing"),
        (Exit::Config, "the policy file or a config has errors"),
        (
            Exit::Denied,
            "a role has too many permissions or trusts too much, the default branch or an environment is not protected, or an approver's account is another",
        ),
        (Exit::Unreachable, "something is missing"),
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

/// Runs all checks. Returns standard output and the exit code.
pub fn doctor(args: &DoctorArgs) -> (String, Exit) {
    let diagnosis = match diagnose(&args.configs.configs) {
        Ok(diagnosis) => diagnosis,
        Err((error, exit)) => {
            log::error!("{error:#}");
            return (String::new(), exit);
        }
    };
    let findings = &diagnosis.findings;
    let text = match args.format {
        ListFormat::Text => doctor_text(findings),
        ListFormat::Markdown => doctor_markdown(findings),
        ListFormat::Json => json_text(&DoctorReport::new(findings)).unwrap_or_default(),
    };
    (text, diagnosis.exit)
}
