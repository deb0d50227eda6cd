//! One merge for many accounts. `PROVISIONER_MANY=2000 PROVISIONER_MANY_ACCOUNTS=60 PROVISIONER_WAY=100 PROVISIONER_RATE=10` gives the
//! measurements of docs/scale.md, with pauses as long as a user's. `PROVISIONER_RELEASED` names the binary.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement says what it measures, and takes its size from the environment"
)]

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use super::many::{number, with_product};
use super::*;
use crate::support::emulator::REGION;
use crate::support::estate_aws::{EstateAws, Rate};

/// The first account; the others follow.
const FIRST_ACCOUNT: u64 = 200_000_000_000;

/// A merged pull request with notes in several accounts.
struct Estate {
    world: World,
    aws: EstateAws,
    before: String,
    count: usize,
    /// Whether pauses are as long as a user's.
    is_measured: bool,
}

impl Estate {
    fn new(count: u64, accounts: u64) -> Self {
        Self::with("", count, accounts)
    }

    /// `rest`: further lines of the environment's policy.
    fn with(rest: &str, count: u64, accounts: u64) -> Self {
        let is_measured = std::env::var("PROVISIONER_MANY").is_ok();
        let count = number("PROVISIONER_MANY", count);
        let accounts = number("PROVISIONER_MANY_ACCOUNTS", accounts);
        let world = World::new(&(policy(rest) + "configs: ['notes/*-note.yaml']\n"));
        let aws = EstateAws::start();
        with_product(world.repo.commit("main")).push();
        world.repo.branch("feature", &world.repo.head("main"));
        let commit = world.repo.commit("feature").author(&world.alice);
        let notes = (0..count).fold(commit, |commit, at| {
            let account = FIRST_ACCOUNT + at % accounts;
            let text =
                format!("note:\n  name: n{at:05}\n  account: \"{account}\"\n  region: {REGION}\n");
            commit.write(&format!("notes/n{at:05}-note.yaml"), text)
        });
        notes.push();
        let pull = world.repo.pull("feature").author(&world.alice);
        let pull = pull.number(7).open();
        let event = pull.event("opened", &world.alice);
        let begun = Instant::now();
        let check = world.job("pull_request", &event, 0);
        let check = check.with("AWS_ENDPOINT_URL", &aws.url()).run();
        assert_eq!(check.status, 0, "{}", check.stderr);
        println!(
            "check: {:.1} s, {:?}, {} requests to GitHub",
            begun.elapsed().as_secs_f64(),
            aws.calls(),
            world.github.requests().len()
        );
        let before = world.approved_and_merged(&pull);
        world.github.clear_journal();
        world.github.take_writes();
        aws.clear_calls();
        aws.slow(Duration::from_millis(number("PROVISIONER_WAY", 0)));
        Self {
            world,
            aws,
            before,
            count: usize::try_from(count).unwrap(),
            is_measured,
        }
    }

    fn job(&self) -> Job {
        let job = self.world.push(&self.before);
        let job = job.with("AWS_ENDPOINT_URL", &self.aws.url());
        match self.is_measured {
            true => job.with("PROVISIONER_PAUSE_PERCENT", "100"),
            false => job,
        }
    }

    /// Runs jobs at the same time. Returns their exit codes.
    fn run(&self, jobs: &[Job], what: &str) -> Vec<i32> {
        let begun = Instant::now();
        let running: Vec<Child> = jobs.iter().map(started).collect();
        let ended: Vec<(i32, u64)> = running.into_iter().map(waited).collect();
        for (job, _) in jobs.iter().zip(&ended).filter(|(_, ended)| ended.0 != 0) {
            println!("{}", log(job));
        }
        println!(
            "{what}: {:.1} s, {} MB, {} of {} complete, {} calls of AWS of which {} were throttled, at most {} at once, {} of GitHub",
            begun.elapsed().as_secs_f64(),
            ended
                .iter()
                .map(|(_, memory)| memory / 1024)
                .max()
                .unwrap_or_default(),
            self.aws.complete(),
            self.count,
            self.aws.calls().values().sum::<usize>(),
            self.aws.throttled(),
            self.aws.most_in_flight(),
            self.world.github.requests().len(),
        );
        ended.into_iter().map(|(status, _)| status).collect()
    }

    /// Every stack is complete, and its change set was executed once.
    #[track_caller]
    fn assert_each_is_created_once(&self) {
        let executed = self.aws.executed();
        let different: BTreeSet<&String> = executed.iter().collect();
        assert_eq!((executed.len(), different.len()), (self.count, self.count));
        assert_eq!(self.aws.complete(), self.count);
        self.world.github.take_writes();
    }
}

fn started(job: &Job) -> Child {
    let mut process = job.process(&["ci"]);
    let log = std::fs::File::create(job.folder.path().join("log")).unwrap();
    process.stdout(Stdio::null()).stderr(log);
    process.spawn().unwrap()
}

fn log(job: &Job) -> String {
    std::fs::read_to_string(job.folder.path().join("log")).unwrap()
}

