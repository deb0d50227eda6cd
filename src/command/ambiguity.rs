//! Markdown that forges read differently from each other or from this parser. Where a forge may see more than plain text, the
//! command is rejected with an explanation.

use pulldown_cmark::Tag;

use super::fences::{has_formula, has_front_matter};

/// The block above a paragraph.
pub(super) enum PrecedingBlock {
    /// A block that ends here in every dialect.
    Block(usize),
    /// A block, such as a quote or a list, to which the next line may still belong.
    Container,
}

impl Default for PrecedingBlock {
    fn default() -> Self {
        Self::Block(0)
    }
}

impl PrecedingBlock {
    /// `apart` is true if the block certainly belongs to no block above it.
    pub(super) fn new(apart: bool, tag: &Tag<'_>, block: &str, end: usize) -> Self {
        match tag {
            _ if !apart => Self::Container,
            Tag::HtmlBlock | Tag::CodeBlock(_) => Self::Block(end),
            // A heading of several lines is underlined; some dialects read it as a table.
            Tag::Heading { .. } if !block.trim_end().contains('\n') => Self::Block(end),
            _ => Self::Container,
        }
    }

    /// Whether a block that begins at `start` certainly belongs to no block above it.
    pub(super) fn ends_before(&self, body: &str, start: usize) -> bool {
        let before = body[..start].trim_end_matches(' ');
        let line_above = before.strip_suffix('\n').unwrap_or(before);
        let line_above = line_above.trim_end_matches([' ', '\t']);
        if line_above.is_empty() || line_above.ends_with('\n') {
            return true;
        }
        match self {
            // Text between them is a link definition, or in some dialects the head of a table.
            Self::Block(end) => body[..start]
                .get(*end..)
                .is_some_and(|between| between.trim().is_empty()),
            Self::Container => false,
        }
    }
}

/// Whether every dialect agrees where each piece of HTML in the comment ends, and which paragraphs it interrupts. Versions of
/// CommonMark differ. Front matter and formulas of several paragraphs exist in some dialects only.
pub(super) fn is_clear(body: &str) -> bool {
    const DECLARED: [&str; 2] = ["<!--", "<![CDATA["];
    // These begin a block in only one version of CommonMark.
    const ELEMENTS: [&str; 3] = ["<search", "<source", "<textarea"];
    // In some dialects each of these ends a block that any of them began.
    const ENDS: [&str; 4] = ["</pre", "</script", "</style", "</textarea"];
    let declares = |(at, _)| !DECLARED.iter().any(|known| body[at..].starts_with(known));
    let lower = body.to_ascii_lowercase();
    !has_front_matter(body)
        && !has_formula(body)
        && !body.match_indices("<!").any(declares)
        && !ELEMENTS.iter().any(|element| lower.contains(element))
        && ENDS.iter().filter(|end| lower.contains(**end)).count() <= 1
}

/// The length of the paragraph's beginning that is plain text in every dialect.
pub(super) fn plain_until(paragraph: &str) -> usize {
    let has = |word: &str| paragraph.contains(word);
    let paired = |sign: char| paragraph.find(sign) != paragraph.rfind(sign);
    // A pair of these may strike out the text between them or set it as mathematics, and change the meaning of the text around
    // it.
    let paired = paired('~') || paired('$');
    // Some dialects link addresses, and in some a tilde is not punctuation: then other signs begin and end emphasis.
    let emphasis =
        paragraph.contains(['*', '_']) && (has("://") || has("www.") || paragraph.contains('~'));
    // Some dialects link pages of a wiki, and mark additions and deletions.
    let linked = has("[[") && has("]]");
    let marks = [("{+", "+}"), ("[+", "+]"), ("{-", "-}"), ("[-", "-]")];
    let marked = marks.iter().any(|(start, end)| has(start) && has(end));
    // Versions of CommonMark differ in where an HTML comment ends.
    if paired || emphasis || linked || marked || has("<!") || has("<?") {
        return 0;
    }
    table(paragraph).unwrap_or(paragraph.len())
}

/// The start of a table with one column and no bar in its head.
fn table(paragraph: &str) -> Option<usize> {
    let is_delimiter_row =
        |line: &str| line.contains('-') && line.trim().chars().all(|sign| "|-: \t".contains(sign));
    let mut head = 0;
    let mut start = 0;
    for line in paragraph.split_inclusive('\n') {
        if is_delimiter_row(line) {
            return Some(head);
        }
        head = start;
        start += line.len();
    }
    None
}
