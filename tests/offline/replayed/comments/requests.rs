//! Requests and confirmations that do not count: another person saw another repair, or none. Each changes nothing.

use super::super::answers::stack;
use super::super::restore::described;
use super::*;

const SECOND: &str = "repair-needs-second-person";

trait Requests: IssueWorld {
    /// A restoration that was not previewed before, of a stack that was updated in between.
    fn drift_again(&self) {
        let mut updated = stack(self.workdir(), "UPDATE_COMPLETE");
        updated["Stacks"][0]["Parameters"] =
            json!([{"ParameterKey": "VpcId", "ParameterValue": "/network/vpc"}]);
        updated["Stacks"][0]["LastUpdatedTime"] = json!("2026-11-26T09:00:00.000Z");
        let aws = &self.workdir().aws;
        aws.set("DescribeStacks", updated);
        let mut more = reverted();
        more["Target"]["Path"] = json!("/Properties/Tags/0/Value");
        let changed = described(json!([modified(json!([reverted(), more]))]));
        aws.set("DescribeChangeSet", changed);
        executed(self.workdir(), json!([]));
        aws.allow_unused();
    }

    /// A person requests a restoration. Returns the command that confirms it.
    #[track_caller]
    fn previewed(&self, number: u64, login: &str) -> String {
        let run = self.command(number, login, "/provisioner restore");
        assert_eq!(run.status, 0, "{}", run.stderr);
        self.posted(number)
    }

    /// Bob requests and confirms a restoration alone. With Alice's request it would be allowed.
    #[track_caller]
    fn assert_not_by_bob_alone(&self, number: u64) {
        let line = self.previewed(number, "bob");
        self.assert_denied(number, "bob", &line, SECOND);
        let line = self.previewed(number, "alice");
        executed(self.workdir(), json!([]));
        self.assert_repaired(number, "bob", &line);
    }
}

impl<W: IssueWorld> Requests for W {}

/// The stack drifts again after the repair that Alice requested.
fn attack_a_request_that_was_used<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    world.assert_repaired(number, "bob", &line);
    world.repo().reopen_issue(number);
    world.drift_again();
    world.assert_not_by_bob_alone(number);
}

/// The same drift comes again, and CloudFormation does not report that the stack was updated.
fn attack_a_request_of_a_repair_that_ran<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    world.assert_repaired(number, "bob", &line);
    world.repo().reopen_issue(number);
    world.assert_denied(number, "bob", &line, SECOND);
    world.assert_not_by_bob_alone(number);
}

/// The job that repaired the stack starts again. Its new reply still records the repair.
fn attack_a_repair_whose_job_runs_again<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let confirmed = world.say(number, &world.user("bob"), &line);
    let run = world.jobs(&confirmed);
    assert_eq!((run.status, world.effects()), (0, 1), "{}", run.stderr);
    world.repo().reopen_issue(number);
    world.workdir().aws.allow_unused();
    for _ in 0..2 {
        let again = world.job(&confirmed, Some("prod"));
        assert_ne!(again.status, 0, "{}", again.stderr);
        assert_eq!(world.effects(), 1);
        world.assert_denied(number, "bob", &line, SECOND);
    }
    world.assert_not_by_bob_alone(number);
}

/// Alice saw a preview, and the drift changed since.
fn attack_a_request_of_another_preview<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    world.requested(number);
    world.drift_again();
    world.assert_not_by_bob_alone(number);
}

/// The issue stays open after a continued rollback, and another update fails.
fn attack_a_request_of_an_earlier_rollback<W: IssueWorld>() {
    let (world, number) = W::failed("");
    let request = "/provisioner continue-rollback --skip Queue";
    world.command(number, "alice", request);
    let line = world.posted(number);
    let aws = &world.workdir().aws;
    let done = stack(world.workdir(), "UPDATE_ROLLBACK_COMPLETE");
    continued(world.workdir(), "UPDATE_ROLLBACK_COMPLETE");
    let first = stack(world.workdir(), "UPDATE_ROLLBACK_FAILED");
    aws.set("DescribeStacks", json!([first, first, done]));
    world.assert_repaired(number, "bob", &line);
    super::super::continue_rollback::failed(world.workdir());
    let mut again = stack(world.workdir(), "UPDATE_ROLLBACK_FAILED");
    again["Stacks"][0]["LastUpdatedTime"] = json!("2026-11-28T09:00:00.000Z");
    aws.set("DescribeStacks", again);
    aws.allow_unused();
    world.command(number, "bob", request);
    let line = world.posted(number);
    world.assert_denied(number, "bob", &line, SECOND);
}

