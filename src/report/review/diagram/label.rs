//! The text of a box: a resource's logical id on up to three lines, and its type.

use unicode_width::UnicodeWidthStr as _;

use super::super::html::parts;
use crate::template::Resource;
use crate::text::escape_invisible;

pub(super) const LINE_HEIGHT: f64 = 14.0;
pub(super) const PADDING: f64 = 7.0;
/// Columns of a line of the name, and the width of one in pixels. In fonts with one width it is 0.6 of the font's size.
const NAME_COLUMNS: usize = 16;
const NAME_COLUMN: f64 = 7.25;
const NAME_LINES: usize = 4;
/// The same for the type, which is smaller.
const KIND_COLUMNS: usize = 19;
const KIND_COLUMN: f64 = 6.05;
const KIND_LINES: usize = 2;

pub(super) struct Label {
    name: Vec<String>,
    kind: Vec<String>,
}

impl Label {
    pub(super) fn new(resource: &Resource<'_>) -> Self {
        // `AWS::` says nothing.
        let kind = resource.kind;
        let kind = escape_invisible(kind.strip_prefix("AWS::").unwrap_or(kind), false);
        Self {
            name: broken(
                &escape_invisible(resource.logical_id, false),
                NAME_COLUMNS,
                NAME_LINES,
            ),
            kind: broken(&kind, KIND_COLUMNS, KIND_LINES),
        }
    }

    /// Each line and its class.
    pub(super) fn lines(&self) -> impl Iterator<Item = (&str, &'static str)> {
        let name = self.name.iter().map(|line| (line.as_str(), "name"));
        name.chain(self.kind.iter().map(|line| (line.as_str(), "kind")))
    }

    pub(super) fn width(&self) -> f64 {
        let widest = |lines: &[String], column: f64| {
            let columns = lines.iter().map(|line| line.width()).max();
            columns.unwrap_or(0) as f64 * column
        };
        let name = widest(&self.name, NAME_COLUMN);
        name.max(widest(&self.kind, KIND_COLUMN)) + 2.0 * PADDING
    }

    pub(super) fn height(&self) -> f64 {
        self.lines().count() as f64 * LINE_HEIGHT + PADDING
    }
}

/// Breaks a text where a reader would break it, and inside of a part that is longer than a line. The last line ends with `…` if
/// something is left out.
fn broken(text: &str, columns: usize, max_lines: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for part in parts(text) {
        let fits = |line: &String, more: &str| line.width() + more.width() <= columns;
        if !lines
            .last()
            .is_some_and(|line| line.is_empty() || fits(line, &part))
        {
            lines.push(String::new());
        }
        for character in part.chars() {
            let character = character.to_string();
            if !lines.last().is_some_and(|line| fits(line, &character)) {
                lines.push(String::new());
            }
            if let Some(line) = lines.last_mut() {
                line.push_str(&character);
            }
        }
        if lines.len() > max_lines {
            break;
        }
    }
    if lines.len() > max_lines {
        lines.truncate(max_lines);
        if let Some(line) = lines.last_mut() {
            while line.width() >= columns {
                line.pop();
            }
            line.push('…');
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_break_between_words() {
        let broken = |text| broken(text, 16, 3).join("|");
        assert_eq!(broken("Bucket"), "Bucket");
        assert_eq!(
            broken("VpcEndpointIdSagemakerRuntimeParameter"),
            "VpcEndpointId|SagemakerRuntime|Parameter"
        );
        assert_eq!(
            broken("aaaaaaaaaabbbbbbbbbbcccccccccc"),
            "aaaaaaaaaabbbbbb|bbbbcccccccccc"
        );
        assert_eq!(broken(""), "");
    }

    #[test]
    fn long_names_are_cut() {
        let cut = broken(&"界".repeat(1_000), 16, 3);
        assert_eq!(cut.len(), 3);
        assert!(cut.iter().all(|line| line.width() <= 16), "{cut:?}");
        assert!(cut[2].ends_with('…'));
        assert_eq!(broken("CodePipeline::Pipeline", 16, 1), ["CodePipeline::…"]);
    }
}
