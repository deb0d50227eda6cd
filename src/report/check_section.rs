//! The section of one config, or of configs with the same plan, in the report of a check.

use minijinja::value::{Serde, Value};
use minijinja::{Error, context};

use super::after_deletion::AfterDeletion;
use super::changed_keys::changed_value;
use super::changes::line_text;
use super::check::Report;
use super::check_group_text::{
    accounts_text, alike_markdown, difference_text, group_title, others, rare_markdown,
};
use super::check_groups::EqualChanges;
use super::consumers::consumers_markdown;
use super::costs::costs_markdown;
use super::diagnostics::{diagnostic, diagnostic_below};
use super::fit_list::Form;
use super::folded_diff::folded_diff;
use super::identity::identity_text;
use super::on_merge::{MergeEffect, OnMerge, requirement_text};
use super::refusal::SET_ROLE;
use super::table::{markdown_head, markdown_row};
use super::templates::{render, safe};
use super::{Refusal, Text};
use crate::diagnostic::{Code, Diagnostic, errors_first, unique};
use crate::plan::{Change, Intent, PolicyUpdate, Renamed, TemplateResourceChange};
use crate::product::Level;
use crate::stack::StackName;
use crate::text::pluralize;

/// Limits of one config, so that it leaves room for others.
const MAX_ROWS: usize = 100;
const MAX_PROBLEMS: usize = 30;
/// For a config without errors of its own.
const PRODUCT_HAS_ERRORS: &str = "The product of this config has errors: see Products.\n";

pub(super) fn group_section(
    report: &Report,
    group: &EqualChanges<'_>,
    form: Form,
) -> Result<String, Error> {
    // Without diffs and tables of AWS.
    let brief = form == Form::Brief;
    let change = group.first();
    let on_merge = report.on_merge.get(&change.key());
    let preview = report.previews.get(&change.key());
    let is_invalid = change.intent == Intent::Invalid;
    let all_problems: usize = match is_invalid {
        true => unique(group.changes.iter().flat_map(|it| &it.diagnostics)).len(),
        false => change.diagnostics.len(),
    };
    let problems: Vec<String> = match is_invalid && !group.is_single() {
        true if all_problems == 0 => vec![PRODUCT_HAS_ERRORS.to_owned()],
        true => group_problems(group),
        false => {
            let shown = errors_first(&change.diagnostics)
                .into_iter()
                .take(MAX_PROBLEMS);
            match is_invalid && change.diagnostics.is_empty() {
                true => vec![PRODUCT_HAS_ERRORS.to_owned()],
                false => shown
                    .map(|problem| diagnostic_below(&change.path, problem))
                    .collect(),
            }
        }
    };
    let impact = change.impact.iter().take(MAX_ROWS).map(|impact| {
        markdown_row(&[
            Text::name(&impact.key),
            line_text(&impact.location),
            changed_value(impact),
            level_text(impact.level),
            Text::sentence(&impact.consequence),
        ])
    });
    let impact_head = [
        "Changed key",
        "Line",
        "Before → after",
        "Declared impact",
        "Consequence",
    ];
    let impact = rows(&impact_head, impact);
    // AWS's preview replaces the estimate from the templates.
    let is_previewed = preview.is_some_and(|preview| !preview.markdown.is_empty());
    let resources = match is_previewed {
        true => None,
        false => resource_table(change),
    };
    let added = matches!(change.intent, Intent::Create | Intent::Import)
        .then(|| safe(pluralize(change.resources.len(), "added resource")))
        .filter(|_| resources.is_some());
    let region = change.target.as_ref().map_or("", |target| &*target.region);
    let costs = change.costs.as_ref();
    let costs = costs.map(|costs| costs_markdown(costs, region));
    // Of a deletion the diff would only repeat the table of resources, and an un-adopted stack keeps its template.
    let diff = change
        .diff
        .as_ref()
        .filter(|_| !brief && !matches!(change.intent, Intent::Delete | Intent::Unadopt));
    let policy_update = change.policy_update.as_ref();
    let policy_diff = policy_update.filter(|_| !brief).map(|update| &update.diff);
    let (renamed_from, renamed_to) = match &change.renamed {
        None => (None, None),
        Some(Renamed::From(path)) => (Some(path), None),
        Some(Renamed::To(path)) => (None, Some(path)),
    };
    render(
        "change.md.j2",
        context! {
            path => change.path.as_str(),
            others => (!group.is_single()).then(|| safe(others(group))),
            count => group.changes.len(),
            is_invalid,
            brief,
            title => safe(group_title(group).markdown()),
            accounts => accounts_text(group).map(|text| safe(text.markdown())),
            alike => alike_markdown(group).map(safe),
            rare => rare_markdown(group).map(safe),
            difference => safe(difference_text(group).markdown()),
            creates_folders => on_merge.is_some_and(OnMerge::creates_folders),
            on_merge => safe(on_merge_text(change, on_merge).markdown()),
            identity => identity_text(&change.identity_from_defaults).map(|text| safe(text.markdown())),
            deletes => change.intent == Intent::Delete,
            moved_from => change.moved_from.as_ref().map(|path| path.as_str()),
            renamed_from => renamed_from.map(|path| path.as_str()),
            renamed_to => renamed_to.map(|path| path.as_str()),
            former_stack => former_stack(change).map(|text| safe(text.markdown())),
            new_stack => new_stack(change).map(|text| safe(text.markdown())),
            consumers => (!is_previewed || brief).then(|| consumers_markdown(change)).flatten(),
            caveat => change.caveat.as_deref(),
            policy_update => policy_update.filter(|update| update.renews_roles || update.action.is_some()).map(|update| safe(policy_update_text(group, update).markdown())),
            problems => (!problems.is_empty()).then(|| problems.join(if is_invalid && !group.is_single() { "" } else { "\n" })),
            more_problems => truncation_note(all_problems, problems.len(), "problem"),
            impact,
            resources,
            added,
            costs => costs.as_ref().map(|(summary, _)| safe(summary.clone())),
            cost_table => costs.as_ref().filter(|_| !brief).map(|(_, table)| safe(table.clone())),
            more_resources => truncation_note(if is_previewed { 0 } else { change.resources.len() }, MAX_ROWS, "resource"),
            preview => preview.map(|preview| preview.line.as_str()),
            sample => report.sample(&change.key()).map(|sample| safe(sample.text().markdown())),
            preview_tables => preview.filter(|_| !brief).map(|preview| safe(preview.markdown.clone())),
            folders => Value::from(Serde(&change.folders)),
            diffs => [
                diff.map(|diff| folded_diff("Rendered template", diff, form)),
                policy_diff.map(|diff| folded_diff("Operator policy", diff, form)),
            ]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>(),
        },
    )
}

