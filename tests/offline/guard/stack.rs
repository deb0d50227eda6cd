//! The facts of a stack, at a command line: the values that each kind of effect requires, and the denials for others.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::sync::LazyLock;

use proptest::prelude::*;
use provisioner::diagnostic::Code;
use provisioner::guard::*;
use provisioner::plan::{BeyondTags, Obstacle, Verdict};
use provisioner::product::Level;
use provisioner::stack::{DriftCheck, OtherTool, Stack, StackPart, StackStatus};

use super::{Loaded, STACK, codes, for_every_kind, policy};

/// A fact with its values. The last value means unknown, except for facts that cannot be missing.
struct Fact {
    name: &'static str,
    values: &'static [&'static str],
    may_be_unknown: bool,
}

const fn fact(name: &'static str, values: &'static [&'static str]) -> Fact {
    Fact {
        name,
        values,
        may_be_unknown: true,
    }
}

const FACTS: &[Fact] = &[
    fact(
        "policy",
        &[
            "reviewed",
            "in-place",
            "never",
            "another environment",
            "another account",
            "no deletes",
            "does not load",
        ],
    ),
    fact(
        "caller",
        &["same", "another account", "another region", "unknown"],
    ),
    fact("owner", &["ours", "a test of ours", "foreign", "unknown"]),
    Fact {
        name: "protection",
        values: &["off", "on"],
        may_be_unknown: false,
    },
    fact(
        "stack",
        &[
            "absent",
            "shell",
            "ready",
            "being made",
            "busy",
            "imported",
            "failed",
            "rollback failed",
            "in a new status",
            "unknown",
        ],
    ),
    fact(
        "verdict",
        &[
            "in place",
            "interrupts",
            "may destroy",
            "destroys",
            "unknown",
        ],
    ),
    fact(
        "declared",
        &["safe", "none", "high", "no rule", "critical", "unknown"],
    ),
    fact("digests", &["same", "different", "unknown"]),
    fact("importers", &["none", "some", "unknown"]),
    fact("buckets", &["empty", "full", "unknown"]),
    fact("repair", &["only", "more", "unknown"]),
    fact("since shown", &["nothing", "its tags", "unknown"]),
    Fact {
        name: "imports",
        values: &[
            "not created",
            "none",
            "of a former stack",
            "named",
            "foreign",
        ],
        // Before the change set is created there are none, and the guard decides again.
        may_be_unknown: false,
    },
    fact("unfinished", &["no", "yes", "with other text", "unknown"]),
    fact(
        "adoption",
        &[
            "proposed",
            "only tags",
            "of a changed stack",
            "of another tool",
            "of another config",
            "of resources",
            "of too many tags",
            "of drifted resources",
            "of known drift",
            "of refused detection",
            "without its change set",
            "of unchecked resources",
            "without drift detection",
            "changed at the prompt",
            "unknown",
        ],
    ),
    fact(
        "authority",
        &[
            "force",
            "force, name typed",
            "force, other name typed",
            "no force",
            "unknown",
        ],
    ),
];

/// Full id of the stack.
pub const ID: &str = "arn:aws:cloudformation:eu-central-1:123456789012:stack/acme/0f1e";

/// A value for each fact.
type Case = [usize; FACTS.len()];

/// The same with one fact changed.
fn with(case: &Case, name: &str, value: &str) -> Case {
    let at = FACTS.iter().position(|fact| fact.name == name).unwrap();
    let mut case = *case;
    let mut values = FACTS[at].values.iter();
    case[at] = values.position(|known| *known == value).unwrap();
    case
}

/// The values that allow a kind of effect.
fn allowed_case(kind: EffectKind) -> Case {
    let stack = match kind {
        EffectKind::Create | EffectKind::Test => "absent",
        EffectKind::Resume => "being made",
        EffectKind::RemoveFailed => "failed",
        EffectKind::ContinueRollback => "rollback failed",
        _ => "ready",
    };
    with(&[0; FACTS.len()], "stack", stack)
}

/// The policies in the order of their names above.
static POLICIES: LazyLock<Vec<Loaded>> = LazyLock::new(|| {
    let texts = [
        "defaults: {updates: reviewed}",
        "defaults: {updates: in-place}",
        "defaults: {updates: never}",
        "defaults: {updates: reviewed}\nenvironments: {dev: {}}",
        "defaults: {updates: reviewed}\naccounts: ['999999999999']",
        "defaults: {updates: reviewed, deletes: never}",
        "defaults: {updates: perhaps}",
    ];
    texts.into_iter().map(policy).collect()
});

/// The facts, set one after another.
struct Known {
    policy: &'static Loaded,
    facts: Facts,
    tags: BTreeMap<String, String>,
    protected: bool,
}

impl Known {
    fn new(case: &Case) -> Self {
        let mut known = Self {
            policy: &POLICIES[0],
            facts: Facts {
                external_references: Some(Vec::new()),
                role_boundaries: Some(Vec::new()),
                ..Facts::default()
            },
            tags: BTreeMap::new(),
            protected: false,
        };
        (0..FACTS.len()).for_each(|at| known.set(at, case[at]));
        known
    }

    /// Sets the stack after its owner and its protection.
    fn set(&mut self, at: usize, value: usize) {
        let name = FACTS[at].values[value];
        let facts = &mut self.facts;
        let caller = |account: &str, region: &str| Caller {
            account: account.to_owned(),
            arn: format!("arn:aws:iam::{account}:user/ann"),
            region: region.to_owned(),
        };
        let by_hand = |force, typed: Option<&str>| Authority::CommandLine {
            force,
            typed: typed.map(str::to_owned),
            lock: LockState::Absent,
            now: super::scene::at(super::scene::NOW),
        };
        let digests = |shown: &str| [shown.to_owned(), "a".to_owned()];
        let adoption = |digest: &str, obstacles, change_set| {
            Some(AdoptionFacts {
                digest: digest.to_owned(),
                first_digest: None,
                obstacles,
                drift: (change_set != TagChangeSet::NotCreated).then(TagDrift::default),
                change_set,
            })
        };
        let drifted = |drift| {
            let found = adoption("a", Vec::new(), TagChangeSet::OnlyTags)?;
            Some(AdoptionFacts { drift, ..found })
        };
        let buckets = |count| Buckets {
            deleted: BTreeMap::from([("acme-data".to_owned(), count)]),
            retained: BTreeMap::new(),
        };
        let repair = |beyond: &[&str]| Repair {
            digest: "5".repeat(64),
            beyond: beyond.iter().map(|id| (*id).to_owned()).collect(),
        };
        let imports = |former, named| {
            Some(vec![ImportFact {
                logical_id: "Bucket".to_owned(),
                kind: "AWS::S3::Bucket".to_owned(),
                physical_id: Some("acme-data".to_owned()),
                former,
                named,
            }])
        };
        match (FACTS[at].name, name) {
            ("policy", _) => self.policy = &POLICIES[value],
            ("caller", "same") => facts.caller = Some(caller("123456789012", "eu-central-1")),
            ("caller", "another account") => {
                facts.caller = Some(caller("999999999999", "eu-central-1"));
            }
            ("caller", "another region") => {
                facts.caller = Some(caller("123456789012", "us-east-1"));
            }
            ("caller", _) => facts.caller = None,
            ("owner", owner) => {
                facts.owner = owner_tags("s3", &STACK);
                self.tags = facts.owner.clone();
                match owner {
                    "a test of ours" => {
                        self.tags.insert(TEST_TAG.to_owned(), "acme".to_owned());
                    }
                    "foreign" => self.tags.clear(),
                    "unknown" => facts.owner.clear(),
                    _ => {}
                }
            }
            ("protection", protection) => self.protected = protection == "on",
            ("stack", "unknown") => facts.stack = None,
            ("stack", "absent") => facts.stack = Some(None),
            ("stack", status) => self.facts.stack = Some(Some(self.stack(status))),
            ("verdict", "in place") => facts.verdict = Some(Verdict::InPlace),
            ("verdict", "interrupts") => facts.verdict = Some(Verdict::Interrupts),
            ("verdict", "may destroy") => facts.verdict = Some(Verdict::MayDestroy),
            ("verdict", "destroys") => facts.verdict = Some(Verdict::Destroys),
            ("verdict", _) => facts.verdict = None,
            ("declared", "safe") => facts.declared = Some(Level::Safe),
            ("declared", "none") => facts.declared = Some(Level::None),
            ("declared", "high") => facts.declared = Some(Level::High),
            ("declared", "no rule") => facts.declared = Some(Level::Unknown),
            ("declared", "critical") => facts.declared = Some(Level::Critical),
            ("declared", _) => facts.declared = None,
            ("digests", "same") => facts.digests = Some(digests("a")),
            ("digests", "different") => facts.digests = Some(digests("b")),
            ("digests", _) => facts.digests = None,
            ("importers", "none") => facts.importers = Some(Vec::new()),
            ("importers", "some") => facts.importers = Some(vec!["other".to_owned()]),
            ("importers", _) => facts.importers = None,
            ("buckets", "empty") => facts.buckets = Some(buckets(0)),
            ("buckets", "full") => facts.buckets = Some(buckets(7)),
            ("buckets", _) => facts.buckets = None,
            ("adoption", "proposed") => {
                facts.adoption = adoption("a", Vec::new(), TagChangeSet::NotCreated);
            }
            ("adoption", "only tags") => {
                facts.adoption = adoption("a", Vec::new(), TagChangeSet::OnlyTags);
            }
            ("adoption", "of a changed stack") => {
                facts.adoption = adoption("b", Vec::new(), TagChangeSet::OnlyTags);
            }
            ("adoption", "of another tool") => {
                let owner = Obstacle::OtherTool {
                    tool: OtherTool::Cdk,
                    mark: "tag aws-cdk:bootstrap".to_owned(),
                };
                facts.adoption = adoption("a", vec![owner], TagChangeSet::OnlyTags);
            }
            ("adoption", "of another config") => {
                let owner = Obstacle::OtherConfig {
                    tag: "provisioner:stack".to_owned(),
                    live: "other".to_owned(),
                    needed: "acme".to_owned(),
                };
                facts.adoption = adoption("a", vec![owner], TagChangeSet::OnlyTags);
            }
            ("adoption", "of resources") => {
                let beyond = TagChangeSet::Beyond(BeyondTags::Incomplete);
                facts.adoption = adoption("a", Vec::new(), beyond);
            }
            ("adoption", "of too many tags") => {
                let tags = vec![Obstacle::TooManyTags { count: 51 }];
                facts.adoption = adoption("a", tags, TagChangeSet::NotCreated);
            }
            ("adoption", "of drifted resources") => {
                facts.adoption = drifted(Some(TagDrift {
                    resources: vec!["Bucket".to_owned()],
                    ..TagDrift::default()
                }));
            }
            ("adoption", "of known drift") => {
                let known = adoption("a", Vec::new(), TagChangeSet::NotCreated).unwrap();
                let drift = TagDrift {
                    resources: vec!["Bucket".to_owned()],
                    ..TagDrift::default()
                };
                facts.adoption = Some(AdoptionFacts {
                    drift: Some(drift),
                    ..known
                });
            }
            ("adoption", "of refused detection") => {
                facts.adoption = drifted(Some(TagDrift {
                    refused: Some("wrong state".to_owned()),
                    ..TagDrift::default()
                }));
            }
            ("adoption", "without its change set") => {
                facts.adoption = adoption("a", Vec::new(), TagChangeSet::Gone);
            }
            ("adoption", "of unchecked resources") => {
                facts.adoption = drifted(Some(TagDrift {
                    incomplete: Some("access denied".to_owned()),
                    ..TagDrift::default()
                }));
            }
            ("adoption", "without drift detection") => facts.adoption = drifted(None),
            ("adoption", "changed at the prompt") => {
                let found = adoption("a", Vec::new(), TagChangeSet::OnlyTags).unwrap();
                facts.adoption = Some(AdoptionFacts {
                    first_digest: Some("b".to_owned()),
                    ..found
                });
            }
            ("adoption", _) => facts.adoption = None,
            ("since shown", "nothing") => facts.since_shown = Some(Vec::new()),
            ("since shown", "its tags") => facts.since_shown = Some(vec![StackPart::Tags]),
            ("since shown", _) => facts.since_shown = None,
            ("repair", "only") => facts.repair = Some(repair(&[])),
            ("repair", "more") => facts.repair = Some(repair(&["Bucket"])),
            ("repair", _) => facts.repair = None,
            ("imports", "none") => facts.imports = Some(Vec::new()),
            ("imports", "of a former stack") => facts.imports = imports(true, false),
            ("imports", "named") => facts.imports = imports(false, true),
            ("imports", "foreign") => facts.imports = imports(false, false),
            ("imports", _) => facts.imports = None,
            ("unfinished", "no") => facts.unfinished_import = Some(false),
            ("unfinished", yes @ ("yes" | "with other text")) => {
                facts.unfinished_import = Some(true);
                facts.changes_imported = Some(yes != "yes");
            }
            ("unfinished", _) => facts.unfinished_import = None,
            (_, "force") => facts.authority = by_hand(true, None),
            (_, "force, name typed") => facts.authority = by_hand(true, Some("acme")),
            (_, "force, other name typed") => facts.authority = by_hand(true, Some("acme-2")),
            (_, "no force") => facts.authority = by_hand(false, None),
            _ => facts.authority = Authority::Unknown,
        }
    }

    fn stack(&self, status: &str) -> Stack {
        let status = match status {
            "shell" => "REVIEW_IN_PROGRESS",
            "ready" => "CREATE_COMPLETE",
            "being made" => "CREATE_IN_PROGRESS",
            "busy" => "UPDATE_IN_PROGRESS",
            "imported" => "IMPORT_COMPLETE",
            "failed" => "ROLLBACK_COMPLETE",
            "rollback failed" => "UPDATE_ROLLBACK_FAILED",
            _ => "SOMETHING_NEW",
        };
        Stack {
            id: ID.to_owned(),
            name: STACK.name.clone(),
            status: StackStatus(status.to_owned()),
            reason: None,
            protected: self.protected,
            tags: self.tags.clone(),
            outputs: Vec::new(),
            created: 0,
            updated: None,
            drift: DriftCheck::default(),
        }
    }
}

impl Known {
    fn decide(&self, kind: EffectKind) -> Vec<&'static str> {
        codes(kind, self.policy, &self.facts)
    }
}

