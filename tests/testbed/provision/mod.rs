//! Flow 3: provisions approved and merged changes of the default branch.
#![expect(clippy::disallowed_methods, reason = "evidence is a file")]

mod attacks_cloud;
mod attacks_event;
mod attacks_plan;
mod attacks_policy;
mod attacks_review;
mod attacks_template;
mod attacks_text;
mod comments;
mod concurrency;
mod defaults;
mod dispatched;
mod environments;
mod evidence;
mod failure_record;
mod faults;
mod found;
mod found_rests;
mod kills;
pub mod many;
mod many_accounts;
mod merges;
mod outcomes;
mod remains;
mod removal;
mod rollout;
mod signals;
mod solutions;
mod updates;
mod upgrade;

use serde_json::Value;

use crate::aws::scene;
use crate::support::github::{CommitBuilder, Pull};
use crate::support::job::{Job, JobOutput, normalize};
use crate::support::markdown::assert_nothing_live;
use crate::world::*;

const CONFIG: &str = "  versioning: true\n";
const TAGGED: &str = "  versioning: true\n  tags:\n    Team: forecasting\n";

impl World {
    /// A repository with a proposed and checked config.
    fn with_proposed() -> (Self, Pull) {
        let world = Self::new(&policy(""));
        let pull = world.proposed(CONFIG);
        (world, pull)
    }

    /// A repository with a deployed config, without folders. `rest`: further lines of the environment's policy.
    fn with_stack(rest: &str) -> Self {
        let world = Self::new(&policy(rest));
        scene::with_stack(&world.workdir);
        let text = world.workdir.read(&world.workdir.path());
        let commit = world.repo.commit("main").author(&world.carol);
        commit.write(&world.workdir.path(), text).push();
        world
    }

    /// A config of another company in the same account: its path and its text.
    fn other(&self) -> (String, String) {
        let text = self.workdir.read(&self.workdir.path());
        (
            self.workdir.path().replace("acme-", "edge-"),
            text.replace("company_prefix: acme", "company_prefix: edge"),
        )
    }

    /// Another pull request than number 7, by Alice from the tip of `main`, checked.
    fn another(&self, number: u64, edit: impl FnOnce(CommitBuilder) -> CommitBuilder) -> Pull {
        let branch = format!("feature-{number}");
        self.repo.branch(&branch, &self.repo.head("main"));
        edit(self.repo.commit(&branch).author(&self.alice)).push();
        let pull = self.repo.pull(&branch).author(&self.alice);
        let pull = pull.number(number).open();
        self.check(&pull);
        pull
    }

    /// Existing stacks by name, without the one of the roles.
    fn stacks(&self) -> Vec<(String, String)> {
        let stacks = self.workdir.aws.stack_names().into_iter();
        stacks.filter(|(name, _)| name != "roles").collect()
    }

    /// The last run's comment on a pull request, well-formed, without text that differs between runs.
    #[track_caller]
    fn report(&self, number: u64) -> String {
        let comments = self.repo.comments(number);
        let ours = comments
            .iter()
            .filter(|it| it.body.starts_with("<!-- provisioner:provision "));
        let ours: Vec<&str> = ours.map(|it| it.body.as_str()).collect();
        let [body] = ours[..] else {
            panic!("one comment on {number}: {ours:#?}");
        };
        assert_nothing_live(body);
        let digest = regex::Regex::new("--confirm [0-9a-f]{16}").unwrap();
        let plan = regex::Regex::new("plan [0-9a-f]{12}").unwrap();
        let shown = regex::Regex::new("[0-9a-f]{12} was shown, and [0-9a-f]{12}").unwrap();
        let text = normalize(body);
        let text = digest.replace_all(&text, "--confirm [digest]");
        let text = plan.replace_all(&text, "plan [digest]");
        let text = shown.replace_all(&text, "[digest] was shown, and [digest]");
        self.workdir.redact_account(&text)
    }

