//! Lists and deletes all versions of a bucket.

use aws_sdk_s3::types::{Delete, EncodingType, ObjectIdentifier};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::object_keys::{decode, fits_xml};
use super::operations::of_same_stack;
use super::{Cloud, classify, error};
use crate::cloud::{AwsError, CloudError, Result, StackBucket};
use crate::guard::{EmptiesBuckets, Permit};

/// Maximum number of concurrent deletions, of a thousand versions each.
const BATCHES: usize = 4;
/// Maximum number of concurrent deletions of single versions in a batch.
const SINGLES: usize = 8;

/// A key, and the id of a version.
type Version = (String, Option<String>);

/// The position at which a listing continues.
#[derive(Clone, Debug, Default)]
struct Marker {
    key: Option<String>,
    version: Option<String>,
}

struct Page {
    versions: Vec<Version>,
    next: Option<Marker>,
}

impl Cloud {
    /// Number of object versions and delete markers of a bucket; `None` if the bucket does not exist.
    pub async fn count_versions(&self, bucket: &StackBucket) -> Result<Option<u64>> {
        let mut count = 0;
        let mut at = Marker::default();
        loop {
            let page = match self.versions(bucket, &at).await {
                Ok(page) => page,
                Err(error) if error.has_code("NoSuchBucket") => return Ok(None),
                Err(error) => return Err(error),
            };
            count += page.versions.len() as u64;
            match page.next {
                Some(next) => at = next,
                None => return Ok(Some(count)),
            }
        }
    }

    async fn versions(&self, bucket: &StackBucket, at: &Marker) -> Result<Page> {
        self.ensure_not_cancelled()?;
        let page = self
            .objects
            .list_object_versions()
            .bucket(bucket.name())
            .encoding_type(EncodingType::Url)
            .set_key_marker(at.key.clone())
            .set_version_id_marker(at.version.clone())
            .send()
            .await;
        let page = page.map_err(|e| error::from_sdk("ListObjectVersions", e))?;
        let encoding = page.encoding_type;
        let versions = page.versions.into_iter().flatten();
        let versions = versions.map(|version| (version.key, version.version_id));
        let markers = page.delete_markers.into_iter().flatten();
        let markers = markers.map(|marker| (marker.key, marker.version_id));
        let versions = versions
            .chain(markers)
            .filter_map(|(key, version)| Some((decode(key?, encoding.as_ref()), version)));
        let versions = versions.map(|(key, version)| Ok((key?, version)));
        let next = match page.is_truncated.unwrap_or_default() {
            true => Some(Marker {
                key: page
                    .next_key_marker
                    .map(|key| decode(key, encoding.as_ref()))
                    .transpose()?,
                version: page.next_version_id_marker,
            }),
            false => None,
        };
        Ok(Page {
            versions: versions.collect::<Result<_>>()?,
            next,
        })
    }

    /// Deletes every version and every delete marker of a bucket. The next run continues a killed one. `notify` receives the number
    /// of deleted versions.
    ///
    /// Returns the permit, because it is for the stack's deletion.
    pub async fn empty<E: EmptiesBuckets>(
        &self,
        permit: Permit<E>,
        bucket: &StackBucket,
        notify: &(dyn Fn(u64) + Send + Sync),
    ) -> Result<Permit<E>> {
        of_same_stack(&permit, bucket.stack_id())?;
        let pages = stream::try_unfold(Some(Marker::default()), |at| async move {
            let Some(at) = at else { return Ok(None) };
            let page = self.versions(bucket, &at).await?;
            Ok::<_, CloudError>(Some((page.versions, page.next)))
        });
        let deleted = pages
            .try_filter(|versions| std::future::ready(!versions.is_empty()))
            .map_ok(|versions| self.delete_versions(bucket, versions))
            .try_buffer_unordered(BATCHES);
        deleted
            .try_fold(0, |sum, count| async move {
                notify(sum + count);
                Ok(sum + count)
            })
            .await?;
        Ok(permit)
    }

    /// One request for the versions whose keys XML can carry, and one for each other version.
    async fn delete_versions(&self, bucket: &StackBucket, versions: Vec<Version>) -> Result<u64> {
        let count = versions.len() as u64;
        let (batch, singles): (Vec<Version>, Vec<Version>) =
            versions.into_iter().partition(|(key, _)| fits_xml(key));
        if !batch.is_empty() {
            self.delete_batch(bucket, batch).await?;
        }
        stream::iter(singles)
            .map(|version| self.delete_single(bucket, version))
            .buffer_unordered(SINGLES)
            .try_collect::<()>()
            .await?;
        Ok(count)
    }

    async fn delete_single(&self, bucket: &StackBucket, (key, version): Version) -> Result<()> {
        self.ensure_not_cancelled()?;
        let deleted = self
            .objects
            .delete_object()
            .bucket(bucket.name())
            .key(key)
            .set_version_id(version)
            .send()
            .await;
        deleted
            .map(drop)
            .map_err(|e| error::from_sdk("DeleteObject", e))
    }

    async fn delete_batch(&self, bucket: &StackBucket, versions: Vec<Version>) -> Result<()> {
        let objects: std::result::Result<Vec<_>, _> = versions
            .into_iter()
            .map(|(key, version)| {
                ObjectIdentifier::builder()
                    .key(key)
                    .set_version_id(version)
                    .build()
            })
            .collect();
        let built = objects.and_then(|objects| {
            Delete::builder()
                .set_objects(Some(objects))
                .quiet(true)
                .build()
        });
        let delete = built.map_err(|e| CloudError::Misused(e.to_string()))?;
        let deleted = self
            .objects
            .delete_objects()
            .bucket(bucket.name())
            .delete(delete)
            .send();
        let deleted = deleted
            .await
            .map_err(|e| error::from_sdk("DeleteObjects", e))?;
        match deleted.errors.into_iter().flatten().next() {
            None => Ok(()),
            // The answer's own status is 200.
            Some(first) => Err(CloudError::Aws(AwsError {
                operation: "DeleteObjects",
                role: None,
                kind: classify::kind(first.code.as_deref(), 200),
                code: first.code.unwrap_or_default(),
                message: format!(
                    "{}: {}",
                    first.key.unwrap_or_default(),
                    first.message.unwrap_or_default()
                ),
            })),
        }
    }
}
