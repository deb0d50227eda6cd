//! The outcomes of a change's stacks as Markdown, for the comment, the reply and the job summary.

use minijinja::{Error, context};
use serde::{Deserialize, Serialize};

use super::fit::{Part, Rest, fit_page};
use super::fit_list::{Form, List};
use super::outcome::{self, Outcome, OutcomeKind};
use super::table::{markdown_head, markdown_row};
use super::templates::{render, safe};
use super::{NextStep, Notice, Text, escape};
use crate::model::{Digest, WebAddress};
use crate::stack::StackName;
use crate::text::{escape_invisible, pluralize};

const MAX_PROBLEMS: usize = 30;

/// 128 bits: too many to find another record with the same digits.
const EVIDENCE_DIGITS: usize = 32;

/// The outcomes of one change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provisioning {
    /// `None` for a job without an environment.
    pub environment: Option<String>,
    /// The accounts of the job, as patterns; empty for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accounts: Vec<String>,
    pub source: ReportSource,
    pub outcomes: Vec<Outcome>,
    pub notices: Vec<Notice>,
    pub version: String,
}

/// The commit that a report is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportSource {
    /// A merge, and the run that acted on it, such as `17.1`, with its page.
    Merge {
        commit: String,
        run: Option<String>,
        #[serde(default)]
        url: Option<WebAddress>,
    },
    /// The tip of the default branch, for a repair, and the run that acted on it.
    Branch {
        commit: String,
        run: Option<String>,
        #[serde(default)]
        url: Option<WebAddress>,
    },
    /// The head of a pull request.
    Head { commit: String },
}

impl ReportSource {
    fn text(&self) -> Text {
        match self {
            Self::Merge { commit, run, url } => at_run("Merge ", commit, (run, url)),
            Self::Branch { commit, run, url } => at_run("Default branch ", commit, (run, url)),
            Self::Head { commit } => Text::ours("Head ").and(Text::name(commit)),
        }
    }
}

