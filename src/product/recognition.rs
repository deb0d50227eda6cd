//! Why a product is not used for a config.

use std::fmt;

use super::InvalidProduct;
use crate::model::{IrregularFile, RepoPath};

/// Why a product cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnreadableProduct {
    Invalid(InvalidProduct),
    /// One of its files is not a regular file.
    NotRegular(RepoPath, IrregularFile),
}

impl fmt::Display for UnreadableProduct {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(error) => error.fmt(f),
            Self::NotRegular(path, found) => {
                write!(f, "{path}: not a regular file: {}", found.words())
            }
        }
    }
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
