//! A key of a config as the cause of something.

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::Config;
use crate::diagnostic::Location;

/// A key of the config on which a changed property, a name or the target depends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cause {
    /// Dotted key.
    pub key: String,
    /// In the config or its defaults.
    #[serde(flatten)]
    pub location: Location,
}

impl Cause {
    /// Keys that come from the defaults of the folder and give a config's stack its target and its names.
    pub fn identity_from_defaults(config: &Config) -> Vec<Self> {
        let keys = config.identity_from_defaults().into_iter();
        keys.map(|(key, location)| Self { key, location }).collect()
    }
}
