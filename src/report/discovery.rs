//! The stacks of an account, and what they are to the repository.

use schemars::JsonSchema;
use serde::Serialize;

use super::adoption::{adoption, adoption_summary, drift, obstacle};
use super::format::Format;
use super::{JsonDocument, Text};
use crate::diagnostic::Diagnostic;
use crate::model::RepoPath;
use crate::plan::{Adoption, AdoptionVerdict};
use crate::stack::ToolMark;
use crate::text::pluralize;

/// Stacks whose differences are shown. The JSON document has all.
const MAX_SHOWN: usize = 20;

/// The stacks of an account, and what they are to the repository.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Discovery {
    /// 12-digit account id.
    pub account: String,
    /// The environment of `--environment`; `None` if stacks of all environments are recognized.
    pub environment: Option<String>,
    /// By name.
    pub regions: Vec<DiscoveredRegion>,
    /// Files that were written, from the folder of the drafts.
    pub written: Vec<RepoPath>,
    /// Why files were not written.
    pub problems: Vec<Diagnostic>,
    /// The next commands.
    pub next: Vec<String>,
}

impl JsonDocument for Discovery {
    const NAME: &'static str = "discovery";
    const TITLE: &'static str = "The stacks of an account, and what they are to the repository";
    const FORMAT: &'static str = "provisioner-discovery/1";
}

/// The stacks of a region.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DiscoveredRegion {
    /// Such as `eu-west-1`.
    pub region: String,
    /// All stacks that are not deleted.
    pub total: usize,
    /// By state, then by name. Stacks of no product are listed with `--all` only.
    pub stacks: Vec<DiscoveredStack>,
}

#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiscoveredStack {
    /// The stack's name.
    pub name: String,
    /// ARN.
    pub id: String,
    /// Such as `CREATE_COMPLETE`.
    pub status: String,
    pub state: DiscoveredState,
    /// The product whose stacks have such a name.
    pub product: Option<String>,
    /// The config in the repository, or the drafted one.
    pub config: Option<RepoPath>,
    /// The tool that owns the stack, and what shows it.
    pub owner: Option<ToolMark>,
    /// The comparison with the config; `None` if nothing was compared.
    pub adoption: Option<Adoption>,
    /// Keys of the drafted config whose values the stack does not give.
    pub unknown: Vec<String>,
    /// Problems of the drafted config, and entries for an earlier stack of this name.
    pub diagnostics: Vec<Diagnostic>,
    /// Why nothing was compared.
    pub problem: Option<String>,
}

impl DiscoveredStack {
    /// Why a stack that is not adopted gets no entry; `None` if it gets one.
    pub fn why_not_adoptable(&self) -> Option<String> {
        if self.is_adoptable() {
            return None;
        }
        let mut errors = self.diagnostics.iter().filter(|problem| problem.is_error());
        Some(match (&self.problem, &self.adoption, errors.next()) {
            (Some(problem), ..) => problem.clone(),
            (None, Some(adoption), _) => match adoption.obstacles.first() {
                Some(found) => format!(
                    "it {}: {}",
                    adoption_summary(adoption),
                    obstacle(found).plain()
                ),
                None => format!("it {}", adoption_summary(adoption)),
            },
            (None, None, Some(error)) => format!("its draft is invalid: {}", error.message),
            (None, None, None) => {
                "no values of a config render a template like the stack's".to_owned()
            }
        })
    }

    /// Whether an adoption would add tags to the stack.
    pub fn is_adoptable(&self) -> bool {
        let adoption = self.adoption.as_ref();
        adoption
            .is_some_and(|found| found.verdict != AdoptionVerdict::Cannot && !found.is_adopted())
    }
}

/// What a stack is to the repository, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DiscoveredState {
    /// provisioner's own, with a config here.
    Owned,
    /// provisioner's own, without a config here.
    WithoutConfig,
    /// Not provisioner's own; a config here asks for a stack of this name, or a product gives its stacks such names.
    NotAdopted,
    /// Created by `test-deploy`.
    Test,
    /// Owned by another tool.
    OtherTool,
    /// Of no product.
    Other,
}

impl DiscoveredState {
    const ALL: [Self; 6] = [
        Self::Owned,
        Self::WithoutConfig,
        Self::NotAdopted,
        Self::Test,
        Self::OtherTool,
        Self::Other,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Owned => "with a config",
            Self::WithoutConfig => "without a config",
            Self::NotAdopted => "not adopted",
            Self::Test => "created by a test",
            Self::OtherTool => "owned by another tool",
            Self::Other => "of no product",
        }
    }
}

