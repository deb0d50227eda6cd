//! Each answer, parsed. Only characters that mean nothing in YAML, shells, globs and patterns pass.

use super::question::{AnswerProblem, Question};
use super::setup::{EnvironmentAccounts, Pin, SetupForge};
use crate::model::RepoPath;
use crate::text::quote;

/// Environments that a policy may list.
const MAX_ENVIRONMENTS: usize = 50;
/// Characters of a name, a path or a reference.
const MAX_CHARS: usize = 200;

/// Whether an answer is valid by itself. `forge`: the answer to that question.
pub fn check_answer(question: Question, text: &str, forge: &str) -> Result<(), AnswerProblem> {
    match question {
        Question::Forge => self::forge(text).map(drop),
        Question::Server => server(text).map(drop),
        Question::Repository => {
            let kind = self::forge(forge).unwrap_or(SetupForge::GitLab);
            repository(kind, text).map(drop)
        }
        Question::Branch => branch(text).map(drop),
        Question::Product => name(text).map(drop),
        Question::Folder => folder(text).map(drop),
        Question::Environments => environments(text).map(drop),
        Question::Region => region(text).map(drop),
        Question::Prefix => prefix(text).map(drop),
        Question::Owners => owners(text).map(drop),
        Question::Release => release(text).map(drop),
        Question::Image => image(text).map(drop),
        Question::CheckUser => number(text).map(drop),
    }
}

fn problem(what: &str, value: &str, help: &str) -> AnswerProblem {
    AnswerProblem::new(format!("{what}: {}", quote(value)), help)
}

/// Letters, digits and these marks; a letter or a digit first.
fn is_plain(text: &str, marks: &str) -> bool {
    let first = text.chars().next();
    text.len() <= MAX_CHARS
        && first.is_some_and(|first| first.is_ascii_alphanumeric())
        && text
            .chars()
            .all(|letter| letter.is_ascii_alphanumeric() || marks.contains(letter))
}

/// A part of a path: no `..`, and nothing that an option begins with.
fn is_part(text: &str) -> bool {
    let rest = text.strip_prefix(['.', '_']).unwrap_or(text);
    is_plain(rest, "._-") && !text.contains("..")
}

pub(super) fn forge(text: &str) -> Result<SetupForge, AnswerProblem> {
    match text {
        "github" => Ok(SetupForge::GitHub),
        "gitlab" => Ok(SetupForge::GitLab),
        other => Err(problem(
            "unknown forge",
            other,
            "pass `--forge github` or `--forge gitlab`",
        )),
    }
}

pub(super) fn server(text: &str) -> Result<String, AnswerProblem> {
    let (host, port) = text.split_once(':').unwrap_or((text, "443"));
    let is_port = port.len() <= 5 && !port.is_empty() && port.bytes().all(|it| it.is_ascii_digit());
    match is_plain(host, ".-") && !host.contains("..") && is_port {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "invalid host",
            text,
            "pass the forge's host, such as `--server git.example`",
        )),
    }
}

pub(super) fn repository(forge: SetupForge, text: &str) -> Result<String, AnswerProblem> {
    let parts: Vec<&str> = text.split('/').collect();
    let (is_right, help) = match forge {
        SetupForge::GitHub => (parts.len() == 2, "pass `--repository OWNER/NAME`"),
        SetupForge::GitLab => (
            (2..=21).contains(&parts.len()),
            "pass `--repository GROUP/PROJECT`",
        ),
    };
    match is_right && parts.iter().all(|part| is_part(part)) {
        true => Ok(text.to_owned()),
        false => Err(problem("invalid repository", text, help)),
    }
}

pub(super) fn branch(text: &str) -> Result<String, AnswerProblem> {
    let is_right = text.len() <= MAX_CHARS && text.split('/').all(is_part);
    match is_right && !text.ends_with(".lock") && !text.ends_with('.') {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "invalid default branch",
            text,
            "pass a branch's name of letters, digits and `-_./`",
        )),
    }
}

pub(super) fn name(text: &str) -> Result<String, AnswerProblem> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
    match begins && text.len() <= 63 && text.bytes().all(letters) {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "no product has this name",
            text,
            "run `provisioner list-products`",
        )),
    }
}

pub(super) fn folder(text: &str) -> Result<String, AnswerProblem> {
    let path = text.strip_suffix('/').unwrap_or(text);
    let is_path = RepoPath::parse(path).is_ok() && path.len() <= MAX_CHARS;
    let is_hidden = path.split('/').any(|part| part.starts_with('.'));
    match is_path && !is_hidden && path.split('/').all(is_part) {
        true => Ok(path.to_owned()),
        false => Err(problem(
            "invalid folder of configs",
            text,
            "pass a path below the repository's root, such as `--configs s3/configs`",
        )),
    }
}

