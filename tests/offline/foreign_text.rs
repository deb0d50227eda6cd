//! No foreign text in any part of a report is live.

use proptest::prelude::*;
use provisioner::estate::DriftRotation;
use provisioner::model::{Digest, RepoPath};
use provisioner::product::{Target, Verb};
use provisioner::report::{
    Finding, Format, Found, FoundDrift, Heading, NextStep, Notice, OfflineReason, Outcome, Problem,
    Provisioning, Refusal, RemainingFolders, Remains, Reply, ReplySection, ReportSource,
    ScannedStacks, StackDrift, StackRemains, State, Status, Text, UnservedConfig, UnwrittenIssue,
    closed_drift_issue, doctor_markdown, drift_issue, drift_scan_markdown, failed_job,
    provisioning, reply_markdown, results_markdown, unserved_comment,
};
use provisioner::stack::{StackName, StackStatus};

use crate::support::markdown::assert_nothing_live;

const LIMIT: usize = 20_000;

/// Pieces of live Markdown, and words between them.
fn foreign() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "`",
        "``",
        "```",
        "~~~",
        "|",
        "\\",
        "\n",
        "\n\n",
        "\r",
        " ",
        "  ",
        "*",
        "_",
        "#",
        "> ",
        "- [x] ",
        "@acme/admins",
        "@octocat",
        "#1",
        "GH-1",
        "ABC-12",
        "0123456789abcdef0123456789abcdef01234567",
        "https://evil.example",
        "www.evil.example",
        "me@evil.example",
        "![x](y)",
        "[x](y)",
        "[x]: y",
        "<b>",
        "</details>",
        "<!--",
        "-->",
        "<!-- provisioner:check -->",
        "&lt;",
        ":tada:",
        "$$",
        "$1",
        "!1",
        "%1",
        "~bug",
        "&1",
        "^alert#1",
        "*iteration:1",
        "[vulnerability:1]",
        "{+ x +}",
        "{- x -}",
        "[TOC]",
        "[[_TOC_]]",
        "::include{file=x}",
        "---",
        "/merge",
        "/approve",
        "/close x",
        "\n/merge\n",
        "\n\r/merge\r\n",
        "```math",
        "```mermaid\n",
        "[^1]",
        "|---|",
        "\u{202e}",
        "\u{200b}",
        "The",
        "bucket",
        "is replaced.",
        "x",
        "1",
        "(",
        ")",
        ";",
        "'",
    ]);
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

fn stack(name: &str) -> StackName {
    StackName {
        target: Target {
            account: name.to_owned(),
            region: name.to_owned(),
            environment: name.to_owned(),
        },
        name: name.to_owned(),
    }
}

fn outcome(text: &str, table: &str, state: State) -> Outcome {
    let mut outcome = Outcome::new(text, Some(&stack(text)), state);
    text.clone_into(&mut outcome.summary);
    table.clone_into(&mut outcome.tables);
    outcome.next_steps = vec![
        NextStep::ConfirmDeletion {
            action: text.to_owned(),
            config: text.to_owned(),
            digest: text.to_owned(),
        },
        NextStep::FoldersNotCreated,
        NextStep::DeletionConfirmed {
            by: text.to_owned(),
            comment: text.to_owned(),
        },
    ];
    let refusal = Refusal::NoSuchAction {
        product: text.to_owned(),
        action: text.to_owned(),
    };
    let problem = refusal.diagnostic(&RepoPath::typed(text)).with_help(text);
    outcome.problems = vec![Problem::from_diagnostic(&problem)];
    outcome.remains = Some(Box::new(Remains {
        stack: stack(text),
        state: StackRemains::Status(StackStatus(text.to_owned())),
        folders: Some(RemainingFolders {
            bucket: text.to_owned(),
            existing: 1,
            requested: 2,
        }),
        verb: Verb::TestDeploy,
        kept: false,
        deleted: Some(text.to_owned()),
        values_differ: false,
        unfinished: false,
    }));
    outcome
}

fn replies(text: &str) -> Vec<Reply> {
    let text = || text.to_owned();
    vec![
        Reply::Plain(text()),
        Reply::Failed { error: text() },
        Reply::NoCommand {
            line: text(),
            problem: text(),
            help: text(),
        },
        Reply::NoMatchingConfig { action: text() },
        Reply::ConfigAmbiguous { wanted: text() },
        Reply::ConfigNotChanged {
            wanted: text(),
            similar: Some(text()),
            changed: vec![text()],
        },
        Reply::ConfigNotChanged {
            wanted: text(),
            similar: None,
            changed: vec![text(); 12],
        },
        Reply::CodeUnknown {
            wanted: text(),
            similar: Some(text()),
        },
        Reply::Denied(Refusal::CannotPush { login: text() }),
        Reply::Denied(Refusal::NoRole {
            environment: text(),
        }),
        Reply::Denied(Refusal::ActionUndecided { error: text() }),
        Reply::Denied(Refusal::ActionNotOffered {
            action: text(),
            instead: Some(text()),
        }),
    ]
}

