//! Attacks by the commenter: permissions hold, and a deletion needs a second person.

use serde_json::json;

use super::*;
use crate::aws::scene;
use crate::support::github::Fault;

const PERMISSION: &str = "GET /repos/acme/infra/collaborators/*/permission";

impl World {
    /// A command that is ignored without a reply.
    #[track_caller]
    fn assert_ignored(&self, pull: &Pull, by: &User, text: &str) {
        let comment = self.comment(by, text);
        for job in [
            self.inspect_job(pull, &comment),
            self.apply_job(pull, &comment),
        ] {
            let run = job.run();
            assert_eq!(run.status, 0, "{}", run.stderr);
            assert!(run.stderr.contains("nothing to do"), "{}", run.stderr);
        }
        self.github.expect_writes(&[]);
        assert_eq!((self.tokens(INSPECT), self.tokens(APPLY)), (0, 0));
    }

    /// A deletion that the apply job denies with these codes. Its bucket and its stack stay.
    #[track_caller]
    fn assert_deletion_denied(
        &self,
        pull: &Pull,
        by: &User,
        text: &str,
        codes: &[&str],
    ) -> CommentRun {
        let applied = self.apply(pull, by, text);
        applied.assert_exit(20);
        self.github.expect_writes(&[COMMENT, COMMENTED, REACTION]);
        let reply = self.last_reply();
        let told = regex::Regex::new(r"error\[([a-z-]+)\]").unwrap();
        let told: Vec<&str> = told
            .captures_iter(&reply)
            .map(|it| it.get(1).unwrap().as_str())
            .collect();
        assert_eq!(told, codes, "{reply}");
        assert_eq!(self.reactions(&applied.comment), ["eyes", "confused"]);
        self.assert_stack_and_bucket_exist();
        applied
    }

    /// A deletion that the first job denies: no job starts for the environment, whose reviewers are not asked.
    #[track_caller]
    fn assert_refused_at_once(&self, pull: &Pull, by: &User, text: &str) {
        let inspected = self.inspect(pull, by, text);
        inspected.assert_exit(20);
        self.github.expect_writes(ANSWER_WRITES);
        assert_eq!(inspected.environments(), "[]");
        let run = &inspected.run;
        for text in [&run.stderr, &run.stdout, &run.summary, &self.last_reply()] {
            assert!(text.contains("delete-needs-second-person"), "{text}");
        }
    }

    #[track_caller]
    pub fn assert_stack_and_bucket_exist(&self) {
        assert_eq!(self.stack().as_deref(), Some("CREATE_COMPLETE"));
        assert_eq!(self.workdir.aws.keys(&self.workdir.name).len(), 3);
        assert_eq!(self.deployment_states()[0], "pending");
    }
}

/// Vector 31: another user takes a writer's former login.
#[test]
fn attack_a_reused_login() {
    let (world, pull) = World::with_merge();
    world.github.rename_user(&world.carol, "carola");
    let mallory = world.github.rename_user(&world.mallory, "carol");
    world.assert_ignored(&pull, &mallory, "/provisioner prep-master");
    // The forge answers for the former login with another id, so the permission does not count.
    let answer = json!({"permission": "admin", "role_name": "admin", "user": {"id": world.carol.id, "login": "carol"}});
    world
        .github
        .fault_times(2, PERMISSION, Fault::Json(200, answer));
    world.assert_ignored(&pull, &mallory, "/provisioner prep-master");
    world.assert_no_stack();
}

