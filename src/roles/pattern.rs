//! Patterns of IAM: `*` matches any text, and `?` one character. IAM ignores the case of actions.

/// Whether some text matches both patterns. Case does not matter.
pub fn overlap(one: &str, other: &str) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;

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
