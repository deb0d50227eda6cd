//! A pull request whose stack has drifted.

use super::{ROLE, World, policy};
use crate::support::job::normalize;

const SECRET: &str = "Xk7mQ2vR9tLp4WzN8bYc";

impl World {
    /// Changes two parameters of the stack by hand.
    fn change_by_hand(&self, value: &str) {
        for name in ["SolutionsPrefix", "BucketName"] {
            let put = self
                .workdir
                .aws
                .parameters()
                .put_parameter()
                .overwrite(true);
            let put = put.name(format!("/s3/{}/{name}", self.workdir.name));
            self.workdir.aws.wait(put.value(value).send()).unwrap();
        }
    }
}

/// The lines about drift, without the time.
fn drift_lines(comment: &str) -> String {
    let time = regex::Regex::new(r"\d{4}\\?-\d\d\\?-\d\d \d\d:\d\d").unwrap();
    let lines = comment
        .lines()
        .skip_while(|line| !line.starts_with("drift:"));
    let lines: Vec<&str> = lines.take_while(|line| !line.starts_with('<')).collect();
    time.replace_all(&lines.join("\n"), "TIME").into_owned()
}

#[test]
fn attack_live_values_are_compared_but_never_shown() {
    let world = World::new(&policy(ROLE));
    let live =
        format!("{SECRET} @acme/admins ![x](https://evil.example/x.png) | </details>\n# Approved");
    world.change_by_hand(&live);
    let pull = world.changed("  versioning: false\n");
    let without_detection = world.job(&pull).run();
    assert_eq!(without_detection.status, 0, "{}", without_detection.stderr);
    let comment = world.comment();
    assert!(
        comment.contains("drift: detection never ran on this stack"),
        "{comment}"
    );

    // The scheduled detection does this.
    world.workdir.run_action("check-drift", &[]);
    let run = world.job(&pull).run();
    assert_eq!(run.status, 0, "{}", run.stderr);
    // The status does not change: the digest is the same.
    world
        .github
        .expect_writes(&["PATCH /repos/acme/infra/issues/comments/*"]);
    let comment = world.repo.comments(7)[0].body.clone();
    insta::assert_snapshot!(
        "drift_in_comment",
        world
            .workdir
            .redact_account(&drift_lines(&normalize(&comment)))
    );
    let all = format!(
        "{comment}{}{}{}{}{}",
        run.stdout, run.stderr, run.summary, run.outputs, run.report
    );
    for word in [SECRET, "@acme/admins", "evil.example", "Approved"] {
        assert!(!all.contains(word), "{word} in {all}");
    }
    let preview = &run.report["previews"][world.workdir.path()]["changes"];
    assert_eq!(preview["drift"]["status"], "MODIFIED");
    world.assert_unchanged();
    world.assert_no_secrets(&run);

    // A later detection does not void an approval.
    assert_eq!(run.outputs["digest"], without_detection.outputs["digest"]);
    assert_eq!(run.outputs["impact"], without_detection.outputs["impact"]);
}
