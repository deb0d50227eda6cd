//! What a text of AWS may show: words of AWS's documentation, names of AWS's interfaces, small numbers, and a config's own names.
//! Everything else can be a value that AWS looked up, so it is hidden.
//!
//! A secret can consist of words, such as `correct-horse-battery`. So a word counts only by itself, and a compound only if AWS's
//! documentation has it.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use crate::product::Partition;

/// Replaces a hidden value that has no number.
pub const HIDDEN: &str = "(hidden)";

/// Written by `tests/contract/aws_words.py`, which says where they come from.
static WORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("aws_words.txt").lines().collect());
static NAMES: LazyLock<HashSet<&str>> =
    LazyLock::new(|| include_str!("aws_names.txt").lines().collect());

/// Numbers with more digits are limits of AWS, or hidden: account ids, PINs, times.
const MAX_DIGITS: usize = 3;
const LIMITS: &[&str] = &[
    "1000", "1024", "1500", "2000", "2048", "2500", "3000", "3600", "4000", "4096", "5000", "5120",
    "6144", "7200", "8192", "10000", "10240", "12288", "16384", "20480", "32768", "43200", "51200",
    "65535", "65536", "86400", "102400", "131072", "262144", "307200", "460800", "524288",
    "1048576", "1000000",
];
const CONTINENTS: &[&str] = &["af", "ap", "ca", "cn", "eu", "il", "me", "mx", "sa", "us"];
const DIRECTIONS: &[&str] = &[
    "central",
    "east",
    "gov",
    "iso",
    "isob",
    "isoe",
    "isof",
    "north",
    "northeast",
    "northwest",
    "south",
    "southeast",
    "southwest",
    "west",
];
/// The suffix of a test deployment's names is this mark and six letters or digits.
const TEST_MARK: &str = "-t";
const TEST_DIGITS: usize = 6;

/// What a text may show beside AWS's own words.
#[derive(Clone, Debug, Default)]
pub struct OwnNames {
    /// Physical names of the config, its account and region, and values that may be shown.
    pub shown: BTreeSet<String>,
    /// Logical ids and keys of the template.
    pub of_template: BTreeSet<String>,
}

/// The text with everything hidden that is not on the list.
pub fn only_allowed(text: &str, own: &OwnNames) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match is_boundary(first) {
            true => first.len_utf8(),
            false => rest.find(is_boundary).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at(end);
        match is_boundary(first) {
            true => shown.push_str(token),
            false => push_token(&mut shown, token, own),
        }
        rest = after;
    }
    shown
}

fn is_boundary(character: char) -> bool {
    character.is_whitespace()
        || matches!(
            character,
            '\'' | '"'
                | '`'
                | ','
                | ';'
                | '('
                | ')'
                | '['
                | ']'
                | '{'
                | '}'
                | '<'
                | '>'
                | '='
                | '|'
        )
}

fn push_token(shown: &mut String, token: &str, own: &OwnNames) {
    let core = token.trim_end_matches(['.', ':', '!', '?', '%', '\\']);
    if own.has(core) || !core.chars().any(|c| c.is_alphanumeric() || !c.is_ascii()) {
        shown.push_str(core);
    } else if let Some(at) = core
        .find("arn:")
        .filter(|at| *at == 0 || core[..*at].ends_with(':'))
    {
        if at > 0 {
            push_token(shown, &core[..at], own);
        }
        shown.push_str("arn:");
        push_arn(shown, &core[at + "arn:".len()..], own);
    } else if is_type(core) || NAMES.contains(core) {
        shown.push_str(core);
    } else {
        // `password:word`: each side counts by itself.
        for (at, part) in core.split(':').enumerate() {
            if at > 0 {
                shown.push(':');
            }
            match own.allow(part) {
                true => shown.push_str(part),
                false => push_path(shown, part, own),
            }
        }
    }
    shown.push_str(&token[core.len()..]);
}

