//! The items of a list that have room on a page. Each kind of item gets room before a second one of any kind.

use minijinja::Error;

use super::truncate::{length, truncate_markdown};

/// With less room, an item is not rendered: it would not fit.
const MIN_ITEM_CHARS: usize = 100;
/// An item is truncated only if at least this much of it fits.
const MIN_CUT_CHARS: usize = 1_000;

type NoteOfList<'a> = dyn Fn(&[bool]) -> String + 'a;

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
    /// The note, by whether each item is shown in full.
    pub note: Box<NoteOfList<'a>>,
    /// The list may fill the limit divided by this number.
    pub share: usize,
    /// Whether the item gets room before all other items of the page, and keeps its place among them.
    pub goes_first: Box<dyn Fn(usize) -> bool + 'a>,
}

/// How much of an item is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Everything.
    Full,
    /// With the first lines of long texts.
    Cut,
    /// Without its tables and folded texts.
    Brief,
}

/// What gets room in a round.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// The shortest form of items that go first.
    First,
    /// The longest form of these items.
    Details,
    /// The other items.
    Others,
    /// The longest form of all items that have room.
    Rest,
}

impl Round {
    pub(super) const ALL: [Self; 4] = [Self::First, Self::Details, Self::Others, Self::Rest];
}

/// The items of a list that have room.
pub(super) struct FittedList<'p, 'a> {
    list: &'p List<'a>,
    items: Vec<Option<FittedItem>>,
    /// Characters of the head and the items.
    chars: usize,
}

struct FittedItem {
    text: String,
    is_full: bool,
    is_cut: bool,
}

impl<'p, 'a> FittedList<'p, 'a> {
    pub(super) fn new(list: &'p List<'a>) -> Self {
        Self {
            list,
            items: (0..list.count).map(|_| None).collect(),
            chars: 0,
        }
    }

    /// Characters that the list may still take of a page.
    pub(super) fn left_of(&self, limit: usize) -> usize {
        (limit / self.list.share.max(1)).saturating_sub(self.chars)
    }

    /// Adds items in at most `most` characters. Returns how many it took.
    pub(super) fn fill(
        &mut self,
        round: Round,
        most: usize,
        cut_note: &str,
    ) -> Result<usize, Error> {
        let mut left = most;
        if self.chars == 0 && self.list.count > 0 {
            left = left.saturating_sub(length(&self.list.head));
        }
        let forms = self.list.forms;
        let first = (0..self.list.count).filter(|index| (self.list.goes_first)(*index));
        let mut waiting = first.count();
        for index in 0..self.list.count {
            let known = self.items[index].as_ref();
            let taken = known.map_or(0, |item| length(&item.text));
            if left + taken < MIN_ITEM_CHARS {
                continue;
            }
            // The longest forms leave room for those of other items.
            let half = match self.list.count {
                1 => left,
                _ => left / 2,
            };
            let details = &forms[..forms.len().saturating_sub(1).max(1)];
            let (forms, most, cuts) = match (round, known, (self.list.goes_first)(index)) {
                (Round::First, _, true) => {
                    // No item takes the room of those after it.
                    let share = (left / waiting.max(1)).max(MIN_CUT_CHARS);
                    waiting = waiting.saturating_sub(1);
                    (&forms[forms.len() - 1..], share.min(left), true)
                }
                (Round::Details, Some(item), _) if item.is_cut => (forms, half + taken, false),
                (Round::Details, Some(item), _) if !item.is_full => (details, half + taken, false),
                (Round::Rest, Some(item), _) if !item.is_full && left >= MIN_CUT_CHARS => {
                    (details, left + taken, false)
                }
                (Round::Others, None, _) => (forms, left, true),
                _ => continue,
            };
            let item = self.fitting(index, forms, most)?;
            let item = match item {
                Ok(item) => Some(item),
                Err(text) if cuts && most >= MIN_CUT_CHARS => Some(FittedItem {
                    text: truncate_markdown(&text, most, cut_note),
                    is_full: false,
                    is_cut: true,
                }),
                Err(_) => None,
            };
            if let Some(item) = item {
                left = left + taken - length(&item.text);
                self.items[index] = Some(item);
            }
        }
        Ok(self.take(most, left))
    }

    /// Counts the characters, with the head if there is any item.
    fn take(&mut self, most: usize, left: usize) -> usize {
        let is_empty = self.items.iter().all(Option::is_none);
        let taken = if is_empty { 0 } else { most - left };
        self.chars += taken;
        taken
    }

    /// The item in the first of the forms that fits, otherwise the text of the last form.
    fn fitting(
        &self,
        index: usize,
        forms: &[Form],
        most: usize,
    ) -> Result<Result<FittedItem, String>, Error> {
        let mut text = String::new();
        for form in forms {
            text = (self.list.item)(index, *form)?;
            if length(&text) <= most {
                return Ok(Ok(FittedItem {
                    text,
                    is_full: Some(form) == self.list.forms.first(),
                    is_cut: false,
                }));
            }
        }
        Ok(Err(text))
    }

    pub(super) fn is_complete(&self) -> bool {
        let mut items = self.items.iter();
        items.all(|item| item.as_ref().is_some_and(|item| item.is_full))
    }

    /// The items, and the note.
    pub(super) fn text(&self) -> String {
        let items = self.items.iter().flatten();
        let mut text = match items.clone().next() {
            Some(_) => self.list.head.clone(),
            None => String::new(),
        };
        text.extend(items.map(|item| item.text.as_str()));
        if !self.is_complete() {
            text.push_str(&(self.list.note)(&self.shown()));
        }
        text
    }

    /// Whether each item is shown in full.
    pub(super) fn shown(&self) -> Vec<bool> {
        let items = self.items.iter();
        items
            .map(|item| item.as_ref().is_some_and(|item| item.is_full))
            .collect()
    }
}
