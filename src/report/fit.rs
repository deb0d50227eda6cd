//! Fits pages, lists and lines to the limits of a forge. Lengths are in Unicode characters, as forges count them.
//!
//! If a page is too long, lists drop the details of their last items, then the items. Texts are truncated between lines, and open
//! markup is closed. A note counts the rest. No page is longer than its limit.

use minijinja::Error;

use super::fit_list::{FittedList, List, Round};
use super::truncate::{length, truncate_markdown};

/// The note of a list says where the rest is.
const CUT_ITEM: &str = "\n… The rest of this section is left out.\n";

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

/// A page within its limit.
pub struct FittedPage {
    pub text: String,
    /// Whether nothing is left out.
    pub is_complete: bool,
    /// Of each list, whether each item is shown in full.
    pub shown: Vec<Vec<bool>>,
}

/// Where to find what a page leaves out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    /// The job's summary, if it has the whole page.
    JobSummary,
    /// The file that the job of a check writes.
    JsonReport,
    /// What the command prints as JSON.
    JsonFormat,
    /// The job's summary, files and log.
    JobReport,
}

impl Rest {
    /// The end of a sentence.
    pub fn words(self) -> &'static str {
        match self {
            Self::JobSummary => "in the job summary",
            Self::JsonReport => "in the job's JSON report",
            Self::JsonFormat => "in the report of `--format json`",
            Self::JobReport => "in the job's report",
        }
    }

    fn note(self) -> String {
        format!("\n… The rest is {}.\n", self.words())
    }
}

/// Joins the parts in at most `limit` characters.
pub fn fit_page(parts: Vec<Part<'_>>, rest: Rest, limit: usize) -> Result<FittedPage, Error> {
    let reserved = parts.iter().map(|part| match part {
        Part::Whole(text) => length(text),
        Part::List(list) => length(&(list.note)(&vec![true; list.count])),
    });
    let mut room = limit.saturating_sub(reserved.sum());
    let mut fitted: Vec<FittedList<'_, '_>> = parts
        .iter()
        .filter_map(|part| match part {
            Part::Whole(_) => None,
            Part::List(list) => Some(FittedList::new(list)),
        })
        .collect();
    for round in Round::ALL {
        for list in &mut fitted {
            let most = room.min(list.left_of(limit));
            room -= list.fill(round, most, CUT_ITEM)?;
        }
    }
    let shown = fitted.iter().map(FittedList::shown).collect();
    let mut is_complete = fitted.iter().all(FittedList::is_complete);
    let mut texts = fitted.iter().map(FittedList::text);
    let texts = parts.iter().map(|part| match part {
        Part::Whole(text) => text.clone(),
        Part::List(_) => texts.next().unwrap_or_default(),
    });
    let text = collapse_blank_lines(&texts.collect::<String>());
    is_complete &= length(&text) <= limit;
    // The texts that are never shortened may be too long by themselves.
    let text = truncate_markdown(&text, limit, &rest.note());
    Ok(FittedPage {
        text,
        is_complete,
        shown,
    })
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
        Block::Cut(text) => truncate_markdown(&text, most, &note),
    });
    let page = collapse_blank_lines(&texts.collect::<String>());
    // The texts that are never shortened may be too long by themselves.
    truncate_markdown(&page, limit, &note)
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::fit_list::Form;
    use super::*;

    const REST: Rest = Rest::JobSummary;

    fn cuts(sections: &[String], limit: usize) -> String {
        let blocks = sections.iter().cloned().map(Block::Cut).collect();
        fit_blocks(blocks, REST, limit)
    }

    fn list<'a>(items: &'a [String], share: usize, first: usize) -> Part<'a> {
        Part::List(List {
            head: "| head |\n".to_owned(),
            count: items.len(),
            item: Box::new(|index, form| {
                Ok(match form {
                    Form::Full => format!("{}\n", items[index]),
                    Form::Cut | Form::Brief => format!("{}\n", &items[index][..3]),
                })
            }),
            forms: &[Form::Full, Form::Brief],
            note: Box::new(|shown| {
                let shown = shown.iter().filter(|shown| **shown).count();
                format!("{shown} of {} items.\n", items.len())
            }),
            share,
            goes_first: Box::new(move |index| index == first),
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
        let page = |limit| fitted(vec![list(&items, 1, 99)], limit);
        assert!(!page(5_000).contains(" of "));
        let some = page(1_000);
        assert!(some.contains("4 of 9 items."), "{some}");
        assert!(some.contains("\n8: \n"), "the last item is brief: {some}");
        let few = page(320);
        assert!(few.contains("1 of 9 items."), "{few}");
        assert!(!few.contains("8:"), "the last item is left out: {few}");
    }

    fn fitted(parts: Vec<Part<'_>>, limit: usize) -> String {
        fit_page(parts, REST, limit).unwrap().text
    }

    #[test]
    fn items_that_go_first_are_shown_before_others_take_the_room() {
        let items: Vec<String> = (0..99)
            .map(|n| format!("{n:02}: {}", "x".repeat(200)))
            .collect();
        let page = fit_page(vec![list(&items, 2, 98), list(&items, 1, 98)], REST, 5_000).unwrap();
        assert_eq!(page.text.matches(&items[98]).count(), 2, "{}", page.text);
        assert!(!page.is_complete && page.text.contains(" of 99 items."));
        let page = fit_page(vec![list(&items, 2, 98)], REST, 99_000).unwrap();
        assert!(page.is_complete && page.text.contains(&items[50]));
    }

    #[test]
    fn lists_stay_within_their_share() {
        let items: Vec<String> = (0..99)
            .map(|n| format!("{n:02}: {}", "x".repeat(100)))
            .collect();
        let page = fitted(vec![list(&items, 2, 0), list(&items, 1, 0)], 5_000);
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
            first in 0usize..20,
            limit in 0usize..3_000,
        ) {
            let parts = vec![Part::Whole(whole.clone()), list(&items, 2, first), list(&items, 1, first)];
            let page = fitted(parts, limit);
            prop_assert!(length(&page) <= limit, "{} > {limit}", length(&page));
            let mut blocks: Vec<Block> = texts.into_iter().map(Block::Cut).collect();
            blocks.push(Block::Whole(whole));
            let page = fit_blocks(blocks, REST, limit);
            prop_assert!(length(&page) <= limit, "{} > {limit}", length(&page));
        }
    }
}
