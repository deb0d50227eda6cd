//! Actions that change something, each with the account in which it is tried.
#![expect(
    clippy::disallowed_methods,
    reason = "files are read, and programs send signals"
)]

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use super::inventory::World;
use crate::support::parallel::each;
use crate::support::proxy::{Asked, Gate};
use crate::support::workdir::{Desk, Said};

/// An action, and what has to be there before.
#[derive(Clone, Copy)]
pub struct Scene {
    pub action: &'static str,
    pub more: &'static [&'static str],
    pub ready: fn(&Desk),
}

/// An empty account.
pub fn nothing(_: &Desk) {}

/// The stack as the program makes it, without the folders, which take most of the time.
pub fn made(desk: &Desk) {
    use aws_sdk_cloudformation::types::Tag;
    desk.act("create-prov-template", &[]);
    let path = format!("s3/templates/{}-template.yaml", desk.name);
    let template = std::fs::read_to_string(desk.folder().join(path)).unwrap();
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let made = desk.aws.stacks().create_stack();
    let made = made.stack_name(desk.stack()).template_body(template);
    let made = made.tags(tag("provisioner:product", "s3"));
    let made = made.tags(tag("provisioner:stack", &desk.stack()));
    desk.aws.wait(made.send()).unwrap();
}

/// The stack, and a config that has changed since.
pub fn changed(desk: &Desk) {
    made(desk);
    desk.write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
}

/// The stack with objects in its bucket, and with the tag by which the bucket is found again. The emulator does not set the
/// tags of a template.
pub fn tagged(desk: &Desk) {
    use aws_sdk_s3::types::{Tag, Tagging};
    made(desk);
    for key in ["a", "b/", "b/c"] {
        let put = desk.aws.objects().put_object();
        let put = put.bucket(&desk.name).key(key);
        desk.aws.wait(put.send()).unwrap();
    }
    let tag = Tag::builder().key("provisioner:config").value(&desk.name);
    let tags = Tagging::builder().tag_set(tag.build().unwrap());
    let put = desk.aws.objects().put_bucket_tagging();
    let put = put.bucket(&desk.name).tagging(tags.build().unwrap());
    desk.aws.wait(put.send()).unwrap();
}

pub const PREP_MASTER: Scene = Scene {
    action: "prep-master",
    more: &["--force"],
    ready: nothing,
};
pub const TEAR_DOWN: Scene = Scene {
    action: "tear-down",
    more: &["--force"],
    ready: tagged,
};
pub const TEST_DEPLOY: Scene = Scene {
    action: "test-deploy",
    more: &[],
    ready: nothing,
};
const SHOW_CHANGES: Scene = Scene {
    action: "show-changes",
    more: &[],
    ready: changed,
};
const SHOW_NEW: Scene = Scene {
    action: "show-changes",
    more: &["--real"],
    ready: nothing,
};
const CHECK_DRIFT: Scene = Scene {
    action: "check-drift",
    more: &[],
    ready: made,
};
const DEPLOY_SOLUTION: Scene = Scene {
    action: "deploy-solution",
    more: &["--solution", "fraud"],
    ready: made,
};
const UPLOAD_TEMPLATE: Scene = Scene {
    action: "upload-template",
    more: &["--solution", "fraud"],
    ready: made,
};

impl Scene {
    /// The account as it has to be, and a gate before it.
    pub fn set(&self) -> (Desk, Gate) {
        let mut desk = Desk::new();
        (self.ready)(&desk);
        let gate = Gate::before(&desk.url);
        desk.url = gate.url();
        (desk, gate)
    }

    pub fn run(&self, desk: &Desk) -> Said {
        desk.try_act(self.action, self.more)
    }

    pub fn name(&self) -> String {
        [&[self.action], self.more].concat().join(" ")
    }

    /// Starts it, with its output in pipes.
    pub fn start(&self, desk: &Desk) -> Running {
        let path = desk.path();
        let arguments = [&[self.action, path.as_str()], self.more].concat();
        let mut command = desk.command(&arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(child.spawn().unwrap())
    }
}

/// All of them.
pub const SCENES: [Scene; 8] = [
    SHOW_CHANGES,
    SHOW_NEW,
    CHECK_DRIFT,
    PREP_MASTER,
    TEST_DEPLOY,
    DEPLOY_SOLUTION,
    UPLOAD_TEMPLATE,
    TEAR_DOWN,
];

/// An action that nothing disturbs.
pub struct Plain {
    pub scene: Scene,
    pub begin: World,
    pub journal: Vec<Asked>,
    pub mutations: Vec<Asked>,
    pub end: World,
}

impl Plain {
    fn of(scene: &Scene) -> Self {
        let (desk, gate) = scene.set();
        let begin = World::of(&desk);
        let said = scene.run(&desk);
        assert_eq!(said.status, 0, "{}{}", said.stdout, said.stderr);
        let end = World::of(&desk);
        assert!(end.is_tidy(), "{end}");
        Self {
            scene: *scene,
            begin,
            journal: gate.journal(),
            mutations: gate.mutations(),
            end,
        }
    }

    /// All actions, each once for all tests.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Plain>> = LazyLock::new(|| each(&SCENES, Plain::of));
        &ALL
    }
}

/// The program while it runs.
pub struct Running(Child);

impl Running {
    /// Ends it where it stands.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends a signal such as `INT`, and waits until the program has heard it.
    pub fn signal(&mut self, name: &str) {
        let pid = self.0.id().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
        let errors = BufReader::new(self.0.stderr.take().unwrap());
        let mut lines = errors.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("ends after it has cleaned up")));
        // A pipe that nobody empties stops the program once it is full.
        std::thread::spawn(move || lines.for_each(drop));
    }

    pub fn said(self) -> Said {
        crate::support::workdir::said(self.0.wait_with_output().unwrap())
    }
}