/// Facts that allow an effect.
pub fn allowed_facts(kind: EffectKind) -> Facts {
    Known::new(&allowed_case(kind)).facts
}

/// The same with some facts changed: which, and to which value.
pub fn with_deviations(kind: EffectKind, picks: &[[prop::sample::Index; 2]]) -> Facts {
    let mut case = allowed_case(kind);
    for [fact, value] in picks {
        let at = fact.index(FACTS.len());
        case[at] = value.index(FACTS[at].values.len());
    }
    Known::new(&case).facts
}

fn decided(kind: EffectKind, case: &Case) -> Vec<&'static str> {
    Known::new(case).decide(kind)
}

/// The denials of each single deviation from an allowed case, by fact. Facts without an effect are listed by name.
fn table(kind: EffectKind, base: &Case) -> String {
    let mut table = String::new();
    let mut without_effect = Vec::new();
    for (at, fact) in FACTS.iter().enumerate() {
        let denials: Vec<String> = (0..fact.values.len())
            .map(|value| {
                let mut case = *base;
                case[at] = value;
                decided(kind, &case).join(", ")
            })
            .collect();
        if denials.iter().all(String::is_empty) {
            without_effect.push(fact.name);
            continue;
        }
        for (value, codes) in fact.values.iter().zip(denials) {
            let codes = if codes.is_empty() { "allowed" } else { &codes };
            writeln!(table, "  {:10} {value:24} {codes}", fact.name).unwrap();
        }
    }
    writeln!(table, "  whatever: {}", without_effect.join(", ")).unwrap();
    table
}

