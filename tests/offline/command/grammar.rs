//! Which lines are commands, and the errors of invalid commands.

use std::fmt::Write as _;

use provisioner::command::{CommentAction, CommentActions, parse as parse_with};
use provisioner::product::{Class, Registry};
use provisioner::report::command_help;

use super::{ACTIONS, command, commands, parse, problem};

#[test]
fn every_part_of_a_command_is_read() {
    let all = command("/provisioner deploy-solution s3/configs/a-s3.yaml --solution churn --force");
    assert_eq!(all.action.name(), "deploy-solution");
    assert_eq!(all.config.as_deref(), Some("s3/configs/a-s3.yaml"));
    assert_eq!(all.solution.as_deref(), Some("churn"));
    assert!(all.force && !all.keep);

    let test = command("/provisioner test-deploy --keep --tier starter a.yaml");
    assert_eq!(test.config.as_deref(), Some("a.yaml"));
    assert_eq!(test.tier.as_deref(), Some("starter"));
    assert!(test.keep && !test.force);

    let delete = command("/provisioner delete-product a.yaml --force --confirm 0123456789abcdef");
    assert_eq!(delete.confirm.as_deref(), Some("0123456789abcdef"));

    let code = command("/provisioner explain wrong-file-name");
    assert_eq!(
        (code.code.as_deref(), code.config),
        (Some("wrong-file-name"), None)
    );
    let product = command("/provisioner show-product ml");
    assert_eq!(
        (product.product.as_deref(), product.config),
        (Some("ml"), None)
    );
}

#[test]
fn every_action_has_its_permission_class() {
    let of = |class: Class| {
        let all = ACTIONS.iter().filter(|action| action.class() == class);
        all.map(CommentAction::name).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        Class::ALL.map(of),
        [
            "list-products show-product help explain validate-config create-prov-template create-policy create-review-report",
            "validate-prov-template show-changes check-drift",
            "test-deploy",
            "create-bucket deploy-product prep-master adopt unadopt import restore continue-rollback deploy-solution upload-template",
            "delete-product tear-down replace",
        ]
    );
}

#[test]
fn commands_are_read_from_plain_paragraphs() {
    for body in [
        "/provisioner help",
        "   /provisioner help",
        "/provisioner help  ",
        "/provisioner\thelp\t",
        "/provisioner  \t help",
        "Please:\n/provisioner help\nThanks!",
        "Please:\r\n/provisioner help\r\nThanks!",
        "Please:\r/provisioner help\rThanks!",
        "Please:  \n/provisioner help  \nThanks!",
        "Please:\\\n/provisioner help",
        "# Please\n/provisioner help",
        "Please\n===\n\n/provisioner help",
        "```\ncost=$A$B~~\n```\n/provisioner help",
        "Takes ~5 minutes, and $3:\n/provisioner help\nsee https://example.com/a-b",
        "Please\n===\n\n/provisioner help",
        "```\ncost=$A$B~~\n```\n/provisioner help",
        "***\n/provisioner help\n\n***",
        "- [ ] look\n\n/provisioner help",
        "> as was said\n\n/provisioner help",
        "| a |\n|---|\n| b |\n\n/provisioner help",
        "<!-- done -->\n\n/provisioner help",
        "<details>\n\nold\n\n</details>\n\n/provisioner help",
        "It takes `Vec<String>` and Vec<String>.\n\n/provisioner help",
        "[a]: https://example.com\n\n/provisioner help",
        "It is **bold**\n/provisioner help\n_and so on_",
        "A <br> B\n/provisioner help",
        "[^1]: a note\n\n/provisioner help",
        "\u{feff}\n/provisioner help",
    ] {
        assert_eq!(commands(body), ["/provisioner help"], "{body:?}");
    }
}

