//! Whether the buckets of new bucket policies have a policy already. A bucket has one, and CloudFormation replaces none that exists:
//! <https://github.com/aws-cloudformation/cloudformation-coverage-roadmap/issues/1068>.

use super::import_option::{NameHolder, TakenName};
use super::{Desired, OperationContext, OperationError};
use crate::cloud::NameState;
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::template::{BUCKET_POLICY, BucketPolicy, PolicyBucket, bucket_policies};

/// The resources that the stack creates, those that it has or imports, and how a name becomes free.
pub(super) struct NewPolicies<'a> {
    /// Whether the stack creates the policy, for this bucket.
    pub is_new: &'a (dyn Fn(&BucketPolicy<'_>, &str) -> bool + Sync),
    /// Physical id of a bucket that exists and that the stack has or imports, by its logical id.
    pub bucket: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub holder: NameHolder,
}

/// An error for each bucket that has a policy, and a warning for those that AWS does not let these credentials read.
pub(super) async fn taken_policies(
    site: &OperationContext<'_>,
    desired: &Desired<'_>,
    new: NewPolicies<'_>,
) -> Result<Vec<TakenName>, OperationError> {
    let path = &desired.config.path;
    let mut problems = Vec::new();
    for policy in bucket_policies(&desired.document) {
        let bucket = match policy.bucket {
            PolicyBucket::Named(name) => Some(name.to_owned()),
            PolicyBucket::OfTemplate(id) => (new.bucket)(id),
        };
        let Some(bucket) = bucket.filter(|bucket| (new.is_new)(&policy, bucket)) else {
            continue;
        };
        let id = policy.logical_id;
        problems.push(match site.cloud.policy_state(&bucket).await? {
            NameState::Free => continue,
            NameState::Taken => {
                let message = format!(
                    "bucket {bucket} has a policy, so the stack cannot create {id} ({BUCKET_POLICY})"
                );
                let delete = format!("`aws s3api delete-bucket-policy --bucket {bucket}`");
                let problem = Diagnostic::error(Code::PreflightFailed, path, message);
                match new.holder {
                    NameHolder::Importable => {
                        let of = match policy.bucket {
                            PolicyBucket::OfTemplate(of) => Some(of),
                            PolicyBucket::Named(_) => None,
                        };
                        let ids = of.into_iter().chain([id]);
                        let arguments = ids.map(|id| (id.to_owned(), bucket.clone())).collect();
                        TakenName::importable(problem, arguments, move |import| {
                            format!(
                                "import the policy too: `{import}`; or save it, and delete it: {delete}"
                            )
                        })
                    }
                    NameHolder::InTheWay => problem
                        .with_help(format!(
                            "save the policy, and delete it: {delete}. The stack creates its own"
                        ))
                        .into(),
                }
            }
            NameState::Unknown => {
                let message = format!(
                    "whether bucket {bucket} has a policy already is not known, so the stack may fail to create {id} ({BUCKET_POLICY})"
                );
                Diagnostic::error(Code::PreflightFailed, path, message)
                    .with_severity(Severity::Warning)
                    .with_help("allow these credentials `s3:GetBucketPolicy`")
                    .into()
            }
        });
    }
    Ok(problems)
}
