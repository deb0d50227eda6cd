//! Change sets that somebody judged by AWS's documentation alone, without knowledge of this program.
//!
//! Differences are listed in `differences.yaml` beside the cases, each with its reason. An entry that is no difference fails.

use std::collections::{BTreeMap, BTreeSet};

use include_dir::{Dir, include_dir};
use provisioner::plan::{ResourceVerdict, Verdict, assess_change_set, assess_resource};
use provisioner::stack::ChangeSet;
use serde::Deserialize;
use serde_json::{Value, json};

static CASES: Dir = include_dir!("$CARGO_MANIFEST_DIR/tests/fixtures/judged-change-sets");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JudgedCase {
    pub name: String,
    pub about: String,
    /// The pages that decide, with the first words of the sentence.
    pub source: String,
    /// What the documentation does not say.
    pub gap: Option<String>,
    /// The output of `aws cloudformation describe-change-set --include-property-values`, by page.
    pub pages: Vec<Value>,
    /// The pages of nested change sets, by ARN.
    #[serde(default)]
    pub nested: BTreeMap<String, Vec<Value>>,
    /// By logical id: of a resource of a nested stack `Child/Orders`, of the first change without an id `#0`.
    pub expect: BTreeMap<String, Judgment>,
    pub overall: Effect,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judgment {
    pub effect: Effect,
    pub certain: bool,
    #[serde(default)]
    pub why: String,
    /// Other effects that the documentation allows.
    pub acceptable: Option<Vec<Effect>>,
}

/// The words of the judge, ascending.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    Nothing,
    InPlace,
    Adds,
    Interrupts,
    ReplacesNoData,
    RemovesNoData,
    KeepsData,
    KeepsSnapshot,
    MayDestroyData,
    DestroysData,
}