/// `PARTITION:SERVICE:REGION:ACCOUNT:RESOURCE`, each part by itself.
fn push_arn(shown: &mut String, arn: &str, own: &OwnNames) {
    for (at, part) in arn.splitn(5, ':').enumerate() {
        if at > 0 {
            shown.push(':');
        }
        match at {
            0..=3 if own.allow(part) => shown.push_str(part),
            0..=3 => shown.push_str(HIDDEN),
            _ => {
                for (at, part) in part.split_inclusive(['/', ':']).enumerate() {
                    let name = part.trim_end_matches(['/', ':']);
                    // The first part can be the resource's type.
                    let allowed = own.is_name(name) || at == 0 && name != part && own.allow(name);
                    shown.push_str(if allowed { name } else { HIDDEN });
                    shown.push_str(&part[name.len()..]);
                }
            }
        }
    }
}

/// A path of names, such as `/Resources/Bucket/Properties`. Words do not count here: `correct.horse` is not two words of AWS.
fn push_path(shown: &mut String, path: &str, own: &OwnNames) {
    let separators = ['/', '.', '#'];
    let only = path.trim_matches(separators);
    if !only.contains(separators) {
        let (before, after) = path.split_once(only).unwrap_or_default();
        shown.push_str(before);
        shown.push_str(if own.allow(only) { only } else { HIDDEN });
        shown.push_str(after);
        return;
    }
    let parts: Vec<&str> = path.split_inclusive(separators).collect();
    let name = |part: &str| part.trim_end_matches(separators).to_owned();
    // Numbers alone can be an address.
    let has_name = path.contains(|c: char| c.is_ascii_alphabetic());
    let known = has_name && parts.iter().all(|part| own.is_name(&name(part)));
    let service = Partition::host_service(path).filter(|service| !service.contains(separators));
    if known || service.is_some_and(|service| own.allow(service)) {
        shown.push_str(path);
    } else if parts.iter().any(|part| own.has(&name(part))) {
        for part in parts {
            let name = name(part);
            shown.push_str(if own.is_name(&name) { &name } else { HIDDEN });
            shown.push_str(&part[name.len()..]);
        }
    } else {
        shown.push_str(HIDDEN);
    }
}

impl OwnNames {
    /// Whether a token counts by itself.
    fn allow(&self, token: &str) -> bool {
        is_word(token) || self.is_name(token)
    }

    /// Whether a token is a name or a number. It also counts as part of a path.
    fn is_name(&self, token: &str) -> bool {
        token.is_empty()
            || token == "*"
            || self.has(token)
            || self.of_template.contains(token)
            || is_number(token)
            || is_region(token)
            || is_aws_name(token)
    }

    /// Whether a token is a name of the config, or such a name in a test deployment.
    fn has(&self, token: &str) -> bool {
        let real_name = || {
            let (name, suffix) = token.rsplit_once(TEST_MARK)?;
            let is_test = suffix.len() == TEST_DIGITS
                && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
            is_test.then_some(name)
        };
        self.shown.contains(token) || real_name().is_some_and(|name| self.shown.contains(name))
    }
}

/// `word`, `Word` or `WORD`, also `word's`.
fn is_word(token: &str) -> bool {
    let token = token.strip_suffix("'s").unwrap_or(token);
    let lower = token.to_ascii_lowercase();
    let rest_is_lower = token.chars().skip(1).all(|c| !c.is_ascii_uppercase());
    let is_upper = !token.chars().any(|c| c.is_ascii_lowercase());
    (rest_is_lower || is_upper) && WORDS.contains(lower.as_str())
}

/// Messages write a member with either case of its first letter.
fn is_aws_name(token: &str) -> bool {
    if NAMES.contains(token) {
        return true;
    }
    let Some(first) = token.chars().next().filter(char::is_ascii_alphabetic) else {
        return false;
    };
    let other = match first.is_ascii_uppercase() {
        true => first.to_ascii_lowercase(),
        false => first.to_ascii_uppercase(),
    };
    let has_upper = token.chars().skip(1).any(|c| c.is_ascii_uppercase());
    has_upper && NAMES.contains(format!("{other}{}", &token[1..]).as_str())
}

fn is_number(token: &str) -> bool {
    let digits = token.trim_start_matches(['-', '+', '$']);
    let is_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && (digits.len() <= MAX_DIGITS || LIMITS.contains(&digits))
}

