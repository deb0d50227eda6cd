//! The result of comparing a live stack with a config.

use super::Text;
use super::format::Format;
use crate::plan::{
    Adoption, AdoptionStep, AdoptionTags, AdoptionVerdict, ComparedResource, DifferentSide,
    Obstacle, ResourceMatch,
};
use crate::stack::DriftStatus;
use crate::template::{DataKind, PropertyEffect};
use crate::text::pluralize;

const HEAD: &[&str] = &["effect", "resource", "type", "property", "why"];
/// Differences of a table.
const MAX_ROWS: usize = 200;

impl AdoptionVerdict {
    pub fn words(self) -> &'static str {
        match self {
            Self::Identical => "identical",
            Self::Equivalent => "equivalent",
            Self::WouldChange => "would change",
            Self::Cannot => "cannot be adopted",
        }
    }
}

/// Why a stack cannot be adopted.
pub fn obstacle(obstacle: &Obstacle) -> Text {
    let values = |words: &'static str, live: &str, needed: &str| {
        let live = Text::ours(words)
            .and(Text::ours(": "))
            .and(Text::name(live));
        live.and(Text::ours("; the config has "))
            .and(Text::name(needed))
    };
    let status = |words: &'static str, status: &str| {
        Text::ours(words)
            .and(Text::ours(": "))
            .and(Text::name(status))
    };
    match obstacle {
        Obstacle::NoStackId { id } => status("not the id of a stack", id),
        Obstacle::OtherAccount { live, needed } => {
            values("the stack is in another account", live, needed)
        }
        Obstacle::OtherRegion { live, needed } => {
            values("the stack is in another region", live, needed)
        }
        Obstacle::OtherName { live, needed } => values("the stack has another name", live, needed),
        Obstacle::OtherConfig { tag, live, needed } => {
            let tag = Text::ours("another config owns the stack: ").and(Text::name(tag));
            let tag = tag.and(Text::ours(" is ")).and(Text::name(live));
            tag.and(Text::ours("; the config needs "))
                .and(Text::name(needed))
        }
        Obstacle::OtherTool { tool, mark } => {
            let tool = Text::ours(tool.name()).and(Text::ours(" owns the stack: "));
            tool.and(Text::name(mark))
        }
        Obstacle::TestStack { tested } => {
            status("a test created the stack, and deletes it", tested)
        }
        Obstacle::InProgress { status: word } => status("an operation is running", word),
        Obstacle::Failed { status: word } => status("the last operation failed", word),
        Obstacle::NoDriftDetection { status: word } => {
            status("CloudFormation detects no drift in this state", word)
        }
        Obstacle::Unfinished { status: word } => status("its creation is not finished", word),
        Obstacle::NeverCreated { status: word } => status("the stack was never created", word),
        Obstacle::Deleted { status: word } => status("the stack is deleted", word),
        Obstacle::UnreadableTemplate => Text::ours("the live template cannot be read"),
        Obstacle::TooManyTags { count } => Text::ours("the stack would have ")
            .and(Text::count(*count, "tag"))
            .and(Text::ours("; CloudFormation allows 50")),
    }
}