pub(super) fn environments(text: &str) -> Result<Vec<EnvironmentAccounts>, AnswerProblem> {
    const HELP: &str = "pass `--environment NAME=ACCOUNT[,ACCOUNT]`, with a name of lower-case letters, digits and hyphens and accounts of 12 digits";
    let invalid = |part: &str| problem("invalid environment", part, HELP);
    let mut all: Vec<EnvironmentAccounts> = Vec::new();
    for part in text.split_whitespace() {
        let (name, accounts) = part.split_once('=').ok_or_else(|| invalid(part))?;
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
        if !begins || name.len() > 63 || !name.bytes().all(letters) {
            return Err(invalid(part));
        }
        let own = match all.iter().position(|known| known.name == name) {
            Some(known) => known,
            None => {
                let name = name.to_owned();
                let accounts = Vec::new();
                all.push(EnvironmentAccounts { name, accounts });
                all.len() - 1
            }
        };
        let own = &mut all[own].accounts;
        for account in accounts.split(',') {
            let is_account = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
            if !is_account {
                return Err(invalid(part));
            }
            if !own.contains(&account.to_owned()) {
                own.push(account.to_owned());
            }
        }
    }
    match all.len() {
        1..=MAX_ENVIRONMENTS => Ok(all),
        _ => Err(invalid(text)),
    }
}

pub(super) fn region(text: &str) -> Result<String, AnswerProblem> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    let is_region = text.len() <= 32
        && text
            .strip_suffix(|last: char| last.is_ascii_digit())
            .is_some_and(|rest| {
                let parts: Vec<&str> = rest.split('-').collect();
                let is_word = |part: &&str| !part.is_empty();
                rest.bytes().all(letters)
                    && parts.len() >= 3
                    && (2..=4).contains(&parts[0].len())
                    && parts.last() == Some(&"")
                    && parts[..parts.len() - 1].iter().all(is_word)
            });
    match is_region {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "invalid AWS region",
            text,
            "pass a region, such as `--region eu-central-1`",
        )),
    }
}

pub(super) fn prefix(text: &str) -> Result<String, AnswerProblem> {
    let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let begins = text.starts_with(|first: char| first.is_ascii_lowercase());
    match begins && text.len() <= 30 && text.bytes().all(letters) && !text.ends_with('-') {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "invalid prefix",
            text,
            "pass at most 30 lower-case letters, digits and hyphens, such as `--prefix acme`",
        )),
    }
}

pub(super) fn owners(text: &str) -> Result<Vec<String>, AnswerProblem> {
    let mut owners: Vec<String> = Vec::new();
    let is_owner = |owner: &str| {
        let rest = owner.strip_prefix('@');
        rest.is_some_and(|rest| rest.len() <= MAX_CHARS && rest.split('/').all(is_part))
    };
    for owner in text.split_whitespace() {
        if !is_owner(owner) {
            return Err(problem(
                "invalid code owner",
                owner,
                "pass `--code-owner @user` or `--code-owner @organisation/team`",
            ));
        }
        if !owners.contains(&owner.to_owned()) {
            owners.push(owner.to_owned());
        }
    }
    match owners.is_empty() {
        true => Err(problem(
            "invalid code owner",
            text,
            "pass `--code-owner @user` or `--code-owner @organisation/team`",
        )),
        false => Ok(owners),
    }
}

/// `OWNER/NAME@COMMIT`, and after a space the version that a file names.
pub(super) fn release(text: &str) -> Result<Pin, AnswerProblem> {
    let (pin, version) = text.split_once(' ').unwrap_or((text, ""));
    let is_hex = |commit: &str| {
        let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        commit.len() == 40 && commit.bytes().all(digit)
    };
    let parsed = pin.split_once('@').filter(|(repository, commit)| {
        let parts: Vec<&str> = repository.split('/').collect();
        parts.len() >= 2 && parts.iter().all(|part| is_part(part)) && is_hex(commit)
    });
    match parsed {
        Some((repository, commit)) => Ok(Pin {
            repository: repository.to_owned(),
            commit: commit.to_owned(),
            version: match version {
                "" => format!("v{}", crate::VERSION),
                version if is_plain(version, ".+-") => version.to_owned(),
                _ => String::new(),
            },
        }),
        None => Err(problem(
            "invalid release",
            text,
            "pass `--release OWNER/NAME@COMMIT`, with the 40 digits of the commit",
        )),
    }
}

pub(super) fn image(text: &str) -> Result<String, AnswerProblem> {
    let digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_image = text.split_once("@sha256:").is_some_and(|(name, digest)| {
        is_plain(name, "._-/:") && digest.len() == 64 && digest.bytes().all(digit)
    });
    match is_image {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "invalid image",
            text,
            "pass the image by its digest: `--image NAME@sha256:DIGEST`",
        )),
    }
}

pub(super) fn number(text: &str) -> Result<String, AnswerProblem> {
    match (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err(problem(
            "invalid user id",
            text,
            "pass the number, which `glab api user | jq .id` prints with the check's token: `--check-user 1234`",
        )),
    }
}
