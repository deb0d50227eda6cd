//! Progress and prompts at the command line.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::atomic::{AtomicBool, Ordering};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::logger;
use super::trail::Trail;
use crate::ci;
use crate::guard::{Authority, LockState, YES};
use crate::job::{is_milestone, print_line};
use crate::operation::{AuthoritySource, Progress, ShownEffect, ToConfirm};
use crate::report::{self, Counted, Format, Redactor, Step, event_line};
use crate::stack::{StackEvent, StackName};
use crate::text::escape_invisible;

/// Shared by all stacks of a run: progress bars on a terminal, plain lines elsewhere.
#[derive(Clone)]
pub struct Console {
    bars: Option<&'static MultiProgress>,
    force: bool,
    yes: bool,
    /// The lock of the work tree.
    lock: LockState,
}

impl Console {
    /// `force`, `yes`: whether the command line has `--force` and `--yes`.
    pub fn new(force: bool, yes: bool, lock: LockState) -> Self {
        Self {
            bars: logger::bars(),
            force,
            yes,
            lock,
        }
    }

    /// Whether a person at a terminal confirms changes. Without `--force` the guard denies them anyway.
    pub fn prompts(&self) -> bool {
        self.force && self.bars.is_some() && std::io::stdin().is_terminal()
    }

    /// The progress of one stack, which `trail` records. `values` hides values that may not be shown.
    pub fn for_stack(&self, values: Redactor, trail: Trail) -> StackProgress {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(ProgressBar::new_spinner());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {prefix} {wide_msg}") {
                bar.set_style(style);
            }
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            bar
        });
        StackProgress {
            console: self.clone(),
            bar,
            values,
            trail,
            asked: AtomicBool::new(false),
        }
    }
}

/// Columns of the terminal; `None` if standard output is not a terminal, so that nothing is wrapped.
#[expect(
    clippy::disallowed_methods,
    reason = "the width is that of standard output, to which nothing is written here"
)]
pub fn width() -> Option<u16> {
    let (width, _) = terminal_size::terminal_size_of(std::io::stdout())?;
    Some(width.0)
}

/// The progress of one stack.
pub struct StackProgress {
    console: Console,
    bar: Option<ProgressBar>,
    values: Redactor,
    trail: Trail,
    asked: AtomicBool,
}

impl Drop for StackProgress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for StackProgress {
    fn step(&self, stack: &StackName, step: Step<'_>) {
        self.trail
            .add_now(&format!("{}: {}", stack.name, step.words()));
        match &self.bar {
            Some(bar) => {
                bar.set_prefix(stack.name.clone());
                bar.set_message(step.words());
            }
            None => print_line(&format!("{}: {}", stack.name, step.words())),
        }
    }

    fn event(&self, stack: &StackName, event: &StackEvent) {
        let line = event_line(stack, event, &self.values);
        print_line(&line);
        let mark = match event.status.ends_with("_FAILED") {
            true => "error: ",
            false => "",
        };
        self.trail.add(format!("{mark}{line}"));
    }

    fn count(&self, stack: &StackName, what: Counted<'_>, done: u64, of: Option<u64>) {
        let line = what.line(done, of);
        if is_milestone(done, of) {
            self.trail.add_now(&format!("{}: {line}", stack.name));
        }
        match &self.bar {
            Some(bar) => bar.set_message(line),
            None if is_milestone(done, of) => {
                print_line(&format!("{}: {line}", stack.name));
            }
            None => {}
        }
    }
}

impl AuthoritySource for StackProgress {
    fn authority(&self, stack: &StackName, about: Option<ToConfirm<'_>>) -> Authority {
        let is_answered = |about: &ToConfirm<'_>| self.console.yes && about.word == YES;
        let about = about.filter(|about| self.prompts() && !is_answered(about));
        Authority::CommandLine {
            force: self.console.force,
            typed: about.map(|about| self.prompt_for_confirmation(stack, about)),
            lock: self.console.lock.clone(),
            now: ci::now(),
        }
    }

    fn prompts(&self) -> bool {
        self.console.prompts()
    }

    fn has_prompted(&self) -> bool {
        self.asked.load(Ordering::Relaxed)
    }
}

impl StackProgress {
    fn prompt_for_confirmation(&self, stack: &StackName, about: ToConfirm<'_>) -> String {
        let format = Format::Text(width());
        let (summary, tables) = match about.effect {
            ShownEffect::Deletion(deletion) => (
                report::deletion_summary(deletion),
                report::deletion(deletion, format),
            ),
            ShownEffect::Adoption(adoption) => (
                report::adoption_line(&stack.name, adoption),
                report::adoption(adoption, format),
            ),
            ShownEffect::Unadoption(found) => (
                report::unadoption_line(&stack.name, found),
                report::unadoption(found, format),
            ),
            ShownEffect::Restoration(found) => (
                report::restoration_summary(found),
                report::restoration(found, &self.values, format),
            ),
            ShownEffect::Rollback(found) => (
                report::rollback_summary(found),
                report::rollback(found, &self.values, format),
            ),
            ShownEffect::Changes(changes) => (
                report::changes_summary(changes),
                report::changes(changes, &self.values, format),
            ),
        };
        let warnings = report::diagnostics(about.warnings);
        let word = match about.word {
            YES => "`yes`",
            _ => "the stack's name",
        };
        let ask = || {
            logger::prompt(&format!(
                "{}\n{tables}{warnings}\nType {word} to continue: ",
                escape_invisible(&summary, false),
            ));
            let mut line = String::new();
            match std::io::stdin().lock().read_line(&mut line) {
                Ok(_) => line.trim().to_owned(),
                Err(_) => String::new(),
            }
        };
        self.step(stack, Step::Confirmation);
        self.asked.store(true, Ordering::Relaxed);
        match &self.console.bars {
            Some(bars) => bars.suspend(ask),
            None => ask(),
        }
    }
}
