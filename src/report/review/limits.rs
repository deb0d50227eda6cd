//! What the config renders to, beside the limits of AWS.

use minijinja::Value;
use minijinja::context;

use crate::template::{
    Document, INLINE_BYTES, MANAGED_POLICY_CHARS, ROLE_INLINE_CHARS, SECTION_LIMITS,
};

/// A size beside its limit.
struct Limit {
    what: String,
    size: usize,
    most: usize,
    /// What to do if it is too long; a note if it is not.
    note: String,
    is_passed: bool,
}

/// Rows of the table: the policy, the template, and each section of it that has entries.
pub(super) fn limits(policy: &str, template: &str, document: &Document) -> Vec<Value> {
    let sections = SECTION_LIMITS.iter().filter_map(|&(section, most)| {
        let size = document.section(section).len();
        let is_passed = size > most;
        let note = match is_passed {
            true => "Too many. CloudFormation rejects the template.".to_owned(),
            false => String::new(),
        };
        (size > 0).then(|| Limit {
            what: format!("{section} of the template"),
            size,
            most,
            note,
            is_passed,
        })
    });
    let policies = [
        policy_limit(policy_chars(policy)),
        template_limit(template, document),
    ];
    policies.into_iter().chain(sections).map(row).collect()
}

fn row(limit: Limit) -> Value {
    context! {
        what => limit.what,
        size => grouped(limit.size),
        most => grouped(limit.most),
        note => limit.note,
        is_passed => limit.is_passed,
    }
}

/// Characters of a policy without white space, as IAM counts them.
fn policy_chars(policy: &str) -> usize {
    policy
        .split_whitespace()
        .map(|word| word.chars().count())
        .sum()
}

fn policy_limit(size: usize) -> Limit {
    let note = match (size <= MANAGED_POLICY_CHARS, size <= ROLE_INLINE_CHARS) {
        (true, _) => String::new(),
        (false, true) => format!(
            "Too long for a managed policy. Add it to a role as an inline policy: the inline policies of a role hold {} \
             characters together.",
            grouped(ROLE_INLINE_CHARS)
        ),
        (false, false) => format!(
            "Too long for a managed policy and for the inline policies of a role ({} characters). Split its statements into \
             several managed policies.",
            grouped(ROLE_INLINE_CHARS)
        ),
    };
    Limit {
        what: "Characters of the operator's policy, without white space".to_owned(),
        size,
        most: MANAGED_POLICY_CHARS,
        is_passed: !note.is_empty(),
        note,
    }
}

fn template_limit(template: &str, document: &Document) -> Limit {
    let size = template.len();
    let sent = document.inline(template).map(|text| text.len());
    let note = match sent {
        None => "Too long in every form. provisioner cannot deploy the template.".to_owned(),
        Some(bytes) if bytes != size => format!(
            "Longer than a request takes. provisioner sends the same template as JSON: {} bytes.",
            grouped(bytes)
        ),
        Some(_) => String::new(),
    };
    Limit {
        what: "Bytes of the template".to_owned(),
        size,
        most: INLINE_BYTES,
        is_passed: sent.is_none(),
        note,
    }
}

/// `8983` as `8,983`.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::RepoPath;

    fn note(limit: &Limit) -> (bool, &str) {
        (limit.is_passed, limit.note.as_str())
    }

    #[test]
    fn numbers_are_grouped() {
        let all = [0, 999, 1_000, 51_200, 1_234_567].map(grouped);
        assert_eq!(all, ["0", "999", "1,000", "51,200", "1,234,567"]);
    }

    #[test]
    fn a_long_policy_says_where_it_fits() {
        assert_eq!(policy_chars("{ \"Ä\":\n 1 }"), 7);
        assert_eq!(note(&policy_limit(6_144)), (false, ""));
        let (is_passed, text) = (policy_limit(6_145).is_passed, policy_limit(10_240).note);
        assert!(is_passed && text.contains("inline policy") && text.contains("10,240"));
        assert!(
            policy_limit(10_241)
                .note
                .contains("several managed policies")
        );
    }

    #[test]
    fn a_long_template_says_whether_it_can_be_deployed() {
        let limit = |text: &str| {
            let document = Document::parse(&RepoPath::typed("t.yaml"), text).unwrap();
            template_limit(text, &document)
        };
        let short = "Resources:\n  A: {Type: AWS::SNS::Topic}\n";
        assert_eq!(note(&limit(short)), (false, ""));
        let compact = limit(&format!("{short}{}", "# \n".repeat(INLINE_BYTES)));
        assert!(
            !compact.is_passed && compact.note.contains("as JSON: 46 bytes"),
            "{}",
            compact.note
        );
        let long = limit(&format!("Description: {}\n", "x".repeat(INLINE_BYTES)));
        assert!(long.is_passed && long.note.contains("cannot deploy"));
    }

    #[test]
    fn sections_without_entries_have_no_row() {
        let resources: String = (0..501)
            .map(|n| format!("  R{n}: {{Type: AWS::SNS::Topic}}\n"))
            .collect();
        let text = format!("Resources:\n{resources}");
        let document = Document::parse(&RepoPath::typed("t.yaml"), &text).unwrap();
        let rows = limits("{}", &text, &document);
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[2].get_attr("size").unwrap().as_str(), Some("501"));
        assert!(rows[2].get_attr("is_passed").unwrap().is_true());
    }
}
