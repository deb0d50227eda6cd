//! The only writer to standard error. It escapes invisible characters and workflow commands in every line, and pauses progress bars
//! while it writes.
#![expect(
    clippy::disallowed_methods,
    reason = "this module is the door to standard error"
)]

use std::io::{IsTerminal as _, Write as _};
use std::sync::{LazyLock, OnceLock};

use anstream::ColorChoice;
use anstyle::{AnsiColor, Style};
use indicatif::{MultiProgress, ProgressDrawTarget};
use log::{Level, Log, Metadata, Record};

use super::levels::LogFilter;
use crate::ci;
use crate::diagnostic::LOG_TARGET;
use crate::report::escape_workflow_commands;

/// Errors are red, warnings yellow, other text has the terminal's own color.
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// Progress bars of this process. Hidden unless standard error is a terminal.
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

static LOGGER: OnceLock<Logger> = OnceLock::new();

struct Logger(LogFilter);

/// Starts the logger. A second call in one process keeps the first logger.
pub fn start(color: ColorChoice, filter: LogFilter) {
    color.write_global();
    let most = filter.max_level();
    if log::set_logger(LOGGER.get_or_init(|| Logger(filter))).is_ok() {
        log::set_max_level(most);
    }
}

/// The progress bars; `None` if standard error is not a terminal.
pub fn bars() -> Option<&'static MultiProgress> {
    std::io::stderr().is_terminal().then(|| &*BARS)
}

/// Writes text without a line break, so that a person answers on the same line.
pub fn prompt(text: &str) {
    write(escape_workflow_commands(text).as_bytes());
}

fn write(bytes: &[u8]) {
    let mut stream = anstream::stderr().lock();
    // If standard error is closed, there is no other place to report that.
    let _ = stream.write_all(bytes).and_then(|()| stream.flush());
}

impl Log for Logger {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        self.0.enabled(metadata)
    }

    fn log(&self, record: &Record<'_>) {
        if self.0.matches(record) {
            let line = line(record);
            BARS.suspend(|| write(line.as_bytes()));
        }
    }

    fn flush(&self) {}
}

/// A record as one line. Rendered diagnostics state their own severity.
fn line(record: &Record<'_>) -> String {
    let text = record.args().to_string();
    let text = ci::worded(&text);
    let text = escape_workflow_commands(text.trim_end());
    let (style, word) = match record.level() {
        _ if record.target() == LOG_TARGET => return format!("{text}\n"),
        Level::Error => (ERROR, "error: "),
        Level::Warn => (WARNING, "warning: "),
        Level::Info => return format!("{text}\n"),
        Level::Debug => (Style::new(), "debug: "),
        Level::Trace => (Style::new(), "trace: "),
    };
    format!("{style}{word}{style:#}{text}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(target: &str, level: Level, text: &str) -> String {
        let arguments = format_args!("{text}");
        let record = Record::builder()
            .target(target)
            .level(level)
            .args(arguments)
            .build();
        anstream::adapter::strip_str(&line(&record)).to_string()
    }

    #[test]
    fn lines_name_their_level_and_hold_nothing_live() {
        let shown = |level| {
            shown(
                "provisioner::flow",
                level,
                "a\u{1b}[31m\n::set-output name=x::y\n",
            )
        };
        let rest = "a<U+001B>[31m\n: :set-output name=x::y\n";
        assert_eq!(shown(Level::Error), format!("error: {rest}"));
        assert_eq!(shown(Level::Warn), format!("warning: {rest}"));
        assert_eq!(shown(Level::Info), rest);
        assert_eq!(shown(Level::Debug), format!("debug: {rest}"));
    }

    #[test]
    fn attack_a_file_name_in_a_rate_limit_line() {
        let line = "waiting 60 s: contents of a\n::stop-commands::x\n##[group]y.yaml";
        for target in ["provisioner::forge", "octocrab", LOG_TARGET] {
            for level in [Level::Error, Level::Warn, Level::Info, Level::Debug] {
                let shown = shown(target, level, line);
                assert!(!shown.contains("\n::"), "{target}: {shown}");
                assert!(!shown.contains("##["), "{target}: {shown}");
            }
        }
    }

    #[test]
    fn diagnostics_name_their_severity_once() {
        let text = "x.yaml:1:1: error[x]: wrong\n";
        assert_eq!(shown(LOG_TARGET, Level::Error, text), text);
    }
}