    /// Everything that a run left for readers.
    fn captured_output(&self, job: &Job, run: &JobOutput) -> String {
        let mut all = format!("{}{}{}{}", run.stdout, run.stderr, run.summary, run.outputs);
        let evidence = std::fs::read_to_string(evidence_file(job));
        all.push_str(&evidence.unwrap_or_default());
        // The check's own outputs about the template have other tests.
        let writes = self.github.writes().into_iter();
        let writes = writes.map(|write| write.text());
        all.extend(writes.filter(|text| !text.contains("<!-- provisioner:check -->")));
        all
    }

    /// No token is readable anywhere.
    #[track_caller]
    fn assert_no_secrets(&self, job: &Job, run: &JobOutput) {
        let captured_output = self.captured_output(job, run);
        let issued = self.issuers.iter().flat_map(|issuer| issuer.secrets());
        let of_forge = self.github.requests().into_iter().filter_map(|it| it.token);
        for secret in issued.chain(of_forge) {
            assert!(
                !captured_output.contains(&secret),
                "{secret} in {captured_output}"
            );
        }
    }

    /// A push is denied with exactly these codes, before AWS is queried.
    #[track_caller]
    fn assert_denied(&self, before: &str, codes: &[&str]) -> JobOutput {
        self.assert_job_denied(&self.push(before), codes)
    }

    /// The same for any job.
    #[track_caller]
    fn assert_job_denied(&self, job: &Job, codes: &[&str]) -> JobOutput {
        let run = job.run();
        assert_eq!(run.status, 20, "{}\n{}", run.stderr, run.summary);
        assert_eq!(denied_codes(job), codes, "{}", run.summary);
        self.assert_nothing_done(job, &run);
        run
    }

    /// Nothing was created, and no credentials were requested.
    #[track_caller]
    fn assert_nothing_done(&self, job: &Job, run: &JobOutput) {
        assert_eq!(self.stacks(), []);
        assert_eq!(self.workdir.aws.buckets(), [""; 0]);
        assert_eq!(self.issuers[1].issued(), [""; 0]);
        self.assert_no_secrets(job, run);
        let allowed = [COMMENT, COMMENTED, DEPLOYMENT, DEPLOYED];
        for write in self.github.take_writes() {
            let known = allowed.iter().any(|pattern| write.matches(pattern));
            assert!(known, "{}", write.line());
        }
    }
}

/// A merged pull request is provisioned.
#[track_caller]
fn run_successfully(job: &Job) -> JobOutput {
    let run = job.run();
    assert_eq!(run.status, 0, "{}\n{}", run.stderr, run.summary);
    run
}

fn evidence_file(job: &Job) -> std::path::PathBuf {
    job.folder.path().join("provisioner-evidence.json")
}

fn evidence_of(job: &Job) -> Value {
    let text = std::fs::read_to_string(evidence_file(job)).expect("there is evidence");
    serde_json::from_str(&text).unwrap()
}

/// Codes of the errors in a report, each once, in order.
/// The codes of all denials of a run, also of those that its report does not repeat.
fn denied_codes(job: &Job) -> Vec<String> {
    let evidence = evidence_of(job);
    let changes = evidence["predicate"]["changes"].as_array().unwrap();
    let outcomes = changes
        .iter()
        .flat_map(|change| change["change"]["report"]["outcomes"].as_array().unwrap());
    let problems = outcomes.flat_map(|outcome| outcome["problems"].as_array().unwrap());
    let mut codes: Vec<String> = Vec::new();
    for problem in problems {
        let code = problem["code"].as_str().unwrap().to_owned();
        if problem["error"] == true && !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}

fn codes_of(report: &str) -> Vec<String> {
    let error = regex::Regex::new(r"error\[([a-z0-9-]+)\]").unwrap();
    let mut codes: Vec<String> = Vec::new();
    for found in error.captures_iter(report) {
        if !codes.contains(&found[1].to_owned()) {
            codes.push(found[1].to_owned());
        }
    }
    codes
}
