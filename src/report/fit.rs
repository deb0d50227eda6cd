//! Fits pages, lists and lines to the limits of a forge. Lengths are in Unicode characters, as forges count them.
//!
//! If a page is too long, lists drop the details of their last items, then the items. Texts are truncated between lines, and open
//! markup is closed. A note counts the rest. No page is longer than its limit.

use minijinja::Error;

/// With less room, an item is not rendered: it would not fit.
const MIN_ITEM_CHARS: usize = 100;
/// An item is truncated only if at least this much of it fits.
const MIN_CUT_CHARS: usize = 1_000;

/// A text of a page.
pub enum Block {
    /// Never shortened.
    Whole(String),
    /// Truncated between lines. All such texts of a page have the same maximum length.
    Cut(String),
}

/// A part of a page.
pub enum Part<'a> {
    /// Never shortened.
    Whole(String),
    /// Drops the details of its last items, then the items.
    List(List<'a>),
}

/// Items, the most important first.
pub struct List<'a> {
    /// Text above the items, if any item is shown.
    pub head: String,
    /// Number of items.
    pub count: usize,
    /// Renders an item; an error if it has no such form.
    pub item: Box<dyn Fn(usize, Form) -> Result<String, Error> + 'a>,
    /// The forms of items, longest first.
    pub forms: &'static [Form],
    /// The note for this number of items that are shown in full.
    pub note: Box<dyn Fn(usize) -> String + 'a>,
    /// The list may fill the limit divided by this number.
    pub share: usize,
}

/// How much of an item is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Everything.
    Full,
    /// Without its tables and folded texts.
    Brief,
}

/// Where to find what a page leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The job's summary.
    JobSummary,
    /// The file that a check writes.
    JsonReport,
    /// The job's summary, files and log.
    JobReport,
}

impl Rest {
    /// The end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::JobSummary => "in the job summary",
            Self::JsonReport => "in the JSON report",
            Self::JobReport => "in the job's report",
        }
    }

    fn note(self) -> String {
        format!("\n… The rest is {}.\n", self.words())
    }
}

/// Joins the parts in at most `limit` characters.
pub fn fit_page(parts: Vec<Part<'_>>, rest: Rest, limit: usize) -> Result<String, Error> {
    let reserved = parts.iter().map(|part| match part {
        Part::Whole(text) => length(text),
        Part::List(list) => length(&(list.note)(list.count)),
    });
    let mut room = limit.saturating_sub(reserved.sum());
    let mut blocks = Vec::new();
    for part in parts {
        blocks.push(Block::Whole(match part {
            Part::Whole(text) => text,
            Part::List(list) => {
                let (items, note) = list.fit(room.min(limit / list.share.max(1)), &rest.note())?;
                room = room.saturating_sub(length(&items));
                items + &note
            }
        }));
    }
    Ok(fit_blocks(blocks, rest, limit))
}

/// Joins the blocks in at most `limit` characters.
pub fn fit_blocks(blocks: Vec<Block>, rest: Rest, limit: usize) -> String {
    let note = rest.note();
    let whole = blocks.iter().map(|block| match block {
        Block::Whole(text) => length(text),
        Block::Cut(_) => 0,
    });
    let room = limit.saturating_sub(whole.sum());
    let cuts = blocks.iter().filter_map(|block| match block {
        Block::Cut(text) => Some(length(text)),
        Block::Whole(_) => None,
    });
    let most = level(&cuts.collect::<Vec<_>>(), room);
    let texts = blocks.into_iter().map(|block| match block {
        Block::Whole(text) => text,
        Block::Cut(text) => cut(&text, most, &note),
    });
    let page = collapse_blank_lines(&texts.collect::<String>());
    // The texts that are never shortened may be too long by themselves.
    cut(&page, limit, &note)
}

