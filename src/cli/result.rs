//! The results of an action, in every format.

use std::collections::BTreeMap;

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Serialize;

use super::console::width;
use super::trail::Trail;
use crate::config::{Config, defaults_of, is_defaults};
use crate::diagnostic::{Diagnostic, Severity, count, unique};
use crate::exit::Exit;
use crate::model::RepoPath;
use crate::operation::ActionOutcome;
use crate::plan::Cause;
use crate::product::PRODUCTS_FOLDER;
use crate::report::{self, JsonDocument, Remains, ResolvedValue, escape_json, json_text};
use crate::text::{escape_invisible, pluralize};
use crate::workspace::{ConfigFile, WriteOutcome};

/// From this number of configs on, the text ends with numbers by account and result.
const MIN_CONFIGS_OF_COUNTS: usize = 5;
/// Configs that fail because of their product and are listed; the rest is counted.
const MAX_FAILED: usize = 10;

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ResultFormat {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// For comments and summaries.
    Markdown,
}

/// The results of an action on all its configs.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActionResults {
    /// The action's name.
    pub action: String,
    /// One for each config.
    pub items: Vec<ConfigResult>,
    /// All problems.
    pub diagnostics: Vec<Diagnostic>,
    /// Number of configs without the action. They are left out if the command line names no config.
    pub left_out: usize,
    /// The exit code of the worst failure. Errors among the diagnostics have their own.
    #[serde(skip)]
    pub exit: Option<Exit>,
}

impl JsonDocument for ActionResults {
    const NAME: &'static str = "action-report";
    const TITLE: &'static str = "The results of an action on configs";
    const FORMAT: &'static str = "provisioner-action/1";
}

/// The result of an action on one config.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ConfigResult {
    /// Path of the config.
    pub config: String,
    /// Account of the stack, if the config is valid.
    pub account: Option<String>,
    /// Region of the stack, if the config is valid.
    pub region: Option<String>,
    /// The stack's name, if the config has one.
    pub stack: Option<String>,
    /// The file that the action wrote.
    pub output: Option<String>,
    /// What happened to that file.
    pub outcome: Option<WriteOutcome>,
    /// Tables and data of actions that query AWS.
    #[serde(rename = "result")]
    pub details: Option<Box<ActionOutcome>>,
    /// Keys that come from the defaults of the folder and give the stack its target and its names.
    pub identity_from_defaults: Vec<Cause>,
    /// All values with their sources, if the command line asks for them.
    pub resolved: Option<Vec<ResolvedValue>>,
    /// What exists after a failure.
    pub remains: Option<Box<Remains>>,
    /// Whether the action succeeded.
    pub ok: bool,
    /// Whether nothing was written.
    #[serde(skip)]
    pub dry_run: bool,
    /// What the action did, for the log.
    #[serde(skip)]
    pub trail: Trail,
    /// The folder that holds the config's output and log folders.
    #[serde(skip)]
    pub base: std::path::PathBuf,
    /// File names of the config and its outputs. A diagnostic of one of them belongs to this config.
    #[serde(skip)]
    pub(super) files: Vec<String>,
}

impl ConfigResult {
    /// The action succeeded.
    pub fn done(file: &ConfigFile, config: Option<&Config>) -> Self {
        Self {
            config: file.shown.to_string(),
            account: config.map(|config| config.target.account.clone()),
            region: config.map(|config| config.target.region.clone()),
            stack: config.map(|config| config.stack().to_owned()),
            output: None,
            outcome: None,
            details: None,
            identity_from_defaults: config
                .map(Cause::identity_from_defaults)
                .unwrap_or_default(),
            resolved: None,
            remains: None,
            ok: true,
            dry_run: false,
            trail: Trail::default(),
            base: file.base(),
            files: [file.shown.file_name()]
                .into_iter()
                .chain(
                    config
                        .into_iter()
                        .flat_map(|config| [&*config.outputs.template, &*config.outputs.policy]),
                )
                .map(str::to_owned)
                .collect(),
        }
    }

    /// The action failed; the diagnostics have the reason.
    pub fn failed(file: &ConfigFile, config: Option<&Config>) -> Self {
        Self {
            ok: false,
            ..Self::done(file, config)
        }
    }

    /// Whether a diagnostic is about this config or one of its outputs.
    pub fn owns(&self, diagnostic: &Diagnostic) -> bool {
        let path = &diagnostic.path;
        let mut files = self.files.iter();
        files.any(|file| file == path.file_name())
            || is_defaults(path) && *path == defaults_of(&RepoPath::typed(&self.config))
    }

    /// The symbol of the result.
    fn mark(&self) -> &'static str {
        match (&self.details, self.ok) {
            (_, false) => "❌",
            (Some(details), true) => details.success.mark(),
            (None, true) => "✅",
        }
    }

    /// The result in one or two words.
    pub fn result_word(&self) -> &'static str {
        match (&self.details, self.outcome) {
            _ if !self.ok => "failed",
            (Some(details), _) => match details.conclusion.exit() {
                Some(Exit::Drift) | None => details.success.word(),
                Some(Exit::Denied) => "denied",
                Some(_) => "failed",
            },
            (None, Some(outcome)) => outcome.word(),
            (None, None) => "ok",
        }
    }

    /// One line for people.
    pub fn line(&self) -> String {
        if let Some(details) = &self.details {
            return details.line.clone();
        }
        match (&self.output, self.outcome) {
            (Some(output), Some(outcome)) if self.dry_run => {
                format!("would be {}: {output}", outcome.word())
            }
            (Some(output), Some(outcome)) => format!("{} {output}", outcome.word()),
            _ if self.ok => format!("ok {}", self.config),
            _ => format!("failed {}", self.config),
        }
    }
}