fn at_run(
    what: &'static str,
    commit: &str,
    (run, url): (&Option<String>, &Option<WebAddress>),
) -> Text {
    let text = Text::ours(what).and(Text::name(commit));
    let Some(run) = run else {
        return text;
    };
    text.and(Text::ours(" · run ")).and(match url {
        Some(url) => Text::link(run, url),
        None => Text::name(run),
    })
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Heading {
    /// A marker line, by which the comment is found again, and a title.
    Marker(String),
    Title,
    /// Nothing, since a reply has the command as its title.
    Command,
}

pub const CONFIG_REMOVED: &str = "the config is removed";
pub const CONFIG_VALID: &str = "the config is valid";

pub fn review_written(name: &str) -> String {
    format!("{name}, in the folder `provisioner-reports` of the job")
}

/// The report in at most `limit` characters, the worst outcomes first. Configs that do not fit are counted. `evidence`: digest of the
/// record of the change.
pub fn provisioning(
    report: &Provisioning,
    heading: &Heading,
    limit: usize,
    evidence: Option<Digest>,
) -> Result<String, Error> {
    let mut outcomes: Vec<&Outcome> = report.outcomes.iter().collect();
    outcomes.sort_by(|a, b| b.state.cmp(&a.state).then_with(|| a.path.cmp(&b.path)));
    let (outcomes, all) = (&outcomes, outcomes.len());
    let note = move |shown: &[bool], what: &str| {
        let shown = shown.iter().filter(|shown| **shown).count();
        let all = pluralize(all, "config");
        let rest = Rest::JobReport.words();
        format!("\n{shown} of {all} {what}, the rest {rest}.\n")
    };
    let parts = vec![
        Part::Whole(head(report, heading)),
        Part::List(List {
            head: "\n".to_owned() + &markdown_head(&["", "Config", "Stack", "Result"]),
            count: all,
            item: Box::new(|index, _| Ok(row(outcomes[index]))),
            forms: &[Form::Full],
            note: Box::new(move |shown| note(shown, "listed")),
            share: 2,
            goes_first: Box::new(|_| false),
        }),
        Part::List(List {
            head: String::new(),
            count: all,
            item: Box::new(|index, form| {
                section(outcomes[index], is_repeated(outcomes, index), form)
            }),
            forms: &[Form::Full, Form::Brief],
            note: Box::new(move |shown| note(shown, "shown in full")),
            share: 1,
            goes_first: Box::new(|_| false),
        }),
        Part::Whole(foot(report, evidence)),
    ];
    Ok(fit_page(parts, Rest::JobReport, limit)?.text)
}

fn head(report: &Provisioning, heading: &Heading) -> String {
    let environment = report.environment.as_deref();
    let environment = environment.map(|name| format!(": {}", escape::code(name)));
    let accounts: Vec<String> = report
        .accounts
        .iter()
        .map(|one| escape::code(one))
        .collect();
    let accounts = match accounts.is_empty() {
        true => String::new(),
        false => format!(", accounts {}", accounts.join(", ")),
    };
    let title = format!(
        "## Provisioner{}{accounts}\n\n",
        environment.unwrap_or_default()
    );
    let above = match heading {
        Heading::Marker(marker) => format!("{marker}\n{title}"),
        Heading::Title => title,
        Heading::Command => String::new(),
    };
    format!("{above}{}\n", headline(report))
}

pub(super) fn row(outcome: &Outcome) -> String {
    let stack = outcome.stack.as_ref();
    let stack = stack.map(stack_text);
    markdown_row(&[
        Text::ours(outcome.kind().mark()),
        Text::name(&outcome.path),
        stack.unwrap_or(Text::ours("–")),
        Text::ours(outcome.word()),
    ])
}

/// Whether another outcome is about the same config: a config that moves to another stack has two.
fn is_repeated(outcomes: &[&Outcome], index: usize) -> bool {
    let same = outcomes
        .iter()
        .filter(|other| other.path == outcomes[index].path);
    same.count() > 1
}

/// The name and place of the stack.
fn stack_text(stack: &StackName) -> Text {
    Text::name(&stack.name)
        .and(Text::ours(" in "))
        .and(Text::name(&stack.target.account))
        .and(Text::ours(", "))
        .and(Text::name(&stack.target.region))
}

/// One config. The brief form has no tables. `names_stack`: whether the path alone does not say which stack is meant.
fn section(outcome: &Outcome, names_stack: bool, form: Form) -> Result<String, Error> {
    // The path is in the heading.
    let path = format!("{}:", escape_invisible(&outcome.path, false));
    let problems = outcome.leading_problems().take(MAX_PROBLEMS);
    let problems =
        problems.map(|problem| problem.text.strip_prefix(&path).unwrap_or(&problem.text));
    let problems: Vec<&str> = problems.map(str::trim_start).collect();
    let next: Vec<String> = outcome.next_steps.iter().map(NextStep::markdown).collect();
    render(
        "outcome.md.j2",
        context! {
            path => outcome.path.as_str(),
            stack => outcome.stack.as_ref().filter(|_| names_stack).map(|stack| safe(stack_text(stack).markdown())),
            line => outcome.summary.as_str(),
            problems => problems.join("\n"),
            remains => outcome.remains.as_ref().map(|remains| safe(remains.text().markdown())),
            next => safe(next.join("\n\n")),
            tables => (form == Form::Full).then(|| safe(outcome.tables.clone())),
        },
    )
}

fn foot(report: &Provisioning, evidence: Option<Digest>) -> String {
    let notices = report.notices.iter();
    let notices: String = notices
        .map(|notice| format!("\nℹ {}\n", notice.markdown()))
        .collect();
    let evidence = evidence.map(|digest| {
        let digest = escape::code(&digest.prefix(EVIDENCE_DIGITS));
        format!(" · evidence {digest}")
    });
    format!(
        "{notices}\n<sub>{} · provisioner {}{}</sub>\n",
        report.source.text().markdown(),
        escape::code(&report.version),
        evidence.unwrap_or_default()
    )
}

fn headline(report: &Provisioning) -> String {
    if report.outcomes.is_empty() {
        return "There is nothing to do.".to_owned();
    }
    let of = |kind: OutcomeKind| {
        let outcomes = report.outcomes.iter();
        outcomes.filter(|outcome| outcome.kind() == kind).count()
    };
    let counts: Vec<(OutcomeKind, usize)> =
        OutcomeKind::all().map(|kind| (kind, of(kind))).collect();
    outcome::headline(&counts)
}