#[test]
fn several_commands_keep_their_order() {
    let body = "/provisioner list-products\n/provisioner nothing\nand\n\n/provisioner help";
    let found = parse(body);
    assert_eq!(found.len(), 3);
    assert_eq!(
        found[0].as_ref().unwrap().action,
        CommentAction::ListProducts
    );
    assert!(found[1].is_err());
    assert_eq!(found[2].as_ref().unwrap().action, CommentAction::Help);
}

#[test]
fn ordinary_text_is_not_a_command() {
    for body in [
        "",
        "LGTM",
        "please run /provisioner help",
        "/provisioners are great",
        "/provisioner-help",
        "/provisioner/help",
        "/provisioner.help",
        "/provision help",
        "//provisioner help",
        "`/provisioner help` lists the commands",
        "https://example.com/provisioner help",
    ] {
        assert_eq!(parse(body), [], "{body:?}");
    }
}

#[test]
fn a_parse_error_suggests_the_intended_command() {
    let path = "a".repeat(201);
    let lines = [
        "/provisioner",
        "/provisioner please",
        "/provisioner deploy-produkt a.yaml",
        "/provisioner Deploy-Product a.yaml",
        "/provisioner tear-down a.yaml --froce",
        "/provisioner tear-down a.yaml -force",
        "/provisioner tear-down a.yaml --force=true",
        "/provisioner tear-down a.yaml --confirm=0123456789abcdef",
        "/provisioner tear-down a.yaml \u{2014}force",
        "/provisioner tear-down a.yaml \u{2013}\u{2013}force",
        "/provisioner tear-down a.yaml --nothing",
        "/provisioner tear-down a.yaml --solution churn",
        "/provisioner tear-down a.yaml --force --force",
        "/provisioner tear-down a.yaml --confirm",
        "/provisioner tear-down a.yaml --confirm --force",
        "/provisioner tear-down a.yaml --confirm 0123456789a",
        "/provisioner tear-down a.yaml --confirm 0123456789AB",
        "/provisioner tear-down --force",
        "/provisioner delete-product",
        "/provisioner explain",
        "/provisioner help me",
        "/provisioner show-changes a.yaml b.yaml",
        "/provisioner show-changes ../a.yaml",
        &format!("/provisioner show-changes {path}"),
        "/provisioner show-changes \"a.yaml\"",
        "/provisioner show-changes _a_.yaml",
        "/provisioner deploy-product a.yaml --tier enterprise",
        "/provisioner d\u{435}ploy-product a.yaml",
        "/provisioner\u{a0}help",
        "/provisioner help\\\nplease",
        "/provisioner help `me\nnow`",
    ];
    let mut all = String::new();
    for line in lines {
        let problem = problem(line);
        let line = line.escape_default().to_string().replace("\\\\", "\\");
        writeln!(all, "{line}\n  {problem}\n  {}", problem.help()).unwrap();
    }
    insta::assert_snapshot!("problems", all);
}

#[test]
fn help_lists_the_grammar() {
    let help = command_help(&ACTIONS);
    for action in ACTIONS.iter() {
        assert!(help.contains(&format!("`/provisioner {}", action.usage())));
        assert!(help.contains(action.summary()));
    }
    insta::assert_snapshot!("help", help);
}

#[test]
fn help_text_contains_no_command() {
    assert_eq!(parse(&command_help(&ACTIONS)), []);
}

/// The built-in products and one with these actions.
fn with_product(actions: &str) -> CommentActions {
    let manifest = format!("name: queue\nsection: queue\nfiles: '*'\nactions:\n{actions}");
    let mut registry = Registry::built_in();
    registry.add("queue", [("product.yaml".to_owned(), manifest)].into());
    CommentActions::from_products(&registry)
}

