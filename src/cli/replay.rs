//! `replay`: recomputes a run's decisions and comments from its evidence file, offline.

use std::path::PathBuf;

use clap::{Args, ValueHint};

use super::products::TextFormat;
use crate::exit::{Exit, exit_codes};
use crate::report::{self, EvidenceError, escape_workflow_commands, json_text};
use crate::text::pluralize;

/// The largest evidence file that is read. 200 stacks need about a hundredth of it.
const MAX_BYTES: u64 = 256 << 20;

const EXAMPLES: &str = "Examples:
  provisioner replay provisioner-evidence.json    print the comments of the run
  provisioner replay FILE --format json           for programs";

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct ReplayArgs {
    /// Evidence file of the run
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    evidence: PathBuf,
    /// Print the comments in this format
    #[arg(long, value_enum, default_value_t)]
    format: TextFormat,
}

fn after_help() -> String {
    let codes = exit_codes(&[
        (Exit::Ok, "every decision and comment is the same"),
        (Exit::Usage, "no evidence file, or one of another version"),
        (Exit::Denied, "a decision or a comment differs"),
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

/// Prints the comments, and reports differences from the record.
pub fn replay(args: &ReplayArgs) -> (String, Exit) {
    let file = &args.evidence;
    let text = match crate::workspace::read_file(file, MAX_BYTES) {
        Ok(text) => text,
        Err(error) => {
            log::error!("{}: {error:#}", file.display());
            return (String::new(), Exit::Usage);
        }
    };
    let replayed = match report::replay(&text) {
        Ok(replayed) => replayed,
        Err(
            error @ (EvidenceError::Json(_)
            | EvidenceError::TooNew { .. }
            | EvidenceError::TooOld { .. }),
        ) => {
            log::error!("{}: {error}", file.display());
            return (String::new(), Exit::Usage);
        }
        Err(error @ EvidenceError::Comment(_)) => {
            log::error!("{error}");
            return (String::new(), Exit::Internal);
        }
    };
    for difference in &replayed.differences {
        log::warn!("different: {difference}");
    }
    log::info!(
        "replay: {}, {}, {}",
        pluralize(replayed.decisions, "decision"),
        pluralize(replayed.comments.len(), "comment"),
        pluralize(replayed.differences.len(), "difference")
    );
    let exit = match replayed.differences.is_empty() {
        true => Exit::Ok,
        false => Exit::Denied,
    };
    let text = match args.format {
        TextFormat::Text => escape_workflow_commands(&replayed.comments.join("\n")),
        TextFormat::Json => json_text(&replayed).unwrap_or_default(),
    };
    (text, exit)
}
