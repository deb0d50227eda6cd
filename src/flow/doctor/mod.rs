//! `doctor`: what this job or this laptop can do. Nothing is changed; what cannot be proven without a change is said not to be.

mod aws;
mod desk;
mod job;
mod token;

use std::collections::BTreeMap;

use crate::action::ProductFormat;
use crate::ci::{self, JobEnvironment};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::exit::Exit;
use crate::report::{Finding, Status, doctor_markdown, doctor_text, escape_workflow_commands};
use crate::text::pluralize;

/// Looks at everything, and tells all of it. Returns what belongs on standard output.
pub fn doctor(configs: &[String], format: ProductFormat) -> (String, Exit) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = match runtime {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: {error}");
            return (String::new(), Exit::Internal);
        }
    };
    let mut checkup = Diagnosis::default();
    if ci::in_job() {
        match JobEnvironment::read() {
            Ok(environment) => runtime.block_on(job::check_job(&mut checkup, &environment)),
            Err(error) => {
                eprintln!("{}", escape_workflow_commands(&format!("error: {error:#}")));
                return (String::new(), Exit::Usage);
            }
        }
        if let Err(error) = ci::summary(&doctor_markdown(&checkup.findings)) {
            eprintln!("warning: job summary: {error}");
        }
    } else {
        runtime.block_on(desk::check_laptop(&mut checkup, configs));
    }
    let text = match format {
        ProductFormat::Text => doctor_text(&checkup.findings),
        ProductFormat::Markdown => doctor_markdown(&checkup.findings),
        ProductFormat::Json => {
            serde_json::to_string_pretty(&checkup.findings).unwrap_or_default() + "\n"
        }
    };
    (text, checkup.exit)
}

/// What was found so far.
struct Diagnosis {
    findings: Vec<Finding>,
    exit: Exit,
}

impl Default for Diagnosis {
    fn default() -> Self {
        Self {
            findings: Vec::new(),
            exit: Exit::Ok,
        }
    }
}

impl Diagnosis {
    fn pass(&mut self, part: &'static str, what: &str, found: impl Into<String>) {
        self.add(part, Status::Good, what, found.into(), None);
    }

    fn skip(&mut self, part: &'static str, what: &str, found: impl Into<String>) {
        self.add(part, Status::Open, what, found.into(), None);
    }

    /// Something is not as it should be, which the process says when it ends.
    fn fail(
        &mut self,
        part: &'static str,
        what: &str,
        found: impl Into<String>,
        help: &str,
        exit: Exit,
    ) {
        // What is open to somebody who should not have it counts more than what is missing.
        if self.exit == Exit::Ok || exit == Exit::Denied {
            self.exit = exit;
        }
        self.add(part, Status::Bad, what, found.into(), Some(help.to_owned()));
    }

    fn add(
        &mut self,
        part: &'static str,
        mark: Status,
        what: &str,
        found: String,
        help: Option<String>,
    ) {
        self.findings.push(Finding {
            part,
            mark,
            what: what.to_owned(),
            found,
            help,
        });
    }

    /// What is wrong with the policy file.
    fn invalid_policy(&mut self, problems: &[Diagnostic]) {
        let found = problems
            .iter()
            .map(|it| it.message.clone())
            .collect::<Vec<_>>();
        let help =
            "nothing that asks AWS works before it loads; `provisioner explain policy-invalid`";
        self.fail(
            "policy",
            "policy file",
            found.join("; "),
            help,
            Exit::Config,
        );
    }

    /// The configs, and what is wrong with them.
    fn configs(&mut self, loaded: usize, problems: &[Diagnostic]) {
        let errors = problems
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .count();
        match errors {
            0 if loaded == 0 => self.skip("policy", "configs", "none are there"),
            0 => self.pass("policy", "configs", format!("{} load", loaded)),
            _ => {
                let found = format!(
                    "{} in {}",
                    pluralize(errors, "error"),
                    pluralize(loaded, "config")
                );
                let help = "`provisioner validate-config` tells them";
                self.fail("policy", "configs", found, help, Exit::Config);
            }
        }
    }
}

/// Stacks by environment, account and region.
type StacksByTarget = BTreeMap<(String, String, String), Vec<String>>;

fn stacks_by_target(configs: &[Config]) -> StacksByTarget {
    let mut places = StacksByTarget::new();
    for config in configs {
        let target = &config.target;
        let key = (
            target.environment.clone(),
            target.account.clone(),
            target.region.clone(),
        );
        places
            .entry(key)
            .or_default()
            .push(config.stack().to_owned());
    }
    places
}
