//! Which messages are shown: by `-v`, `-q` and `RUST_LOG`.

use env_filter::{Builder, Filter};
use log::{Level, LevelFilter, Metadata, Record};

use crate::text::or_list;

/// The targets of this program's messages begin with it.
const PROGRAM: &str = env!("CARGO_PKG_NAME");
/// Dependencies that write to the same logger. The others use `tracing`, which nothing here reads.
const DEPENDENCIES: [&str; 2] = ["hyper_rustls", "rustls"];

/// The level without flags and `RUST_LOG`.
const DEFAULT: LevelFilter = LevelFilter::Info;

/// A filter that never hides an error of this program.
pub struct LogFilter(Filter);

impl LogFilter {
    /// Each `-v` or `-q` moves one step from the default level.
    pub fn for_flags(verbose: u8, quiet: u8) -> Self {
        Self::for_level(level(verbose, quiet))
    }

    /// The filter of `RUST_LOG`, and a warning if a part of the variable has no effect.
    pub fn for_variable(text: &str) -> (Self, Option<String>) {
        let mut builder = Builder::new();
        if let Err(error) = builder.try_parse(text) {
            let filter = Self::for_level(DEFAULT);
            return (filter, Some(format!("RUST_LOG: {error}")));
        }
        let names: Vec<&str> = names(text).collect();
        let selects_program = |name: &&str| *name == PROGRAM || is_level(name);
        if !names.iter().any(selects_program) {
            builder.filter_module(PROGRAM, DEFAULT);
        }
        let unknown = names
            .iter()
            .find(|name| !is_level(name) && !is_target(name));
        let warning = unknown.map(|name| {
            let targets = [&[PROGRAM], &DEPENDENCIES[..]].concat();
            format!(
                "RUST_LOG: unknown level or target: `{name}`\n  help: write a level, such as `debug`, or `TARGET=LEVEL`; a target is {}",
                or_list(&targets)
            )
        });
        (Self(builder.build()), warning)
    }

    fn for_level(level: LevelFilter) -> Self {
        Self(Builder::new().filter_module(PROGRAM, level).build())
    }

    pub fn max_level(&self) -> LevelFilter {
        self.0.filter().max(LevelFilter::Error)
    }

    pub fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        is_own_error(metadata) || self.0.enabled(metadata)
    }

    pub fn matches(&self, record: &Record<'_>) -> bool {
        is_own_error(record.metadata()) || self.0.matches(record)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self::for_level(DEFAULT)
    }
}

fn is_own_error(metadata: &Metadata<'_>) -> bool {
    metadata.level() == Level::Error && is_at_or_below(metadata.target(), PROGRAM)
}

fn level(verbose: u8, quiet: u8) -> LevelFilter {
    match i16::from(verbose) - i16::from(quiet) {
        ..=-2 => LevelFilter::Error,
        -1 => LevelFilter::Warn,
        0 => DEFAULT,
        1 => LevelFilter::Debug,
        2.. => LevelFilter::Trace,
    }
}

/// The levels and targets of `RUST_LOG`: `level`, `target` or `target=level`, separated by commas. A `/` begins a filter by text.
fn names(text: &str) -> impl Iterator<Item = &str> {
    let directives = text.split('/').next().unwrap_or_default().split(',');
    directives
        .map(|directive| directive.split('=').next().unwrap_or_default().trim())
        .filter(|name| !name.is_empty())
}

fn is_level(name: &str) -> bool {
    name.parse::<LevelFilter>().is_ok()
}

fn is_target(name: &str) -> bool {
    let known = [&[PROGRAM], &DEPENDENCIES[..]].concat();
    known.iter().any(|target| is_at_or_below(name, target))
}

fn is_at_or_below(name: &str, target: &str) -> bool {
    let rest = name.strip_prefix(target);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shows(text: &str, level: Level, target: &str) -> bool {
        let (filter, _) = LogFilter::for_variable(text);
        let metadata = Metadata::builder().level(level).target(target).build();
        filter.enabled(&metadata) && filter.max_level() >= level
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

    #[test]
    fn errors_of_the_program_are_always_shown() {
        for text in [
            "off",
            "bogus",
            "aws_config=debug",
            "provisioner=off",
            "rustls=warn",
        ] {
            assert!(shows(text, Level::Error, "provisioner::cli"), "{text}");
        }
        assert!(!shows("off", Level::Error, "rustls"));
        assert!(!shows("off", Level::Warn, "provisioner"));
    }

    #[test]
    fn another_target_keeps_the_level_of_the_program() {
        assert!(shows("rustls=debug", Level::Info, "provisioner::cli"));
        assert!(!shows("rustls=debug", Level::Debug, "provisioner::cli"));
        assert!(shows("rustls=debug", Level::Debug, "rustls::client"));
        assert!(shows(
            "provisioner::cloud=debug",
            Level::Info,
            "provisioner::cli"
        ));
        assert!(!shows("warn", Level::Info, "provisioner::cli"));
    }

    #[test]
    fn parts_without_effect_are_warned_about() {
        let warning = |text: &str| LogFilter::for_variable(text).1;
        for text in [
            "debug",
            "rustls=debug,provisioner::cloud=trace",
            "info/token",
            "",
        ] {
            assert_eq!(warning(text), None, "{text}");
        }
        for (text, part) in [
            ("bogus", "`bogus`"),
            ("aws_config=debug", "`aws_config`"),
            ("debug,provisionerx=info", "`provisionerx`"),
            ("provisioner=loud", "loud"),
        ] {
            let warning = warning(text).unwrap_or_default();
            assert!(warning.contains(part), "{text}: {warning}");
        }
    }
}
