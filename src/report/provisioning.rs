//! What became of stacks, for the pull request that they come from: the comment and the job summary, within the forge's limits.

use minijinja::value::{Serde, Value};
use minijinja::{Error, context};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::templates::render;
use super::{diagnostics, escape};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::stack::StackName;
use crate::text::{escape_invisible, pluralize};

const MAX_PROBLEMS: usize = 30;
/// Fewer rows than this are never shown, whatever the limit.
const MIN_ROWS: usize = 20;

/// What was done, or was not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// The environment, if the job is for one.
    pub environment: Option<String>,
    /// Where it comes from, in Markdown of the program's own, such as "merge `0a1b2c3`".
    pub source: String,
    pub outcomes: Vec<Outcome>,
    /// Sentences about what is lacking, and why.
    pub notices: Vec<String>,
    pub version: String,
}

/// What became of one config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    pub path: String,
    pub stack: Option<StackName>,
    pub state: State,
    pub summary: String,
    pub tables: String,
    /// What to do next, in Markdown of the program's own.
    pub next_steps: String,
    pub problems: Vec<Problem>,
}

impl Outcome {
    /// An outcome of which nothing is said yet.
    pub fn new(path: &str, stack: Option<&StackName>, state: State) -> Self {
        Self {
            path: path.to_owned(),
            stack: stack.cloned(),
            state,
            summary: String::new(),
            tables: String::new(),
            next_steps: String::new(),
            problems: Vec::new(),
        }
    }
}

/// What is wrong, in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    pub code: Code,
    /// Whether it is an error, and no warning.
    pub error: bool,
    pub text: String,
}

impl Problem {
    pub fn from_diagnostic(diagnostic: &Diagnostic) -> Self {
        Self {
            code: diagnostic.code.clone(),
            error: diagnostic.severity == Severity::Error,
            text: diagnostics::diagnostic(diagnostic),
        }
    }
}

/// What became of a config's stack; the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    Skipped,
    Done,
    /// Somebody has to confirm it.
    AwaitingConfirmation,
    /// The guard refused.
    Denied,
    Failed,
}

impl State {
    pub fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Done => "done",
            Self::AwaitingConfirmation => "waits for confirmation",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }

    fn mark(self) -> &'static str {
        match self {
            Self::Skipped => "▫",
            Self::Done => "✅",
            Self::AwaitingConfirmation => "⏳",
            Self::Denied => "⛔",
            Self::Failed => "❌",
        }
    }
}

/// The report in at most `limit` characters after a marker line. What needs people comes first; what does not fit is counted.
pub fn provisioning(report: &Provisioning, marker: &str, limit: usize) -> Result<String, Error> {
    let mut outcomes: Vec<&Outcome> = report.outcomes.iter().collect();
    outcomes.sort_by(|a, b| b.state.cmp(&a.state).then_with(|| a.path.cmp(&b.path)));
    let (mut rows, mut parts) = (outcomes.len(), outcomes.len());
    loop {
        let body = page(report, &outcomes, rows, parts)?;
        let length = body.chars().count();
        if length + marker.chars().count() < limit || rows.min(MIN_ROWS) == rows && parts == 0 {
            return Ok(format!("{marker}\n{body}"));
        }
        // Parts are of similar length, and longer than rows: a few rounds find the number that fits.
        match parts {
            0 => rows = (rows * limit / length).min(rows - 1).max(MIN_ROWS),
            _ => parts = (parts * limit / length).min(parts - 1),
        }
    }
}

fn page(
    report: &Provisioning,
    outcomes: &[&Outcome],
    rows: usize,
    parts: usize,
) -> Result<String, Error> {
    let row = |outcome: &&Outcome| {
        let stack = outcome.stack.as_ref();
        json!({
            "mark": outcome.state.mark(),
            "path": outcome.path,
            "stack": stack.map(|it| &it.name),
            "account": stack.map(|it| &it.target.account),
            "region": stack.map(|it| &it.target.region),
            "result": outcome.state.word(),
        })
    };
    let part = |outcome: &&Outcome| {
        // The path stands above.
        let path = format!("{}:", escape_invisible(&outcome.path, false));
        let problems = outcome.problems.iter().take(MAX_PROBLEMS);
        let problems =
            problems.map(|problem| problem.text.strip_prefix(&path).unwrap_or(&problem.text));
        let problems: Vec<&str> = problems.map(str::trim_start).collect();
        json!({
            "path": outcome.path,
            "line": outcome.summary,
            "problems": problems.join("\n"),
            "next": outcome.next_steps,
            "tables": outcome.tables,
        })
    };
    let rest = |shown: usize, what: &str| {
        (shown < outcomes.len()).then(|| {
            format!(
                "{shown} of {} {what}, the rest in the job's report.",
                pluralize(outcomes.len(), "config")
            )
        })
    };
    let shown_rows: Vec<_> = outcomes.iter().take(rows).map(row).collect();
    let shown_parts: Vec<_> = outcomes.iter().take(parts).map(part).collect();
    let page = render(
        "provision.md.j2",
        context! {
            environment => report.environment.as_deref(),
            headline => headline(report),
            rows => Value::from(Serde(&shown_rows)),
            hidden_rows => rest(rows, "listed"),
            parts => Value::from(Serde(&shown_parts)),
            hidden_parts => rest(parts, "shown in full"),
            notices => Value::from(Serde(&report.notices)),
            source => &report.source,
            version => &report.version,
        },
    )?;
    Ok(escape::collapse_blank_lines(&page))
}

fn headline(report: &Provisioning) -> String {
    if report.outcomes.is_empty() {
        return "There is nothing to do.".to_owned();
    }
    let of = |state: State| {
        report
            .outcomes
            .iter()
            .filter(|it| it.state == state)
            .count()
    };
    let states = [
        State::Failed,
        State::Denied,
        State::AwaitingConfirmation,
        State::Done,
        State::Skipped,
    ];
    let parts: Vec<String> = states
        .into_iter()
        .filter(|state| of(*state) > 0)
        .map(|state| format!("{} {}", of(state), state.word()))
        .collect();
    let worst = report.outcomes.iter().map(|it| it.state).max();
    let mark = worst.map_or("", State::mark);
    let all = pluralize(report.outcomes.len(), "config");
    format!("{mark} {all}: {}.", parts.join(", "))
}
