//! Foreign text in every output. Another Markdown parser than the program's reads the comment, and finds nothing live in it.

use std::collections::BTreeMap;

use provisioner::config::ConfigContents;
use provisioner::diagnostic::Code;
use provisioner::model::{CommitSha, Digest, FileContents, RepoPath};
use provisioner::plan::{Input, Plan, assess};
use provisioner::product::{Files, Registry};
use provisioner::report::{
    CheckContext, Collision, Report, Rest, escape_workflow_commands, markdown, sarif,
};
use provisioner::text::is_invisible_or_bidi;

use crate::support::job::config;
use crate::support::markdown::{assert_nothing_live, last_paragraph};

/// Maximum length of a comment.
const COMMENT_LIMIT: usize = 65_000;

/// Name and text of each attack. Each is tried as a value, as a key, as a file name, and in a product.
fn corpus() -> BTreeMap<&'static str, String> {
    let mut corpus: BTreeMap<&str, String> = [
        ("fence", "```"),
        ("long_fence", "``````````"),
        ("tilde_fence", "~~~"),
        ("fence_on_its_own_line", "x\n```\n\n# Approved\n"),
        ("fence_with_language", "```diff\n+ fine\n```"),
        ("backtick", "`"),
        ("code_span_end", "a` **bold** `b"),
        ("script", "<script>alert(1)</script>"),
        (
            "html_image",
            "<img src=https://evil.example/x.png onerror=alert(1)>",
        ),
        ("details_end", "</details></summary></sub>"),
        ("comment_end", "--> <!--"),
        ("marker", "<!-- provisioner:check -->"),
        ("entity", "&lt;b&gt; &#64;admin"),
        ("mention", "@acme/admins"),
        ("mention_in_words", "please ask @octocat now"),
        ("issue", "closes #1"),
        ("issue_gh", "fixes GH-1"),
        ("issue_elsewhere", "fixes org/repo#12"),
        (
            "commit",
            "see 0123456789abcdef0123456789abcdef01234567 for it",
        ),
        ("ticket", "see ABC-123 for it"),
        ("image", "![x](https://evil.example/x.png)"),
        ("link", "[click](https://evil.example)"),
        ("reference_link", "[x]: https://evil.example"),
        ("autolink", "https://evil.example/x"),
        ("www", "go to www.evil.example now"),
        ("email", "mail me@evil.example now"),
        ("emoji", "all :white_check_mark: fine"),
        ("heading", "\n# All checks passed\n"),
        ("table", "a | b\n|---|---|\n| x | y |"),
        ("bar", "a|b|c|d|e|f"),
        ("backslash", "a\\|b\\"),
        ("task", "- [x] approved"),
        ("quote", "> approved"),
        ("rule", "---"),
        ("footnote", "[^1]"),
        ("math", "$$\\href{javascript:alert(1)}{x}$$"),
        ("ansi", "\u{1b}[2J\u{1b}[32mok\u{1b}[0m"),
        ("bidi", "user\u{202e}nimda\u{2066}x"),
        ("zero_width", "a\u{200b}b\u{200d}c\u{feff}d"),
        ("tag_characters", "a\u{e0041}\u{e0042}"),
        ("set_output", "::set-output name=errors::0"),
        ("add_mask", "\n::add-mask::secret"),
        ("stop_commands", "\n  ::stop-commands::x\n"),
        ("old_command", "##[add-path]/tmp"),
        ("percent", "%0A::error::x%0D"),
        ("carriage_return", "x\r::warning::y"),
        ("jinja", "{{ 7 * 7 }}{% for x in range(10) %}{% endfor %}"),
        ("jinja_comment", "{# x #}"),
        ("sub", "${AWS::AccountId}"),
        ("tag", "!Sub ${AWS::Region}"),
        ("resolve", "{{resolve:ssm-secure:/x:1}}"),
        ("traversal", "../../etc/passwd"),
        ("option", "--output=/tmp/x"),
        ("shell", "$(touch /tmp/x);`id`"),
    ]
    .map(|(name, text)| (name, text.to_owned()))
    .into();
    corpus.insert("long", "x".repeat(100_000));
    corpus.insert("long_fences", "```\n".repeat(25_000));
    corpus
}

fn report(plan: Plan) -> Report {
    let context = CheckContext {
        repository: None,
        pull_request: None,
        base: CommitSha::parse(&"0".repeat(40)).unwrap(),
        head: CommitSha::parse(&"1".repeat(40)).unwrap(),
        version: "0",
        run: None,
        url: None,
    };
    Report::new(context, plan, Vec::new())
}

fn path(text: &str) -> RepoPath {
    RepoPath::parse(text).unwrap_or_else(|_| RepoPath::typed(text))
}

