//! HTML in a comment. After an empty line below a tag the text is Markdown again, but it is still quoted, folded or struck out.

/// Elements that quote, fold, strike out, or show their text as code or as a table cell.
const CONTAINER_ELEMENTS: &[&str] = &[
    "blockquote",
    "code",
    "dd",
    "del",
    "details",
    "dl",
    "dt",
    "kbd",
    "li",
    "ol",
    "pre",
    "q",
    "s",
    "samp",
    "strike",
    "summary",
    "table",
    "tbody",
    "td",
    "template",
    "tfoot",
    "th",
    "thead",
    "tr",
    "tt",
    "ul",
    "var",
];

/// No real comment opens so many elements at once.
const MAX_OPEN: usize = 64;

#[derive(Debug, Default)]
pub(super) struct OpenElements {
    open: Vec<&'static str>,
    /// More than `MAX_OPEN` elements are open. From there on, no line counts.
    lost: bool,
}

impl OpenElements {
    pub(super) fn any_open(&self) -> bool {
        self.lost || !self.open.is_empty()
    }

    /// Reads a piece of HTML. A broken tag counts as open rather than closed.
    pub(super) fn read(&mut self, html: &str) {
        let mut rest = html;
        while let Some(at) = rest.find('<') {
            rest = &rest[at + 1..];
            let after = if rest.starts_with("!--") {
                // `<!-->` is a complete comment: its dashes count for both ends.
                rest.find("-->").map(|end| &rest[end + 3..])
            } else if rest.starts_with(['!', '?']) {
                rest.find('>').map(|end| &rest[end + 1..])
            } else {
                self.tag(rest)
            };
            match after {
                Some(after) => rest = after,
                None => return,
            }
        }
    }

    /// Reads a tag after its `<` and returns the rest; `None` if the tag has no end.
    fn tag<'a>(&mut self, text: &'a str) -> Option<&'a str> {
        let (closes, name) = match text.strip_prefix('/') {
            Some(name) => (true, name),
            None => (false, text),
        };
        let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let (name, attributes) = name.split_at(length);
        let holding = CONTAINER_ELEMENTS
            .iter()
            .find(|known| known.eq_ignore_ascii_case(name));
        if let (Some(holding), false) = (holding, closes) {
            self.lost |= self.open.len() == MAX_OPEN;
            if !self.lost {
                self.open.push(holding);
            }
        }
        let end = end_of_tag(attributes)?;
        if let (Some(holding), true) = (holding, closes)
            && let Some(opened) = self.open.iter().rposition(|open| open == holding)
        {
            self.open.truncate(opened);
        }
        Some(&attributes[end..])
    }
}

/// The position after the `>` that ends a tag. A `>` between quotation marks does not end it.
fn end_of_tag(attributes: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in attributes.bytes().enumerate() {
        match (byte, quote) {
            (b'>', None) => return Some(at + 1),
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, Some(open)) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}
