//! Writes a comment as the page that a forge would show, without a network.
//!
//!     comment-page github|gitlab COMMENT.md PAGE.html
#![expect(clippy::disallowed_methods, reason = "reads and writes files")]

use std::borrow::Cow;
use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use comrak::adapters::SyntaxHighlighterAdapter;
use comrak::html::escape;
use comrak::options::Plugins;
use comrak::{Options, markdown_to_html_with_plugins};

const PAGE: &str = include_str!("page.html");
const STYLE: &str = include_str!("style.css");

/// Colors the lines of a difference; other code has no colors.
struct Difference;

impl SyntaxHighlighterAdapter for Difference {
    fn write_highlighted(
        &self,
        output: &mut dyn fmt::Write,
        language: Option<&str>,
        code: &str,
    ) -> fmt::Result {
        for line in code.split_inclusive('\n') {
            let kind = match line.as_bytes().first() {
                Some(b'+') => "added",
                Some(b'-') => "removed",
                Some(b'@') => "range",
                _ => "same",
            };
            if language != Some("diff") || kind == "same" {
                escape(output, line)?;
                continue;
            }
            write!(output, "<span class=\"{kind}\">")?;
            escape(output, line)?;
            output.write_str("</span>")?;
        }
        Ok(())
    }

    fn write_pre_tag(
        &self,
        output: &mut dyn fmt::Write,
        _: HashMap<&'static str, Cow<'_, str>>,
    ) -> fmt::Result {
        // A long line scrolls, with the keyboard too.
        output.write_str("<pre tabindex=\"0\">")
    }

    fn write_code_tag(
        &self,
        output: &mut dyn fmt::Write,
        _: HashMap<&'static str, Cow<'_, str>>,
    ) -> fmt::Result {
        output.write_str("<code>")
    }
}

fn html_of(markdown: &str) -> String {
    let mut options = Options::default();
    options.extension.alerts = true;
    options.extension.autolink = true;
    options.extension.strikethrough = true;
    options.extension.table = true;
    options.extension.tasklist = true;
    // The comment has <details> and <sub>.
    options.render.r#unsafe = true;
    let mut plugins = Plugins::default();
    plugins.render.codefence_syntax_highlighter = Some(&Difference);
    let html = markdown_to_html_with_plugins(markdown, &options, &plugins);
    html.replace(
        "<table>",
        "<div class=\"table\" tabindex=\"0\" role=\"group\" aria-label=\"Table\"><table>",
    )
    .replace("</table>", "</table></div>")
    .replace("<th></th>", "<td></td>")
}

fn page(forge: &str, markdown: &str) -> Option<String> {
    let (name, author, change) = match forge {
        "github" => ("GitHub", "github-actions", "pull request"),
        "gitlab" => ("GitLab", "provisioner", "merge request"),
        _ => return None,
    };
    // The comment is last: nothing in it is a placeholder.
    let page = PAGE
        .replace("{style}", STYLE)
        .replace("{forge}", forge)
        .replace("{name}", name)
        .replace("{author}", author)
        .replace("{change}", change);
    Some(page.replace("{comment}", html_of(markdown).trim_end()))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [forge, comment, target] = &arguments[..] else {
        return Err("usage: comment-page github|gitlab COMMENT.md PAGE.html".into());
    };
    let comment = std::fs::read_to_string(comment)?;
    let page = page(forge, &comment).ok_or_else(|| format!("unknown forge: {forge}"))?;
    Ok(std::fs::write(target, page)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_of_a_comment_look_as_on_a_forge() {
        let html = html_of(concat!(
            "| | `a` |\n|---|---|\n| x | ~~y~~ |\n\n",
            "<details><summary>Show</summary>\n\n```diff\n@@ -1 +1 @@\n-<a>\n+b\n same\n```\n\n</details>\n\n",
            "> [!WARNING]\n> Careful.\n\n```text\n-<x>\n```\n",
        ));
        for part in [
            "<td></td>\n<th><code>a</code></th>",
            "<del>y</del>",
            "<span class=\"removed\">-&lt;a&gt;\n</span><span class=\"added\">+b\n</span> same\n",
            "<p class=\"markdown-alert-title\">Warning</p>",
            "<pre tabindex=\"0\"><code>-&lt;x&gt;\n</code></pre>",
            "</table></div>",
        ] {
            assert!(html.contains(part), "{part}\n{html}");
        }
    }

    #[test]
    fn a_page_loads_nothing() {
        let page = page("github", "## Provisioner\n\n{style} {author}\n").unwrap();
        assert!(page.contains("<p>{style} {author}</p>"), "{page}");
        for load in ["src=", "<link", "<script", "url(", "@import"] {
            assert!(!page.contains(load), "{load}");
        }
        assert!(super::page("bitbucket", "").is_none());
    }
}