impl Effect {
    fn verdict(self) -> Verdict {
        match self {
            Self::Nothing | Self::Adds => Verdict::None,
            Self::InPlace => Verdict::InPlace,
            Self::Interrupts | Self::ReplacesNoData | Self::RemovesNoData => Verdict::Interrupts,
            Self::KeepsData | Self::KeepsSnapshot => Verdict::KeepsData,
            Self::MayDestroyData => Verdict::MayDestroy,
            Self::DestroysData => Verdict::Destroys,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DifferenceGroup {
    reason: String,
    /// The page that decides against the judge. Required if the judge does not accept the verdict.
    source: Option<String>,
    /// The program's verdict by case and resource, `overall` for the whole change set.
    cases: BTreeMap<String, String>,
}

pub fn cases() -> Vec<JudgedCase> {
    let files = CASES.files().filter(|file| {
        let extension = file.path().extension();
        extension.is_some_and(|extension| extension == "jsonl")
    });
    let lines = files.flat_map(|file| file.contents_utf8().unwrap().lines());
    lines
        .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}")))
        .collect()
}

/// All pages in one document. The token of the last page stays.
fn whole(pages: &[Value], nested: &BTreeMap<String, Vec<Value>>) -> Value {
    let mut described = pages.last().unwrap().clone();
    let lists = pages.iter().filter_map(|page| page["Changes"].as_array());
    let mut changes: Vec<Value> = lists.flatten().cloned().collect();
    for change in &mut changes {
        let id = change["ResourceChange"]["ChangeSetId"].as_str();
        if let Some(pages) = id.and_then(|id| nested.get(id)) {
            change["ResourceChange"]["Nested"] = whole(pages, nested);
        }
    }
    if described.get("Changes").is_some() {
        described["Changes"] = json!(changes);
    }
    described
}

impl JudgedCase {
    pub fn change_set(&self) -> ChangeSet {
        serde_json::from_value(whole(&self.pages, &self.nested))
            .unwrap_or_else(|e| panic!("{}: {e}", self.name))
    }
}

/// The verdicts by the names of `expect`. Of several changes of a resource the worst counts.
pub fn verdicts(change_set: &ChangeSet, prefix: &str) -> BTreeMap<String, ResourceVerdict> {
    let mut found: BTreeMap<String, ResourceVerdict> = BTreeMap::new();
    for (index, change) in change_set.changes.iter().enumerate() {
        let name = match change.logical_id.as_str() {
            "" => format!("{prefix}#{index}"),
            id => format!("{prefix}{id}"),
        };
        if let Some(nested) = &change.nested {
            found.extend(verdicts(nested, &format!("{name}/")));
        }
        let mut assessed = assess_resource(change);
        if let Some(other) = found.remove(&name) {
            assessed = assessed.worse(other);
        }
        found.insert(name, assessed);
    }
    found
}

fn written(verdict: Verdict, certain: bool) -> String {
    let word = json!(verdict).as_str().unwrap().to_owned();
    if certain {
        word
    } else {
        format!("{word}, possibly")
    }
}

/// A verdict that is not the judge's.
struct Difference {
    program: String,
    is_milder: bool,
    /// Whether the judge accepts the program's verdict too.
    is_accepted: bool,
    about: String,
}

fn differences(case: &JudgedCase) -> BTreeMap<String, Difference> {
    let change_set = case.change_set();
    let found = verdicts(&change_set, "");
    let known: Vec<&String> = found.keys().collect();
    assert_eq!(
        known,
        case.expect.keys().collect::<Vec<_>>(),
        "{}",
        case.name
    );
    let mut all = BTreeMap::new();
    for (id, judgment) in &case.expect {
        let assessed = &found[id];
        let expected = (judgment.effect.verdict(), judgment.certain);
        if (assessed.verdict, assessed.certain) == expected {
            continue;
        }
        let accepted = judgment.acceptable.iter().flatten();
        let mut accepted = accepted.map(|effect| effect.verdict());
        all.insert(
            format!("{} {id}", case.name),
            Difference {
                program: written(assessed.verdict, assessed.certain),
                is_milder: assessed.verdict < expected.0,
                is_accepted: assessed.verdict == expected.0
                    || accepted.any(|one| one == assessed.verdict),
                about: format!("{} ({})", assessed.reason, judgment.why),
            },
        );
    }
    let overall = assess_change_set(&change_set);
    let worst = case.expect.values().map(|judgment| judgment.effect).max();
    let of_resources = found.values().map(|assessed| assessed.verdict).max();
    let expected = match worst.unwrap_or(Effect::Nothing) == case.overall {
        true => of_resources.unwrap_or(Verdict::None),
        false => case
            .overall
            .verdict()
            .max(of_resources.unwrap_or(Verdict::None)),
    };
    if overall.verdict != expected {
        all.insert(
            format!("{} overall", case.name),
            Difference {
                program: written(overall.verdict, overall.certain),
                is_milder: overall.verdict < expected,
                is_accepted: false,
                about: overall.reason,
            },
        );
    }
    all
}

#[test]
fn verdicts_differ_from_the_documentation_only_where_listed() {
    let listed = CASES.get_file("differences.yaml").unwrap();
    let groups: Vec<DifferenceGroup> = serde_yaml::from_slice(listed.contents()).unwrap();
    let mut all: BTreeMap<String, Difference> = BTreeMap::new();
    for case in cases() {
        all.extend(differences(&case));
    }
    let mut wrong = Vec::new();
    for group in &groups {
        assert!(group.reason.ends_with('.'), "{}", group.reason);
        for (id, program) in &group.cases {
            match all.remove(id) {
                None => wrong.push(format!("{id}: listed, and no difference")),
                Some(found) if found.program != *program => {
                    wrong.push(format!("{id}: {}, listed as {program}", found.program));
                }
                Some(found)
                    if group.source.is_none() && (found.is_milder || !found.is_accepted) =>
                {
                    wrong.push(format!("{id}: needs a source: {}", found.program));
                }
                Some(_) => {}
            }
        }
    }
    wrong.extend(all.iter().map(|(id, found)| {
        let milder = if found.is_milder { "MILDER " } else { "" };
        format!("{milder}{id}: {}; {}", found.program, found.about)
    }));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_judged_case_has_a_name_and_a_source() {
    let cases = cases();
    let names: BTreeSet<&String> = cases.iter().map(|case| &case.name).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 240);
    for case in &cases {
        let has_words = !case.about.is_empty() && case.source.contains("http");
        assert!(
            has_words && case.gap.as_deref() != Some(""),
            "{}",
            case.name
        );
    }
}
