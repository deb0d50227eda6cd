//! A pull request that the guard allows, and its people.

use std::sync::LazyLock;

use jiff::Timestamp;
use provisioner::entries::NamedResource;
use provisioner::guard::*;
use provisioner::model::{CommitSha, UserId};
use provisioner::stack::StackArn;

use super::{Loaded, codes, policy, stack};

/// Requires one approval by a user with write permission.
pub static ONE_APPROVAL: LazyLock<Loaded> =
    LazyLock::new(|| policy("defaults: {updates: reviewed}"));
/// Requires two approvals.
pub static TWO_APPROVALS: LazyLock<Loaded> =
    LazyLock::new(|| policy("defaults: {updates: reviewed, approvals: 2}"));
/// Requires one approval by a listed approver.
pub static LISTED_APPROVERS: LazyLock<Loaded> = LazyLock::new(|| {
    policy(
        "defaults: {updates: reviewed}\n\
         environments: {prod: {approvers: ['@acme/ml', '@rex']}}",
    )
});

/// Digest of a deletion.
pub const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// When the head arrived, by the forge's clock.
pub const ARRIVED: i64 = 100;
/// When the check reported the plan of the head.
pub const REPORTED: i64 = 200;
/// When reviewers approved.
pub const REVIEWED: i64 = 300;

/// When the guard decides: Thursday, 1970-01-01 00:10 UTC.
pub const NOW: i64 = 600;

pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// The digest of the reviewed plan.
pub fn plan() -> String {
    "b".repeat(64)
}

/// A report of a plan at a time.
pub fn report(plan: &str, second: i64) -> PlanReport {
    PlanReport {
        plan: Some(plan.to_owned()),
        at: at(second),
    }
}

pub fn contributor(actor: &Actor) -> Contributor {
    Contributor {
        id: actor.id,
        login: actor.login.clone(),
        kind: match actor.bot {
            true => AccountKind::Bot,
            false => AccountKind::Person,
        },
    }
}

/// The forge's bot of CI jobs.
pub fn job_bot() -> Contributor {
    Contributor {
        id: UserId(7),
        login: "jobs[bot]".to_owned(),
        kind: AccountKind::JobBot,
    }
}

/// A resource that an entry names.
pub fn bucket(name: &str) -> NamedResource {
    NamedResource {
        id: "Bucket".to_owned(),
        key: "BucketName".to_owned(),
        value: name.to_owned(),
    }
}

/// The head that was reviewed and merged.
pub fn head() -> CommitSha {
    CommitSha::parse(&"a".repeat(40)).unwrap()
}

/// Another commit of the same branch.
pub fn another() -> CommitSha {
    CommitSha::parse(&"b".repeat(40)).unwrap()
}

fn person(id: u64, login: &str) -> Actor {
    Actor {
        id: UserId(id),
        login: login.to_owned(),
        bot: false,
        permission: Some(Permission::Write),
        teams: Vec::new(),
    }
}

/// Opened the pull request.
pub fn ann() -> Actor {
    person(1, "ann")
}

/// Pushed its head.
pub fn pam() -> Actor {
    person(2, "pam")
}

/// Reviewed the pull request.
pub fn rex() -> Actor {
    person(3, "rex")
}

/// Also reviewed it. In a team of approvers.
pub fn eve() -> Actor {
    Actor {
        teams: vec!["acme/ml".to_owned()],
        ..person(4, "eve")
    }
}

/// Comments. In the team of approvers.
pub fn cleo() -> Actor {
    Actor {
        teams: vec!["acme/ml".to_owned()],
        ..person(5, "cleo")
    }
}

/// A bot in a team of approvers.
pub fn robot() -> Actor {
    Actor {
        bot: true,
        permission: Some(Permission::Admin),
        teams: vec!["acme/ml".to_owned()],
        ..person(6, "robot")
    }
}

impl Known for Actor {
    fn may(mut self, permission: impl Into<Option<Permission>>) -> Self {
        self.permission = permission.into();
        self
    }

    fn in_teams(mut self, teams: &[&str]) -> Self {
        self.teams = teams.iter().map(|&team| team.to_owned()).collect();
        self
    }

    fn named(mut self, login: &str) -> Self {
        login.clone_into(&mut self.login);
        self
    }

