//! What GitLab knows of schedules and of deployments that wait for approvals.

use super::world::*;
use crate::support::gitlab::{Permission, User};

struct Doctor {
    world: GitLabWorld,
}

impl Doctor {
    fn new() -> Self {
        Self {
            world: GitLabWorld::new(&policy("")),
        }
    }

    fn maintainer(&self, login: &str) -> User {
        let user = self.world.gitlab.user(login);
        let _ = self
            .world
            .repo
            .clone()
            .collaborator(&user, Permission::Maintain);
        user
    }

    /// What doctor says of schedules.
    fn lines(&self) -> Vec<String> {
        let world = &self.world;
        let before = world.repo.head("main");
        let output = world
            .push_job(&before)
            .process(&["doctor"])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let lines = text
            .lines()
            .map(str::trim)
            .filter(|line| line.contains("schedule") || line.contains("workflows:"));
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        assert!(!lines.is_empty(), "{text}");
        // The probes of permissions.
        world.gitlab.take_writes();
        lines
    }
}

#[test]
fn schedules_that_start_nothing_are_reported() {
    let doctor = Doctor::new();
    let repo = &doctor.world.repo;
    let lines = doctor.lines();
    for kind in ["drift", "apply"] {
        let line = format!("schedule {kind}: no schedule whose description ends with `{kind}`");
        assert!(lines.iter().any(|it| it.contains(&line)), "{lines:?}");
        assert!(!lines.iter().any(|it| it.starts_with('✗')), "{lines:?}");
    }
    let erin = doctor.maintainer("erin");
    repo.schedule("provisioner drift", "refs/heads/main", &erin);
    let apply = repo.schedule("provisioner apply", "refs/heads/main", &erin);
    let started = ["✓ workflows: the forge starts them"];
    assert_eq!(doctor.lines(), started);
    repo.stop_schedule(apply);
    let stopped = |why: &str| {
        let lines = doctor.lines();
        let line = format!("✗ schedule provisioner apply: {why}");
        assert!(lines.iter().any(|it| it.starts_with(&line)), "{lines:?}");
        assert!(!lines.iter().any(|it| it.contains("drift:")), "{lines:?}");
    };
    stopped("inactive");
    // Another one of the kind is enough.
    repo.schedule("apply", "main", &erin);
    assert_eq!(doctor.lines(), started);
}

#[test]
fn the_owner_and_the_branch_of_a_schedule_count() {
    type Arrange = fn(&Doctor) -> (User, &'static str);
    let cases: [(Arrange, &str); 5] = [
        (
            |doctor| (doctor.maintainer("erin"), "refs/heads/other"),
            "it runs on `other`, not on `main`",
        ),
        (
            |doctor| (doctor.maintainer("erin"), "refs/tags/main"),
            "it runs on `refs/tags/main`, not on `main`",
        ),
        (
            |doctor| (doctor.world.alice.clone(), "main"),
            "its owner `alice` may not merge into `main`",
        ),
        (
            |doctor| (doctor.world.gitlab.user("zoe"), "main"),
            "its owner `zoe` is no member",
        ),
        (
            |doctor| {
                let erin = doctor.maintainer("erin");
                doctor.world.gitlab.block(&erin);
                (erin, "main")
            },
            "its owner `erin` is not active",
        ),
    ];
    for (arrange, why) in cases {
        let doctor = Doctor::new();
        let (owner, reference) = arrange(&doctor);
        doctor
            .world
            .repo
            .schedule("provisioner apply", reference, &owner);
        let lines = doctor.lines();
        let line = format!("✗ schedule provisioner apply: {why}");
        assert!(
            lines.iter().any(|it| it.starts_with(&line)),
            "{why}: {lines:?}"
        );
    }
}
