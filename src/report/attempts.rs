//! What earlier runs of a merge told and tried: a hidden line of its comment, which the next scheduled run reads. A forged line can only stop
//! such runs, or let them try again; it allows nothing.

use std::collections::BTreeMap;

use super::outcome::{Outcome, State};
use crate::diagnostic::Code;
use crate::guard::BY_FORMER_POLICY;
use crate::model::{Digest, RepoPath};
use crate::plan::Change;

const BEGIN: &str = "<!-- provisioner:attempts";
const END: &str = " -->";
const UNCERTAIN: &str = "uncertain";
/// Scheduled runs that try the same template once more after it failed.
pub const MAX_ATTEMPTS: u32 = 3;
/// Configs that the line has room for.
const MAX_KEPT: usize = 200;
const DIGITS: usize = 16;

/// What was told and tried so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attempts {
    /// Digest of the configs with their results.
    told: Option<String>,
    /// Digest of what a run left, that could begin nothing of it.
    rests: Option<String>,
    /// Digest of the reasons for which stacks did not begin.
    held: Option<String>,
    /// How often each config failed in a row, by a digest of its path and template.
    failed: BTreeMap<String, u32>,
    /// Whether more may have failed: a run began and did not record its end, or the record was lost.
    uncertain: bool,
}

impl Attempts {
    /// Reads the second line of a comment. If it is not exactly as it was written, nothing is certain.
    pub fn parse(comment: &str) -> Self {
        let line = comment.lines().nth(1).unwrap_or_default().trim_end();
        match line.strip_prefix(BEGIN) {
            Some(rest) => Self::read(rest).unwrap_or_else(Self::lost),
            None => Self::default(),
        }
    }

    /// Nothing is known of earlier runs.
    pub fn lost() -> Self {
        Self {
            uncertain: true,
            ..Self::default()
        }
    }

    fn read(line: &str) -> Option<Self> {
        let inside = line.strip_suffix(END)?;
        let mut attempts = Self::default();
        for word in inside.split_whitespace() {
            if word == UNCERTAIN {
                attempts.uncertain = true;
                continue;
            }
            let (key, value) = word.split_once('=')?;
            let is_digest = |text: &str| {
                text.len() == DIGITS && text.chars().all(|digit| digit.is_ascii_hexdigit())
            };
            match key {
                "told" if is_digest(value) => attempts.told = Some(value.to_owned()),
                "held" if is_digest(value) => attempts.held = Some(value.to_owned()),
                "rests" if is_digest(value) => attempts.rests = Some(value.to_owned()),
                key if is_digest(key) => {
                    attempts.failed.insert(key.to_owned(), value.parse().ok()?);
                }
                _ => return None,
            }
        }
        Some(attempts)
    }

    /// The comment with the line below its marker. The line is no part of the evidence: no facts there prove it.
    pub fn below_marker(&self, comment: &str) -> String {
        match comment.split_once('\n') {
            Some((marker, rest)) => format!("{marker}\n{}{rest}", self.line()),
            None => comment.to_owned(),
        }
    }

    /// The line; empty if there is nothing to keep.
    pub fn line(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let told = self.told.iter().map(|told| format!(" told={told}"));
        let rests = self.rests.iter().map(|rests| format!(" rests={rests}"));
        let held = self.held.iter().map(|held| format!(" held={held}"));
        let failed = self.failed.iter().take(MAX_KEPT);
        let failed = failed.map(|(key, count)| format!(" {key}={count}"));
        let uncertain = self.uncertain.then(|| format!(" {UNCERTAIN}"));
        let words = told.chain(held).chain(rests).chain(uncertain).chain(failed);
        let words: String = words.collect();
        format!("{BEGIN}{words}{END}\n")
    }

    pub fn is_empty(&self) -> bool {
        self.told.is_none()
            && self.held.is_none()
            && self.rests.is_none()
            && self.failed.is_empty()
            && !self.uncertain
    }

    /// Whether more may have failed than is recorded.
    pub fn is_uncertain(&self) -> bool {
        self.uncertain
    }

    /// The same while a run works.
    pub fn opened(&self) -> Self {
        Self {
            rests: None,
            uncertain: true,
            ..self.clone()
        }
    }