/// The exit code and the most memory in KiB, where the system tells it.
fn waited(mut child: Child) -> (i32, u64) {
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let size = line.and_then(|line| line.trim().strip_suffix(" kB"));
        most = size.and_then(|size| size.parse().ok()).unwrap_or(most);
        match child.try_wait().unwrap() {
            Some(ended) => return (ended.code().unwrap_or(-1), most),
            // The job has both cores.
            None => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

#[test]
fn one_job_creates_the_stacks_of_all_accounts() {
    let estate = Estate::new(16, 4);
    assert_eq!(estate.run(&[estate.job()], "one job"), [0]);
    let calls = estate.aws.calls();
    let accounts = number("PROVISIONER_MANY_ACCOUNTS", 4) as usize;
    for call in ["AssumeRoleWithWebIdentity", "GetCallerIdentity"] {
        assert_eq!(calls[call], accounts, "{calls:?}");
    }
    let of_stacks = calls.values().sum::<usize>() - 2 * accounts;
    assert!(of_stacks <= 10 * estate.count, "{calls:?}");
    estate.assert_each_is_created_once();
}

#[test]
fn throttled_accounts_slow_down() {
    let estate = Estate::new(16, 4);
    estate.aws.throttle(Rate {
        per_second: number("PROVISIONER_RATE", 500) as f64,
        burst: number("PROVISIONER_RATE", 2) as f64,
    });
    assert_eq!(estate.run(&[estate.job()], "one job, throttled"), [0]);
    estate.assert_each_is_created_once();
}

/// The SDK has 100 repetitions for all accounts of a process together. Here 64 stacks wait for more.
#[test]
fn a_throttled_start_fails_no_stack() {
    let estate = Estate::new(64, 8);
    estate.aws.refuse_first(200);
    assert_eq!(estate.run(&[estate.job()], "a throttled start"), [0]);
    estate.assert_each_is_created_once();
}

#[test]
fn jobs_of_a_matrix_share_the_accounts() {
    let estate = Estate::new(12, 6);
    let accounts = number("PROVISIONER_MANY_ACCOUNTS", 6);
    let jobs: Vec<Job> = (0..6)
        .map(|part| {
            let own = (0..accounts).filter(|account| account % 6 == part);
            let own: Vec<String> = own.map(|at| (FIRST_ACCOUNT + at).to_string()).collect();
            let job = estate.job().with("PROVISIONER_ACCOUNTS", &own.join(","));
            job.with("GITHUB_RUN_ID", &format!("47{part}"))
        })
        .collect();
    assert_eq!(estate.run(&jobs, "six jobs"), [0; 6]);
    estate.assert_each_is_created_once();
}

/// The stack that goes first is in an account of another job.
#[test]
fn attack_accounts_of_another_job_pass_what_goes_first() {
    let estate = Estate::with("    first: 1\n", 4, 2);
    let of = |at: u64| {
        let account = (FIRST_ACCOUNT + at).to_string();
        [estate.job().with("PROVISIONER_ACCOUNTS", &account)]
    };
    assert_eq!(estate.run(&of(1), "the others"), [30]);
    assert_eq!(estate.aws.executed(), [""; 0]);
    assert_eq!(estate.run(&of(0), "the first"), [0]);
    assert_eq!(estate.run(&of(1), "the others again"), [0]);
    estate.assert_each_is_created_once();
}

/// A run that begins nothing lets its merge rest until something changes. What changes here is in an account of another job.
#[test]
fn a_group_that_waits_for_another_one_does_not_rest() {
    let estate = Estate::with("    first: 1\n", 4, 2);
    let of = |at: u64| (FIRST_ACCOUNT + at).to_string();
    let push = |at: u64| [estate.job().with("PROVISIONER_ACCOUNTS", &of(at))];
    let scheduled = || {
        let event = estate.world.repo.schedule_event("37 * * * *");
        let job = estate.world.job("schedule", &event, 1);
        let job = job.with("PROVISIONER_MODE", "apply");
        let job = job.with("GITHUB_REF", "refs/heads/main");
        let job = job.with("PROVISIONER_ACCOUNTS", &of(1));
        [job.with("AWS_ENDPOINT_URL", &estate.aws.url())]
    };
    assert_eq!(estate.run(&push(1), "the others"), [30]);
    let ends = [1, 2].map(|_| estate.run(&scheduled(), "the others wait"));
    assert_eq!(ends, [[0], [0]]);
    let mut comments = estate.world.repo.comments(7).into_iter();
    assert!(comments.all(|comment| !comment.body.contains("rests=")));
    assert_eq!(estate.run(&push(0), "the first"), [0]);
    assert_eq!(estate.run(&scheduled(), "the others again"), [0]);
    estate.assert_each_is_created_once();
}

#[test]
fn a_killed_job_is_finished_by_the_next_one() {
    let estate = Estate::new(16, 4);
    let half = estate.aws.silent_after(estate.count / 2);
    let job = estate.job();
    let mut killed = started(&job);
    let reached = half.recv_timeout(Duration::from_secs(if estate.is_measured {
        600
    } else {
        60
    }));
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(reached.is_ok(), "{}", log(&job));
    estate.aws.speak();
    assert_eq!(estate.aws.complete(), estate.count / 2);
    assert_eq!(estate.run(&[estate.job()], "the next job"), [0]);
    estate.assert_each_is_created_once();
}

#[test]
fn a_job_without_enough_time_leaves_the_rest_to_the_next_one() {
    let estate = Estate::new(8, 2);
    let minutes = number("PROVISIONER_MINUTES", 4).to_string();
    let short = estate.job().with("PROVISIONER_TIMEOUT_MINUTES", &minutes);
    assert_eq!(estate.run(&[short], "a short job"), [30]);
    assert!(estate.aws.complete() < estate.count);
    assert_eq!(estate.run(&[estate.job()], "the next job"), [0]);
    estate.assert_each_is_created_once();
}