/// A region or an availability zone, such as `us-gov-east-1a`.
fn is_region(token: &str) -> bool {
    let parts: Vec<&str> = token.split('-').collect();
    let [continent, directions @ .., number] = parts.as_slice() else {
        return false;
    };
    CONTINENTS.contains(continent)
        && (1..=2).contains(&directions.len())
        && directions
            .iter()
            .all(|direction| DIRECTIONS.contains(direction))
        && number.len() <= 2
        && number.starts_with(|c: char| c.is_ascii_digit())
        && number.chars().skip(1).all(|c| c.is_ascii_lowercase())
}

/// `AWS::S3::Bucket`, or a pseudo parameter.
fn is_type(token: &str) -> bool {
    let mut parts = token.split("::");
    parts.next() == Some("AWS")
        && token.len() > "AWS::".len()
        && parts.all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> OwnNames {
        OwnNames {
            shown: BTreeSet::from(["acme-data".to_owned(), "111122223333".to_owned()]),
            of_template: BTreeSet::from(["Bucket".to_owned(), "RetentionDays".to_owned()]),
        }
    }

    #[test]
    fn texts_show_words_names_and_small_numbers() {
        for (text, expected) in [
            ("The bucket already exists.", "The bucket already exists."),
            (
                "Access Denied (Service: S3, Status Code: 403)",
                "Access Denied (Service: S3, Status Code: 403)",
            ),
            (
                "/Resources/Bucket/Properties/RetentionDays: 7",
                "/Resources/Bucket/Properties/RetentionDays: 7",
            ),
            (
                "s3:PutBucketPolicy on AWS::S3::Bucket",
                "s3:PutBucketPolicy on AWS::S3::Bucket",
            ),
            (
                "at 'stackName': must not exceed 128",
                "at 'stackName': must not exceed 128",
            ),
            ("in eu-west-1, 111122223333", "in eu-west-1, 111122223333"),
            ("lambda.amazonaws.com", "lambda.amazonaws.com"),
            ("lambda.amazonaws.com.cn", "lambda.amazonaws.com.cn"),
            ("acme-data/x1y2", "acme-data/(hidden)"),
            (
                "acme-data-tab12cd is not empty",
                "acme-data-tab12cd is not empty",
            ),
            (
                "arn:aws:iam::111122223333:role/acme-data",
                "arn:aws:iam::111122223333:role/acme-data",
            ),
        ] {
            assert_eq!(only_allowed(text, &own()), expected);
        }
    }

    #[test]
    fn attack_looked_up_values_are_hidden() {
        for (text, expected) in [
            ("Value dragon is not valid", "Value (hidden) is not valid"),
            ("[correct-horse-battery]", "[(hidden)]"),
            ("value.secret.key", "(hidden)"),
            ("value/secret/key", "(hidden)"),
            ("value_secret_key", "(hidden)"),
            ("value@secret", "(hidden)"),
            ("ValueSecretKey", "(hidden)"),
            ("password:Tr0ub4dor&3", "password:(hidden)"),
            ("token=73829164;", "token=(hidden);"),
            ("4711 999988887777", "(hidden) (hidden)"),
            (
                "arn:aws:iam::999988887777:role/admin-x",
                "arn:aws:iam::(hidden):role/(hidden)",
            ),
            ("https://x.example/a", "https:(hidden)"),
            ("vpc-0a1b2c3d 10.12.0.0/16", "(hidden) (hidden)"),
            (
                "geheim geheimnis päßwort \u{202e}key",
                "(hidden) (hidden) (hidden) (hidden)",
            ),
            ("acme-data2 acme-datax-tab12cd", "(hidden) (hidden)"),
        ] {
            assert_eq!(only_allowed(text, &own()), expected, "{text}");
        }
    }

    #[test]
    fn hidden_texts_stay_as_they_are() {
        let text = "arn:aws:iam::(hidden):role/(hidden): Value (hidden) is not valid";
        assert_eq!(only_allowed(text, &OwnNames::default()), text);
    }
}
