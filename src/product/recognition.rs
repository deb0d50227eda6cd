//! How a config is recognized, and why a product is not used for it.

use std::fmt;

use globset::Glob;
use indexmap::IndexMap;

use super::bounds::bounded;
use super::fault::{self, FaultPlace, InvalidProduct, ProductFault, yaml_fault};
use super::manifest::ParameterPrefix;
use super::source::{MANIFEST, ProductSource};
use crate::model::{IrregularFile, RepoPath};
use crate::text::quote;

/// Why a product cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnreadableProduct {
    Invalid(InvalidProduct),
    /// One of its files is not a regular file.
    NotRegular(RepoPath, IrregularFile),
}

/// Why a config has no product, or a product does not load.
#[derive(Debug, PartialEq, Eq)]
pub enum RecognitionError {
    /// No section and no file name matches.
    Unknown,
    /// The file has sections of these products.
    Ambiguous(Vec<String>),
    /// The matching product does not load.
    Invalid(InvalidProduct),
    /// A file of a product is not a regular file.
    NotRegular(RepoPath, IrregularFile),
}

impl fmt::Display for RecognitionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("no product has the sections of this file"),
            Self::Ambiguous(products) => {
                write!(f, "several products match: {}", products.join(", "))
            }
            Self::Invalid(error) => error.fmt(f),
            Self::NotRegular(path, found) => {
                write!(f, "{path}: not a regular file: {}", found.words())
            }
        }
    }
}

impl From<UnreadableProduct> for RecognitionError {
    fn from(error: UnreadableProduct) -> Self {
        match error {
            UnreadableProduct::Invalid(error) => Self::Invalid(error),
            UnreadableProduct::NotRegular(path, found) => Self::NotRegular(path, found),
        }
    }
}

#[derive(Clone, Debug, serde::Deserialize)]
pub(super) struct Recognised {
    pub name: String,
    pub section: String,
    pub files: String,
    /// Compiled with the product; here only their names and verbs count.
    #[serde(default)]
    pub actions: IndexMap<String, serde_yaml::Value>,
    pub folders: Option<serde::de::IgnoredAny>,
    #[serde(default)]
    pub permissions: NamedParameters,
}

/// The part of a manifest's `permissions` that limits what a check may read.
#[derive(Clone, Debug, Default, serde::Deserialize)]
pub(super) struct NamedParameters {
    #[serde(default)]
    pub parameters: Vec<ParameterPrefix>,
}

/// The parts of the manifest that recognize a config, if its files are small enough to be read.
pub(super) fn recognised(source: &ProductSource) -> Result<Recognised, ProductFault> {
    bounded(&source.files)?;
    recognised_manifest(source)
}

/// The same for a product of the program, whose files have known sizes.
pub(super) fn recognised_manifest(source: &ProductSource) -> Result<Recognised, ProductFault> {
    let Some(text) = source.files.get(MANIFEST) else {
        let message = format!("a required file is missing: `{MANIFEST}`");
        let help = format!("create `{MANIFEST}` in the product's folder");
        return Err(ProductFault::of_file("", message).with_help(help));
    };
    let recognised: Recognised =
        serde_yaml::from_str(text).map_err(|error| yaml_fault(MANIFEST, &error))?;
    let at = |key: &str, message: String| {
        let place = FaultPlace::Key(fault::key([key]));
        ProductFault::new(MANIFEST, place, message)
    };
    if recognised.name != source.name {
        let message = format!(
            "the name is {}, and the folder is {}",
            quote(&recognised.name),
            quote(&source.name)
        );
        let help = format!("write `name: {}`, or rename the folder", source.name);
        return Err(at("name", message).with_help(help));
    }
    if let Err(error) = Glob::new(&recognised.files) {
        let message = format!(
            "invalid glob: {}: {}",
            quote(&recognised.files),
            error.kind()
        );
        return Err(
            at("files", message).with_help("write a glob of file names, such as `*-queue.yaml`")
        );
    }
    Ok(recognised)
}
