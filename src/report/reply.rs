//! The answers to a comment's commands, and the reply that contains them.

use super::escape::{code, fence};
use super::fit::{Block, Rest, fit_blocks};
use super::{Refusal, Text};

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Part of a report, in Markdown.
    Page(String),
    /// Text that is shown unchanged.
    Plain(String),
    /// The command is denied for every config.
    Denied(Refusal),
    /// The line is not a command.
    NoCommand {
        /// As written; empty if it is about the whole comment.
        line: String,
        /// The problem.
        problem: String,
        /// The correct form.
        help: String,
    },
    /// The run failed, and skipped later commands.
    Failed { error: String },
    /// The comment confirms a repair that needs several confirmations.
    ConfirmationRecorded { needed: u8, environment: String },
    /// The merged range is unknown.
    MergeUnknown,
    /// The pull request changes no config.
    NoConfigChanged,
    /// The pull request only removes configs.
    OnlyRemovals,
    /// The command applies to no config of the pull request.
    NoMatchingConfig { action: String },
    /// The pull request does not change this config.
    ConfigNotChanged {
        wanted: String,
        /// The nearest known path.
        similar: Option<String>,
        /// The configs of the pull request.
        changed: Vec<String>,
    },
    /// Several configs have this file name.
    ConfigAmbiguous { wanted: String },
    /// No diagnostic has this code.
    CodeUnknown {
        wanted: String,
        /// The nearest known code.
        similar: Option<String>,
    },
    /// No product or tier has this name.
    ProductUnknown,
}

/// Maximum number of listed configs. The rest is counted.
const MAX_NAMES: usize = 10;

impl Reply {
    /// For a comment or a summary.
    pub fn markdown(&self) -> String {
        match self {
            Self::Page(markdown) => markdown.clone(),
            Self::Plain(text) => fence(text, "text"),
            Self::Denied(refusal) => {
                let code = code(refusal.code().as_str());
                let fact = refusal.fact().markdown();
                let remedy = refusal.remedy();
                match remedy.is_empty() {
                    true => format!("⛔ {code}: {fact}."),
                    false => {
                        let remedy = remedy.markdown();
                        format!("⛔ {code}: {fact}.\n\nTo continue, {remedy}.")
                    }
                }
            }
            Self::NoCommand {
                line,
                problem,
                help,
            } => {
                let line = match line.is_empty() {
                    true => String::new(),
                    false => format!("{line}\n"),
                };
                let text = fence(&format!("{line}error: {problem}\nhelp: {help}"), "text");
                format!("😕 Unrecognized command:\n\n{text}")
            }
            Self::Failed { error } => format!(
                "❌ The command failed, and later commands in this comment were skipped. Comment again to retry.\n\n{}",
                fence(error, "text")
            ),
            Self::MergeUnknown => format!("⛔ {}", self.sentence().markdown()),
            Self::ConfirmationRecorded { .. } => format!("✅ {}", self.sentence().markdown()),
            _ => format!("😕 {}", self.sentence().markdown()),
        }
    }

    /// For a log or an annotation. `None` for a page, whose outcomes have lines of their own.
    pub fn plain(&self) -> Option<String> {
        Some(match self {
            Self::Page(_) => return None,
            Self::Plain(text) => text.clone(),
            Self::Denied(refusal) => {
                let code = refusal.code();
                let fact = refusal.fact().plain();
                let remedy = refusal.remedy();
                match remedy.is_empty() {
                    true => format!("error[{code}]: {fact}"),
                    false => format!("error[{code}]: {fact}\n  help: {}", remedy.plain()),
                }
            }
            Self::NoCommand {
                line,
                problem,
                help,
            } => match line.is_empty() {
                true => format!("{problem}\n  help: {help}"),
                false => format!("{line}: {problem}\n  help: {help}"),
            },
            Self::Failed { error } => error.clone(),
            _ => self.sentence().plain(),
        })
    }

