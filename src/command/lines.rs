//! Finds the command lines of a comment by parsing its Markdown, never by a pattern over its text.

use pulldown_cmark::{Event, Options, Parser, Tag};

use super::ambiguity::{PrecedingBlock, is_clear, plain_until};
use super::fences::FencedBlocks;
use super::grammar::TRIGGER;
use super::html::OpenElements;

/// A line that begins with the trigger.
#[derive(Debug)]
pub(super) struct Line<'a> {
    /// From the trigger to the end of the line, as written.
    pub text: &'a str,
    /// Whether every dialect shows the line as written.
    pub plain: bool,
}

/// The Markdown extensions of forges, as far as they contain text. `ambiguity` handles strikethrough and mathematics.
fn extensions() -> Options {
    Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES | Options::ENABLE_GFM
}

/// Lines that begin with the trigger, in top-level paragraphs of plain text. `body` has `\n` line ends.
pub(super) fn command_lines(body: &str) -> Vec<Line<'_>> {
    let mut lines: Vec<Line<'_>> = Vec::new();
    let mut last_end = 0;
    let mut depth = 0_usize;
    let mut above = PrecedingBlock::default();
    let clear = is_clear(body);
    let mut in_paragraph = false;
    let mut plain_end = 0;
    let mut fenced = FencedBlocks::default();
    let mut elements = OpenElements::default();
    for (event, range) in Parser::new_ext(body, extensions()).into_offset_iter() {
        let text = matches!(event, Event::Text(_) | Event::SoftBreak | Event::HardBreak);
        let ends = matches!(event, Event::End(_));
        if range.start < last_end && !text && !ends {
            mark_ambiguous(&mut lines);
        }
        match event {
            Event::Start(tag) => {
                if depth == 0 {
                    let block = &body[range.clone()];
                    let apart = above.ends_before(body, range.start);
                    in_paragraph = tag == Tag::Paragraph;
                    match tag {
                        Tag::BlockQuote(_) => fenced.read_quote(body, range.start),
                        Tag::CodeBlock(_) => fenced.read_code(body, range.clone()),
                        Tag::FootnoteDefinition(_) => fenced.read_footnote(body, range.clone()),
                        _ => fenced.read_to(body, range.end),
                    }
                    plain_end = match in_paragraph && apart && clear && !fenced.in_doubt() {
                        true => range.start + plain_until(block),
                        false => 0,
                    };
                    match tag {
                        Tag::HtmlBlock => elements.read(block),
                        // In some dialects the line above is the head of a table.
                        Tag::Table(_)
                            if body.get(last_end..range.start).is_some_and(is_line_break) =>
                        {
                            mark_ambiguous(&mut lines);
                        }
                        _ => {}
                    }
                    above = PrecedingBlock::new(apart, &tag, block, range.end);
                }
                depth += 1;
            }
            Event::End(_) => depth -= 1,
            Event::Rule if depth == 0 && above.ends_before(body, range.start) => {
                above = PrecedingBlock::Block(range.end);
            }
            Event::InlineHtml(html) if in_paragraph => elements.read(&html),
            Event::Text(_)
                if in_paragraph && depth == 1 && !fenced.quotes() && !elements.any_open() =>
            {
                if let Some(end) = command_at(body, range.start) {
                    last_end = end;
                    lines.push(Line {
                        text: &body[range.start..end],
                        plain: range.start < plain_end,
                    });
                }
            }
            _ => {}
        }
    }
    fenced.read_to(body, body.len());
    if fenced.describes() {
        lines.iter_mut().for_each(|line| line.plain = false);
    }
    lines
}

fn mark_ambiguous(lines: &mut [Line<'_>]) {
    if let Some(line) = lines.last_mut() {
        line.plain = false;
    }
}

/// The end of the line that begins at `start`, if it begins as a command. Each check is short, because a line may have many
/// pieces of text.
fn command_at(body: &str, start: usize) -> Option<usize> {
    let rest = body[start..].strip_prefix(TRIGGER)?;
    // With a letter or sign after it, it is another word. The parser reports characters that only look like a blank.
    if rest.starts_with(|next: char| next.is_ascii_graphic()) {
        return None;
    }
    let before = body.as_bytes()[..start].iter().rev();
    let spaces = before.clone().take(4).take_while(|byte| **byte == b' ');
    let spaces = spaces.count();
    let begins_line = spaces <= 3 && matches!(before.clone().nth(spaces), None | Some(b'\n'));
    let length = || rest.find('\n').unwrap_or(rest.len());
    begins_line.then(|| start + TRIGGER.len() + length())
}

fn is_line_break(between: &str) -> bool {
    between.trim_matches([' ', '\t']) == "\n"
}
