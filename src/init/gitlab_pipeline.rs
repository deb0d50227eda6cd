//! `.gitlab-ci.yml` with the component. Settings of an existing pipeline stay: only the component's part is added or changed.

use std::collections::BTreeSet;

use super::answers::Answers;
use super::environment_list::with_words;
use super::question::Question;
use super::scalar::yaml_list;
use super::setup::{NO_COMMIT, NO_IMAGE, RELEASES};

pub const PATH: &str = ".gitlab-ci.yml";

const EXAMPLE: &str = include_str!("../../examples/gitlab/gitlab-ci.yml");

/// Represents a user whose id is not known.
const NO_USER: &str = "check-user: \"1\"";

/// How the file names the component, up to its commit.
pub const COMPONENT: &str = "component: $CI_SERVER_FQDN/";
/// The component's name in its project.
const NAME: &str = "/provisioner@";

/// The text of a new file.
fn new_pipeline(answers: &Answers) -> String {
    let environments = answers.environments.iter().map(|one| one.name.as_str());
    let pin = &answers.pin;
    let image = answers.image.as_deref().unwrap_or(NO_IMAGE);
    let text = EXAMPLE
        .replace(
            &format!("{RELEASES}{NAME}{NO_COMMIT}"),
            &format!("{}{NAME}{}", pin.repository, pin.commit),
        )
        .replace(NO_IMAGE, image)
        .replace(
            "environments: [dev, prod]",
            &format!("environments: {}", yaml_list(environments)),
        );
    let text = match answers.is_own_server() {
        true => text.replace(
            "# server: https://git.example # your own server",
            &format!("server: https://{}", answers.server),
        ),
        false => text,
    };
    match &answers.check_user {
        Some(user) => text
            .replace(NO_USER, &format!("check-user: \"{user}\""))
            .replace(&doctor_user("1"), &doctor_user(user)),
        None => text,
    }
}

/// The file as the answers want it. `existing`: the file that is there.
pub fn pipeline(answers: &Answers, existing: Option<&str>) -> String {
    let new = new_pipeline(answers);
    let Some(existing) = existing else {
        return new;
    };
    if existing == new {
        return new;
    }
    if is_included(existing) {
        let text = refreshed(existing, &new);
        let is_ours = ours(&text);
        let names = answers.environments.iter().map(|one| one.name.as_str());
        let is_input = |index: usize| is_ours.get(index) == Some(&true);
        let text = with_words(&text, ENVIRONMENTS, names, is_input);
        return with_stages(&with_doctor(&text, &new, &answers.asked));
    }
    let existing = &with_stages(&with_doctor(existing, &new, &answers.asked));
    let item = block(&new, "include:", true);
    let mut text = String::new();
    if !has_key(existing, "workflow:") {
        text.push_str(&format!("{}\n", block(&new, "workflow:", false)));
    }
    match existing.lines().any(|line| line.trim_end() == "include:") {
        // One more item, before those that are there.
        true => {
            for line in existing.lines() {
                text.push_str(&format!("{line}\n"));
                if line.trim_end() == "include:" {
                    text.push_str(&item);
                }
            }
        }
        false => {
            let head = match existing.ends_with('\n') || existing.is_empty() {
                true => "",
                false => "\n",
            };
            text.push_str(&format!("{existing}{head}\ninclude:\n{item}"));
        }
    }
    text
}

/// A pipeline with stages of its own lacks those of the component's jobs.
fn with_stages(text: &str) -> String {
    let is_top = |index: usize| {
        text.lines()
            .nth(index)
            .is_some_and(|line| line.starts_with(STAGES))
    };
    // The job of `doctor` has the usual stage.
    let needed = match text.contains("apply-stage:") {
        true => &["test"][..],
        false => &["test", "deploy"],
    };
    with_words(text, STAGES, needed.iter().copied(), is_top)
}

/// How the job of `doctor` names the user of the check's token.
fn doctor_user(user: &str) -> String {
    format!("PROVISIONER_CHECK_USER={user} ")
}

