//! What people read on GitLab is in GitLab's words.

use super::world::*;
use crate::support::job::Job;

/// Words of the other forge.
const FOREIGN: [&str; 5] = [
    "pull request",
    "Pull request",
    "GitHub",
    "--repository OWNER",
    "deployment branches",
];

/// The log, the files for people and the notes of a job have none of them.
#[track_caller]
fn assert_own_words(world: &GitLabWorld, what: &str, run: &GitLabRun) {
    let mut texts = vec![run.stdout.clone(), run.stderr.clone()];
    texts
        .extend(["summary.md", "code-quality.json", "annotations.json"].map(|name| run.file(name)));
    for number in [7, 8] {
        texts.extend(world.notes(number));
    }
    for text in texts {
        for foreign in FOREIGN {
            assert!(!text.contains(foreign), "{what}: {foreign}: {text}");
        }
    }
}

fn doctor(job: &Job) -> GitLabRun {
    let output = job.process(&["doctor"]).output().unwrap();
    GitLabRun {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
        folder: job.folder.path().join("provisioner-out"),
        _job: None,
    }
}

#[test]
fn every_flow_speaks_of_merge_requests() {
    let scoped = "    deletes: guarded\nscope:\n  accounts: [\"000000000001\"]\n  products: [s3]\n";
    for rules in ["", "    deletes: guarded\n", scoped] {
        let world = GitLabWorld::new(&policy(rules));
        let pull = world.proposed(CONFIG);
        let check = world.run_check(&pull);
        assert_own_words(&world, "check", &check);
        let unmerged = world.command(7, &world.carol, "/provisioner tear-down");
        assert_own_words(&world, "command before the merge", &unmerged);
        let before = world.merged(&pull);
        let denied = world.provision(&before);
        assert_ne!(denied.status, 0);
        assert_own_words(&world, "denied", &denied);
        for text in [
            "/provisioner help",
            "/provisioner x",
            "/provisioner show-changes",
        ] {
            let run = world.command(7, &world.carol, text);
            assert_own_words(&world, text, &run);
        }
        let removal = world.removal(8);
        removal.approve(&world.bob);
        let before = world.merged(&removal);
        let run = world.provision(&before);
        assert_own_words(&world, "removal", &run);
        let schedule = world.repo.schedule_pipeline();
        let token = world.gitlab.apply_token();
        let job = world.job(&schedule, &token, &world.branch_claims());
        assert_own_words(&world, "drift", &super::world::run(job));
        world.gitlab.take_writes();
    }
}

#[test]
fn a_change_past_all_merge_requests_is_denied_in_the_same_words() {
    let world = GitLabWorld::with_project(&policy(""), |repo| repo);
    world.workdir.write_config(CONFIG);
    let before = world.repo.head("main");
    let text = world.workdir.read(&world.workdir.path());
    let commit = world.repo.commit("main").author(&world.bob);
    commit.write(&world.workdir.path(), text).push();
    let run = world.provision(&before);
    assert_ne!(run.status, 0);
    assert_own_words(&world, "no merge request", &run);
    world.gitlab.take_writes();
}

#[test]
fn doctor_knows_the_jobs_of_gitlab() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let subject = "project_path:acme/infra:ref_type:branch:ref:feature";
    let claims = world.claims(subject, "feature", false);
    let variables = pull.pipeline(&world.alice);
    let check_job = world.job(&variables, &world.gitlab.check_token(), &claims);
    let check = doctor(&check_job);
    assert_own_words(&world, "doctor in a check", &check);
    assert!(check.stdout.contains("merge request 7"), "{}", check.stdout);
    let once = "the role Reporter and the scope api: works";
    assert_eq!(check.stdout.matches(once).count(), 1, "{}", check.stdout);
    let before = world.approved_and_merged(&pull);
    let job = world.push_job(&before);
    let push = doctor(&job);
    assert_own_words(&world, "doctor after a merge", &push);
    // The job of the default branch is trusted by every apply role, as it should be.
    let apply = push.stdout.split("\napply role\n").nth(1);
    let apply = apply.unwrap_or_else(|| panic!("{}", push.stdout));
    assert!(apply.contains("✓"), "{}", push.stdout);
    let job = world.push_job(&before).with("PROVISIONER_TOKEN", "");
    let bare = doctor(&job);
    assert_own_words(&world, "doctor without a token", &bare);
    let help = "PROVISIONER_CHECK_TOKEN and PROVISIONER_APPLY_TOKEN";
    assert!(bare.stdout.contains(help), "{}", bare.stdout);
    // A person starts the doctor's job, which has no mode.
    for source in ["web", "api"] {
        let mut variables = world.repo.push_pipeline("main", &before, &world.bob);
        for (name, value) in &mut variables {
            if name == "CI_PIPELINE_SOURCE" {
                source.clone_into(value);
            }
        }
        let token = world.gitlab.apply_token();
        let manual = doctor(&world.job(&variables, &token, &world.branch_claims()));
        assert_own_words(&world, "doctor by hand", &manual);
        let case = "handles only if `PROVISIONER_MODE` is `look` or `apply`";
        assert!(manual.stdout.contains(case), "{}", manual.stdout);
        assert!(!manual.stdout.contains("ignores"), "{}", manual.stdout);
    }
    let wrong = doctor(&check_job.with("PROVISIONER_CHECK_USER", "999"));
    assert_ne!(wrong.status, 0, "{}", wrong.stdout);
    let right = format!("`check-user` to \"{}\"", world.gitlab.check_bot().id);
    assert!(wrong.stdout.contains(&right), "{}", wrong.stdout);
    world.gitlab.take_writes();
}

/// Each job links the comment and the stack.
#[test]
fn a_job_links_its_comment_and_stack() {
    let world = GitLabWorld::new(&policy(""));
    let pull = world.proposed(CONFIG);
    let check = world.run_check(&pull);
    let before = world.approved_and_merged(&pull);
    let provision = world.provision(&before);
    for run in [check, provision] {
        let links = run.json("annotations.json");
        let links = links["provisioner"].as_array().unwrap();
        let label = |at: usize| links[at]["external_link"]["label"].as_str().unwrap();
        assert_eq!(label(0), "Comment of provisioner", "{links:?}");
        assert!(label(1).starts_with("Stack "), "{links:?}");
        let url = links[1]["external_link"]["url"].as_str().unwrap();
        assert!(
            url.contains(".console.aws.amazon.com/cloudformation/"),
            "{url}"
        );
    }
    world.gitlab.take_writes();
}
