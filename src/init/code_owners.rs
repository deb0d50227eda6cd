//! Lines of the file of code owners, and of `.gitignore`.

use super::answers::Answers;
use super::gitlab_pipeline;
use super::question::Question;
use super::setup::SetupForge;
use crate::guard::POLICY_FILE;

pub const IGNORE: &str = ".gitignore";

/// Where each forge looks for code owners, in its order.
pub fn places(forge: SetupForge) -> &'static [&'static str] {
    match forge {
        SetupForge::GitHub => &[".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"],
        SetupForge::GitLab => &["CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS"],
    }
}

/// Path of a new file.
pub fn new_place(forge: SetupForge) -> &'static str {
    match forge {
        SetupForge::GitHub => ".github/CODEOWNERS",
        SetupForge::GitLab => ".gitlab/CODEOWNERS",
    }
}

const OWNERS_COMMENT: &str =
    "# These files decide who may approve, what runs and what provisioner deploys.";
const IGNORE_COMMENT: &str = "# Logs and reports of provisioner.";

/// The text of the file of code owners at `place` with the lines for the files of the setup.
pub fn code_owners(answers: &Answers, place: &str, existing: Option<&str>) -> String {
    let flow = match answers.forge {
        SetupForge::GitHub => ".github/workflows/",
        SetupForge::GitLab => gitlab_pipeline::PATH,
    };
    let configs = format!("{}/", answers.folder);
    let owned = [POLICY_FILE, ".provisioner/", flow, place, &configs];
    let owners = answers.owners.join(" ");
    let existing = existing.map(|text| match answers.asked.contains(&Question::Owners) {
        true => with_owners(text, &owned, &answers.owners),
        false => text.to_owned(),
    });
    let known = existing.as_deref().unwrap_or_default();
    // The last line that matches a file decides, so that one more line would replace the owners of a path.
    let is_new = |path: &&&str| owners_of(known, path).is_none();
    let lines = owned.iter().filter(is_new);
    let lines: Vec<String> = lines.map(|path| format!("/{path} {owners}")).collect();
    with_lines(existing.as_deref(), OWNERS_COMMENT, &lines)
}

/// The owners of the last line with exactly this path.
fn owners_of<'a>(text: &'a str, path: &str) -> Option<Vec<&'a str>> {
    let mut lines = text.lines().rev();
    lines.find_map(|line| owners_of_line(line, path))
}

fn owners_of_line<'a>(line: &'a str, path: &str) -> Option<Vec<&'a str>> {
    let line = line.split(" #").next().unwrap_or_default();
    let mut words = line.split_whitespace();
    let pattern = words.next()?.strip_prefix('/')?;
    (pattern == path).then(|| words.collect())
}

/// The text with these owners added to the lines of the paths.
fn with_owners(text: &str, paths: &[&str], owners: &[String]) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let (body, ending) = line.split_at(line.trim_end().len());
        let mut known = paths.iter().filter_map(|path| owners_of_line(body, path));
        match (known.next(), body.contains(" #")) {
            (Some(known), false) => {
                let is_new = |owner: &&String| !known.contains(&owner.as_str());
                let new = owners
                    .iter()
                    .filter(is_new)
                    .map(|owner| format!(" {owner}"));
                format!("{body}{}{ending}", new.collect::<String>())
            }
            _ => line.to_owned(),
        }
    });
    lines.collect()
}

/// The first pattern of the lines above, by which their owners are read again.
pub fn policy_line(text: &str) -> Option<&str> {
    let pattern = format!("/{POLICY_FILE} ");
    text.lines().find_map(|line| line.strip_prefix(&pattern))
}

/// The text of `.gitignore` with the folder of logs and reports.
pub fn ignore(answers: &Answers, existing: Option<&str>) -> String {
    let above = answers
        .folder
        .rsplit_once('/')
        .map_or("", |(above, _)| above);
    let line = match above {
        "" => "/reports/".to_owned(),
        above => format!("/{above}/reports/"),
    };
    let is_covered = existing.is_some_and(|text| {
        let mut lines = text.lines().map(str::trim_end);
        let bare = line.trim_matches('/');
        lines.any(|known| {
            ["*/reports/", "reports/", "reports", "**/reports/", bare].contains(&known)
                || known.trim_end_matches('/').trim_start_matches('/') == bare
        })
    });
    match (is_covered, existing) {
        (true, Some(existing)) => existing.to_owned(),
        _ => with_lines(existing, IGNORE_COMMENT, &[line]),
    }
}

/// The existing text, and at its end those lines that it lacks.
fn with_lines(existing: Option<&str>, comment: &str, lines: &[String]) -> String {
    let existing = existing.unwrap_or_default();
    let is_there = |line: &String| existing.lines().any(|known| known.trim_end() == line);
    let missing: Vec<&String> = lines.iter().filter(|line| !is_there(line)).collect();
    if missing.is_empty() {
        return existing.to_owned();
    }
    let mut text = existing.to_owned();
    if !text.is_empty() {
        text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
    }
    text.push_str(&format!("{comment}\n"));
    for line in missing {
        text.push_str(&format!("{line}\n"));
    }
    text
}