/// The problems of configs with errors of the same codes, a line each and the help once.
fn group_problems(group: &EqualChanges<'_>) -> Vec<String> {
    let all = group.changes.iter().flat_map(|change| &change.diagnostics);
    let all = errors_first(unique(all)).into_iter();
    let mut last_help = None;
    let lines = all.take(MAX_PROBLEMS).map(|problem| {
        let help = problem
            .help
            .as_ref()
            .filter(|help| last_help != Some(*help));
        last_help = problem.help.as_ref();
        let plain = Diagnostic {
            source_line: None,
            help: help.cloned(),
            ..problem.clone()
        };
        diagnostic(&plain)
    });
    lines.collect()
}

/// How to get the permissions that the changed config needs.
fn policy_update_text(group: &EqualChanges<'_>, update: &PolicyUpdate) -> Text {
    let text =
        Text::ours("🔑 The permissions of the stack's operator change. Before the merge, write ");
    let path = &group.first().path;
    let roles = Text::ours("the roles of CI with `provisioner roles`");
    let policy = update.action.as_ref().map(|action| {
        Text::ours("the operator's policy with ")
            .and(Text::name(format!("provisioner {action} {path}")))
            .and(match group.is_single() {
                true => Text::default(),
                false => Text::ours(", and so for each of these configs"),
            })
    });
    match policy {
        Some(policy) if !update.renews_roles => text.and(policy).and(Text::ours(
            ", and deploy it. The scope of the policy covers this config, so the roles of CI stay.",
        )),
        Some(policy) => text
            .and(policy)
            .and(Text::ours(" and "))
            .and(roles)
            .and(Text::ours(", and deploy both.")),
        None => text.and(roles).and(Text::ours(", and deploy them.")),
    }
}

