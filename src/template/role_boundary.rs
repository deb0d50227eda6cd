//! The permissions boundaries of a template's roles.

use serde::{Deserialize, Serialize};

use super::{Document, Resource};

pub const ROLE: &str = "AWS::IAM::Role";

/// A role of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RoleBoundary {
    /// The key in the template.
    pub logical_id: String,
    /// The ARN of the boundary. `None` if the role has no boundary, or an expression.
    pub boundary: Option<String>,
}

/// The roles of a template, each with its boundary.
pub fn role_boundaries(document: &Document) -> Vec<RoleBoundary> {
    let roles = document
        .resources()
        .filter(|resource| resource.kind == ROLE);
    let boundary = |role: &Resource<'_>| {
        let boundary = role.property("PermissionsBoundary")?;
        boundary.text().map(str::to_owned)
    };
    let roles = roles.map(|role| RoleBoundary {
        logical_id: role.logical_id.to_owned(),
        boundary: boundary(&role),
    });
    roles.collect()
}
