//! Blocks that only GitLab knows: quotes between fences, alerts between fences, front matter, formulas and descriptions.

use std::ops::Range;

/// The quotes between fences, which are lines of three or more `>`, and the descriptions. Other dialects see empty quotes and
/// paragraphs.
#[derive(Debug, Default)]
pub(super) struct FencedBlocks {
    /// Where the next line to read begins.
    next: usize,
    /// The length of the fence that is open.
    open: Option<usize>,
    /// Forges may disagree on which fence ends which quote.
    in_doubt: bool,
    /// A line describes the paragraph above it.
    describes: bool,
}

impl FencedBlocks {
    /// Whether GitLab quotes what comes next.
    pub(super) fn quotes(&self) -> bool {
        self.open.is_some() && !self.in_doubt
    }

    pub(super) fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    pub(super) fn describes(&self) -> bool {
        self.describes
    }

    /// Reads up to the top-level quote that begins at `start`. Its first line may be a fence.
    pub(super) fn read_quote(&mut self, body: &str, start: usize) {
        let line = line_start(body, start);
        self.read_to(body, line);
        let Some(fence) = Fence::parse(line_at(body, line)) else {
            return;
        };
        self.next = line + line_at(body, line).len();
        match self.open {
            _ if !fence.alone => self.in_doubt = true,
            None => self.open = Some(fence.length),
            Some(open) if open == fence.length => self.open = None,
            Some(_) => self.in_doubt = true,
        }
    }

    /// Reads up to the top-level code that begins at `start`. Its lines are code on all forges, unless a quote may end in it.
    pub(super) fn read_code(&mut self, body: &str, code: Range<usize>) {
        self.read_to(body, line_start(body, code.start));
        if self.open.is_none() {
            self.next = self.next.max(code.end);
        }
    }

    /// Reads a top-level footnote. Dialects differ in the names of footnotes, but not in one that this parser accepts.
    pub(super) fn read_footnote(&mut self, body: &str, footnote: Range<usize>) {
        let line = line_start(body, footnote.start);
        self.read_to(body, line);
        self.next = line + line_at(body, line).len();
        self.read_to(body, footnote.end);
    }

    /// Reads the lines that begin before `end`. A fence among them is inside of another block, and a footnote may contain the
    /// blocks below.
    pub(super) fn read_to(&mut self, body: &str, end: usize) {
        while self.next < end {
            let line = line_at(body, self.next);
            self.in_doubt |= Fence::parse(line).is_some() || is_footnote(line);
            self.describes |= is_description(line);
            self.next += line.len();
        }
    }
}

struct Fence {
    length: usize,
    /// There is nothing else in the line.
    alone: bool,
}

impl Fence {
    /// A line that may be a fence, also in a list or in another quote.
    fn parse(line: &str) -> Option<Self> {
        let (line, is_alert) = match line.split_once("[!") {
            Some((before, _)) => (before, true),
            None => (line, false),
        };
        let line = line.trim_end();
        let before = line.trim_end_matches('>');
        let length = line.len() - before.len();
        let encloses = |sign: char| sign.is_ascii_digit() || " \t>-+*.)".contains(sign);
        (length >= 3 && before.chars().all(encloses)).then(|| Self {
            length,
            alone: !is_alert && before.len() <= 3 && before.trim_matches(' ').is_empty(),
        })
    }
}

fn is_footnote(line: &str) -> bool {
    line.trim_start().starts_with("[^") && line.contains("]:")
}

fn is_description(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let text = line.strip_prefix([':', '~']);
    text.is_some_and(|text| text.starts_with([' ', '\t']))
}

fn line_start(body: &str, at: usize) -> usize {
    body[..at].rfind('\n').map_or(0, |line_end| line_end + 1)
}

/// The line that begins at `start`, with its end.
fn line_at(body: &str, start: usize) -> &str {
    let rest = &body[start..];
    rest.split_inclusive('\n').next().unwrap_or(rest)
}

/// What follows a fence of front matter.
fn after_fence(line: &str) -> Option<&str> {
    let fences = ["---", "+++", ";;;"];
    fences.iter().find_map(|fence| line.strip_prefix(fence))
}

/// Whether GitLab shows the beginning of the comment as code: front matter between two lines `---`, `+++` or `;;;`.
pub(super) fn has_front_matter(body: &str) -> bool {
    let body = body.trim_start_matches(|sign: char| sign.is_whitespace() || sign == '\u{feff}');
    // A line that declares an encoding may come first.
    let body = match body.split_once('\n') {
        Some((first, rest)) if first.contains("coding:") => rest.trim_start(),
        _ => body,
    };
    let mut lines = body.lines();
    // A language may follow.
    let opens =
        |line: &str| after_fence(line).is_some_and(|rest| rest.split_whitespace().count() <= 1);
    let closes = |line: &str| {
        after_fence(line).is_some_and(|rest| rest.trim().is_empty()) || line.trim_end() == "..."
    };
    lines.next().is_some_and(opens) && lines.any(closes)
}

/// Whether older versions of GitLab show several paragraphs as one formula, between two lines `$$`.
pub(super) fn has_formula(body: &str) -> bool {
    body.lines().filter(|line| line.trim() == "$$").count() > 1
}