    /// The same for a person who applies the merge again: what failed may be tried as often as at first.
    pub fn anew(&self) -> Self {
        let failed = self.failed.keys().map(|key| (key.clone(), 0));
        Self {
            failed: failed.collect(),
            ..Self::default()
        }
    }

    /// The same after a command with these outcomes. What the merge's own runs told stays.
    pub fn after_command(&self, outcomes: &[Outcome], changes: &[Change]) -> Self {
        Self {
            told: self.told.clone(),
            held: self.held.clone(),
            ..self.after(outcomes, changes)
        }
    }

    /// The same after a run that could begin nothing. `left`: digest of what it left.
    pub fn resting(&self, left: &str) -> Self {
        Self {
            rests: Some(left.to_owned()),
            ..self.clone()
        }
    }

    /// Whether a run could begin nothing of the same.
    pub fn rest_with(&self, left: &str) -> bool {
        self.rests.as_deref() == Some(left)
    }

    /// Whether a run left a record of what it could not begin.
    pub fn rests(&self) -> bool {
        self.rests.is_some()
    }

    /// A comment with this line in place of its own.
    pub fn replaced_in(&self, comment: &str) -> String {
        let mut lines: Vec<&str> = comment.split('\n').collect();
        if lines.get(1).is_some_and(|line| line.starts_with(BEGIN)) {
            lines.remove(1);
        }
        self.below_marker(&lines.join("\n"))
    }

    /// Whether a change failed so often that only a person tries it again.
    pub fn are_exhausted(&self, change: &Change) -> bool {
        let count = self.failed.get(&key(&change.path, change.template));
        count.is_some_and(|count| *count >= MAX_ATTEMPTS)
    }

    /// Whether a change failed in an earlier run.
    pub fn have_failed(&self, change: &Change) -> bool {
        self.have_failed_with(&change.path, change.template)
    }

    /// Whether a config failed in an earlier run. `template`: digest of its rendered template.
    pub fn have_failed_with(&self, path: &RepoPath, template: Option<Digest>) -> bool {
        self.failed.contains_key(&key(path, template))
    }

    /// Whether any template of a config failed in an earlier run.
    pub fn have_failed_at(&self, path: &RepoPath) -> bool {
        let path = path_key(path);
        self.failed.keys().any(|key| key.starts_with(&path))
    }

    /// The same with the reasons for which stacks did not begin.
    pub fn holding(self, held: Option<String>) -> Self {
        Self { held, ..self }
    }

    /// Whether stacks did not begin for the same reasons.
    pub fn hold_as(&self, held: Option<&String>) -> bool {
        self.held.as_ref() == held
    }

    /// Whether an earlier run reported that something is not done.
    pub fn tell_of_more(&self) -> bool {
        self.told.is_some()
    }

    /// Whether the results are those that were told before.
    pub fn tell_the_same(&self, later: &Self) -> bool {
        self.told.is_some() && self.told == later.told
    }

    /// The same after a run with these outcomes.
    pub fn after(&self, outcomes: &[Outcome], changes: &[Change]) -> Self {
        let mut failed = self.failed.clone();
        for outcome in outcomes {
            let mut changes = changes.iter().filter(|change| !change.is_removed());
            let Some(change) = changes.find(|change| change.path.as_str() == outcome.path) else {
                continue;
            };
            let key = key(&change.path, change.template);
            match outcome.state {
                State::Failed if is_final(outcome) => *failed.entry(key).or_default() += 1,
                State::Done => drop(failed.remove(&key)),
                _ => {}
            }
        }
        let is_bad = |outcome: &Outcome| {
            matches!(
                outcome.state,
                State::NotStarted | State::Denied | State::Failed
            )
        };
        let told = outcomes.iter().any(is_bad).then(|| {
            let mut results: Vec<String> = outcomes.iter().map(result).collect();
            results.sort();
            Digest::sha256(results.join("\n")).prefix(DIGITS)
        });
        Self {
            told,
            held: None,
            rests: None,
            uncertain: self.uncertain || failed.len() > MAX_KEPT,
            failed,
        }
    }
}