#[test]
fn manifests_name_the_actions_of_comments() {
    let actions = with_product(
        "  make-queue: {verb: provision, summary: Create a queue}\n  drop-queue: delete\n  show-changes: show-changes\n",
    );
    let parse = |body: &str| parse_with(body, &actions).remove(0);
    let make = parse("/provisioner make-queue a.yaml --force").unwrap();
    assert_eq!(make.action.class(), Class::Write);
    assert_eq!(make.action.summary(), "Create a queue");
    assert!(make.force);
    let drop = parse("/provisioner drop-queue").unwrap_err();
    assert_eq!(
        drop.help(),
        "write `/provisioner drop-queue CONFIG --force --confirm DIGEST`"
    );
    let near = parse("/provisioner make-queu").unwrap_err();
    assert_eq!(near.help(), "did you mean `make-queue`?");
    let help = command_help(&actions);
    assert!(help.contains("| Create a queue"), "{help}");
    let shared = help
        .lines()
        .find(|line| line.contains("show-changes"))
        .unwrap();
    assert!(shared.contains("`ml`, `s3`, `queue`"), "{shared}");
}

#[test]
fn attack_an_action_name_with_two_classes_has_the_more_harmful_one() {
    let actions = with_product("  check-drift: delete\n");
    let found = parse_with("/provisioner check-drift a.yaml", &actions).remove(0);
    assert_eq!(found.unwrap().action.class(), Class::Destructive);
}

#[test]
fn attack_a_product_that_redefines_an_action_of_the_engine() {
    let actions = with_product("  help: delete\n  explain: tear-down\n");
    let found = parse_with("/provisioner help", &actions).remove(0).unwrap();
    assert_eq!(found.action, CommentAction::Help);
    assert!(
        actions
            .iter()
            .filter(|action| action.name() == "explain")
            .count()
            == 1
    );
}

#[test]
fn attack_names_and_summaries_that_are_not_plain() {
    let actions = with_product(concat!(
        "  \"a|b\": provision\n",
        "  \"`x`\": provision\n",
        "  \"--force\": provision\n",
        "  \"\": provision\n",
        "  \"hel\u{0440}\": provision\n",
        "  hidden: {verb: provision, summary: \"a\\u202Eb\"}\n",
        "  lines: {verb: provision, summary: \"a\\n/provisioner help\"}\n",
        "  live: {verb: provision, summary: \"@octo **b** | [x](https://example.com) <img src=x>\"}\n",
    ));
    let queue = |action: &&CommentAction| {
        action.name() == "live" || !ACTIONS.iter().any(|known| known.name() == action.name())
    };
    let names: Vec<&str> = actions
        .iter()
        .filter(queue)
        .map(CommentAction::name)
        .collect();
    assert_eq!(names, ["live"]);
    let help = command_help(&actions);
    let line = help
        .lines()
        .find(|line| line.contains("/provisioner live"))
        .unwrap();
    assert!(
        line.contains("`@octo **b** \\| [x](https://example.com) <img src=x>`"),
        "{line}"
    );
}

/// Signs of blocks where they have no such meaning on any forge: the command is executed.
#[test]
fn a_command_near_other_signs_is_executed() {
    let command = "/provisioner tear-down a-s3.yaml --force";
    for text in [
        "---\n\n@",
        "x\n\n---\n\n@\n\n---\n",
        "# x\n\n---\n\n@\n\n---\n",
        "x\n\n+++\n\n@\n\n+++",
        "> x\n\n@",
        ">\n\n@",
        "> x\n>> y\n>>> z\n\n@",
        ">>> x\n\n@",
        ">>>\nx\n>>>\n\n@",
        ">>>>\nx\n>>>>\n\n@",
        "```\n>>>\n: x\n```\n\n@",
        "> [!NOTE]\n> x\n\n@",
        ":smile: x\n\n@",
        "x: y\n\n@",
        "$$\nx\n\n@",
        "[x]\n\n@",
        "[^1]: x\n\n@",
        "x [^1]\n\n[^1]: x\n[^2]: y\n\n@",
        "[[x]]\n\n@",
        "x >>>\n\n@",
    ] {
        let body = text.replace('@', command);
        assert_eq!(commands(&body), [command], "{body:?}");
    }
}
