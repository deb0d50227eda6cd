//! Buckets and their objects.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{EncodingType, Tag};
use futures_util::{StreamExt as _, stream};

use super::object_keys::decode;
use super::operations::of_same_stack;
use super::{Cloud, error};
use crate::cloud::{Bucket, CloudError, Result, STACK_ID_TAG, StackBucket};
use crate::guard::{Folders, Permit, TearDown, Upload};

/// Maximum number of concurrent writes.
const WRITES: usize = 32;

impl Cloud {
    /// A bucket; `None` if it does not exist.
    pub async fn bucket(&self, bucket: &str) -> Result<Option<Bucket>> {
        let head = self.objects.head_bucket().bucket(bucket).send().await;
        match head.map_err(|e| error::from_sdk("HeadBucket", e)) {
            Ok(_) => {}
            Err(error) if error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        }
        let versioning = self
            .objects
            .get_bucket_versioning()
            .bucket(bucket)
            .send()
            .await;
        let versioning = versioning.map_err(|e| error::from_sdk("GetBucketVersioning", e))?;
        let status = versioning.status.as_ref().map(|status| status.as_str());
        Ok(Some(Bucket {
            versioned: status == Some("Enabled"),
        }))
    }

    /// Whether a bucket sends its events to EventBridge; `None` if it does not exist.
    pub async fn sends_events(&self, bucket: &str) -> Result<Option<bool>> {
        let settings = self
            .objects
            .get_bucket_notification_configuration()
            .bucket(bucket)
            .send()
            .await;
        match settings.map_err(|e| error::from_sdk("GetBucketNotificationConfiguration", e)) {
            Ok(settings) => Ok(Some(settings.event_bridge_configuration.is_some())),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a bucket exists and has this tag. If CloudFormation's tag names another stack than the bucket's, it is a later bucket, or
    /// another stack has it now.
    pub async fn is_tagged(&self, bucket: &StackBucket, key: &str, value: &str) -> Result<bool> {
        let tagging = self
            .objects
            .get_bucket_tagging()
            .bucket(bucket.name())
            .send()
            .await;
        match tagging.map_err(|e| error::from_sdk("GetBucketTagging", e)) {
            Ok(tagging) => {
                let mut tags = tagging.tag_set.iter();
                let is_of_other =
                    |tag: &Tag| tag.key == STACK_ID_TAG && tag.value != bucket.stack_id();
                if tags.clone().any(is_of_other) {
                    return Ok(false);
                }
                Ok(tags.any(|tag| tag.key == key && tag.value == value))
            }
            Err(error) if error.has_code("NoSuchBucket") || error.has_code("NoSuchTagSet") => {
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// ARN of the stack that a bucket's tags name. A stack that is deleted may have retained the bucket.
    pub async fn stack_of_bucket(&self, bucket: &str) -> Result<Option<String>> {
        Ok(self.bucket_tags(bucket).await?.remove(STACK_ID_TAG))
    }

    /// The tags of a bucket of the account. A bucket that does not exist has none.
    pub async fn bucket_tags(&self, bucket: &str) -> Result<BTreeMap<String, String>> {
        let tagging = self.objects.get_bucket_tagging().bucket(bucket);
        let tagging = tagging.expected_bucket_owner(&self.caller().account);
        match tagging
            .send()
            .await
            .map_err(|e| error::from_sdk("GetBucketTagging", e))
        {
            Ok(tagging) => {
                let tags = tagging.tag_set.into_iter();
                Ok(tags.map(|tag| (tag.key, tag.value)).collect())
            }
            Err(error) if error.is_not_found() => Ok(BTreeMap::new()),
            Err(error) => Err(error),
        }
    }

    /// Deletes emptied buckets that the stack's deletion retained.
    pub async fn delete_buckets(
        &self,
        permit: Permit<TearDown>,
        buckets: &[StackBucket],
    ) -> Result<()> {
        for bucket in buckets {
            of_same_stack(&permit, bucket.stack_id())?;
            self.ensure_not_cancelled()?;
            self.delete_bucket(bucket).await?;
        }
        Ok(())
    }

    pub(super) async fn delete_bucket(&self, bucket: &StackBucket) -> Result<()> {
        let bucket = self.objects.delete_bucket().bucket(bucket.name());
        let deleted = bucket.send().await;
        match deleted.map_err(|e| error::from_sdk("DeleteBucket", e)) {
            Ok(_) => Ok(()),
            Err(error) if error.has_code("NoSuchBucket") => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub async fn has_object(&self, bucket: &str, key: &str) -> Result<bool> {
        let head = self
            .objects
            .head_object()
            .bucket(bucket)
            .key(key)
            .send()
            .await;
        match head.map_err(|e| error::from_sdk("HeadObject", e)) {
            Ok(_) => Ok(true),
            Err(error) if error.is_not_found() => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Keys below a prefix.
    pub async fn keys(
        &self,
        bucket: &StackBucket,
        prefix: &str,
    ) -> Result<std::collections::HashSet<String>> {
        let mut pages = self
            .objects
            .list_objects_v2()
            .bucket(bucket.name())
            .prefix(prefix)
            .encoding_type(EncodingType::Url)
            .into_paginator()
            .send();
        let mut keys = std::collections::HashSet::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|e| error::from_sdk("ListObjectsV2", e))?;
            for key in page
                .contents
                .into_iter()
                .flatten()
                .filter_map(|object| object.key)
            {
                keys.insert(decode(key, page.encoding_type.as_ref())?);
            }
        }
        Ok(keys)
    }

    /// Creates folders: empty objects whose keys end in a slash. Existing folders stay as they are. Returns the number of created
    /// folders, also if a failure ends the work. `notify` receives the progress.
    pub async fn make_folders(
        &self,
        permit: Permit<Folders>,
        bucket: &StackBucket,
        keys: &[String],
        notify: &(dyn Fn() + Send + Sync),
    ) -> (usize, Option<CloudError>) {
        if let Err(error) = of_same_stack(&permit, bucket.stack_id()) {
            return (0, Some(error));
        }
        let failure = std::sync::OnceLock::new();
        let results = stream::iter(keys).map(|key| {
            let failure = &failure;
            async move {
                // No write begins after a failure. Those that have begun are awaited, so that the count is true.
                if failure.get().is_some() {
                    return 0;
                }
                match self.make_folder(bucket, key).await {
                    Ok(results) => {
                        notify();
                        usize::from(results)
                    }
                    Err(error) => {
                        let _ = failure.set(error);
                        0
                    }
                }
            }
        });
        let results = results.buffer_unordered(WRITES);
        let created = results
            .fold(0, |sum, results| async move { sum + results })
            .await;
        (created, failure.into_inner())
    }

    async fn make_folder(&self, bucket: &StackBucket, key: &str) -> Result<bool> {
        self.ensure_not_cancelled()?;
        let put = self
            .objects
            .put_object()
            .bucket(bucket.name())
            .key(key)
            .if_none_match("*")
            .body(ByteStream::from_static(b""))
            .send()
            .await;
        match put.map_err(|e| error::from_sdk("PutObject", e)) {
            Ok(_) => Ok(true),
            Err(error) if error.has_code("PreconditionFailed") => Ok(false),
            // Another run is writing the same folder.
            Err(error) if error.has_code("ConditionalRequestConflict") => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Writes a template into the stack's bucket.
    pub async fn upload(
        &self,
        permit: Permit<Upload>,
        bucket: &StackBucket,
        key: &str,
        body: &str,
    ) -> Result<()> {
        of_same_stack(&permit, bucket.stack_id())?;
        self.ensure_not_cancelled()?;
        let put = self
            .objects
            .put_object()
            .bucket(bucket.name())
            .key(key)
            .content_type("application/yaml")
            .body(ByteStream::from(body.as_bytes().to_vec()))
            .send()
            .await;
        put.map(drop).map_err(|e| error::from_sdk("PutObject", e))
    }
}
