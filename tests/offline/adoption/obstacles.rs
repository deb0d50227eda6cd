//! Which stacks cannot be adopted, and the tags and the digest of the others.

use std::collections::BTreeMap;

use provisioner::guard::{
    AdoptionFacts, Authority, EffectKind, Facts, LockState, POLICY_FILE, TagChangeSet, denials,
    read_policy,
};
use provisioner::model::RepoPath;
use provisioner::plan::{AdoptionStep, AdoptionVerdict, Obstacle};
use provisioner::stack::{OtherTool, StackStatus, owner_tags};

use super::Pair;

const PLAIN: &str = "Resources: {A: {Type: T}}\n";

fn plain() -> Pair {
    Pair::new(PLAIN, PLAIN)
}

fn obstacles(pair: &Pair) -> Vec<Obstacle> {
    let adoption = pair.compare();
    let is_obstructed = adoption.verdict == AdoptionVerdict::Cannot;
    assert_eq!(is_obstructed, !adoption.obstacles.is_empty());
    adoption.obstacles
}

#[test]
fn attack_a_stack_in_another_place_is_not_adopted() {
    let with_id = |id: &str| {
        let mut pair = plain();
        pair.live.stack.id = id.to_owned();
        obstacles(&pair)
    };
    let other = |live: &str, needed: &str| (live.to_owned(), needed.to_owned());
    let (live, needed) = other("210987654321", "123456789012");
    let id = "arn:aws:cloudformation:us-west-2:210987654321:stack/acme-stack/1";
    assert_eq!(with_id(id), [Obstacle::OtherAccount { live, needed }]);
    let (live, needed) = other("us-west-1", "us-west-2");
    let id = "arn:aws:cloudformation:us-west-1:123456789012:stack/acme-stack/1";
    assert_eq!(with_id(id), [Obstacle::OtherRegion { live, needed }]);
    let (live, needed) = other("acme", "acme-stack");
    let id = "arn:aws:cloudformation:us-west-2:123456789012:stack/acme/1";
    assert_eq!(with_id(id), [Obstacle::OtherName { live, needed }]);
    assert!(matches!(
        *with_id("acme-stack"),
        [Obstacle::NoStackId { .. }]
    ));
}

#[test]
fn attack_tags_of_another_config_are_not_replaced() {
    for (key, value) in [
        ("provisioner:environment", "dev"),
        ("provisioner:product", "ml"),
        ("provisioner:stack", "other-stack"),
    ] {
        let pair = plain().tag(key, value);
        let [Obstacle::OtherConfig { tag, live, .. }] = &*obstacles(&pair) else {
            panic!("{key}")
        };
        assert_eq!((tag.as_str(), live.as_str()), (key, value));
        assert_eq!(pair.compare().tags.clashing.len(), 1);
    }
}

#[test]
fn stacks_of_tests_and_of_other_tools_are_not_adopted() {
    let test = plain().tag("provisioner:test", "acme-stack");
    assert!(matches!(*obstacles(&test), [Obstacle::TestStack { .. }]));
    let of_template = |text: &str| obstacles(&Pair::new(text, PLAIN));
    let mark = |tool: OtherTool, mark: &str| {
        let mark = mark.to_owned();
        [Obstacle::OtherTool { tool, mark }]
    };
    assert_eq!(
        of_template(
            "Transform: [AWS::Include, 'AWS::Serverless-2016-10-31']\nResources: {A: {Type: T}}\n"
        ),
        mark(OtherTool::Sam, "transform AWS::Serverless-2016-10-31")
    );
    assert_eq!(
        of_template("Resources: {M: {Type: AWS::CDK::Metadata}}\n"),
        mark(OtherTool::Cdk, "resource M")
    );
    assert_eq!(
        of_template("Resources: {A: {Type: T, Metadata: {'aws:cdk:path': App/A}}}\n"),
        mark(OtherTool::Cdk, "resource A")
    );
    let mut nested = plain();
    nested.live.parent = Some("arn:parent".to_owned());
    assert_eq!(
        obstacles(&nested),
        mark(OtherTool::NestedStack, "parent arn:parent")
    );
}

#[test]
fn only_stable_stacks_are_adopted() {
    let with = |status: &str| {
        let mut pair = plain();
        pair.live.stack.status = StackStatus(status.to_owned());
        obstacles(&pair).pop()
    };
    for stable in [
        "CREATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
    ] {
        assert_eq!(with(stable), None);
    }
    for busy in ["UPDATE_IN_PROGRESS", "SOMETHING_NEW", ""] {
        assert!(matches!(with(busy), Some(Obstacle::InProgress { .. })));
    }
    for failed in ["UPDATE_ROLLBACK_FAILED", "ROLLBACK_COMPLETE"] {
        assert!(matches!(with(failed), Some(Obstacle::Failed { .. })));
    }
    let undetected = with("IMPORT_ROLLBACK_COMPLETE");
    assert!(matches!(
        undetected,
        Some(Obstacle::NoDriftDetection { .. })
    ));
    let review = with("REVIEW_IN_PROGRESS");
    assert!(matches!(review, Some(Obstacle::NeverCreated { .. })));
    let deleted = with("DELETE_COMPLETE");
    assert!(matches!(deleted, Some(Obstacle::Deleted { .. })));
}

