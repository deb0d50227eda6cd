//! Truncates Markdown between lines, and closes open markup.

/// Characters, as a forge counts them.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// Markup that is open at the end of a line.
#[derive(Clone, Default)]
struct OpenMarkup {
    fence: Option<String>,
    folds: usize,
}

impl OpenMarkup {
    fn read(&mut self, line: &str) {
        let ticks = line.len() - line.trim_start_matches('`').len();
        match &self.fence {
            Some(fence) if line == fence => self.fence = None,
            Some(_) => {}
            // With more backticks on the line it is a code span.
            None if ticks >= 3 && !line[ticks..].contains('`') => {
                self.fence = Some(line[..ticks].to_owned());
            }
            None if line.starts_with("<details>") => self.folds += 1,
            None if line.ends_with("</details>") => self.folds = self.folds.saturating_sub(1),
            None => {}
        }
    }

    fn end(&self, note: &str) -> String {
        let fence = self.fence.as_ref().map(|fence| format!("{fence}\n"));
        fence.unwrap_or_default() + &"\n</details>\n".repeat(self.folds) + note
    }
}

/// Truncates a text to at most `most` characters, and closes open markup.
pub(super) fn truncate_markdown(text: &str, most: usize, note: &str) -> String {
    if length(text) <= most {
        return text.to_owned();
    }
    let mut open = OpenMarkup::default();
    let mut best = None;
    let (mut bytes, mut characters) = (0, 0);
    if length(note) <= most {
        best = Some((0, open.clone()));
    }
    for line in text.split_inclusive('\n') {
        bytes += line.len();
        characters += length(line);
        if characters > most {
            break;
        }
        open.read(line.trim_end_matches('\n'));
        if characters + length(&open.end(note)) <= most {
            best = Some((bytes, open.clone()));
        }
    }
    best.map(|(bytes, open)| text[..bytes].to_owned() + &open.end(note))
        .unwrap_or_default()
}