/// Alice's request was denied, because the issue named another stack. Bob edits the issue.
fn attack_an_issue_that_is_edited_after_the_request<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let own = world.issue_of(&world.workdir().stack(), false);
    let other = world.issue_of("acme-prod-0099-us-west-2-s3-stack", false);
    world.repo().edit_issue(number, &other);
    let request = "/provisioner restore";
    world.assert_denied(number, "alice", request, "repair-not-requested");
    world.repo().edit_issue(number, &own);
    world.assert_not_by_bob_alone(number);
}

/// Bob edits or deletes what Alice was shown, and starts the job of her request again.
fn attack_a_request_whose_reply_was_changed<W: IssueWorld>() {
    for is_deleted in [false, true] {
        let (world, number) = W::drifted(IN_PLACE);
        let asked = world.say(number, &world.user("alice"), "/provisioner restore");
        world.jobs(&asked);
        let first = world.posted(number);
        let own = world.own().id;
        let all = world.comments(number);
        let reply = all.iter().find(|comment| comment.user == own).unwrap();
        world.drift_again();
        let line = world.previewed(number, "bob");
        match is_deleted {
            true => {
                world.wait_an_hour();
                world.repo().delete_comment(reply.id);
                world.jobs(&asked);
            }
            false => {
                let [first, second] =
                    [&first, &line].map(|line| line.rsplit(' ').next().unwrap().to_owned());
                let replies = world.replies(number);
                let whole = |digits: &str| {
                    let found = regex::Regex::new(&format!("{digits}[0-9a-f]+")).unwrap();
                    let found = replies.iter().find_map(|reply| found.find(reply));
                    found.unwrap().as_str().to_owned()
                };
                let body = reply.body.replace(&whole(&first), &whole(&second));
                world.repo().edit_comment(reply.id, &body);
            }
        }
        world.assert_denied(number, "bob", &line, SECOND);
        let line = world.previewed(number, "alice");
        world.assert_repaired(number, "bob", &line);
    }
}

/// The job of Alice's request starts again, and shows what she did not see.
fn attack_a_request_whose_job_runs_again<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let asked = world.say(number, &world.user("alice"), "/provisioner restore");
    world.jobs(&asked);
    world.drift_again();
    world.jobs(&asked);
    world.assert_not_by_bob_alone(number);
}

/// A person writes what provisioner's reply records.
fn attack_a_record_that_a_person_wrote<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let asked = world.say(number, &world.user("alice"), "I will look at it tomorrow.");
    world.jobs(&asked);
    world
        .repo()
        .edit_comment_at_once(asked.id, "/provisioner restore");
    let line = world.previewed(number, "bob");
    let record = world.replies(number).pop().unwrap();
    let (marker, rest) = record.split_once('\n').unwrap();
    let id = regex::Regex::new("[0-9]+").unwrap();
    let marker = id.replace(marker, asked.id.to_string());
    world.say(number, &world.user("bob"), &format!("{marker}\n{rest}"));
    world.assert_denied(number, "bob", &line, SECOND);
}

/// Nobody but Bob asked for anything, whatever other comments say.
fn attack_what_is_no_request<W: IssueWorld>() {
    let long = format!("/provisioner restore\n\n{}", "x".repeat(65_537));
    let many = "/provisioner restore\n".repeat(11);
    let texts = [
        "> /provisioner restore",
        "```\n/provisioner restore\n```",
        "~~~\n/provisioner restore\n~~~",
        "Please never run `/provisioner restore` here",
        "Do not:\n\n    /provisioner restore\n",
        "<!--\n/provisioner restore\n-->",
        "<details>\n/provisioner restore\n</details>",
        "- /provisioner restore",
        "> quoted\n/provisioner restore",
        "/provisioner restore --force",
        "/provisioner restore --confirm 0000",
        "/provisioner restore --skip Bucket",
        "/provisioner restore --Force",
        "/provisioner restore s3/configs/x.yaml",
        "/provisioner restore please",
        "/Provisioner restore",
        "/provisioner Restore",
        "/provisioner continue-rollback",
        "/provisioner help",
        "/provisioner restore\u{200b}",
        "---\n/provisioner restore\n---",
        "/provisioner check-drift",
        &many,
        &long,
    ];
    for text in texts {
        let (world, number) = W::drifted(IN_PLACE);
        let line = world.previewed(number, "bob");
        world.say(number, &world.user("alice"), text);
        world.assert_denied(number, "bob", &line, SECOND);
    }
}

