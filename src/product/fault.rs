//! Faults of a product's files, each with its place.

use std::fmt;
use std::sync::Arc;

use minijinja::ErrorKind;

use super::source::{MANIFEST, ProductSource};
use super::{limits, syntax_help};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProductFault {
    /// The name of the file in the folder; empty for the folder.
    pub file: String,
    pub place: FaultPlace,
    /// What is wrong, with the value.
    pub message: String,
    /// One imperative.
    pub help: Option<String>,
}

/// Where in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultPlace {
    Whole,
    /// Keys and list indices from the root of a YAML or JSON file.
    Key(Vec<String>),
    /// From 1.
    Line(usize),
    /// Line and column, from 1.
    Point(usize, usize),
}

impl ProductFault {
    pub fn new(file: &str, place: FaultPlace, message: impl Into<String>) -> Self {
        Self {
            file: file.to_owned(),
            place,
            message: message.into(),
            help: None,
        }
    }

    /// A fault of a file as a whole.
    pub(super) fn of_file(file: &str, message: impl Into<String>) -> Self {
        Self::new(file, FaultPlace::Whole, message)
    }

    /// A fault at a key of the manifest.
    pub(super) fn at(key: Vec<String>, message: impl Into<String>) -> Self {
        Self::new(MANIFEST, FaultPlace::Key(key), message)
    }

    #[must_use]
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A fault that minijinja found. `place`: of the expression or text; for a template the error has its own.
    pub(super) fn of_engine(file: &str, key: &[String], error: &minijinja::Error) -> Self {
        let deepest = limits::deepest(error);
        let message = words(deepest);
        let fault = match file == MANIFEST {
            true => Self::new(file, FaultPlace::Key(key.to_vec()), message),
            false => {
                let place = deepest.line().map_or(FaultPlace::Whole, FaultPlace::Line);
                Self::new(deepest.name().unwrap_or(file), place, message)
            }
        };
        Self {
            help: syntax_help::of_error(error),
            ..fault
        }
    }
}

/// `product.yaml: names.stack: MESSAGE`.
impl fmt::Display for ProductFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        match &self.place {
            FaultPlace::Whole if self.file.is_empty() => {}
            FaultPlace::Whole => f.write_str(": ")?,
            FaultPlace::Key(key) if key.is_empty() => f.write_str(": ")?,
            FaultPlace::Key(key) => write!(f, ": {}: ", key.join("."))?,
            FaultPlace::Line(line) => write!(f, ":{line}: ")?,
            FaultPlace::Point(line, column) => write!(f, ":{line}:{column}: ")?,
        }
        f.write_str(&self.message)
    }
}

/// A product that does not load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidProduct {
    pub source: Arc<ProductSource>,
    /// At least one.
    pub faults: Vec<ProductFault>,
}

/// The first fault in one line.
impl fmt::Display for InvalidProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "product `{}`", self.source.name)?;
        match self.faults.first() {
            Some(fault) => write!(f, ": {fault}"),
            None => Ok(()),
        }
    }
}

/// An expression or template of the product failed. The product has a bug, not the config.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.fault())]
pub struct ProductError {
    /// The name of the file.
    pub file: String,
    /// The key of the manifest.
    pub key: Vec<String>,
    /// The line of the file, if the error has none.
    pub line: Option<usize>,
    pub source: minijinja::Error,
}

impl ProductError {
    pub fn fault(&self) -> ProductFault {
        let fault = ProductFault::of_engine(&self.file, &self.key, &self.source);
        match (&fault.place, self.line) {
            (FaultPlace::Whole, Some(line)) => ProductFault {
                place: FaultPlace::Line(line),
                ..fault
            },
            _ => fault,
        }
    }

    /// Whether a template failed, and not an expression of the manifest.
    pub fn is_of_template(&self) -> bool {
        self.file != MANIFEST
    }
}

/// The failure of an expression or a text of the manifest.
pub(super) fn failure(key: Vec<String>, source: minijinja::Error) -> ProductError {
    ProductError {
        file: MANIFEST.to_owned(),
        key,
        line: None,
        source,
    }
}

/// The failure of a template or a text: the name of a text is its key.
pub(super) fn render_failure(name: &str, source: minijinja::Error) -> ProductError {
    match name.strip_suffix(TEXT) {
        Some(key) => failure(key.split('/').map(str::to_owned).collect(), source),
        None => ProductError {
            file: name.to_owned(),
            key: Vec::new(),
            line: None,
            source,
        },
    }
}

/// Precedes the help in errors of a file's types.
pub(super) const HELP: &str = "; help: ";

/// How the names of the manifest's texts end. No file of a product has a `/` in its name.
const TEXT: &str = ".text";

/// The name of a text of the manifest: `rules`, 3, `help` → `rules/3/help.text`.
pub(super) fn text_name(list: &str, index: usize, key: &str) -> String {
    format!("{list}/{index}/{key}{TEXT}")
}

/// The parts of a key.
pub(super) fn key<const N: usize>(parts: [&str; N]) -> Vec<String> {
    parts.map(str::to_owned).to_vec()
}

/// An error of minijinja without its place.
fn words(error: &minijinja::Error) -> String {
    if error.kind() == ErrorKind::OutOfFuel {
        return limits::out_of_steps();
    }
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        kind if detail.is_empty() => kind.to_string(),
        ErrorKind::SyntaxError => format!("syntax error: {detail}"),
        // As in "filter x is unknown".
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest | ErrorKind::UnknownFunction => {
            let name = detail.strip_suffix(" is unknown").unwrap_or(detail);
            let name = name.split(' ').next_back().unwrap_or(name);
            format!("{kind}: `{name}`", kind = error.kind())
        }
        ErrorKind::UndefinedError | ErrorKind::InvalidOperation | ErrorKind::UnknownMethod => {
            detail.to_owned()
        }
        kind => format!("{kind}: {detail}"),
    }
}

/// A fault of a file that is not YAML, or holds other values than expected.
pub(super) fn yaml_fault(file: &str, error: &serde_yaml::Error) -> ProductFault {
    let place = error.location().map_or(FaultPlace::Whole, |location| {
        FaultPlace::Point(location.line(), location.column())
    });
    let text = error.to_string();
    // The place is the prefix.
    let message = text.split(" at line ").next().unwrap_or(&text);
    match message.split_once(HELP) {
        Some((message, help)) => ProductFault::new(file, place, message).with_help(help),
        None => ProductFault::new(file, place, message),
    }
}
