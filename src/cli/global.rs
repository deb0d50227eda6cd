//! Options of every command, and their effects: colors and the logger.

use std::ffi::OsString;

use anstream::ColorChoice;
use clap::{ArgAction, Args, ValueEnum as _};

use super::levels::LogFilter;
use super::logger;
use crate::ci::variable;

const HEADING: &str = "Global options";
const COLOR_VARIABLE: &str = "PROVISIONER_COLOR";

#[derive(Debug, Args)]
pub struct GlobalArgs {
    /// Color help and messages on standard error; results have no color
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "WHEN",
        default_value_t,
        env = COLOR_VARIABLE,
        hide_env_values = true,
        help_heading = HEADING
    )]
    pub color: Color,
    /// Show debug messages; twice shows all (overrides RUST_LOG)
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = HEADING)]
    pub verbose: u8,
    /// Show only warnings and errors on standard error; twice shows only errors
    #[arg(short, long, global = true, action = ArgAction::Count, help_heading = HEADING)]
    pub quiet: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

impl GlobalArgs {
    /// Starts the logger for these options and `RUST_LOG`.
    pub fn start_logger(&self) {
        match (self.verbose, self.quiet) {
            (0, 0) => start_for_variable(self.color),
            (verbose, quiet) => {
                logger::start(self.color.into(), LogFilter::for_flags(verbose, quiet));
            }
        }
    }
}

/// Starts the logger for a command line that cannot be parsed.
pub fn start_default_logger(arguments: &[OsString]) {
    start_for_variable(color(arguments));
}

fn start_for_variable(color: Color) {
    let (filter, warning) = match variable("RUST_LOG") {
        Some(text) => LogFilter::for_variable(&text),
        None => (LogFilter::default(), None),
    };
    logger::start(color.into(), filter);
    if let Some(warning) = warning {
        log::warn!("{warning}");
    }
}

/// The choice of colors, read before the command line is parsed: its errors have colors too.
pub fn color(arguments: &[OsString]) -> Color {
    let mut found = variable(COLOR_VARIABLE);
    let mut words = arguments.iter().skip(1).filter_map(|word| word.to_str());
    while let Some(word) = words.next() {
        match word.strip_prefix("--color") {
            Some("") => found = words.next().map(str::to_owned),
            Some(value) if value.starts_with('=') => found = Some(value[1..].to_owned()),
            _ if word == "--" => break,
            _ => {}
        }
    }
    found
        .and_then(|value| Color::from_str(&value, false).ok())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn color_of(arguments: &[&str]) -> Color {
        let arguments: Vec<OsString> = arguments.iter().map(OsString::from).collect();
        color(&arguments)
    }

    #[test]
    fn colors_are_known_before_the_rest_is_read() {
        assert_eq!(
            color_of(&["provisioner", "--color", "never", "x"]),
            Color::Never
        );
        assert_eq!(
            color_of(&["provisioner", "x", "--color=always"]),
            Color::Always
        );
        assert_eq!(color_of(&["provisioner", "--color"]), Color::Auto);
        assert_eq!(
            color_of(&["provisioner", "--", "--color=always"]),
            Color::Auto
        );
    }
}