/// For each fact one value that allows, some that deny, and unknown. All values would take minutes; the table of single deviations
/// has them.
fn representatives(fact: &Fact) -> Vec<usize> {
    let left_out = [
        "another account",
        "another environment",
        "another region",
        "busy",
        "rollback failed",
        "in a new status",
        "shell",
        "imported",
        "interrupts",
        "may destroy",
        "destroys",
        "none",
        "high",
        "no rule",
        "critical",
        "different",
        "some",
        "only tags",
        "of a changed stack",
        "of another config",
        "of resources",
        "force, name typed",
        "force, other name typed",
    ];
    // Few effects read them.
    if ["repair", "since shown", "imports", "unfinished"].contains(&fact.name) {
        return vec![0];
    }
    let values = fact.values.iter().enumerate();
    let kept = values.filter(|(_, value)| !left_out.contains(value));
    kept.map(|(at, _)| at).collect()
}

/// Calls `seen` for all combinations of the facts from `at` on.
fn for_all(known: &mut Known, at: usize, seen: &mut dyn FnMut(&Known)) {
    let Some(fact) = FACTS.get(at) else {
        return seen(known);
    };
    for value in representatives(fact) {
        known.set(at, value);
        for_all(known, at + 1, seen);
    }
}

/// The number of allowed combinations, and all denials: no combination allows what no single fact allows.
fn counted(kind: EffectKind) -> String {
    let (mut all, mut allowed) = (0_u32, 0_u32);
    let mut told = BTreeSet::new();
    for_all(&mut Known::new(&allowed_case(kind)), 0, &mut |known| {
        let denials = known.decide(kind);
        all += 1;
        allowed += u32::from(denials.is_empty());
        told.extend(denials);
    });
    let told: Vec<&str> = told.into_iter().collect();
    assert!(
        told.iter().all(|code| Code::of_engine(code).is_some()),
        "{told:?}"
    );
    format!(
        "{kind:?}: {allowed} of {all} allowed; denials: {}\n",
        told.join(", ")
    )
}