/// Alice's comment becomes a request within the second in which she wrote it. Bob has write permission, so he can edit it.
fn attack_a_request_edited_within_the_second<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.previewed(number, "bob");
    let said = world.say(number, &world.user("alice"), "I will look at it tomorrow.");
    world.jobs(&said);
    world
        .repo()
        .edit_comment_at_once(said.id, "/provisioner restore");
    world.assert_denied(number, "bob", &line, SECOND);
}

/// The person who requested it left the forge.
fn attack_a_request_of_a_deleted_user<W: IssueWorld>() {
    let (world, number) = W::drifted(IN_PLACE);
    let line = world.requested(number);
    let alice = world.user("alice");
    world.fake().delete_user(&alice);
    world.assert_denied(number, "bob", &line, SECOND);
}

/// With two approvals, Bob confirms, and Carol's comment is no confirmation any more or never was.
fn attack_a_second_confirmation_that_is_none<W: IssueWorld>() {
    let two = "    updates: in-place\n    approvals: 2\n";
    type Change<W> = fn(&W, &Comment, &str);
    let cases: [(bool, Change<W>); 5] = [
        // It never was one.
        (false, |w, said, line| {
            w.repo().edit_comment_at_once(said.id, line);
        }),
        // It was edited.
        (true, |w, said, line| {
            w.repo().edit_comment(said.id, &format!("{line} "));
        }),
        // It was deleted.
        (true, |w, said, _| {
            w.repo().delete_comment(said.id);
        }),
        // She lost her permission.
        (true, |w, _, _| {
            w.set_permission("carol", Permission::Read);
        }),
        // She left the forge.
        (true, |w, _, _| {
            w.fake().delete_user(&w.user("carol"));
        }),
    ];
    for (confirms, change) in cases {
        let (world, number) = W::drifted(two);
        let line = world.requested(number);
        let text = if confirms { &*line } else { "hm" };
        let said = world.say(number, &world.user("carol"), text);
        world.jobs(&said);
        change(&world, &said, &line);
        let valid = "2 confirmations required, 1 valid";
        world.assert_denied(number, "bob", &line, valid);
    }
}

/// Nobody reads on the issue what is not shown there.
fn attack_a_preview_that_does_not_fit<W: IssueWorld>() {
    let (world, number) = W::drifted("    updates: reviewed\n");
    let details = (0..400).map(|index| {
        let mut detail = reverted();
        detail["Target"]["Path"] = json!(format!("/Properties/{}/{index}", "Long".repeat(40)));
        detail
    });
    let changes = json!([modified(details.collect())]);
    let aws = &world.workdir().aws;
    aws.set("DescribeChangeSet", described(changes));
    let run = world.command(number, "alice", "/provisioner restore");
    assert_eq!(run.status, 0, "{}", run.stderr);
    let reply = world.replies(number).pop().unwrap();
    assert!(reply.contains("too long for a comment"), "{reply}");
    assert!(!reply.contains("--confirm"), "{reply}");
    assert!(!reply.contains("provisioner:repair"), "{reply}");
    world.workdir().aws.allow_unused();
    world.fake().take_writes();
}

on_both_forges! {
    attack_a_preview_that_does_not_fit
    attack_a_request_that_was_used
    attack_a_request_of_a_repair_that_ran
    attack_a_repair_whose_job_runs_again
    attack_a_request_of_another_preview
    attack_a_request_of_an_earlier_rollback
    attack_an_issue_that_is_edited_after_the_request
    attack_a_request_whose_reply_was_changed
    attack_a_request_whose_job_runs_again
    attack_a_record_that_a_person_wrote
    attack_what_is_no_request
    attack_a_request_edited_within_the_second
    attack_a_request_of_a_deleted_user
    attack_a_second_confirmation_that_is_none
}
