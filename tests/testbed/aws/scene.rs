//! Actions that change AWS, each with the account that it starts from.
#![expect(clippy::disallowed_methods, reason = "programs send signals")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;

use super::inventory::Inventory;
use crate::support::parallel::each;
use crate::support::proxy::{ApiCall, FaultProxy};
use crate::support::workdir::{CommandOutput, Workdir};

/// An action and its initial state.
#[derive(Clone, Copy)]
pub struct Scene {
    pub action: &'static str,
    pub more: &'static [&'static str],
    pub ready: fn(&Workdir),
}

/// An empty account.
pub fn empty_account(_: &Workdir) {}

/// The stack as the program creates it, without folders, which take most of the time.
pub fn with_stack(workdir: &Workdir) {
    let (product, stack) = (workdir.product(), workdir.stack());
    let own = [
        ("provisioner:product", product),
        ("provisioner:environment", "prod"),
        ("provisioner:stack", &stack),
    ];
    with_tagged_stack(workdir, &own, "");
    tag_bucket(workdir);
}

/// Sets the tag that identifies the bucket. The emulator does not set a template's tags.
pub fn tag_bucket(workdir: &Workdir) {
    use aws_sdk_s3::types::{Tag, Tagging};
    let tag = Tag::builder()
        .key("provisioner:config")
        .value(&workdir.name);
    let tags = Tagging::builder().tag_set(tag.build().unwrap());
    let put = workdir.aws.objects().put_bucket_tagging();
    let put = put.bucket(&workdir.name).tagging(tags.build().unwrap());
    workdir.aws.wait(put.send()).unwrap();
}

/// The stack with these tags only, and with more text in its template.
pub fn with_tagged_stack(workdir: &Workdir, tags: &[(&str, &str)], more: &str) {
    use aws_sdk_cloudformation::types::Tag;
    workdir.run_action("create-prov-template", &[]);
    let product = workdir.product();
    let template = workdir.read(&format!(
        "{product}/templates/{}-template.yaml",
        workdir.name
    ));
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
    let request = workdir.aws.stacks().create_stack();
    let request = request
        .stack_name(workdir.stack())
        .template_body(template + more)
        .set_tags(Some(
            tags.iter().map(|(key, value)| tag(key, value)).collect(),
        ));
    workdir.aws.wait(request.send()).unwrap();
}

/// The stack with a tag of its former owner only.
pub fn with_foreign_stack(workdir: &Workdir) {
    with_tagged_stack(workdir, &[("Team", "data")], "");
}

/// The stack, and a config that has changed since.
pub fn with_changed_config(workdir: &Workdir) {
    with_stack(workdir);
    workdir.write_config("  versioning: true\n  tags:\n    Team: forecasting\n");
}

/// The stack with objects in its bucket.
pub fn with_objects(workdir: &Workdir) {
    with_stack(workdir);
    for key in ["a", "b/", "b/c"] {
        let put = workdir.aws.objects().put_object();
        let put = put.bucket(&workdir.name).key(key);
        workdir.aws.wait(put.send()).unwrap();
    }
}

pub const PREP_MASTER: Scene = Scene {
    action: "prep-master",
    more: &["--force"],
    ready: empty_account,
};
pub const TEAR_DOWN: Scene = Scene {
    action: "tear-down",
    more: &["--force"],
    ready: with_objects,
};
pub const TEST_DEPLOY: Scene = Scene {
    action: "test-deploy",
    more: &[],
    ready: empty_account,
};
/// A replaced stack takes its bucket back. The emulator forgets a deleted stack when its name is taken again, so few kills of it can be
/// tried.
pub const REPLACE: Scene = Scene {
    action: "replace",
    more: &["--force"],
    ready: with_stack,
};
const SHOW_CHANGES: Scene = Scene {
    action: "show-changes",
    more: &[],
    ready: with_changed_config,
};
const SHOW_NEW: Scene = Scene {
    action: "show-changes",
    more: &["--real"],
    ready: empty_account,
};
const CHECK_DRIFT: Scene = Scene {
    action: "check-drift",
    more: &[],
    ready: with_stack,
};
const DEPLOY_SOLUTION: Scene = Scene {
    action: "deploy-solution",
    more: &["--solution", "fraud"],
    ready: with_stack,
};
const UPLOAD_TEMPLATE: Scene = Scene {
    action: "upload-template",
    more: &["--solution", "fraud"],
    ready: with_stack,
};

const ADOPT: Scene = Scene {
    action: "adopt",
    more: &["--force"],
    ready: with_foreign_stack,
};
const UNADOPT: Scene = Scene {
    action: "unadopt",
    more: &["--force"],
    ready: with_stack,
};

impl Scene {
    /// Sets up the account, behind a proxy.
    pub fn set(&self) -> (Workdir, FaultProxy) {
        let mut workdir = Workdir::with_few_folders();
        (self.ready)(&workdir);
        let proxy = FaultProxy::in_front_of(&workdir.url);
        workdir.url = proxy.url();
        (workdir, proxy)
    }

    pub fn run(&self, workdir: &Workdir) -> CommandOutput {
        workdir.try_action(self.action, self.more)
    }

    pub fn name(&self) -> String {
        [&[self.action], self.more].concat().join(" ")
    }

    /// Starts it with piped output.
    pub fn start(&self, workdir: &Workdir) -> Running {
        let path = workdir.path();
        let arguments = [&[self.action, path.as_str()], self.more].concat();
        let mut command = workdir.command(&arguments);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Running(child.spawn().unwrap())
    }
}

/// All of them.
pub const SCENES: [Scene; 10] = [
    SHOW_CHANGES,
    SHOW_NEW,
    CHECK_DRIFT,
    PREP_MASTER,
    TEST_DEPLOY,
    DEPLOY_SOLUTION,
    UPLOAD_TEMPLATE,
    TEAR_DOWN,
    ADOPT,
    UNADOPT,
];

/// An action without faults.
pub struct Baseline {
    pub scene: Scene,
    pub begin: Inventory,
    pub journal: Vec<ApiCall>,
    pub mutations: Vec<ApiCall>,
    pub end: Inventory,
}

impl Baseline {
    fn run(scene: &Scene) -> Self {
        let (workdir, proxy) = scene.set();
        let begin = Inventory::read(&workdir);
        let output = scene.run(&workdir);
        assert_eq!(output.status, 0, "{}{}", output.stdout, output.stderr);
        let end = Inventory::read(&workdir);
        assert!(end.is_clean(), "{end}");
        Self {
            scene: *scene,
            begin,
            journal: proxy.journal(),
            mutations: proxy.mutations(),
            end,
        }
    }

    /// All actions, run once for all tests.
    pub fn all() -> &'static [Self] {
        static ALL: LazyLock<Vec<Baseline>> = LazyLock::new(|| each(&SCENES, Baseline::run));
        &ALL
    }
}

/// The running program.
pub struct Running(Child);

impl Running {
    /// Kills it immediately.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }

    /// Sends a signal such as `INT`, and waits until the program has received it.
    pub fn signal(&mut self, name: &str) {
        let pid = self.0.id().to_string();
        let mut kill = Command::new("kill");
        let sent = kill.args([&format!("-{name}"), &pid]).status().unwrap();
        assert!(sent.success());
        let errors = BufReader::new(self.0.stderr.take().unwrap());
        let mut lines = errors.lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("ends after it has cleaned up")));
        // A full pipe would stop the program.
        std::thread::spawn(move || lines.for_each(drop));
    }

    pub fn output(self) -> CommandOutput {
        CommandOutput::from(self.0.wait_with_output().unwrap())
    }
}
