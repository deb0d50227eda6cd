//! The version of an evidence file.

use serde_json::Value;

use super::evidence::{EvidenceError, PREDICATE_FORM, PREDICATE_VERSION};

/// Fails if evidence has another version than this program reads. It names the program that wrote it. What else is wrong with the file
/// is reported elsewhere.
pub(super) fn check_version(evidence: &Value) -> Result<(), EvidenceError> {
    let kind = evidence.get("predicateType").and_then(Value::as_str);
    let version = kind.and_then(|kind| kind.strip_prefix(PREDICATE_FORM)?.parse::<u32>().ok());
    let Some(version) = version.filter(|version| *version != PREDICATE_VERSION) else {
        return Ok(());
    };
    let writer = evidence.pointer("/predicate/run/version");
    let writer = writer
        .and_then(Value::as_str)
        .filter(|text| is_version(text));
    let program = match writer {
        Some(writer) => format!("provisioner {writer}"),
        None => "the version of provisioner that wrote it".to_owned(),
    };
    Err(match version > PREDICATE_VERSION {
        true => EvidenceError::TooNew { version, program },
        false => EvidenceError::TooOld { version, program },
    })
}

/// Whether a text looks like a version, so that a message can repeat it.
fn is_version(text: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b".+-".contains(&byte);
    (1..=50).contains(&text.len()) && text.bytes().all(is_part)
}