fn stack_text(change: &Change) -> Text {
    let (Some(stack), Some(target)) = (&change.stack, &change.target) else {
        return Text::ours("the stack");
    };
    stack_name_text(&StackName {
        name: stack.clone(),
        target: target.clone(),
    })
}

fn stack_name_text(stack: &StackName) -> Text {
    let target = &stack.target;
    Text::ours("stack ")
        .and(Text::name(&stack.name))
        .and(Text::ours(" in account "))
        .and(Text::name(&target.account))
        .and(Text::ours(", region "))
        .and(Text::name(&target.region))
        .and(Text::ours(", environment "))
        .and(Text::name(&target.environment))
}

/// The stack that the config of a creation named before.
fn former_stack(change: &Change) -> Option<Text> {
    let stacks = change.stack_move.as_ref();
    let stacks = stacks.filter(|_| !change.is_former_stack())?;
    Some(stack_name_text(&stacks.former))
}

/// The stack that the config of a removed stack names now.
fn new_stack(change: &Change) -> Option<Text> {
    let stacks = change.stack_move.as_ref();
    let stacks = stacks.filter(|_| change.is_former_stack())?;
    Some(stack_name_text(&stacks.new))
}

/// The sentences after "On merge:".
fn on_merge_text(change: &Change, on_merge: Option<&OnMerge>) -> Text {
    let stack = stack_text(change);
    let sentence = |before: &'static str, after: &'static str| {
        Text::ours(before).and(stack.clone()).and(Text::ours(after))
    };
    let Some(on_merge) = on_merge else {
        return Text::ours(match change.intent {
            Intent::Abandon => "No stack is deleted, because the removed config has errors.",
            _ => "Nothing is applied, because the config has errors.",
        });
    };
    let text = match on_merge.effect {
        MergeEffect::None if change.intent == Intent::Delete => {
            sentence("Nothing is deleted: ", " does not exist.")
        }
        MergeEffect::None if change.level == Level::Unknown => sentence(
            "Does not change ",
            ", because provisioner could not read the stack.",
        ),
        MergeEffect::None => sentence("No effect: the template of ", " stays the same."),
        MergeEffect::CreateStack if change.intent == Intent::Unchanged => sentence(
            "Creates ",
            ". An earlier merge requested it, but it does not exist or its creation failed.",
        ),
        MergeEffect::UpdateStack if change.intent == Intent::Unchanged => sentence(
            "Updates ",
            ". This change does not edit its template, but the stack differs from it.",
        ),
        MergeEffect::CreateFolders => sentence(
            "Folders are created in the bucket of ",
            ". The stack is not updated.",
        ),
        MergeEffect::CreateStack => sentence("Creates ", "."),
        MergeEffect::UpdateStack if !on_merge.asked => {
            sentence("Updates ", ", or creates it if it does not exist.")
        }
        MergeEffect::UpdateStack => sentence("Updates ", "."),
        MergeEffect::ImportResources => Text::ours("Creates ")
            .and(stack.clone())
            .and(Text::ours(" with resources that exist: "))
            .and(imports_text(change))
            .and(Text::ours(". CloudFormation does not compare them with the template. Afterwards provisioner detects their drift.")),
        MergeEffect::AdoptStack => sentence(
            "Adds provisioner's tags to ",
            ", and changes nothing else of it. From then on, pull requests can change it.",
        ),
        MergeEffect::UnadoptStack => sentence(
            "Removes provisioner's tags from ",
            ", and changes nothing else of it. The stack stays.",
        ),
        MergeEffect::RequestReplacement => sentence(
            "Deletes nothing yet. After the merge, a second person has to confirm that ",
            " is deleted and created again.",
        ),
        MergeEffect::RequestDeletion => sentence(
            "Deletes nothing yet. After the merge, a second person has to confirm the deletion of ",
            ".",
        ),
        MergeEffect::NotApplied => sentence("Does not update ", "")
            .and(Text::ours(": "))
            .and(on_merge.codes())
            .and(Text::ours(match on_merge.asked {
                true => ".",
                false => ". If the stack does not exist, the merge creates it.",
            })),
        MergeEffect::Denied => sentence("Nothing is applied to ", "")
            .and(Text::ours(": "))
            .and(denial_text(change, on_merge))
            .and(Text::ours(".")),
    };
    match &on_merge.requires {
        Some(requires) => text.and(Text::ours(" ")).and(requirement_text(requires)),
        None => text,
    }
}

