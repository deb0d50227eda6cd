//! Every flow, cancelled as a runner cancels it: SIGINT and then SIGTERM, or killed at once. Then the step for cancelled jobs and the
//! next run end in the state of a run that nobody cancelled. docs/provision.md describes what is left.
#![expect(
    clippy::disallowed_methods,
    reason = "a job writes its summary to a file"
)]

use std::time::Duration;

use crate::aws::scene;
use crate::support::github::{CommitBuilder, Fault as GitHubFault, Pull};
use crate::support::job::Job;
use crate::support::parallel::each;
use crate::support::proxy::{Fault, FaultProxy, Rule, Side};
use crate::support::step::{Step, finish_cancelled};
use crate::world::*;

const CONFIG: &str = "  versioning: true\n";
const TAGGED: &str = "  versioning: true\n  tags:\n    Team: forecasting\n";
const ISSUE: &str = "POST /repos/acme/infra/issues";

/// A repository and an account before a job, and the job.
struct Scene {
    world: World,
    proxy: FaultProxy,
    event: (&'static str, serde_json::Value),
    issuer: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// The check of a changed config.
    Check,
    /// A comment that reads.
    ShowChanges,
    TestDeploy,
    /// A deletion that a second person confirmed.
    TearDown,
    /// A merged new config.
    Create,
    /// A merged and changed config.
    Update,
    Drift,
}

use Flow::{Check, Create, Drift, ShowChanges, TearDown, TestDeploy, Update};

#[derive(Clone, Copy, Debug)]
enum Moment {
    /// This request to AWS, before or after AWS executed it.
    Aws(&'static str, Side),
    /// The same, while CloudFormation reports that the operation continues.
    Busy(&'static str, [&'static str; 2]),
    /// This write to the forge, after it was executed.
    Forge(&'static str),
}

use Moment::{Aws, Busy, Forge};

const ASSUME: Moment = Aws("AssumeRoleWithWebIdentity", Side::Before);
const CHANGE_SET: Moment = Aws("CreateChangeSet", Side::After);
const UPDATING: Moment = Busy(
    "ExecuteChangeSet",
    ["UPDATE_COMPLETE", "UPDATE_IN_PROGRESS"],
);
const DELETING: Moment = Busy("DeleteStack", ["DELETE_COMPLETE", "DELETE_IN_PROGRESS"]);

/// How a runner ends the job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It sends SIGINT, and then SIGTERM.
    Signalled,
    Killed,
}

use End::{Killed, Signalled};

const BOTH: &[End] = &[Signalled, Killed];

/// provision/signals.rs cancels the creation of a stack, and of a test's.
const MOMENTS: &[(Flow, Moment, &[End])] = &[
    (Check, ASSUME, &[Signalled]),
    (Check, CHANGE_SET, BOTH),
    (Check, Forge(COMMENT), BOTH),
    (ShowChanges, CHANGE_SET, BOTH),
    (TestDeploy, CHANGE_SET, BOTH),
    (TestDeploy, Aws("DeleteStack", Side::After), &[Signalled]),
    (TearDown, ASSUME, &[Signalled]),
    (TearDown, Aws("DeleteObjects", Side::Before), &[Signalled]),
    (TearDown, Aws("DeleteStack", Side::Before), BOTH),
    (TearDown, DELETING, BOTH),
    (Create, ASSUME, &[Signalled]),
    (Create, CHANGE_SET, BOTH),
    (Create, Aws("PutObject", Side::Before), BOTH),
    (Create, Forge(COMMENT), &[Killed]),
    (Update, CHANGE_SET, BOTH),
    (Update, UPDATING, BOTH),
    (Drift, Aws("DetectStackDrift", Side::After), &[Signalled]),
    (Drift, Forge(ISSUE), &[Killed]),
];

impl Scene {
    fn new(flow: Flow) -> Self {
        let updates = if flow == Update {
            "    updates: reviewed\n"
        } else {
            ""
        };
        let world = World::new(&policy(updates));
        world.workdir.write_config(CONFIG);
        let path = world.workdir.path();
        let deployed = matches!(flow, Check | ShowChanges | TearDown | Update | Drift);
        if deployed {
            scene::with_objects(&world.workdir);
            let text = world.workdir.read(&path);
            world.repo.commit("main").write(&path, text).push();
        }
        let mut issuer = 1;
        let event = match flow {
            Check => {
                issuer = 0;
                world.repo.branch("feature", &world.repo.head("main"));
                let pull = world.opened(TAGGED);
                ("pull_request", pull.event("opened", &world.alice))
            }
            ShowChanges => {
                issuer = 2;
                let pull = world.proposed(TAGGED);
                world.commented(&pull, "/provisioner show-changes")
            }
            TestDeploy => {
                let pull = world.proposed(CONFIG);
                pull.review(&world.bob, "APPROVED");
                world.commented(&pull, "/provisioner test-deploy")
            }
            TearDown => {
                let pull = world.removal();
                let before = world.approved_and_merged(&pull);
                let run = world.push(&before).run();
                assert_eq!(run.status, 0, "{}", run.stderr);
                let posted = world.last_comment();
                let mut lines = posted.lines();
                let line = lines.find(|line| line.starts_with("/provisioner tear-down"));
                world.commented(&pull, line.unwrap())
            }
            Create | Update => {
                let pull = world.proposed(if flow == Create { CONFIG } else { TAGGED });
                let before = world.approved_and_merged(&pull);
                ("push", world.repo.push_event("main", &before, &world.bob))
            }
            Drift => {
                issuer = 0;
                let put = world.workdir.aws.parameters().put_parameter();
                let name = format!("/s3/{}/SolutionsPrefix", world.workdir.name);
                let put = put.overwrite(true).name(name).value("other/");
                world.workdir.aws.wait(put.send()).unwrap();
                ("schedule", world.repo.schedule_event("17 3 * * *"))
            }
        };
        world.github.take_writes();
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        Self {
            world,
            proxy,
            event,
            issuer,
        }
    }