/// The verdict in one line.
pub fn adoption_summary(adoption: &Adoption) -> String {
    let changed = adoption.changed().count();
    let parts = [
        (changed, "resource"),
        (adoption.outputs.len(), "output"),
        (adoption.sections.len(), "section"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| pluralize(count, what))
        .collect();
    let verdict = adoption.verdict.words();
    match adoption.verdict {
        AdoptionVerdict::WouldChange => format!("{verdict}: {}", parts.join(", ")),
        _ => verdict.to_owned(),
    }
}

/// The comparison of a stack with its config in one line.
pub fn adoption_line(stack: &str, adoption: &Adoption) -> String {
    let summary = adoption_summary(adoption);
    match adoption.is_adopted() {
        true => format!("{stack}: {summary}; the stack is adopted already"),
        false => format!("{stack}: {summary}"),
    }
}

/// The tags that an un-adoption removes, in one line.
pub fn unadoption_line(stack: &str, found: &Adoption) -> String {
    match found.tags.removed.len() {
        0 => format!("{stack}: the stack has no tag of provisioner's stacks"),
        count => format!("{stack}: {} would be removed", pluralize(count, "tag")),
    }
}

/// Tags and drift of an un-adoption.
pub fn unadoption(found: &Adoption, format: Format) -> String {
    let lines = tags(&found.tags).into_iter();
    let drift = match found.tags.removed.is_empty() {
        true => Vec::new(),
        false => drift(found),
    };
    lines.chain(drift).map(|line| format.line(&line)).collect()
}

/// What happens to each tag, by key.
fn tags(tags: &AdoptionTags) -> Vec<Text> {
    let added = tags.added.iter();
    let added = added.map(|(key, value)| ("tag added: ", format!("{key}={value}")));
    let removed = tags.removed.iter();
    let removed = removed.map(|key| ("tag removed: ", key.clone()));
    let lines = added.chain(removed);
    let mut lines: Vec<Text> = lines
        .map(|(words, tag)| Text::ours(words).and(Text::name(tag)))
        .collect();
    let kept = tags.kept.keys().filter(|key| !tags.stale.contains(key));
    let kept: Vec<&String> = kept.collect();
    let groups = [
        (kept, " kept: "),
        (
            tags.stale.iter().collect(),
            " kept until the next update, which removes provisioner's former tags: ",
        ),
    ];
    for (keys, words) in groups {
        if !keys.is_empty() {
            let count = Text::count(keys.len(), "tag").and(Text::ours(words));
            lines.push(count.and(Text::list(keys.into_iter().map(Text::name))));
        }
    }
    lines
}

/// What is known of values that the change of tags may overwrite. The run detects drift in any case.
pub(super) fn drift(found: &Adoption) -> Vec<Text> {
    let check = &found.drift;
    let has_drifted = check.status.is_drift() || !found.drifted.is_empty();
    if has_drifted && !check.outdated {
        let text = Text::ours("the stack has drifted from its template");
        let text = match found.drifted.is_empty() {
            true => text,
            false => text
                .and(Text::ours(", in "))
                .and(Text::list(found.drifted.iter().map(Text::name))),
        };
        let again =
            "; the run detects drift again, and is denied if a drifted resource gets other tags";
        return vec![text.and(Text::ours(again))];
    }
    if check.status == DriftStatus::InSync && check.checked.is_some() && !check.outdated {
        return Vec::new();
    }
    vec![
        Text::ours(
            "without a drift detection, this operation may overwrite values that were changed by hand",
        ),
        Text::ours(
            "the run detects drift first, and is denied if a drifted resource gets other tags",
        ),
    ]
}

/// What the next update of an adopted stack would change; empty if nothing.
pub fn next_update(found: &Adoption, format: Format) -> String {
    if found.verdict != AdoptionVerdict::WouldChange {
        return String::new();
    }
    let rest = Adoption {
        tags: AdoptionTags::default(),
        ..found.clone()
    };
    let head = format.line(&Text::ours("the next update would change:"));
    let gap = match format {
        Format::Markdown => "\n",
        Format::Text(_) => "",
    };
    head + gap + &adoption(&rest, format)
}

/// Obstacles, differences, tags and drift. Values of properties are not shown.
pub fn adoption(adoption: &Adoption, format: Format) -> String {
    let mut text = String::new();
    let mut line = |line: Text| text.push_str(&format.line(&line));
    for found in &adoption.obstacles {
        line(obstacle(found));
    }
    for output in &adoption.outputs {
        let side = match output.side {
            DifferentSide::OnlyLive => " would be removed",
            DifferentSide::OnlyConfig => " would be added",
            DifferentSide::Both => " would change",
        };
        let shown = Text::ours("output ").and(Text::name(&output.key));
        let shown = shown.and(Text::ours(side));
        line(match &output.export {
            Some(export) => shown
                .and(Text::ours(
                    "; its export, which other stacks may import, is ",
                ))
                .and(Text::name(export)),
            None => shown,
        });
    }
    for section in &adoption.sections {
        line(
            Text::ours("section ")
                .and(Text::name(section))
                .and(Text::ours(" differs, so all resources may change")),
        );
    }
    tags(&adoption.tags).into_iter().for_each(&mut line);
    if adoption.step() == AdoptionStep::Adopt {
        drift(adoption).into_iter().for_each(&mut line);
    }
    let rows: Vec<Vec<Text>> = adoption.changed().flat_map(rows).collect();
    let left_out = rows.len().saturating_sub(MAX_ROWS);
    if !rows.is_empty() {
        // In Markdown, a table right below a line is a part of it.
        if matches!(format, Format::Markdown) && !text.is_empty() {
            text.push('\n');
        }
        text.push_str(&format.table(HEAD, &rows[..rows.len().min(MAX_ROWS)]));
    }
    if left_out > 0 {
        let rest = Text::ours("and ").and(Text::count(left_out, "more difference"));
        text.push_str(&format.line(&rest));
    }
    text
}

fn rows(resource: &ComparedResource) -> Vec<Vec<Text>> {
    let row = |effect: &'static str, property: &str, why: Text| {
        let property = match property {
            "" => Text::default(),
            property => Text::name(property),
        };
        vec![
            Text::ours(effect),
            Text::name(&resource.logical_id),
            Text::name(&resource.kind),
            property,
            why,
        ]
    };
    let data = match resource.holds {
        DataKind::Data => "holds data",
        DataKind::NotKnown => "may hold data",
        DataKind::Nothing => "",
    };
    match resource.matches {
        ResourceMatch::Identical | ResourceMatch::Equivalent => Vec::new(),
        ResourceMatch::WouldBeAdded => vec![row("add", "", Text::default())],
        ResourceMatch::WouldBeRemoved => {
            let behavior = resource.deletion_behavior.map_or("", |it| it.word());
            let why = [behavior, data].into_iter().filter(|it| !it.is_empty());
            vec![row("remove", "", Text::list(why.map(Text::ours)))]
        }
        ResourceMatch::OtherType => {
            let why = Text::ours("CloudFormation refuses another type under the same logical id");
            vec![row("refused", "", why)]
        }
        ResourceMatch::WouldChange => {
            let differences = resource.differences.iter();
            let rows = differences.map(|difference| {
                let effect = match difference.effect {
                    PropertyEffect::InPlace => "change",
                    PropertyEffect::MayReplace => "may replace",
                    PropertyEffect::Replaces => "replace",
                };
                let why = match (&difference.computed_by, difference.side) {
                    (Some(computed), _) => Text::ours("computed by ").and(Text::name(computed)),
                    (None, DifferentSide::OnlyLive) => Text::ours("only in the stack"),
                    (None, DifferentSide::OnlyConfig) => Text::ours("only in the config"),
                    (None, DifferentSide::Both) => Text::ours("other value"),
                };
                let old = old_resource(resource, data)
                    .filter(|_| difference.effect >= PropertyEffect::MayReplace);
                let why = Text::list([Some(why), old].into_iter().flatten());
                row(effect, &difference.path, why)
            });
            rows.collect()
        }
    }
}

/// What happens to a resource that another one replaces. `data`: what it holds.
fn old_resource(resource: &ComparedResource, data: &'static str) -> Option<Text> {
    let behavior = resource.deletion_behavior?;
    let old = match data {
        "" => Text::ours("the old one is "),
        data => Text::ours("the old one ")
            .and(Text::ours(data))
            .and(Text::ours(" and is ")),
    };
    Some(old.and(Text::ours(behavior.word())))
}
