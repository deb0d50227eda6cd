//! A pull request for which everything is as it should be, and the people around it.

use std::sync::LazyLock;

use provisioner::guard::*;
use provisioner::model::{CommitSha, UserId};

use super::{Loaded, codes, policy, stack};

/// What one approval allows, by anybody who may push.
pub static ONE: LazyLock<Loaded> = LazyLock::new(|| policy("defaults: {updates: reviewed}"));
/// What two allow.
pub static TWO: LazyLock<Loaded> =
    LazyLock::new(|| policy("defaults: {updates: reviewed, approvals: 2}"));
/// What one of these people allows.
pub static LISTED: LazyLock<Loaded> = LazyLock::new(|| {
    policy(
        "defaults: {updates: reviewed}\n\
         environments: {prod: {approvers: ['@acme/ml', '@rex']}}",
    )
});

/// Digest of what a deletion would do.
pub const DIGEST: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

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

/// Reviewed it.
pub fn rex() -> Actor {
    person(3, "rex")
}

/// Reviewed it as well. Is of a team that may.
pub fn eve() -> Actor {
    Actor {
        teams: vec!["acme/ml".to_owned()],
        ..person(4, "eve")
    }
}

/// Comments. Is of the team that approves.
pub fn cleo() -> Actor {
    Actor {
        teams: vec!["acme/ml".to_owned()],
        ..person(5, "cleo")
    }
}

/// Is a machine of a team that may.
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
        }
    }

    fn approves(self) -> Review {
        self.reviews(ReviewState::Approved)
    }
}

/// What is said of people in these tests.
pub trait Known: Sized {
    /// The same with another permission.
    fn may(self, permission: impl Into<Option<Permission>>) -> Self;
    /// The same in other teams.
    fn in_teams(self, teams: &[&str]) -> Self;
    /// The same by another name.
    fn named(self, login: &str) -> Self;
    /// A review of the head.
    fn reviews(self, state: ReviewState) -> Review;
    /// A review of the head.
    fn approves(self) -> Review;
}

/// Makes a review one of another commit.
pub fn before(mut review: Review) -> Review {
    review.commit = another();
    review
}

/// Cleo's comment.
pub fn comment() -> CommentCommand {
    CommentCommand {
        by: cleo(),
        force: true,
        confirm: Some(DIGEST.to_owned()),
        reported: Some(head()),
    }
}

/// All that a decision depends on.
#[derive(Clone, Debug)]
pub struct Scene {
    pub policy: &'static Loaded,
    pub facts: Facts,
}

impl Scene {
    /// Everything is as it should be for an effect, and one approval is asked for.
    pub fn new(kind: EffectKind, trigger: Trigger) -> Self {
        let deletes = matches!(kind, EffectKind::Delete | EffectKind::TearDown);
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
            author: Some(ann().id),
            pushers: Some(vec![pam().id]),
            reviews: Some(vec![rex().approves()]),
            shown: Some(ReviewedPlan {
                plan: "b".repeat(64),
                same: true,
                change_set: Some("a".to_owned()),
            }),
            asks: Some(if deletes {
                RequestedChange::Delete
            } else {
                RequestedChange::Provision
            }),
            current: Some(true),
            trigger: Some(trigger),
        };
        let facts = Facts {
            deletion: Some(DIGEST.to_owned()),
            authority: Authority::Request(Box::new(request)),
            ..stack::good_facts(kind)
        };
        Self {
            policy: &ONE,
            facts,
        }
    }

    /// The same, by Cleo's comment.
    pub fn commanded(kind: EffectKind) -> Self {
        Self::new(kind, Trigger::Comment(comment()))
    }

    /// The same, by the change itself.
    pub fn merged(kind: EffectKind) -> Self {
        Self::new(kind, Trigger::Change)
    }

    pub fn request(&mut self) -> &mut ChangeRequest {
        match &mut self.facts.authority {
            Authority::Request(request) => request,
            other => panic!("{other:?}"),
        }
    }

    /// Changes the comment, if there is one.
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
