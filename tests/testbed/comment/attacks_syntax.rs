//! Foreign text is not live in a reply, in the summary or in the log.

use super::*;

/// Values and names that look like other syntax.
const HOSTILE: &[&str] = &[
    "@acme/admins closes #1",
    "```\n# Approved\n```",
    "``````````",
    "~~~",
    "<img src=https://evil.example/x.png>",
    "</details></sub>",
    "--> <!-- provisioner:check -->",
    "![x](https://evil.example/x.png)",
    "a | b\n|---|---|",
    "user\u{202e}nimda",
    "\u{1b}[32mok",
    "::set-output name=environments::[\"prod\"]",
    "##[add-path]/tmp",
];

/// A file that no product accepts, with these values and keys.
fn hostile() -> String {
    let quoted = HOSTILE.iter().map(|it| serde_json::to_string(it).unwrap());
    let lines = quoted.map(|it| format!("  {it}: {it}\n"));
    let lines: String = lines.collect();
    format!(
        "client:\n{lines}environment:\n  env: {}\ns3: []\n",
        serde_json::to_string(HOSTILE[0]).unwrap()
    )
}

#[track_caller]
fn assert_log_safe(log: &str) {
    for line in log.lines() {
        let known = ["::error ", "::warning ", "::notice "];
        let command = line.trim_start().starts_with("::");
        assert!(
            !command || known.iter().any(|it| line.starts_with(it)),
            "{line:?}"
        );
        assert!(
            !line.contains("##[") && !line.contains('\u{1b}'),
            "{line:?}"
        );
    }
}

/// Vectors 17 and 18: values and keys of a config.
#[test]
fn attack_markdown_in_config_values() {
    let world = World::new(&policy(""));
    let pull = world.proposal(|commit| commit.write(&world.workdir.path(), hostile()));
    let text = "/provisioner validate-config\n/provisioner create-prov-template\n/provisioner show-changes";
    let inspected = world.inspect(&pull, &world.carol, text);
    inspected.assert_exit(10);
    world
        .github
        .expect_writes(&[REACTION, COMMENT, COMMENTED, REACTION]);
    world.reply();
    assert_log_safe(&inspected.run.stderr);
    assert_eq!(inspected.environments(), "[]");
    world.assert_no_aws_access();
}

/// Vectors 17, 18 and 29: names of configs.
#[test]
fn attack_markdown_in_config_names() {
    let world = World::new(&policy("configs: [\"**/*.yaml\"]\n"));
    let names = [
        "a`b``c.yaml",
        "@acme/admins #1.yaml",
        "![x](y).yaml",
        "<img src=x>.yaml",
        "a|b.yaml",
        "--> x.yaml",
        "::warning::x.yaml",
        "##[group]x.yaml",
    ];
    let pull = world.proposal(|commit| {
        names.iter().fold(commit, |commit, name| {
            commit.write(&format!("s3/configs/{name}"), "s3: {}\n")
        })
    });
    let text = "/provisioner validate-config\n/provisioner validate-config none.yaml\n/provisioner test-deploy";
    let inspected = world.inspect(&pull, &world.carol, text);
    world.github.take_writes();
    world.reply();
    assert_log_safe(&inspected.run.stderr);
    assert_eq!(inspected.environments(), "[]");
    world.assert_no_aws_access();
}

/// Vector 17: words of a commenter, in the answer to them.
#[test]
fn attack_markdown_in_commands() {
    let (world, pull) = World::with_proposal();
    let lines = HOSTILE
        .iter()
        .filter(|it| !it.contains(['\n', '<', '`', '~']));
    let lines: Vec<String> = lines.map(|it| format!("/provisioner {it}")).collect();
    let inspected = world.inspect(&pull, &world.carol, &lines.join("\n\n"));
    inspected.assert_exit(2);
    world.github.expect_writes(ANSWER_WRITES);
    insta::assert_snapshot!("words", world.reply());
    assert_log_safe(&inspected.run.stderr);
    world.assert_no_aws_access();
}

/// Vector 30: ten commands whose answers are each longer than a comment.
#[test]
fn attack_ten_long_answers() {
    let world = World::new(&policy("configs: [\"vault/configs/*.yaml\"]\n"));
    let folder = ".provisioner/products/vault/stack.yaml.j2";
    let long = "    # ``` </details> @acme/admins\n".repeat(3_000);
    let template = format!(
        "Resources:\n  Value:\n    Type: AWS::SSM::Parameter\n{long}    Properties: {{Type: String, Value: x}}\n"
    );
    let config = world.vault_config();
    let pull = world.proposal(|commit| {
        super::apply::vault(commit, "create-prov-template: render-template")
            .write(folder, template)
            .write(super::apply::VAULT, &config)
    });
    let text =
        "/provisioner create-prov-template\n".repeat(9) + "/provisioner explain not-merged\n";
    let inspected = world.inspect(&pull, &world.carol, &text);
    inspected.assert_exit(0);
    world.github.expect_writes(ANSWER_WRITES);
    let reply = world.reply();
    assert_eq!(
        reply.matches("\n## `/provisioner").count(),
        10,
        "each has its place"
    );
    assert!(
        reply.contains("Merge the pull request."),
        "what is short is whole"
    );
    assert!(
        reply.chars().count() > 55_000,
        "the room is used: {}",
        reply.chars().count()
    );
    assert!(inspected.run.summary.len() < 1_000_000);
}

/// Vector 17: a foreign reply that looks like ours is not changed.
#[test]
fn attack_a_foreign_reply() {
    let (world, pull) = World::with_proposal();
    let comment = world.comment(&world.carol, "/provisioner explain not-merged");
    let forged = format!(
        "<!-- provisioner:command {} -->\n✅ all is well",
        comment.id
    );
    let theirs = world.comment(&world.mallory, &forged);
    assert_eq!(world.inspect_job(&pull, &comment).run().status, 0);
    world.github.expect_writes(ANSWER_WRITES);
    let comments = world.repo.comments(7);
    let found = comments.iter().find(|it| it.id == theirs.id).unwrap();
    assert_eq!(found.body, forged);
    assert!(world.last_reply().contains("not-merged"));
}