#[test]
fn attack_a_template_that_cannot_be_read() {
    for text in ["", "{", "Resources: {A: 1, A: 2}", "a: &a [*a]"] {
        let found = obstacles(&Pair::new(text, PLAIN));
        let is_unreadable = found == [Obstacle::UnreadableTemplate];
        assert!(is_unreadable || text.is_empty(), "{text}: {found:?}");
    }
    let empty = Pair::new("", PLAIN).compare();
    assert_ne!(empty.verdict, AdoptionVerdict::Equivalent);
}

#[test]
fn other_tags_are_kept() {
    let pair = plain()
        .tag("Team", "ml")
        .tag("provisioner:stack", "acme-stack");
    let adoption = pair.compare();
    let added: Vec<&str> = adoption.tags.added.keys().map(String::as_str).collect();
    assert_eq!(added, ["provisioner:environment", "provisioner:product"]);
    let kept: Vec<&str> = adoption.tags.kept.keys().map(String::as_str).collect();
    assert_eq!(kept, ["Team", "provisioner:stack"]);
    assert!(!adoption.is_adopted());
    let adopted = pair
        .tag("provisioner:environment", "prod")
        .tag("provisioner:product", "s3");
    assert!(adopted.compare().is_adopted());
}

#[test]
fn a_stack_has_at_most_50_tags() {
    let with = |count: usize| {
        let tags = (0..count).map(|index| format!("Tag{index}"));
        obstacles(&tags.fold(plain(), |pair, key| pair.tag(&key, "x")))
    };
    assert_eq!(with(47), []);
    assert_eq!(with(48), [Obstacle::TooManyTags { count: 51 }]);
}

#[test]
fn attack_the_digest_covers_stack_template_parameters_and_tags() {
    let digest = |pair: &Pair| pair.compare().digest;
    let first = digest(&plain());
    assert_eq!(first, digest(&plain()));
    let mut renewed = plain();
    renewed.live.stack.id.push('1');
    let mut environment = plain();
    environment.stack.target.environment = "dev".to_owned();
    let comment = format!("# comment\n{PLAIN}");
    for other in [
        renewed,
        environment,
        Pair::new(&comment, PLAIN),
        plain().parameter("P", "x"),
        plain().tag("Team", "ml"),
    ] {
        assert_ne!(digest(&other), first);
    }
    // What is rendered later does not count: the adoption sends the live template.
    let rendered = Pair::new(PLAIN, &comment);
    assert_eq!(digest(&rendered), first);
}

/// One of each kind.
fn all_obstacles() -> Vec<Obstacle> {
    let word = || "x".to_owned();
    let (live, needed, status) = (word(), word(), word());
    let all = vec![
        Obstacle::NoStackId { id: word() },
        Obstacle::OtherAccount {
            live: live.clone(),
            needed: needed.clone(),
        },
        Obstacle::OtherRegion {
            live: live.clone(),
            needed: needed.clone(),
        },
        Obstacle::OtherName {
            live: live.clone(),
            needed: needed.clone(),
        },
        Obstacle::OtherConfig {
            tag: word(),
            live,
            needed,
        },
        Obstacle::OtherTool {
            tool: OtherTool::Cdk,
            mark: word(),
        },
        Obstacle::TestStack { tested: word() },
        Obstacle::InProgress {
            status: status.clone(),
        },
        Obstacle::Failed {
            status: status.clone(),
        },
        Obstacle::NoDriftDetection {
            status: status.clone(),
        },
        Obstacle::Unfinished {
            status: status.clone(),
        },
        Obstacle::NeverCreated {
            status: status.clone(),
        },
        Obstacle::Deleted { status },
        Obstacle::UnreadableTemplate,
        Obstacle::TooManyTags { count: 51 },
    ];
    // A new kind belongs into the list.
    let known = |obstacle: &Obstacle| match obstacle {
        Obstacle::NoStackId { .. }
        | Obstacle::OtherAccount { .. }
        | Obstacle::OtherRegion { .. }
        | Obstacle::OtherName { .. }
        | Obstacle::OtherConfig { .. }
        | Obstacle::OtherTool { .. }
        | Obstacle::TestStack { .. }
        | Obstacle::InProgress { .. }
        | Obstacle::Failed { .. }
        | Obstacle::NoDriftDetection { .. }
        | Obstacle::Unfinished { .. }
        | Obstacle::NeverCreated { .. }
        | Obstacle::Deleted { .. }
        | Obstacle::UnreadableTemplate
        | Obstacle::TooManyTags { .. } => true,
    };
    assert!(all.iter().all(known));
    all
}

