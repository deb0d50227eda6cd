//! Patterns of IAM: `*` matches any text, and `?` one character. IAM ignores the case of actions.

use std::collections::BTreeSet;

/// Whether some text matches both patterns. Case does not matter.
pub fn overlap(one: &str, other: &str) -> bool {
    // Most patterns differ before their first wildcard.
    let is_text = |(one, other): &(u8, u8)| ![one, other].iter().any(|byte| b"*?".contains(byte));
    let mut texts = one.bytes().zip(other.bytes()).take_while(is_text);
    if texts.any(|(one, other)| !one.eq_ignore_ascii_case(&other)) {
        return false;
    }
    let [one, other] = [one, other].map(|pattern| pattern.to_ascii_lowercase().into_bytes());
    // `reached[j]`: the part of `one` so far, and the first `j` bytes of `other`, have a text in common.
    let mut reached = vec![false; other.len() + 1];
    reached[0] = true;
    for (at, byte) in other.iter().enumerate() {
        reached[at + 1] = reached[at] && *byte == b'*';
    }
    for byte in &one {
        let mut next = vec![false; other.len() + 1];
        next[0] = reached[0] && *byte == b'*';
        for (at, facing) in other.iter().enumerate() {
            let same = byte == facing || *byte == b'?' || *facing == b'?';
            next[at + 1] = match (*byte == b'*', *facing == b'*') {
                (false, false) => same && reached[at],
                // A wildcard matches nothing, or what the other pattern has here.
                _ => reached[at + 1] || next[at],
            };
        }
        reached = next;
    }
    reached.last().copied().unwrap_or_default()
}

/// Whether a pattern matches every text that another pattern matches. Some cases in which it does are answered with no. Case matters.
pub fn covers(pattern: &str, other: &str) -> bool {
    let (pattern, other) = (pattern.as_bytes(), other.as_bytes());
    let (mut at, mut facing) = (0, 0);
    // Position of the last `*`, and the end of its match.
    let mut star: Option<(usize, usize)> = None;
    while facing < other.len() {
        let same = pattern.get(at).is_some_and(|byte| match byte {
            b'*' => false,
            b'?' => other[facing] != b'*',
            // A wildcard of the other pattern is no letter.
            byte => *byte == other[facing],
        });
        if same {
            (at, facing) = (at + 1, facing + 1);
        } else if pattern.get(at) == Some(&b'*') {
            star = Some((at, facing));
            at += 1;
        } else if let Some((begin, reached)) = star {
            star = Some((begin, reached + 1));
            (at, facing) = (begin + 1, reached + 1);
        } else {
            return false;
        }
    }
    pattern[at.min(pattern.len())..]
        .iter()
        .all(|byte| *byte == b'*')
}

/// The patterns without those that another one covers.
pub fn widest(patterns: BTreeSet<String>) -> BTreeSet<String> {
    let is_needed = |pattern: &&String| {
        let mut others = patterns.iter().filter(|other| other != pattern);
        !others.any(|other| covers(other, pattern))
    };
    patterns.iter().filter(is_needed).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attack_a_pattern_covers_nothing_outside_of_it() {
        for (pattern, other, expected) in [
            ("acme-*", "acme-x", true),
            ("acme-*", "acme-*-x", true),
            ("acme-*-x", "acme-*-y-x", true),
            ("acme-*-x", "acme-*", false),
            ("acme-?", "acme-?", true),
            ("acme-?", "acme-*", false),
            ("acme-x", "acme-?", false),
            ("acme-x", "acme-*", false),
            ("a-*", "ab-x", false),
            ("a-prod-*", "a-prod-", true),
            ("*", "a*", true),
            ("a*b*c", "axbxbc", true),
            ("a*b*c", "axcxb", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(covers(pattern, other), expected, "{pattern} {other}");
        }
    }

    #[test]
    fn patterns_overlap_if_a_text_matches_both() {
        for (one, other, expected) in [
            ("s3:GetObject", "s3:getobject", true),
            ("s3:Get*", "s3:GetObject*", true),
            ("s3:Get*Configuration", "s3:GetObject", false),
            ("s3:Get*Configuration", "s3:GetObject*", true),
            ("s3:*", "s3:GetObject", true),
            ("s3:GetObjec?", "s3:GetObject", true),
            ("s3:GetObject?", "s3:GetObject", false),
            ("s3:Get?bject", "s3:Get*ject", true),
            ("*", "s3:GetObject", true),
            ("s3:List*", "s3:Get*", false),
            ("ssm:*Parameter", "ssm:GetParameter*", true),
            ("ab*", "*bc", true),
            ("a*b", "a*c", false),
            ("", "", true),
            ("", "a", false),
        ] {
            assert_eq!(overlap(one, other), expected, "{one} {other}");
            assert_eq!(overlap(other, one), expected, "{other} {one}");
        }
    }
}
