//! Expensive files: each fails soon, with one plain error.
//!
//! No test measures time, because that would depend on the machine. Unbounded work would run for minutes or exhaust memory.

use super::{PATH, VALID, loaded};
use provisioner::config::MAX_BYTES;
use provisioner::report;

/// The codes of a file's diagnostics, and their readable texts.
fn codes(text: &str) -> Vec<String> {
    let loaded = loaded(PATH, text.as_bytes());
    let shown = report::diagnostics(&loaded.diagnostics);
    let longest = shown.lines().map(|line| line.chars().count()).max();
    assert!(longest < Some(800), "a line of {longest:?} characters");
    loaded
        .diagnostics
        .iter()
        .map(|diagnostic| diagnostic.code.to_string())
        .collect()
}

/// Nine lists of nine aliases each: a billion strings from 400 bytes.
pub fn billion_laughs() -> String {
    let mut text = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
    for level in 1..9 {
        let below = format!("*a{}", level - 1);
        let items = [below.as_str(); 9].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    text
}

/// Nested lists.
pub fn nested(levels: usize) -> String {
    format!("s3: {}{}\n", "[".repeat(levels), "]".repeat(levels))
}

/// `number` keys, each of which YAML allows once.
pub fn many_keys(number: usize) -> String {
    let keys: String = (0..number).map(|key| format!("    k{key}: v\n")).collect();
    format!("{VALID}  tags:\n{keys}")
}

#[test]
fn attack_billion_laughs() {
    assert_eq!(codes(&billion_laughs()), ["yaml-alias-limit"]);
}

#[test]
fn attack_one_long_text_and_many_aliases() {
    let long = "x".repeat(MAX_BYTES / 2);
    let aliases = "*a,".repeat(MAX_BYTES / 8);
    assert_eq!(
        codes(&format!("a: &a {long}\nb: [{aliases}]\n")),
        ["yaml-alias-limit"]
    );
}

#[test]
fn attack_one_long_key_and_many_aliases() {
    let long = "x".repeat(1_000);
    let aliases = "*a,".repeat(90_000);
    assert_eq!(
        codes(&format!("a: &a {{{long}: 1}}\nb: [{aliases}]\n")),
        ["yaml-alias-limit"]
    );
}

#[test]
fn attack_anchors_around_anchors() {
    // Every anchor keeps a copy of its content.
    let opening: String = (0..60).map(|level| format!("&a{level} [")).collect();
    let items = "1,".repeat(90_000);
    let closing = "]".repeat(60);
    assert_eq!(
        codes(&format!("a: {opening}{items}{closing}\n")),
        ["yaml-alias-limit"]
    );
}

#[test]
fn attack_deep_nesting() {
    assert_eq!(codes(&nested(65)), ["yaml-depth"]);
    assert_eq!(codes(&nested(400_000)), ["yaml-depth"]);
    assert_eq!(codes(&"- ".repeat(MAX_BYTES / 2 - 1)), ["yaml-depth"]);
    assert_eq!(codes(&"{a: ".repeat(MAX_BYTES / 4 - 1)), ["yaml-depth"]);
}

#[test]
fn attack_deep_nesting_through_aliases() {
    // Each anchor is within the limit, and contains the anchor before it at its deepest level.
    let mut text = "a0: &a0 [1]\n".to_owned();
    for level in 1..50 {
        let (open, close) = ("[".repeat(60), "]".repeat(60));
        text.push_str(&format!(
            "a{level}: &a{level} {open}*a{}{close}\n",
            level - 1
        ));
    }
    assert_eq!(codes(&text), ["yaml-depth"]);
}

#[test]
fn attack_an_alias_inside_its_own_anchor() {
    assert_eq!(codes("a: &a [*a]\n"), ["yaml-syntax"]);
}

#[test]
fn attack_ten_megabytes() {
    assert_eq!(
        codes(&format!("{VALID}#{}", "x".repeat(10 << 20))),
        ["config-too-large"]
    );
}

#[test]
fn the_largest_file_is_read() {
    let comment = "#".repeat(MAX_BYTES - VALID.len());
    assert_eq!(codes(&format!("{VALID}{comment}")), [""; 0]);
    assert_eq!(codes(&format!("{VALID}{comment}#")), ["config-too-large"]);
}

#[test]
fn attack_a_line_of_100_kilobytes() {
    let long = "x".repeat(100_000);
    for text in [
        VALID.replace("Edge Corporation", &long),
        VALID.replace("us-east-1", &long),
        VALID.replace("env: prod", &format!("env: prod\n  {long}: prod")),
        VALID.replace("versioning: true", &format!("versioning: \"{long}\"")),
        format!("{VALID}  tags: {{ \"{long}\": 1 }}\n"),
        format!("{VALID}  tags: {{ a: {} }}\n", "1".repeat(100_000)),
        format!("{VALID}  tags: {{ \"{long}\": a, \"{long}\": b }}\n"),
        format!("{VALID}  tags: {{ a: !{long} b }}\n"),
        format!("{VALID}  tags: {{ a: *{long} }}\n"),
        format!("{VALID}  solutions: [ {long} ]\n"),
        format!("{long}\n"),
        format!("{long}: {long}\n"),
    ] {
        codes(&text);
    }
}

#[test]
fn attack_many_keys() {
    assert_eq!(codes(&many_keys(40)), [""; 0]);
    assert_eq!(codes(&many_keys(40_000)), ["too-many"]);
}

/// Finding the line of a problem takes time, so the number of problems is limited; the rest is counted.
#[test]
fn attack_many_problems() {
    let keys: String = (0..20_000).map(|key| format!("vers{key}: 1\n")).collect();
    let unknown = loaded(PATH, format!("{VALID}{keys}").as_bytes()).diagnostics;
    assert_eq!(unknown.len(), 101);
    let rest = "19900 more problems of this kind; the first 100 are listed";
    assert!(unknown.iter().any(|problem| problem.message == rest));

    let hidden: String = (0..10_000)
        .map(|key| format!("\"\\u202e{key}\", "))
        .collect();
    let found = codes(&format!("{VALID}  solutions: [{hidden}]\n"));
    let deceptive = found
        .iter()
        .filter(|code| *code == "bidi-or-control-character");
    assert_eq!(deceptive.count(), 101);

    for (line, code) in [
        ("- !Sub a\n", "yaml-tag"),
        ("versioning: true\n", "duplicate-key"),
    ] {
        let text = format!("s3:\n{}", line.repeat(20_000));
        assert_eq!(codes(&text), [code; 100]);
        let told = loaded(PATH, text.as_bytes()).diagnostics;
        let help = "correct these 100 first: the file was read no further";
        assert_eq!(told.last().unwrap().help.as_deref(), Some(help));
    }
}

/// Every problem quotes its line, and all are on one line of 100 kilobytes.
#[test]
fn attack_many_problems_on_one_line() {
    let tags: String = (0..10_000).map(|key| format!("k{key}: 1, ")).collect();
    assert_eq!(codes(&format!("{VALID}  tags: {{{tags}}}\n")).len(), 101);
}