#[test]
fn every_obstacle_has_words() {
    let all = all_obstacles();
    let lines = all
        .iter()
        .map(|obstacle| provisioner::report::obstacle(obstacle).plain());
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

/// What the comparison names as an obstacle is never adopted, and never counts as adopted, whatever the tags of the stack are.
#[test]
fn attack_every_obstacle_denies_the_adoption() {
    let pair = plain();
    let owner = owner_tags("s3", &pair.stack);
    let path = RepoPath::typed(POLICY_FILE);
    let policy = read_policy(&path, None);
    let mut codes = Vec::new();
    for obstacle in all_obstacles() {
        for tags in [BTreeMap::new(), owner.clone()] {
            let mut live = pair.live.stack.clone();
            live.tags = tags;
            let facts = Facts {
                stack: Some(Some(live)),
                owner: owner.clone(),
                adoption: Some(AdoptionFacts {
                    digest: "a".to_owned(),
                    first_digest: None,
                    obstacles: vec![obstacle.clone()],
                    change_set: TagChangeSet::NotCreated,
                    drift: None,
                }),
                authority: Authority::CommandLine {
                    force: true,
                    typed: None,
                    lock: LockState::Absent,
                    now: jiff::Timestamp::UNIX_EPOCH,
                },
                ..Facts::default()
            };
            let denied = denials(EffectKind::Adopt, &policy, &facts, &pair.stack);
            let free = Facts {
                adoption: facts.adoption.clone().map(|adoption| AdoptionFacts {
                    obstacles: Vec::new(),
                    ..adoption
                }),
                ..facts
            };
            let others = denials(EffectKind::Adopt, &policy, &free, &pair.stack);
            let own = denied.iter().filter(|denial| !others.contains(denial));
            let own: Vec<&str> = own.map(|denial| denial.code.as_str()).collect();
            assert_eq!(own.len(), 1, "{obstacle:?}: {denied:?}");
            codes.push(own[0].to_owned());
        }
    }
    codes.dedup();
    assert_eq!(
        codes,
        [
            "adopt-owned-elsewhere",
            "stack-busy",
            "stack-failed",
            "adopt-on-drift",
            "stack-failed",
            "stack-not-found",
            "adopt-owned-elsewhere",
            "adopt-too-many-tags",
        ]
    );
}

#[test]
fn attack_a_stack_with_all_tags_and_an_obstacle_is_not_adopted() {
    let own = || {
        let pair = plain();
        let owner = owner_tags("s3", &pair.stack);
        let mut tags = owner.iter();
        tags.try_fold(pair, |pair, (key, value)| Some(pair.tag(key, value)))
            .unwrap()
    };
    assert_eq!(own().compare().step(), AdoptionStep::Adopted);
    let test = own().tag("provisioner:test", "acme-stack").compare();
    assert!(matches!(
        test.step(),
        AdoptionStep::Cannot([Obstacle::TestStack { .. }])
    ));
    let mut failed = own();
    failed.live.stack.status = StackStatus("ROLLBACK_COMPLETE".to_owned());
    assert!(!failed.compare().is_adopted());
    let line = provisioner::report::adoption_line("acme-stack", &failed.compare());
    assert_eq!(line, "acme-stack: cannot be adopted");
}

/// Tags that AWS gave do not count.
#[test]
fn tags_of_aws_do_not_count() {
    let tags = (0..47).map(|index| format!("Tag{index}"));
    let pair = tags.fold(plain(), |pair, key| pair.tag(&key, "x"));
    let pair = pair.tag("aws:servicecatalog:x", "y");
    assert!(
        !pair
            .compare()
            .tags
            .kept
            .contains_key("aws:servicecatalog:x")
    );
    let too_many = |found: &Obstacle| matches!(found, Obstacle::TooManyTags { .. });
    assert!(!obstacles(&pair).iter().any(too_many));
}

#[test]
fn an_unadoption_names_removed_and_kept_tags() {
    let pair = plain()
        .tag("Team", "ml")
        .tag("provisioner:stack", "acme-stack")
        .tag("provisioner:product", "other");
    let owner = owner_tags("s3", &pair.stack);
    let tags = pair.compare().into_unadoption(&owner).tags;
    assert_eq!(tags.removed, ["provisioner:product", "provisioner:stack"]);
    let kept: Vec<&str> = tags.kept.keys().map(String::as_str).collect();
    assert_eq!(kept, ["Team"]);
    assert!(tags.added.is_empty() && tags.clashing.is_empty());
}
