//! A pull request whose stack has drifted.

use super::{ROLE, World, policy};
use crate::support::job::settled;

const SECRET: &str = "Xk7mQ2vR9tLp4WzN8bYc";

impl World {
    /// Somebody changes two parameters of the stack by hand.
    fn changed_by_hand(&self, value: &str) {
        for name in ["SolutionsPrefix", "BucketName"] {
            let put = self.desk.aws.parameters().put_parameter().overwrite(true);
            let put = put.name(format!("/s3/{}/{name}", self.desk.name));
            self.desk.aws.wait(put.value(value).send()).unwrap();
        }
    }
}

/// The lines about drift, whose time is another one in each run.
fn told(comment: &str) -> String {
    let time = regex::Regex::new(r"\d{4}\\?-\d\d\\?-\d\d \d\d:\d\d").unwrap();
    let lines = comment
        .lines()
        .skip_while(|line| !line.starts_with("drift:"));
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('<')).collect();
    time.replace_all(&lines.join("\n"), "TIME").into_owned()
}

#[test]
fn attack_live_values_are_compared_and_said_nowhere() {
    let world = World::new(&policy(ROLE));
    let live =
        format!("{SECRET} @acme/admins ![x](https://evil.example/x.png) | </details>\n# Approved");
    world.changed_by_hand(&live);
    let pull = world.changed("  versioning: false\n");
    let unlooked = world.job(&pull).run();
    assert_eq!(unlooked.status, 0, "{}", unlooked.stderr);
    let said = world.comment();
    assert!(said.contains("drift: never looked for"), "{said}");

    // The scheduled watch does this.
    world.desk.act("check-drift", &[]);
    let done = world.job(&pull).run();
    assert_eq!(done.status, 0, "{}", done.stderr);
    // The status stays as it is: the digest is the same.
    world
        .github
        .expect_writes(&["PATCH /repos/acme/infra/issues/comments/*"]);
    let said = world.repo.comments(7)[0].body.clone();
    insta::assert_snapshot!(
        "drift_in_comment",
        world.desk.neutral(&told(&settled(&said)))
    );
    let all = format!(
        "{said}{}{}{}{}{}",
        done.stdout, done.stderr, done.summary, done.outputs, done.report
    );
    for word in [SECRET, "@acme/admins", "evil.example", "Approved"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
    let preview = &done.report["previews"][world.desk.path()]["result"];
    assert_eq!(preview["drift"]["status"], "MODIFIED");
    world.untouched();
    world.kept_its_secrets(&done);

    // A detection that comes later voids no approval.
    assert_eq!(done.outputs["digest"], unlooked.outputs["digest"]);
    assert_eq!(done.outputs["impact"], unlooked.outputs["impact"]);
}