    fn job(&self) -> Job {
        let job = self.world.job(self.event.0, &self.event.1, self.issuer);
        job.with("AWS_ENDPOINT_URL", &self.proxy.url())
    }

    fn stacks(&self) -> Vec<(String, String)> {
        let stacks = self.world.workdir.aws.stack_names().into_iter();
        stacks.filter(|(name, _)| name != "roles").collect()
    }

    /// What AWS has, without names, which differ between worlds.
    fn account(&self) -> String {
        let aws = &self.world.workdir.aws;
        let stacks = self.stacks().into_iter().map(|(name, status)| {
            let change_sets = aws.change_sets(&name).len();
            match change_sets {
                0 => status,
                count => format!("{status} with {count} change set"),
            }
        });
        let stacks: Vec<String> = stacks.collect();
        let buckets = aws.buckets();
        let keys: usize = buckets.iter().map(|name| aws.keys(name).len()).sum();
        match (stacks.is_empty(), buckets.is_empty()) {
            (true, true) => "nothing".to_owned(),
            (true, false) => format!("{} bucket", buckets.len()),
            _ => format!("{}, {keys} objects", stacks.join(", ")),
        }
    }

    /// The job of a second person's comment that confirms what the last reply says.
    fn confirmed_again(&self) -> Job {
        let digest = regex::Regex::new("--confirm ([0-9a-f]{16})").unwrap();
        let reply = self.world.last_comment();
        // The reply first quotes the command that it answers.
        let digest = digest.find_iter(&reply).last().unwrap().as_str();
        let line = format!(
            "/provisioner tear-down {} --force {digest}",
            self.world.workdir.path()
        );
        let comment = self.world.repo.comment(7, &self.world.carol, &line);
        let mut event = self.event.1.clone();
        event["comment"]["id"] = comment.id.into();
        event["comment"]["body"] = line.into();
        let job = self.world.job(self.event.0, &event, self.issuer);
        job.with("AWS_ENDPOINT_URL", &self.proxy.url())
    }

    /// The state after a run: the number of comments; AWS, and what else the forge has.
    fn state(&self) -> (usize, String) {
        let repo = &self.world.repo;
        let template = self.stacks().into_iter().next().map(|(name, _)| {
            let aws = &self.world.workdir.aws;
            let template = aws.stacks().get_template().stack_name(name).send();
            let body = aws.wait(template).unwrap().template_body;
            body.unwrap_or_default().contains("forecasting")
        });
        let comments = repo.comments(7).len();
        let issues = repo.issues().len();
        let deployments = repo.deployments().len();
        let (account, head) = (self.account(), repo.head("main"));
        let commit = match self.event.0 {
            "pull_request" => self.event.1["pull_request"]["head"]["sha"].as_str(),
            _ => None,
        };
        let statuses = repo.statuses(commit.unwrap_or(&head));
        let status = statuses.first().map(|status| status.state.clone());
        let rest = format!("{issues} issues, {deployments} deployments, status {status:?}");
        (
            comments,
            format!("{account}; changed: {template:?}; {rest}"),
        )
    }

    /// Runs the job to its moment, and cancels it there. Returns its exit code, log and summary.
    fn cancel(&self, moment: Moment, is_killed: bool) -> (Option<i32>, String, String) {
        match moment {
            Aws(operation, side) => self.proxy.hold_operation(operation, side),
            Busy(operation, texts) => {
                self.proxy.hold_operation(operation, Side::After);
                self.make_busy(texts);
            }
            Forge(pattern) => {
                // A program that is signalled waits for the answer.
                let late = Duration::from_millis(if is_killed { 60_000 } else { 700 });
                self.world.github.fault(pattern, GitHubFault::Slow(late));
            }
        }
        let job = self.job();
        let written = |pattern: &str| self.world.github.count(pattern);
        let before = match moment {
            Forge(pattern) => written(pattern),
            _ => 0,
        };
        let mut step = Step::start(&job);
        match moment {
            Forge(pattern) => {
                while written(pattern) == before {
                    assert!(!step.has_ended(), "{moment:?} never came");
                    std::thread::yield_now();
                }
            }
            Aws(..) | Busy(..) => drop(self.proxy.held()),
        }
        if is_killed {
            step.kill();
            self.proxy.release(false);
        } else {
            step.cancel();
            step.terminate();
            self.proxy.release(true);
        }
        let (status, log) = step.ended();
        let summary = std::fs::read_to_string(job.folder.path().join("summary"));
        (status, log, summary.unwrap_or_default())
    }

