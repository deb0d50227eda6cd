//! The oracle for all Markdown of the program: no value in it is live.

use std::sync::LazyLock;

use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use provisioner::text::is_invisible_or_bidi;
use regex::Regex;

/// Text outside of code that GitHub or GitLab turns into a link, a mention or an emoji.
static LIVE: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = r"(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|\b[0-9a-f]{7,40}\b|https?://|\bwww\.|:[a-z_+]+:|[a-z]+-[0-9]+\b";
    Regex::new(patterns).unwrap()
});

/// The same, of GitLab alone: references, math, inline differences, table of contents, includes.
/// <https://docs.gitlab.com/user/markdown/>
static LIVE_ON_GITLAB: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = concat!(
        r#"(?i)[!%~&^$][0-9]|[%~]["a-z]|\$`|`\$|\*iteration:"#,
        r"|\[(vulnerability|feature_flag|epic|issue|work_item|contact|wiki_page|cadence|custom_emoji):",
        r"|\{\+|\+\}|\{-|-\}|\[\+|\[-|\[\[|\[toc\]|^::include|\$\$",
    );
    Regex::new(patterns).unwrap()
});

/// GitLab's quick actions as its extractor finds them in raw text, in fences too. It deletes carriage returns first.
/// <https://docs.gitlab.com/user/project/quick_actions/>
static QUICK_ACTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"(?m)^/([a-z_]+)").unwrap());

/// Languages that a forge shows as code. GitLab renders others, such as `mermaid`, `math` and `suggestion`.
static CODE_FENCE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"^(diff|text|yaml|json|console|)$").unwrap());

/// The program's own HTML, a line at a time.
static OWN_HTML: LazyLock<Regex> = LazyLock::new(|| {
    let patterns = r"^(<details><summary>(Show|Prices|The \d+ configs|\d+ added resources?|(Rendered template|Operator policy): \d+ lines? added, \d+ removed)</summary>|</details>|<sub>|</sub>)$";
    Regex::new(patterns).unwrap()
});

/// The program's own markers, allowed only at the beginning of a text.
static MARKER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^<!-- provisioner:[a-z]+ [^<>]*-->$").unwrap());

/// GitHub's maximum length of a comment.
const MAX_CHARACTERS: usize = 65_536;

/// No link, image, mention, reference, emoji or foreign HTML; no quote, task or footnote. Fences and folds end, every table row has
/// the columns of its head, and the text fits into a comment.
#[track_caller]
pub fn assert_nothing_live(markdown: &str) {
    let length = markdown.chars().count();
    assert!(length <= MAX_CHARACTERS, "{length} characters");
    assert!(
        !markdown.contains(is_invisible_or_bidi),
        "a deceptive character: {markdown}"
    );
    for action in QUICK_ACTION.captures_iter(&markdown.replace('\r', "")) {
        assert_eq!(&action[1], "provisioner", "a quick action: {markdown}");
    }
    for block in ["---", "+++", ";;;"] {
        assert!(!markdown.starts_with(block), "front matter: {markdown}");
    }
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options());
    let first = root.first_child();
    let mut open_folds = 0_i32;
    for node in root.descendants() {
        match &node.data.borrow().value {
            NodeValue::Link(_) | NodeValue::Image(_) | NodeValue::WikiLink(_) => {
                panic!("a link or image: {markdown}")
            }
            NodeValue::TaskItem(_) | NodeValue::FootnoteReference(_) | NodeValue::BlockQuote => {
                panic!("a task, footnote or quote: {markdown}")
            }
            NodeValue::Heading(heading) => {
                assert!(matches!(heading.level, 2 | 3), "a heading: {markdown}");
            }
            NodeValue::HtmlBlock(html) => {
                // The line below the marker keeps what the next run reads.
                let second = first.and_then(|first| first.next_sibling());
                let mut head = [first, second].into_iter().flatten();
                let is_head = head.any(|head| std::ptr::eq(head, node));
                for line in lines(&html.literal) {
                    let is_marker = is_head && MARKER.is_match(line);
                    assert!(
                        is_marker || OWN_HTML.is_match(line),
                        "HTML {line:?}: {markdown}"
                    );
                    open_folds += i32::from(line.starts_with("<details>"));
                    open_folds -= i32::from(line == "</details>");
                }
            }
            NodeValue::HtmlInline(html) => {
                assert!(OWN_HTML.is_match(html), "HTML {html:?}: {markdown}");
            }
            NodeValue::CodeBlock(block) => {
                assert!(block.closed, "an open fence: {markdown}");
                let is_code = CODE_FENCE.is_match(&block.info);
                assert!(is_code, "a fence {:?}: {markdown}", block.info);
            }
            NodeValue::TableRow(_) => assert_whole_row(node, markdown),
            NodeValue::Paragraph => {
                let text = text_of(node);
                let is_broken = text.contains("```") || text.contains("| |");
                assert!(!is_broken, "a broken block {text:?}: {markdown}");
            }
            NodeValue::Text(text) => {
                assert!(!LIVE.is_match(text), "live {text:?}: {markdown}");
                let is_live = LIVE_ON_GITLAB.is_match(text);
                assert!(!is_live, "live on GitLab {text:?}: {markdown}");
            }
            _ => {}
        }
    }
    assert_eq!(open_folds, 0, "a fold that does not end: {markdown}");
}

/// The text of the last paragraph; empty if the last block is not a paragraph.
pub fn last_paragraph(markdown: &str) -> String {
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &options());
    let last = root.last_child().filter(|node| {
        let value = &node.data.borrow().value;
        matches!(value, NodeValue::Paragraph)
    });
    last.map(text_of).unwrap_or_default()
}

fn options() -> Options<'static> {
    let mut options = Options::default();
    options.extension.table = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.tasklist = true;
    options.extension.footnotes = true;
    options
}

fn lines(html: &str) -> impl Iterator<Item = &str> {
    html.lines().map(str::trim).filter(|line| !line.is_empty())
}

#[track_caller]
fn assert_whole_row<'a>(row: &'a AstNode<'a>, markdown: &str) {
    let head = row.parent().and_then(|table| table.first_child());
    let columns = head.map(|head| head.children().count());
    assert_eq!(Some(row.children().count()), columns, "a row: {markdown}");
}

fn text_of<'a>(node: &'a AstNode<'a>) -> String {
    let texts = node
        .descendants()
        .filter_map(|node| match &node.data.borrow().value {
            NodeValue::Text(text) => Some(text.to_string()),
            _ => None,
        });
    texts.collect()
}