/// The comment of a run that works on the stacks of a merge, until its result replaces it. `marker`: its first line.
pub fn run_began(marker: &str) -> String {
    format!(
        "{marker}\n## Provisioner\n\nA run works on this merge. If no result replaces this text, the run was killed, or the forge did not \
         take its result: the job summary has it. The policy sets `max-failures`, so no other run and no command begins another \
         stack then. Run the merge's job again, or start a run by hand with `configs` or `PROVISIONER_PATHS`: it writes the result.\n"
    )
}

/// Of the path alone, and of path and template.
fn key(path: &RepoPath, template: Option<Digest>) -> String {
    let template = template.map(|template| template.to_string());
    let both = Digest::sha256(format!("{path}\n{}", template.unwrap_or_default()));
    path_key(path) + &both.prefix(DIGITS / 2)
}

fn path_key(path: &RepoPath) -> String {
    Digest::sha256(path.to_string()).prefix(DIGITS / 2)
}

/// Digest of the reasons for which stacks did not begin; `None` if all began.
pub fn held_reasons(outcomes: &[Outcome]) -> Option<String> {
    let held = outcomes
        .iter()
        .filter(|outcome| outcome.state == State::NotStarted);
    let mut reasons: Vec<String> = held
        .flat_map(|outcome| {
            outcome
                .problems
                .iter()
                .map(move |problem| (outcome, problem))
        })
        .map(|(outcome, problem)| format!("{} {}", outcome.path, problem.text))
        .collect();
    reasons.sort();
    (!reasons.is_empty()).then(|| Digest::sha256(reasons.join("\n")).prefix(DIGITS))
}

/// Config, stack, state and codes. Texts have times and ids.
fn result(outcome: &Outcome) -> String {
    let problems = outcome.problems.iter().filter(|problem| problem.error);
    let codes: Vec<&str> = problems.map(|problem| problem.code.as_str()).collect();
    // The present policy may allow meanwhile what both denied.
    let mut errors = outcome.problems.iter().filter(|problem| problem.error);
    let former = match errors.any(|problem| problem.text.contains(BY_FORMER_POLICY)) {
        true => " former",
        false => "",
    };
    let stack = outcome.stack.as_ref().map(ToString::to_string);
    format!(
        "{} {} {:?} {}{former}",
        outcome.path,
        stack.unwrap_or_default(),
        outcome.state,
        codes.join(",")
    )
}

/// Whether the next run fails in the same way unless something changes: this run tried, AWS answered, and nobody stopped the run.
fn is_final(outcome: &Outcome) -> bool {
    let mut problems = outcome.problems.iter();
    !problems.any(|problem| {
        matches!(
            problem.code,
            Code::AwsUnreachable
                | Code::AwsCredentials
                | Code::ForgeUnreachable
                | Code::IdentityTokenMissing
                | Code::Interrupted
                | Code::NotStarted
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_line_is_read_again() {
        let attempts = Attempts {
            told: Some("0123456789abcdef".to_owned()),
            held: Some("aa00112233445566".to_owned()),
            rests: Some("00112233445566aa".to_owned()),
            failed: [("fedcba9876543210".to_owned(), 2)].into(),
            uncertain: true,
        };
        let comment = format!("<!-- provisioner:provision -->\n{}## P\n", attempts.line());
        assert_eq!(Attempts::parse(&comment), attempts);
        let later = attempts.resting("ffffffffffffffff");
        let replaced = later.replaced_in(&comment);
        assert_eq!(Attempts::parse(&replaced), later);
        assert_eq!(replaced.lines().count(), comment.lines().count());
        assert_eq!(Attempts::default().line(), "");
    }

    #[test]
    fn attack_a_line_of_another_form_is_not_read() {
        for line in [
            "<!-- provisioner:attempts told=x -->",
            "<!-- provisioner:attempts 0123456789abcdef=-1 -->",
            "<!-- provisioner:attempts 0123456789abcdef=9 --> more",
            "x <!-- provisioner:attempts 0123456789abcdef=9 -->",
        ] {
            let comment = format!("<!-- provisioner:provision -->\n{line}\n");
            let read = Attempts::parse(&comment);
            assert!(!read.tell_of_more() && read.failed.is_empty(), "{line}");
            assert_eq!(read.is_uncertain(), line.starts_with(BEGIN), "{line}");
        }
        let below = "<!-- m -->\n## P\n<!-- provisioner:attempts 0123456789abcdef=9 -->\n";
        assert!(Attempts::parse(below).is_empty());
    }
}
