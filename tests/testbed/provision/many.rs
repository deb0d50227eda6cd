//! Many stacks in one push: the number of calls with a throttling AWS, and the time with a delay of each request.
//! `PROVISIONER_MANY=200 PROVISIONER_WAY=100` gives the measurement of docs/benchmarks.md.
#![expect(
    clippy::disallowed_methods,
    reason = "a measurement says what it measures, and takes its size from the environment"
)]

use std::time::{Duration, Instant};

use crate::support::emulator::REGION;
use crate::support::forge::{CommitBuilder, Verbs};
use crate::support::job::{Job, JobOutput};
use crate::support::proxy::{Fault, FaultProxy, Rule, counted};
use crate::world::*;

/// A product with one parameter, so that the program is measured and not the emulator.
const PRODUCT: &str = ".provisioner/products/note";
const MANIFEST: &str = "name: note\ntitle: Note\nsummary: A note.\nsection: note\nfiles: '*-note.yaml'\n\
     target: {account: note.account, region: note.region, environment: \"'prod'\"}\n\
     names: {config: \"note.name ~ '-note'\", stack: names.config ~ '-stack' ~ given.suffix}\n\
     outputs: {template: names.config ~ '.yaml', policy: names.config ~ '.json'}\n\
     impact:\n  - {keys: [note.name, note.needs], level: critical, consequence: Another note.}\n  - {keys: [note.text], level: safe, consequence: Another text.}\n\
     actions: {validate-config: validate-config, deploy-product: provision, delete-product: delete}\n";
const SCHEMA: &str = r#"{"type":"object","additionalProperties":false,"required":["note"],"properties":{"note":{"type":"object",
    "additionalProperties":false,"required":["name","account","region"],"properties":{"name":{"type":"string"},
    "account":{"type":"string"},"region":{"type":"string"},"text":{"type":"string"},"needs":{"type":"string"}}}}}"#;
pub const STACK: &str = "Resources:\n  Note:\n    Type: AWS::SSM::Parameter\n    Properties:\n      Name: {{ '/notes/' ~ names.stack }}\n      \
     Type: String\n      Value: {{ note.text | default('hello') }}\nOutputs:\n  Note:\n    Value: !Ref Note\n    Export: { Name: {{ names.stack }} }\n\
     {% if note.needs is defined %}  Needed:\n    Value: !ImportValue {{ note.needs }}\n{% endif %}";
const POLICY: &str =
    "{ \"Version\": \"2012-10-17\", \"Statement\": [], \"Id\": {{ names.stack }} }\n";

/// Writes the product.
pub fn with_product<F: Verbs>(commit: CommitBuilder<F>) -> CommitBuilder<F> {
    commit
        .write(&format!("{PRODUCT}/product.yaml"), MANIFEST)
        .write(&format!("{PRODUCT}/config.schema.json"), SCHEMA)
        .write(&format!("{PRODUCT}/stack.yaml.j2"), STACK)
        .write(&format!("{PRODUCT}/iam-policy.json.j2"), POLICY)
}

/// A size from the environment.
pub fn number(name: &str, otherwise: u64) -> u64 {
    let number = std::env::var(name).ok();
    number
        .and_then(|text| text.parse().ok())
        .unwrap_or(otherwise)
}

/// Notes of one merged pull request.
pub struct Many {
    pub world: World,
    pub proxy: FaultProxy,
    pub before: String,
}

impl Many {
    pub fn new(count: u64) -> Self {
        let notes: Vec<String> = (0..count).map(|_| String::new()).collect();
        Self::with("", &notes)
    }