/// Vector 6: a user who lost the permission between the two jobs.
#[test]
fn attack_a_permission_revoked_between_jobs() {
    let (world, pull) = World::with_merge();
    let inspected = world.inspect(&pull, &world.carol, "/provisioner prep-master");
    assert_eq!(inspected.environments(), r#"["prod"]"#);
    world.github.expect_writes(&[REACTION]);
    for permission in [Permission::Triage, Permission::None] {
        world.repo.set_permission(&world.carol, permission);
        let run = world.apply_job(&pull, &inspected.comment).run();
        assert_eq!(run.status, 0, "{}", run.stderr);
        world.github.expect_writes(&[]);
    }
    world.assert_no_aws_access();
}

/// Vectors 6 and 34: only a second person whose approval counts confirms a deletion.
#[test]
fn attack_a_deletion_confirmed_by_the_wrong_person() {
    let policy = policy("    approvers: [\"@bob\", \"@carol\", \"@alice\", \"@dora\"]\n");
    let (world, pull) = World::with_removal_under(&policy, |_| {});
    let posted = world.posted();
    // The author and the pusher.
    world.assert_refused_at_once(&pull, &world.alice, &posted);
    // A writer who is not an approver.
    let erin = world.github.user("erin");
    world.repo.set_permission(&erin, Permission::Admin);
    world.assert_deletion_denied(&pull, &erin, &posted, &["approver-not-allowed"]);
    assert_eq!(
        world.tokens(APPLY),
        1,
        "the run of the merge had one; these none"
    );
    // An approver without write permission.
    let dora = world.github.user("dora");
    world.repo.set_permission(&dora, Permission::Triage);
    let inspected = world.inspect(&pull, &dora, &posted);
    inspected.assert_exit(20);
    world.github.expect_writes(ANSWER_WRITES);
    assert_eq!(inspected.environments(), "[]");
    // Strangers.
    world.repo.set_permission(&world.mallory, Permission::Read);
    let comment = world.comment(&world.mallory, &posted);
    assert_eq!(world.apply_job(&pull, &comment).run().status, 0);
    world.github.expect_writes(&[]);
    assert_eq!(world.tokens(APPLY), 1);
    world.assert_stack_and_bucket_exist();
}

/// Vector 34: the pusher of the head, although another user opened the pull request.
#[test]
fn attack_a_deletion_confirmed_by_its_pusher() {
    let world = World::new(&policy(""));
    scene::with_stack(&world.workdir);
    let path = world.workdir.path();
    world
        .repo
        .commit("main")
        .write(&path, world.workdir.read(&path))
        .push();
    let pull = world.proposal(|commit| commit.remove(&path).by(&world.carol));
    let before = world.approved_and_merged(&pull);
    assert_eq!(world.push(&before).run().status, 0);
    world.github.take_writes();
    world.assert_refused_at_once(&pull, &world.carol, &world.posted());
    // A forged start of the second job is denied by the guard.
    let comment = world.comment(&world.carol, &world.posted());
    let run = world.apply_job(&pull, &comment).run();
    assert_eq!(run.status, 20, "{}", run.stderr);
    let reply = world.last_reply();
    assert!(
        reply.contains("error[delete-needs-second-person]"),
        "{reply}"
    );
    world.github.take_writes();
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
}

/// Vector 34: digests of other deletions.
#[test]
fn attack_a_deletion_with_the_wrong_digest() {
    let (world, pull) = World::with_removal();
    let posted = world.posted();
    let (command, digest) = posted.rsplit_once(' ').unwrap();
    let with = |digest: &str| format!("{command} {digest}");
    let denied = &["delete-not-confirmed"];
    let last = if digest.ends_with('0') { "1" } else { "0" };
    let wrong = [
        // Of another stack, or of other facts.
        "0123456789abcdef".to_owned(),
        format!("{}{last}", &digest[..15]),
        // The right beginning, and as many digits as the whole digest.
        format!("{digest:0<64}"),
    ];
    for digest in wrong {
        world.assert_deletion_denied(&pull, &world.carol, &with(&digest), denied);
    }
    // Too short, or in capitals.
    let capitals = format!("A{}", &digest.to_uppercase()[1..]);
    for digest in [&digest[..11], &digest[..15], "", &capitals, "*"] {
        let inspected = world.inspect(&pull, &world.carol, &with(digest));
        inspected.assert_exit(2);
        world.github.expect_writes(ANSWER_WRITES);
        assert_eq!(inspected.environments(), "[]", "{digest}");
    }
    world.assert_stack_and_bucket_exist();
}

/// Vector 34: a deletion without `--force` or without a confirmation.
#[test]
fn attack_a_deletion_without_force_or_digest() {
    let (world, pull) = World::with_removal();
    let posted = world.posted();
    let bare = posted.replace(" --force", "");
    world.assert_deletion_denied(&pull, &world.carol, &bare, &["force-required"]);
    let (unconfirmed, _) = posted.split_once(" --confirm").unwrap();
    world.assert_deletion_denied(&pull, &world.carol, unconfirmed, &["delete-not-confirmed"]);
    insta::assert_snapshot!("unconfirmed", world.last_reply());
}

/// Vectors 3 and 34: a user who was removed from the approvers since the merge.
#[test]
fn attack_a_former_approver() {
    let before = policy("    approvers: [\"@bob\", \"@carol\"]\n");
    let (world, pull) = World::with_removal_under(&before, |_| {});
    let posted = world.posted();
    let now = policy("    approvers: [\"@bob\"]\n");
    world
        .repo
        .commit("main")
        .write(".provisioner.yaml", now)
        .push();
    let tokens = world.tokens(APPLY);
    world.assert_deletion_denied(&pull, &world.carol, &posted, &["approver-not-allowed"]);
    assert_eq!(world.tokens(APPLY), tokens, "no token for it");
    // The policy forbids deletions since.
    let never = policy("    deletes: never\n");
    world
        .repo
        .commit("main")
        .write(".provisioner.yaml", never)
        .push();
    world.assert_deletion_denied(&pull, &world.carol, &posted, &["delete-not-allowed"]);
}

/// Vectors 10 and 34: the run's own comment is not a command, although it has the right digest.
#[test]
fn attack_the_bot_s_own_comment() {
    let (world, pull) = World::with_removal();
    let robot = world.github.bot("github-actions[bot]");
    let comment = world.comment(&robot, &world.posted());
    for job in [
        world.inspect_job(&pull, &comment),
        world.apply_job(&pull, &comment),
    ] {
        assert_eq!(job.run().status, 0);
    }
    world.github.expect_writes(&[]);
    world.assert_stack_and_bucket_exist();
}
