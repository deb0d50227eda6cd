//! The words for jobs of GitLab: merge requests, and the commands of its roles.

use std::borrow::Cow;

const WORDS: [(&str, &str); 2] = [
    ("pull request", "merge request"),
    ("Pull request", "Merge request"),
];

/// Replaced in code spans too.
const COMMANDS: [(&str, &str); 8] = [
    (
        "provisioner roles --repository OWNER@ID/NAME@ID",
        "provisioner roles --forge gitlab --repository GROUP/PROJECT",
    ),
    (
        "provisioner roles --repository OWNER/NAME",
        "provisioner roles --forge gitlab --repository GROUP/PROJECT",
    ),
    (
        "provisioner roles --repository ",
        "provisioner roles --forge gitlab --repository ",
    ),
    ("`provisioner roles`", "`provisioner roles --forge gitlab`"),
    (
        "pull requests only",
        "merge requests only, and let no one push",
    ),
    (
        "With a job's own token, every workflow of this repository can forge",
        "Every Developer can print the token of the check, and forge",
    ),
    (
        "in the policy file. Then start the workflow that applies them, with these configs",
        "in the policy file, and list the environment in the component's input `environments`. Then start a pipeline with \
         `PROVISIONER_MODE` = `apply`, and with these configs in `PROVISIONER_PATHS`",
    ),
    (
        "in the input `configs`",
        "in the variable `PROVISIONER_PATHS`",
    ),
];

/// Markdown for readers of such a forge. Code spans, differences and comments of HTML stay as they are: they quote others. Blocks of the
/// kind `text` have provisioner's own messages.
pub fn with_merge_requests(markdown: &str) -> Cow<'_, str> {
    let mut markdown = Cow::Borrowed(markdown);
    for (usual, own) in COMMANDS {
        if markdown.contains(usual) {
            markdown = markdown.replace(usual, own).into();
        }
    }
    if !WORDS.iter().any(|(pull, _)| markdown.contains(pull)) {
        return markdown;
    }
    let mut out = String::with_capacity(markdown.len());
    let mut fence: Option<String> = None;
    let mut is_text = false;
    for line in markdown.split_inclusive('\n') {
        let ticks: String = line.chars().take_while(|it| *it == '`').collect();
        match &fence {
            Some(open) => {
                let ends = ticks.len() >= open.len() && line.trim_end() == ticks;
                match is_text && !ends {
                    true => out.push_str(&replaced(line)),
                    false => out.push_str(line),
                }
                if ends {
                    fence = None;
                }
            }
            None if ticks.len() >= 3 => {
                is_text = line[ticks.len()..].trim() == "text";
                fence = Some(ticks);
                out.push_str(line);
            }
            None if line.starts_with("<!--") => out.push_str(line),
            None => replace_outside_of_code(line, &mut out),
        }
    }
    out.into()
}

/// Whether a text that was read from a forge is the one that this program would write there. The forge's adapter may have put its own
/// words for a pull request.
pub fn is_same_text(known: &str, wanted: &str) -> bool {
    with_merge_requests(known.trim_end()) == with_merge_requests(wanted.trim_end())
}

/// Replaces the words between code spans.
fn replace_outside_of_code(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        let (before, code) = rest.split_at(at);
        let ticks = code.chars().take_while(|it| *it == '`').count();
        let (delimiter, after) = code.split_at(ticks);
        let end = closing(after, ticks);
        let Some(end) = end else { break };
        out.push_str(&replaced(before));
        out.push_str(delimiter);
        out.push_str(&after[..end + ticks]);
        rest = &after[end + ticks..];
    }
    out.push_str(&replaced(rest));
}

/// Where a run of exactly as many backticks begins.
fn closing(text: &str, ticks: usize) -> Option<usize> {
    let mut at = 0;
    while let Some(found) = text[at..].find('`') {
        let start = at + found;
        let run = text[start..].chars().take_while(|it| *it == '`').count();
        if run == ticks {
            return Some(start);
        }
        at = start + run;
    }
    None
}

fn replaced(text: &str) -> String {
    WORDS.iter().fold(text.to_owned(), |text, (pull, merge)| {
        text.replace(pull, merge)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_words_change_and_quoted_ones_stay() {
        for (markdown, expected) in [
            ("Open a new pull request.\n", "Open a new merge request.\n"),
            (
                "Pull requests of `pull request` here",
                "Merge requests of `pull request` here",
            ),
            (
                "``a ` pull request`` pull request",
                "``a ` pull request`` merge request",
            ),
            ("a ` pull request", "a ` merge request"),
            (
                "```diff\n+pull request\n```\npull request\n",
                "```diff\n+pull request\n```\nmerge request\n",
            ),
            (
                "````yaml\n```\npull request\n````\npull request",
                "````yaml\n```\npull request\n````\nmerge request",
            ),
            ("<!-- pull request -->\n", "<!-- pull request -->\n"),
            (
                "```text\nthe pull request\n```\n",
                "```text\nthe merge request\n```\n",
            ),
            (
                "run `provisioner roles --repository OWNER/NAME`",
                "run `provisioner roles --forge gitlab --repository GROUP/PROJECT`",
            ),
            (
                "with `provisioner roles`",
                "with `provisioner roles --forge gitlab`",
            ),
            (
                "list the paths of configs in the input `configs`",
                "list the paths of configs in the variable `PROVISIONER_PATHS`",
            ),
            (
                "With a job's own token, every workflow of this repository can forge what reviewers see.",
                "Every Developer can print the token of the check, and forge what reviewers see.",
            ),
            ("nothing", "nothing"),
        ] {
            assert_eq!(with_merge_requests(markdown), expected);
        }
    }
}