    /// `rest`: further lines of the environment's policy. `notes`: further lines of each note.
    pub fn with(rest: &str, notes: &[String]) -> Self {
        let world = World::new(&(policy(rest) + "configs: ['notes/*-note.yaml']\n"));
        let proxy = FaultProxy::in_front_of(&world.workdir.url);
        let account = world.workdir.aws.account.clone();
        with_product(world.repo.commit("main")).push();
        let pull = world.proposal(|commit| {
            notes.iter().enumerate().fold(commit, |commit, (at, more)| {
                let text = format!(
                    "note:\n  name: n{at:03}\n  account: \"{account}\"\n  region: {REGION}\n{more}"
                );
                commit.write(&format!("notes/n{at:03}-note.yaml"), text)
            })
        });
        let before = world.approved_and_merged(&pull);
        world.github.clear_journal();
        Self {
            world,
            proxy,
            before,
        }
    }

    pub fn job(&self) -> Job {
        let job = self.world.push(&self.before);
        job.with("AWS_ENDPOINT_URL", &self.proxy.url())
    }

    fn run(&self) -> JobOutput {
        self.job().run()
    }

    /// Number of complete stacks.
    pub fn complete(&self) -> usize {
        let stacks = self.world.workdir.aws.stack_names();
        let own = stacks.iter().filter(|(name, _)| name != "roles");
        own.filter(|(_, status)| status == "CREATE_COMPLETE")
            .count()
    }
}

#[test]
fn every_stack_costs_the_same_number_of_calls() {
    let count = number("PROVISIONER_MANY", 12);
    let way = Duration::from_millis(number("PROVISIONER_WAY", 0));
    let many = Many::new(count);
    many.proxy.slow(way);
    let begun = Instant::now();
    let run = many.run();
    let took = begun.elapsed();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(many.complete() as u64, count);
    let journal = many.proxy.journal();
    let calls = counted(&journal);
    let of_stacks = |name: &str| {
        calls
            .iter()
            .find(|(known, _)| known == name)
            .map(|it| it.1 as u64)
    };
    for call in ["CreateChangeSet", "ExecuteChangeSet"] {
        assert_eq!(of_stacks(call), Some(count), "{calls:?}");
    }
    assert_eq!(of_stacks("AssumeRoleWithWebIdentity"), Some(1), "{calls:?}");
    assert_eq!(of_stacks("GetCallerIdentity"), Some(1), "{calls:?}");
    let each = (journal.len() as u64 - 2) / count;
    assert!(each <= 14, "{each} calls for each stack: {calls:?}");
    let forge = many.world.github.requests().len();
    // Each config is read as reviewed, as merged and at the tip, and its deployment takes six calls, if the run creates deployments.
    // All other calls do not grow with the number of stacks.
    let of_each = if count > 50 { 3 } else { 9 };
    assert!(
        forge as u64 <= 60 + of_each * count,
        "{forge} calls of the forge"
    );
    many.world.github.take_writes();
    println!(
        "{count} stacks, {} ms on the way: {:.1} s, {} calls of AWS ({each} for each stack), {forge} of GitHub\n{calls:?}",
        way.as_millis(),
        took.as_secs_f64(),
        journal.len()
    );
}

#[test]
fn throttling_does_not_change_the_result() {
    let count = number("PROVISIONER_MANY", 6);
    let many = Many::new(count);
    many.proxy
        .slow(Duration::from_millis(number("PROVISIONER_WAY", 0)));
    many.proxy.rule(Rule::new(Fault::Throttled).percent(30));
    let begun = Instant::now();
    let run = many.run();
    let took = begun.elapsed();
    assert_eq!(run.status, 0, "{}", run.stderr);
    assert_eq!(many.complete() as u64, count);
    let throttled = many.proxy.fired()[0];
    assert!(throttled > 0);
    let made = counted(&many.proxy.mutations());
    let executed = made.iter().find(|(name, _)| name == "ExecuteChangeSet");
    assert_eq!(executed.map(|it| it.1 as u64), Some(count), "{made:?}");
    many.world.github.take_writes();
    println!(
        "{count} stacks, 30 % throttled: {:.1} s, {throttled} of {} calls were refused",
        took.as_secs_f64(),
        many.proxy.journal().len()
    );
}