fn input(at: &str, base: Option<&str>, head: Option<&str>) -> Input {
    let file = |text: Option<&str>| {
        text.map(|text| ConfigContents::alone(FileContents::Regular(text.into())))
    };
    Input {
        base: file(base),
        head: file(head),
        ..Input::new(path(at))
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

/// Checks every output of a plan.
fn assert_harmless(name: &str, plan: Plan) {
    let report = report(plan);
    let comment = markdown(&report, Rest::JobSummary, COMMENT_LIMIT).unwrap();
    assert_nothing_live(&comment);
    let footer = last_paragraph(&comment);
    assert!(footer.contains(" base "), "{name}: the footer is swallowed");
    let found = provisioner::ci::github::annotations(&mut report.diagnostics());
    for line in found.lines() {
        let command = ["::error ", "::warning ", "::notice "]
            .iter()
            .any(|known| line.starts_with(known));
        assert!(command && !line.contains("##["), "{name}: {line:?}");
        assert!(!line.contains(is_invisible_or_bidi), "{name}: {line:?}");
    }
    let log = provisioner::report::diagnostics(report.diagnostics());
    for line in escape_workflow_commands(&log).lines() {
        assert!(
            !line.trim_start().starts_with("::") && !line.contains("##["),
            "{name}: {line:?}"
        );
    }
    for result in sarif(report.diagnostics(), "0")["runs"][0]["results"]
        .as_array()
        .unwrap()
    {
        let uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
            .as_str()
            .unwrap();
        assert!(!uri.contains(':') && !uri.contains('\n'), "{name}: {uri:?}");
    }
}

const AT: &str = "s3/configs/edge-prod-b001-us-west-1-s3.yaml";

#[test]
fn attack_in_values_and_keys() {
    let registry = Registry::built_in();
    for (name, text) in corpus() {
        let text = quoted(&text);
        let value = config("b001", &format!("  tags: {{ Team: {text} }}\n"));
        let key = config(
            "b001",
            &format!("  {text}: 1\n  lifecycle_policy: {text}\n"),
        );
        let company =
            config("b001", "").replace("company_name: Edge", &format!("company_name: {text}"));
        for head in [&value, &key, &company, &text] {
            let plan = assess(
                &registry,
                &registry,
                &[input(AT, Some(&config("b001", "")), Some(head))],
            );
            assert_harmless(name, plan);
        }
    }
}

#[test]
fn attack_in_file_names() {
    let registry = Registry::built_in();
    for (name, text) in corpus() {
        let at = format!("s3/configs/{text}-s3.yaml");
        let (old, new) = (
            config("b001", ""),
            config("b001", "  lifecycle_policy: compliance\n"),
        );
        for (base, head) in [
            (None, Some(new.as_str())),
            (Some(old.as_str()), None),
            (Some(old.as_str()), Some("x")),
        ] {
            assert_harmless(
                name,
                assess(&registry, &registry, &[input(&at, base, head)]),
            );
        }
    }
}

/// A product whose texts, types, ids and properties are the attack.
fn product(text: &str) -> Registry {
    let say = quoted(text);
    let manifest = format!(
        "name: evil\ntitle: {say}\nsummary: {say}\nsection: evil\nfiles: '*-evil.yaml'\n\
         target: {{account: evil.text, region: \"'eu-west-1'\", environment: evil.text}}\n\
         names: {{config: \"'x-evil'\", stack: evil.text}}\noutputs: {{template: \"'t'\", policy: \"'p'\"}}\n\
         rules: [{{code: {say}, severity: warning, at: evil.text, when: 'true', message: {say}, help: {say}}}]\n\
         impact: [{{keys: [evil.text], level: critical, consequence: {say}}}]\nactions: {{}}\n"
    );
    let stack = "Resources:\n  A:\n    Type: AWS::S3::Bucket\n    Properties:\n      {{ evil.text }}: {{ evil.text }}\n      \
                 Of: {{ evil.other }}\n";
    let schema = r#"{"type":"object","properties":{"evil":{"type":"object","x-help":"x"}}}"#;
    let files: Files = [
        ("product.yaml", manifest.as_str()),
        ("config.schema.json", schema),
        ("stack.yaml.j2", stack),
        ("iam-policy.json.j2", "{}"),
    ]
    .map(|(name, text)| (name.to_owned(), text.to_owned()))
    .into();
    let mut registry = Registry::built_in();
    registry.add("evil", files);
    registry
}

#[test]
fn attack_in_product_texts() {
    for (name, text) in corpus() {
        let registry = product(&text);
        let config = |other: &str| format!("evil: {{ text: {}, other: {other} }}\n", quoted(&text));
        let (old, new) = (config("1"), config("2"));
        for (base, head) in [
            (None, Some(new.as_str())),
            (Some(old.as_str()), Some(new.as_str())),
            (Some(old.as_str()), None),
        ] {
            assert_harmless(
                name,
                assess(
                    &registry,
                    &registry,
                    &[input("s3/configs/x-evil.yaml", base, head)],
                ),
            );
        }
    }
}

#[test]
fn attack_a_product_with_endless_loops() {
    let loops = "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}x{% endfor %}{% endfor %}{% endfor %}";
    let deep = "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}";
    for source in [loops, deep] {
        let mut files: Files = [
            (
                "product.yaml",
                "name: slow\ntitle: t\nsummary: s\nsection: slow\nfiles: '*-slow.yaml'\n\
                 target: {account: \"'1'\", region: \"'eu-west-1'\", environment: \"'e'\"}\n\
                 names: {config: \"'x-slow'\", stack: \"'s'\"}\noutputs: {template: \"'t'\", policy: \"'p'\"}\nactions: {}\n",
            ),
            ("config.schema.json", r#"{"properties":{"slow":{"pattern":"^(a+)+$"}}}"#),
            ("iam-policy.json.j2", "{}"),
        ]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
        files.insert("stack.yaml.j2".to_owned(), source.to_owned());
        let mut registry = Registry::built_in();
        registry.add("slow", files);
        let backtracks = format!("slow: {}!\n", "a".repeat(5_000));
        assert_harmless(
            "pattern",
            assess(
                &registry,
                &registry,
                &[input("s3/configs/x-slow.yaml", None, Some(&backtracks))],
            ),
        );
        let plan = assess(
            &registry,
            &registry,
            &[input("s3/configs/x-slow.yaml", None, Some("slow: aaa\n"))],
        );
        assert_eq!(plan.changes[0].diagnostics[0].code, Code::RenderFailed);
        assert_harmless("endless", plan);
    }
}

/// Ten thousand deletions: the comment keeps its limit and counts the rest.
#[test]
fn attack_a_comment_that_is_too_long() {
    let registry = Registry::built_in();
    let inputs: Vec<_> = (0..1_000)
        .map(|number| {
            let tenant = format!("{number:04}");
            let at = crate::support::job::path(&tenant);
            input(&at, Some(&config(&tenant, "")), None)
        })
        .collect();
    let mut plan = assess(&registry, &registry, &inputs);
    // A renamed config is shown on its own, and equal plans are not.
    for change in &mut plan.changes {
        change.renamed = Some(provisioner::plan::Renamed::To(path("elsewhere.yaml")));
    }
    assert_eq!(plan.changes.len(), 1_000);
    let comment = markdown(&report(plan.clone()), Rest::JobSummary, COMMENT_LIMIT).unwrap();
    assert!(
        comment.contains("1000 deletions to confirm after the merge (data destroyed)"),
        "{}",
        &comment[..500]
    );
    let counted =
        regex::Regex::new(r"\d+ of 1000 configs listed, the rest in the job summary\.").unwrap();
    assert!(counted.is_match(&comment));
    assert!(comment.contains("of 1000 configs shown in full, the rest in the job summary."));
    assert_harmless("many", plan);
}

/// Fifty pull requests that change a hundred configs each, with paths as long as a comment.
#[test]
fn attack_many_collisions() {
    let registry = Registry::built_in();
    let deleted = config("b001", "");
    let mut report = report(assess(
        &registry,
        &registry,
        &[input(AT, Some(&deleted), None)],
    ));
    let long = "x".repeat(65_000);
    let paths: Vec<RepoPath> = (0..100).map(|n| path(&format!("{n}{long}"))).collect();
    let collision = |number| Collision {
        number,
        paths: paths.clone(),
    };
    report.collisions = Some((0..50).map(collision).collect());
    let comment = markdown(&report, Rest::JobSummary, COMMENT_LIMIT).unwrap();
    assert!(comment.chars().count() <= COMMENT_LIMIT);
    assert!(comment.contains(" and 70 more configs."));
    assert!(comment.contains("30 of 50 pull requests shown."));
    assert_nothing_live(&comment);
}

#[test]
fn ordinary_text_is_not_escaped() {
    let registry = Registry::built_in();
    let (old, new) = (
        config("b001", ""),
        config("b001", "  bucket_name_override: edge-other\n"),
    );
    let plan = assess(&registry, &registry, &[input(AT, Some(&old), Some(&new))]);
    let comment = markdown(&report(plan), Rest::JobSummary, COMMENT_LIMIT).unwrap();
    assert!(comment.contains("| The bucket is replaced by an empty one. The old bucket stays behind with its contents and its bucket policy, no longer managed. |"));
    assert!(CommitSha::parse(&Digest::sha256("x").to_string()).is_ok());
}
