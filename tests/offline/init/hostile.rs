//! Answers that would mean something in YAML, a shell, a glob or a path.

use super::repository::{ANSWERS, InitRepository};

/// The flag's value is replaced, or added.
fn with<'a>(flag: &'a str, value: &'a str) -> Vec<&'a str> {
    let pairs = ANSWERS.chunks(2).filter(|pair| pair[0] != flag);
    let mut all: Vec<&str> = pairs.flatten().copied().collect();
    all.extend([flag, value]);
    all
}

#[test]
fn attack_answers_are_no_code() {
    let repository = InitRepository::github();
    let texts = [
        "x'; touch stolen; '",
        "$(touch stolen)",
        "`touch stolen`",
        "a\nb: c",
        "a: b",
        "[a]",
        "{a}",
        "*a",
        "&a",
        "#a",
        "\"a\"",
        "../a",
        "/etc",
        "-rf",
        "a..b",
        "${{ github.token }}",
        "a\u{202e}b",
        "",
    ];
    let flags = [
        "--forge",
        "--server",
        "--repository",
        "--default-branch",
        "--product",
        "--configs",
        "--environment",
        "--region",
        "--prefix",
        "--code-owner",
        "--release",
        "--image",
        "--check-user",
    ];
    for flag in flags {
        for text in texts {
            // These are plain words there.
            let is_plain = flag == "--code-owner" && text.starts_with('@');
            let pair = format!("{flag}={text}");
            let pairs = with(flag, text);
            let arguments = [&pairs[..pairs.len() - 2], &[pair.as_str()]].concat();
            let output = repository.init(&arguments);
            assert!(
                is_plain || output.status == 2,
                "{pair:?}: {}",
                output.stdout
            );
            repository.assert_empty();
        }
    }
}

#[test]
fn attack_environments_are_words_of_yaml() {
    for (value, is_right) in [
        ("dev=12345678901", false),
        ("dev=1234567890123", false),
        ("DEV=123456789012", false),
        ("dev=123456789012 dev=21098765432", false),
        ("dev", false),
        ("dev=", false),
        ("dev=123456789012,", false),
        ("dev=123456789012,210987654321", true),
    ] {
        let repository = InitRepository::github();
        let output = repository.init(&with("--environment", value));
        assert_eq!(output.status == 0, is_right, "{value}: {}", output.stderr);
    }
    // A word that YAML takes for another type; configs exist, so that none is made.
    let repository = InitRepository::github();
    repository.write("s3/configs/mine.yaml", "x: 1\n");
    repository.init_well(&with("--environment", "null=123456789012 on=123456789012"));
    let policy = repository.read(".provisioner.yaml");
    for name in ["\"null\":", "\"on\":"] {
        assert!(policy.contains(name), "{policy}");
    }
    repository.assert_complete();
}

#[test]
fn a_config_that_the_answers_make_invalid_stops_everything() {
    let repository = InitRepository::github();
    let output = repository.init(&with("--environment", "qa=123456789012"));
    assert_eq!(output.status, 10, "{}", output.stdout);
    assert!(
        output.stderr.contains("error[value-not-allowed]"),
        "{}",
        output.stderr
    );
    repository.assert_empty();
    let output = repository.init(&with("--region", "eu-centrl-1"));
    assert_eq!(output.status, 10);
    for line in [
        "s3/configs/first-config.yaml:",
        "did you mean `eu-central-1`? Pass the value with `--region`",
    ] {
        assert!(output.stderr.contains(line), "{}", output.stderr);
    }
    let output = repository.init(&with("--product", "s4"));
    assert_eq!(output.status, 2);
    assert!(
        output.stderr.contains("no product has this name: `s4`")
            && output.stderr.contains("with `ml` or `s3`\n"),
        "{}",
        output.stderr
    );
    repository.assert_empty();
}

#[test]
fn attack_a_hostile_remote_is_only_a_guess() {
    for remote in [
        "git@github.com:acme/$(touch stolen).git",
        "https://github.com/acme/a'b;c",
        "https://user:secret@github.com/acme/a b",
    ] {
        let repository = InitRepository::new(remote);
        let output = repository.init(&ANSWERS);
        assert_eq!(output.status, 2, "{}", output.stdout);
        assert!(!output.stderr.contains("secret"), "{}", output.stderr);
        repository.assert_empty();
    }
}
