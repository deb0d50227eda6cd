//! What a token may do, found out without a change, and what limits its jobs.

use provisioner::forge::{
    Capabilities as _, Capability, PullRequests as _, ReadPermission, Reviews as _, WritePermission,
};

use super::fixture::on_both_forges;
use super::{ForgeFixture, Scene};
use crate::support::forge::Fault;

const WRITES: [WritePermission; 4] = [
    WritePermission::Comments,
    WritePermission::Statuses,
    WritePermission::Deployments,
    WritePermission::Issues,
];

/// What the token may do of `WRITES`, in their order.
fn found<F: ForgeFixture>(scene: &Scene<F>, token: String) -> Vec<Capability> {
    scene.call_as(token, async |forge| {
        let mut found = Vec::new();
        for what in WRITES {
            found.push(forge.may_write(what, Some(7)).await);
        }
        found
    })
}

fn a_token_that_may_not_write_is_found_out<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let refused = found(&scene, F::read_only_token(&scene.fake));
    let is_no = |it: &Capability| matches!(it, Capability::No(_));
    assert!(refused.iter().all(is_no), "{refused:?}");
    let allowed = found(&scene, F::job_token(&scene.fake));
    assert!(!allowed.iter().any(is_no), "{allowed:?}");
    scene.fake.take_writes();
    // Nothing was written.
    assert!(scene.repo.comments(7).is_empty() && scene.repo.issues().is_empty());
    assert!(F::deployments(&scene.repo).is_empty());
}

fn an_outage_proves_no_permission<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    for method in ["GET", "POST"] {
        let all = format!("{method} /**");
        scene.fake.fault_always(&all, Fault::Status(503));
    }
    let head = scene.head();
    let found = scene.call(async |forge| {
        [
            forge.may_read(ReadPermission::Statuses, &head).await,
            forge.may_read(ReadPermission::Deployments, &head).await,
            forge.may_write(WritePermission::Comments, Some(7)).await,
            forge.can_read_team("acme/platform", "bob").await,
        ]
    });
    for capability in found {
        assert!(
            matches!(capability, Capability::Unproven(_)),
            "{capability:?}"
        );
    }
    scene.fake.take_writes();
}

fn a_job_reads_statuses_and_deployments<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let head = scene.head();
    scene.call(async |forge| {
        for what in [ReadPermission::Statuses, ReadPermission::Deployments] {
            assert_eq!(forge.may_read(what, &head).await, Capability::Yes);
        }
    });
}

/// Nothing says that only the default branch gets the identity of such jobs.
fn attack_an_unknown_environment_is_not_limited<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let limited = scene.call(async |forge| forge.is_limited_to("none", "main").await);
    assert_eq!(limited.unwrap(), None);
}

fn without_a_queue_nothing_is_queued<F: ForgeFixture>() {
    let scene = Scene::<F>::new();
    let queue = scene.call(async |forge| forge.merge_queue("main").await);
    assert_eq!(queue.unwrap(), []);
}

on_both_forges! {
    a_token_that_may_not_write_is_found_out
    an_outage_proves_no_permission
    a_job_reads_statuses_and_deployments
    attack_an_unknown_environment_is_not_limited
    without_a_queue_nothing_is_queued
}