    /// The sentence of an answer that is nothing else.
    fn sentence(&self) -> Text {
        match self {
            Self::Page(_)
            | Self::Plain(_)
            | Self::Denied(_)
            | Self::NoCommand { .. }
            | Self::Failed { .. } => Text::default(),
            Self::ConfirmationRecorded {
                needed,
                environment,
            } => Text::ours("provisioner recorded this confirmation. ")
                .and(Text::number(usize::from(*needed)))
                .and(Text::ours(" are required; the job of environment "))
                .and(Text::name(environment))
                .and(Text::ours(" counts them.")),
            Self::MergeUnknown => {
                Text::ours("The merge commit is unknown, so nothing was changed.")
            }
            Self::NoConfigChanged => Text::ours("The pull request changes no config."),
            Self::OnlyRemovals => Text::ours("The pull request only removes configs."),
            Self::NoMatchingConfig { action } => Text::name(action).and(Text::ours(
                " does not apply to any config in this pull request.",
            )),
            Self::ConfigNotChanged {
                wanted,
                similar,
                changed,
            } => Text::name(wanted)
                .and(Text::ours(
                    " is not a config that this pull request changes. ",
                ))
                .and(config_hint(similar.as_deref(), changed)),
            Self::ConfigAmbiguous { wanted } => Text::name(wanted).and(Text::ours(
                " is the name of several configs of this pull request. Write the path with its folder.",
            )),
            Self::CodeUnknown { wanted, similar } => Text::ours("Unknown code: ")
                .and(Text::name(wanted))
                .and(Text::ours(". "))
                .and(match similar {
                    Some(similar) => did_you_mean(similar),
                    None => Text::ours("Codes are in brackets after `error` and `warning`."),
                }),
            Self::ProductUnknown => Text::ours(
                "No product or tier has this name. `/provisioner list-products` lists them.",
            ),
        }
    }
}

fn config_hint(similar: Option<&str>, changed: &[String]) -> Text {
    if changed.is_empty() {
        return Text::ours("The pull request changes no config.");
    }
    if let Some(similar) = similar {
        return did_you_mean(similar);
    }
    let names = Text::list(changed.iter().take(MAX_NAMES).map(Text::name));
    let more = match changed.len().saturating_sub(MAX_NAMES) {
        0 => Text::default(),
        more => Text::ours(", and ")
            .and(Text::number(more))
            .and(Text::ours(" more")),
    };
    Text::ours("It changes ")
        .and(names)
        .and(more)
        .and(Text::ours("."))
}

fn did_you_mean(similar: &str) -> Text {
    Text::ours("Did you mean ")
        .and(Text::name(similar))
        .and(Text::ours("?"))
}

/// The answer to one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplySection {
    /// The command; `None` for a line that is not a command, and for a failure between commands.
    pub command: Option<String>,
    /// `None` while the command runs.
    pub reply: Option<Reply>,
}

impl ReplySection {
    fn markdown(&self) -> String {
        let title = self.command.as_deref().map(title).unwrap_or_default();
        let text = match &self.reply {
            Some(reply) => reply.markdown(),
            None => "⏳ In progress.".to_owned(),
        };
        format!("{title}{}\n\n", text.trim_end())
    }
}

fn title(command: &str) -> String {
    format!("## {}\n\n", code(command))
}

/// The reply to a comment, after its marker, in at most `limit` characters.
pub fn reply_markdown(marker: &str, sections: &[ReplySection], limit: usize) -> String {
    let mut blocks = vec![Block::Whole(format!("{marker}\n"))];
    blocks.extend(
        sections
            .iter()
            .map(|section| Block::Cut(section.markdown())),
    );
    fit_blocks(blocks, Rest::JobReport, limit)
}

/// The same for the job summary.
pub fn reply_summary(sections: &[ReplySection], limit: usize) -> String {
    let blocks = sections
        .iter()
        .map(|section| Block::Cut(section.markdown()));
    fit_blocks(blocks.collect(), Rest::JobReport, limit)
}
