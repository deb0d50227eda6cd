//! Limits of one evaluation or rendering of a product. No clock: the same input always ends in the same way.

use std::io;

use minijinja::value::{ObjectRepr, ValueKind};
use minijinja::{Environment, Error, ErrorKind, State, Value};

/// Steps of one evaluation or rendering: several times what the largest built-in product needs. One step is an instruction, or
/// 64 bytes of new or visited data. A hostile product ends with an error instead of blocking the runner.
pub(super) const FUEL: u64 = 500_000;
/// Bytes of a value, with all that it contains, as often as it contains it.
const MAX_VALUE_BYTES: usize = 4 * 1024 * 1024;
/// Bytes of an item of a list or a map, beside its text.
const ITEM_BYTES: usize = 32;
/// Lists and maps inside each other.
const MAX_NESTING: usize = 64;
/// Bytes of a rendered file. CloudFormation accepts fewer.
const MAX_OUTPUT_BYTES: usize = 2 * 1024 * 1024;

/// Items of `folders.each`: an expression is evaluated for each of them.
const MAX_FOLDER_ITEMS: usize = 1_000;
/// Expressions of a manifest, several times those of a built-in product.
pub(super) const MAX_EXPRESSIONS: usize = 500;

/// The filter that measures operands; see `operands`.
pub(super) const MEASURED: &str = "measured_operand";

pub(super) fn register(engine: &mut Environment<'_>) {
    engine.set_fuel(Some(FUEL));
    engine.add_filter(MEASURED, measured);
    // It prints all variables.
    engine.remove_global("debug");
}

/// Charges for the size of a value. It replaces a lazy sequence by a list, because each use would run the sequence again.
fn measured(state: &State, value: Value) -> Result<Value, Error> {
    if value.as_object().is_none() {
        return Ok(value);
    }
    let value = match value.as_object().map(|object| object.repr()) {
        Some(ObjectRepr::Iterable) => listed(state, &value)?,
        _ => value,
    };
    state.consume_fuel(size(&value)? as u64 / 64)?;
    Ok(value)
}

/// The items of a lazy sequence. Each is counted before the next one is created.
fn listed(state: &State, sequence: &Value) -> Result<Value, Error> {
    let mut items = Vec::new();
    for item in sequence.try_iter()? {
        if items.len() >= MAX_VALUE_BYTES / ITEM_BYTES {
            return Err(too_large());
        }
        state.consume_fuel(1)?;
        items.push(item);
    }
    Ok(Value::from(items))
}

/// The items for which a product has folders.
pub(super) fn folder_items(items: &Value) -> Result<Vec<Value>, Error> {
    let items: Vec<Value> = items.try_iter()?.take(MAX_FOLDER_ITEMS + 1).collect();
    if items.len() > MAX_FOLDER_ITEMS {
        let message = format!("more than {MAX_FOLDER_ITEMS} items");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    Ok(items)
}

/// The error that stopped an evaluation or a rendering: an included file's own error.
pub(super) fn deepest(error: &Error) -> &Error {
    let mut deepest = error;
    let mut source = std::error::Error::source(error);
    while let Some(inner) = source {
        deepest = inner.downcast_ref().unwrap_or(deepest);
        source = inner.source();
    }
    deepest
}

pub(super) fn out_of_steps() -> String {
    format!("more than {FUEL} steps of work")
}

/// Fails if a value is larger or deeper than a product may create.
pub(super) fn check(value: &Value) -> Result<(), Error> {
    size(value).map(|_| ())
}

fn size(value: &Value) -> Result<usize, Error> {
    let mut bytes = 0;
    add_size(value, 0, &mut bytes)?;
    Ok(bytes)
}

fn add_size(value: &Value, depth: usize, bytes: &mut usize) -> Result<(), Error> {
    let text = value.as_bytes().map_or(0, <[u8]>::len);
    *bytes = bytes.saturating_add(text).saturating_add(ITEM_BYTES);
    if *bytes > MAX_VALUE_BYTES {
        return Err(too_large());
    }
    let Some(object) = value.as_object() else {
        return Ok(());
    };
    if depth >= MAX_NESTING {
        let message =
            format!("a value has more than {MAX_NESTING} lists and maps inside each other");
        return Err(Error::new(ErrorKind::InvalidOperation, message));
    }
    let is_map = value.kind() == ValueKind::Map;
    for item in object.try_iter().into_iter().flatten() {
        if is_map && let Some(inner) = object.get_value(&item) {
            add_size(&inner, depth + 1, bytes)?;
        }
        add_size(&item, depth + 1, bytes)?;
    }
    Ok(())
}

fn too_large() -> Error {
    let message = format!("a value is larger than {MAX_VALUE_BYTES} bytes");
    Error::new(ErrorKind::InvalidOperation, message)
}

/// A rendered file. It takes no bytes beyond the limit.
#[derive(Default)]
pub(super) struct BoundedOutput {
    bytes: Vec<u8>,
    is_full: bool,
}

impl BoundedOutput {
    /// The rendered text, or the reason why rendering failed.
    pub(super) fn finish(self, rendered: Result<(), Error>) -> Result<String, Error> {
        if self.is_full {
            let message = format!("the output is larger than {MAX_OUTPUT_BYTES} bytes");
            return Err(Error::new(ErrorKind::InvalidOperation, message));
        }
        rendered?;
        let text = String::from_utf8(self.bytes);
        text.map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
    }
}

impl io::Write for BoundedOutput {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_full |= self.bytes.len() + bytes.len() > MAX_OUTPUT_BYTES;
        if self.is_full {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
