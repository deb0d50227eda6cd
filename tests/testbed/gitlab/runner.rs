//! The component's jobs in gitlab-ci-local, which runs them in a shell on this host. `make test-gitlab` runs these tests: they need
//! rsync, which `make test` must not.
#![expect(
    clippy::disallowed_methods,
    reason = "a runner is a process that leaves files"
)]

use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use super::world::*;
use crate::support::gitlab::User;
use crate::support::job::{BINARY, SHORT_PAUSES, git};
use crate::support::testbed;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// A pipeline of the component on a runner.
struct Runner {
    folder: TempDir,
}

impl Runner {
    fn new(world: &GitLabWorld) -> Self {
        let folder = TempDir::new().unwrap();
        let write =
            |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
        let template = Path::new(ROOT).join("templates/provisioner/template.yml");
        let text = std::fs::read_to_string(template).unwrap();
        // The image has the program there.
        let program = " /usr/local/bin/provisioner ci";
        // Five jobs, the job that finds environments, and that of the child pipeline.
        assert_eq!(text.matches(program).count(), 7);
        write(
            "component.yml",
            &text.replace(program, &format!(" {BINARY} ci")),
        );
        let checker = world.gitlab.check_bot().id;
        let server = world.gitlab.server_url();
        let digest = "0".repeat(64);
        write(
            ".gitlab-ci.yml",
            &format!(
                "stages: [test, deploy]\ninclude:\n  - local: component.yml\n    inputs:\n      image: x@sha256:{digest}\n      \
                 environments: [prod]\n      find: \"false\"\n      tags: [shell]\n      server: {server}\n      check-user: \"{checker}\"\n      variables: \"{} AWS_ENDPOINT_URL='{}'\"\n",
                format_args!("{}='{}'", SHORT_PAUSES.0, SHORT_PAUSES.1),
                world.workdir.url,
            ),
        );
        make_clone(folder.path());
        Self { folder }
    }

    /// Runs a job of the component. Returns whether it succeeded, and its log.
    fn run(
        &self,
        world: &GitLabWorld,
        job: &str,
        variables: &[(String, String)],
    ) -> (bool, String) {
        let program = testbed::root().join("gitlab-ci-local/node_modules/.bin/gitlab-ci-local");
        let names: Vec<&str> = variables.iter().map(|(name, _)| name.as_str()).collect();
        let mut command = Command::new(program);
        command
            .args(["--force-shell-executor", job])
            .current_dir(self.folder.path())
            .env("GCL_IGNORE_PREDEFINED_VARS", names.join(","));
        let own = [
            ("CI_PROJECT_DIR", self.folder.path().display().to_string()),
            // What a trigger could set: it does not reach the program.
            ("AWS_ENDPOINT_URL", "http://127.0.0.1:9".to_owned()),
            ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned()),
            ("HTTP_PROXY", "http://127.0.0.1:9".to_owned()),
            ("PROVISIONER_CHECK_USER", "1".to_owned()),
            ("PROVISIONER_CONFIGS", "none/*".to_owned()),
            ("GITHUB_ACTIONS", "true".to_owned()),
            ("PROVISIONER_CHECK_TOKEN", world.gitlab.check_token()),
            ("PROVISIONER_APPLY_TOKEN", world.gitlab.apply_token()),
        ];
        let own = own.map(|(name, value)| (name.to_owned(), value));
        let is_given = |name: &str| name != "CI_PROJECT_DIR";
        let given = variables.iter().filter(|(name, _)| is_given(name));
        for (name, value) in given.chain(&own) {
            command.args(["--variable", &format!("{name}={value}")]);
        }
        let output = command.output().unwrap();
        let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        (output.status.success(), log.into_owned())
    }

    #[track_caller]
    fn succeeds(&self, world: &GitLabWorld, job: &str, variables: &[(String, String)]) -> String {
        let (succeeded, log) = self.run(world, job, variables);
        assert!(succeeded, "{log}");
        log
    }

    /// The jobs for a note, which is the payload of the pipeline's trigger.
    fn command(&self, world: &GitLabWorld, number: u64, by: &User, text: &str) -> (bool, String) {
        let note = world.repo.comment(number, by, text);
        let mut variables = with_identity(world, world.repo.note_pipeline(&note, by), true);
        let file = self.folder.path().join("payload.json");
        for (name, value) in &mut variables {
            if name == "TRIGGER_PAYLOAD" {
                std::fs::write(&file, &*value).unwrap();
                *value = file.display().to_string();
            }
        }
        let (succeeded, log) = self.run(world, "provisioner-command", &variables);
        match succeeded {
            true => self.run(world, "provisioner-command-apply: [prod]", &variables),
            // The second job needs the first one.
            false => (false, log),
        }
    }
}