/// What defaults say about the stacks, for each group of configs with the same keys.
fn identity_lines(items: &[ConfigResult]) -> String {
    let mut groups: BTreeMap<String, usize> = BTreeMap::new();
    for item in items {
        if let Some(text) = report::identity_text(&item.identity_from_defaults) {
            *groups.entry(text.plain()).or_default() += 1;
        }
    }
    let lines = groups.iter();
    let lines = lines.map(|(text, count)| format!("{}: {text}\n", pluralize(*count, "config")));
    lines.collect()
}

impl ActionResults {
    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Adds a config that failed, with its problems.
    pub fn fail(
        &mut self,
        file: &ConfigFile,
        config: Option<&Config>,
        problems: Vec<Diagnostic>,
        exit: Exit,
    ) {
        self.raise_exit(exit);
        self.diagnostics.extend(problems);
        self.add(ConfigResult::failed(file, config));
    }

    /// Adds a result. If the config already has a result from an earlier step of the action, both must succeed.
    pub fn add(&mut self, item: ConfigResult) {
        match self
            .items
            .iter_mut()
            .find(|known| known.config == item.config)
        {
            Some(known) => {
                known.ok &= item.ok;
                known.details = item.details;
                known.remains = item.remains;
                known.trail = item.trail;
            }
            None => self.items.push(item),
        }
    }

    /// Keeps the exit code with the highest precedence.
    pub fn raise_exit(&mut self, exit: Exit) {
        self.exit = self.exit.max(Some(exit));
    }

    /// Sorts results by config and diagnostics by position.
    pub fn sort(&mut self) {
        self.items
            .sort_by(|a, b| (&a.config, &a.output).cmp(&(&b.config, &b.output)));
        // A problem of a product or of defaults comes with each of its configs.
        let once = unique(self.diagnostics.iter()).into_iter().cloned();
        self.diagnostics = once.collect();
        self.diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    }

    /// The configs that failed without a problem of their own: their product has one, which is listed once.
    fn failed_by_products(&self) -> Vec<&ConfigResult> {
        let of_product = |problem: &&Diagnostic| problem.path.as_str().contains(PRODUCTS_FOLDER);
        if self.diagnostics.iter().find(of_product).is_none() {
            return Vec::new();
        }
        let is_silent = |item: &&ConfigResult| {
            !item.ok && item.details.is_none() && !self.diagnostics.iter().any(|it| item.owns(it))
        };
        self.items.iter().filter(is_silent).collect()
    }

    /// The last line: numbers of configs, errors and warnings.
    pub fn summary_line(&self) -> String {
        let (errors, warnings) = count(&self.diagnostics);
        let mut line = format!(
            "{}: {}, {}, {}",
            self.action,
            pluralize(self.items.len(), "config"),
            pluralize(errors, "error"),
            pluralize(warnings, "warning")
        );
        if self.left_out > 0 {
            let others = pluralize(self.left_out, "other config");
            line.push_str(&format!("; left out {others} without this action"));
        }
        line
    }

    /// Numbers of configs by account, region and result.
    fn counts(&self) -> String {
        let results = self.items.iter().map(|item| {
            let (account, region) = (item.account.as_deref(), item.region.as_deref());
            (account, region, item.result_word())
        });
        report::result_counts(results, width())
    }

    /// Standard output.
    pub fn print(&self, format: ResultFormat) -> String {
        match format {
            ResultFormat::Text => {
                let mut text = report::diagnostics(&self.diagnostics);
                if !text.is_empty() {
                    text.push('\n');
                }
                let remains = self.items.iter().filter_map(|item| item.remains.as_ref());
                for remains in remains {
                    text.push_str(&format!("{}\n", remains.text().plain()));
                }
                let failed = self.failed_by_products();
                for item in failed.iter().take(MAX_FAILED) {
                    let line = item.line();
                    text.push_str(&format!("{}\n", escape_invisible(&line, false)));
                }
                if failed.len() > MAX_FAILED {
                    let more = pluralize(failed.len() - MAX_FAILED, "more config");
                    text.push_str(&format!("failed {more}\n"));
                }
                let has_details = |item: &&ConfigResult| item.ok || item.details.is_some();
                for item in self.items.iter().filter(has_details) {
                    text.push_str(&format!("{}\n", escape_invisible(&item.line(), false)));
                    if let Some(values) = &item.resolved {
                        let config = RepoPath::typed(&item.config);
                        text.push_str(&report::resolved_yaml(&config, values));
                    }
                    if let Some(details) = item.details.as_ref().filter(|d| !d.text.is_empty()) {
                        text.push_str(&format!("{}\n", details.text));
                    }
                }
                text.push_str(&identity_lines(&self.items));
                if self.items.len() >= MIN_CONFIGS_OF_COUNTS {
                    text.push_str(&format!("\n{}\n\n", self.counts().trim_end()));
                }
                text.push_str(&format!("{}\n", self.summary_line()));
                report::escape_workflow_commands(&text)
            }
            ResultFormat::Json => json_text(self).unwrap_or_default(),
            ResultFormat::Sarif => {
                let sarif = report::sarif(self.diagnostics.iter(), crate::VERSION);
                escape_json(format!("{sarif:#}\n"))
            }
            ResultFormat::Markdown => report::escape_workflow_commands(&report::results_markdown(
                &self.summary_line(),
                self.items.iter().map(|item| {
                    let details = item.details.as_ref();
                    let details = details.map(|details| details.markdown.clone());
                    let remains = item.remains.as_ref();
                    let remains = remains.map(|remains| remains.text().markdown());
                    (
                        item.mark(),
                        item.line(),
                        details.or(remains).unwrap_or_default(),
                    )
                }),
                &self.diagnostics,
            )),
        }
    }
}