/// This part of the truth table.
pub fn page() -> String {
    let mut page = String::new();
    for kind in EffectKind::ALL {
        let base = allowed_case(*kind);
        assert_eq!(decided(*kind, &base), [""; 0], "{kind:?}");
        writeln!(page, "{kind:?}\n{}", table(*kind, &base)).unwrap();
    }
    // The same permit deletes a test stack that exists.
    let left = with(
        &with(&allowed_case(EffectKind::Test), "stack", "ready"),
        "owner",
        "a test of ours",
    );
    writeln!(
        page,
        "Test, of a stack that is there\n{}",
        table(EffectKind::Test, &left)
    )
    .unwrap();
    // CloudFormation refuses tags in an import.
    let imported = with(&allowed_case(EffectKind::Resume), "stack", "imported");
    let imported = with(&with(&imported, "unfinished", "yes"), "owner", "foreign");
    assert_eq!(decided(EffectKind::Resume, &imported), [""; 0]);
    writeln!(
        page,
        "Resume, of a stack that has imported its resources\n{}",
        table(EffectKind::Resume, &imported)
    )
    .unwrap();
    let changed = with(&imported, "unfinished", "with other text");
    writeln!(
        page,
        "Resume, of a stack that has imported other text\n{}",
        table(EffectKind::Resume, &changed)
    )
    .unwrap();
    let mild = with(&allowed_case(EffectKind::Update), "policy", "in-place");
    writeln!(
        page,
        "Update, under `updates: in-place`\n{}",
        table(EffectKind::Update, &mild)
    )
    .unwrap();
    page + &for_every_kind(counted)
}

