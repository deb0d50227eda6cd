//! Keys of objects in XML. A key may hold any character, and XML 1.0 cannot carry most control characters, so lists are requested
//! in URL encoding: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>.

use aws_sdk_s3::types::EncodingType;

use crate::cloud::{CloudError, Result};

/// The key of an answer. `encoding`: the one that the answer names.
pub(super) fn decode(key: String, encoding: Option<&EncodingType>) -> Result<String> {
    if encoding != Some(&EncodingType::Url) {
        return Ok(key);
    }
    let mut bytes = Vec::with_capacity(key.len());
    let mut rest = key.as_bytes();
    while let [first, tail @ ..] = rest {
        let (byte, left) = match (first, tail) {
            (b'%', [high, low, left @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high * 16 + low, left),
                _ => (b'%', tail),
            },
            (b'+', _) => (b' ', tail),
            (other, _) => (*other, tail),
        };
        bytes.push(byte);
        rest = left;
    }
    let message = "S3 listed a key that is not UTF-8";
    String::from_utf8(bytes).map_err(|_| CloudError::Misused(message.to_owned()))
}

fn digit(byte: u8) -> Option<u8> {
    let digit = char::from(byte).to_digit(16)?;
    u8::try_from(digit).ok()
}

/// Whether a request of several deletions, which is XML, can hold the key.
pub(super) fn fits_xml(key: &str) -> bool {
    let is_unfit = |c: char| c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}');
    !key.contains(is_unfit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn url_encoded_keys_are_decoded() {
        for (written, expected) in [
            ("a/b+c", "a/b c"),
            ("a%2Bb", "a+b"),
            ("solutions/%01%0A%7F", "solutions/\u{1}\n\u{7f}"),
            ("%C3%A4", "ä"),
            ("100%", "100%"),
            ("%zz", "%zz"),
        ] {
            let decoded = decode(written.to_owned(), Some(&EncodingType::Url)).unwrap();
            assert_eq!(decoded, expected);
            assert_eq!(decode(written.to_owned(), None).unwrap(), written);
        }
        assert!(decode("%FF".to_owned(), Some(&EncodingType::Url)).is_err());
    }

    #[test]
    fn control_characters_do_not_fit_xml() {
        assert!(fits_xml("a/ä & <b>.csv"));
        for key in [
            "\u{0}", "a\u{1}", "a\nb", "a\r", "\u{7f}", "\u{85}", "\u{ffff}",
        ] {
            assert!(!fits_xml(key), "{key:?}");
        }
    }
}