impl List<'_> {
    /// The items that fit, and the note.
    fn fit(&self, room: usize, cut_note: &str) -> Result<(String, String), Error> {
        let mut text = self.head.clone();
        let mut left = room.saturating_sub(length(&text));
        let (mut shown, mut full) = (0, 0);
        for index in 0..self.count {
            if left < MIN_ITEM_CHARS {
                break;
            }
            let mut item = None;
            for form in self.forms {
                let rendered = (self.item)(index, *form)?;
                if length(&rendered) <= left {
                    full += usize::from(*form == Form::Full);
                    item = Some(rendered);
                    break;
                }
                if Some(form) == self.forms.last() && left >= MIN_CUT_CHARS {
                    item = Some(cut(&rendered, left, cut_note));
                }
            }
            if let Some(item) = item {
                left -= length(&item);
                shown += 1;
                text.push_str(&item);
            }
        }
        let note = match full < self.count {
            true => (self.note)(full),
            false => String::new(),
        };
        let items = if shown == 0 { String::new() } else { text };
        Ok((items, note))
    }
}

/// The first lines of a text in at most `most` characters, and the number of lines after them.
pub fn first_lines(text: &str, most: usize) -> (&str, usize) {
    let (mut bytes, mut characters) = (0, 0);
    let mut lines = text.split_inclusive('\n').peekable();
    while let Some(line) = lines.peek() {
        characters += length(line);
        if characters > most {
            break;
        }
        bytes += line.len();
        lines.next();
    }
    (&text[..bytes], lines.count())
}

/// One line in at most `most` characters. A longer one ends with `…`.
pub fn fit_line(line: &str, most: usize) -> String {
    match line.char_indices().nth(most) {
        None => line.to_owned(),
        Some(_) => line
            .chars()
            .take(most.saturating_sub(1))
            .chain(['…'])
            .collect(),
    }
}

/// Characters, as a forge counts them.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

/// The maximum length of each text with which all texts fit the room.
fn level(lengths: &[usize], room: usize) -> usize {
    let mut sorted = lengths.to_vec();
    sorted.sort_unstable();
    let mut room = room;
    for (at, length) in sorted.iter().enumerate() {
        let share = room / (sorted.len() - at);
        if *length > share {
            return share;
        }
        room -= length;
    }
    usize::MAX
}

