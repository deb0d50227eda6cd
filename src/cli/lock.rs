//! `lock`: writes the lock of the built-in products, or compares it with the program that runs.

use std::path::Path;

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::result::ResultFormat;
use crate::VERSION;
use crate::config::{LockedProduct, ProductLock, lock_problems};
use crate::diagnostic::{Code, Diagnostic, Severity, count};
use crate::exit::{Exit, exit_codes};
use crate::model::{FileContents, RepoPath};
use crate::report::{self, JsonDocument, escape_json, escape_workflow_commands, json_text};
use crate::text::{escape_invisible, pluralize};
use crate::workspace::ProductLockFile;

const EXAMPLES: &str = "Examples:
  provisioner lock            write .provisioner/products.lock
  provisioner lock --check    compare it with this program

The file names the version and digest of each built-in product. Commit it.
provisioner then denies changes with any other version or digest.";

#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct LockArgs {
    /// Compare the file with this program, and write nothing
    #[arg(long)]
    check: bool,
    /// Print the results in this format
    #[arg(long, value_enum, default_value_t)]
    format: ResultFormat,
}

fn after_help() -> String {
    let codes = exit_codes(&[
        (Exit::Ok, "written, or the same as this program"),
        (
            Exit::Config,
            "with --check: missing, different or with errors; without: of a newer format",
        ),
        (Exit::Usage, "the file cannot be read or written"),
    ]);
    format!("{EXAMPLES}\n\n{codes}")
}

/// What `lock` did, or found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum LockResult {
    /// The file is new.
    Created,
    /// The file named other products.
    Updated,
    /// The file is the same as before.
    Unchanged,
    /// `--check`: the file names the products of this program.
    Same,
    /// `--check`: the file is missing, differs or has errors. Without `--check`: it has a newer format and was not replaced.
    Different,
}

impl LockResult {
    fn word(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::Same => "ok",
            Self::Different => "failed",
        }
    }
}

/// The lock of the built-in products.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LockReport {
    /// Path of the file.
    path: RepoPath,
    result: LockResult,
    /// The version of this program.
    provisioner: &'static str,
    /// The built-in products of this program.
    products: Vec<BuiltInProduct>,
    /// All problems of the file.
    diagnostics: Vec<Diagnostic>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BuiltInProduct {
    /// As configs and the lock know it.
    name: String,
    #[serde(flatten)]
    runs: LockedProduct,
}

impl JsonDocument for LockReport {
    const NAME: &'static str = "lock-report";
    const TITLE: &'static str = "The lock of the built-in products";
    const FORMAT: &'static str = "provisioner-lock/1";
}

/// Writes or checks the lock. Returns standard output and the exit code.
pub fn run(args: &LockArgs) -> (String, Exit) {
    let place = ProductLockFile::around(Path::new("."));
    let running = ProductLock::running();
    let done = match args.check {
        true => compare(&place),
        false => write(&place, &running.to_text()),
    };
    let (result, diagnostics) = match done {
        Ok(done) => done,
        Err(error) => {
            log::error!("{}", escape_invisible(&error, false));
            return (String::new(), Exit::Usage);
        }
    };
    let path = place.shown;
    let products = running.products.iter();
    let report = LockReport {
        path,
        result,
        provisioner: VERSION,
        products: products
            .map(|(name, runs)| BuiltInProduct {
                name: name.clone(),
                runs: runs.clone(),
            })
            .collect(),
        diagnostics,
    };
    let exit = match result {
        LockResult::Different => Exit::Config,
        _ => Exit::Ok,
    };
    (report.print(args.format), exit)
}

/// What was done, and the problems of the file; `Err` if it cannot be read or written.
type Done = Result<(LockResult, Vec<Diagnostic>), String>;

fn compare(place: &ProductLockFile) -> Done {
    let path = &place.shown;
    let problems = match read(place)? {
        Some(file) => lock_problems(path, &file),
        None => {
            let message = "the repository has no lock of the built-in products";
            let problem = Diagnostic::error(Code::ProductNotLocked, path, message);
            vec![problem.with_help("commit what `provisioner lock` writes")]
        }
    };
    let result = match problems.is_empty() {
        true => LockResult::Same,
        false => LockResult::Different,
    };
    Ok((result, problems))
}

/// Replaces no file of a format that this program does not know.
fn write(place: &ProductLockFile, text: &str) -> Done {
    let path = &place.shown;
    let before = read(place)?;
    let mut notes = Vec::new();
    match before.as_ref().map(|file| ProductLock::read(path, file)) {
        Some(Ok(lock)) if lock.is_of_later_program() => {
            let message = format!(
                "the lock was of provisioner {}, which is later than {VERSION}",
                lock.provisioner
            );
            let note = Diagnostic::error(Code::ProductNotLocked, path, message);
            let help = format!("commit it only if CI is to run {VERSION} again");
            notes.push(note.with_severity(Severity::Warning).with_help(help));
        }
        Some(Err(problems)) if problems.iter().any(|it| it.code == Code::ProgramTooOld) => {
            return Ok((LockResult::Different, problems));
        }
        _ => {}
    }
    let result = match before.as_ref().and_then(FileContents::bytes) {
        Some(before) if before == text.as_bytes() => return Ok((LockResult::Unchanged, notes)),
        Some(_) => LockResult::Updated,
        None => LockResult::Created,
    };
    place
        .write(text)
        .map_err(|error| format!("cannot write `{path}`: {error}"))?;
    Ok((result, notes))
}

fn read(place: &ProductLockFile) -> Result<Option<FileContents>, String> {
    let read = place.read();
    read.map_err(|error| format!("cannot read `{}`: {error}", place.shown))
}

impl LockReport {
    fn print(&self, format: ResultFormat) -> String {
        match format {
            ResultFormat::Text => {
                let mut text = report::diagnostics(&self.diagnostics);
                if !text.is_empty() {
                    text.push('\n');
                }
                let line = escape_invisible(&self.line(), false).into_owned();
                text.push_str(&format!("{line}\n{}\n", self.summary_line()));
                escape_workflow_commands(&text)
            }
            ResultFormat::Json => json_text(self).unwrap_or_default(),
            ResultFormat::Sarif => {
                let sarif = report::sarif(self.diagnostics.iter(), VERSION);
                escape_json(format!("{sarif:#}\n"))
            }
            ResultFormat::Markdown => {
                let mark = match self.result {
                    LockResult::Different => "❌",
                    _ => "✅",
                };
                let item = std::iter::once((mark, self.line(), String::new()));
                let summary = self.summary_line();
                escape_workflow_commands(&report::results_markdown(
                    &summary,
                    item,
                    &self.diagnostics,
                ))
            }
        }
    }

    fn line(&self) -> String {
        format!("{} {}", self.result.word(), self.path)
    }

    fn summary_line(&self) -> String {
        let (errors, warnings) = count(&self.diagnostics);
        format!(
            "lock: {} of provisioner {VERSION}, {}, {}",
            pluralize(self.products.len(), "product"),
            pluralize(errors, "error"),
            pluralize(warnings, "warning")
        )
    }
}
