//! Limits of a product's files, before anything parses them.

use super::fault::ProductFault;
use super::source::Files;

/// Bytes of one file of a product, several times the largest built-in one.
pub(super) const MAX_FILE_BYTES: usize = 128 * 1024;
/// Nested flow collections in a manifest. libyaml takes quadratic time over deep ones before serde's limits apply.
const MAX_FLOW_DEPTH: usize = 64;

/// Rejects files whose parsing would take very long.
pub(super) fn bounded(files: &Files) -> Result<(), ProductFault> {
    for (name, text) in files {
        if text.len() > MAX_FILE_BYTES {
            return Err(too_large(name, text.len() as u64));
        }
        let yaml = name.ends_with(".yaml") || name.ends_with(".yml");
        if yaml && has_alias(text) {
            let message = "YAML aliases are not allowed";
            return Err(ProductFault::of_file(name, message).with_help("write the value again"));
        }
        if yaml && flow_depth(text) > MAX_FLOW_DEPTH {
            let message = format!("more than {MAX_FLOW_DEPTH} brackets are open at once");
            return Err(ProductFault::of_file(name, message));
        }
    }
    Ok(())
}

/// `bytes`: those of the file.
pub(super) fn too_large(name: &str, bytes: u64) -> ProductFault {
    let message = format!("the file has {bytes} bytes; {MAX_FILE_BYTES} is the most");
    ProductFault::of_file(name, message).with_help("divide it into several files")
}

/// Whether a YAML text has an alias. A few of them can represent more values than memory holds. A text that cannot be parsed has none.
fn has_alias(text: &str) -> bool {
    // After an error the parser repeats it without end.
    let events = saphyr_parser::Parser::new_from_str(text).map_while(Result::ok);
    let mut events = events.map(|(event, _)| event);
    events.any(|event| matches!(event, saphyr_parser::Event::Alias(_)))
}

/// The maximum number of open brackets, those in strings included.
fn flow_depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => open += 1,
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}
