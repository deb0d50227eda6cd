//! Ignored comments: no reply, no reaction, and few calls.

use serde_json::json;

use super::*;

const READ: &str = "GET /repos/acme/infra/issues/comments/*";

impl World {
    /// Runs a job that writes nothing. Returns its requests.
    #[track_caller]
    fn assert_silent(&self, job: &Job) -> Vec<String> {
        self.github.clear_journal();
        let run = job.run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
        assert_eq!(run.summary, "");
        assert!(run.outputs["environments"].is_null(), "{}", run.outputs);
        self.github.expect_writes(&[]);
        self.assert_no_aws_access();
        self.github.requests().iter().map(|it| it.line()).collect()
    }
}

#[test]
fn a_comment_without_a_command_costs_no_call() {
    let (world, pull) = World::with_proposal();
    for text in [
        "thanks",
        "please /provisioner help",
        "> /provisioner help",
        "```\n/provisioner help\n```",
        "<!--\n/provisioner help\n-->",
        "    /provisioner help",
        "- /provisioner help",
        "/provisionerhelp",
        "/Provisioner help",
        "/prov\u{456}sioner help",
    ] {
        let comment = world.comment(&world.carol, text);
        for job in [
            world.inspect_job(&pull, &comment),
            world.apply_job(&pull, &comment),
        ] {
            assert_eq!(world.assert_silent(&job), [""; 0], "{text}");
        }
    }
}

#[test]
fn edits_and_issue_comments_cost_no_call() {
    let (world, pull) = World::with_proposal();
    let comment = world.comment(&world.carol, "/provisioner help");
    for action in ["edited", "deleted"] {
        let event = pull.comment_event(action, comment.id);
        assert_eq!(
            world.assert_silent(&world.job("issue_comment", &event, INSPECT)),
            [""; 0]
        );
    }
    let issue = world.repo.issue(&world.carol, "Something", "x");
    let comment = world
        .repo
        .comment(issue.number, &world.carol, "Is this known?");
    let event = world.repo.issue_comment_event("created", comment.id);
    assert_eq!(
        world.assert_silent(&world.job("issue_comment", &event, INSPECT)),
        [""; 0]
    );
}

/// The forge says whose issue it is.
#[test]
fn a_command_on_an_issue_of_a_person_costs_two_calls() {
    let (world, _) = World::with_proposal();
    let issue = world.repo.issue(&world.carol, "Something", "x");
    let comment = world
        .repo
        .comment(issue.number, &world.carol, "/provisioner help");
    let event = world.repo.issue_comment_event("created", comment.id);
    let calls = world.assert_silent(&world.job("issue_comment", &event, INSPECT));
    assert_eq!(calls.len(), 2, "{calls:?}");
}

#[test]
fn an_edited_or_deleted_comment_costs_one_call() {
    let (world, pull) = World::with_proposal();
    let comment = world.comment(&world.carol, "/provisioner help");
    let job = world.inspect_job(&pull, &comment);
    world
        .repo
        .edit_comment(comment.id, "/provisioner help\n\nnow");
    assert_eq!(world.assert_silent(&job).len(), 1);
    let mut event = pull.comment_event("created", comment.id);
    event["comment"]["id"] = json!(999_999);
    let job = world.job("issue_comment", &event, INSPECT);
    assert_eq!(world.assert_silent(&job).len(), 1);
}

/// Vector 10: the forge's clock shows no edit within the second of the creation.
#[test]
fn attack_an_edit_within_the_second_of_the_creation() {
    let (world, pull) = World::with_proposal();
    let comment = world.comment(&world.carol, "/provisioner help");
    for body in ["/provisioner explain x", "/provisioner help\n"] {
        let mut event = pull.comment_event("created", comment.id);
        event["comment"]["body"] = json!(body);
        let job = world.job("issue_comment", &event, INSPECT);
        assert_eq!(world.assert_silent(&job).len(), 1, "{body:?}");
    }
}

#[test]
fn bots_and_own_comments_are_ignored() {
    let (world, pull) = World::with_proposal();
    let robot = world.github.bot("renovate[bot]");
    world.repo.set_permission(&robot, Permission::Admin);
    let comment = world.comment(&robot, "/provisioner help");
    assert_eq!(
        world
            .assert_silent(&world.inspect_job(&pull, &comment))
            .len(),
        1
    );
    // With a personal token the job acts as a writer.
    let token = world.github.token(&world.carol);
    let comment = world.comment(&world.carol, "/provisioner help");
    let job = world
        .inspect_job(&pull, &comment)
        .with("GITHUB_TOKEN", &token);
    let asked = world.assert_silent(&job);
    assert_eq!(asked.len(), 3, "{asked:?}");
}

#[test]
fn a_stranger_costs_one_look_up() {
    let world = World::public(&policy(""));
    let pull = world.proposed(VERSIONED);
    let comment = world.comment(&world.mallory, "/provisioner validate-config");
    for job in [
        world.inspect_job(&pull, &comment),
        world.apply_job(&pull, &comment),
    ] {
        let asked = world.assert_silent(&job);
        assert_eq!(asked.len(), 2, "{asked:?}");
        assert_eq!(world.github.count(READ), 1);
        assert_eq!(
            asked[1],
            "GET /repos/acme/infra/collaborators/mallory/permission"
        );
    }
    // The author of the pull request too: any user can open one.
    let pull = world
        .repo
        .pull("feature")
        .author(&world.mallory)
        .number(8)
        .open();
    let comment = world
        .repo
        .comment(8, &world.mallory, "/provisioner validate-config");
    assert_eq!(
        world
            .assert_silent(&world.inspect_job(&pull, &comment))
            .len(),
        2
    );
}

#[test]
fn a_read_only_member_is_ignored() {
    let (world, pull) = World::with_proposal();
    let comment = world.comment(&world.mallory, "/provisioner validate-config");
    world.assert_silent(&world.inspect_job(&pull, &comment));
    let stranger = world.github.user("stranger");
    let comment = world.comment(&stranger, "/provisioner validate-config");
    assert_eq!(
        world
            .assert_silent(&world.inspect_job(&pull, &comment))
            .len(),
        2
    );
}