/// The report for people.
pub fn discovery_text(found: &Discovery, width: Option<u16>) -> String {
    let format = Format::Text(width);
    let mut text = String::new();
    for (index, region) in found.regions.iter().enumerate() {
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&region_text(found, region, format));
    }
    if !found.written.is_empty() {
        text.push('\n');
    }
    for path in &found.written {
        text.push_str(&format.line(&Text::ours("written: ").and(Text::name(path.as_str()))));
    }
    if !found.next.is_empty() {
        text.push_str("\nnext:\n");
        for command in &found.next {
            text.push_str(&format!("  {}", format.line(&Text::name(command))));
        }
    }
    text
}

fn region_text(found: &Discovery, region: &DiscoveredRegion, format: Format) -> String {
    let mut text = format!(
        "account {}, {}: {}\n",
        found.account,
        region.region,
        pluralize(region.total, "stack")
    );
    let mut shown = 0;
    for state in DiscoveredState::ALL {
        let stacks = region.stacks.iter();
        let stacks: Vec<&DiscoveredStack> = stacks.filter(|stack| stack.state == state).collect();
        let count = match state {
            DiscoveredState::Other => {
                let listed = region.stacks.len() - stacks.len();
                region.total.saturating_sub(listed)
            }
            _ => stacks.len(),
        };
        if count == 0 {
            continue;
        }
        let words = match (state, &found.environment) {
            (DiscoveredState::Other, Some(_)) => "of another environment or of no product",
            _ => state.words(),
        };
        text.push_str(&format!("\n{} {words}\n", pluralize(count, "stack")));
        let rows: Vec<Vec<Text>> = stacks.iter().map(|stack| row(stack)).collect();
        let head: &[&str] = match state {
            DiscoveredState::OtherTool => &["stack", "owner", "recognized by"],
            DiscoveredState::NotAdopted => &["stack", "config", "compared with the config"],
            DiscoveredState::Owned => &["stack", "config"],
            _ => &["stack", "status"],
        };
        if !rows.is_empty() {
            text.push_str(&format.table(head, &rows));
        }
        for stack in stacks {
            let details = details(stack, format);
            if details.is_empty() {
                continue;
            }
            shown += 1;
            if shown <= MAX_SHOWN {
                let name = format.line(&Text::name(&stack.name));
                text.push_str(&format!("\n{name}{details}"));
            }
        }
    }
    if shown > MAX_SHOWN {
        text.push_str(&format!(
            "\nthe differences of {} are not shown; --format json has all\n",
            pluralize(shown - MAX_SHOWN, "more stack")
        ));
    }
    text
}

fn row(stack: &DiscoveredStack) -> Vec<Text> {
    let name = Text::name(&stack.name);
    let config = Text::optional(stack.config.as_ref().map(RepoPath::as_str));
    match stack.state {
        DiscoveredState::Owned => vec![name, config],
        DiscoveredState::NotAdopted => vec![name, config, verdict(stack)],
        DiscoveredState::OtherTool => {
            let tool = stack.owner.as_ref().map_or("", |owner| owner.tool.name());
            let mark = stack.owner.as_ref().map(|owner| owner.mark.as_str());
            vec![name, Text::ours(tool), Text::optional(mark)]
        }
        DiscoveredState::WithoutConfig | DiscoveredState::Test | DiscoveredState::Other => {
            vec![name, Text::name(&stack.status)]
        }
    }
}

fn verdict(stack: &DiscoveredStack) -> Text {
    let is_wrong = stack.diagnostics.iter().any(Diagnostic::is_error);
    match (&stack.adoption, &stack.problem) {
        (Some(adoption), _) => Text::sentence(adoption_summary(adoption)),
        (None, Some(_)) => Text::ours("not compared"),
        (None, None) if is_wrong => Text::ours("no valid config"),
        (None, None) => Text::ours("no config"),
    }
}

/// What does not fit, and why.
fn details(stack: &DiscoveredStack, format: Format) -> String {
    let mut text = String::new();
    if let Some(problem) = &stack.problem {
        text.push_str(&format.line(&Text::sentence(problem)));
    }
    for problem in &stack.diagnostics {
        text.push_str(&format.line(&Text::sentence(&problem.message)));
    }
    if !stack.unknown.is_empty() {
        let keys = stack.unknown.iter().map(Text::name);
        let line = Text::ours("the stack does not determine ").and(Text::and_list(keys));
        text.push_str(&format.line(&line));
    }
    if let Some(found) = &stack.adoption {
        let differs = found.changed().next().is_some();
        if differs || !found.obstacles.is_empty() || !found.outputs.is_empty() {
            text.push_str(&adoption(found, format));
        } else if found.drift.status.is_drift() && !found.drift.outdated {
            for line in drift(found) {
                text.push_str(&format.line(&line));
            }
        }
    }
    text
}
