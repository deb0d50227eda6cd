//! The guard as a pure function: its truth table, properties of every decision, and attacks.

mod additions;
mod alarms;
mod approvals;
mod attack;
mod attack_command;
mod attack_people;
mod boundary;
mod denials;
mod import;
mod properties;
mod removals;
mod repair;
mod request;
mod scene;
mod stack;
mod two_policies;
mod unread;
mod window;

use std::sync::LazyLock;

use provisioner::diagnostic::{Diagnostic, explain};
use provisioner::guard::*;
use provisioner::model::RepoPath;
use provisioner::product::Target;
use provisioner::stack::StackName;

type Loaded = Result<Policy, Vec<Diagnostic>>;

static STACK: LazyLock<StackName> = LazyLock::new(|| StackName {
    target: Target {
        account: "123456789012".to_owned(),
        region: "eu-central-1".to_owned(),
        environment: "prod".to_owned(),
    },
    name: "acme".to_owned(),
});

fn policy(text: &str) -> Loaded {
    let path = RepoPath::parse(POLICY_FILE).unwrap();
    read_policy(&path, Some(format!("version: 1\n{text}\n").as_bytes()))
}

/// All denials; empty if the effect is allowed.
fn denials(kind: EffectKind, policy: &Loaded, facts: &Facts) -> Vec<Denial> {
    fn denials_for<E: Effect>(policy: &Loaded, facts: &Facts) -> Vec<Denial> {
        decide::<E>(policy, facts, &STACK).err().unwrap_or_default()
    }
    match kind {
        EffectKind::Inspect => denials_for::<Inspect>(policy, facts),
        EffectKind::Preview => denials_for::<Preview>(policy, facts),
        EffectKind::Create => denials_for::<Create>(policy, facts),
        EffectKind::Resume => denials_for::<Resume>(policy, facts),
        EffectKind::Test => denials_for::<Test>(policy, facts),
        EffectKind::Update => denials_for::<Update>(policy, facts),
        EffectKind::Folders => denials_for::<Folders>(policy, facts),
        EffectKind::Upload => denials_for::<Upload>(policy, facts),
        EffectKind::Delete => denials_for::<Delete>(policy, facts),
        EffectKind::TearDown => denials_for::<TearDown>(policy, facts),
        EffectKind::Adopt => denials_for::<Adopt>(policy, facts),
        EffectKind::Unadopt => denials_for::<Unadopt>(policy, facts),
        EffectKind::Replace => denials_for::<Replace>(policy, facts),
        EffectKind::RemoveFailed => denials_for::<RemoveFailed>(policy, facts),
        EffectKind::Restore => denials_for::<Restore>(policy, facts),
        EffectKind::ContinueRollback => denials_for::<ContinueRollback>(policy, facts),
    }
}

/// Codes of the denials; empty if the effect is allowed.
fn codes(kind: EffectKind, policy: &Loaded, facts: &Facts) -> Vec<&'static str> {
    let denials = denials(kind, policy, facts);
    let entries = denials.iter().map(|denial| explain(&denial.code).unwrap());
    entries.map(|entry| entry.code.as_str()).collect()
}

/// The truth table's parts of all kinds, computed in parallel.
fn for_every_kind(part: impl Fn(EffectKind) -> String + Copy + Send + Sync) -> String {
    std::thread::scope(|scope| {
        let kinds = EffectKind::ALL.iter();
        let threads: Vec<_> = kinds.map(|kind| scope.spawn(move || part(*kind))).collect();
        let joined = threads.into_iter().map(|thread| thread.join().unwrap());
        joined.collect()
    })
}

#[test]
fn truth_table() {
    let page = format!("{}\n{}", stack::page(), request::page());
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("guard", page);
    });
}
