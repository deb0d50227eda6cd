//! The scheduled look for drift: one issue for each stack that has drifted, opened, updated and closed.

use crate::support::github::Issue;
use crate::support::job::{Done, Job};
use crate::support::proxy::{Fault, Gate, Rule};
use crate::world::*;

const OPENED: &str = "POST /repos/acme/infra/issues";
const UPDATED: &str = "PATCH /repos/acme/infra/issues/*";

impl World {
    /// A repository whose config's stack was deployed by hand, as it would be by a merge.
    fn deployed(policy: &str) -> Self {
        let world = Self::new(policy);
        world.desk.act("prep-master", &["--force"]);
        world
            .repo
            .commit("main")
            .write(&world.desk.path(), world.desk.read(&world.desk.path()))
            .push();
        world
    }

    fn put(&self, value: &str) {
        let put = self.desk.aws.parameters().put_parameter().overwrite(true);
        let put = put.name(format!("/s3/{}/SolutionsPrefix", self.desk.name));
        self.desk.aws.wait(put.value(value).send()).unwrap();
    }

    fn value(&self) -> String {
        let get = self.desk.aws.parameters().get_parameter();
        let get = get.name(format!("/s3/{}/SolutionsPrefix", self.desk.name));
        let got = self.desk.aws.wait(get.send()).unwrap();
        got.parameter.unwrap().value.unwrap()
    }

    fn watch(&self) -> Job {
        let event = self.repo.schedule_event("17 3 * * *");
        self.job("schedule", &event, 0)
    }

    fn looked(&self) -> Done {
        let done = self.watch().run();
        assert_eq!(done.status, 0, "{}", done.stderr);
        done
    }

    fn only_issue(&self) -> Issue {
        let issues = self.repo.issues();
        assert_eq!(issues.len(), 1);
        issues.into_iter().next().unwrap()
    }
}

#[test]
fn an_issue_is_opened_updated_and_closed() {
    let world = World::deployed(&policy(""));
    let whole = world.value();
    let calm = world.looked();
    assert_eq!(
        (&calm.outputs["drifted"], &calm.outputs["failed"]),
        (&"0".into(), &"0".into())
    );
    world.github.expect_writes(&[]);

    world.put("other/");
    let found = world.looked();
    assert_eq!(found.outputs["drifted"], "1");
    world.github.expect_writes(&[OPENED]);
    let issue = world.only_issue();
    let marker = regex::Regex::new("drift [0-9a-f]{24} ").unwrap();
    let told = world
        .desk
        .neutral(&format!("{}\n\n{}", issue.title, issue.body));
    insta::assert_snapshot!("issue", marker.replace(&told, "drift [digest] "));
    assert_eq!(world.value(), "other/", "nothing is repaired");

    // The same again is not said again, by a later run or by the same one.
    world.looked();
    world.github.expect_writes(&[]);

    // What differs now is another thing.
    let put = world.desk.aws.parameters().put_parameter().overwrite(true);
    let put = put.name(format!("/s3/{}/BucketName", world.desk.name));
    world.desk.aws.wait(put.value("another").send()).unwrap();
    world.looked();
    world.github.expect_writes(&[UPDATED]);
    assert!(world.only_issue().open);

    let put = world.desk.aws.parameters().put_parameter().overwrite(true);
    let put = put.name(format!("/s3/{}/BucketName", world.desk.name));
    world
        .desk
        .aws
        .wait(put.value(&world.desk.name).send())
        .unwrap();
    world.put(&whole);
    let closed = world.looked();
    assert_eq!(closed.outputs["drifted"], "0");
    world.github.expect_writes(&[UPDATED]);
    assert!(!world.only_issue().open);

    // One that comes back is told anew.
    world.put("other/");
    world.looked();
    world.github.expect_writes(&[OPENED]);
    assert_eq!(world.repo.issues().len(), 2);
}

#[test]
fn attack_an_issue_of_somebody_else_is_not_ours() {
    let world = World::deployed(&policy(""));
    world.put("other/");
    world.looked();
    world.github.expect_writes(&[OPENED]);
    let ours = world.only_issue();
    world.repo.close_issue(ours.number);
    let theirs = world.repo.issue(&world.mallory, &ours.title, &ours.body);
    world.looked();
    // Neither adopted nor taken for told.
    world.github.expect_writes(&[OPENED]);
    let issues = world.repo.issues();
    let kept = issues.iter().find(|it| it.number == theirs.number).unwrap();
    assert!(kept.open && kept.body == ours.body);
}

#[test]
fn attack_live_values_break_out_of_nothing_and_are_not_shown() {
    let world = World::deployed(&policy(""));
    let secret = "Xk7mQ2vR9tLp4WzN8bYc";
    world.put(&format!(
        "{secret} @acme/admins fixes #1 | </details> ![x](https://evil.example/x.png)\n# Approved\n::set-output name=a::b"
    ));
    let done = world.looked();
    world.github.expect_writes(&[OPENED]);
    let issue = world.only_issue();
    let all = format!(
        "{}{}{}{}{}",
        issue.title, issue.body, done.stdout, done.stderr, done.summary
    );
    for word in [
        secret,
        "@acme/admins",
        "fixes #1",
        "evil.example",
        "# Approved",
        "::set-output",
    ] {
        assert!(!all.contains(word), "{word} in {all}");
    }
}

#[test]
fn what_cannot_be_looked_at_leaves_its_issue_alone_and_fails_the_run() {
    let world = World::deployed(&policy(""));
    world.put("other/");
    world.looked();
    world.github.expect_writes(&[OPENED]);
    let gate = Gate::before(&world.desk.url);
    gate.rule(Rule::new(Fault::Denied).of("DetectStackDrift"));
    let done = world.watch().with("AWS_ENDPOINT_URL", &gate.url()).run();
    assert_eq!(done.status, 30, "{}", done.stderr);
    assert_eq!(done.outputs["failed"], "1");
    world.github.expect_writes(&[]);
    assert!(world.only_issue().open);
}

#[test]
fn a_job_that_may_not_ask_says_what_it_lacks() {
    let world = World::deployed(&policy(""));
    let bare = world
        .watch()
        .with("ACTIONS_ID_TOKEN_REQUEST_URL", "")
        .with("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "");
    let done = bare.run();
    assert_eq!(done.status, 2);
    assert!(done.stderr.contains("id-token: write"), "{}", done.stderr);
    world.github.expect_writes(&[]);

    let world = World::deployed("version: 1\n");
    let done = world.watch().run();
    assert_eq!(done.status, 20, "{}", done.stderr);
    assert!(
        done.stderr.contains("names no plan role"),
        "{}",
        done.stderr
    );
    assert!(
        world.issuers[0].issued().is_empty(),
        "no token is asked for in vain"
    );
    world.github.expect_writes(&[]);
}

#[test]
fn a_config_without_a_stack_is_not_worth_a_word() {
    let world = World::new(&policy(""));
    world
        .repo
        .commit("main")
        .write(&world.desk.path(), world.desk.read(&world.desk.path()))
        .push();
    let done = world.looked();
    assert!(
        done.summary.contains("No config has a stack"),
        "{}",
        done.summary
    );
    world.github.expect_writes(&[]);
}