fn any_case() -> impl Strategy<Value = Case> {
    prop::array::uniform15(any::<prop::sample::Index>()).prop_map(|indices| {
        let mut case = [0; FACTS.len()];
        for (at, index) in indices.iter().enumerate() {
            case[at] = index.index(FACTS[at].values.len());
        }
        case
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_unknown_fact_never_allows(case in any_case(), kind in prop::sample::select(EffectKind::ALL)) {
        let denied = !decided(kind, &case).is_empty();
        for (at, fact) in FACTS.iter().enumerate().filter(|(_, fact)| fact.may_be_unknown) {
            let mut less = case;
            less[at] = fact.values.len() - 1;
            let allowed = decided(kind, &less).is_empty();
            prop_assert!(!(denied && allowed), "{kind:?} is allowed without knowing the {}", fact.name);
        }
    }

    #[test]
    fn a_worse_impact_never_allows(case in any_case(), kind in prop::sample::select(EffectKind::ALL)) {
        let worse: [(&str, &[&str]); 2] = [
            ("verdict", &["in place", "interrupts", "may destroy", "destroys", "unknown"]),
            ("declared", &["none", "safe", "high", "no rule", "critical", "unknown"]),
        ];
        for (fact, values) in worse {
            let allowed = values.iter().map(|value| decided(kind, &with(&case, fact, value)).is_empty());
            let allowed: Vec<bool> = allowed.collect();
            prop_assert!(allowed.is_sorted_by(|milder, worse| milder >= worse), "{kind:?}: {fact}: {allowed:?}");
        }
    }
}

#[test]
fn attack_a_critical_change_in_place() {
    let mild = with(&allowed_case(EffectKind::Update), "policy", "in-place");
    let codes = |declared| decided(EffectKind::Update, &with(&mild, "declared", declared));
    assert_eq!(codes("safe"), [""; 0]);
    assert_eq!(codes("critical"), ["impact-too-high"]);
    assert_eq!(codes("no rule"), ["impact-unknown"]);
    assert_eq!(codes("unknown"), ["impact-unknown"]);
    let destroys = with(&mild, "verdict", "destroys");
    let both = decided(EffectKind::Update, &with(&destroys, "declared", "unknown"));
    assert_eq!(both, ["impact-too-high"]);
}