/// The resources of the entry.
fn imports_text(change: &Change) -> Text {
    let named = change.imported_resources().iter();
    Text::list(named.map(|one| {
        Text::name(&one.id)
            .and(Text::ours(" is "))
            .and(Text::name(&one.value))
    }))
}

/// A missing role has no entry in the list of problems, so its reason is reported here.
fn denial_text(change: &Change, on_merge: &OnMerge) -> Text {
    let is_role_missing = on_merge
        .denials
        .iter()
        .all(|denial| denial.code == Code::RoleNotConfigured);
    match &change.target {
        Some(target) if is_role_missing => {
            let environment = target.environment.clone();
            let refusal = Refusal::NoApplyRole { environment };
            let fact = refusal.fact();
            fact.and(Text::ours(". To allow it, "))
                .and(Text::ours(SET_ROLE))
        }
        _ => on_merge.codes(),
    }
}

pub(super) fn level_text(level: Level) -> Text {
    Text::ours(level.mark())
        .and(Text::ours(" "))
        .and(Text::ours(level.word()))
}

/// A table, or nothing if it has no rows.
fn rows(head: &[&str], rows: impl Iterator<Item = String>) -> Option<Value> {
    let rows: String = rows.collect();
    (!rows.is_empty()).then(|| safe(markdown_head(head) + &rows))
}

pub(super) fn truncation_note(all: usize, shown: usize, noun: &str) -> Option<Value> {
    (all > shown).then(|| safe(format!("{shown} of {} shown.", pluralize(all, noun))))
}

/// The resources that the templates let expect; the first column says what is most important.
fn resource_table(change: &Change) -> Option<Value> {
    let mut resources: Vec<&TemplateResourceChange> = change.resources.iter().collect();
    let shown = |resources: Vec<&TemplateResourceChange>,
                 row: fn(&TemplateResourceChange) -> Vec<Text>|
     -> Vec<String> {
        let rows = resources.into_iter().take(MAX_ROWS);
        rows.map(|resource| markdown_row(&row(resource))).collect()
    };
    match change.intent {
        Intent::Delete => {
            resources
                .sort_by_key(|resource| after_deletion(resource).unwrap_or(AfterDeletion::Deleted));
            rows(
                &["After deletion", "Resource", "Type"],
                shown(resources, deleted_row).into_iter(),
            )
        }
        Intent::Create | Intent::Import => rows(
            &["Resource", "Type"],
            shown(resources, added_row).into_iter(),
        ),
        _ => rows(
            &["", "Resource", "Type", "Change"],
            shown(resources, changed_row).into_iter(),
        ),
    }
}

/// `None` for a resource that no deletion concerns.
fn after_deletion(resource: &TemplateResourceChange) -> Option<AfterDeletion> {
    let behavior = resource.deletion_behavior?;
    Some(AfterDeletion::new(behavior, resource.holds))
}

fn deletion_text(resource: &TemplateResourceChange) -> Text {
    after_deletion(resource).map_or(Text::ours("–"), AfterDeletion::marked)
}

fn deleted_row(resource: &TemplateResourceChange) -> Vec<Text> {
    [&[deletion_text(resource)][..], &added_row(resource)].concat()
}

fn added_row(resource: &TemplateResourceChange) -> Vec<Text> {
    vec![Text::name(&resource.logical_id), Text::name(&resource.kind)]
}

fn changed_row(resource: &TemplateResourceChange) -> Vec<Text> {
    let change = match resource.properties.is_empty() {
        true => deletion_text(resource),
        false => Text::list(resource.properties.iter().map(Text::name)),
    };
    let action = Text::ours(resource.action.word());
    [&[action][..], &added_row(resource), &[change]].concat()
}
