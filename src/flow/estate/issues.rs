//! One issue for each config that was merged and is not applied, and for each own stack without a config.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::estate::{Estate, EstateRow, EstateState, PlaceStacks};
use crate::forge::{Forge, ForgeError, Issue};
use crate::model::UserId;
use crate::product::Target;
use crate::report::{
    ESTATE_MARKER, UnwrittenIssue, closed_estate_issue, estate_issue, estate_issue_marker,
    estate_issue_title, is_same_text, parse_estate_marker,
};
use crate::stack::StackName;

/// Issues that a run opens. The forge limits writes to some 80 a minute.
pub const MAX_NEW_ISSUES: usize = 50;
/// The run of a merge may take so long.
const GRACE: SignedDuration = SignedDuration::from_hours(1);

/// What became of the issues.
#[derive(Debug, Default)]
pub(super) struct SyncedIssues {
    /// Issues that the forge did not take.
    pub unwritten: Vec<UnwrittenIssue>,
    /// Issues that the next run opens.
    pub left: usize,
}

/// Opens, updates and closes issues. An issue about a stack that could not be read is not changed.
pub(super) async fn sync_issues(
    forge: &dyn Forge,
    own: UserId,
    estate: &Estate,
    places: &PlaceStacks,
    now: Timestamp,
) -> SyncedIssues {
    let mut synced = SyncedIssues::default();
    let issues = match forge.own_issues(own, ESTATE_MARKER).await {
        Ok(issues) => issues,
        Err(error) => {
            synced.unwritten.push(unwritten(None, &error));
            return synced;
        }
    };
    let mut open: BTreeMap<&str, &Issue> = BTreeMap::new();
    for issue in &issues {
        let marker = issue.body.lines().next().unwrap_or("").trim_end();
        // If two issues exist for a stack, the older one is updated.
        open.entry(marker).or_insert(issue);
    }
    let mut opened = 0;
    let mut unread: Vec<String> = Vec::new();
    for row in &estate.rows {
        let Some(stack) = stack_name(row) else {
            continue;
        };
        let marker = estate_issue_marker(&stack);
        let issue = match row.state {
            // What was not read may still be as the issue says.
            EstateState::Unknown | EstateState::InProgress => {
                unread.push(marker);
                continue;
            }
            EstateState::NotApplied | EstateState::WithoutConfig => open.remove(&*marker),
            _ => continue,
        };
        if issue.is_none() && is_recent(row, now) {
            continue;
        }
        if issue.is_none() && opened == MAX_NEW_ISSUES {
            synced.left += 1;
            continue;
        }
        opened += usize::from(issue.is_none());
        let written = write(forge, issue, &stack, row).await;
        let label = row.config.as_ref().map(ToString::to_string);
        let label = label.or(Some(stack.name));
        synced
            .unwritten
            .extend(written.err().map(|error| unwritten(label, &error)));
    }
    for (marker, issue) in open {
        let Some((account, region)) = parse_estate_marker(marker) else {
            continue;
        };
        let is_read = places.get(&(account, region)).is_some_and(Result::is_ok);
        if !is_read || unread.iter().any(|unread| unread == marker) {
            continue;
        }
        let body = closed_estate_issue(&issue.body);
        let closed = forge.update_issue(issue.number, &body, true).await;
        synced
            .unwritten
            .extend(closed.err().map(|error| unwritten(None, &error)));
    }
    synced
}

async fn write(
    forge: &dyn Forge,
    issue: Option<&Issue>,
    stack: &StackName,
    row: &EstateRow,
) -> Result<(), ForgeError> {
    let body = estate_issue(stack, row);
    match issue {
        None => {
            let title = estate_issue_title(stack, row.state);
            let opened = forge.open_issue(&title, &body).await?;
            log::info!("opened {}", opened.url);
        }
        Some(issue) if is_same_text(&issue.body, &body) => {}
        Some(issue) => forge.update_issue(issue.number, &body, false).await?,
    }
    Ok(())
}

fn stack_name(row: &EstateRow) -> Option<StackName> {
    Some(StackName {
        target: Target {
            account: row.account.clone()?,
            region: row.region.clone()?,
            environment: row.environment.clone().unwrap_or_default(),
        },
        name: row.stack.clone()?,
    })
}

/// Whether the run of the last merge may still be on its way.
fn is_recent(row: &EstateRow, now: Timestamp) -> bool {
    let change = row.last_change.value.as_ref();
    let time = change.and_then(|change| change.time.as_ref()?.parse::<Timestamp>().ok());
    time.is_some_and(|time| now.duration_since(time) < GRACE)
}

fn unwritten(config: Option<String>, error: &ForgeError) -> UnwrittenIssue {
    log::warn!("{error}");
    UnwrittenIssue {
        config,
        reason: error.to_string(),
    }
}
