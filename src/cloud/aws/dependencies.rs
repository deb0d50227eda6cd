//! Reads what a stack depends on and does not create.

use std::collections::BTreeMap;

use super::{Cloud, error};
use crate::cloud::{CloudError, Existence, LiveName, NameState, Result, SsmParameter};
use crate::plan::BUCKET;
use crate::template::{BUCKET_POLICY, SSM_PARAMETER};

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

    /// The name of a resource, by its primary identifier. `property`: the one that holds the name.
    pub async fn live_name(
        &self,
        kind: &str,
        identifier: &str,
        property: &str,
    ) -> Result<LiveName> {
        let resource = self.control.get_resource();
        let resource = resource.type_name(kind).identifier(identifier).send().await;
        let found = match resource.map_err(|e| error::from_sdk("GetResource", e)) {
            Ok(found) => found.resource_description,
            Err(error) if error.has_code("ResourceNotFoundException") => {
                return Ok(LiveName::Missing);
            }
            Err(CloudError::Aws(_)) => return Ok(LiveName::Unknown),
            Err(error) => return Err(error),
        };
        let properties = found.and_then(|found| found.properties).unwrap_or_default();
        let properties: serde_json::Value = serde_json::from_str(&properties).unwrap_or_default();
        let name = properties.get(property).and_then(|name| name.as_str());
        Ok(name.map_or(LiveName::Unnamed, |name| LiveName::Named(name.to_owned())))
    }

    /// Whether something has these names, each a type and a primary identifier. Parameters are read in few requests.
    pub async fn name_states(&self, names: &[(&str, &str)]) -> Result<Vec<NameState>> {
        let parameters = names.iter().filter(|(kind, _)| *kind == SSM_PARAMETER);
        let parameters: Vec<String> = parameters.map(|(_, id)| (*id).to_owned()).collect();
        let parameters = match self.parameters(&parameters).await {
            Ok(found) => Some(found),
            Err(CloudError::Aws(error)) if error.is_refusal() => None,
            Err(error) => return Err(error),
        };
        let mut states = Vec::new();
        for (kind, id) in names {
            let is_taken = match *kind {
                SSM_PARAMETER => Ok(parameters.as_ref().map(|found| found.contains_key(*id))),
                BUCKET => self.has_bucket(id).await.map(Some),
                _ => self.has_resource(kind, id).await.map(Some),
            };
            states.push(match is_taken {
                Ok(Some(true)) => NameState::Taken,
                Ok(Some(false)) => NameState::Free,
                Ok(None) | Err(CloudError::Aws(_)) => NameState::Unknown,
                Err(error) => return Err(error),
            });
        }
        Ok(states)
    }

    /// Whether a bucket has a policy. A bucket that does not exist has none.
    pub async fn policy_state(&self, bucket: &str) -> Result<NameState> {
        let policy = self.objects.get_bucket_policy().bucket(bucket).send().await;
        match policy.map_err(|e| error::from_sdk("GetBucketPolicy", e)) {
            Ok(_) => Ok(NameState::Taken),
            Err(error) if error.has_code("NoSuchBucketPolicy") || error.is_not_found() => {
                Ok(NameState::Free)
            }
            Err(CloudError::Aws(_)) => Ok(NameState::Unknown),
            Err(error) => Err(error),
        }
    }

    /// Whether any account has a bucket of this name.
    async fn has_bucket(&self, name: &str) -> Result<bool> {
        let head = self.objects.head_bucket().bucket(name).send().await;
        match head.map_err(|e| error::from_sdk("HeadBucket", e)) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Whether a resource to import exists in the account. `id`: its primary identifier.
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
        // Its identifier is the name of its bucket.
        if kind == BUCKET_POLICY {
            return Ok(match self.policy_state(id).await? {
                NameState::Taken => Existence::Exists,
                NameState::Free => Existence::Missing,
                NameState::Unknown => Existence::Unknown,
            });
        }
        match self.has_resource(kind, id).await {
            Ok(true) => Ok(Existence::Exists),
            Ok(false) => Ok(Existence::Missing),
            Err(error) if UNSUPPORTED.iter().any(|code| error.has_code(code)) => {
                Ok(Existence::Unsupported)
            }
            Err(CloudError::Aws(_)) => Ok(Existence::Unknown),
            Err(error) => Err(error),
        }
    }
}
