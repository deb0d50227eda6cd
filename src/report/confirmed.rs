//! Brings the comment of a run up to date after a deletion that it invited to confirm.

use super::NextStep;
use super::merge_requests::with_merge_requests;
use super::next_step::MIN_DIGEST_CHARS;
use super::outcome::{Outcome, OutcomeKind, State, headline};
use super::provisioning::row;

/// A deletion that a person confirmed and a run executed.
#[derive(Clone, Debug)]
pub struct ConfirmedDeletion {
    /// Of the deletion.
    pub outcome: Outcome,
    /// The action that the run's comment invites to.
    pub action: String,
    /// Who confirmed it.
    pub by: String,
    /// Address of the confirming comment.
    pub comment: String,
}

impl ConfirmedDeletion {
    /// The invitation in a comment. Its digest may be an older one than what was confirmed.
    fn invitation<'a>(&self, body: &'a str) -> Option<&'a str> {
        let digest = "0".repeat(MIN_DIGEST_CHARS);
        let step = NextStep::ConfirmDeletion {
            action: self.action.clone(),
            config: self.outcome.path.clone(),
            digest: digest.clone(),
        };
        let usual = step.markdown();
        // A forge's adapter may have put its own words for a pull request.
        let own = with_merge_requests(&usual);
        [usual.as_str(), &own]
            .into_iter()
            .find_map(|text| Self::find(text, &digest, body))
    }

    fn find<'a>(text: &str, digest: &str, body: &'a str) -> Option<&'a str> {
        let (before, after) = text.rsplit_once(digest)?;
        let found = &body[body.find(before)?..];
        let end = before.len() + digest.len();
        let is_digest = found.get(before.len()..end)?.bytes();
        let is_digest = is_digest.into_iter().all(|byte| byte.is_ascii_hexdigit());
        let is_whole = is_digest && found.get(end..)?.starts_with(after);
        is_whole.then(|| &found[..end + after.len()])
    }
}

/// The comment with closed invitations. Each is found by its exact text, which only this program writes; a comment without it, such as
/// that of a newer run, is not changed.
pub fn close_confirmations(body: &str, deletions: &[ConfirmedDeletion]) -> String {
    let mut body = body.to_owned();
    for deletion in deletions {
        let Some(invitation) = deletion.invitation(&body).map(str::to_owned) else {
            continue;
        };
        let closed = NextStep::DeletionConfirmed {
            by: deletion.by.clone(),
            comment: deletion.comment.clone(),
        };
        body = body.replacen(&invitation, &closed.markdown(), 1);
        let waiting = Outcome {
            state: State::AwaitingConfirmation,
            ..deletion.outcome.clone()
        };
        body = body.replacen(&row(&waiting), &row(&deletion.outcome), 1);
        let headline = body
            .lines()
            .find_map(|line| Some((line, recounted(line, deletion.outcome.kind())?)));
        if let Some((old, new)) = headline.map(|(old, new)| (old.to_owned(), new)) {
            body = body.replacen(&old, &new, 1);
        }
    }
    body
}

/// A headline with one deletion to confirm less and one stack of `done` more; `None` for another line.
fn recounted(line: &str, done: OutcomeKind) -> Option<String> {
    let mut counts: Vec<(OutcomeKind, usize)> = OutcomeKind::all().map(|kind| (kind, 0)).collect();
    let (_, parts) = line.split_once(' ')?;
    for part in parts.split(" · ") {
        let count = part.split(' ').find_map(|word| word.parse().ok())?;
        let known = counts
            .iter_mut()
            .find(|(kind, _)| kind.words(count) == part)?;
        known.1 = count;
    }
    // Only the line that these counts give is the headline.
    if headline(&counts) != line {
        return None;
    }
    for (kind, count) in &mut counts {
        match *kind {
            OutcomeKind::AWAITING => *count = usize::checked_sub(*count, 1)?,
            kind if kind == done => *count += 1,
            _ => {}
        }
    }
    Some(headline(&counts))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::product::Target;
    use crate::report::{Heading, Provisioning, ReportSource, Success, provisioning};
    use crate::stack::StackName;

    fn outcome(path: &str, state: State) -> Outcome {
        let target = Target {
            account: "123456789012".to_owned(),
            region: "us-west-2".to_owned(),
            environment: "prod".to_owned(),
        };
        let stack = StackName {
            target,
            name: format!("{path}-stack"),
        };
        let mut outcome = Outcome::new(path, Some(&stack), state);
        if state == State::AwaitingConfirmation {
            outcome.next_steps = vec![invitation(path)];
        }
        outcome
    }

    fn invitation(path: &str) -> NextStep {
        NextStep::ConfirmDeletion {
            action: "tear-down".to_owned(),
            config: path.to_owned(),
            digest: "0123456789abcdef".repeat(4),
        }
    }

    fn comment(outcomes: Vec<Outcome>) -> String {
        let report = Provisioning {
            environment: Some("prod".to_owned()),
            accounts: Vec::new(),
            source: ReportSource::Merge {
                commit: "1234567".to_owned(),
                run: None,
                url: None,
            },
            outcomes,
            notices: Vec::new(),
            version: "0.1.0".to_owned(),
        };
        provisioning(&report, &Heading::Title, 60_000, None).unwrap()
    }

    #[test]
    fn one_of_two_invitations_is_closed() {
        let waiting = |path| outcome(path, State::AwaitingConfirmation);
        let body = comment(vec![waiting("a.yaml"), waiting("b.yaml")]);
        assert!(body.contains("⏳ 2 deletions to confirm"));
        let deletion = |path: &str, action: &str| ConfirmedDeletion {
            outcome: Outcome {
                success: Some(Success::Deleted),
                ..outcome(path, State::Done)
            },
            action: action.to_owned(),
            by: "carol".to_owned(),
            comment: "https://forge.example/7#1".to_owned(),
        };
        let closed = close_confirmations(&body, &[deletion("a.yaml", "tear-down")]);
        for words in [
            "⏳ 1 deletion to confirm · 1 stack deleted",
            "| ✅ | `a.yaml` |",
            "| ⏳ | `b.yaml` |",
            "Deleted. `carol` confirmed it in comment `https://forge.example/7#1`.",
            "/provisioner tear-down b.yaml --force --confirm",
        ] {
            assert!(closed.contains(words), "{words}: {closed}");
        }
        assert!(!closed.contains("tear-down a.yaml"), "{closed}");
        let all = close_confirmations(&closed, &[deletion("b.yaml", "tear-down")]);
        assert!(all.contains("✅ 2 stacks deleted"), "{all}");
        // Also in the words of merge requests.
        let theirs = with_merge_requests(&body);
        assert!(theirs.contains("merge request"), "{theirs}");
        let closed = close_confirmations(&theirs, &[deletion("a.yaml", "tear-down")]);
        assert!(!closed.contains("tear-down a.yaml"), "{closed}");
        // What the comment does not invite to is not closed.
        for other in [
            deletion("a.yaml", "delete-product"),
            deletion("c.yaml", "tear-down"),
        ] {
            assert_eq!(close_confirmations(&body, &[other]), body);
        }
    }
}