/// Makes a folder a clone of a project's default branch, as the runner expects it.
fn make_clone(folder: &Path) {
    let run = |arguments: &[&str]| git(folder, arguments);
    run(&["init", "--quiet", "--initial-branch=main"]);
    run(&["add", "--all"]);
    run(&["commit", "--quiet", "--message", "x"]);
    run(&[
        "remote",
        "add",
        "origin",
        "git@gitlab.example:acme/infra.git",
    ]);
    run(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    run(&[
        "symbolic-ref",
        "refs/remotes/origin/HEAD",
        "refs/remotes/origin/main",
    ]);
}

/// The variables with the identity token that GitLab mints for the job.
fn with_identity(
    world: &GitLabWorld,
    mut variables: Vec<(String, String)>,
    of_branch: bool,
) -> Vec<(String, String)> {
    let claims = match of_branch {
        true => world.branch_claims(),
        false => world.claims(
            "project_path:acme/infra:ref_type:branch:ref:feature",
            "feature",
            false,
        ),
    };
    let token = world.identity(&variables, &claims);
    variables.push(("PROVISIONER_ID_TOKEN".to_owned(), token));
    variables
}

#[test]
#[ignore = "needs gitlab-ci-local and rsync: make test-gitlab"]
fn the_component_checks_provisions_deletes_and_looks_for_drift() {
    let world = GitLabWorld::new(&policy("    deletes: guarded\n"));
    let runner = Runner::new(&world);
    let pull = world.proposed(CONFIG);
    let check = with_identity(&world, pull.pipeline(&world.alice), false);
    runner.succeeds(&world, "provisioner-check", &check);
    assert_eq!(world.notes(7).len(), 1);
    let before = world.approved_and_merged(&pull);
    let push = world.repo.push_pipeline("main", &before, &world.bob);
    let push = with_identity(&world, push, true);
    runner.succeeds(&world, "provisioner-provision: [prod]", &push);
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"));
    let mut schedule = with_identity(&world, world.repo.schedule_pipeline(), true);
    schedule.push(("PROVISIONER_MODE".to_owned(), "look".to_owned()));
    runner.succeeds(&world, "provisioner-drift", &schedule);
    let removal = world.removal(8);
    removal.approve(&world.bob);
    let before = world.repo.head("main");
    removal.merge(&world.bob);
    let push = world.repo.push_pipeline("main", &before, &world.bob);
    let push = with_identity(&world, push, true);
    runner.run(&world, "provisioner-provision: [prod]", &push);
    let asked = world.notes(8).pop().unwrap();
    let line = asked
        .lines()
        .find(|line| line.starts_with("/provisioner tear-down"));
    let line = line.unwrap_or_else(|| panic!("{asked}")).to_owned();
    let (succeeded, log) = runner.command(&world, 8, &world.alice, &line);
    assert!(
        !succeeded && log.contains("delete-needs-second-person"),
        "{log}"
    );
    assert_eq!(world.stack().as_deref(), Some("CREATE_COMPLETE"), "{log}");
    let (succeeded, log) = runner.command(&world, 8, &world.carol, &line);
    assert!(succeeded, "{log}");
    assert_eq!(world.stack(), None, "{log}");
    world.gitlab.take_writes();
}

/// Takes the place of the program, which needs a token that a server signed for each job.
const STAND_IN: &str = r#"#!/bin/sh
if [ "$PROVISIONER_MODE" = find ]; then
  /bin/mkdir -p provisioner-out
  exec /bin/sed -e "s/@environments@/$PROVISIONER_ENVIRONMENTS/" -e s/@source@/push/ -e s/@before@/1111/ -e "s/@configs@/''/" > provisioner-out/pipeline.yml
fi
echo "a job of $PROVISIONER_ENVIRONMENT after $PROVISIONER_PARENT_SOURCE from $CI_COMMIT_BEFORE_SHA in $CI_PIPELINE_SOURCE" >&2
"#;

#[test]
#[ignore = "needs gitlab-ci-local and rsync: make test-gitlab"]
fn the_component_starts_its_child_pipeline() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let program = path("stand-in");
    std::fs::write(&program, STAND_IN).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let template = Path::new(ROOT).join("templates/provisioner/template.yml");
    let text = std::fs::read_to_string(template).unwrap();
    let own = program.display().to_string();
    let text = text.replace("/usr/local/bin/provisioner ci", &own);
    std::fs::write(path("component.yml"), text).unwrap();
    let digest = "0".repeat(64);
    let pipeline = format!(
        "stages: [test, deploy]\ninclude:\n  - local: component.yml\n    inputs:\n      image: x@sha256:{digest}\n      \
         environments: [dev, prod]\n      tags: [shell]\n      check-user: \"17\"\n"
    );
    std::fs::write(path(".gitlab-ci.yml"), pipeline).unwrap();
    make_clone(folder.path());
    let runner = testbed::root().join("gitlab-ci-local/node_modules/.bin/gitlab-ci-local");
    let output = Command::new(runner)
        .args(["--force-shell-executor", "--concurrency", "1"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let log = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{log}");
    for environment in ["dev", "prod"] {
        let line = format!("a job of {environment} after push from 1111 in parent_pipeline");
        assert!(log.contains(&line), "{line}: {log}");
    }
}
