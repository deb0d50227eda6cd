//! Regions of no known partition: no name of a service there is known.

use serde_json::Value;

use super::values::LayeredValues;
use crate::diagnostic::{Code, Diagnostic};
use crate::product::{Partition, Product};
use crate::text::quote;

/// The key that holds the region, and its value, if the value belongs to no known partition.
pub(super) fn unknown_region<'a>(
    product: &'a Product,
    values: &Value,
    is_bad: impl Fn(&str) -> bool,
) -> Option<(&'a str, String)> {
    let key = product.region_key().filter(|key| !is_bad(key))?;
    let region = values.pointer(&format!("/{}", key.replace('.', "/")))?;
    let region = region.as_str()?;
    let is_unknown = Partition::of_region(region).is_none();
    is_unknown.then(|| (key, region.to_owned()))
}

pub(super) fn region_error(files: &LayeredValues, key: &str, region: &str) -> Diagnostic {
    let region = quote(region);
    let message = format!("the region belongs to no known partition of AWS: {region}");
    let help = format!("set `{key}` to a region of AWS, such as eu-west-1");
    let place = files.place(key.split('.'));
    place.error(Code::RegionUnknown, message).with_help(help)
}
