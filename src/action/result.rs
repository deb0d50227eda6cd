//! What an action did, in every format.

use clap::ValueEnum;
use serde::Serialize;

use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity, count};
use crate::report;
use crate::workspace::{ConfigFile, Outcome};

/// How results are printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
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

/// How products are printed. Nothing is found in them, so there is nothing to say in SARIF.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Listing {
    /// For people at a terminal.
    #[default]
    Text,
    /// For programs.
    Json,
    /// For comments and summaries.
    Markdown,
}

impl Listing {
    /// The same, asked for where any format may be.
    pub fn of(format: Format) -> Option<Self> {
        match format {
            Format::Text => Some(Self::Text),
            Format::Json => Some(Self::Json),
            Format::Markdown => Some(Self::Markdown),
            Format::Sarif => None,
        }
    }
}

/// What an action did to a number of configs.
#[derive(Debug, Serialize)]
pub struct Results {
    /// The action's name.
    pub action: String,
    /// One for each config.
    pub items: Vec<Item>,
    /// Everything that is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

/// What an action did to one config.
#[derive(Debug, Serialize)]
pub struct Item {
    /// The config.
    pub config: String,
    /// The stack's name, if the config has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stack: Option<String>,
    /// The file that was made, if the action makes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<String>,
    /// What became of that file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Whether the action did what it was asked to.
    pub ok: bool,
    /// The folder beside which outputs and logs go.
    #[serde(skip)]
    pub base: std::path::PathBuf,
    /// Names of the config's own files, by which its diagnostics are known.
    #[serde(skip)]
    pub(super) files: Vec<String>,
}

impl Item {
    /// The action did what it was asked to.
    pub fn done(file: &ConfigFile, config: Option<&Config>) -> Self {
        Self {
            config: file.shown.to_string(),
            stack: config.map(|config| config.stack().to_owned()),
            output: None,
            outcome: None,
            ok: true,
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

    /// The action failed; the diagnostics say why.
    pub fn failed(file: &ConfigFile, config: Option<&Config>) -> Self {
        Self {
            ok: false,
            ..Self::done(file, config)
        }
    }

    /// Whether a diagnostic is about this config or one of its outputs.
    pub fn owns(&self, diagnostic: &Diagnostic) -> bool {
        self.files
            .iter()
            .any(|file| file == diagnostic.path.file_name())
    }

    /// One line for people.
    pub fn line(&self) -> String {
        match (&self.output, self.outcome) {
            (Some(output), Some(outcome)) => format!("{} {output}", outcome.word()),
            _ if self.ok => format!("ok {}", self.config),
            _ => format!("failed {}", self.config),
        }
    }
}

impl Results {
    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics
            .iter()
            .any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Puts everything in a fixed order.
    pub fn sort(&mut self) {
        self.items
            .sort_by(|a, b| (&a.config, &a.output).cmp(&(&b.config, &b.output)));
        self.diagnostics.sort_by(|a, b| a.order().cmp(&b.order()));
    }

    /// The closing line: how many configs, errors, warnings.
    pub fn closing(&self) -> String {
        use crate::wording::counted;
        let (errors, warnings) = count(&self.diagnostics);
        format!(
            "{}: {}, {}, {}",
            self.action,
            counted(self.items.len(), "config"),
            counted(errors, "error"),
            counted(warnings, "warning")
        )
    }

    /// What belongs on standard output.
    pub fn print(&self, format: Format) -> String {
        match format {
            Format::Text => {
                let mut text = report::diagnostics(&self.diagnostics);
                if !text.is_empty() {
                    text.push('\n');
                }
                for item in self.items.iter().filter(|item| item.ok) {
                    text.push_str(&format!(
                        "{}\n",
                        crate::wording::visible(&item.line(), false)
                    ));
                }
                text.push_str(&format!("{}\n", self.closing()));
                text
            }
            Format::Json => pretty(self),
            Format::Sarif => pretty(&report::sarif(
                self.diagnostics.iter(),
                env!("CARGO_PKG_VERSION"),
            )),
            Format::Markdown => report::results_markdown(
                &self.closing(),
                self.items.iter().map(|item| (item.ok, item.line())),
                &self.diagnostics,
            ),
        }
    }
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
