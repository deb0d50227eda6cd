//! SDK types → the program's.

use aws_sdk_cloudformation::operation::describe_change_set::DescribeChangeSetOutput;
use aws_sdk_cloudformation::types;

use crate::stack::{
    ChangeAction, ChangeSet, ChangeTarget, Detail, Difference, DriftCheck, DriftStatus, Evaluation,
    IgnoredDrift, LiveDrift, Output, PolicyAction, Recreation, Replacement, ResourceChange,
    ResourceDrift, Stack, StackEvent, StackStatus,
};

pub fn stack(stack: types::Stack) -> Stack {
    let drift = drift_check(&stack);
    Stack {
        id: stack.stack_id.unwrap_or_default(),
        name: stack.stack_name.unwrap_or_default(),
        status: StackStatus(word(
            stack.stack_status.as_ref().map(|status| status.as_str()),
        )),
        reason: stack.stack_status_reason,
        protected: stack.enable_termination_protection.unwrap_or_default(),
        tags: stack
            .tags
            .into_iter()
            .flatten()
            .filter_map(|tag| Some((tag.key?, tag.value?)))
            .collect(),
        outputs: stack
            .outputs
            .into_iter()
            .flatten()
            .map(|output| Output {
                key: output.output_key.unwrap_or_default(),
                value: output.output_value.unwrap_or_default(),
                export: output.export_name,
            })
            .collect(),
        created: stack.creation_time.map_or(0, |time| time.secs()),
        updated: stack.last_updated_time.map(|time| time.secs()),
        drift,
    }
}

fn drift_check(stack: &types::Stack) -> DriftCheck {
    let Some(drift) = &stack.drift_information else {
        return DriftCheck::default();
    };
    let checked = drift.last_check_timestamp.map(|time| time.secs());
    let updated = stack.last_updated_time.map(|time| time.secs());
    let status = drift.stack_drift_status.as_ref();
    DriftCheck {
        status: status.map_or(DriftStatus::NotChecked, |status| {
            DriftStatus::parse(status.as_str())
        }),
        checked,
        outdated: checked.is_some() && checked < updated,
    }
}

pub fn resource_drift(drift: types::StackResourceDrift) -> ResourceDrift {
    let status = drift.stack_resource_drift_status;
    let differences = drift.property_differences.into_iter().flatten();
    ResourceDrift {
        logical_id: drift.logical_resource_id.unwrap_or_default(),
        physical_id: drift.physical_resource_id,
        kind: drift.resource_type.unwrap_or_default(),
        status: status.map_or(DriftStatus::Unknown, |status| {
            DriftStatus::parse(status.as_str())
        }),
        differences: differences
            .map(|difference| Difference {
                path: difference.property_path.unwrap_or_default(),
                kind: difference
                    .difference_type
                    .map(|kind| kind.as_str().to_owned())
                    .unwrap_or_default(),
                expected: difference.expected_value.unwrap_or_default(),
                actual: difference.actual_value.unwrap_or_default(),
            })
            .collect(),
    }
}

pub fn event(event: types::StackEvent) -> StackEvent {
    StackEvent {
        id: event.event_id.unwrap_or_default(),
        time: event
            .timestamp
            .and_then(|time| time.to_millis().ok())
            .unwrap_or_default(),
        logical_id: event.logical_resource_id.unwrap_or_default(),
        kind: event.resource_type.unwrap_or_default(),
        physical_id: event.physical_resource_id.filter(|id| !id.is_empty()),
        status: word(event.resource_status.as_ref().map(|status| status.as_str())),
        reason: event
            .resource_status_reason
            .filter(|reason| !reason.is_empty()),
        token: event.client_request_token,
    }
}

/// One page of a change set.
pub fn change_set(page: DescribeChangeSetOutput) -> ChangeSet {
    let is_incomplete = page.changes.is_none() || page.next_token.is_some_and(|t| !t.is_empty());
    let changes = page.changes.into_iter().flatten();
    let changes = changes.map(|change| {
        let entity = change.r#type.as_ref().map(|entity| entity.as_str());
        ResourceChange::from_entry(entity, change.resource_change.map(resource_change))
    });
    ChangeSet {
        id: page.change_set_id.unwrap_or_default(),
        stack_id: page.stack_id.unwrap_or_default(),
        status: word(page.status.as_ref().map(|status| status.as_str())),
        status_reason: page.status_reason,
        execution_status: word(page.execution_status.as_ref().map(|status| status.as_str())),
        changes: changes.collect(),
        is_incomplete,
    }
}

/// One resource of a change set.
fn resource_change(change: types::ResourceChange) -> ResourceChange {
    ResourceChange {
        // A change without an action counts as unknown.
        action: change
            .action
            .map_or(ChangeAction::Unknown(String::new()), |action| {
                ChangeAction::parse(action.as_str())
            }),
        logical_id: change.logical_resource_id.unwrap_or_default(),
        physical_id: change.physical_resource_id.filter(|id| !id.is_empty()),
        kind: change.resource_type.unwrap_or_default(),
        replacement: change
            .replacement
            .map(|word| Replacement::parse(word.as_str())),
        policy_action: change
            .policy_action
            .map(|word| PolicyAction::parse(word.as_str())),
        scope: change
            .scope
            .into_iter()
            .flatten()
            .map(|attribute| attribute.as_str().to_owned())
            .collect(),
        details: change.details.into_iter().flatten().map(detail).collect(),
        nested_id: change.change_set_id.filter(|id| !id.is_empty()),
        nested: None,
        before_context: change.before_context,
        after_context: change.after_context,
        drift_status: change
            .resource_drift_status
            .map(|status| status.as_str().to_owned()),
        ignored_drift: change
            .resource_drift_ignored_attributes
            .into_iter()
            .flatten()
            .map(|ignored| IgnoredDrift {
                path: ignored.path.unwrap_or_default(),
                reason: word(ignored.reason.as_ref().map(|reason| reason.as_str())),
            })
            .collect(),
    }
}

fn detail(detail: types::ResourceChangeDetail) -> Detail {
    let target = detail.target;
    let target = target.map(|target| ChangeTarget {
        attribute: target.attribute.map(|word| word.as_str().to_owned()),
        name: target.name,
        path: target.path,
        requires_recreation: target
            .requires_recreation
            .map(|word| Recreation::parse(word.as_str())),
        attribute_change_type: target
            .attribute_change_type
            .map(|word| word.as_str().to_owned()),
        before_value: target.before_value,
        after_value: target.after_value,
        before_value_from: target
            .before_value_from
            .map(|from| from.as_str().to_owned()),
        drift: target.drift.map(|drift| LiveDrift {
            previous_value: drift.previous_value,
            actual_value: drift.actual_value,
        }),
    });
    Detail {
        target: target.unwrap_or_default(),
        evaluation: detail
            .evaluation
            .map(|word| Evaluation::parse(word.as_str())),
        change_source: detail.change_source.map(|word| word.as_str().to_owned()),
        causing_entity: detail.causing_entity,
    }
}

/// A missing value becomes an empty text, which counts as unknown.
fn word(word: Option<&str>) -> String {
    word.unwrap_or_default().to_owned()
}
