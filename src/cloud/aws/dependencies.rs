//! Reads what a stack depends on and does not create.

use std::collections::BTreeMap;

use super::{Cloud, error};
use crate::cloud::{CloudError, Existence, Result, SsmParameter};
use crate::plan::BUCKET;

/// The maximum number of names in a request of `GetParameters`.
const MAX_NAMES: usize = 10;

/// What Cloud Control answers for a type that it cannot read.
/// <https://docs.aws.amazon.com/cloudcontrolapi/latest/APIReference/API_GetResource.html>
const UNSUPPORTED: [&str; 2] = ["TypeNotFoundException", "UnsupportedActionException"];

impl Cloud {
    /// Parameters by name, without those that do not exist. Secure values stay encrypted.
    pub async fn parameters(&self, names: &[String]) -> Result<BTreeMap<String, SsmParameter>> {
        let mut found = BTreeMap::new();
        for names in names.chunks(MAX_NAMES) {
            let page = self
                .parameters
                .get_parameters()
                .set_names(Some(names.to_vec()))
                .send()
                .await;
            let page = page.map_err(|e| error::from_sdk("GetParameters", e))?;
            let parameters = page.parameters.into_iter().flatten();
            found.extend(parameters.filter_map(|parameter| {
                let kind = parameter.r#type.as_ref().map(|kind| kind.as_str());
                let kind = kind.unwrap_or_default().to_owned();
                let value = parameter.value?;
                Some((parameter.name?, SsmParameter { kind, value }))
            }));
        }
        Ok(found)
    }

    /// Whether a resource of any type exists, by its primary identifier. Source: the Cloud Control API, which knows every type of
    /// CloudFormation's registry.
    pub async fn has_resource(&self, kind: &str, identifier: &str) -> Result<bool> {
        let resource = self
            .control
            .get_resource()
            .type_name(kind)
            .identifier(identifier)
            .send()
            .await;
        match resource.map_err(|e| error::from_sdk("GetResource", e)) {
            Ok(_) => Ok(true),
            Err(error) if error.has_code("ResourceNotFoundException") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a resource to import exists in the account. If AWS refuses the answer, it does: an import of a missing resource fails and
    /// changes nothing. `id`: its primary identifier.
    pub async fn existence(&self, kind: &str, id: &str) -> Result<Existence> {
        if kind == BUCKET {
            let head = self.objects.head_bucket().bucket(id);
            let head = head
                .expected_bucket_owner(&self.caller().account)
                .send()
                .await;
            return match head.map_err(|e| error::from_sdk("HeadBucket", e)) {
                Ok(_) => Ok(Existence::Exists),
                // The name belongs to another account by now, or to nobody.
                Err(error) if error.is_not_found() => Ok(Existence::Missing),
                Err(CloudError::Aws(error)) if error.is_refusal() => Ok(Existence::Missing),
                Err(error) => Err(error),
            };
        }
        match self.has_resource(kind, id).await {
            Ok(true) => Ok(Existence::Exists),
            Ok(false) => Ok(Existence::Missing),
            Err(error) if UNSUPPORTED.iter().any(|code| error.has_code(code)) => {
                Ok(Existence::Unsupported)
            }
            Err(CloudError::Aws(_)) => Ok(Existence::Exists),
            Err(error) => Err(error),
        }
    }
}