/// A cell of each kind, beside other cells and own words.
fn table(text: &str) -> String {
    let row = vec![
        Text::ours("Modify").and(Text::name(text)),
        Text::name(text).and(Text::name(text)),
        Text::sentence(text),
        Text::list([Text::name(text), Text::ours("or"), Text::sentence(text)]),
        Text::known(text, &["Modify"]),
    ];
    let head = ["a", "b", "c", "d", "e"];
    let line = Text::ours("note: ").and(Text::sentence(text));
    Format::Markdown.table(&head, &[row.clone(), row]) + &Format::Markdown.line(&line)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn attack_foreign_text_is_never_live_in_tables(text in foreign()) {
        assert_nothing_live(&table(&text));
    }

    #[test]
    fn attack_foreign_text_is_never_live_in_provision_comments(text in foreign(), limit in 3_000..LIMIT) {
        let table = table(&text);
        let outcomes = [State::Done, State::Failed, State::AwaitingConfirmation];
        let report = Provisioning {
            accounts: Vec::new(),
            environment: Some(text.clone()),
            source: ReportSource::Merge { commit: text.clone(), run: Some(text.clone()), url: None },
            outcomes: outcomes.map(|state| outcome(&text, &table, state)).into(),
            notices: vec![Notice::Offline {
                reason: OfflineReason::NoPlanRole { environments: vec![text.clone(); 3] },
            }],
            version: text.clone(),
        };
        let marker = format!("<!-- provisioner:provision {} -->", Digest::sha256("x").prefix(12));
        for heading in [Heading::Marker(marker), Heading::Title, Heading::Command] {
            let comment = provisioning(&report, &heading, limit, None).unwrap();
            prop_assert!(comment.chars().count() <= limit);
            assert_nothing_live(&comment);
        }
    }

    #[test]
    fn attack_foreign_text_is_never_live_in_replies(text in foreign(), limit in 500..LIMIT) {
        let sections: Vec<ReplySection> = replies(&text)
            .into_iter()
            .map(|reply| ReplySection { command: Some(text.clone()), reply: Some(reply) })
            .collect();
        let reply = reply_markdown("<!-- provisioner:command 1 -->", &sections, limit);
        prop_assert!(reply.chars().count() <= limit);
        assert_nothing_live(&reply);
    }

    #[test]
    fn attack_foreign_text_is_never_live_in_drift_issues(text in foreign(), limit in 1_000..LIMIT) {
        let found = FoundDrift { drifted: true, rollback_failed: false, owned: true, current: false, summary: text.clone(), tables: table(&text).repeat(9) };
        let issue = drift_issue(&stack(&text), &text, &found, limit);
        prop_assert!(issue.chars().count() <= limit);
        assert_nothing_live(&issue);
        let quiet = FoundDrift { drifted: false, rollback_failed: false, owned: true, current: true, summary: text.clone(), tables: String::new() };
        let before = format!("<!-- marker -->\n{text}");
        let closed = closed_drift_issue(&stack(&text), &text, &quiet, &before, limit);
        prop_assert!(closed.chars().count() <= limit);
        assert_nothing_live(&closed);
        let scanned = |found| StackDrift { stack: stack(&text), config: text.clone(), found };
        let scan = ScannedStacks {
            stacks: vec![scanned(Ok(found)), scanned(Err(text.clone()))],
            without_stack: vec![text.clone(); 60],
            invalid: vec![text.clone()],
            left: 3,
            rotation: DriftRotation::new(1, &[None, Some(0)], 1),
            unwritten: vec![UnwrittenIssue { config: Some(text.clone()), reason: text.clone() }],
        };
        let page = drift_scan_markdown(&scan, limit);
        prop_assert!(page.chars().count() <= limit);
        assert_nothing_live(&page);
        let unserved = UnservedConfig { path: text.clone(), environment: text.clone() };
        assert_nothing_live(&unserved_comment(&[unserved]));
        assert_nothing_live(&failed_job(&text));
    }

    #[test]
    fn attack_foreign_text_is_never_live_in_pages_of_the_command_line(text in foreign()) {
        let finding = Finding {
            part: "token",
            mark: Status::Bad,
            what: text.clone(),
            found: Found::ReadRefused { reason: text.clone() }.words(),
            help: Some(text.clone()),
        };
        assert_nothing_live(&doctor_markdown(&[finding]));
        let problem = Refusal::ConfigUnreadable.diagnostic(&RepoPath::typed(&text)).with_help(&text);
        let items = [("✅", text.clone(), table(&text)), ("❌", text.clone(), String::new())];
        assert_nothing_live(&results_markdown(&text, items.into_iter(), &[problem]));
    }
}
