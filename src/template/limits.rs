//! Limits of AWS for what a config renders to.

/// Bytes of a template inside an API request.
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html>
pub const INLINE_BYTES: usize = 51_200;

/// Entries of a template's sections, by the same page.
pub const SECTION_LIMITS: &[(&str, usize)] = &[
    ("Resources", 500),
    ("Parameters", 200),
    ("Outputs", 200),
    ("Mappings", 200),
];

/// Characters of a managed policy without white space.
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html>
pub const MANAGED_POLICY_CHARS: usize = 6_144;

/// Characters of all inline policies of one role without white space, by the same page.
pub const ROLE_INLINE_CHARS: usize = 10_240;
