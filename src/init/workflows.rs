//! The workflows of the four flows: the files of `examples/workflows`, with the answers in place of the example's.

use super::answers::Answers;
use super::scalar::{yaml, yaml_list};
use super::setup::{NO_COMMIT, Pin, RELEASES};

/// Path and text of the example.
const WORKFLOWS: [(&str, &str); 4] = [
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

pub const PATHS: [&str; 4] = [
    WORKFLOWS[0].0,
    WORKFLOWS[1].0,
    WORKFLOWS[2].0,
    WORKFLOWS[3].0,
];

/// How a step names the action.
pub const USES: &str = "uses: ";

pub fn workflows(answers: &Answers) -> Vec<(&'static str, String)> {
    let example = format!("{USES}{RELEASES}@{NO_COMMIT} # v0");
    let own = format!("{USES}{}", pinned(&answers.pin));
    let environments = answers.environments.iter().map(|one| one.name.as_str());
    let environments = format!("environment: {}", yaml_list(environments));
    let branch = format!("branches: [{}]", yaml(&answers.branch));
    let texts = WORKFLOWS.into_iter().map(|(path, text)| {
        let text = text
            .replace(&example, &own)
            .replace("environment: [dev, prod]", &environments)
            .replace("branches: [main]", &branch);
        (path, text)
    });
    texts.collect()
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
        assert_eq!(all.matches("environment: [dev, prod]").count(), 1);
        assert_eq!(all.matches("branches: [main]").count(), 1);
        assert!(!all.contains("`main`"));
    }
}
