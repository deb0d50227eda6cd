//! Whether a resource is the one that a former stack retained, or a later one of the same name.

use super::{Desired, OperationContext, OperationError};
use crate::cloud::{CloudError, STACK_ID_TAG};
use crate::config::Node;
use crate::plan::BUCKET;
use crate::stack::StackArn;
use crate::template::ImportedResource;

const OWN_PREFIX: &str = "provisioner:";

/// Buckets have proof: CloudFormation's tag names the stack, or the bucket has the tags that the template gives it. Names of other types
/// can be taken again too, and CloudFormation refuses to import those of another stack.
pub(super) async fn is_of_former_stack(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    resource: &ImportedResource,
) -> Result<bool, OperationError> {
    if resource.kind != BUCKET {
        return Ok(true);
    }
    let tags = match site.cloud.bucket_tags(&resource.physical_id).await {
        // Tags that cannot be read prove nothing.
        Err(CloudError::Aws(error)) if error.is_refusal() => return Ok(false),
        tags => tags?,
    };
    if let Some(stack) = tags.get(STACK_ID_TAG) {
        let stack = StackArn::parse(stack);
        return Ok(stack.is_ok_and(|stack| stack.name() == desired.stack.name));
    }
    let own = template_tags(desired, &resource.logical_id);
    let mut own = own.iter().filter(|(key, _)| key.starts_with(OWN_PREFIX));
    let Some(first) = own.next() else {
        return Ok(false);
    };
    let has = |(key, value): &(String, String)| tags.get(key) == Some(value);
    Ok(has(first) && own.all(has))
}

/// The tags that the template gives a resource.
fn template_tags(desired: &Desired<'_>, logical_id: &str) -> Vec<(String, String)> {
    let mut resources = desired.document.resources();
    let resource = resources.find(|resource| resource.logical_id == logical_id);
    let Some(resource) = resource else {
        return Vec::new();
    };
    let items = resource.property("Tags").map_or(&[][..], Node::items);
    let pairs = items.iter().filter_map(|tag| {
        let text = |key: &str| tag.get(key).and_then(Node::text).map(str::to_owned);
        Some((text("Key")?, text("Value")?))
    });
    pairs.collect()
}
