//! The questions of `init` on a terminal.

use crate::init::{
    Given, Givens, Origin, Question, check_answer, default_answer, open_questions,
    optional_questions,
};

/// Asks every open question, and lets a person correct guesses. `ask` shows a text and returns the line that was typed; `None` at the
/// end of the input. An invalid answer is asked again. `open`: questions that need an answer.
pub fn ask_all(
    givens: &mut Givens,
    open: impl Fn(&Givens) -> Vec<Question>,
    mut ask: impl FnMut(&str) -> Option<String>,
) -> Option<()> {
    let mut guesses: Givens = std::mem::take(givens);
    guesses.retain(|question, given| match given.origin {
        Origin::Guess(_) => true,
        _ => {
            givens.insert(*question, given.clone());
            false
        }
    });
    loop {
        let optional = optional_questions(givens).into_iter();
        let next = open(givens).into_iter().chain(optional).min();
        let Some(question) = next else {
            return Some(());
        };
        let offered = match guesses.get(&question) {
            Some(guess) => Some(guess.clone()),
            None => default_answer(question, givens),
        };
        let text = ask_one(question, offered.as_ref(), givens, &mut ask)?;
        let origin = match offered {
            Some(offered) if offered.text == text => offered.origin,
            _ => Origin::Person,
        };
        givens.insert(question, Given { text, origin });
    }
}

fn ask_one(
    question: Question,
    offered: Option<&Given>,
    givens: &Givens,
    ask: &mut impl FnMut(&str) -> Option<String>,
) -> Option<String> {
    let forge = givens.get(&Question::Forge).map(|given| &*given.text);
    let hint = match (offered, question.is_optional()) {
        (Some(given), _) => match &given.origin {
            Origin::Guess(reason) => format!(" [{}, from {reason}]", given.text),
            _ => format!(" [{}]", given.text),
        },
        (None, true) => " [later]".to_owned(),
        (None, false) => String::new(),
    };
    loop {
        let line = ask(&format!("{}{hint}: ", question.words()))?;
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        let text = match (line.is_empty(), offered) {
            (true, Some(given)) => given.text.clone(),
            // An empty answer to an optional question is an answer.
            (true, None) if question.is_optional() => return Some(String::new()),
            _ => line,
        };
        match check_answer(question, &text, forge.unwrap_or_default()) {
            Ok(()) => return Some(text),
            Err(problem) => {
                log::error!("{}\n  help: {}", problem.message, problem.help);
            }
        }
    }
}

/// The open questions with the answers that follow from others.
pub fn complete(givens: &mut Givens, open: impl Fn(&Givens) -> Vec<Question>) {
    loop {
        let open = open(givens).into_iter();
        let found = open.filter_map(|question| Some((question, default_answer(question, givens)?)));
        let found: Vec<(Question, Given)> = found.collect();
        if found.is_empty() {
            return;
        }
        givens.extend(found);
    }
}

/// The open questions of a repository.
pub fn open<'a>(
    existing: &'a crate::init::ExistingFiles,
    has_configs: impl Fn(&str) -> bool + 'a,
) -> impl Fn(&Givens) -> Vec<Question> + 'a {
    move |givens| open_questions(givens, existing, &has_configs)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(lines: &[&str], guesses: Givens) -> (Option<()>, Vec<String>, Givens) {
        let mut givens = guesses;
        let mut lines = lines.iter();
        let mut shown = Vec::new();
        let existing = crate::init::ExistingFiles::default();
        let result = ask_all(&mut givens, open(&existing, |_| false), |text| {
            shown.push(text.to_owned());
            lines.next().map(|line| (*line).to_owned())
        });
        (result, shown, givens)
    }

    #[test]
    fn guesses_are_offered_and_bad_answers_are_asked_again() {
        let guesses = crate::init::answers_of_remote("git@github.com:acme/infra.git");
        let typed = [
            "",
            "",
            "",
            "",
            "s3",
            "",
            "dev=1",
            "dev=123456789012",
            "eu-central-1",
            "",
            "@acme/ops",
            "",
        ];
        let (result, shown, givens) = answered(&typed, guesses);
        assert!(result.is_some(), "{shown:#?}");
        assert_eq!(
            shown[0],
            "forge (github or gitlab) [github, from the git remote]: "
        );
        let asked_again = shown.iter().filter(|text| text.starts_with("environments"));
        assert_eq!(asked_again.count(), 2, "{shown:#?}");
        let text = |question: Question| givens[&question].text.as_str();
        assert_eq!(text(Question::Folder), "s3/configs");
        assert_eq!(text(Question::Prefix), "acme");
        assert_eq!(text(Question::Release), "");
        assert!(!givens.contains_key(&Question::Image));
    }

    #[test]
    fn the_end_of_the_input_ends_the_questions() {
        let (result, shown, _) = answered(&["github"], Givens::new());
        assert!(result.is_none());
        assert_eq!(shown.len(), 2);
    }
}
