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
use env_filter::{Builder, Filter};
use indicatif::{MultiProgress, ProgressDrawTarget};
use log::{Level, LevelFilter, Log, Metadata, Record};

use crate::diagnostic::LOG_TARGET;
use crate::report::escape_workflow_commands;

/// Errors are red, warnings yellow, other text has the terminal's own color.
const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();

/// The level without flags, and until flags are read.
const DEFAULT: LevelFilter = LevelFilter::Info;

/// Progress bars of this process. Hidden unless standard error is a terminal.
static BARS: LazyLock<MultiProgress> =
    LazyLock::new(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()));

static LOGGER: OnceLock<Logger> = OnceLock::new();

struct Logger(Filter);

/// The level for these flags. Each `-v` or `-q` moves one step from the default.
pub fn level(verbose: u8, quiet: u8) -> LevelFilter {
    match i16::from(verbose) - i16::from(quiet) {
        ..=-2 => LevelFilter::Error,
        -1 => LevelFilter::Warn,
        0 => DEFAULT,
        1 => LevelFilter::Debug,
        2.. => LevelFilter::Trace,
    }
}

/// Starts the logger. `level` comes from the flags, `directives` from `RUST_LOG`; flags win.
/// Fails if the directives are invalid.
pub fn start(
    color: ColorChoice,
    level: Option<LevelFilter>,
    directives: Option<&str>,
) -> Result<(), String> {
    color.write_global();
    let mut builder = Builder::new();
    let own = |level| (env!("CARGO_PKG_NAME"), level);
    let unreadable = match (level, directives) {
        (None, Some(text)) => builder
            .try_parse(text)
            .err()
            .map(|error| format!("RUST_LOG: {error}")),
        (level, _) => {
            let (module, level) = own(level.unwrap_or(DEFAULT));
            builder.filter_module(module, level);
            None
        }
    };
    if unreadable.is_some() {
        builder.filter_module(env!("CARGO_PKG_NAME"), DEFAULT);
    }
    let filter = builder.build();
    let most = filter.filter();
    // A second call of `run` in one process keeps the logger of the first.
    if log::set_logger(LOGGER.get_or_init(|| Logger(filter))).is_ok() {
        log::set_max_level(most);
    }
    unreadable.map_or(Ok(()), Err)
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
    fn diagnostics_name_their_severity_once() {
        let text = "x.yaml:1:1: error[x]: wrong\n";
        assert_eq!(shown(LOG_TARGET, Level::Error, text), text);
    }

    #[test]
    fn flags_step_through_the_levels() {
        assert_eq!(level(0, 0), LevelFilter::Info);
        assert_eq!(level(1, 0), LevelFilter::Debug);
        assert_eq!(level(3, 0), LevelFilter::Trace);
        assert_eq!(level(0, 1), LevelFilter::Warn);
        assert_eq!(level(0, 5), LevelFilter::Error);
        assert_eq!(level(1, 1), LevelFilter::Info);
    }
}