/// At most one empty line in a row outside of code blocks.
fn collapse_blank_lines(text: &str) -> String {
    let mut squeezed = String::with_capacity(text.len());
    let mut fence: Option<&str> = None;
    let mut empty = false;
    for line in text.lines() {
        let ticks = &line[..line.len() - line.trim_start_matches('`').len()];
        match fence {
            None if ticks.len() >= 3 => fence = Some(ticks),
            Some(open) if line == open => fence = None,
            _ => {}
        }
        let now_empty = fence.is_none() && line.trim().is_empty();
        if !(now_empty && empty) {
            squeezed.push_str(line);
            squeezed.push('\n');
        }
        empty = now_empty;
    }
    squeezed
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
fn cut(text: &str, most: usize, note: &str) -> String {
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const REST: Rest = Rest::JobSummary;

    fn cuts(sections: &[String], limit: usize) -> String {
        let blocks = sections.iter().cloned().map(Block::Cut).collect();
        fit_blocks(blocks, REST, limit)
    }

    fn list<'a>(items: &'a [String], share: usize) -> Part<'a> {
        Part::List(List {
            head: "| head |\n".to_owned(),
            count: items.len(),
            item: Box::new(|index, form| {
                Ok(match form {
                    Form::Full => format!("{}\n", items[index]),
                    Form::Brief => format!("{}\n", &items[index][..3]),
                })
            }),
            forms: &[Form::Full, Form::Brief],
            note: Box::new(|shown| format!("{shown} of {} items.\n", items.len())),
            share,
        })
    }

    #[test]
    fn short_texts_stay_whole_and_long_texts_are_cut_to_one_length() {
        let long = |letter: &str| format!("## {letter}\n\n{}\n", format!("{letter}\n").repeat(900));
        let sections = [long("a"), "## b\n\nshort\n\n".to_owned(), long("c")];
        let text = cuts(&sections, 1_000);
        assert!(length(&text) <= 1_000, "{}", length(&text));
        assert!(text.contains("## b\n\nshort\n\n## c\n"));
        let of = |letter: &str| text.lines().filter(|line| *line == letter).count();
        assert_eq!(of("a"), of("c"));
        assert!(of("a") > 180, "the room is used");
        assert_eq!(text.matches("job summary").count(), 2);
        assert_eq!(cuts(&sections[1..2], 1_000), "## b\n\nshort\n\n");
    }

    #[test]
    fn lists_drop_details_before_items_and_count_both() {
        let items: Vec<String> = (0..9)
            .map(|n| format!("{n}: {}", "x".repeat(200)))
            .collect();
        let page = |limit| fit_page(vec![list(&items, 1)], REST, limit).unwrap();
        assert!(!page(5_000).contains(" of "));
        let some = page(1_000);
        assert!(some.contains("4 of 9 items."), "{some}");
        assert!(some.contains("\n8: \n"), "the last item is brief: {some}");
        let few = page(320);
        assert!(few.contains("1 of 9 items."), "{few}");
        assert!(!few.contains("8:"), "the last item is left out: {few}");
    }

    #[test]
    fn lists_stay_within_their_share() {
        let items: Vec<String> = (0..99)
            .map(|n| format!("{n:02}: {}", "x".repeat(100)))
            .collect();
        let page = fit_page(vec![list(&items, 2), list(&items, 1)], REST, 5_000).unwrap();
        let notes: Vec<usize> = page
            .match_indices("of 99 items")
            .map(|found| found.0)
            .collect();
        assert!((2_000..=2_600).contains(&notes[0]), "{notes:?}");
        assert_eq!(notes.len(), 2);
    }

    #[test]
    fn attack_open_markup_is_closed_at_the_cut() {
        let inside = "x\n```\n".repeat(100);
        let section = format!(
            "## t\n\n```a``b``` is a span\n<details><summary>Show</summary>\n\n````yaml\n{inside}````\n\n</details>\n"
        );
        for most in (60..700).step_by(7) {
            let text = cuts(std::slice::from_ref(&section), most);
            let fences = text.lines().filter(|line| line.starts_with("````")).count();
            assert_eq!(fences % 2, 0, "{text}");
            assert_eq!(
                text.matches("<details>").count(),
                text.matches("</details>").count()
            );
        }
    }

    #[test]
    fn lines_and_diffs_say_that_they_are_cut() {
        assert_eq!(fit_line("é".repeat(3).as_str(), 3), "ééé");
        assert_eq!(fit_line("éééé", 3), "éé…");
        assert_eq!(first_lines("a\nbc\nd\n", 5), ("a\nbc\n", 1));
        assert_eq!(first_lines("a\nbc", 9), ("a\nbc", 0));
    }

    proptest! {
        #[test]
        fn no_page_is_longer_than_its_limit(
            whole in "[a`\n]{0,300}",
            items in prop::collection::vec("[a-z]{3}[a-z`\n]{0,400}", 0..20),
            texts in prop::collection::vec("([a-z`]{0,9}\n|````\n|<details>\n){0,60}", 0..4),
            limit in 0usize..3_000,
        ) {
            let parts = vec![Part::Whole(whole.clone()), list(&items, 2), list(&items, 1)];
            let page = fit_page(parts, REST, limit).unwrap();
            prop_assert!(length(&page) <= limit, "{} > {limit}", length(&page));
            let mut blocks: Vec<Block> = texts.into_iter().map(Block::Cut).collect();
            blocks.push(Block::Whole(whole));
            let page = fit_blocks(blocks, REST, limit);
            prop_assert!(length(&page) <= limit, "{} > {limit}", length(&page));
        }
    }
}
