//! What the address of a git remote says of the forge.

use super::question::{Given, Givens, Origin, Question};

const REASON: &str = "the git remote";

/// Guesses from the address of a remote: forge, server and repository.
pub fn answers_of_remote(address: &str) -> Givens {
    let mut givens = Givens::new();
    let Some((host, path)) = host_and_path(address) else {
        return givens;
    };
    let forge = ["github", "gitlab"]
        .into_iter()
        .find(|forge| host.split(['.', '-', ':']).any(|word| word == *forge));
    let mut guess = |question, text: &str| {
        let text = text.to_owned();
        let origin = Origin::Guess(REASON);
        givens.insert(question, Given { text, origin });
    };
    if let Some(forge) = forge {
        guess(Question::Forge, forge);
    }
    guess(Question::Server, &host);
    guess(Question::Repository, &path);
    givens
}

/// The host with its port of `https`, and the path without `.git`.
fn host_and_path(address: &str) -> Option<(String, String)> {
    let (host, path) = match address.split_once("://") {
        Some((scheme, rest)) => {
            let (authority, path) = rest.split_once('/')?;
            let host = authority.rsplit('@').next()?;
            // A port of ssh says nothing about the port of the API.
            let host = match scheme {
                "https" => host,
                "ssh" | "git" | "http" => host.split(':').next()?,
                _ => return None,
            };
            (host, path)
        }
        None => {
            let (authority, path) = address.split_once(':')?;
            (authority.rsplit('@').next()?, path)
        }
    };
    let path = path.trim_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let is_host = host.contains('.') && !host.contains('/');
    (is_host && path.contains('/')).then(|| (host.to_owned(), path.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guessed(address: &str) -> String {
        let givens = answers_of_remote(address);
        let texts: Vec<&str> = givens.values().map(|given| given.text.as_str()).collect();
        texts.join(" ")
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        for address in [
            "git@github.com:acme/infra.git",
            "https://github.com/acme/infra",
            "https://user:secret@github.com/acme/infra.git/",
            "ssh://git@github.com:22/acme/infra.git",
        ] {
            assert_eq!(
                guessed(address),
                "github github.com acme/infra",
                "{address}"
            );
        }
        let own = guessed("https://gitlab.acme.example:8443/acme/infra/stacks.git");
        assert_eq!(own, "gitlab gitlab.acme.example:8443 acme/infra/stacks");
        assert_eq!(
            guessed("git@code.example:acme/infra"),
            "code.example acme/infra"
        );
        for address in [
            "../infra",
            "/srv/git/infra.git",
            "C:\\infra",
            "file:///srv/a/b",
            "",
        ] {
            assert_eq!(guessed(address), "", "{address}");
        }
    }

    #[test]
    fn attack_a_host_that_only_contains_the_name_is_no_guess() {
        assert_eq!(
            guessed("git@notgithub.example:a/b"),
            "notgithub.example a/b"
        );
    }
}