/// The text with the job of `doctor`, as the new file has it. A job that is there gets the asked values alone.
fn with_doctor(text: &str, new: &str, asked: &BTreeSet<Question>) -> String {
    const JOB: &str = "provisioner-doctor:";
    if !has_key(text, JOB) {
        let head = match text.ends_with('\n') || text.is_empty() {
            true => "",
            false => "\n",
        };
        return format!("{text}{head}\n{}", block(new, JOB, false));
    }
    let mut changed = text.to_owned();
    let (old_job, new_job) = (block(text, JOB, false), block(new, JOB, false));
    let keys = [
        (Question::Image, "name: "),
        (Question::CheckUser, "- PROVISIONER_CHECK_USER="),
    ];
    let keys = keys
        .into_iter()
        .filter(|(question, _)| asked.contains(question));
    for (_, key) in keys {
        let line = |job: &str| {
            let mut lines = job.lines().map(str::trim_start);
            lines.find(|line| line.starts_with(key)).map(str::to_owned)
        };
        if let (Some(old), Some(new)) = (line(&old_job), line(&new_job)) {
            changed = changed.replace(&old, &new);
        }
    }
    changed
}

/// Whether a line names no user of the check's token yet.
pub fn is_open_user(line: &str) -> bool {
    line.starts_with(NO_USER) || line.contains(&doctor_user("1"))
}

/// Whether the file includes the component.
pub fn is_included(text: &str) -> bool {
    text.lines()
        .any(|line| line.contains(COMPONENT) && line.contains(NAME))
}

fn has_key(text: &str, key: &str) -> bool {
    text.lines().any(|line| line.starts_with(key))
}

/// The lines of a top-level key; `inner`: without the key.
fn block(text: &str, key: &str, inner: bool) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(key));
    let (head, rest) = (lines.clone().take(1), lines.skip(1));
    let rest = rest.take_while(|line| line.starts_with(' '));
    let lines = head.filter(|_| !inner).chain(rest);
    lines.map(|line| format!("{line}\n")).collect()
}

/// The existing text with the values of the new one: the component's commit, the image, and what an answer sets.
/// A key that the existing text lacks follows the image.
fn refreshed(existing: &str, new: &str) -> String {
    let value = |key: &str| new.lines().map(bare).find(|line| line.starts_with(key));
    let is_ours = ours(existing);
    let has = |key: &str| {
        let mut lines = existing.lines().zip(&is_ours);
        lines.any(|(line, is_ours)| *is_ours && uncommented(line).starts_with(key))
    };
    let missing: Vec<&str> = KEYS
        .into_iter()
        .filter(|key| !has(key))
        .filter_map(value)
        .collect();
    let mut text = String::new();
    for (line, is_ours) in existing.lines().zip(&is_ours) {
        let body = uncommented(line);
        let key = KEYS.iter().find(|key| *is_ours && body.starts_with(**key));
        // Environments are only added.
        let key = key.filter(|key| **key != ENVIRONMENTS);
        let Some(value) = key.and_then(|key| value(key)) else {
            text.push_str(&format!("{line}\n"));
            continue;
        };
        let head = line[..line.len() - body.len()].trim_end_matches("# ");
        text.push_str(&format!("{head}{value}\n"));
        if body.starts_with(IMAGE) {
            for value in &missing {
                text.push_str(&format!("{head}{value}\n"));
            }
        }
    }
    text
}

const IMAGE: &str = "image: ";
const ENVIRONMENTS: &str = "environments:";
const STAGES: &str = "stages:";
const KEYS: [&str; 5] = [COMPONENT, IMAGE, ENVIRONMENTS, "server: ", "check-user: "];

/// The line without indentation and the hyphen of a list.
fn bare(line: &str) -> &str {
    let body = line.trim_start();
    body.strip_prefix("- ").unwrap_or(body)
}

fn uncommented(line: &str) -> &str {
    let body = bare(line);
    body.strip_prefix("# ").unwrap_or(body)
}

/// For each line, whether it belongs to the item with the component.
fn ours(text: &str) -> Vec<bool> {
    let mut inside = false;
    let lines = text.lines().map(|line| {
        let body = line.trim_start();
        if body.starts_with("- ") || !line.starts_with(' ') && !line.is_empty() {
            inside = false;
        }
        if bare(line).starts_with(COMPONENT) {
            inside = line.contains(NAME);
        }
        inside
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn example_has_the_values_that_are_replaced() {
        assert_eq!(EXAMPLE.matches(NO_IMAGE).count(), 2);
        assert_eq!(EXAMPLE.matches(&doctor_user("1")).count(), 1);
        let component = format!("{COMPONENT}{RELEASES}{NAME}{NO_COMMIT}");
        assert_eq!(EXAMPLE.matches(&component).count(), 1);
        assert_eq!(EXAMPLE.matches("environments: [dev, prod]").count(), 1);
        assert_eq!(
            EXAMPLE
                .matches("# server: https://git.example # your own server")
                .count(),
            1
        );
        assert_eq!(EXAMPLE.matches(NO_USER).count(), 1);
    }
}
