//! Error messages of AWS, as public pages quote them: their cause stays readable, and the values in them are hidden.

use provisioner::report::Redactor;

const MESSAGES: &str = include_str!("../fixtures/aws/messages.txt");
const MIN_MESSAGES: usize = 250;

/// A message without its marks, and as a report shows it.
fn marked(line: &str) -> (String, String) {
    let mut parts = line.split(['{', '}']);
    let first = parts.next().unwrap_or_default().to_owned();
    let mut texts = (first.clone(), first);
    while let Some(value) = parts.next() {
        let after = parts.next().unwrap_or_default();
        texts.0 += &format!("{value}{after}");
        texts.1 += &format!("(hidden){after}");
    }
    texts
}

#[test]
fn attack_messages_show_their_cause_and_no_values() {
    let redactor = Redactor::default();
    let messages = MESSAGES.lines().filter(|line| {
        !line.is_empty() && !line.starts_with("# ") && !line.starts_with("https://")
    });
    let mut count = 0;
    for line in messages {
        let (text, expected) = marked(line);
        assert_eq!(redactor.redact(&text), expected);
        count += 1;
    }
    assert!(count >= MIN_MESSAGES, "{count}");
}