    fn reviews(self, state: ReviewState) -> Review {
        Review {
            by: self,
            state,
            commit: head(),
            at: Some(at(REVIEWED)),
        }
    }

    fn approves(self) -> Review {
        self.reviews(ReviewState::Approved)
    }
}

/// Edits of people in these tests.
pub trait Known: Sized {
    /// With another permission.
    fn may(self, permission: impl Into<Option<Permission>>) -> Self;
    /// In other teams.
    fn in_teams(self, teams: &[&str]) -> Self;
    /// With another login.
    fn named(self, login: &str) -> Self;
    /// A review of the head.
    fn reviews(self, state: ReviewState) -> Review;
    /// A review of the head.
    fn approves(self) -> Review;
}

/// Makes it a review of another commit.
pub fn of_another_commit(mut review: Review) -> Review {
    review.commit = another();
    review
}

/// Cleo's comment.
pub fn comment() -> CommentCommand {
    CommentCommand {
        id: 31,
        by: cleo(),
        force: true,
        confirm: Some(DIGEST.to_owned()),
        reported: Some(head()),
    }
}

/// The inputs of a decision.
#[derive(Clone, Debug)]
pub struct Scene {
    pub policy: &'static Loaded,
    pub facts: Facts,
}

impl Scene {
    /// An effect that the guard allows. The policy requires one approval.
    pub fn new(kind: EffectKind, trigger: Trigger) -> Self {
        let request = ChangeRequest {
            number: 7,
            merged: Some(kind != EffectKind::Test),
            target: Some(Branch {
                name: "main".to_owned(),
                default: true,
                protected: Some(true),
            }),
            fork: Some(false),
            head: Some(head()),
            author: Some(contributor(&ann())),
            pushers: Some(vec![contributor(&pam())]),
            head_arrived: Some(at(ARRIVED)),
            reviews: Some(vec![rex().approves()]),
            reports: Some(vec![report(&plan(), REPORTED)]),
            shown: Some(ReviewedPlan {
                plan: plan(),
                same: true,
                change_set: Some("a".to_owned()),
                sampled: false,
            }),
            asks: Some(match kind {
                EffectKind::Adopt => RequestedChange::Adopt,
                EffectKind::Unadopt => RequestedChange::Unadopt,
                EffectKind::Replace => RequestedChange::Replace,
                EffectKind::Delete | EffectKind::TearDown => RequestedChange::Delete,
                _ => RequestedChange::Provision,
            }),
            entry: matches!(
                kind,
                EffectKind::Adopt | EffectKind::Unadopt | EffectKind::Replace
            )
            .then(|| StackArn::parse(stack::ID).unwrap()),
            imports: Vec::new(),
            current: Some(true),
            other_claims: Some(Vec::new()),
            broken_claims: Some(Vec::new()),
            identity_limited: Some(true),
            lock: Some(LockState::Same),
            now: Some(at(NOW)),
            repair: None,
            trigger: Some(trigger),
        };
        let facts = Facts {
            deletion: Some(DIGEST.to_owned()),
            authority: Authority::Request(Box::new(request)),
            ..stack::allowed_facts(kind)
        };
        Self {
            policy: &ONE_APPROVAL,
            facts,
        }
    }

    /// With a trigger by Cleo's comment.
    pub fn commanded(kind: EffectKind) -> Self {
        Self::new(kind, Trigger::Comment(comment()))
    }

    /// With a trigger by the change itself.
    pub fn merged(kind: EffectKind) -> Self {
        Self::new(kind, Trigger::Change)
    }

    pub fn request(&mut self) -> &mut ChangeRequest {
        match &mut self.facts.authority {
            Authority::Request(request) => request,
            other => panic!("{other:?}"),
        }
    }

    /// Edits the comment, if there is one.
    pub fn comment(&mut self, change: impl FnOnce(&mut CommentCommand)) {
        if let Some(Trigger::Comment(command)) = &mut self.request().trigger {
            change(command);
        }
    }

    pub fn reviews(&mut self, reviews: impl Into<Vec<Review>>) {
        self.request().reviews = Some(reviews.into());
    }

    pub fn codes(&self, kind: EffectKind) -> Vec<&'static str> {
        codes(kind, self.policy, &self.facts)
    }
}