    fn make_busy(&self, texts: [&str; 2]) {
        let busy = Fault::rewrites([texts]);
        self.proxy
            .rule(Rule::new(busy).for_operation("DescribeStacks"));
    }

    fn clear(&self) {
        self.proxy.clear();
        self.world.github.clear_faults();
    }
}

impl World {
    fn opened(&self, s3: &str) -> Pull {
        self.workdir.write_config(s3);
        let text = self.workdir.read(&self.workdir.path());
        let commit: CommitBuilder = self.repo.commit("feature").author(&self.alice);
        commit.write(&self.workdir.path(), text).push();
        let pull = self.repo.pull("feature").author(&self.alice);
        pull.number(7).open()
    }

    fn commented(&self, pull: &Pull, text: &str) -> (&'static str, serde_json::Value) {
        let comment = self.repo.comment(7, &self.carol, text);
        ("issue_comment", pull.comment_event("created", comment.id))
    }
}

/// The errors of a summary that say what is left.
fn said(summary: &str) -> String {
    let name = regex::Regex::new("stack acme-[a-z0-9-]+").unwrap();
    let mut lines: Vec<String> = Vec::new();
    for line in summary.lines() {
        if let Some((_, text)) = line.split_once("error[interrupted]") {
            let text = name.replace_all(text, "the stack");
            lines.push(text.trim_start_matches(':').trim().to_owned());
        }
    }
    lines.dedup();
    match lines.is_empty() {
        true => "-".to_owned(),
        false => lines.join("; "),
    }
}

#[test]
fn the_next_run_finishes_a_cancelled_one() {
    let flows = [
        Check,
        ShowChanges,
        TestDeploy,
        TearDown,
        Create,
        Update,
        Drift,
    ];
    let baselines = each(&flows, |flow| {
        let scene = Scene::new(*flow);
        let run = scene.job().run();
        assert_eq!(run.status, 0, "{flow:?}: {}", run.stderr);
        let state = scene.state();
        scene.world.github.take_writes();
        state
    });
    let cases = MOMENTS
        .iter()
        .flat_map(|(flow, moment, ends)| ends.iter().map(move |end| (flow, moment, end)));
    let cases: Vec<_> = cases.collect();
    let rows = each(&cases, |(flow, moment, end)| {
        let at = format!("{flow:?} {moment:?} {end:?}");
        let is_killed = **end == Killed;
        let scene = Scene::new(**flow);
        let (status, log, summary) = scene.cancel(**moment, is_killed);
        assert_eq!(status.is_none(), is_killed, "{at}: {log}");
        scene.clear();
        let mut left = scene.account();
        // The number of calls that are already running differs.
        if matches!(moment, Aws("PutObject", _)) {
            left = left.split(',').next().unwrap_or_default().to_owned() + ", some objects";
        }
        let told = said(&summary);
        assert!(is_killed || !left.contains("change set"), "{at}: {left}");
        // The workflows run the step after jobs that change stacks.
        let mut finished = "no such step".to_owned();
        if scene.issuer == 1 {
            if let Busy("ExecuteChangeSet", texts) = moment {
                scene.make_busy(*texts);
            }
            let (status, _, summary) = finish_cancelled(scene.job());
            finished = format!("{}: {}", status.unwrap_or(-1), said(&summary));
            scene.clear();
        }
        let mut run = scene.job().run();
        let mut replies = 0;
        // Less is deleted than was confirmed, so a person confirms again.
        if **flow == TearDown && run.status == 20 {
            let confirmed = scene.confirmed_again();
            run = confirmed.run();
            replies = 2;
        }
        let (comments, state) = scene.state();
        let baseline = &baselines[flows.iter().position(|known| known == *flow).unwrap()];
        let failed =
            (run.status != 0 || (comments - replies, state.clone()) != *baseline).then(|| {
                format!(
                    "{at}: {}: {comments} {state}, not {baseline:?}\n{}",
                    run.status, run.stderr
                )
            });
        scene.world.github.take_writes();
        let ended = status.map_or("killed".to_owned(), |status| format!("exit {status}"));
        let moment = match moment {
            Aws(operation, side) => format!("{side:?} {operation}"),
            Busy(_, [_, status]) => (*status).to_owned(),
            Forge(pattern) => format!("After {pattern}"),
        };
        let again = match replies {
            0 => "re-run",
            _ => "confirmed again",
        };
        (
            [
                format!("{flow:?}"),
                moment,
                ended,
                left,
                told,
                finished,
                again.to_owned(),
            ],
            failed,
        )
    });
    let (rows, failed): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let failed: Vec<String> = failed.into_iter().flatten().collect();
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
    let head = [
        "flow",
        "moment",
        "ends",
        "AWS has",
        "says",
        "step for cancelled jobs",
        "next run",
    ];
    println!("{}", crate::aws::table(head, rows));
}
