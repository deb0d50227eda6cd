//! The workflows of the flows: the files of `examples/workflows`, with the answers in place of the example's.

use super::answers::Answers;
use super::enterprise_server::for_enterprise_server;
use super::existing::ExistingFiles;
use super::question::Question;
use super::scalar::yaml;
use super::setup::{NO_COMMIT, Pin, RELEASES};

/// Path and text of the example.
const WORKFLOWS: [(&str, &str); 5] = [
    (
        ".github/workflows/provisioner-apply.yml",
        include_str!("../../examples/workflows/apply.yml"),
    ),
    (
        ".github/workflows/provisioner-check.yml",
        include_str!("../../examples/workflows/check.yml"),
    ),
    (
        ".github/workflows/provisioner-command.yml",
        include_str!("../../examples/workflows/command.yml"),
    ),
    (
        ".github/workflows/provisioner-drift.yml",
        include_str!("../../examples/workflows/drift.yml"),
    ),
    (
        PROVISION,
        include_str!("../../examples/workflows/provision.yml"),
    ),
];

/// The workflow that names the default branch.
pub const PROVISION: &str = ".github/workflows/provisioner-provision.yml";

pub const PATHS: [&str; 5] = [
    WORKFLOWS[0].0,
    WORKFLOWS[1].0,
    WORKFLOWS[2].0,
    WORKFLOWS[3].0,
    WORKFLOWS[4].0,
];

/// How a step names the action.
const USES: &str = "uses: ";

/// Path and text of each workflow. In a run with answers, an existing file keeps everything that the answers do not name.
pub fn workflows(answers: &Answers, existing: &ExistingFiles) -> Vec<(&'static str, String)> {
    let texts = WORKFLOWS.into_iter().map(|(path, example)| {
        let text = match existing.get(path) {
            Some(known) if !answers.asked.is_empty() => refreshed(answers, known),
            _ => filled(answers, example),
        };
        (path, text)
    });
    texts.collect()
}

/// The example with the answers.
fn filled(answers: &Answers, example: &str) -> String {
    let example_pin = format!("{USES}{RELEASES}@{NO_COMMIT} # v0");
    let own = format!("{USES}{}", pinned(&answers.pin));
    let branch = format!("branches: [{}]", yaml(&answers.branch));
    let text = example
        .replace(&example_pin, &own)
        .replace("branches: [main]", &branch);
    match answers.is_enterprise_server() {
        true => for_enterprise_server(&text),
        false => text,
    }
}

const BRANCHES: &str = "branches: [";

/// The existing text with the values of the answers that a person gave in this run.
fn refreshed(answers: &Answers, existing: &str) -> String {
    let asks = |question| answers.asked.contains(&question);
    let lines = existing.split_inclusive('\n').map(|line| {
        let (body, ending) = line.split_at(line.trim_end().len());
        let indent = &body[..body.len() - body.trim_start().len()];
        if asks(Question::Release) && our_action(body).is_some() {
            let head = &body[..body.find(USES).unwrap_or_default()];
            return format!("{head}{USES}{}{ending}", pinned(&answers.pin));
        }
        if asks(Question::Branch) && body.trim_start().starts_with(BRANCHES) {
            return format!("{indent}{BRANCHES}{}]{ending}", yaml(&answers.branch));
        }
        line.to_owned()
    });
    lines.collect()
}

/// Pin and version of a step that uses this program's action.
pub fn our_action(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_start();
    let line = line.strip_prefix("- ").unwrap_or(line);
    let (pin, version) = line.strip_prefix(USES)?.split_once(" # ")?;
    let (repository, commit) = pin.split_once('@')?;
    // A copy may have another name. Only this program's files have these two.
    let is_ours = repository.ends_with("/provisioner") || commit == NO_COMMIT;
    is_ours.then_some((pin, version))
}

fn pinned(pin: &Pin) -> String {
    let version = match pin.version.is_empty() {
        true => String::new(),
        false => format!(" # {}", pin.version),
    };
    format!("{}@{}{version}", pin.repository, pin.commit)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each value of the example that an answer replaces is there.
    #[test]
    fn examples_have_the_values_that_are_replaced() {
        let all: String = WORKFLOWS.iter().map(|(_, text)| *text).collect();
        let example = format!("{USES}{RELEASES}@{NO_COMMIT} # v0");
        assert_eq!(all.matches(&example).count(), all.matches(RELEASES).count());
        assert_eq!(all.matches("branches: [main]").count(), 1);
        assert!(!all.contains("`main`"));
    }
}
